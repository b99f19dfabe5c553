//! Scopes: the sets of space-separated names of RFC 6749 §3.3, in the order they were asked.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// What asks for an ID token.
pub const OPENID: &str = "openid";
/// A refresh token that outlives the session (OpenID Connect Core §11).
pub const OFFLINE_ACCESS: &str = "offline_access";
/// Every scope this provider understands; others are ignored (Core §3.1.2.1).
pub const SUPPORTED: &[&str] = &[OPENID, "profile", "email", "phone", "address", "real_name", OFFLINE_ACCESS];

/// An ordered set of scope names without repetitions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Scope(Vec<String>);

/// A scope name holds a character outside `%x21 / %x23-5B / %x5D-7E` (RFC 6749 §3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a scope name holds a character that RFC 6749 does not allow")]
pub struct ScopeError;

impl Scope {
    /// Whether the name is in the set.
    pub fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|own| own == name)
    }

    /// Whether an ID token is asked for.
    pub fn is_openid(&self) -> bool {
        self.contains(OPENID)
    }

    /// Whether no name is in the set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether every name is also in `other`.
    pub fn is_subset_of(&self, other: &Scope) -> bool {
        self.iter().all(|name| other.contains(name))
    }

    /// The names in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Those names that satisfy the condition, in order.
    #[must_use]
    pub fn filter(&self, keep: impl Fn(&str) -> bool) -> Scope {
        self.iter().filter(|name| keep(name)).collect()
    }

    /// The names that are not in `other`, in order.
    #[must_use]
    pub fn without(&self, other: &Scope) -> Scope {
        self.filter(|name| !other.contains(name))
    }

    /// Every name of both, those of `self` first.
    #[must_use]
    pub fn union(&self, other: &Scope) -> Scope {
        self.iter().chain(other.iter()).collect()
    }
}

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        let allowed = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        let names: Vec<&str> = text.split(' ').filter(|name| !name.is_empty()).collect();
        if names.iter().all(|name| name.bytes().all(allowed)) {
            Ok(names.into_iter().collect())
        } else {
            Err(ScopeError)
        }
    }
}

impl<'a> FromIterator<&'a str> for Scope {
    fn from_iter<I: IntoIterator<Item = &'a str>>(names: I) -> Self {
        let mut scope = Scope::default();
        for name in names {
            if !scope.contains(name) {
                scope.0.push(name.to_owned());
            }
        }
        scope
    }
}

impl TryFrom<String> for Scope {
    type Error = ScopeError;

    fn try_from(text: String) -> Result<Self, ScopeError> {
        text.parse()
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> String {
        scope.0.join(" ")
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scope(text: &str) -> Scope {
        text.parse().unwrap()
    }

    #[test]
    fn order_is_kept_and_repetitions_go() {
        assert_eq!(scope("openid  phone openid profile").to_string(), "openid phone profile");
    }

    #[test]
    fn sets_compare_without_order() {
        assert!(scope("phone openid").is_subset_of(&scope("openid profile phone")));
        assert!(!scope("phone admin").is_subset_of(&scope("openid phone")));
        assert_eq!(scope("openid phone email").without(&scope("phone")), scope("openid email"));
        assert_eq!(scope("openid phone").union(&scope("email phone")), scope("openid phone email"));
    }

    #[test]
    fn characters_outside_the_grammar_are_refused() {
        for bad in ["open\"id", "a\\b", "门", "a\tb", "a\nb", "\u{7f}"] {
            assert_eq!(bad.parse::<Scope>(), Err(ScopeError), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_is_idempotent(text in ".{0,60}") {
            if let Ok(first) = text.parse::<Scope>() {
                prop_assert_eq!(first.to_string().parse::<Scope>().unwrap(), first);
            }
        }
    }
}
