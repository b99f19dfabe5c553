//! Signing and verifying: the only place that names josekit.
//!
//! One façade for every algorithm: [`Signer`], [`Verifier`], [`Jwks`]. Headers and claims are read here
//! with `serde_json`, never through josekit's payload types, whose getters panic on large numbers; the
//! algorithm comes from the key, never from the token's header alone; `crit`, `zip` and `none` do not
//! exist. Building a signer costs as much as signing, so whoever holds keys keeps them built.

mod client_keys;
mod es256;

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use josekit::{
    jwk::{Jwk, KeyPair, alg::ed::EdCurve},
    jws::{ES256, EdDSA, JwsSigner, JwsVerifier, PS256, RS256},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

pub use self::client_keys::{ClientKeys, KeySetError, Unverified};
use self::es256::Es256;
use super::client::SigningAlg;
use crate::kernel::KeyId;

/// RSA keys have this many bits (NIST SP 800-131A: acceptable past 2030 for 112 bits of security).
const RSA_BITS: u32 = 2048;
/// Longer than any token of ours; longer input is refused unread.
const MAX_TOKEN: usize = 16 * 1024;

/// A key or token that cannot be used; the text is for the log.
#[derive(Debug, thiserror::Error)]
pub enum JoseError {
    /// Key material that does not fit its algorithm, or a signature that OpenSSL could not make.
    #[error("key: {0}")]
    Key(String),
    /// Claims that are no JSON object.
    #[error("claims: {0}")]
    Claims(#[from] serde_json::Error),
    /// The token is not three base64url parts with a JSON header and object.
    #[error("the token is malformed")]
    Malformed,
    /// No key of ours has the token's `kid` and `alg`.
    #[error("no key of ours signed the token")]
    UnknownKey,
    /// The signature does not fit.
    #[error("the signature does not fit")]
    Signature,
}

impl From<josekit::JoseError> for JoseError {
    fn from(error: josekit::JoseError) -> Self {
        Self::Key(error.to_string())
    }
}

/// The public half of a signing key, as the JWKS publishes it (RFC 7517, RFC 7518 §6).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicJwk {
    #[serde(flatten)]
    material: Material,
    /// Always `sig`.
    #[serde(rename = "use")]
    purpose: String,
    /// The one algorithm it is for.
    pub alg: SigningAlg,
    /// Its RFC 7638 thumbprint.
    pub kid: KeyId,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kty")]
enum Material {
    #[serde(rename = "EC")]
    Ec { crv: String, x: String, y: String },
    #[serde(rename = "RSA")]
    Rsa { n: String, e: String },
    /// RFC 8037 §2.
    #[serde(rename = "OKP")]
    Okp { crv: String, x: String },
}

impl Material {
    fn of(jwk: &Jwk) -> Result<Self, JoseError> {
        let members: Map<String, Value> = jwk.clone().into();
        Ok(serde_json::from_value(Value::Object(members))?)
    }

    /// RFC 7638 §3: SHA-256 over the required members alone, in lexicographic order, without spaces.
    fn thumbprint(&self) -> String {
        let canonical = match self {
            Self::Ec { crv, x, y } => format!(r#"{{"crv":"{crv}","kty":"EC","x":"{x}","y":"{y}"}}"#),
            Self::Rsa { n, e } => format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#),
            Self::Okp { crv, x } => format!(r#"{{"crv":"{crv}","kty":"OKP","x":"{x}"}}"#),
        };
        URL_SAFE_NO_PAD.encode(Sha256::digest(canonical.as_bytes()))
    }
}

/// The published key set (RFC 7517 §5): public members alone, every key with its own `kid`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwks {
    /// The active keys and those retired ones whose tokens may still be about.
    pub keys: Vec<PublicJwk>,
}

/// A new key pair; the private half goes into the vault at once.
pub struct NewKey {
    /// The public half with its `kid`.
    pub public: PublicJwk,
    /// PKCS#8, DER.
    pub private: Zeroizing<Vec<u8>>,
}

impl NewKey {
    /// Makes a key pair. Its randomness is OpenSSL's own; RSA takes a good part of a second, so callers
    /// on the runtime use a blocking thread.
    ///
    /// # Errors
    /// When OpenSSL fails.
    pub fn generate(alg: SigningAlg) -> Result<Self, JoseError> {
        let pair: Box<dyn KeyPair> = match alg {
            SigningAlg::Es256 => Box::new(ES256.generate_key_pair()?),
            SigningAlg::Rs256 => Box::new(RS256.generate_key_pair(RSA_BITS)?),
            SigningAlg::Ps256 => Box::new(PS256.generate_key_pair(RSA_BITS)?),
            SigningAlg::EdDsa => Box::new(EdDSA.generate_key_pair(EdCurve::Ed25519)?),
        };
        let material = Material::of(&pair.to_jwk_public_key())?;
        let kid = material.thumbprint().parse().map_err(|_| JoseError::Key("thumbprint".to_owned()))?;
        let public = PublicJwk { material, purpose: "sig".to_owned(), alg, kid };
        Ok(Self { public, private: Zeroizing::new(pair.to_der_private_key()) })
    }
}

/// What a token is, in its `typ` header, so that one kind never passes for another (RFC 8725 §3.11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenType {
    /// An ID token.
    IdToken,
    /// RFC 9068 §2.1.
    AccessToken,
    /// Back-Channel Logout §2.4.
    LogoutToken,
    /// Signed userinfo (Core §5.3.2). It has an `iss` and a `sub` as ID tokens do and must not pass for one;
    /// clients do not look at its type.
    UserInfo,
}

impl TokenType {
    /// The header's value.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::IdToken => "JWT",
            Self::AccessToken => "at+jwt",
            Self::LogoutToken => "logout+jwt",
            Self::UserInfo => "userinfo+jwt",
        }
    }
}

