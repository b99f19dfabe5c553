//! The claims of every token and answer: ID token, access token, userinfo, introspection, logout token.
//!
//! What a scope shows stands in one place ([`userinfo`]); ID tokens stay small, because an access token
//! is always issued beside them (Core §5.4). Unset claims are left out, never null or empty.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::NaiveDate;
use serde::Serialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256, Sha512};

use super::{claims_request::Wanted, client::SigningAlg, issuer::Issuer, scope::Scope};
use crate::kernel::{About, Acr, Amr, NameParts, RealNameLevel, Sex, Timestamp};

/// The claims this provider can put anywhere, as discovery lists them.
pub const SUPPORTED: &[&str] = &[
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "auth_time",
    "nonce",
    "acr",
    "amr",
    "at_hash",
    "sid",
    "account_type",
    "name",
    "family_name",
    "given_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "updated_at",
    "email",
    "email_verified",
    "phone_number",
    "phone_number_verified",
    "address",
    "real_name_level",
];

/// One authentication, as tokens tell it.
#[derive(Clone, Debug)]
pub struct Authentication {
    /// `sub` for the client at hand.
    pub subject: String,
    /// `sid` for the client at hand.
    pub sid: String,
    /// When the person last authenticated.
    pub auth_time: Timestamp,
    /// How.
    pub amr: Amr,
    /// The level answered, in words.
    pub acr: String,
}

impl Authentication {
    /// The `acr` text of a level.
    #[must_use]
    pub fn acr_text(acr: Acr, prefix: &str) -> String {
        acr.format(prefix)
    }
}

/// How long something is good for.
#[derive(Clone, Copy, Debug)]
pub struct Validity {
    /// `iat`.
    pub from: Timestamp,
    /// `exp`.
    pub until: Timestamp,
}

/// The claims of an ID token (Core §2).
#[derive(Clone, Debug, Serialize)]
pub struct IdToken<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    exp: i64,
    iat: i64,
    auth_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    acr: &'a str,
    amr: &'a Amr,
    sid: &'a str,
    at_hash: String,
    account_type: &'static str,
    #[serde(flatten)]
    requested: Map<String, Value>,
}

impl<'a> IdToken<'a> {
    /// Beside the access token whose hash it carries.
    #[must_use]
    pub fn new(
        issuer: &'a Issuer,
        client_id: &'a str,
        who: &'a Authentication,
        nonce: Option<&'a str>,
        at_hash: String,
        valid: Validity,
    ) -> Self {
        Self {
            iss: issuer.as_str(),
            sub: &who.subject,
            aud: client_id,
            exp: valid.until.seconds(),
            iat: valid.from.seconds(),
            auth_time: who.auth_time.seconds(),
            nonce,
            acr: &who.acr,
            amr: &who.amr,
            sid: &who.sid,
            at_hash,
            account_type: "person",
            requested: Map::new(),
        }
    }

    /// With the claims that were asked for by name.
    #[must_use]
    pub fn with(self, requested: Map<String, Value>) -> Self {
        Self { requested, ..self }
    }
}

/// Core §3.1.3.6: the left half of the hash that the ID token's algorithm uses: SHA-512 inside of Ed25519
/// (RFC 8032 §5.1), SHA-256 elsewhere.
#[must_use]
pub fn at_hash(alg: SigningAlg, access_token: &str) -> String {
    let digest = match alg {
        SigningAlg::EdDsa => Sha512::digest(access_token.as_bytes()).to_vec(),
        SigningAlg::Es256 | SigningAlg::Rs256 | SigningAlg::Ps256 => {
            Sha256::digest(access_token.as_bytes()).to_vec()
        }
    };
    let (left, _) = digest.split_at(digest.len() / 2);
    URL_SAFE_NO_PAD.encode(left)
}

/// What every access token says (RFC 9068 §2.2).
#[derive(Clone, Debug, Serialize)]
pub struct AccessToken<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    client_id: &'a str,
    exp: i64,
    iat: i64,
    jti: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    #[serde(flatten)]
    person: Option<PersonPart<'a>>,
}

/// RFC 9068 §2.2.1: how the person authenticated, where there is one.
#[derive(Clone, Debug, Serialize)]
struct PersonPart<'a> {
    auth_time: i64,
    acr: &'a str,
    amr: &'a Amr,
    account_type: &'static str,
}

