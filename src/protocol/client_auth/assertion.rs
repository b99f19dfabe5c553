//! `private_key_jwt` (Core §9, RFC 7523 §3): a client proves itself by a signed statement, good once.

use std::{fmt, time::Duration};

use chrono::TimeDelta;
use serde_json::{Map, Value};

use super::failed;
use crate::{
    kernel::{ClientId, Timestamp},
    protocol::{
        client::{Client, SigningAlg},
        error::OAuthError,
        issuer::Issuer,
        jose::{ClientKeys, Unverified},
    },
};

/// RFC 7523 §2.2.
pub const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// A client's clock may be ahead of ours by this much.
const AHEAD: TimeDelta = TimeDelta::seconds(60);
/// RFC 7523 §3: an `exp` unreasonably far in the future may be refused; what is good for long is remembered for long.
const LONGEST: TimeDelta = TimeDelta::hours(1);
/// The last second of the year 9999.
const LAST_SECOND: u64 = 253_402_300_799;
/// Longer identifiers than this are nobody's.
const LONGEST_JTI: usize = 256;

/// An assertion as it was sent; nothing of it is verified yet.
#[derive(Clone)]
pub struct Assertion {
    token: String,
    kid: Option<String>,
}

impl Assertion {
    /// Reads an assertion and tells whose it says it is.
    pub(super) fn read(token: &str) -> Option<(ClientId, Self)> {
        let Unverified { kid, claims } = Unverified::read(token).ok()?;
        let client_id = text(&claims, "sub")?.parse().ok()?;
        Some((client_id, Self { token: token.to_owned(), kid }))
    }

    /// The key it names.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// Judges it (RFC 7523 §3). Whether it was used before, the caller finds out.
    ///
    /// # Errors
    /// `invalid_client`, always the same; the log says why.
    pub fn judge(
        &self,
        client: &Client,
        keys: &ClientKeys,
        audience: Audience<'_>,
        now: Timestamp,
    ) -> Result<Proved, OAuthError> {
        let allowed = client.token_endpoint_auth_signing_alg.as_ref();
        let allowed = allowed.map_or(SigningAlg::ALL, std::slice::from_ref);
        let claims = keys.verify(allowed, &self.token).map_err(|error| failed().because(error))?;
        let id = client.client_id.as_str();
        // RFC 7523 §3, rules 1 and 2; Core §9.
        if text(&claims, "iss") != Some(id) || text(&claims, "sub") != Some(id) {
            return Err(failed().because("iss and sub are not the client"));
        }
        if !audience.is_named(claims.get("aud")) {
            return Err(failed().because("aud"));
        }
        let until = times(&claims, now).map_err(|cause| failed().because(cause))?;
        // Core §9: jti is required, and used once.
        match text(&claims, "jti") {
            Some(jti) if !jti.is_empty() && jti.len() <= LONGEST_JTI => {
                Ok(Proved { jti: jti.to_owned(), until })
            }
            _ => Err(failed().because("jti")),
        }
    }
}

/// It is a credential.
impl fmt::Debug for Assertion {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Assertion(kid {:?})", self.kid)
    }
}

/// Whom an assertion may be meant for.
#[derive(Clone, Copy, Debug)]
pub struct Audience<'a> {
    /// We.
    pub issuer: &'a Issuer,
    /// Core §9: the token endpoint's address.
    pub token_endpoint: &'a str,
}

impl Audience<'_> {
    /// RFC 7523 §3, rule 3: a name, or a list with one of ours in it.
    fn is_named(&self, aud: Option<&Value>) -> bool {
        let ours = |value: &Value| {
            value.as_str().is_some_and(|name| name == self.issuer.as_str() || name == self.token_endpoint)
        };
        match aud {
            Some(Value::Array(several)) => several.iter().any(ours),
            Some(one) => ours(one),
            None => false,
        }
    }
}

/// A good assertion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proved {
    /// What makes it good once.
    pub jti: String,
    /// When it ends by itself.
    pub until: Timestamp,
}

/// RFC 7523 §3, rules 4 to 6: when the assertion ends.
fn times(claims: &Map<String, Value>, now: Timestamp) -> Result<Timestamp, &'static str> {
    let until = claims.get("exp").and_then(instant).ok_or("exp is missing or no instant")?;
    if until <= now {
        return Err("expired");
    }
    if until > now + LONGEST + AHEAD {
        return Err("exp is too far away");
    }
    for (name, why) in [("nbf", "nbf is ahead"), ("iat", "iat is ahead")] {
        match claims.get(name).map(instant) {
            None => {}
            Some(Some(at)) if at <= now + AHEAD => {}
            Some(_) => return Err(why),
        }
    }
    Ok(until)
}

