//! Outside authorities as `/metrics` and traces see them: each call is counted by its outcome and has its span, wherever it
//! came from.

use std::sync::Arc;

use async_trait::async_trait;
use url::Url;

use crate::clients::FetchKeys;
use crate::http::meter::{Authority, Call, Kind, Meter};
use crate::kernel::OutboxId;
use crate::kernel::trace::{self, Side, Traces, Value};
use crate::proofing::{CardAnswer, CardMethod, CardRequest, CardVerifier};
use crate::storage::authority::Unanswered;
use crate::storage::outbound::{FetchError, Fetched, Fetcher};
use crate::storage::{Deliver, Delivery};

/// Something outside, and who counts and traces its answers.
pub(super) struct Counted<T: ?Sized> {
    pub(super) meter: Meter,
    pub(super) traces: Traces,
    pub(super) inner: Arc<T>,
}

fn count(meter: &Meter, authority: Authority, call: Call) {
    meter.call(authority, call);
    trace::note("menfu.outcome", Value::Word(call.name()));
}

#[async_trait]
impl Deliver for Counted<dyn Deliver> {
    fn kind(&self) -> &'static str {
        self.inner.kind()
    }

    async fn deliver(&self, payload: &[u8], id: &OutboxId) -> Delivery {
        let authority = Authority::of(self.kind());
        let delivering = async {
            let delivery = self.inner.deliver(payload, id).await;
            count(
                &self.meter,
                authority,
                match delivery {
                    Delivery::Done => Call::Answered,
                    Delivery::Retry => Call::Unreachable,
                    Delivery::Dead => Call::Refused,
                },
            );
            delivery
        };
        self.traces.part_or_own(authority.name(), Side::Client, delivering).await
    }
}

/// The keys that clients publish at their `jwks_uri`.
#[async_trait]
impl FetchKeys for Counted<Fetcher> {
    async fn fetch(&self, uri: &Url) -> Result<Fetched, FetchError> {
        let fetching = async {
            let fetched = FetchKeys::fetch(self.inner.as_ref(), uri).await;
            count(
                &self.meter,
                Authority::ClientKeys,
                match &fetched {
                    Ok(fetched) if fetched.status == 200 => Call::Answered,
                    Err(FetchError::Refused(_) | FetchError::TooLong) => Call::Refused,
                    _ => Call::Unreachable,
                },
            );
            fetched
        };
        self.traces.part_or_own(Authority::ClientKeys.name(), Side::Client, fetching).await
    }
}

/// One who verifies cards, and its name.
pub(super) struct CountedCards {
    pub(super) meter: Meter,
    pub(super) traces: Traces,
    pub(super) method: CardMethod,
    pub(super) inner: Arc<dyn CardVerifier>,
}

#[async_trait]
impl CardVerifier for CountedCards {
    async fn verify(&self, request: &CardRequest) -> Result<CardAnswer, Unanswered> {
        let authority = match self.method {
            CardMethod::Bank => Authority::Bank,
            CardMethod::UnionPay => Authority::UnionPay,
        };
        let asking = async {
            let answer = self.inner.verify(request).await;
            let call = if answer.is_ok() { Call::Answered } else { Call::Unreachable };
            count(&self.meter, authority, call);
            answer
        };
        self.traces.part_or_own(authority.name(), Side::Client, asking).await
    }

    fn is_asked(&self) -> bool {
        self.inner.is_asked()
    }
}
