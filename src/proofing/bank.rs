//! The port to the bank verification platform: what it is asked and what it answers.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::Outcome;

/// The four elements on their way to the bank. No `Debug`: it is personal data.
#[derive(Clone, Serialize)]
pub struct BankRequest {
    /// The job's id, with a suffix for the second spelling of a name.
    pub request_id: String,
    pub bank: String,
    pub card_no: String,
    pub name: String,
    pub id_type: String,
    pub id_number: String,
    /// E.164.
    pub phone: String,
}

/// What the bank said.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct BankAnswer {
    pub result: Outcome,
    #[serde(default)]
    pub reference: String,
    #[serde(default)]
    pub bank_name: String,
    /// Whether the phone was the reserved one; a bank that does not tell counts as no.
    #[serde(default)]
    pub phone_matched: bool,
}

/// No answer: nobody there, too slow, or nonsense. Not the person's fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bank gave no answer: {0}")]
pub struct BankUnreachable(pub String);

/// A bank, or a simulator of one.
#[async_trait]
pub trait BankVerifier: Send + Sync {
    /// Compares the four elements.
    ///
    /// # Errors
    /// When there is no answer; asking again with the same `request_id` is safe.
    async fn verify(&self, request: &BankRequest) -> Result<BankAnswer, BankUnreachable>;
}
