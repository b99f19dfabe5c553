//! A natural person's account as the rest of the house sees it. Pure.
//!
//! ```text
//! (flow) ──create──► Active ⇄ Disabled ──► Closed
//! ```

use std::str::FromStr;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::kernel::{
    About, Amr, AmrMethod, Country, Email, FlowId, IdDocument, Locale, PersonId, PersonName, Phone,
    RealNameLevel, Sex, Timestamp, Username,
};

use super::PasswordHash;

/// Whether the account may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It may.
    Active,
    /// Staff stopped it (E_ACCOUNT_DISABLED).
    Disabled,
    /// Its owner closed it.
    Closed,
}

impl Status {
    /// The column's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
            Self::Closed => "closed",
        }
    }
}

/// A word that is no status.
#[derive(Debug, thiserror::Error)]
#[error("not a status of a person")]
pub struct UnknownStatus;

impl FromStr for Status {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<Self, UnknownStatus> {
        [Self::Active, Self::Disabled, Self::Closed]
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or(UnknownStatus)
    }
}

/// What the person told about themselves: one sealed value, never in a column of its own.
///
/// Name, document and phone are missing in an account whose identity or phone moved to the person who proved it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    pub name: PersonName,
    pub document: Option<IdDocument>,
    pub sex: Sex,
    pub birthdate: NaiveDate,
    pub phone: Option<Phone>,
    pub email: Option<Email>,
    /// For documents that do not tell it.
    pub nationality: Option<Country>,
    /// Last day of the document; `None` is 长期 or not asked.
    pub valid_until: Option<NaiveDate>,
    /// What they told beyond their identity; rows from before it was kept have none of it.
    #[serde(default)]
    pub about: About,
}

/// A natural person's account.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    pub id: PersonId,
    pub username: Username,
    pub status: Status,
    pub profile: Profile,
    /// The identity moved to someone who proved it; the owner enters a document at the next sign-in (S1-30).
    pub must_reenter_document: bool,
    /// A sign-in with the current password rises no higher (`decisions.md`, “Ceiling of a password”).
    pub password_ceiling: Option<RealNameLevel>,
    pub locale: Locale,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Person {
    /// The level that a sign-in with these methods does not rise above, whatever the evidence (`decisions.md`, “Ceiling
    /// of a password”).
    #[must_use]
    pub fn ceiling_of(&self, amr: &Amr) -> Option<RealNameLevel> {
        self.password_ceiling.filter(|_| amr.contains(AmrMethod::Pwd))
    }
}

/// What registration hands over.
#[derive(Clone, Debug)]
pub struct NewPerson {
    pub username: Username,
    pub password: PasswordHash,
    pub profile: Profile,
    /// The wizard that reserved the name.
    pub flow: FlowId,
}

/// How a password came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordSetBy {
    Registration,
    /// By whoever knew the one before; the ceiling of that one stays.
    SignedInChange,
    Bank,
    UnionPay,
    /// Staff compared documents.
    Review,
    /// The sign-in stays at L1 until the person proves themselves again: whoever took over a phone comes no further.
    IdNumberAndSms,
    /// With the full ID number; the same.
    SecurityQuestions,
    /// By nobody: it opens nothing, and is to be set anew.
    Veto,
}

impl PasswordSetBy {
    /// The column's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Registration => "registration",
            Self::SignedInChange => "change",
            Self::Bank => "bank",
            Self::UnionPay => "unionpay",
            Self::Review => "review",
            Self::IdNumberAndSms => "id_number_and_sms",
            Self::SecurityQuestions => "security_questions",
            Self::Veto => "veto",
        }
    }

    /// The ceiling that comes with it.
    pub fn ceiling(self) -> Option<RealNameLevel> {
        match self {
            Self::IdNumberAndSms | Self::SecurityQuestions | Self::Veto => Some(RealNameLevel::L1),
            Self::Registration | Self::SignedInChange | Self::Bank | Self::UnionPay | Self::Review => None,
        }
    }
}

/// The answer to a password, after the same work for every name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordVerdict {
    Right,
    Wrong,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_reads_its_own_word() {
        for status in [Status::Active, Status::Disabled, Status::Closed] {
            assert_eq!(status.as_str().parse::<Status>().unwrap(), status);
        }
        assert!("locked".parse::<Status>().is_err());
    }

    #[test]
    fn only_what_proves_no_identity_puts_a_ceiling_on_the_password() {
        use PasswordSetBy::{
            Bank, IdNumberAndSms, Registration, Review, SecurityQuestions, SignedInChange, UnionPay,
        };
        for weak in [IdNumberAndSms, SecurityQuestions] {
            assert_eq!(weak.ceiling(), Some(RealNameLevel::L1), "{weak:?}");
        }
        for free in [Registration, SignedInChange, Bank, UnionPay, Review] {
            assert_eq!(free.ceiling(), None, "{free:?}");
        }
    }
}
