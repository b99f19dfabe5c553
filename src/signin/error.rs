//! Why nobody is signed in.

use crate::{
    kernel::{Message, Timestamp},
    limits::RateError,
    people::PeopleError,
    storage::{EphemeralError, StoreError},
};

/// One variant for each text of LG1, and what is our own fault.
#[derive(Debug, thiserror::Error)]
pub enum SigninError {
    /// E_REQUIRED: name or password is empty.
    #[error("{field} is empty")]
    Required { field: &'static str },
    /// E_CAPTCHA, also when one is needed that the form did not show.
    #[error("wrong captcha")]
    Captcha,
    /// E_RATE
    #[error("too many sign-ins from this source")]
    Rate,
    /// E_LOGIN: this source has so many tries left.
    #[error("wrong name or password")]
    Wrong { remaining: u32 },
    /// E_LOCKED: this source or this browser is refused, right password or not.
    #[error("locked")]
    Locked { until: Timestamp },
    /// E_ACCOUNT_DISABLED, after the right password; whom to call.
    #[error("the account may not be used")]
    Disabled { phone: String },
    /// Too many passwords are being compared: 503 with `Retry-After`.
    #[error("the password pool is busy")]
    Busy,
    #[error(transparent)]
    Store(#[from] StoreError),
    /// 503: limits fail closed.
    #[error(transparent)]
    Ephemeral(#[from] EphemeralError),
    #[error("people: {0}")]
    People(#[source] PeopleError),
}

impl SigninError {
    /// What the page says; nothing where the request fails as a whole.
    #[must_use]
    pub fn message(&self) -> Option<Message> {
        Some(match self {
            Self::Required { field } => Message::new("E_REQUIRED").with("field", field),
            Self::Captcha => Message::new("E_CAPTCHA"),
            Self::Rate => Message::new("E_RATE"),
            Self::Wrong { remaining } => Message::new("E_LOGIN").with("n", remaining),
            Self::Locked { until } => Message::new("E_LOCKED").with("time", until.china_minute()),
            Self::Disabled { phone } => Message::new("E_ACCOUNT_DISABLED").with("phone", phone),
            Self::Busy | Self::Store(_) | Self::Ephemeral(_) | Self::People(_) => return None,
        })
    }
}

impl From<RateError> for SigninError {
    fn from(error: RateError) -> Self {
        match error {
            RateError::TooMany => Self::Rate,
            RateError::Ephemeral(error) => Self::Ephemeral(error),
        }
    }
}

impl From<PeopleError> for SigninError {
    fn from(error: PeopleError) -> Self {
        match error {
            PeopleError::Busy => Self::Busy,
            other => Self::People(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_of_the_page_has_its_text() {
        let until = Timestamp::from_seconds(1_795_226_400);
        let said = |error: SigninError| error.message().unwrap();
        assert_eq!(said(SigninError::Required { field: "username" }).key, "E_REQUIRED");
        assert_eq!(said(SigninError::Captcha).key, "E_CAPTCHA");
        assert_eq!(said(SigninError::Wrong { remaining: 4 }), Message::new("E_LOGIN").with("n", 4));
        assert_eq!(
            said(SigninError::Locked { until }),
            Message::new("E_LOCKED").with("time", "2026-11-21 10:00")
        );
        let disabled = SigninError::Disabled { phone: "12333".to_owned() };
        assert_eq!(said(disabled), Message::new("E_ACCOUNT_DISABLED").with("phone", "12333"));
        assert_eq!(said(RateError::TooMany.into()).key, "E_RATE");
    }

    #[test]
    fn what_is_our_fault_has_none() {
        assert_eq!(SigninError::from(PeopleError::Busy).message(), None);
        assert_eq!(SigninError::from(StoreError::Corrupt).message(), None);
        assert_eq!(
            SigninError::from(RateError::Ephemeral(EphemeralError("gone".to_owned()))).message(),
            None
        );
    }
}
