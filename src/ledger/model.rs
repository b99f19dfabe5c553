//! An entry of the ledger as a value. Pure.

use std::str::FromStr;

use crate::kernel::{ClientId, PersonId, Timestamp};

/// Who was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipient {
    Client(ClientId),
    /// Somebody who works for the bureau, by the name under which they work.
    Staff(String),
}

/// What for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// A code was exchanged for tokens.
    SignIn,
    /// Tokens were renewed, and say something else than those before.
    Renewal,
    /// Userinfo, once for each access token.
    UserInfo,
    /// A resource server asked about a token, once for each.
    Introspection,
    /// Somebody looked the account up.
    LookUp,
}

/// By which rule (Personal Information Protection Law, article 13).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// The person's own consent.
    Consent,
    /// A service of the bureau itself.
    Duty,
    /// Staff, with a reason.
    Staff,
}

/// A word that is none of these.
#[derive(Debug, thiserror::Error)]
#[error("not a word of the ledger")]
pub struct UnknownWord;

/// Words of a column, both ways.
macro_rules! words {
    ($kind:ident { $($case:ident = $word:literal),+ $(,)? }) => {
        impl $kind {
            /// The column's word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$case => $word),+ }
            }
        }

        impl FromStr for $kind {
            type Err = UnknownWord;

            fn from_str(text: &str) -> Result<Self, UnknownWord> {
                match text { $($word => Ok(Self::$case),)+ _ => Err(UnknownWord) }
            }
        }
    };
}

words!(Occasion {
    SignIn = "sign_in",
    Renewal = "renewal",
    UserInfo = "userinfo",
    Introspection = "introspection",
    LookUp = "look_up",
});
words!(Basis { Consent = "consent", Duty = "duty", Staff = "staff" });

/// No client id has a blank in it.
const STAFF: &str = "staff ";

impl Recipient {
    /// The column's text.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            Self::Client(client) => client.to_string(),
            Self::Staff(name) => format!("{STAFF}{name}"),
        }
    }
}

impl FromStr for Recipient {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        match text.strip_prefix(STAFF) {
            Some(name) => Ok(Self::Staff(name.to_owned())),
            None => text.parse().map(Self::Client).map_err(|_| UnknownWord),
        }
    }
}

/// What is released.
#[derive(Clone, Debug)]
pub struct Disclosure {
    pub person: PersonId,
    pub recipient: Recipient,
    pub occasion: Occasion,
    pub basis: Basis,
    /// Names of claims, never their values.
    pub claims: Vec<String>,
    /// How well the person was proved in it: `L2:mfa`.
    pub acr: Option<String>,
    /// The reason that staff gave.
    pub reason: Option<String>,
}

impl Disclosure {
    /// As the next entry of its person.
    pub(super) fn numbered(&self, number: i64, at: Timestamp) -> Entry {
        Entry {
            number,
            at,
            recipient: self.recipient.clone(),
            occasion: self.occasion,
            basis: self.basis,
            claims: self.claims.clone(),
            acr: self.acr.clone(),
            reason: self.reason.clone(),
        }
    }
}

/// A release as it stands in the book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// From 1 on, without a gap.
    pub number: i64,
    pub at: Timestamp,
    pub recipient: Recipient,
    pub occasion: Occasion,
    pub basis: Basis,
    pub claims: Vec<String>,
    pub acr: Option<String>,
    pub reason: Option<String>,
}

impl Entry {
    /// What its MAC covers: JSON, so that no two entries look alike.
    pub(super) fn canonical(&self) -> String {
        serde_json::json!([
            self.number,
            self.at.millis(),
            self.recipient.to_text(),
            self.occasion.as_str(),
            self.basis.as_str(),
            self.claims,
            self.acr,
            self.reason,
        ])
        .to_string()
    }
}

/// Where a person's book stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// The oldest entry that is kept.
    pub first: i64,
    /// The newest; zero before there is any.
    pub last: i64,
    /// False once a head was found that was not right.
    pub is_whole: bool,
    /// Whether it has a row.
    pub is_stored: bool,
}

impl Default for Head {
    fn default() -> Self {
        Self { first: 1, last: 0, is_whole: true, is_stored: false }
    }
}
