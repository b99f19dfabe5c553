//! Secrets: redacted, zeroized, compared in constant time, never serialized.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{Rng, random_bytes};

/// A text that must not be shown: password, SMS code, client secret. `expose` only at the crypto or wire call.
#[derive(Clone, Default, Zeroize, ZeroizeOnDrop)]
pub struct Secret(String);

impl Secret {
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether both hold the same text, in constant time for equal lengths.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Forms and settings are read into a secret; there is no way back.
impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

/// A text that cannot be a token of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a token")]
pub struct TokenError;

/// A bearer value of 256 secret bits, base64url: session, code, ticket (43 characters); before a refresh token's stands
/// whose it is (75).
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct PlainToken(String);

const TOKEN_BYTES: usize = 32;
/// What may stand before the secret bytes.
const NAME_BYTES: usize = 24;

impl PlainToken {
    #[must_use]
    pub fn generate(rng: &dyn Rng) -> Self {
        Self::from_bytes(random_bytes(rng))
    }

    /// A token derived elsewhere (HMAC of a family's key and number).
    #[must_use]
    pub fn from_bytes(mut bytes: [u8; TOKEN_BYTES]) -> Self {
        let token = Self(URL_SAFE_NO_PAD.encode(bytes));
        bytes.zeroize();
        token
    }

    /// A token whose first bytes say whose it is, so that its row is found by them.
    #[must_use]
    pub fn named(name: [u8; NAME_BYTES], mut secret: [u8; TOKEN_BYTES]) -> Self {
        let mut bytes = [name.as_slice(), &secret].concat();
        let token = Self(URL_SAFE_NO_PAD.encode(&bytes));
        secret.zeroize();
        bytes.zeroize();
        token
    }

    /// # Errors
    /// When the text is not the base64url of 32 bytes, or of 24 more.
    pub fn parse(text: &str) -> Result<Self, TokenError> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| TokenError)?;
        let fits = [TOKEN_BYTES, NAME_BYTES + TOKEN_BYTES].contains(&bytes.len());
        if fits { Ok(Self(text.to_owned())) } else { Err(TokenError) }
    }

    /// What stands before the secret bytes, if anything does.
    #[must_use]
    pub fn name(&self) -> Option<[u8; NAME_BYTES]> {
        let bytes = URL_SAFE_NO_PAD.decode(&self.0).ok()?;
        if bytes.len() == NAME_BYTES + TOKEN_BYTES { bytes.first_chunk().copied() } else { None }
    }

    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is stored in place of the token.
    #[must_use]
    pub fn hash(&self) -> HashedToken {
        HashedToken::of(&self.0)
    }
}

impl fmt::Debug for PlainToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlainToken(…)")
    }
}

/// SHA-256 of a token's text, base64url: the only form of a bearer value that is stored.
#[derive(Clone)]
pub struct HashedToken(String);

impl HashedToken {
    /// The hash of any high-entropy text: our tokens, whole JWTs, client secrets.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(URL_SAFE_NO_PAD.encode(Sha256::digest(text.as_bytes())))
    }

    /// A hash read from a row.
    ///
    /// # Errors
    /// When the text is not the base64url of 32 bytes.
    pub fn parse(text: &str) -> Result<Self, TokenError> {
        decode32(text).map(|_| Self(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `token` is the one hashed, in constant time.
    #[must_use]
    pub fn matches(&self, token: &PlainToken) -> bool {
        self.matches_text(token.expose())
    }

    /// Whether `text` is the one hashed, in constant time.
    #[must_use]
    pub fn matches_text(&self, text: &str) -> bool {
        Self::of(text).0.as_bytes().ct_eq(self.0.as_bytes()).into()
    }
}

impl fmt::Debug for HashedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashedToken(…)")
    }
}

fn decode32(text: &str) -> Result<[u8; TOKEN_BYTES], TokenError> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| TokenError)?;
    bytes.try_into().map_err(|_| TokenError)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SeededRng;

    #[test]
    fn nothing_secret_shows_in_debug() {
        let token = PlainToken::generate(&SeededRng::new(1));
        let shown = format!("{:?} {:?} {:?}", Secret::from("hunter2"), token, token.hash());
        assert_eq!(shown, "Secret(…) PlainToken(…) HashedToken(…)");
    }

    #[test]
    fn a_token_has_43_characters_and_parses_back() {
        let token = PlainToken::generate(&SeededRng::new(1));
        assert_eq!(token.expose().len(), 43);
        let again = PlainToken::parse(token.expose()).unwrap();
        assert!(token.hash().matches(&again));
        assert!(!token.hash().matches(&PlainToken::generate(&SeededRng::new(2))));
    }

    #[test]
    fn a_text_of_another_length_or_alphabet_is_no_token() {
        let long = "A".repeat(44);
        for wrong in ["", "abc", long.as_str(), "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA+", "门符"] {
            assert!(PlainToken::parse(wrong).is_err(), "{wrong:?}");
            assert!(HashedToken::parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn the_stored_hash_is_sha_256_in_base64url() {
        // FIPS 180-4, the example "abc".
        assert_eq!(HashedToken::of("abc").as_str(), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
        let read = HashedToken::parse("ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0").unwrap();
        assert!(read.matches_text("abc"));
        assert!(!read.matches_text("abd"));
    }

    #[test]
    fn secrets_compare_by_text() {
        assert!(Secret::from("123456").matches(&Secret::from("123456")));
        assert!(!Secret::from("123456").matches(&Secret::from("123457")));
        assert!(!Secret::from("123456").matches(&Secret::from("12345")));
        assert!(Secret::default().is_empty());
    }

    #[test]
    fn a_form_field_becomes_a_secret() {
        let read: Secret = serde_json::from_str("\"Gd2026hrss\"").unwrap();
        assert_eq!(read.expose(), "Gd2026hrss");
    }
}