/// A signing key, built once.
pub struct Signer {
    alg: SigningAlg,
    kid: KeyId,
    key: Key,
}

enum Key {
    Es256(Box<Es256>),
    Other(Box<dyn JwsSigner>),
}

impl Signer {
    /// Builds a signer from a stored private key (PKCS#8, DER).
    ///
    /// # Errors
    /// When the key does not fit the algorithm.
    pub fn new(alg: SigningAlg, kid: KeyId, private: &[u8]) -> Result<Self, JoseError> {
        let key = match alg {
            SigningAlg::Es256 => Key::Es256(Box::new(Es256::new(private)?)),
            SigningAlg::Rs256 => Key::Other(Box::new(RS256.signer_from_der(private)?)),
            SigningAlg::Ps256 => Key::Other(Box::new(PS256.signer_from_der(private)?)),
            SigningAlg::EdDsa => Key::Other(Box::new(EdDSA.signer_from_der(private)?)),
        };
        Ok(Self { alg, kid, key })
    }

    /// The algorithm it signs with.
    #[must_use]
    pub fn alg(&self) -> SigningAlg {
        self.alg
    }

    /// The key it signs with.
    #[must_use]
    pub fn kid(&self) -> &KeyId {
        &self.kid
    }

    /// A compact JWS over the claims (RFC 7515 §3.1) with `alg`, `kid` and `typ`.
    ///
    /// # Errors
    /// When the claims are no JSON or the signature cannot be made.
    pub fn sign(&self, typ: TokenType, claims: &impl Serialize) -> Result<String, JoseError> {
        let header = Protected { alg: self.alg, kid: &self.kid, typ: typ.as_str() };
        let mut token = String::with_capacity(1024);
        URL_SAFE_NO_PAD.encode_string(serde_json::to_vec(&header)?, &mut token);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(serde_json::to_vec(claims)?, &mut token);
        let signature = match &self.key {
            Key::Es256(key) => URL_SAFE_NO_PAD.encode(key.sign(token.as_bytes())?),
            Key::Other(key) => URL_SAFE_NO_PAD.encode(key.sign(token.as_bytes())?),
        };
        token.push('.');
        token.push_str(&signature);
        Ok(token)
    }
}

