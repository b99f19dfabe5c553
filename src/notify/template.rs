//! Every message we send (`pages.md` §6.4, SMS templates).

/// A kind of message. Its arguments stand beside it; names and numbers come masked from whoever sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmsTemplate {
    /// T1: `code`, `purpose`, `minutes`.
    Code,
    /// T2: `username`.
    Username,
    /// T5: `username`, `hours`, `link`.
    PasswordChanged,
    /// T6, to the phone of before: `username`, `phone`, `hours`, `link`.
    PhoneChanged,
    /// T7: `username`, `time`, `hours`, `link`.
    NewDevice,
    /// T9: `username`, `date`.
    LevelExpiring,
    /// Somebody proved the identity that this account had only typed (S1-30): `username`.
    IdentityDisplaced,
    /// A verification ended well: `level`.
    Verified,
    /// A verification was refused.
    NotVerified,
    /// Strangers try this account's password: `username`.
    SignInAttack,
    /// T6, to the phone that the account has now: `username`.
    PhoneTaken,
    /// A change of phone was undone: `username`.
    PhoneRestored,
    /// The security questions were set, changed or cleared: `username`, `hours`, `link`.
    QuestionsChanged,
    /// Somebody guesses this account's answers: `username`.
    QuestionsAttack,
}

impl SmsTemplate {
    pub const ALL: [Self; 14] = [
        Self::Code,
        Self::Username,
        Self::PasswordChanged,
        Self::PhoneChanged,
        Self::NewDevice,
        Self::LevelExpiring,
        Self::IdentityDisplaced,
        Self::Verified,
        Self::NotVerified,
        Self::SignInAttack,
        Self::PhoneTaken,
        Self::PhoneRestored,
        Self::QuestionsChanged,
        Self::QuestionsAttack,
    ];

    /// The template's number at the gateway.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Code => "T1",
            Self::Username => "T2",
            Self::PasswordChanged => "T5",
            Self::PhoneChanged => "T6",
            Self::NewDevice => "T7",
            Self::LevelExpiring => "T9",
            Self::IdentityDisplaced => "T12",
            Self::Verified => "T13",
            Self::NotVerified => "T14",
            Self::SignInAttack => "T15",
            Self::PhoneTaken => "T16",
            Self::PhoneRestored => "T17",
            Self::QuestionsChanged => "T18",
            Self::QuestionsAttack => "T19",
        }
    }

    /// The key of its text.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Code => "sms-text-code",
            Self::Username => "sms-text-username",
            Self::PasswordChanged => "sms-text-password-changed",
            Self::PhoneChanged => "sms-text-phone-changed",
            Self::NewDevice => "sms-text-new-device",
            Self::LevelExpiring => "sms-text-level-expiring",
            Self::IdentityDisplaced => "sms-text-identity-displaced",
            Self::Verified => "sms-text-verified",
            Self::NotVerified => "sms-text-not-verified",
            Self::SignInAttack => "sms-text-sign-in-attack",
            Self::PhoneTaken => "sms-text-phone-taken",
            Self::PhoneRestored => "sms-text-phone-restored",
            Self::QuestionsChanged => "sms-text-questions-changed",
            Self::QuestionsAttack => "sms-text-questions-attack",
        }
    }
}
