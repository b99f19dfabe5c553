//! R2 (b): a new password by the security questions, with the full ID number beside them (S1-26, S1-27, S3-11).
//!
//! A wrong number and a wrong answer are one fault, at the same cost; the fifth in a day closes the way, and the owner is
//! told.

use chrono::TimeDelta;
use tracing::instrument;

use super::{
    Recovery, RecoveryError, ResetPassword, Way,
    account::has_document,
    forms::{self, AnswersInput},
    model::{Proof, ResetStep},
};
use crate::{
    audit::AuditEvent,
    kernel::{Ctx, Faults, HashedToken, Message, PersonId},
    limits::{Budget, RateKey, Window},
    notify::SmsTemplate,
    people::{CHOSEN, Person, Question, SetQuestions, given_answers},
    storage::flows::Flow,
};

/// `pages.md` R2 (b).
const TRIES: Budget = Budget { max: 5, length: TimeDelta::hours(24) };
const TOLD: Budget = Budget { max: 1, length: TimeDelta::hours(24) };

impl Recovery {
    /// Whether this way leads anywhere for whoever was named; somebody who is nobody has no questions either.
    ///
    /// # Errors
    /// E_NO_SECURITY_Q (S1-27).
    pub(super) async fn begin_questions(&self, state: &ResetPassword) -> Result<(), RecoveryError> {
        match self.asked(state).await? {
            Some(_) => Ok(()),
            None => Err(Faults::of("way", "E_NO_SECURITY_Q").into()),
        }
    }

    /// The questions that this wizard asks.
    ///
    /// # Errors
    /// `Expired` where it asks none.
    pub async fn questions(
        &self,
        ctx: &Ctx,
        browser: &HashedToken,
    ) -> Result<[Question; CHOSEN], RecoveryError> {
        let flow = self.answering(ctx, browser).await?;
        let (_, set) = self.asked(&flow.state).await?.ok_or(RecoveryError::Expired)?;
        Ok(set.questions)
    }

    /// Step 3: the ID number and all three answers (S1-26).
    ///
    /// # Errors
    /// What to correct in the form itself; E_SECURITY_A, whatever is wrong; E_SECURITY_LOCKED.
    #[instrument(skip_all)]
    pub async fn answer(
        &self,
        ctx: &Ctx,
        browser: &HashedToken,
        input: &AnswersInput,
    ) -> Result<(), RecoveryError> {
        let flow = self.answering(ctx, browser).await?;
        let mut faults = Faults::default();
        let document = forms::document(&mut faults, &input.document, ctx.now.china_date());
        if let Err(found) = given_answers(&input.answers) {
            faults.append(found);
        }
        let document = faults.complete(document)?;
        let per_minute = Window::per_minute(self.rooms.limits.settings().codes_per_minute);
        self.rooms.limits.rate(RateKey::Source("recovery.proof", ctx.source), per_minute).await?;
        let (person, set) = self.asked(&flow.state).await?.ok_or(RecoveryError::Expired)?;
        self.draw(ctx, person.id).await?;
        let right = self.rooms.people.verify_answers(Some(&set), &input.answers).await?;
        if right && has_document(&person, &document) {
            self.answered(ctx, flow, (&person, &set)).await
        } else {
            Err(self.wrong(ctx, &person).await?.into())
        }
    }

    /// Counts a try before it is looked at.
    async fn draw(&self, ctx: &Ctx, person: PersonId) -> Result<(), RecoveryError> {
        let tx = self.base.db.begin().await?;
        let id = person.to_string();
        let drawn = self.rooms.limits.spend(&tx, ctx, tries(&id), TRIES).await?;
        tx.commit().await?;
        if drawn { Ok(()) } else { Err(closed().into()) }
    }

    async fn answered(
        &self,
        ctx: &Ctx,
        mut flow: Flow<ResetPassword>,
        (person, set): (&Person, &SetQuestions),
    ) -> Result<(), RecoveryError> {
        let password = self.rooms.people.credentials(Some(&person.username)).await?.mark();
        let way = Way::SecurityQuestions;
        let proof = Proof { person: person.id, phone: person.profile.phone.clone(), password, way };
        flow.state.step = ResetStep::NewPassword { proof, compared: 0 };
        let tx = self.base.db.begin().await?;
        // Cleared or changed while they were being compared: the answers are worth nothing any more.
        let now = self.rooms.people.questions_in(&tx, person.id).await?;
        if now.is_none_or(|now| now.set_at != set.set_at) {
            return Err(RecoveryError::Expired);
        }
        self.rooms.limits.restore(&tx, tries(&person.id.to_string())).await?;
        self.desk.save(&tx, &flow).await?;
        let event = AuditEvent::RecoveryProved { person: person.id, way: way.as_str() };
        self.rooms.audit.record(&tx, ctx, event).await?;
        Ok(tx.commit().await?)
    }

    /// What a wrong try is told; the last one tells the owner too, once a day.
    async fn wrong(&self, ctx: &Ctx, person: &Person) -> Result<Faults, RecoveryError> {
        let id = person.id.to_string();
        let tx = self.base.db.begin().await?;
        let is_last = self.rooms.limits.is_spent(&tx, ctx, tries(&id), TRIES).await?;
        if is_last && self.rooms.limits.spend(&tx, ctx, told(&id), TOLD).await? {
            self.rooms.audit.record(&tx, ctx, AuditEvent::QuestionsGuessed { person: person.id }).await?;
            if let Some(phone) = &person.profile.phone {
                let ctx = &Ctx { locale: person.locale, ..ctx.clone() };
                let args = [("username", person.username.masked())];
                self.rooms.notify.sms(&tx, ctx, SmsTemplate::QuestionsAttack, phone, &args).await?;
            }
        }
        tx.commit().await?;
        Ok(if is_last { closed() } else { Faults::whole(Message::new("E_SECURITY_A")) })
    }

    async fn answering(
        &self,
        ctx: &Ctx,
        browser: &HashedToken,
    ) -> Result<Flow<ResetPassword>, RecoveryError> {
        let flow = self.open::<ResetPassword>(ctx, browser).await?;
        match flow.state.step {
            ResetStep::Proof(Way::SecurityQuestions) => Ok(flow),
            _ => Err(RecoveryError::Expired),
        }
    }

    /// Whoever was named and what they set; for nobody the same is looked up.
    async fn asked(&self, state: &ResetPassword) -> Result<Option<(Person, SetQuestions)>, RecoveryError> {
        let person = self.active(state.person).await?;
        let id = state.person.unwrap_or_else(|| PersonId::from_uuid(uuid::Uuid::nil()));
        let set = self.rooms.people.questions(id).await?;
        Ok(person.zip(set))
    }
}

fn closed() -> Faults {
    Faults::whole(Message::new("E_SECURITY_LOCKED"))
}

fn tries(person: &str) -> RateKey<'_> {
    RateKey::Value("recovery.questions", person)
}

fn told(person: &str) -> RateKey<'_> {
    RateKey::Value("recovery.questions.told", person)
}
