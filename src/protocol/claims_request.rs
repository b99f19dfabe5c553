//! The `claims` parameter (Core §5.5): single claims asked for beside the scopes, for userinfo and for the ID token.
//!
//! A client gets by name only what one of its registered scopes would show, and the consent covers that scope. An
//! essential `acr` and a fixed `sub` decide whether a request may succeed at all (§5.5.1.1, §5.5.1); `essential` of
//! another claim changes nothing, since none is an error when it is not there (§5.5.1). Claims nobody here knows are
//! passed over.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{claims, scope::Scope};

/// What the parameter says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClaimsRequest {
    /// `id_token.acr` with a value or values.
    pub acr: Option<AcrClaim>,
    /// `id_token.sub.value`: nobody else may be answered for.
    pub sub: Option<String>,
    /// The claims of the person.
    pub wanted: WantedClaims,
}

/// Claims of the person asked for by name; kept with the grant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct WantedClaims {
    /// For the userinfo answer.
    pub userinfo: Wanted,
    /// For the ID token.
    pub id_token: Wanted,
}

/// Claims by name, each with the values that alone are of use to the client, if it names any.
pub type Wanted = BTreeMap<String, Option<Vec<Value>>>;

impl WantedClaims {
    /// Nothing is asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.userinfo.is_empty() && self.id_token.is_empty()
    }

    /// What a client with these scopes may have of it.
    #[must_use]
    pub fn within(mut self, registered: &Scope) -> Self {
        let may = |name: &String| claims::scopes_of(name).iter().any(|scope| registered.contains(scope));
        self.userinfo.retain(|name, _| may(name));
        self.id_token.retain(|name, _| may(name));
        self
    }

    /// The scopes that stand for claims which the granted ones do not show: people consent to these too.
    #[must_use]
    pub fn scopes_beside(&self, granted: &Scope, registered: &Scope) -> Scope {
        let names = self.userinfo.keys().chain(self.id_token.keys());
        let beside = names.filter_map(|name| {
            let scopes = claims::scopes_of(name);
            let shown = scopes.iter().any(|scope| granted.contains(scope));
            scopes.iter().copied().find(|scope| !shown && registered.contains(scope))
        });
        beside.collect()
    }

    /// As it is kept with the grant.
    #[must_use]
    pub fn to_stored(&self) -> Option<String> {
        if self.is_empty() { None } else { serde_json::to_string(self).ok() }
    }

    /// What is kept with a grant.
    #[must_use]
    pub fn stored(text: Option<&str>) -> Self {
        text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }
}

/// The `acr` asked for, most wanted first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcrClaim {
    /// Whether anything else is a failure.
    pub essential: bool,
    /// The values, as they were sent.
    pub values: Vec<String>,
}

/// The parameter is no JSON object of the shape of Core §5.5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("claims is not a JSON object of the shape of OpenID Connect Core 5.5")]
pub struct ClaimsError;

impl ClaimsRequest {
    /// Reads the parameter's JSON.
    ///
    /// # Errors
    /// [`ClaimsError`] for anything but an object of objects.
    pub fn parse(json: &str) -> Result<Self, ClaimsError> {
        let Ok(Value::Object(claims)) = serde_json::from_str(json) else { return Err(ClaimsError) };
        let userinfo = object(&claims, "userinfo")?.map(wanted).transpose()?.unwrap_or_default();
        let Some(id_token) = object(&claims, "id_token")? else {
            let wanted = WantedClaims { userinfo, id_token: Wanted::default() };
            return Ok(Self { wanted, ..Self::default() });
        };
        let acr = object(id_token, "acr")?.map(acr_claim).transpose()?.flatten();
        let sub = object(id_token, "sub")?.map(|sub| text(sub, "value")).transpose()?.flatten();
        let wanted = WantedClaims { userinfo, id_token: wanted(id_token)? };
        Ok(Self { acr, sub, wanted })
    }
}

