//! 组织机构代码: the legacy organization code (GB 11714-1997, `domain.md` §1.8).

use std::fmt;
use std::str::FromStr;

use super::canon;

/// Eight characters and a check character, held without the hyphen (S4: 组织机构代码第九位“-”请省略).
#[derive(Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OrgCode(String);

/// Why a text is no code; both shown as E_UNIT_CODE_FORMAT.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrgCodeError {
    #[error("not eight characters and a check character")]
    Length,
    #[error("wrong check character")]
    Check,
}

impl OrgCodeError {
    #[must_use]
    pub const fn message_key(self) -> &'static str {
        "E_UNIT_CODE_FORMAT"
    }
}

const WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];

impl OrgCode {
    /// Without the hyphen.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for OrgCode {
    type Err = OrgCodeError;

    fn from_str(raw: &str) -> Result<Self, OrgCodeError> {
        let text = without_hyphen(&canon::upper_identifier(raw));
        let form = text.len() == 9 && text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
        let (Some(body), Some(check), true) = (text.get(..8), text.chars().nth(8), form) else {
            return Err(OrgCodeError::Length);
        };
        if check_character(body) == Some(check) { Ok(Self(text)) } else { Err(OrgCodeError::Check) }
    }
}

/// The hyphen counts only before the check character.
fn without_hyphen(text: &str) -> String {
    let is_hyphen = |c: char| matches!(c, '-' | '\u{2010}'..='\u{2015}');
    text.chars().enumerate().filter(|(at, c)| *at != 8 || !is_hyphen(*c)).map(|(_, c)| c).collect()
}

/// GB 11714-1997: 11 − Σ value·weight mod 11, ten as `X`, eleven as `0`.
fn check_character(body: &str) -> Option<char> {
    let mut sum = 0;
    for (symbol, weight) in body.chars().zip(WEIGHTS) {
        sum += symbol.to_digit(36)? * weight;
    }
    match 11 - sum % 11 {
        10 => Some('X'),
        11 => Some('0'),
        digit => char::from_digit(digit, 10),
    }
}

/// A valid code of at least six digits: a name of letters that happens to pass the check is not meant.
pub(super) fn looks_like_org_code(text: &str) -> bool {
    text.bytes().filter(u8::is_ascii_digit).count() >= 6 && text.parse::<OrgCode>().is_ok()
}

impl TryFrom<String> for OrgCode {
    type Error = OrgCodeError;

    fn try_from(text: String) -> Result<Self, OrgCodeError> {
        text.parse()
    }
}

impl From<OrgCode> for String {
    fn from(code: OrgCode) -> Self {
        code.0
    }
}

/// With the hyphen, as printed.
impl fmt::Display for OrgCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (body, check) = self.0.split_at_checked(8).unwrap_or((&self.0, ""));
        write!(f, "{body}-{check}")
    }
}

impl fmt::Debug for OrgCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OrgCode({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_kind_of_hyphen_is_accepted_in_its_place_only() {
        for raw in ["D2143569X", "d2143569-x", "D2143569－X", "D2143569—X", " D2143569 - X "] {
            assert_eq!(raw.parse::<OrgCode>().unwrap().as_str(), "D2143569X", "{raw}");
        }
        assert_eq!("7109260-94".parse::<OrgCode>(), Err(OrgCodeError::Length));
        assert_eq!("D2143569-1".parse::<OrgCode>(), Err(OrgCodeError::Check));
        assert_eq!("门符门".parse::<OrgCode>(), Err(OrgCodeError::Length));
        assert_eq!(OrgCodeError::Check.message_key(), "E_UNIT_CODE_FORMAT");
    }

    #[test]
    fn it_is_shown_with_the_hyphen_and_stored_without() {
        let code: OrgCode = "710926094".parse().unwrap();
        assert_eq!(code.to_string(), "71092609-4");
        assert_eq!(serde_json::to_string(&code).unwrap(), "\"710926094\"");
        assert_eq!(serde_json::from_str::<OrgCode>("\"71092609-4\"").unwrap(), code);
    }

    #[test]
    fn a_name_of_letters_does_not_look_like_a_code() {
        assert!(looks_like_org_code("D2143569X"));
        assert!(!looks_like_org_code("zhangsan1"));
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_is_idempotent(raw in "\\PC*|[0-9A-Z]{8}-?[0-9X]") {
            if let Ok(code) = raw.parse::<OrgCode>() {
                prop_assert_eq!(&code.as_str().parse::<OrgCode>().unwrap(), &code);
                prop_assert_eq!(code.to_string().parse::<OrgCode>().unwrap(), code);
            }
        }
    }
}
