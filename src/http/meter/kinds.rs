//! The words that stand in labels.

use crate::signin::SigninError;
use crate::storage::authority::Unanswered;

/// A closed set of words, each with its place in a table.
pub trait Kind: Copy + 'static {
    /// All of them, in the order of their places.
    const ALL: &'static [Self];

    /// The value of the label.
    fn name(self) -> &'static str;

    /// Where its counter is.
    fn place(self) -> usize;
}

macro_rules! kinds {
    ($(#[$about:meta])* $kind:ident { $($variant:ident = $name:literal),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $kind { $(#[doc = concat!("`", $name, "`")] $variant),+ }

        impl Kind for $kind {
            const ALL: &'static [Self] = &[$(Self::$variant),+];

            fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            fn place(self) -> usize {
                self as usize
            }
        }
    };
}
pub(super) use kinds;

kinds! {
    /// How an attempt to sign in ended.
    SignIn {
        Succeeded = "succeeded",
        Incomplete = "incomplete",
        Wrong = "wrong",
        Captcha = "captcha",
        Rate = "rate",
        Locked = "locked",
        Disabled = "disabled",
        Busy = "busy",
        Failed = "failed",
    }
}

kinds! {
    /// What tokens were given for.
    Grant {
        Code = "authorization_code",
        Refresh = "refresh_token",
        Client = "client_credentials",
        Other = "other",
    }
}

kinds! {
    /// A system outside.
    Authority {
        Sms = "sms",
        Bank = "bank",
        UnionPay = "unionpay",
        Logout = "backchannel_logout",
        ClientKeys = "client_keys",
        Other = "other",
    }
}

kinds! {
    /// How it answered: as it should, not now, never for this message.
    Call { Answered = "answered", Unreachable = "unreachable", Refused = "refused" }
}

kinds! {
    /// Why an authority gave no answer.
    Silence {
        NoConnection = "no_connection",
        TimedOut = "timed_out",
        Broken = "broken",
        Status = "status",
        Garbled = "garbled",
        LeftAlone = "left_alone",
    }
}

impl From<Unanswered> for Silence {
    fn from(why: Unanswered) -> Self {
        match why {
            Unanswered::NoConnection => Self::NoConnection,
            Unanswered::TimedOut => Self::TimedOut,
            Unanswered::Broken => Self::Broken,
            Unanswered::Status(_) => Self::Status,
            Unanswered::Garbled => Self::Garbled,
            Unanswered::LeftAlone => Self::LeftAlone,
        }
    }
}

impl SignIn {
    /// What an attempt counts as.
    #[must_use]
    pub const fn of<T>(attempt: &Result<T, SigninError>) -> Self {
        let Err(error) = attempt else { return Self::Succeeded };
        match error {
            SigninError::Required { .. } => Self::Incomplete,
            SigninError::Captcha => Self::Captcha,
            SigninError::Rate => Self::Rate,
            SigninError::Wrong { .. } => Self::Wrong,
            SigninError::Locked { .. } => Self::Locked,
            SigninError::Disabled { .. } => Self::Disabled,
            SigninError::Busy => Self::Busy,
            SigninError::Store(_) | SigninError::Ephemeral(_) | SigninError::People(_) => Self::Failed,
        }
    }
}

impl Grant {
    /// The grant that a form named.
    #[must_use]
    pub fn named(grant_type: &str) -> Self {
        Self::ALL.iter().copied().find(|grant| grant.name() == grant_type).unwrap_or(Self::Other)
    }
}

impl Authority {
    /// Who takes this kind of outbox message.
    #[must_use]
    pub fn of(kind: &str) -> Self {
        Self::ALL.iter().copied().find(|authority| kind.starts_with(authority.name())).unwrap_or(Self::Other)
    }
}
