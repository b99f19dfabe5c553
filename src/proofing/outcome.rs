//! What a bank answers to the four elements, and what of it a person is told (`domain.md` §2.1). Pure.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One row of the table in `domain.md` §2.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Outcome {
    Ok,
    IdMismatch,
    PhoneMismatch,
    CardInvalid,
    CardStatus,
    #[serde(rename = "NOT_DEBIT")]
    CardNotDebit,
    Unsupported,
    NoReservedPhone,
    NotEnabled,
    IdTypeUnsupported,
    Limit,
    Unknown,
    Busy,
}

/// A word that is no outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an outcome of the bank check")]
pub struct UnknownOutcome;

/// Where the person goes on from an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Verified.
    None,
    /// Correct name, document type or number on the page before (S0-13).
    Identity,
    /// Enter the phone that the bank has (S0-16).
    Phone,
    /// Check the number or take another card.
    Card,
    /// The bank must change something first.
    Branch,
    /// Another way of proof.
    Method,
    /// Try again later; it cost nothing.
    Later,
}

impl Outcome {
    /// Every outcome, in the order of the table.
    pub const ALL: [Self; 13] = [
        Self::Ok,
        Self::IdMismatch,
        Self::PhoneMismatch,
        Self::CardInvalid,
        Self::CardStatus,
        Self::CardNotDebit,
        Self::Unsupported,
        Self::NoReservedPhone,
        Self::NotEnabled,
        Self::IdTypeUnsupported,
        Self::Limit,
        Self::Unknown,
        Self::Busy,
    ];

    /// The stable key, of texts and of the column.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Ok => "BANK_OK",
            Self::IdMismatch => "BANK_ID_MISMATCH",
            Self::PhoneMismatch => "BANK_PHONE_MISMATCH",
            Self::CardInvalid => "BANK_CARD_INVALID",
            Self::CardStatus => "BANK_CARD_STATUS",
            Self::CardNotDebit => "BANK_CARD_NOT_DEBIT",
            Self::Unsupported => "BANK_UNSUPPORTED",
            Self::NoReservedPhone => "BANK_NO_RESERVED_PHONE",
            Self::NotEnabled => "BANK_NOT_ENABLED",
            Self::IdTypeUnsupported => "BANK_ID_TYPE_UNSUPPORTED",
            Self::Limit => "BANK_LIMIT",
            Self::Unknown => "BANK_UNKNOWN",
            Self::Busy => "BANK_BUSY",
        }
    }

    /// Whether the attempt counts against the person. A busy bank is not their fault.
    pub const fn is_charged(self) -> bool {
        !matches!(self, Self::Busy)
    }

    /// What the person can do about it.
    pub const fn remedy(self) -> Remedy {
        match self {
            Self::Ok => Remedy::None,
            Self::IdMismatch => Remedy::Identity,
            Self::PhoneMismatch => Remedy::Phone,
            Self::CardInvalid | Self::CardStatus | Self::CardNotDebit | Self::Unsupported | Self::Unknown => {
                Remedy::Card
            }
            Self::NoReservedPhone | Self::NotEnabled => Remedy::Branch,
            Self::IdTypeUnsupported => Remedy::Method,
            Self::Limit | Self::Busy => Remedy::Later,
        }
    }

    /// `decisions.md`: one text for all faults of a card until the phone matched, so that nobody learns the state of a
    /// stranger's card.
    pub const fn shown(self, phone_matched: bool) -> Self {
        match self {
            Self::CardStatus | Self::NotEnabled if !phone_matched => Self::CardInvalid,
            other => other,
        }
    }
}

impl FromStr for Outcome {
    type Err = UnknownOutcome;

    fn from_str(text: &str) -> Result<Self, UnknownOutcome> {
        Self::ALL.into_iter().find(|outcome| outcome.key() == text).ok_or(UnknownOutcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_reads_its_own_key() {
        for outcome in Outcome::ALL {
            assert_eq!(outcome.key().parse(), Ok(outcome));
        }
        assert_eq!("BANK_FINE".parse::<Outcome>(), Err(UnknownOutcome));
    }

    #[test]
    fn only_a_busy_bank_is_free_of_charge() {
        let free: Vec<_> = Outcome::ALL.into_iter().filter(|outcome| !outcome.is_charged()).collect();
        assert_eq!(free, [Outcome::Busy]);
    }

    #[test]
    fn faults_of_a_card_look_alike_until_the_phone_matched() {
        for fault in [Outcome::CardInvalid, Outcome::CardStatus, Outcome::NotEnabled] {
            assert_eq!(fault.shown(false), Outcome::CardInvalid);
            assert_eq!(fault.shown(true), fault);
        }
        for other in [Outcome::IdMismatch, Outcome::PhoneMismatch, Outcome::Unsupported, Outcome::Busy] {
            assert_eq!(other.shown(false), other);
        }
    }

    #[test]
    fn the_bank_s_words_are_read_from_the_wire() {
        for (word, outcome) in [
            ("OK", Outcome::Ok),
            ("ID_MISMATCH", Outcome::IdMismatch),
            ("NOT_DEBIT", Outcome::CardNotDebit),
            ("NO_RESERVED_PHONE", Outcome::NoReservedPhone),
            ("ID_TYPE_UNSUPPORTED", Outcome::IdTypeUnsupported),
        ] {
            assert_eq!(serde_json::from_value::<Outcome>(word.into()).unwrap(), outcome);
        }
    }
}
