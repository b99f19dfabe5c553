//! The keys a client published (RFC 7517 §5): a set is read leniently, a signature is judged strictly.
//!
//! What cannot verify with one of our algorithms is passed over; a private or symmetric key refuses the whole set, for its
//! owner has to hear of it. The algorithm is one that the client may use and that fits the key, never the header's word
//! alone; a `kid` is compared with those of the set and means nothing else.

use std::fmt;

use josekit::jws::JwsVerifier;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Header, JoseError, MAX_TOKEN, Material, decode, json, verifier};
use crate::protocol::client::SigningAlg;

/// Nobody has more keys at once; each costs a verifier.
const MOST_KEYS: usize = 20;
/// Octets of an RSA modulus: 2048 to 4096 bits.
const MODULUS: std::ops::RangeInclusive<usize> = 256..=512;

/// Why a key set is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    /// No JSON object with a list of objects under `keys`.
    #[error("not a JWK set (RFC 7517 section 5)")]
    NotASet,
    /// More than anybody needs.
    #[error("more than {MOST_KEYS} keys")]
    TooMany,
    /// What must never leave its owner.
    #[error("a private or symmetric key stands in it")]
    Private,
    /// No key of ES256, RS256, PS256 or EdDSA.
    #[error("no key of ES256, RS256 (2048 to 4096 bits), PS256 or EdDSA (Ed25519) for signatures")]
    NoKey,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Map<String, Value>>,
}

/// A client's keys, built once.
pub struct ClientKeys {
    keys: Vec<ClientKey>,
}

struct ClientKey {
    kid: Option<String>,
    alg: SigningAlg,
    verifier: Box<dyn JwsVerifier>,
}

impl ClientKeys {
    /// Reads a JWK set.
    ///
    /// # Errors
    /// [`KeySetError`]
    pub fn read(document: &[u8]) -> Result<Self, KeySetError> {
        let Document { keys } = serde_json::from_slice(document).map_err(|_| KeySetError::NotASet)?;
        if keys.len() > MOST_KEYS {
            return Err(KeySetError::TooMany);
        }
        if keys.iter().any(is_secret) {
            return Err(KeySetError::Private);
        }
        let keys: Vec<_> = keys.iter().filter(|jwk| is_for_signatures(jwk)).flat_map(built).collect();
        if keys.is_empty() { Err(KeySetError::NoKey) } else { Ok(Self { keys }) }
    }

    /// Whether a key of that name is here; a token without a name may fit any.
    #[must_use]
    pub fn knows(&self, kid: Option<&str>) -> bool {
        kid.is_none_or(|kid| self.keys.iter().any(|key| key.kid.as_deref() == Some(kid)))
    }

    /// The claims of a token that one of these keys signed with an allowed algorithm.
    ///
    /// # Errors
    /// Each variant of [`JoseError`] but `Key`.
    pub fn verify(&self, allowed: &[SigningAlg], token: &str) -> Result<Map<String, Value>, JoseError> {
        let (header, message, signature) = split(token)?;
        let typed = header.typ.as_deref().unwrap_or("JWT");
        // RFC 7515 §4.1.9: the types of assertions; those of other tokens must not pass for one (RFC 8725 §3.11).
        let assertion =
            ["JWT", "client-authentication+jwt"].iter().any(|typ| typed.eq_ignore_ascii_case(typ));
        if header.crit.is_some() || !assertion {
            return Err(JoseError::Malformed);
        }
        let fits = |key: &&ClientKey| {
            let named = header.kid.is_none() || header.kid == key.kid;
            named && key.alg.as_str() == header.alg && allowed.contains(&key.alg)
        };
        let mut keys = self.keys.iter().filter(fits);
        let (Some(key), None) = (keys.next(), keys.next()) else { return Err(JoseError::UnknownKey) };
        key.verifier.verify(message.as_bytes(), &decode(signature)?).map_err(|_| JoseError::Signature)?;
        let (_, payload) = message.split_once('.').ok_or(JoseError::Malformed)?;
        json(payload)
    }
}

impl fmt::Debug for ClientKeys {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_list().entries(self.keys.iter().map(|key| (&key.kid, key.alg))).finish()
    }
}

