//! Client authentication at the endpoints that answer JSON (RFC 6749 §2.3, Core §9).
//!
//! `client_secret_basic`, `client_secret_post`, `private_key_jwt` and `none`; two methods at once are refused, and a
//! client uses the one it registered.

mod assertion;

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use url::form_urlencoded;

pub use self::assertion::{Assertion, Audience, JWT_BEARER, Proved};
use super::{
    client::{AuthMethod, Client},
    error::{ErrorCode, OAuthError},
    params::RawParams,
};
use crate::kernel::{ClientId, Secret};

/// SHA-256 of a client's secret, in lower-case hex as `sha256sum` prints it. Secrets have 256 random
/// bits, so that no slow hash is needed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SecretSha256([u8; 32]);

/// The text is not the hex of 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the SHA-256 of a secret: 64 hexadecimal digits")]
pub struct SecretSha256Error;

impl SecretSha256 {
    /// The hash of a secret.
    #[must_use]
    pub fn of(secret: &Secret) -> Self {
        Self(Sha256::digest(secret.expose().as_bytes()).into())
    }

    /// Whether the secret is the one hashed, in constant time.
    #[must_use]
    pub fn matches(&self, secret: &Secret) -> bool {
        Self::of(secret).0.ct_eq(&self.0).into()
    }
}

impl TryFrom<String> for SecretSha256 {
    type Error = SecretSha256Error;

    fn try_from(text: String) -> Result<Self, SecretSha256Error> {
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|value| u8::try_from(value).ok());
        let pair = |pair: &[u8]| match pair {
            [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
            _ => None,
        };
        let bytes: Option<Vec<u8>> = text.as_bytes().chunks(2).map(pair).collect();
        bytes.and_then(|bytes| bytes.try_into().ok()).map(Self).ok_or(SecretSha256Error)
    }
}

impl From<SecretSha256> for String {
    fn from(hash: SecretSha256) -> Self {
        hash.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Debug for SecretSha256 {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("SecretSha256(…)")
    }
}

/// What a request showed to prove which client it comes from.
#[derive(Clone, Debug)]
pub struct ClientCredentials {
    /// Who it says it is.
    pub client_id: ClientId,
    /// How it proves that.
    pub proof: ClientProof,
}

/// The ways, as they stand in the request.
#[derive(Clone, Debug)]
pub enum ClientProof {
    /// `Authorization: Basic`.
    Basic(Secret),
    /// `client_secret` in the body.
    Post(Secret),
    /// `client_assertion` in the body.
    Assertion(Assertion),
    /// `client_id` alone.
    None,
}

impl ClientProof {
    fn method(&self) -> AuthMethod {
        match self {
            Self::Basic(_) => AuthMethod::ClientSecretBasic,
            Self::Post(_) => AuthMethod::ClientSecretPost,
            Self::Assertion(_) => AuthMethod::PrivateKeyJwt,
            Self::None => AuthMethod::None,
        }
    }

    fn secret(&self) -> Option<&Secret> {
        match self {
            Self::Basic(secret) | Self::Post(secret) => Some(secret),
            Self::Assertion(_) | Self::None => None,
        }
    }
}

impl ClientCredentials {
    /// Reads the credentials of a request from its `Authorization` header and form body.
    ///
    /// # Errors
    /// `invalid_client` when there are none or they are garbled, `invalid_request` when there are two.
    pub fn read(authorization: Option<&str>, body: &RawParams) -> Result<Self, OAuthError> {
        let client_id = body.one("client_id").map_err(repeated)?;
        let client_secret = body.one("client_secret").map_err(repeated)?;
        if body.has("client_assertion") || body.has("client_assertion_type") {
            let other = authorization.is_some() || client_secret.is_some();
            return if other { Err(two_ways()) } else { Self::from_assertion(client_id, body) };
        }
        let Some(header) = authorization else {
            return Self::from_body(client_id, client_secret);
        };
        // RFC 6749 §2.3: not more than one method in one request.
        if client_secret.is_some() {
            return Err(two_ways());
        }
        let credentials = Self::from_basic(header)?;
        match client_id {
            Some(id) if id != credentials.client_id.as_str() => Err(differs()),
            _ => Ok(credentials),
        }
    }

    /// RFC 7521 §4.2, RFC 7523 §2.2: `client_id` may stand beside it and is the same then.
    fn from_assertion(client_id: Option<&str>, body: &RawParams) -> Result<Self, OAuthError> {
        let kind = body.one("client_assertion_type").map_err(repeated)?;
        let token = body.one("client_assertion").map_err(repeated)?;
        let Some(token) = token.filter(|_| kind == Some(JWT_BEARER)) else {
            return Err(invalid_client("client_assertion_type is not supported"));
        };
        let (said, assertion) = Assertion::read(token).ok_or_else(failed)?;
        if client_id.is_some_and(|id| id != said.as_str()) {
            return Err(differs());
        }
        Ok(Self { client_id: said, proof: ClientProof::Assertion(assertion) })
    }

