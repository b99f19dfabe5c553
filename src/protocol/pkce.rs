//! PKCE shapes (RFC 7636): S256 only; the comparison itself is oxide-auth's.

use serde::{Deserialize, Serialize};

/// The one method (RFC 9700 §2.1.1: `plain` is refused).
pub const S256: &str = "S256";

/// An S256 challenge: the base64url of 32 octets, 43 characters (RFC 7636 §4.2).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CodeChallenge(String);

/// A challenge or verifier outside the grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a code challenge or verifier of RFC 7636")]
pub struct PkceSyntax;

impl CodeChallenge {
    /// The challenge's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for CodeChallenge {
    type Err = PkceSyntax;

    fn from_str(text: &str) -> Result<Self, PkceSyntax> {
        let base64url = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if text.len() != 43 || !text.bytes().all(base64url) {
            return Err(PkceSyntax);
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for CodeChallenge {
    type Error = PkceSyntax;

    fn try_from(text: String) -> Result<Self, PkceSyntax> {
        text.parse()
    }
}

impl From<CodeChallenge> for String {
    fn from(challenge: CodeChallenge) -> Self {
        challenge.0
    }
}

impl std::fmt::Debug for CodeChallenge {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("CodeChallenge(…)")
    }
}

/// RFC 7636 §4.1: a verifier has 43 to 128 unreserved characters.
#[must_use]
pub fn is_verifier(text: &str) -> bool {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    (43..=128).contains(&text.len()) && text.bytes().all(unreserved)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_have_43_base64url_characters() {
        // RFC 7636 appendix B.
        assert!("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".parse::<CodeChallenge>().is_ok());
        for bad in
            ["", "abc", &"a".repeat(42), &"a".repeat(44), &format!("{}=", "a".repeat(42)), &"门".repeat(43)]
        {
            assert_eq!(bad.parse::<CodeChallenge>(), Err(PkceSyntax), "{bad}");
        }
    }

    #[test]
    fn verifiers_have_43_to_128_unreserved_characters() {
        assert!(is_verifier("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
        assert!(is_verifier(&"~".repeat(128)));
        for bad in ["a".repeat(42), "a".repeat(129), format!("{}+", "a".repeat(43)), String::new()] {
            assert!(!is_verifier(&bad), "{bad}");
        }
    }
}