/// A NumericDate (RFC 7519 §2), which need not be whole; no number makes it panic.
fn instant(value: &Value) -> Option<Timestamp> {
    let seconds = Duration::try_from_secs_f64(value.as_f64()?).ok()?.as_secs();
    let seconds = Some(seconds).filter(|seconds| *seconds <= LAST_SECOND)?;
    Some(Timestamp::from_seconds(i64::try_from(seconds).ok()?))
}

fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::protocol::{
        client::{AuthMethod, tests::exam},
        jose::{TokenType, tests::KEYS},
    };

    const NOW: i64 = 1_800_000_000;
    const ENDPOINT: &str = "https://sso.example/token";

    fn client() -> Client {
        Client {
            token_endpoint_auth_method: AuthMethod::PrivateKeyJwt,
            secret_sha256: None,
            jwks: Some(serde_json::to_value(&KEYS.jwks).unwrap()),
            ..exam()
        }
    }

    fn good() -> Value {
        json!({ "iss": "exam", "sub": "exam", "aud": "https://sso.example", "jti": "j1", "exp": NOW + 60, "iat": NOW })
    }

    fn with(name: &str, value: Value) -> Value {
        let mut claims = good();
        claims[name] = value;
        claims
    }

    fn judge_for(client: &Client, claims: &Value) -> Result<Proved, OAuthError> {
        let token = KEYS.es256.sign(TokenType::IdToken, claims).unwrap();
        let keys = ClientKeys::read(client.jwks.clone().unwrap().to_string().as_bytes()).unwrap();
        let issuer = "https://sso.example".parse().unwrap();
        let audience = Audience { issuer: &issuer, token_endpoint: ENDPOINT };
        let assertion = Assertion { token, kid: None };
        assertion.judge(client, &keys, audience, Timestamp::from_seconds(NOW))
    }

    fn judge(claims: &Value) -> Result<Proved, OAuthError> {
        judge_for(&client(), claims)
    }

    #[test]
    fn a_good_assertion_proves_the_client_until_it_ends() {
        let until = Timestamp::from_seconds(NOW + 60);
        assert_eq!(judge(&good()), Ok(Proved { jti: "j1".to_owned(), until }));
        for aud in
            [json!(ENDPOINT), json!(["https://other.example", ENDPOINT]), json!(["https://sso.example"])]
        {
            assert!(judge(&with("aud", aud.clone())).is_ok(), "{aud}");
        }
    }

    #[test]
    fn a_clock_a_little_ahead_is_borne_and_one_far_ahead_is_not() {
        for name in ["iat", "nbf"] {
            for (ahead, good) in [(-3600, true), (8, true), (60, true), (61, false), (3600, false)] {
                assert_eq!(judge(&with(name, json!(NOW + ahead))).is_ok(), good, "{name} {ahead}");
            }
            assert!(judge(&with(name, json!("soon"))).is_err());
        }
        assert!(judge(&with("exp", json!(f64::from(1_800_000_000_u32) + 30.5))).is_ok(), "need not be whole");
    }

    #[test]
    fn no_number_is_a_panic_and_nothing_is_good_for_ever() {
        for exp in [
            json!(1e30),
            json!(-1e30),
            json!(u64::MAX),
            json!(i64::MIN),
            json!(1e308),
            json!(253_402_300_800_u64),
            json!(NOW),
            json!(NOW - 1),
            json!(0),
            json!(-1),
            json!(NOW + 3661),
            json!("1800000060"),
            json!(null),
            json!([NOW + 60]),
        ] {
            assert!(judge(&with("exp", exp.clone())).is_err(), "{exp}");
            assert!(
                exp.is_string()
                    || judge(&with("iat", exp.clone())).is_err()
                        == (exp
                            .as_f64()
                            .is_none_or(|at| !(0.0..=f64::from(1_800_000_060_u32)).contains(&at))),
                "{exp}"
            );
        }
        let mut endless = good();
        endless.as_object_mut().unwrap().remove("exp");
        assert!(judge(&endless).is_err());
    }

    #[test]
    fn whoever_and_whatever_it_is_not_meant_for_is_refused() {
        for (name, value) in [
            ("iss", json!("other")),
            ("sub", json!("other")),
            ("sub", json!(["exam"])),
            ("aud", json!("https://other.example")),
            ("aud", json!("https://sso.example/")),
            ("aud", json!([])),
            ("aud", json!(null)),
            ("jti", json!("")),
            ("jti", json!(5)),
            ("jti", json!("j".repeat(257))),
        ] {
            let error = judge(&with(name, value.clone())).unwrap_err();
            assert_eq!(error.to_string(), failed().to_string(), "{name} {value}");
        }
    }

    #[test]
    fn a_client_is_held_to_its_algorithm() {
        let only = |alg| Client { token_endpoint_auth_signing_alg: Some(alg), ..client() };
        assert!(judge_for(&only(SigningAlg::Es256), &good()).is_ok());
        assert!(judge_for(&only(SigningAlg::Ps256), &good()).is_err());
    }
}
