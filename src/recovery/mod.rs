//! Finding a username (R1) and setting a password anew (R2) by what was told at registration and a code to the phone, by a
//! card of one's own, or by the security questions.
//!
//! Invariants: until the right code is typed nobody learns whether an identity, a phone or a name belongs to an account:
//! known and unknown ones see the same pages and cost the same statements, by the same code path, and where nothing fits
//! nothing is sent (`decisions.md`, “What may be known”). A proof is worth one password, while the account's password and
//! phone are those that it was made for. What is set by a phone alone has a ceiling (`decisions.md`, “Ceiling of a password”).
//! May use: ownership, proofing, consents, people, notify, limits, audit, policy, storage, kernel.

mod account;
mod card;
mod forms;
mod model;
mod password;
mod questions;
mod service;

pub use card::{
    CardDone, CardGoal, CardProgress, CardSetback, CardStep, OwnCard, OwnCardInput, OwnCardTyped,
};
pub use forms::{AccountInput, AnswersInput, CaptchaInput, DocumentInput, NewPasswordInput, ProofInput};
pub use model::{FindName, Found, ResetPassword, ResetStep, Way};
pub use password::Reset;
pub use service::{Recovery, RecoveryError, Rooms, Step};
