//! An account name as typed at sign-in: the key of lockouts, whether or not anybody has that name.

use std::fmt;

use super::{Username, canon};

/// What somebody typed as account name, folded as names are; never an error, so that a strange name is treated like any.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct TypedName(String);

/// No name that can exist is longer.
const LONGEST: usize = 64;

impl TypedName {
    #[must_use]
    pub fn new(raw: &str) -> Self {
        // Longer than any name can become by folding: cut before the work, not after.
        let start: String = raw.chars().take(4 * LONGEST).collect();
        let name: String = canon::identifier(&start).chars().take(LONGEST).collect();
        Self(name.to_lowercase())
    }

    /// In lower case: what failures are counted under.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The username it may be.
    #[must_use]
    pub fn username(&self) -> Option<Username> {
        self.0.parse().ok()
    }
}

/// It may be anything, a password in the wrong field included.
impl fmt::Debug for TypedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TypedName(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ways_of_typing_one_name_count_as_one() {
        for raw in ["ZhangSan1", " zhangsan1 ", "ＺｈａｎｇＳａｎ１", "zhang\u{200B}san1"] {
            assert_eq!(TypedName::new(raw).key(), "zhangsan1", "{raw}");
        }
        assert_eq!(TypedName::new("ZhangSan1").username(), "zhangsan1".parse().ok());
    }

    #[test]
    fn what_cannot_be_a_name_is_still_counted() {
        let name = TypedName::new("440301199003070019");
        assert_eq!(name.username(), None);
        assert_eq!(name.key(), "440301199003070019");
        assert!(TypedName::new(" \u{3000}").is_empty());
    }

    #[test]
    fn a_name_shows_nothing() {
        assert_eq!(format!("{:?}", TypedName::new("Gd2026hrss")), "TypedName(…)");
    }

    #[test]
    fn a_book_is_cut_short() {
        assert_eq!(TypedName::new(&"a".repeat(1_000_000)).key().len(), LONGEST);
    }

    proptest! {
        #[test]
        fn typing_never_panics_and_stays_short(raw in any::<String>()) {
            prop_assert!(TypedName::new(&raw).key().chars().count() <= 3 * LONGEST);
        }
    }
}
