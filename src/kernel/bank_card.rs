//! Bank card numbers (`domain.md` §1.11).

use std::fmt;
use std::str::FromStr;

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::canon;

/// A whole card number. It lives in a verification job and nowhere else: no serde, no `Display`, zeroized.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct BankCard(String);

/// Why a text is no card number; both shown as E_CARD_NO.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BankCardError {
    #[error("not 16 to 19 digits")]
    Length,
    #[error("wrong check digit")]
    Luhn,
}

impl BankCardError {
    #[must_use]
    pub const fn message_key(self) -> &'static str {
        "E_CARD_NO"
    }
}

impl BankCard {
    /// A number whose prefix may be exempt from the check digit: a few old debit cards are said not to follow it.
    ///
    /// # Errors
    /// When it has not 16 to 19 digits, or neither check digit nor exemption.
    pub fn parse(raw: &str, exempt_prefixes: &[String]) -> Result<Self, BankCardError> {
        let text: String = canon::identifier(raw).chars().filter(|c| *c != '-').collect();
        if !(16..=19).contains(&text.len()) || !canon::is_digits(&text) {
            return Err(BankCardError::Length);
        }
        let exempt = exempt_prefixes.iter().any(|prefix| text.starts_with(prefix.as_str()));
        if exempt || passes_luhn(&text) { Ok(Self(text)) } else { Err(BankCardError::Luhn) }
    }

    /// The whole number, for the bank alone.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is kept of a card, beside its bank.
    #[must_use]
    pub fn last_four(&self) -> &str {
        self.0.get(self.0.len().saturating_sub(4)..).unwrap_or_default()
    }

    /// `**** **** **** 9015`
    #[must_use]
    pub fn masked(&self) -> String {
        format!("**** **** **** {}", self.last_four())
    }
}

/// ISO/IEC 7812-1 annex B.
fn passes_luhn(digits: &str) -> bool {
    let mut sum = 0;
    for (at, digit) in digits.chars().rev().filter_map(|c| c.to_digit(10)).enumerate() {
        let doubled = if at % 2 == 1 { digit * 2 } else { digit };
        sum += doubled / 10 + doubled % 10;
    }
    sum % 10 == 0
}

impl FromStr for BankCard {
    type Err = BankCardError;

    fn from_str(raw: &str) -> Result<Self, BankCardError> {
        Self::parse(raw, &[])
    }
}

impl fmt::Debug for BankCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BankCard({})", self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spaces_and_hyphens_of_the_embossing_are_stripped() {
        let card: BankCard = "6228 4801 2345-6789 015".parse().unwrap();
        assert_eq!(card.expose(), "6228480123456789015");
    }

    #[test]
    fn only_bank_and_last_four_digits_show() {
        let card: BankCard = "6228480123456789015".parse().unwrap();
        assert_eq!(card.last_four(), "9015");
        assert_eq!(format!("{card:?}"), "BankCard(**** **** **** 9015)");
    }

    #[test]
    fn an_exempt_prefix_needs_no_check_digit() {
        let wrong = "6228480123456789011";
        assert_eq!(wrong.parse::<BankCard>(), Err(BankCardError::Luhn));
        assert!(BankCard::parse(wrong, &["622848".to_owned()]).is_ok());
        assert_eq!(BankCard::parse("62284801", &["622848".to_owned()]), Err(BankCardError::Length));
        assert_eq!(BankCardError::Luhn.message_key(), "E_CARD_NO");
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_is_idempotent(raw in "\\PC*|6[0-9]{15,18}") {
            if let Ok(card) = raw.parse::<BankCard>() {
                prop_assert_eq!(card.expose().parse::<BankCard>().unwrap(), card);
            }
        }
    }
}
