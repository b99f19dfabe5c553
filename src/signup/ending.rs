//! The warning of a level that ends soon (T9, `domain.md` §2.4): an SMS, once for each proof, before it stops to count.
//!
//! Who looks at a proof notes so in the transaction that queues the message, so that of many nodes one sends it and a node
//! that dies sends it or leaves it to another. A few at a time: a code that somebody waits for never stands behind a long
//! row of notices.

use chrono::TimeDelta;
use tracing::instrument;

use crate::{
    audit::AuditEvent,
    kernel::{Ctx, Phone, Timestamp},
    notify::SmsTemplate,
    people::{Person, Status},
    proofing::{self, Ending},
    storage::{StoreError, Tx},
};

use super::Signup;

/// Proofs of one turn: their messages leave within one pulse of the outbox.
const AT_ONCE: u64 = 32;
/// Nobody waits for a notice: it comes by day, from this hour in Asia/Shanghai and before that one. Proofs end, and are
/// near their end, at midnight.
const FROM: TimeDelta = TimeDelta::hours(9);
const BEFORE: TimeDelta = TimeDelta::hours(20);

impl Signup {
    /// Tells a few of those whose level ends soon; tells how many proofs were looked at.
    ///
    /// # Errors
    /// When the proofs cannot be read.
    #[instrument(skip_all)]
    pub async fn warn_of_ends(&self, ctx: &Ctx) -> Result<usize, StoreError> {
        if !is_day(ctx.now) {
            return Ok(0);
        }
        let ending = self.rooms.proofing.ending(ctx.now, AT_ONCE).await?;
        for proof in &ending {
            if let Err(error) = self.warn(ctx, *proof).await {
                tracing::error!(%error, evidence.id = %proof.evidence, "nobody is told of the end of a proof");
            }
        }
        Ok(ending.len())
    }

    async fn warn(&self, ctx: &Ctx, ending: Ending) -> Result<(), StoreError> {
        let tx = self.base.db.begin().await?;
        if !self.rooms.proofing.note_end(&tx, ctx, ending.evidence).await? {
            return Ok(());
        }
        if let Some((person, phone, end)) = self.to_be_told(&tx, ctx, ending).await? {
            let ctx = &Ctx { locale: person.locale, ..ctx.clone() };
            let date = proofing::last_day(end).to_string();
            let args = [("username", person.username.masked()), ("date", date)];
            self.rooms.notify.sms(&tx, ctx, SmsTemplate::LevelExpiring, &phone, &args).await?;
            let event = AuditEvent::LevelExpiryTold { person: person.id, evidence: ending.evidence };
            self.rooms.audit.record(&tx, ctx, event).await?;
        }
        tx.commit().await
    }

    /// Nobody is when the account is not in use, has no phone, or has another proof that counts longer.
    async fn to_be_told(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        ending: Ending,
    ) -> Result<Option<(Person, Phone, Timestamp)>, StoreError> {
        let evidence = self.rooms.proofing.evidence_in(tx, ending.person).await?;
        let lasting = proofing::lasting(&evidence, ctx.now).filter(|proof| proof.id == ending.evidence);
        let Some(end) = lasting.and_then(|proof| proof.expires_at) else { return Ok(None) };
        let person = self.rooms.people.find_in(tx, ending.person).await?;
        let Some(person) = person.filter(|person| person.status == Status::Active) else { return Ok(None) };
        let Some(phone) = person.profile.phone.clone() else { return Ok(None) };
        Ok(Some((person, phone, end)))
    }
}

fn is_day(now: Timestamp) -> bool {
    let hour = now - Timestamp::china_midnight(now.china_date());
    (FROM..BEFORE).contains(&hour)
}