/// What an access token is about.
#[derive(Clone, Copy, Debug)]
pub struct AccessTerms<'a> {
    /// Who issues it.
    pub issuer: &'a Issuer,
    /// Whom it is issued to.
    pub client_id: &'a str,
    /// Who may take it.
    pub audience: &'a str,
    /// Its identifier.
    pub jti: &'a str,
    /// What it allows.
    pub scope: &'a Scope,
    /// When.
    pub valid: Validity,
}

impl<'a> AccessToken<'a> {
    /// A person's token.
    #[must_use]
    pub fn of_person(terms: &AccessTerms<'a>, who: &'a Authentication) -> Self {
        let person = PersonPart {
            auth_time: who.auth_time.seconds(),
            acr: &who.acr,
            amr: &who.amr,
            account_type: "person",
        };
        Self::new(terms, &who.subject, Some(person))
    }

    /// A client's own token: RFC 9068 §2.2, `sub` is the client.
    #[must_use]
    pub fn of_client(terms: &AccessTerms<'a>) -> Self {
        Self::new(terms, terms.client_id, None)
    }

    fn new(terms: &AccessTerms<'a>, sub: &'a str, person: Option<PersonPart<'a>>) -> Self {
        Self {
            iss: terms.issuer.as_str(),
            sub,
            aud: terms.audience,
            client_id: terms.client_id,
            exp: terms.valid.until.seconds(),
            iat: terms.valid.from.seconds(),
            jti: terms.jti,
            scope: (!terms.scope.is_empty()).then(|| terms.scope.to_string()),
            person,
        }
    }
}

/// What is known of a person, before a scope chooses from it.
#[derive(Clone, Debug)]
pub struct PersonFacts {
    /// `sub` for the client at hand.
    pub subject: String,
    /// The login name.
    pub username: String,
    /// The name on the document.
    pub name: String,
    /// Its parts, where it tells them.
    pub parts: Option<NameParts>,
    /// By the document.
    pub sex: Option<Sex>,
    /// By the document.
    pub birthdate: Option<NaiveDate>,
    /// E.164, proved by SMS.
    pub phone: Option<String>,
    /// As entered; nobody proved it yet.
    pub email: Option<String>,
    /// What they told beyond their identity.
    pub about: About,
    /// The language of their pages.
    pub locale: String,
    /// The level that is true now, under the ceiling of this sign-in.
    pub level: Option<RealNameLevel>,
    /// When the profile last changed.
    pub updated_at: Timestamp,
}

/// The claims about a person, each with the scopes that show it (Core §5.4; decisions.md, "Levels").
const SHOWN: &[(&str, &[&str])] = &[
    ("name", &["profile", "real_name"]),
    ("family_name", &["profile"]),
    ("given_name", &["profile"]),
    ("middle_name", &["profile"]),
    ("nickname", &["profile"]),
    ("preferred_username", &["profile"]),
    ("profile", &["profile"]),
    ("picture", &["profile"]),
    ("website", &["profile"]),
    ("gender", &["profile"]),
    ("birthdate", &["profile"]),
    ("zoneinfo", &["profile"]),
    ("locale", &["profile"]),
    ("updated_at", &["profile"]),
    ("email", &["email"]),
    ("email_verified", &["email"]),
    ("phone_number", &["phone"]),
    ("phone_number_verified", &["phone"]),
    ("address", &["address"]),
    ("real_name_level", &["real_name"]),
];

/// The scopes that show a claim about a person; none for a name that is no such claim.
#[must_use]
pub fn scopes_of(claim: &str) -> &'static [&'static str] {
    SHOWN.iter().find(|(name, _)| *name == claim).map_or(&[], |(_, scopes)| scopes)
}

impl PersonFacts {
    /// The value of a claim of [`SHOWN`]; `null` when it is unset.
    fn claim(&self, name: &str) -> Value {
        match name {
            "name" => json!(self.name),
            "family_name" => json!(self.parts.as_ref().map(|parts| &parts.family)),
            "given_name" => json!(self.parts.as_ref().map(|parts| &parts.given)),
            "middle_name" => json!(self.parts.as_ref().and_then(|parts| parts.middle.as_ref())),
            "nickname" => json!(self.about.nickname),
            "profile" => json!(self.about.profile),
            "picture" => json!(self.about.picture),
            "website" => json!(self.about.website),
            // Core §5.1.1: a subset of the members is allowed, and this one is the whole.
            "address" => self.about.address.as_ref().map_or(Value::Null, |line| json!({ "formatted": line })),
            "preferred_username" => json!(self.username),
            "gender" => json!(self.sex.map(gender)),
            "birthdate" => json!(self.birthdate.map(|date| date.format("%Y-%m-%d").to_string())),
            "zoneinfo" => json!("Asia/Shanghai"),
            "locale" => json!(self.locale),
            "updated_at" => json!(self.updated_at.seconds()),
            "email" => json!(self.email),
            "email_verified" => json!(self.email.as_ref().map(|_| false)),
            "phone_number" => json!(self.phone),
            "phone_number_verified" => json!(self.phone.as_ref().map(|_| true)),
            "real_name_level" => json!(self.level),
            _ => Value::Null,
        }
    }

