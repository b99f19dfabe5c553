//! The SMS gateway over HTTP: `POST {url}/sms/v1/send` with a bearer key and
//! `{"message_id", "phone", "sign", "template", "text"}`; the same `message_id` is one message.

use super::{SMS, Sms};
use crate::{
    kernel::{Clock, OutboxId, Secret},
    storage::{Deliver, Delivery},
};
use async_trait::async_trait;
use reqwest::{Client, StatusCode, redirect::Policy};
use serde_json::json;
use std::{sync::Arc, time::Duration};
use url::Url;

/// Where the gateway is.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Address before `/sms/v1/send`.
    pub url: Url,
    pub key: Secret,
    /// For one message, from connecting to the last byte.
    pub timeout: Duration,
}

/// The HTTP client could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the SMS gateway's client cannot be made: {0}")]
pub struct GatewayError(String);

/// Delivers messages of the outbox.
pub struct Gateway {
    client: Client,
    send: String,
    key: Secret,
    clock: Arc<dyn Clock>,
}

impl Gateway {
    /// # Errors
    /// [`GatewayError`] when TLS cannot be set up.
    pub fn new(settings: Settings, clock: Arc<dyn Clock>) -> Result<Self, GatewayError> {
        let client = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .timeout(settings.timeout)
            .build()
            .map_err(|error| GatewayError(error.to_string()))?;
        let send = format!("{}/sms/v1/send", settings.url.as_str().trim_end_matches('/'));
        Ok(Self { client, send, key: settings.key, clock })
    }

    async fn send(&self, sms: &Sms, id: &OutboxId) -> Delivery {
        let body = json!({
            "message_id": id, "phone": sms.phone, "sign": sms.sign, "template": sms.template, "text": sms.text,
        });
        match self.client.post(&self.send).bearer_auth(self.key.expose()).json(&body).send().await {
            Ok(answer) => verdict(answer.status()),
            Err(error) => {
                tracing::warn!(error = %error.without_url(), "the SMS gateway does not answer");
                Delivery::Retry
            }
        }
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

/// A refusal of this message is final; a wrong key or a busy gateway may be mended.
fn verdict(status: StatusCode) -> Delivery {
    if status.is_success() {
        return Delivery::Done;
    }
    tracing::warn!(%status, "the SMS gateway refuses a message");
    match status {
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY | StatusCode::CONFLICT => Delivery::Dead,
        _ => Delivery::Retry,
    }
}

#[cfg(test)]
mod tests;