/// The claims of the person among the members.
fn wanted(members: &Map<String, Value>) -> Result<Wanted, ClaimsError> {
    let mut wanted = Wanted::new();
    for name in members.keys() {
        let values = object(members, name)?.map(one_of).transpose()?.flatten();
        if !claims::scopes_of(name).is_empty() {
            wanted.insert(name.clone(), values);
        }
    }
    Ok(wanted)
}

/// §5.5.1: `value` or `values`; `None` when any value will do.
fn one_of(member: &Map<String, Value>) -> Result<Option<Vec<Value>>, ClaimsError> {
    essential(member)?;
    let values = match (member.get("value"), member.get("values")) {
        (None, None) => return Ok(None),
        (Some(value), None) => std::slice::from_ref(value),
        (None, Some(Value::Array(values))) => values,
        (_, Some(_)) => return Err(ClaimsError),
    };
    Ok(Some(values.iter().filter(|value| is_exact(value)).cloned().collect()))
}

/// A fraction is nobody's claim; read and written again, its last digit may change, and what is kept would not be what was
/// asked for.
fn is_exact(value: &Value) -> bool {
    match value {
        Value::Number(number) => !number.is_f64(),
        Value::Array(values) => values.iter().all(is_exact),
        Value::Object(members) => members.values().all(is_exact),
        Value::Null | Value::Bool(_) | Value::String(_) => true,
    }
}

fn essential(member: &Map<String, Value>) -> Result<bool, ClaimsError> {
    match member.get("essential") {
        None => Ok(false),
        Some(Value::Bool(essential)) => Ok(*essential),
        Some(_) => Err(ClaimsError),
    }
}

/// A member that is an object; absent and `null` are the same (Core §5.5.1).
fn object<'a>(
    parent: &'a Map<String, Value>,
    name: &str,
) -> Result<Option<&'a Map<String, Value>>, ClaimsError> {
    match parent.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(member)) => Ok(Some(member)),
        Some(_) => Err(ClaimsError),
    }
}

fn text(parent: &Map<String, Value>, name: &str) -> Result<Option<String>, ClaimsError> {
    match parent.get(name) {
        None => Ok(None),
        Some(Value::String(value)) => Ok(Some(value.clone())),
        Some(_) => Err(ClaimsError),
    }
}

