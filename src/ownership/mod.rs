//! Whose a phone and an identity are, once an authority has said so: the proof that is written down, what other accounts
//! lose by it, and the veto of whoever had the phone before.
//!
//! Invariants: a phone is one account's; a change of it is told to the phone before, and a new password to the phone, with a
//! link that undoes it and all that came of it for 72 hours (`decisions.md`); a veto works once, and after one of a phone
//! nobody replaces it on line for a day.
//! May use: people, proofing, notify, audit, policy, storage, kernel.

mod service;
mod store;
mod veto;

pub use service::{Ownership, Rooms};
pub use veto::{Change, Contested, SEALED};
