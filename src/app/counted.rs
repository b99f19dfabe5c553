//! Outside authorities as `/metrics` sees them: each call is counted by its outcome, wherever it came from.

use std::sync::Arc;

use async_trait::async_trait;

use crate::http::meter::{Authority, Call, Meter};
use crate::kernel::OutboxId;
use crate::proofing::{CardAnswer, CardMethod, CardRequest, CardVerifier};
use crate::storage::authority::Unanswered;
use crate::storage::{Deliver, Delivery};

/// Something outside, and the meter that counts its answers.
pub(super) struct Counted<T: ?Sized> {
    pub(super) meter: Meter,
    pub(super) inner: Arc<T>,
}

#[async_trait]
impl Deliver for Counted<dyn Deliver> {
    fn kind(&self) -> &'static str {
        self.inner.kind()
    }

    async fn deliver(&self, payload: &[u8], id: &OutboxId) -> Delivery {
        let delivery = self.inner.deliver(payload, id).await;
        let call = match delivery {
            Delivery::Done => Call::Answered,
            Delivery::Retry => Call::Unreachable,
            Delivery::Dead => Call::Refused,
        };
        self.meter.call(Authority::of(self.kind()), call);
        delivery
    }
}

/// One who verifies cards, and its name.
pub(super) struct CountedCards {
    pub(super) meter: Meter,
    pub(super) method: CardMethod,
    pub(super) inner: Arc<dyn CardVerifier>,
}

#[async_trait]
impl CardVerifier for CountedCards {
    async fn verify(&self, request: &CardRequest) -> Result<CardAnswer, Unanswered> {
        let answer = self.inner.verify(request).await;
        let authority = match self.method {
            CardMethod::Bank => Authority::Bank,
            CardMethod::UnionPay => Authority::UnionPay,
        };
        self.meter.call(authority, if answer.is_ok() { Call::Answered } else { Call::Unreachable });
        answer
    }

    fn is_asked(&self) -> bool {
        self.inner.is_asked()
    }
}
