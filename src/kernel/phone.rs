//! Mobile numbers of the mainland (`domain.md` §1.10).

use std::str::FromStr;

use super::canon;
use super::text_value::personal_text;

/// A mainland mobile number, held as E.164 `+86…`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Phone(String);

/// E_PHONE_FORMAT
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a mainland mobile number")]
pub struct PhoneError;

impl PhoneError {
    #[must_use]
    pub const fn message_key(self) -> &'static str {
        "E_PHONE_FORMAT"
    }
}

const COUNTRY: &str = "+86";

impl Phone {
    /// E.164: what is stored, indexed and claimed as `phone_number`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The eleven digits that people write.
    #[must_use]
    pub fn national(&self) -> &str {
        self.0.strip_prefix(COUNTRY).unwrap_or(&self.0)
    }

    /// `138****8000`
    #[must_use]
    pub fn masked(&self) -> String {
        canon::masked(self.national(), 3, 4, 4)
    }
}

impl FromStr for Phone {
    type Err = PhoneError;

    fn from_str(raw: &str) -> Result<Self, PhoneError> {
        let text: String = canon::identifier(raw).chars().filter(|c| !is_hyphen(*c)).collect();
        let national = ["+86", "0086", "86"].iter().find_map(|code| text.strip_prefix(code)).unwrap_or(&text);
        if is_mobile(national) { Ok(Self(format!("{COUNTRY}{national}"))) } else { Err(PhoneError) }
    }
}

/// `^1[3-9][0-9]{9}$`
fn is_mobile(text: &str) -> bool {
    text.len() == 11 && canon::is_digits(text) && matches!(text.as_bytes(), [b'1', b'3'..=b'9', ..])
}

const fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}')
}

personal_text!(Phone, PhoneError);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn country_code_spaces_and_hyphens_are_stripped() {
        for raw in [
            "13800138000",
            "+86 138-0013-8000",
            "8613800138000",
            "0086 138 0013 8000",
            "１３８００１３８０００",
        ] {
            assert_eq!(raw.parse::<Phone>().unwrap().as_str(), "+8613800138000", "{raw}");
        }
    }

    #[test]
    fn landlines_and_foreign_numbers_are_refused() {
        for raw in
            ["", "075512333", "12800138000", "1380013800", "138001380001", "+85291234567", "١٣٨٠٠١٣٨٠٠٠"]
        {
            assert_eq!(raw.parse::<Phone>(), Err(PhoneError), "{raw}");
        }
        assert_eq!(PhoneError.message_key(), "E_PHONE_FORMAT");
    }

    #[test]
    fn a_phone_shows_itself_masked() {
        let phone: Phone = "13800138000".parse().unwrap();
        assert_eq!(phone.masked(), "138****8000");
        assert_eq!(format!("{phone:?}"), "Phone(138****8000)");
        assert_eq!(phone.national(), "13800138000");
    }

    #[test]
    fn a_phone_survives_json() {
        let phone: Phone = "13800138000".parse().unwrap();
        let json = serde_json::to_string(&phone).unwrap();
        assert_eq!(serde_json::from_str::<Phone>(&json).unwrap(), phone);
        assert!(serde_json::from_str::<Phone>("\"12345\"").is_err());
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_is_idempotent(raw in "\\PC*|[+0-9 -]{9,18}|(\\+86|86)?1[3-9][0-9]{9}") {
            if let Ok(phone) = raw.parse::<Phone>() {
                prop_assert_eq!(phone.as_str().parse::<Phone>().unwrap(), phone);
            }
        }
    }
}
