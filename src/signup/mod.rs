//! Registration of a person: the wizard P1 to P4 with its parked state, the account that comes of it, the bank
//! check by which a signed-in person raises their level, and the warning before a level ends.
//!
//! Invariants: a browser runs one wizard of a kind; a form sent twice makes one account; an account and all that follows
//! from the bank's yes are one transaction; an identity is held by proof, not by typing (S1-30).
//! May use: people, proofing, sessions, consents, notify, limits, audit, policy, storage, kernel.

mod answer;
mod document;
mod ending;
mod forms;
mod model;
mod service;
mod upgrade;
mod verify;

pub use answer::{Collected, Progress};
pub use forms::{
    IdentityInput, LaterForm, LoginInput, ProofInput, bank as read_bank_form, identity as read_identity,
    later as read_later_form, unionpay as read_unionpay_form,
};
pub use model::{Contact, Identity, Login, Notes, Opened, Setback, Wizard, WrongStep};
pub use service::{Rooms, Signup, SignupError, Versions, Visitor};
pub use upgrade::{CardInput, Owner, Upgrade, UpgradeNotes, UpgradeProgress};
pub use verify::Typed;

#[cfg(test)]
mod tests;
