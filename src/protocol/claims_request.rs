//! The part of the `claims` parameter (Core §5.5) that this provider honours: `id_token.acr` and
//! `id_token.sub`.
//!
//! Discovery says `claims_parameter_supported: false`, because individual claims cannot be asked for:
//! what a client gets follows from its scopes. An essential `acr` and a fixed `sub` decide whether a
//! request may succeed at all (Core §5.5.1.1 and §5.5.1), so ignoring them would be unsafe: they are
//! obeyed all the same. Everything else in the parameter is left aside.

use serde_json::{Map, Value};

/// Those members of `claims` that bind us.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClaimsRequest {
    /// `id_token.acr` with a value or values.
    pub acr: Option<AcrClaim>,
    /// `id_token.sub.value`: nobody else may be answered for.
    pub sub: Option<String>,
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
        let Some(id_token) = object(&claims, "id_token")? else { return Ok(Self::default()) };
        let acr = object(id_token, "acr")?.map(acr_claim).transpose()?.flatten();
        let sub = object(id_token, "sub")?.map(|sub| text(sub, "value")).transpose()?.flatten();
        Ok(Self { acr, sub })
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
    let essential = match member.get("essential") {
        None => false,
        Some(Value::Bool(essential)) => *essential,
        Some(_) => return Err(ClaimsError),
    };
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
    fn a_bare_acr_asks_for_nothing_beyond_what_every_id_token_has() {
        for json in [
            r#"{"id_token":{"acr":null}}"#,
            r#"{"id_token":{"acr":{"essential":true}}}"#,
            r#"{"userinfo":{"name":{"essential":true}}}"#,
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
