//! The SMS gateway over HTTP: `POST {url}/sms/v1/send` with a bearer key and
//! `{"message_id", "phone", "sign", "template", "text"}`; the same `message_id` is one message.

use super::{SMS, Sms, WITHHELD};
use crate::{
    kernel::{Clock, OutboxId},
    storage::{
        Deliver, Delivery,
        authority::{Authority, ClientError, Gate, Reply, Settings, Unanswered},
    },
};
use async_trait::async_trait;
use serde_json::json;
use std::sync::Arc;

/// Delivers messages of the outbox.
pub struct Gateway {
    authority: Authority,
    clock: Arc<dyn Clock>,
}

impl Gateway {
    /// # Errors
    /// [`ClientError`] when TLS cannot be set up.
    pub fn new(settings: &Settings, gate: Gate, clock: Arc<dyn Clock>) -> Result<Self, ClientError> {
        Ok(Self { authority: Authority::new(settings, gate)?, clock })
    }

    async fn send(&self, sms: &Sms, id: &OutboxId) -> Delivery {
        let body = json!({
            "message_id": id, "phone": sms.phone, "sign": sms.sign, "template": sms.template, "text": sms.text,
        });
        // An attempt that had no answer is repeated by the outbox under the same `message_id`.
        self.authority.post("/sms/v1/send", &body, verdict).await.unwrap_or(Delivery::Retry)
    }
}

#[async_trait]
impl Deliver for Gateway {
    fn kind(&self) -> &'static str {
        SMS
    }

    async fn deliver(&self, payload: &[u8], id: &OutboxId) -> Delivery {
        let Ok(sms) = serde_json::from_slice::<Sms>(payload) else {
            tracing::error!("a queued SMS does not parse");
            return Delivery::Dead;
        };
        if self.clock.now() > sms.not_after { Delivery::Dead } else { self.send(&sms, id).await }
    }
}

/// Takes the messages to nobody, which are queued so that nobody sees a difference, and sends none.
pub struct Withheld;

#[async_trait]
impl Deliver for Withheld {
    fn kind(&self) -> &'static str {
        WITHHELD
    }

    async fn deliver(&self, _: &[u8], _: &OutboxId) -> Delivery {
        Delivery::Done
    }
}

/// A refusal of this message is final, and an answer; a wrong key or a busy gateway may be mended.
fn verdict(reply: &Reply) -> Result<Delivery, Unanswered> {
    match reply.status {
        200..300 => Ok(Delivery::Done),
        400 | 409 | 422 => {
            tracing::warn!(status = reply.status, "the SMS gateway refuses a message");
            Ok(Delivery::Dead)
        }
        status => Err(Unanswered::Status(status)),
    }
}

#[cfg(test)]
mod tests;