    fn from_body(client_id: Option<&str>, client_secret: Option<&str>) -> Result<Self, OAuthError> {
        let id = client_id.ok_or_else(|| invalid_client("client authentication is missing"))?;
        let proof = client_secret.map_or(ClientProof::None, |secret| ClientProof::Post(secret.into()));
        Ok(Self { client_id: parse_id(id)?, proof })
    }

    /// RFC 6749 §2.3.1: id and secret are form-encoded, then joined and encoded by RFC 7617.
    fn from_basic(header: &str) -> Result<Self, OAuthError> {
        let garbled = || invalid_client("the Authorization header is not valid Basic authentication");
        let (scheme, encoded) = header.split_once(' ').ok_or_else(garbled)?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return Err(garbled());
        }
        let decoded = STANDARD.decode(encoded.trim()).map_err(|_| garbled())?;
        let text = String::from_utf8(decoded).map_err(|_| garbled())?;
        let (id, secret) = text.split_once(':').ok_or_else(garbled)?;
        let id = form_decode(id).ok_or_else(garbled)?;
        let secret = form_decode(secret).ok_or_else(garbled)?;
        Ok(Self { client_id: parse_id(&id)?, proof: ClientProof::Basic(Secret::new(secret)) })
    }

    /// Whether these credentials prove the client; `None` stands for a client that is not registered
    /// and costs the same comparison. An assertion proves nobody here: [`Assertion::judge`] does.
    ///
    /// # Errors
    /// `invalid_client`, the same for an unknown client, a wrong secret and a wrong method.
    pub fn prove(&self, client: Option<&Client>) -> Result<(), OAuthError> {
        let nobody = SecretSha256([0; 32]);
        let known = client.and_then(|client| client.secret_sha256.as_ref());
        let matches = self.proof.secret().is_none_or(|secret| known.unwrap_or(&nobody).matches(secret));
        let registered = client.is_some_and(|client| {
            let method = client.token_endpoint_auth_method;
            method == self.proof.method() && (method == AuthMethod::None || known.is_some())
        });
        let judged_elsewhere = matches!(self.proof, ClientProof::Assertion(_));
        if matches && registered && !judged_elsewhere { Ok(()) } else { Err(failed()) }
    }
}

fn parse_id(text: &str) -> Result<ClientId, OAuthError> {
    text.parse().map_err(|_| failed())
}

/// `application/x-www-form-urlencoded` decoding of one value; `None` if the result is not UTF-8.
fn form_decode(text: &str) -> Option<String> {
    // '&' and '=' would split a form; a correct encoder never leaves them bare, a lazy one may.
    let safe = text.replace('&', "%26").replace('=', "%3D");
    let (name, _) = form_urlencoded::parse(safe.as_bytes()).next().unwrap_or_default();
    (!name.contains('\u{fffd}')).then(|| name.into_owned())
}

fn repeated(duplicate: super::params::Duplicate) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidRequest, "a parameter was sent more than once").because(duplicate)
}

fn two_ways() -> OAuthError {
    OAuthError::new(ErrorCode::InvalidRequest, "two ways of client authentication were used")
}

fn differs() -> OAuthError {
    OAuthError::new(ErrorCode::InvalidRequest, "client_id differs from the authenticated client")
}

/// What everyone is told who does not prove to be the client, whatever the reason.
#[must_use]
pub fn failed() -> OAuthError {
    invalid_client("client authentication failed")
}