    /// Those claims that are set and that the condition takes.
    fn claims(&self, take: impl Fn(&str, &[&str], &Value) -> bool) -> Map<String, Value> {
        let all = SHOWN.iter().map(|(name, scopes)| (*name, *scopes, self.claim(name)));
        let set = all.filter(|(_, _, value)| !value.is_null() && value.as_str() != Some(""));
        let taken = set.filter(|(name, scopes, value)| take(name, scopes, value));
        taken.map(|(name, _, value)| (name.to_owned(), value)).collect()
    }
}

/// Core §5.5.1: asked for by name, and of a value that is of use.
fn is_wanted(wanted: &Wanted, name: &str, value: &Value) -> bool {
    wanted.get(name).is_some_and(|values| values.as_ref().is_none_or(|values| values.contains(value)))
}

/// The userinfo answer (Core §5.3.2, §5.4, §5.5): `sub`, what the scopes show, and what was asked for by name.
#[must_use]
pub fn userinfo(person: &PersonFacts, scope: &Scope, wanted: &Wanted) -> Map<String, Value> {
    let mut claims = Map::new();
    claims.insert("sub".to_owned(), json!(person.subject));
    claims.insert("account_type".to_owned(), json!("person"));
    claims.extend(person.claims(|name, scopes, value| {
        scopes.iter().any(|shows| scope.contains(shows)) || is_wanted(wanted, name, value)
    }));
    claims
}

/// The claims about the person that the ID token was asked to carry (Core §5.5).
#[must_use]
pub fn requested(person: &PersonFacts, wanted: &Wanted) -> Map<String, Value> {
    person.claims(|name, _, value| is_wanted(wanted, name, value))
}

/// The claims of signed userinfo (Core §5.3.2): the same, and `iss` and `aud`.
#[must_use]
pub fn signed_userinfo(
    issuer: &Issuer,
    client_id: &str,
    mut claims: Map<String, Value>,
) -> Map<String, Value> {
    claims.insert("iss".to_owned(), json!(issuer));
    claims.insert("aud".to_owned(), json!(client_id));
    claims
}

fn gender(sex: Sex) -> &'static str {
    match sex {
        Sex::Male => "male",
        Sex::Female => "female",
    }
}

/// The claims of a logout token (Back-Channel Logout §2.4); it never has a nonce.
#[derive(Clone, Debug, Serialize)]
pub struct LogoutToken<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
    jti: &'a str,
    sid: &'a str,
    events: Value,
}

impl<'a> LogoutToken<'a> {
    /// One client is told that one session ended.
    #[must_use]
    pub fn new(
        issuer: &'a Issuer,
        client_id: &'a str,
        subject: &'a str,
        sid: &'a str,
        jti: &'a str,
        valid: Validity,
    ) -> Self {
        Self {
            iss: issuer.as_str(),
            sub: subject,
            aud: client_id,
            iat: valid.from.seconds(),
            exp: valid.until.seconds(),
            jti,
            sid,
            events: json!({ "http://schemas.openid.net/event/backchannel-logout": {} }),
        }
    }
}

/// An introspection answer (RFC 7662 §2.2): the token's own claims, said to be active.
#[must_use]
pub fn introspection(token: &impl Serialize, token_type: Option<&str>) -> Value {
    let Ok(Value::Object(mut claims)) = serde_json::to_value(token) else { return inactive() };
    claims.insert("active".to_owned(), json!(true));
    if let Some(token_type) = token_type {
        claims.insert("token_type".to_owned(), json!(token_type));
    }
    Value::Object(claims)
}

/// RFC 7662 §2.2: nothing more is said about a token that is not active or not the asker's business.
#[must_use]
pub fn inactive() -> Value {
    json!({ "active": false })
}

#[cfg(test)]
mod tests;
