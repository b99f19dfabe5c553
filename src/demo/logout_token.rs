//! Logout tokens (OpenID Connect Back-Channel Logout 1.0 §2.4 and §2.6). Pure: keys, time and replay memory are given.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::JsonWebKey as _;
use openidconnect::core::{CoreJsonWebKey, CoreJwsSigningAlgorithm};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::kernel::Timestamp;

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// A logout token older than this is not taken, whatever its `exp`; the memory for `jti` need not be longer.
pub(super) const MAX_AGE_SECONDS: i64 = 600;
const SKEW_SECONDS: i64 = 60;

/// Whose tokens are taken, and for whom.
#[derive(Clone, Copy)]
pub(super) struct Expected<'a> {
    pub issuer: &'a str,
    pub client_id: &'a str,
    pub now: Timestamp,
}

/// A verified order to end sessions: of one `sid`, or all of a `sub`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub(super) struct LogoutOrder {
    pub jti: String,
    pub sid: Option<String>,
    pub sub: Option<String>,
}

/// Why a logout token is refused.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum LogoutTokenError {
    #[error("not a compact JWS with JSON inside")]
    Malformed,
    #[error("header: {0}")]
    Header(&'static str),
    #[error("no key fits the token")]
    UnknownKey,
    #[error("the signature is wrong")]
    Signature,
    #[error("claim: {0}")]
    Claim(&'static str),
}

#[derive(Deserialize)]
struct Header {
    alg: CoreJwsSigningAlgorithm,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<Value>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Audience,
    iat: i64,
    exp: i64,
    events: Map<String, Value>,
    nonce: Option<Value>,
    #[serde(flatten)]
    order: LogoutOrder,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Audience {
    fn names(&self, client_id: &str) -> bool {
        match self {
            Self::One(name) => name == client_id,
            Self::Many(names) => names.iter().any(|name| name == client_id),
        }
    }
}

/// Checks all of §2.6 but the replay of `jti`, which needs a memory.
pub(super) fn verify(
    token: &str,
    keys: &[CoreJsonWebKey],
    expected: Expected<'_>,
) -> Result<LogoutOrder, LogoutTokenError> {
    let (message, signature) = token.rsplit_once('.').ok_or(LogoutTokenError::Malformed)?;
    let (header, payload) = message.split_once('.').ok_or(LogoutTokenError::Malformed)?;
    let header: Header = decode(header)?;
    check_header(&header)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| LogoutTokenError::Malformed)?;
    find_key(keys, &header)?
        .verify_signature(&header.alg, message.as_bytes(), &signature)
        .map_err(|_| LogoutTokenError::Signature)?;
    check_claims(decode(payload)?, expected)
}

/// §2.6 step 2 and RFC 8725 §3.1: asymmetric algorithms only; the type says what the token is for.
fn check_header(header: &Header) -> Result<(), LogoutTokenError> {
    use CoreJwsSigningAlgorithm as Alg;
    let asymmetric = [Alg::EcdsaP256Sha256, Alg::RsaSsaPkcs1V15Sha256, Alg::RsaSsaPssSha256, Alg::EdDsa];
    if !asymmetric.contains(&header.alg) {
        return Err(LogoutTokenError::Header("alg is not allowed"));
    }
    let typ = header.typ.as_deref().unwrap_or("JWT").to_ascii_lowercase();
    if !["logout+jwt", "application/logout+jwt", "jwt"].contains(&typ.as_str()) {
        return Err(LogoutTokenError::Header("typ is of another token"));
    }
    if header.crit.is_some() { Err(LogoutTokenError::Header("crit is not understood")) } else { Ok(()) }
}

fn find_key<'a>(keys: &'a [CoreJsonWebKey], header: &Header) -> Result<&'a CoreJsonWebKey, LogoutTokenError> {
    let kid = header.kid.as_deref().ok_or(LogoutTokenError::UnknownKey)?;
    let fits = |key: &&CoreJsonWebKey| key.key_id().is_some_and(|id| id.as_str() == kid);
    keys.iter().find(fits).ok_or(LogoutTokenError::UnknownKey)
}

fn check_claims(claims: Claims, expected: Expected<'_>) -> Result<LogoutOrder, LogoutTokenError> {
    let now = expected.now.seconds();
    let checks = [
        // §2.6 step 3: iss, aud, iat and exp as for ID tokens.
        (claims.iss == expected.issuer, "iss"),
        (claims.aud.names(expected.client_id), "aud"),
        (claims.iat <= now + SKEW_SECONDS && claims.iat >= now - MAX_AGE_SECONDS, "iat"),
        (claims.exp >= now - SKEW_SECONDS, "exp"),
        // Step 4: sub, sid or both.
        (claims.order.sid.is_some() || claims.order.sub.is_some(), "neither sid nor sub"),
        // Step 5: the event is the one of this specification.
        (claims.events.get(EVENT).is_some_and(Value::is_object), "events"),
        // Step 6: an ID token is no logout token.
        (claims.nonce.is_none(), "nonce"),
        (!claims.order.jti.is_empty(), "jti"),
    ];
    let broken = checks.into_iter().find_map(|(holds, claim)| (!holds).then_some(claim));
    broken.map_or(Ok(claims.order), |claim| Err(LogoutTokenError::Claim(claim)))
}