fn invalid_client(hint: &'static str) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidClient, hint)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::protocol::client::tests::exam;

    const SECRET: &str = "p+ss w:rd/%&=";

    fn client(method: AuthMethod) -> Client {
        let secret_sha256 = (method != AuthMethod::None).then(|| SecretSha256::of(&SECRET.into()));
        Client { token_endpoint_auth_method: method, secret_sha256, ..exam() }
    }

    fn basic(id: &str, secret: &str) -> String {
        let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        format!("Basic {}", STANDARD.encode(format!("{}:{}", encode(id), encode(secret))))
    }

    fn code(result: Result<ClientCredentials, OAuthError>) -> ErrorCode {
        result.unwrap_err().code
    }

    #[test]
    fn each_method_proves_the_client_that_registered_it_and_no_other() {
        let none = RawParams::default();
        let post = RawParams::from([("client_id", "exam"), ("client_secret", SECRET)]);
        let bare = RawParams::from([("client_id", "exam")]);
        let header = basic("exam", SECRET);
        let shown = [
            (AuthMethod::ClientSecretBasic, ClientCredentials::read(Some(&header), &none).unwrap()),
            (AuthMethod::ClientSecretPost, ClientCredentials::read(None, &post).unwrap()),
            (AuthMethod::None, ClientCredentials::read(None, &bare).unwrap()),
        ];
        for (used, credentials) in &shown {
            for registered in [AuthMethod::ClientSecretBasic, AuthMethod::ClientSecretPost, AuthMethod::None]
            {
                let proved = credentials.prove(Some(&client(registered)));
                assert_eq!(proved.is_ok(), *used == registered, "{used:?} for {registered:?}");
            }
        }
    }

    #[test]
    fn a_wrong_secret_and_an_unknown_client_are_told_the_same() {
        let credentials =
            ClientCredentials::read(Some(&basic("exam", "wrong")), &RawParams::default()).unwrap();
        let wrong = credentials.prove(Some(&client(AuthMethod::ClientSecretBasic))).unwrap_err();
        assert_eq!(wrong, credentials.prove(None).unwrap_err());
        assert_eq!(wrong.code, ErrorCode::InvalidClient);
    }

    #[test]
    fn a_client_without_a_stored_secret_is_proved_by_nothing() {
        let mut client = client(AuthMethod::ClientSecretPost);
        client.secret_sha256 = None;
        let body = RawParams::from([("client_id", "exam"), ("client_secret", "")]);
        assert!(ClientCredentials::read(None, &body).unwrap().prove(Some(&client)).is_err());
    }

    #[test]
    fn two_methods_at_once_are_refused() {
        let header = basic("exam", SECRET);
        let body = RawParams::from([("client_id", "exam"), ("client_secret", SECRET)]);
        assert_eq!(code(ClientCredentials::read(Some(&header), &body)), ErrorCode::InvalidRequest);
        let twice = RawParams::parse(b"client_id=exam&client_secret=a&client_secret=b");
        assert_eq!(code(ClientCredentials::read(None, &twice)), ErrorCode::InvalidRequest);
        let other = RawParams::from([("client_id", "insurance")]);
        assert_eq!(code(ClientCredentials::read(Some(&header), &other)), ErrorCode::InvalidRequest);
    }

    #[test]
    fn the_same_client_id_beside_a_header_is_no_second_method() {
        let body = RawParams::from([("client_id", "exam")]);
        assert!(ClientCredentials::read(Some(&basic("exam", SECRET)), &body).is_ok());
    }

    #[test]
    fn garbled_or_foreign_headers_are_invalid_client() {
        for header in ["", "Basic", "Basic !", "Basic Zm9v", "Bearer abc", "Basic /w==", "Digest a:b"] {
            assert_eq!(
                code(ClientCredentials::read(Some(header), &RawParams::default())),
                ErrorCode::InvalidClient
            );
        }
        assert_eq!(code(ClientCredentials::read(None, &RawParams::default())), ErrorCode::InvalidClient);
        let assertion = RawParams::from([("client_id", "exam"), ("client_assertion", "x")]);
        assert_eq!(code(ClientCredentials::read(None, &assertion)), ErrorCode::InvalidClient);
    }

    #[test]
    fn the_scheme_is_read_in_any_case() {
        let header = basic("exam", SECRET).replace("Basic", "bAsIc");
        assert!(ClientCredentials::read(Some(&header), &RawParams::default()).is_ok());
    }

    #[test]
    fn a_stored_hash_is_what_sha256sum_prints() {
        // FIPS 180-4, the example "abc".
        let hex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let hash = SecretSha256::try_from(hex.to_owned()).unwrap();
        assert!(hash.matches(&"abc".into()));
        assert_eq!(String::from(hash), hex);
        for bad in ["", "abc", "zz", &"g".repeat(64), &"0".repeat(66), &"门".repeat(32)] {
            assert!(SecretSha256::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_header_is_read_without_panic(header in ".{0,80}") {
            let _ = ClientCredentials::read(Some(&header), &RawParams::default());
        }

        #[test]
        fn form_encoded_credentials_come_back(id in "[!-~]{1,20}", secret in "\\PC{1,30}") {
            prop_assume!(!secret.contains('\u{fffd}'));
            let read = ClientCredentials::read(Some(&basic(&id, &secret)), &RawParams::default()).unwrap();
            prop_assert_eq!(read.client_id.as_str(), id.as_str());
            prop_assert_eq!(read.proof.secret().unwrap().expose(), secret.as_str());
        }
    }
}
