//! 单位名称: names of units, as on the licence (`domain.md` §1.13 rule 6).

use std::str::FromStr;

use unicode_normalization::UnicodeNormalization;

use super::{canon, han};

/// A unit's full name, 2–100 code points; beside Han characters its parentheses are full-width.
#[derive(Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UnitName(String);

/// E_UNIT_NAME
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a unit")]
pub struct UnitNameError;

impl UnitNameError {
    #[must_use]
    pub const fn message_key(self) -> &'static str {
        "E_UNIT_NAME"
    }
}

impl UnitName {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// For comparing, never shown: NFKC (which folds the parentheses), without spaces, Latin in upper case.
    #[must_use]
    pub fn match_key(&self) -> String {
        self.0.nfkc().filter(|c| !c.is_whitespace()).flat_map(char::to_uppercase).collect()
    }
}

impl FromStr for UnitName {
    type Err = UnitNameError;

    fn from_str(raw: &str) -> Result<Self, UnitNameError> {
        let kept = |c: &char| !canon::is_invisible(*c) && (c.is_whitespace() || !c.is_control());
        let clean: String = raw.chars().filter(kept).collect();
        let spaced = clean.split_whitespace().collect::<Vec<_>>().join(" ");
        let name: String = licence_spelling(&spaced).nfc().collect();
        let readable = name.chars().any(char::is_alphabetic) && !name.chars().any(han::is_private_use);
        if readable && (2..=100).contains(&name.chars().count()) {
            Ok(Self(name))
        } else {
            Err(UnitNameError)
        }
    }
}

/// Beside Han characters: full-width parentheses and no spaces.
fn licence_spelling(name: &str) -> String {
    if !name.chars().any(han::is_han) {
        return name.to_owned();
    }
    let spelled = name.chars().map(|c| match c {
        '(' => '（',
        ')' => '）',
        other => other,
    });
    let latin = name.chars().any(|c| c.is_ascii_alphabetic());
    spelled.filter(|c| latin || *c != ' ').collect()
}

impl TryFrom<String> for UnitName {
    type Error = UnitNameError;

    fn try_from(text: String) -> Result<Self, UnitNameError> {
        text.parse()
    }
}

impl From<UnitName> for String {
    fn from(name: UnitName) -> Self {
        name.0
    }
}

/// Public data: units are in open registries.
impl std::fmt::Debug for UnitName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "UnitName({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parentheses_are_stored_as_on_the_licence_and_compared_folded() {
        let half: UnitName = "江门 明湖(广东)有限公司".parse().unwrap();
        let full: UnitName = "江门明湖（广东）有限公司".parse().unwrap();
        assert_eq!(half.as_str(), "江门明湖（广东）有限公司");
        assert_eq!(half.match_key(), full.match_key());
    }

    #[test]
    fn a_latin_name_keeps_its_spaces() {
        let name: UnitName = "  Minghu   (Guangdong) Ltd ".parse().unwrap();
        assert_eq!(name.as_str(), "Minghu (Guangdong) Ltd");
        assert_eq!(name.match_key(), "MINGHU(GUANGDONG)LTD");
    }

    #[test]
    fn too_short_too_long_or_unreadable_is_refused() {
        for raw in ["", "厂", "12345", "\u{E000}厂", &"厂".repeat(101)] {
            assert_eq!(raw.parse::<UnitName>(), Err(UnitNameError), "{raw}");
        }
        assert_eq!(UnitNameError.message_key(), "E_UNIT_NAME");
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_is_idempotent(raw in "\\PC*|[厂店() （）A]{0,12}") {
            if let Ok(name) = raw.parse::<UnitName>() {
                prop_assert_eq!(name.as_str().parse::<UnitName>().unwrap(), name);
            }
        }
    }
}