/// The header of what we sign.
#[derive(Serialize)]
struct Protected<'a> {
    alg: SigningAlg,
    kid: &'a KeyId,
    typ: &'static str,
}

impl fmt::Debug for Signer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Signer({} {})", self.alg.as_str(), self.kid)
    }
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<Value>,
}

/// Our public keys, built once, to recognise tokens that we signed.
pub struct Verifier {
    keys: Vec<(PublicJwk, Box<dyn JwsVerifier>)>,
}

impl Verifier {
    /// Builds the verifiers of a key set.
    ///
    /// # Errors
    /// When a key does not fit its algorithm.
    pub fn new(jwks: &Jwks) -> Result<Self, JoseError> {
        let build = |jwk: &PublicJwk| Ok((jwk.clone(), verifier(jwk.alg, &jwk.material)?));
        Ok(Self { keys: jwks.keys.iter().map(build).collect::<Result<_, JoseError>>()? })
    }

    /// The claims of a token of this type that one of our keys signed. Whether it is still valid, and
    /// for whom, the caller judges.
    ///
    /// # Errors
    /// Each variant of [`JoseError`] but `Key`.
    pub fn verify(&self, typ: TokenType, token: &str) -> Result<Map<String, Value>, JoseError> {
        if token.len() > MAX_TOKEN {
            return Err(JoseError::Malformed);
        }
        let (message, signature) = token.rsplit_once('.').ok_or(JoseError::Malformed)?;
        let (header, payload) = message.split_once('.').ok_or(JoseError::Malformed)?;
        let header: Header = json(header)?;
        // RFC 7515 §4.1.11: an extension that is not understood makes the token invalid.
        if header.crit.is_some() || header.typ.as_deref().unwrap_or("JWT") != typ.as_str() {
            return Err(JoseError::Malformed);
        }
        let key = self.select(&header)?;
        let signature = decode(signature)?;
        key.verify(message.as_bytes(), &signature).map_err(|_| JoseError::Signature)?;
        json(payload)
    }

    /// The key with the header's `kid`, or the only one of its `alg` when there is none; never one of
    /// another algorithm.
    fn select(&self, header: &Header) -> Result<&dyn JwsVerifier, JoseError> {
        let fits = |jwk: &PublicJwk| {
            jwk.alg.as_str() == header.alg && header.kid.as_deref().is_none_or(|kid| kid == jwk.kid.as_str())
        };
        let mut keys = self.keys.iter().filter(|(jwk, _)| fits(jwk));
        match (keys.next(), keys.next()) {
            (Some((_, key)), None) => Ok(&**key),
            _ => Err(JoseError::UnknownKey),
        }
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_list().entries(self.keys.iter().map(|(jwk, _)| &jwk.kid)).finish()
    }
}

fn verifier(alg: SigningAlg, material: &Material) -> Result<Box<dyn JwsVerifier>, JoseError> {
    let Value::Object(members) = serde_json::to_value(material)? else {
        return Err(JoseError::Malformed);
    };
    let josekit = Jwk::from_map(members)?;
    Ok(match alg {
        SigningAlg::Es256 => Box::new(ES256.verifier_from_jwk(&josekit)?),
        SigningAlg::Rs256 => Box::new(RS256.verifier_from_jwk(&josekit)?),
        SigningAlg::Ps256 => Box::new(PS256.verifier_from_jwk(&josekit)?),
        SigningAlg::EdDsa => Box::new(EdDSA.verifier_from_jwk(&josekit)?),
    })
}

fn decode(part: &str) -> Result<Vec<u8>, JoseError> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| JoseError::Malformed)
}

fn json<T: for<'de> Deserialize<'de>>(part: &str) -> Result<T, JoseError> {
    serde_json::from_slice(&decode(part)?).map_err(|_| JoseError::Malformed)
}

#[cfg(test)]
pub(crate) mod tests;