/// `None` when no value is asked: our ID tokens always carry `acr`.
fn acr_claim(member: &Map<String, Value>) -> Result<Option<AcrClaim>, ClaimsError> {
    let essential = essential(member)?;
    let mut values: Vec<String> = text(member, "value")?.into_iter().collect();
    match member.get("values") {
        None => {}
        Some(Value::Array(list)) => {
            for value in list {
                values.push(value.as_str().ok_or(ClaimsError)?.to_owned());
            }
        }
        Some(_) => return Err(ClaimsError),
    }
    let asked = member.contains_key("value") || member.contains_key("values");
    Ok(asked.then_some(AcrClaim { essential, values }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn acr_is_read_with_value_and_values() {
        let one = ClaimsRequest::parse(r#"{"id_token":{"acr":{"essential":true,"value":"a"}}}"#).unwrap();
        assert_eq!(one.acr, Some(AcrClaim { essential: true, values: vec!["a".into()] }));
        let many =
            ClaimsRequest::parse(r#"{"id_token":{"acr":{"values":["a","b"]},"auth_time":null}}"#).unwrap();
        assert_eq!(many.acr, Some(AcrClaim { essential: false, values: vec!["a".into(), "b".into()] }));
    }

    #[test]
    fn a_fraction_fits_nobody_and_what_is_kept_is_what_was_asked_for() {
        let json = r#"{"userinfo":{"name":{"values":["a",1,1.0e30,[{"b":0.5}],18446744073709551616]},"gender":{"value":1.5}}}"#;
        let wanted = ClaimsRequest::parse(json).unwrap().wanted;
        assert_eq!(wanted.userinfo["name"], Some(vec!["a".into(), 1.into()]));
        assert_eq!(wanted.userinfo["gender"], Some(vec![]));
        assert_eq!(WantedClaims::stored(wanted.to_stored().as_deref()), wanted);
    }

    #[test]
    fn a_bare_acr_asks_for_nothing_beyond_what_every_id_token_has() {
        for json in [
            r#"{"id_token":{"acr":null}}"#,
            r#"{"id_token":{"acr":{"essential":true}}}"#,
            r#"{"userinfo":{"tax_number":{"essential":true}}}"#,
            "{}",
        ] {
            assert_eq!(ClaimsRequest::parse(json).unwrap(), ClaimsRequest::default(), "{json}");
        }
    }

    #[test]
    fn an_empty_list_of_values_still_asks() {
        let claims = ClaimsRequest::parse(r#"{"id_token":{"acr":{"essential":true,"values":[]}}}"#).unwrap();
        assert_eq!(claims.acr, Some(AcrClaim { essential: true, values: vec![] }));
    }

    #[test]
    fn a_fixed_subject_is_read() {
        let claims = ClaimsRequest::parse(r#"{"id_token":{"sub":{"value":"p_1"}}}"#).unwrap();
        assert_eq!(claims.sub.as_deref(), Some("p_1"));
    }

    #[test]
    fn claims_of_the_person_are_read_with_their_values() {
        let json = r#"{"userinfo":{"name":{"essential":true},"gender":{"value":"female"},"iss":null},
                       "id_token":{"email":null,"locale":{"values":["en","zh-Hans"]},"acr":null}}"#;
        let WantedClaims { userinfo, id_token } = ClaimsRequest::parse(json).unwrap().wanted;
        let female = Some(vec![Value::from("female")]);
        assert_eq!(userinfo, Wanted::from([("gender".to_owned(), female), ("name".to_owned(), None)]));
        let locales = Some(vec![Value::from("en"), Value::from("zh-Hans")]);
        assert_eq!(id_token, Wanted::from([("email".to_owned(), None), ("locale".to_owned(), locales)]));
    }

    #[test]
    fn a_client_gets_by_name_what_its_own_scopes_show_and_people_consent_to_those() {
        let json =
            r#"{"userinfo":{"name":null,"phone_number":null},"id_token":{"email":null,"birthdate":null}}"#;
        let registered: Scope = "openid profile phone".parse().unwrap();
        let wanted = ClaimsRequest::parse(json).unwrap().wanted.within(&registered);
        assert!(wanted.userinfo.len() == 2 && !wanted.id_token.contains_key("email"));
        let beside = |granted: &str| wanted.scopes_beside(&granted.parse().unwrap(), &registered).to_string();
        assert_eq!(beside("openid"), "profile phone");
        assert_eq!(beside("openid profile"), "phone");
        assert_eq!(beside("openid profile phone"), "");
        assert_eq!(WantedClaims::stored(wanted.to_stored().as_deref()), wanted);
        assert_eq!(WantedClaims::default().to_stored(), None);
    }

    #[test]
    fn other_shapes_are_refused() {
        for json in [
            "",
            "null",
            "[]",
            "{",
            r#"{"id_token":1}"#,
            r#"{"id_token":{"acr":"L2"}}"#,
            r#"{"id_token":{"acr":{"essential":"yes","value":"a"}}}"#,
            r#"{"id_token":{"acr":{"values":"a"}}}"#,
            r#"{"id_token":{"acr":{"values":[1]}}}"#,
            r#"{"id_token":{"sub":{"value":5}}}"#,
            r#"{"userinfo":{"name":true}}"#,
            r#"{"userinfo":{"name":{"values":"a"}}}"#,
            r#"{"userinfo":{"name":{"value":"a","values":["a"]}}}"#,
            r#"{"userinfo":{"name":{"essential":1}}}"#,
        ] {
            assert_eq!(ClaimsRequest::parse(json), Err(ClaimsError), "{json}");
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics(json in ".{0,120}") {
            let _ = ClaimsRequest::parse(&json);
        }
    }
}
