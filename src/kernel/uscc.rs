//! 统一社会信用代码: the unified social credit code (GB 32100-2015, `domain.md` §1.7).

use std::fmt;
use std::str::FromStr;

use super::canon;
use super::org_code::{self, OrgCode};

/// A unit's code, 18 characters. Public data: shown unmasked.
#[derive(Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Uscc(String);

/// Why a text is no code; all shown as E_UNIT_CODE_FORMAT.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UsccError {
    #[error("not 18 characters")]
    Length,
    /// 统一社会信用代码不含字母 I、O、Z、S、V; characters 3 to 8 are digits.
    #[error("a character that the code does not have")]
    Alphabet,
    #[error("wrong check character")]
    Check,
}

impl UsccError {
    #[must_use]
    pub const fn message_key(self) -> &'static str {
        "E_UNIT_CODE_FORMAT"
    }
}

/// Which registry can be asked about a unit, by the first character (`domain.md` D9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registry {
    /// 机构编制
    Staffing,
    /// 民政
    CivilAffairs,
    /// 市场监管
    Market,
    /// No registry on line: by review.
    None,
}

const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
/// 3^i mod 31
const WEIGHTS: [usize; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];

impl Uscc {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// For lists that other persons see: `9135**********0Y43`.
    #[must_use]
    pub fn masked(&self) -> String {
        canon::masked(&self.0, 4, 10, 4)
    }

    /// Characters 9 to 17: the organization code without its hyphen, as text.
    #[must_use]
    pub fn org_code_text(&self) -> &str {
        canon::part(&self.0, 8, 9).unwrap_or_default()
    }

    /// The organization code, when its own check character holds; a few issued codes are said to break it, so this
    /// is a warning for the log and no error.
    #[must_use]
    pub fn org_code(&self) -> Option<OrgCode> {
        self.org_code_text().parse().ok()
    }

    #[must_use]
    pub fn registry(&self) -> Registry {
        match self.0.as_bytes().first() {
            Some(b'1') => Registry::Staffing,
            Some(b'5') => Registry::CivilAffairs,
            Some(b'9') => Registry::Market,
            _ => Registry::None,
        }
    }
}

impl FromStr for Uscc {
    type Err = UsccError;

    fn from_str(raw: &str) -> Result<Self, UsccError> {
        let text = canon::upper_identifier(raw);
        if text.chars().count() != 18 {
            return Err(UsccError::Length);
        }
        let values: Option<Vec<usize>> = text.bytes().map(value).collect();
        let values = values.ok_or(UsccError::Alphabet)?;
        let office = canon::part(&text, 2, 6).ok_or(UsccError::Alphabet)?;
        if !canon::is_digits(office) {
            return Err(UsccError::Alphabet);
        }
        if values.last() == Some(&check_value(&values)) { Ok(Self(text)) } else { Err(UsccError::Check) }
    }
}

fn value(symbol: u8) -> Option<usize> {
    ALPHABET.iter().position(|known| *known == symbol)
}

/// GB 32100-2015 §4: (31 − Σ value·weight mod 31) mod 31 over the first 17.
fn check_value(values: &[usize]) -> usize {
    let sum: usize = values.iter().zip(WEIGHTS).map(|(value, weight)| value * weight).sum();
    (31 - sum % 31) % 31
}

impl TryFrom<String> for Uscc {
    type Error = UsccError;

    fn try_from(text: String) -> Result<Self, UsccError> {
        text.parse()
    }
}

impl TryFrom<&str> for Uscc {
    type Error = UsccError;

    fn try_from(text: &str) -> Result<Self, UsccError> {
        text.parse()
    }
}

impl From<Uscc> for String {
    fn from(code: Uscc) -> Self {
        code.0
    }
}

impl fmt::Display for Uscc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Uscc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Uscc({})", self.0)
    }
}

/// Whether the text has the form of an organization code inside a USCC: for usernames that look like one.
pub(super) fn looks_like_unit_code(text: &str) -> bool {
    text.parse::<Uscc>().is_ok() || org_code::looks_like_org_code(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_example_of_the_standard_is_valid_with_its_organization_code() {
        let code: Uscc = "91350100M000100Y43".parse().unwrap();
        assert_eq!(code.org_code().unwrap().to_string(), "M000100Y-4");
        assert_eq!(code.registry(), Registry::Market);
        assert_eq!(code.masked(), "9135**********0Y43");
    }

    #[test]
    fn the_first_character_routes_to_a_registry() {
        let registry = |text: &str| text.parse::<Uscc>().unwrap().registry();
        assert_eq!(registry("124407004561234558"), Registry::Staffing);
        assert_eq!(registry("51440000500123453Q"), Registry::CivilAffairs);
        assert_eq!(registry("N2440703MF12345673"), Registry::None);
    }

    #[test]
    fn each_fault_is_told_apart() {
        assert_eq!("9135010OM000100Y43".parse::<Uscc>(), Err(UsccError::Alphabet));
        assert_eq!("9A350100M000100Y4".parse::<Uscc>(), Err(UsccError::Length));
        assert_eq!("91A50100M000100Y43".parse::<Uscc>(), Err(UsccError::Alphabet));
        assert_eq!("91350100M000100Y4é".parse::<Uscc>(), Err(UsccError::Alphabet));
        assert_eq!("914400000000000000".parse::<Uscc>(), Err(UsccError::Check));
        assert_eq!(UsccError::Check.message_key(), "E_UNIT_CODE_FORMAT");
    }

    #[test]
    fn a_code_survives_json() {
        let code: Uscc = " 9135 0100m000100y43 ".parse().unwrap();
        let json = serde_json::to_string(&code).unwrap();
        assert_eq!(json, "\"91350100M000100Y43\"");
        assert_eq!(serde_json::from_str::<Uscc>(&json).unwrap(), code);
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_is_idempotent(raw in "\\PC*|[0-9A-HJ-NPQRTUWXY]{18}") {
            if let Ok(code) = raw.parse::<Uscc>() {
                prop_assert_eq!(code.as_str().parse::<Uscc>().unwrap(), code);
            }
        }

        #[test]
        fn one_wrong_character_never_passes(position in 0_usize..18, symbol in 0_usize..31) {
            let mut bytes = b"91350100M000100Y43".to_vec();
            let wrong = ALPHABET[symbol];
            prop_assume!(bytes[position] != wrong);
            bytes[position] = wrong;
            prop_assert!(String::from_utf8(bytes).unwrap().parse::<Uscc>().is_err());
        }
    }
}