fn decode<T: DeserializeOwned>(part: &str) -> Result<T, LogoutTokenError> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| LogoutTokenError::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| LogoutTokenError::Malformed)
}

#[cfg(test)]
mod tests {
    use openidconnect::core::CoreEdDsaPrivateSigningKey;
    use openidconnect::{JsonWebKeyId, PrivateSigningKey as _};
    use serde_json::json;

    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_795_248_000);
    const EXPECTED: Expected<'static> = Expected { issuer: "http://op", client_id: "exam-portal", now: NOW };
    /// RFC 8410 §10.3.
    const PEM: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----";

    fn key() -> CoreEdDsaPrivateSigningKey {
        CoreEdDsaPrivateSigningKey::from_ed25519_pem(PEM, Some(JsonWebKeyId::new("k1".into()))).unwrap()
    }

    fn header() -> Value {
        json!({ "alg": "EdDSA", "kid": "k1", "typ": "logout+jwt" })
    }

    fn claims() -> Value {
        let now = NOW.seconds();
        json!({
            "iss": "http://op", "aud": "exam-portal", "iat": now, "exp": now + 120, "jti": "j1", "sid": "s1",
            "events": { EVENT: {} },
        })
    }

    fn sign(header: &Value, claims: &Value) -> String {
        let message = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".");
        let signature = key().sign(&CoreJwsSigningAlgorithm::EdDsa, message.as_bytes()).unwrap();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn judge(token: &str) -> Result<LogoutOrder, LogoutTokenError> {
        verify(token, &[key().as_verification_key()], EXPECTED)
    }

    fn with(mut object: Value, name: &str, value: Value) -> Value {
        object[name] = value;
        object
    }

    #[test]
    fn a_right_token_is_an_order() {
        let order = LogoutOrder { jti: "j1".into(), sid: Some("s1".into()), sub: None };
        assert_eq!(judge(&sign(&header(), &claims())), Ok(order.clone()));
        let several = with(claims(), "aud", json!(["another", "exam-portal"]));
        assert_eq!(judge(&sign(&header(), &several)), Ok(order));
    }

    #[test]
    fn each_wrong_claim_is_refused_by_name() {
        let now = NOW.seconds();
        for (claim, value, blamed) in [
            ("iss", json!("http://evil"), "iss"),
            ("aud", json!("insurance-portal"), "aud"),
            ("aud", json!(["insurance-portal"]), "aud"),
            ("iat", json!(now + 61), "iat"),
            ("iat", json!(now - 601), "iat"),
            ("exp", json!(now - 61), "exp"),
            ("sid", Value::Null, "neither sid nor sub"),
            ("events", json!({}), "events"),
            ("events", json!({ EVENT: "yes" }), "events"),
            ("nonce", json!("n"), "nonce"),
            ("jti", json!(""), "jti"),
        ] {
            let token = sign(&header(), &with(claims(), claim, value));
            assert_eq!(judge(&token), Err(LogoutTokenError::Claim(blamed)), "{claim}");
        }
    }

    #[test]
    fn a_missing_claim_or_a_broken_form_is_refused() {
        for claim in ["iss", "aud", "iat", "exp", "jti", "events"] {
            let mut claims = claims();
            claims.as_object_mut().unwrap().remove(claim);
            assert_eq!(judge(&sign(&header(), &claims)), Err(LogoutTokenError::Malformed), "{claim}");
        }
        for token in ["", "a", "a.b", "a.b.c", "e30.e30.e30", "门.符.x"] {
            assert_eq!(judge(token), Err(LogoutTokenError::Malformed), "{token}");
        }
    }

    #[test]
    fn the_header_decides_nothing_that_it_should_not() {
        for (name, value, expected) in [
            ("alg", json!("HS256"), LogoutTokenError::Header("alg is not allowed")),
            ("alg", json!("none"), LogoutTokenError::Header("alg is not allowed")),
            ("alg", json!("ES256"), LogoutTokenError::Signature),
            ("typ", json!("at+jwt"), LogoutTokenError::Header("typ is of another token")),
            ("crit", json!(["b64"]), LogoutTokenError::Header("crit is not understood")),
            ("kid", json!("k2"), LogoutTokenError::UnknownKey),
            ("kid", Value::Null, LogoutTokenError::UnknownKey),
        ] {
            let verdict = judge(&sign(&with(header(), name, value.clone()), &claims()));
            assert_eq!(verdict, Err(expected), "{name} {value}");
        }
    }

    #[test]
    fn a_changed_token_does_not_verify() {
        let good = sign(&header(), &claims());
        let evil = URL_SAFE_NO_PAD.encode(with(claims(), "sid", json!("s2")).to_string());
        let parts: Vec<_> = good.split('.').collect();
        let forged = format!("{}.{evil}.{}", parts[0], parts[2]);
        assert_eq!(judge(&forged), Err(LogoutTokenError::Signature));
    }
}
