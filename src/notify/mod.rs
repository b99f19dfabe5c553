//! Messages to people: SMS through the outbox to a gateway, and the one-time codes that prove a phone.
//!
//! A message is queued in the use case's own transaction and says its text there, in the language of the request; the
//! gateway of [`Gateway`] gets it afterwards. Its texts are keys `sms-text-…` of the catalogues. May use `policy`, `render`,
//! `storage`, `kernel`.

mod adapter;
mod codes;
mod store;
mod template;

pub use adapter::{Gateway, Withheld};
pub use codes::{CodeCheck, CodeError, CodePurpose, CodeRequest, CodeSent, Codes, ProvedCode, Recipient};
pub use template::SmsTemplate;

use crate::{
    kernel::{Ctx, Message, Phone, Timestamp},
    policy::Policy,
    render::Texts,
    storage::{Base, Outbox, StoreError, Tx, authority::Gate},
};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The outbox kind of a message.
const SMS: &str = "sms";
/// The outbox kind of a message to nobody.
const WITHHELD: &str = "sms_withheld";
/// A notice that could not be delivered for so long says nothing any more.
const NOTICE_LIFETIME: TimeDelta = TimeDelta::days(3);

/// Queues messages; cheap to clone.
#[derive(Clone)]
pub struct Notify {
    base: Base,
    outbox: Outbox,
    texts: Arc<Texts>,
    policy: Arc<Policy>,
    gateway: Option<Gate>,
}

impl Notify {
    #[must_use]
    pub fn new(base: Base, outbox: Outbox, texts: Arc<Texts>, policy: Arc<Policy>) -> Self {
        Self { base, outbox, texts, policy, gateway: None }
    }

    /// The same, with an eye on the gateway: the page says when messages come late.
    #[must_use]
    pub fn watching(self, gateway: Gate) -> Self {
        Self { gateway: Some(gateway), ..self }
    }

    /// Queues a notice, said in the language of the request; it leaves if `tx` commits.
    ///
    /// # Errors
    /// [`StoreError::Db`]
    pub async fn sms(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        template: SmsTemplate,
        phone: &Phone,
        args: &[(&'static str, String)],
    ) -> Result<(), StoreError> {
        let message = args
            .iter()
            .fold(Message::new(template.key()), |message, (name, value)| message.with(name, value));
        let text = self.texts.say(ctx.locale, &message.with("sign", &self.policy.sms.signature));
        self.queue(tx, ctx, phone, Wording { template, text, not_after: ctx.now + NOTICE_LIFETIME }).await
    }

    /// The one-time codes.
    #[must_use]
    pub fn codes(&self) -> Codes<'_> {
        Codes::new(self)
    }

    async fn queue(&self, tx: &Tx, ctx: &Ctx, phone: &Phone, wording: Wording) -> Result<(), StoreError> {
        let sms = Sms {
            phone: phone.clone(),
            sign: self.policy.sms.signature.clone(),
            template: wording.template.id().to_owned(),
            text: wording.text,
            not_after: wording.not_after,
        };
        self.outbox.queue(tx, ctx, self.base.rng.as_ref(), SMS, &sms).await?;
        Ok(())
    }
}

impl Notify {
    /// Does what [`Self::queue`] does and nothing more, for nobody: it costs the same.
    async fn withhold(&self, tx: &Tx, ctx: &Ctx, wording: Wording) -> Result<(), StoreError> {
        // No code stands in it, though it is as long as one that leaves.
        let text = "*".repeat(wording.text.len());
        self.outbox.queue(tx, ctx, self.base.rng.as_ref(), WITHHELD, &text).await?;
        Ok(())
    }
}

/// What is to be said, and until when it makes sense.
struct Wording {
    template: SmsTemplate,
    text: String,
    not_after: Timestamp,
}

/// A message as it waits in the outbox, sealed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Sms {
    phone: Phone,
    sign: String,
    template: String,
    text: String,
    not_after: Timestamp,
}

#[cfg(test)]
mod tests;
