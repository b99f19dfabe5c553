//! Real-name verification: evidence of a person, the levels that follow from it, and the bank's four-element check.
//!
//! Invariants: a level is derived, never stored; the whole card number lives sealed in one job and dies with it; a job
//! is asked under one idempotency key, so no restart asks twice; a busy bank costs the person nothing.
//! May use: kernel, storage, policy.

mod adapter;
mod bank;
mod jobs;
mod model;
mod names;
mod outcome;
mod service;
mod settings;
mod store;

pub use adapter::HttpBank;
pub use bank::{BankAnswer, BankRequest, BankUnreachable, BankVerifier};
pub use jobs::{ClaimedJob, DAY_INDEXED, ProofingError, SEALED_JOBS, Settled, Verdict};
pub use model::{
    BankCase, Detail, Evidence, EvidenceState, JobState, Method, Purpose, bank_expiry, holds_by_proof, level,
};
pub use names::may_be_registered_as;
pub use outcome::{Outcome, Remedy, UnknownOutcome};
pub use service::{Proofing, SEALED_EVIDENCE};
pub use settings::Settings;

#[cfg(test)]
mod tests;