/// What a token says of itself before anybody verified it: enough to look for its key.
pub struct Unverified {
    /// The header's `kid`.
    pub kid: Option<String>,
    /// The claims.
    pub claims: Map<String, Value>,
}

impl Unverified {
    /// Reads header and claims.
    ///
    /// # Errors
    /// [`JoseError::Malformed`]
    pub fn read(token: &str) -> Result<Self, JoseError> {
        let (header, message, _) = split(token)?;
        let (_, payload) = message.split_once('.').ok_or(JoseError::Malformed)?;
        Ok(Self { kid: header.kid, claims: json(payload)? })
    }
}

/// Header, signed text and signature.
fn split(token: &str) -> Result<(Header, &str, &str), JoseError> {
    if token.len() > MAX_TOKEN {
        return Err(JoseError::Malformed);
    }
    let (message, signature) = token.rsplit_once('.').ok_or(JoseError::Malformed)?;
    let (header, _) = message.split_once('.').ok_or(JoseError::Malformed)?;
    Ok((json(header)?, message, signature))
}

fn is_secret(jwk: &Map<String, Value>) -> bool {
    jwk.contains_key("d") || jwk.contains_key("k") || text(jwk, "kty") == Some("oct")
}

/// RFC 7517 §4.2, §4.3.
fn is_for_signatures(jwk: &Map<String, Value>) -> bool {
    let used = text(jwk, "use").is_none_or(|purpose| purpose == "sig");
    let operations = jwk.get("key_ops").and_then(Value::as_array);
    used && operations.is_none_or(|all| all.iter().any(|one| one == "verify"))
}

/// One verifier for each algorithm that fits the key.
fn built(jwk: &Map<String, Value>) -> Vec<ClientKey> {
    let Ok(material) = serde_json::from_value::<Material>(Value::Object(jwk.clone())) else {
        return Vec::new();
    };
    let named = text(jwk, "alg");
    let kid = text(jwk, "kid").map(str::to_owned);
    let algs = algorithms(&material).iter().filter(|alg| named.is_none_or(|name| name == alg.as_str()));
    let key = |alg: &SigningAlg| {
        Some(ClientKey { kid: kid.clone(), alg: *alg, verifier: verifier(*alg, &material).ok()? })
    };
    algs.filter_map(key).collect()
}

fn algorithms(material: &Material) -> &'static [SigningAlg] {
    match material {
        Material::Ec { crv, .. } if crv == "P-256" => &[SigningAlg::Es256],
        Material::Okp { crv, .. } if crv == "Ed25519" => &[SigningAlg::EdDsa],
        Material::Rsa { n, .. } if decode(n).is_ok_and(|n| MODULUS.contains(&n.len())) => {
            &[SigningAlg::Rs256, SigningAlg::Ps256]
        }
        _ => &[],
    }
}

