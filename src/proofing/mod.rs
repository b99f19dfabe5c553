//! Real-name verification: evidence of a person, the levels that follow from it, and the check of a bank card
//! at a bank's platform or at UnionPay.
//!
//! Invariants: a level is derived, never stored; the whole card number lives sealed in one job and dies with it; a job
//! is asked under one idempotency key, so no restart asks twice; an authority that does not answer costs the person nothing.
//! May use: kernel, storage, policy.

mod adapter;
mod card_form;
#[cfg(feature = "sandbox")]
mod enrolment;
mod jobs;
mod model;
mod names;
mod outcome;
mod ports;
mod service;
mod settings;
mod store;
mod worker;

pub use adapter::HttpVerifier;
pub use card_form::{CardForm, TypedCard, bank_form, typed_phone, unionpay_form};
#[cfg(feature = "sandbox")]
pub use enrolment::enrol_phone;
pub use jobs::{Claim, ClaimedJob, DAY_INDEXED, Offer, ProofingError, SEALED_JOBS, Settled, Verdict};
pub use model::{
    CardCase, Channel, Detail, Evidence, EvidenceState, JobState, Method, NEAR_END, Purpose, card_expiry,
    ceiling, ends_soon, holds_by_proof, lapsed, last_day, lasting, level,
};
pub use names::may_be_registered_as;
pub use outcome::{Outcome, Remedy, UnknownOutcome};
pub use ports::{CardAnswer, CardRequest, CardVerifier, Verifiers};
pub use service::{Ending, Proofing, SEALED_EVIDENCE};
pub use settings::Settings;
pub use worker::{Answer, Asker, AskerError, WorkError, Worker};

pub use crate::policy::CardMethod;
pub use crate::storage::authority::Unanswered;

#[cfg(test)]
mod tests;
