//! The façade: what both wizards stand on.

use std::sync::Arc;

use crate::{
    audit::Audit,
    consents::Consents,
    kernel::{Ctx, Faults, FlowId, HashedToken, Message, PersonId, Username, required},
    limits::{Limits, RateError, RateKey, Window},
    notify::{CodeError, CodePurpose, CodeSent, Notify, Recipient},
    ownership::Ownership,
    people::{People, PeopleError, Person, Status},
    policy::Policy,
    proofing::{Proofing, ProofingError},
    storage::{
        Base, EphemeralError, StoreError, Tx,
        flows::{Desk, Flow, NewFlow, Parked},
    },
};

use super::{FindName, OwnCard, ResetPassword, forms::CaptchaInput};

/// Why a step did not go through.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// What to correct.
    #[error("the form has faults")]
    Invalid(Faults),
    /// E_FLOW_EXPIRED: no wizard of this browser, or it stands elsewhere, or its proof is worth nothing any more.
    #[error("no wizard at this step")]
    Expired,
    /// An authority is asked, or has answered: the waiting page tells more.
    #[error("an authority is being asked, or was")]
    Asking,
    /// E_RATE
    #[error("too many")]
    TooMany,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Ephemeral(#[from] EphemeralError),
    #[error(transparent)]
    People(#[from] PeopleError),
}

impl From<Faults> for RecoveryError {
    fn from(faults: Faults) -> Self {
        Self::Invalid(faults)
    }
}

impl From<RateError> for RecoveryError {
    fn from(error: RateError) -> Self {
        match error {
            RateError::TooMany => Self::TooMany,
            RateError::Ephemeral(error) => Self::Ephemeral(error),
        }
    }
}

impl From<ProofingError> for RecoveryError {
    fn from(error: ProofingError) -> Self {
        match error {
            ProofingError::Limit => Self::Invalid(Faults::whole(Message::new("BANK_LIMIT"))),
            ProofingError::UnknownBank => Self::Invalid(Faults::of("bank", "BANK_UNSUPPORTED")),
            ProofingError::LeftAlone => Self::Invalid(Faults::whole(Message::new("BANK_BUSY"))),
            ProofingError::NotOffered => Self::Expired,
            ProofingError::Store(error) => Self::Store(error),
        }
    }
}

impl From<CodeError> for RecoveryError {
    fn from(error: CodeError) -> Self {
        match (error.message(), error) {
            (_, CodeError::Store(error)) => Self::Store(error),
            (Some(message), CodeError::Wrong) => Self::Invalid(Faults::at("sms", message)),
            (Some(message), _) => Self::Invalid(Faults::whole(message)),
            (None, _) => Self::TooMany,
        }
    }
}

/// The rooms that recovery spans.
#[derive(Clone)]
pub struct Rooms {
    pub people: People,
    pub proofing: Proofing,
    pub ownership: Ownership,
    pub consents: Consents,
    pub notify: Notify,
    pub limits: Limits,
    pub audit: Audit,
}

/// A wizard's id and where it stands.
pub type Step<S> = (FlowId, S);

/// Recovery of usernames and passwords. Cheap to clone.
#[derive(Clone)]
pub struct Recovery {
    pub(super) base: Base,
    pub(super) rooms: Rooms,
    pub(super) policy: Arc<Policy>,
    pub(super) desk: Desk,
    /// The version of the text that a bank check consents to.
    pub(super) privacy: &'static str,
}

impl Recovery {
    /// Over the shared infrastructure and the rooms it spans.
    pub fn new(base: Base, rooms: Rooms, policy: Arc<Policy>, privacy: &'static str) -> Self {
        Self { desk: Desk::new(base.clone()), base, rooms, policy, privacy }
    }

    /// The browser's cookie is replaced: its wizards follow.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn rebind(&self, tx: &Tx, old: &HashedToken, new: &HashedToken) -> Result<(), StoreError> {
        self.desk.rebind(tx, &[FindName::KIND, ResetPassword::KIND, OwnCard::KIND], (old, new)).await
    }

    /// The code on its way in this wizard, if there is one.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) async fn sent(
        &self,
        ctx: &Ctx,
        flow: FlowId,
        (purpose, recipient): (CodePurpose, Recipient<'_>),
    ) -> Result<Option<CodeSent>, RecoveryError> {
        Ok(self.rooms.notify.codes().find_sent_to(ctx, (purpose, recipient), &flow.to_string()).await?)
    }

    /// Sends a code, or does all the same but send it where there is nobody to send it to.
    pub(super) async fn text_code(
        &self,
        ctx: &Ctx,
        flow: FlowId,
        (purpose, recipient): (CodePurpose, Recipient<'_>),
    ) -> Result<(), RecoveryError> {
        self.limit_codes(ctx).await?;
        self.rooms.notify.codes().send_to(ctx, (purpose, recipient), &flow.to_string()).await?;
        Ok(())
    }

    /// As fast as one source may ask for codes.
    pub(super) async fn limit_codes(&self, ctx: &Ctx) -> Result<(), RecoveryError> {
        let per_minute = Window::per_minute(self.rooms.limits.settings().codes_per_minute);
        Ok(self.rooms.limits.rate(RateKey::Source("recovery.sms", ctx.source), per_minute).await?)
    }

    /// The captcha before anything is looked up (I-02).
    pub(super) async fn check_captcha(
        &self,
        faults: &mut Faults,
        input: &CaptchaInput,
    ) -> Result<(), RecoveryError> {
        let captcha = self.rooms.limits.captcha();
        if captcha.is_shown() && input.answer.trim().is_empty() {
            faults.add("captcha", required("captcha"));
        } else if !captcha.check(&input.id, &input.answer).await? {
            faults.add("captcha", Message::new("E_CAPTCHA"));
        }
        Ok(())
    }

    /// The account of an id, if it may be used; nobody's costs the same look-up.
    pub(super) async fn active(&self, person: Option<PersonId>) -> Result<Option<Person>, RecoveryError> {
        let asked = person.unwrap_or_else(|| PersonId::from_uuid(uuid::Uuid::nil()));
        let found = self.rooms.people.find_in(self.base.db.read(), asked).await?;
        Ok(found.filter(|found| found.status == Status::Active && person.is_some()))
    }

    /// Who has a name, or nobody; at the same cost.
    pub(super) async fn holder_of(&self, name: Option<&Username>) -> Result<Option<PersonId>, RecoveryError> {
        Ok(self.rooms.people.credentials(name).await?.person)
    }

    /// A wizard begins in this browser; an earlier one of its kind is over.
    pub(super) async fn begin<S: Parked>(
        &self,
        ctx: &Ctx,
        browser: &HashedToken,
        state: S,
    ) -> Result<(), RecoveryError> {
        let tx = self.base.db.begin().await?;
        self.replace(&tx, ctx, browser, state).await?;
        Ok(tx.commit().await?)
    }

    /// A wizard in the place of an earlier one of its kind.
    pub(super) async fn replace<S: Parked>(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        browser: &HashedToken,
        state: S,
    ) -> Result<(), RecoveryError> {
        if let Some(earlier) = self.desk.find::<S>(tx, ctx.now, browser).await? {
            self.desk.finish(tx, earlier.id, ctx.now).await?;
        }
        let id = FlowId::new(ctx.now, self.base.rng.as_ref());
        let expires_at = ctx.now + self.policy.registration.flow.delta();
        self.desk.start(tx, ctx, NewFlow { id, browser, state, expires_at }).await?;
        Ok(())
    }

    pub(super) async fn open<S: Parked>(
        &self,
        ctx: &Ctx,
        browser: &HashedToken,
    ) -> Result<Flow<S>, RecoveryError> {
        let flow = self.desk.find::<S>(self.base.db.read(), ctx.now, browser).await?;
        flow.ok_or(RecoveryError::Expired)
    }

    pub(super) async fn save<S: Parked>(&self, flow: &Flow<S>) -> Result<(), RecoveryError> {
        let tx = self.base.db.begin().await?;
        self.desk.save(&tx, flow).await?;
        Ok(tx.commit().await?)
    }
}