fn text<'a>(jwk: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    jwk.get(name).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::protocol::jose::{TokenType, tests::KEYS};

    fn published() -> Value {
        serde_json::to_value(&KEYS.jwks).unwrap()
    }

    fn read(document: &Value) -> Result<ClientKeys, KeySetError> {
        ClientKeys::read(document.to_string().as_bytes())
    }

    #[test]
    fn each_algorithm_verifies_when_it_is_allowed_and_only_then() {
        let keys = read(&published()).unwrap();
        for signer in [&KEYS.es256, &KEYS.rs256, &KEYS.ps256, &KEYS.eddsa] {
            let token = signer.sign(TokenType::IdToken, &json!({ "sub": "a" })).unwrap();
            for alg in SigningAlg::ALL {
                assert_eq!(keys.verify(&[*alg], &token).is_ok(), *alg == signer.alg(), "{signer:?} {alg:?}");
            }
            assert!(keys.verify(&[], &token).is_err());
        }
    }

    #[test]
    fn a_key_without_alg_serves_what_its_type_fits() {
        let mut set = published();
        for key in set["keys"].as_array_mut().unwrap() {
            key.as_object_mut().unwrap().remove("alg");
        }
        let keys = read(&set).unwrap();
        let token = KEYS.rs256.sign(TokenType::IdToken, &json!({})).unwrap();
        assert!(keys.verify(SigningAlg::ALL, &token).is_ok());
        assert!(
            keys.knows(Some(KEYS.rs256.kid().as_str())) && keys.knows(None) && !keys.knows(Some("other"))
        );
    }

    #[test]
    fn without_a_kid_there_must_be_one_key_that_fits() {
        let (one, two) = (published()["keys"][0].clone(), published()["keys"][0].clone());
        let token = KEYS.es256.sign(TokenType::IdToken, &json!({})).unwrap();
        let (header, rest) = token.split_once('.').unwrap();
        assert!(!header.is_empty());
        let bare =
            base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, r#"{"alg":"ES256"}"#);
        let anonymous = format!("{bare}.{rest}");
        let single = read(&json!({ "keys": [one] })).unwrap();
        assert!(matches!(single.verify(SigningAlg::ALL, &anonymous), Err(JoseError::Signature)));
        let double = read(&json!({ "keys": [one, two] })).unwrap();
        assert!(matches!(double.verify(SigningAlg::ALL, &anonymous), Err(JoseError::UnknownKey)));
    }

    #[test]
    fn forged_headers_and_other_tokens_are_refused() {
        let keys = read(&published()).unwrap();
        let kid = KEYS.rs256.kid();
        let token = KEYS.rs256.sign(TokenType::IdToken, &json!({})).unwrap();
        let (_, rest) = token.split_once('.').unwrap();
        for header in [
            json!({ "alg": "none", "kid": kid }),
            json!({ "alg": "HS256", "kid": kid }),
            json!({ "alg": "ES256", "kid": kid }),
            json!({ "alg": "RS256", "kid": "../../etc/passwd" }),
            json!({ "alg": "RS256", "kid": "' OR 1=1 --" }),
            json!({ "alg": "RS256", "kid": 5 }),
            json!({ "alg": "RS256", "kid": kid, "crit": ["exp"] }),
            json!({ "alg": "RS256", "kid": kid, "typ": "at+jwt" }),
            json!({ "alg": "RS256", "kid": kid, "typ": "logout+jwt" }),
        ] {
            let header =
                base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, header.to_string());
            assert!(keys.verify(SigningAlg::ALL, &format!("{header}.{rest}")).is_err());
        }
        let logout = KEYS.rs256.sign(TokenType::LogoutToken, &json!({})).unwrap();
        assert!(keys.verify(SigningAlg::ALL, &logout).is_err());
    }

    #[test]
    fn a_key_in_the_header_is_never_used() {
        let keys = read(&json!({ "keys": [published()["keys"][0]] })).unwrap();
        let token = KEYS.rs256.sign(TokenType::IdToken, &json!({})).unwrap();
        assert!(matches!(keys.verify(SigningAlg::ALL, &token), Err(JoseError::UnknownKey)));
    }

    #[test]
    fn private_symmetric_empty_and_endless_sets_are_refused() {
        let public = published()["keys"][0].clone();
        let mut private = public.clone();
        private["d"] = "x".into();
        for (set, why) in [
            (json!([]), KeySetError::NotASet),
            (json!({ "keys": "x" }), KeySetError::NotASet),
            (json!({ "keys": [] }), KeySetError::NoKey),
            (json!({ "keys": [{ "kty": "EC", "crv": "P-521", "x": "a", "y": "b" }] }), KeySetError::NoKey),
            (json!({ "keys": [{ "kty": "RSA", "n": "AQAB", "e": "AQAB" }] }), KeySetError::NoKey),
            (json!({ "keys": [private, public] }), KeySetError::Private),
            (json!({ "keys": [{ "kty": "oct", "k": "c2VjcmV0" }, public] }), KeySetError::Private),
            (json!({ "keys": vec![public.clone(); 21] }), KeySetError::TooMany),
        ] {
            assert_eq!(read(&set).unwrap_err(), why, "{set}");
        }
        let mut encryption = public.clone();
        encryption["use"] = "enc".into();
        assert_eq!(read(&json!({ "keys": [encryption] })).unwrap_err(), KeySetError::NoKey);
        assert!(read(&json!({ "keys": [{ "kty": "new" }, public] })).is_ok());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(ClientKeys::read(&bytes).is_err());
        }

        #[test]
        fn any_text_is_no_token(text in "\\PC{0,100}") {
            prop_assert!(Unverified::read(&text).is_err());
        }
    }
}
