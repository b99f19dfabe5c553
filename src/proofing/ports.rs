//! The ports to whoever knows a bank card: a bank's verification platform, and UnionPay. One question, one answer.

use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::policy::CardMethod;
use crate::storage::authority::Unanswered;

use super::Outcome;

/// The four elements on their way. No `Debug`: it is personal data.
#[derive(Clone, Serialize)]
pub struct CardRequest {
    /// The job's id, with a suffix for the second spelling.
    pub request_id: String,
    /// Which bank; UnionPay knows by the number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bank: Option<String>,
    pub card_no: String,
    pub name: String,
    pub id_type: String,
    pub id_number: String,
    /// E.164.
    pub phone: String,
}

/// What was said.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct CardAnswer {
    pub result: Outcome,
    #[serde(default)]
    pub reference: String,
    /// The bank of the card.
    #[serde(default)]
    pub bank_name: String,
    /// Whether the phone was the reserved one; whoever does not tell counts as no.
    #[serde(default)]
    pub phone_matched: bool,
}

/// Whoever compares the four elements, or a simulator.
#[async_trait]
pub trait CardVerifier: Send + Sync {
    /// Compares the four elements.
    ///
    /// # Errors
    /// When there is no answer; asking again with the same `request_id` is safe.
    async fn verify(&self, request: &CardRequest) -> Result<CardAnswer, Unanswered>;

    /// Whether it is asked at present; while it is left alone other ways are offered.
    fn is_asked(&self) -> bool {
        true
    }
}

/// The authorities of this installation; one that is not configured is not offered.
#[derive(Clone, Default)]
pub struct Verifiers {
    pub bank: Option<Arc<dyn CardVerifier>>,
    pub unionpay: Option<Arc<dyn CardVerifier>>,
}

impl Verifiers {
    /// A bank's platform alone.
    #[must_use]
    pub fn bank(bank: Arc<dyn CardVerifier>) -> Self {
        Self { bank: Some(bank), unionpay: None }
    }

    pub(super) fn of(&self, method: CardMethod) -> Option<&Arc<dyn CardVerifier>> {
        match method {
            CardMethod::Bank => self.bank.as_ref(),
            CardMethod::UnionPay => self.unionpay.as_ref(),
        }
    }
}
