//! 登录账号: usernames (S4-10, `domain.md` §1.14). Persons and units share one namespace.

use std::str::FromStr;

use super::text_value::personal_text;
use super::{canon, id_number, uscc};

/// A name that some profile may have issued: a letter, then letters, digits and underscores, 64 at most.
/// Names are the same whatever their case: compare [`Username::key`].
#[derive(Clone)]
pub struct Username(String);

const LONGEST: usize = 64;

/// What a new name must obey (S4-10): the alphabet is fixed, length and reserved names are the bureau's.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UsernameRules {
    pub min: usize,
    pub max: usize,
    /// Lower-case names nobody may take, nor any of them with digits and underscores after it.
    pub reserved: Vec<String>,
}

impl Default for UsernameRules {
    /// S4-10: 5 to 20.
    fn default() -> Self {
        let reserved =
            ["admin", "administrator", "root", "system", "hrss", "gov", "menfu", "support", "security"];
        Self { min: 5, max: 20, reserved: reserved.map(str::to_owned).to_vec() }
    }
}

/// Why a name cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UsernameError {
    #[error("wrong length or characters")]
    Format,
    #[error("looks like a document number or unit code")]
    LooksLikeNumber,
    #[error("reserved")]
    Reserved,
}

impl UsernameError {
    /// A reserved word is told like a taken name.
    #[must_use]
    pub const fn message_key(self) -> &'static str {
        match self {
            Self::Format | Self::LooksLikeNumber => "E_USERNAME_FORMAT",
            Self::Reserved => "E_USERNAME_TAKEN",
        }
    }
}

impl Username {
    /// A name chosen for a new account.
    ///
    /// # Errors
    /// When it breaks a rule.
    pub fn choose(raw: &str, rules: &UsernameRules) -> Result<Self, UsernameError> {
        let name: Self = raw.parse()?;
        if !(rules.min..=rules.max).contains(&name.0.len()) {
            return Err(UsernameError::Format);
        }
        if looks_like_number(&name.0.to_ascii_uppercase()) {
            return Err(UsernameError::LooksLikeNumber);
        }
        let key = name.key();
        let word = key.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_');
        if rules.reserved.iter().any(|reserved| *reserved == key || reserved == word) {
            return Err(UsernameError::Reserved);
        }
        Ok(name)
    }

    /// As the owner writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// In lower case: what is unique and looked up.
    #[must_use]
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }

    /// `Ab***3`
    #[must_use]
    pub fn masked(&self) -> String {
        canon::masked(&self.0, 2, 3, 1)
    }
}

/// "must not look like a phone, ID or USCC"; what begins with a digit is refused by the form already.
fn looks_like_number(upper: &str) -> bool {
    let old_card = upper.len() == 15 && upper.get(3..).is_some_and(canon::is_digits);
    old_card
        || id_number::is_hkm_permit(upper)
        || id_number::is_chinese_passport(upper)
        || uscc::looks_like_unit_code(upper)
}

impl FromStr for Username {
    type Err = UsernameError;

    fn from_str(raw: &str) -> Result<Self, UsernameError> {
        let text = canon::identifier(raw);
        let letter_first = text.starts_with(|c: char| c.is_ascii_alphabetic());
        let word = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if letter_first && word && text.len() <= LONGEST {
            Ok(Self(text))
        } else {
            Err(UsernameError::Format)
        }
    }
}

impl PartialEq for Username {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Username {}

personal_text!(Username, UsernameError);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn choose(raw: &str) -> Result<Username, UsernameError> {
        Username::choose(raw, &UsernameRules::default())
    }

    #[test]
    fn s4_10_five_to_twenty_letters_digits_and_underscores_from_a_letter() {
        for valid in ["Abc12", "zhang_san_2024", "a2345678901234567890"] {
            assert!(choose(valid).is_ok(), "{valid}");
        }
        for invalid in ["Abc1", "a23456789012345678901", "1abcde", "_abcde", "abc-de", "张三abc12", ""] {
            assert_eq!(choose(invalid), Err(UsernameError::Format), "{invalid}");
        }
        assert_eq!(UsernameError::Format.message_key(), "E_USERNAME_FORMAT");
    }

    #[test]
    fn case_does_not_tell_names_apart() {
        let (one, two) = (choose("ZhangSan1").unwrap(), choose("zhangsan1").unwrap());
        assert_eq!(one, two);
        assert_eq!(one.key(), two.key());
        assert_eq!(one.as_str(), "ZhangSan1");
    }

    #[test]
    fn names_that_look_like_numbers_are_refused() {
        for raw in
            ["h12345678", "M1234567800", "E12345678", "N2440703MF12345673", "D2143569X", "KAZ110090123105"]
        {
            assert_eq!(choose(raw), Err(UsernameError::LooksLikeNumber), "{raw}");
        }
        assert_eq!(UsernameError::LooksLikeNumber.message_key(), "E_USERNAME_FORMAT");
    }

    #[test]
    fn reserved_words_are_told_like_taken_names() {
        for raw in ["admin", "Admin", "ADMIN_01", "root_", "menfu2026"] {
            assert_eq!(choose(raw), Err(UsernameError::Reserved), "{raw}");
        }
        assert!(choose("administrative").is_ok());
        assert_eq!(UsernameError::Reserved.message_key(), "E_USERNAME_TAKEN");
    }

    #[test]
    fn a_policy_may_set_other_limits() {
        let rules = UsernameRules {
            min: 2,
            max: 3,
            reserved: vec!["abc".to_owned(), "a1".to_owned(), "ab".to_owned()],
        };
        assert!(Username::choose("xy", &rules).is_ok());
        assert_eq!(Username::choose("abcd", &rules), Err(UsernameError::Format));
        for reserved in ["ABC", "a1", "ab_"] {
            assert_eq!(Username::choose(reserved, &rules), Err(UsernameError::Reserved), "{reserved}");
        }
    }

    #[test]
    fn a_name_shows_itself_masked() {
        assert_eq!(choose("Abc123").unwrap().masked(), "Ab***3");
        assert_eq!(format!("{:?}", choose("Abc123").unwrap()), "Username(Ab***3)");
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_is_idempotent(raw in "\\PC*|[a-zA-Z][a-zA-Z0-9_]{0,70}") {
            if let Ok(name) = raw.parse::<Username>() {
                let again: Username = name.as_str().parse().unwrap();
                prop_assert_eq!(again.as_str(), name.as_str());
            }
            if let Ok(name) = choose(&raw) {
                prop_assert!(choose(name.as_str()).is_ok());
            }
        }
    }
}
