//! Signing in with name and password (LG1).
//!
//! The order is that of the page: required → captcha → rate → lock → credentials. Invariants: an unknown name counts down,
//! locks and costs exactly like a known one, by the same code path; what state an account is in appears only after its
//! right password; the session, the reset count and the audit row are one transaction. May use: `sessions`, `people`,
//! `limits`, `notify`, `audit`, `policy`, `storage`, `kernel`.

mod change;
mod confirm;
pub mod device;
mod error;
mod phone;
mod questions;
mod service;
mod sms;

use std::sync::Arc;

pub use change::{ChangeError, NewPassword, PasswordForm};
pub use confirm::ConfirmError;
pub use error::SigninError;
pub use phone::{PhoneError, PhoneForm, PhoneOwner};
pub use questions::QuestionsForm;
pub use sms::SmsAttempt;

use crate::{
    audit::Audit,
    kernel::{ClientId, PersonId, PlainToken, Secret},
    limits::Limits,
    notify::Notify,
    ownership::Ownership,
    people::People,
    policy::Policy,
    sessions::{Session, Sessions},
    storage::Base,
};

/// What the form and the browser say.
#[derive(Clone, Debug)]
pub struct PasswordAttempt<'a> {
    /// The account name as typed.
    pub username: &'a str,
    pub password: &'a Secret,
    pub captcha: CaptchaAnswer<'a>,
    /// The device cookie, as sent.
    pub device: Option<&'a str>,
    /// The live session of this browser.
    pub session: Option<&'a Session>,
    /// The relying party that asked for the sign-in; for the audit trail.
    pub client: Option<&'a ClientId>,
}

/// Both empty when none was shown.
#[derive(Clone, Copy, Debug, Default)]
pub struct CaptchaAnswer<'a> {
    pub id: &'a str,
    pub answer: &'a str,
}

/// Somebody is signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub person: PersonId,
    pub session: Session,
    /// For the session cookie.
    pub token: PlainToken,
    /// For the device cookie: this browser has signed in to the name.
    pub device: String,
    /// The session of another person in this browser: still to be ended, and its clients told.
    pub replaced: Option<Session>,
}

/// What signing in stands on.
#[derive(Clone)]
pub struct Rooms {
    pub ownership: Ownership,
    pub base: Base,
    pub people: People,
    pub sessions: Sessions,
    pub limits: Limits,
    pub notify: Notify,
    pub audit: Audit,
    pub policy: Arc<Policy>,
}

/// The façade of this room; cheap to clone.
#[derive(Clone)]
pub struct Signin {
    rooms: Rooms,
}

impl Signin {
    #[must_use]
    pub const fn new(rooms: Rooms) -> Self {
        Self { rooms }
    }
}

#[cfg(test)]
mod tests;
