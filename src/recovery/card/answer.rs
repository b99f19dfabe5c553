//! The authority's answer about a card: only its yes opens whose account it is.

use async_trait::async_trait;

use super::{CardDone, CardGoal, CardSetback, CardStep, OwnCard};
use crate::{
    audit::AuditEvent,
    kernel::{Ctx, FlowId},
    notify::SmsTemplate,
    people::{Person, Status},
    proofing::{Answer, Asker, AskerError, Outcome, Purpose},
    recovery::{Recovery, RecoveryError, Way, account::has_document, model::Proof},
    storage::Tx,
};

#[async_trait]
impl Asker for Recovery {
    fn asks_for(&self, purpose: Purpose) -> bool {
        matches!(purpose, Purpose::Recovery(_))
    }

    async fn answered(&self, tx: &Tx, ctx: &Ctx, answer: Answer<'_>) -> Result<(), AskerError> {
        let Purpose::Recovery(flow) = answer.job.case.purpose else { return Ok(()) };
        Ok(self.card_answered(tx, ctx, flow, answer).await?)
    }
}

impl Recovery {
    /// A wizard that is gone, or asks about another job by now, is left alone.
    async fn card_answered(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        id: FlowId,
        answer: Answer<'_>,
    ) -> Result<(), RecoveryError> {
        let Some(mut flow) = self.desk.find_by_id::<OwnCard>(tx, id).await? else { return Ok(()) };
        if !matches!(flow.state.step, CardStep::Asking { job, .. } if job == answer.job.id) {
            return Ok(());
        }
        match self.found(tx, ctx, &flow.state, answer).await? {
            Ok(owner) => {
                let ctx = &Ctx { locale: owner.locale, ..ctx.clone() };
                self.rooms.consents.adopt(tx, id, owner.id).await?;
                flow.state.step =
                    CardStep::Done(self.open_by_card(tx, ctx, flow.state.goal, &owner, answer).await?);
            }
            Err(setback) => {
                flow.state.step = CardStep::Filling;
                flow.state.attempts += u32::from(answer.verdict.outcome.is_charged());
                flow.state.setback = Some(setback);
                self.rooms.ownership.refused(tx, ctx, None, answer).await?;
            }
        }
        Ok(self.desk.save(tx, &flow).await?)
    }

    /// Whose account the yes is about, or what stands in the way.
    async fn found(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        state: &OwnCard,
        answer: Answer<'_>,
    ) -> Result<Result<Person, CardSetback>, RecoveryError> {
        if answer.shown != Outcome::Ok {
            return Ok(Err(CardSetback::Authority(answer.shown)));
        }
        let Some(owner) = self.holder_in(tx, answer).await? else { return Ok(Err(CardSetback::NoAccount)) };
        let by_proof = self.rooms.proofing.holds_by_proof(tx, owner.id).await?;
        let has_phone = owner.profile.phone.as_ref() == Some(&answer.job.case.phone);
        let setback = match state.goal {
            CardGoal::Password if state.person != Some(owner.id) => Some(CardSetback::OtherAccount),
            // Whoever registered with somebody else's number knows that account's password, and has its phone.
            CardGoal::Phone if !by_proof => Some(CardSetback::NotByProof),
            CardGoal::Password if !by_proof && !has_phone => Some(CardSetback::NotByProof),
            CardGoal::Phone if self.rooms.ownership.is_frozen(tx, ctx, owner.id).await? => {
                Some(CardSetback::Frozen)
            }
            CardGoal::Phone | CardGoal::Username | CardGoal::Password => None,
        };
        Ok(setback.map_or(Ok(owner), Err))
    }

    async fn holder_in(&self, tx: &Tx, answer: Answer<'_>) -> Result<Option<Person>, RecoveryError> {
        let case = &answer.job.case;
        let Some(id) = self.rooms.people.identity_holder(tx, &case.document).await? else { return Ok(None) };
        let found = self.rooms.people.locked(tx, id).await?;
        Ok(found.filter(|person| person.status == Status::Active && has_document(person, &case.document)))
    }

    async fn open_by_card(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        goal: CardGoal,
        owner: &Person,
        answer: Answer<'_>,
    ) -> Result<CardDone, RecoveryError> {
        let phone = &answer.job.case.phone;
        match goal {
            CardGoal::Phone => {
                self.rooms.ownership.take_phone(tx, ctx, owner, phone).await?;
                self.rooms.ownership.proved(tx, ctx, (owner.id, owner.profile.valid_until), answer).await?;
                let args = [("username", owner.username.masked())];
                self.rooms.notify.sms(tx, ctx, SmsTemplate::PhoneTaken, phone, &args).await?;
                Ok(CardDone::PhoneReplaced)
            }
            CardGoal::Username => {
                self.text_name(tx, ctx, owner, (phone, Way::UnionPay.as_str())).await?;
                Ok(CardDone::NameSent)
            }
            CardGoal::Password => Ok(CardDone::Proved(self.proof_of(tx, ctx, owner, answer).await?)),
        }
    }

    /// The proof counts for a level too where the card's phone is the account's.
    async fn proof_of(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        owner: &Person,
        answer: Answer<'_>,
    ) -> Result<Proof, RecoveryError> {
        if owner.profile.phone.as_ref() == Some(&answer.job.case.phone) {
            self.rooms.ownership.proved(tx, ctx, (owner.id, owner.profile.valid_until), answer).await?;
        }
        let event = AuditEvent::RecoveryProved { person: owner.id, way: Way::UnionPay.as_str() };
        self.rooms.audit.record(tx, ctx, event).await?;
        let password = self.rooms.people.credentials(Some(&owner.username)).await?.mark();
        let phone = owner.profile.phone.clone();
        Ok(Proof { person: owner.id, phone, password, way: Way::UnionPay })
    }
}
