//! What the bank's answer does: the account that a yes opens, and the browser that fetches it.

use async_trait::async_trait;
use tracing::instrument;

use crate::{
    audit::AuditEvent,
    kernel::{Amr, AmrMethod, Ctx, FlowId, HashedToken, PersonId, Phone, PlainToken, RealNameLevel},
    notify::SmsTemplate,
    people::NewPerson,
    policy::AfterRegistration,
    proofing::{Answer, Asker, AskerError, JobState, Outcome, Purpose},
    sessions::{NewSession, Session},
    storage::{StoreError, Tx, flows::Flow},
};

use super::{Identity, Login, Notes, Opened, Setback, Signup, SignupError, Wizard};

/// How the question to the bank stands, for the page that waits.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// Not answered yet; the result also goes to this phone.
    Waiting { phone: Phone, state: JobState },
    /// No account came of it; P3 says why.
    Back,
    /// The account is there.
    Opened,
}

/// What a browser gets at the end of its wizard.
#[derive(Debug)]
pub struct Collected {
    pub opened: Opened,
    /// The new session and its token; `None` where the profile leaves signing in to the portal (S1-11).
    pub session: Option<(Session, PlainToken)>,
}

#[async_trait]
impl Asker for Signup {
    fn asks_for(&self, purpose: Purpose) -> bool {
        matches!(purpose, Purpose::Registration(_) | Purpose::Upgrade { .. })
    }

    async fn answered(&self, tx: &Tx, ctx: &Ctx, answer: Answer<'_>) -> Result<(), AskerError> {
        match answer.job.case.purpose {
            Purpose::Registration(flow) => self.registration_answered(tx, ctx, flow, answer).await?,
            Purpose::Upgrade { person, flow } => {
                self.upgrade_answered(tx, ctx, (person, flow), answer).await?;
            }
            Purpose::Recovery(_) => {}
        }
        Ok(())
    }
}

impl Signup {
    /// How the question of this browser's wizard stands.
    ///
    /// # Errors
    /// `Expired` when there is no wizard.
    pub async fn progress(&self, ctx: &Ctx, browser: &HashedToken) -> Result<Progress, SignupError> {
        match self.find(ctx, browser).await?.ok_or(SignupError::Expired)?.1 {
            Wizard::Asking { job, phone, .. } => {
                let state = self.rooms.proofing.state(self.base.db.read(), job).await?;
                Ok(Progress::Waiting { phone, state })
            }
            Wizard::Opened(_) => Ok(Progress::Opened),
            Wizard::Login(_) | Wizard::Identity { .. } | Wizard::Verify { .. } => Ok(Progress::Back),
        }
    }

    /// Gives the waiting browser its session, once (S1-11 aside). The wizard is over with it.
    ///
    /// # Errors
    /// `Expired` when there is no finished wizard of this browser, or another tab fetched the session.
    #[instrument(skip_all)]
    pub async fn collect(&self, ctx: &Ctx, browser: &HashedToken) -> Result<Collected, SignupError> {
        let tx = self.base.db.begin().await?;
        let flow = self.desk.find::<Wizard>(&tx, ctx.now, browser).await?.ok_or(SignupError::Expired)?;
        let Wizard::Opened(opened) = flow.state else { return Err(SignupError::Expired) };
        let closes = self.policy.registration.after == AfterRegistration::ClosePage;
        if closes && opened.parked.is_none() {
            return Ok(Collected { opened, session: None });
        }
        if !self.desk.finish(&tx, flow.id, ctx.now).await? {
            return Err(SignupError::Expired);
        }
        let session = self.sign_in(&tx, ctx, opened.person).await?;
        tx.commit().await?;
        Ok(Collected { opened, session: Some(session) })
    }

    /// The person chose the password and typed a code to their phone in this very wizard.
    async fn sign_in(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        person: PersonId,
    ) -> Result<(Session, PlainToken), StoreError> {
        let new = NewSession { person, amr: Amr::password() };
        let (session, token) = self.rooms.sessions.start(tx, ctx, new).await?;
        let event = AuditEvent::SignInSucceeded {
            person,
            client: None,
            session: session.id,
            amr: vec![AmrMethod::Pwd],
        };
        self.rooms.audit.record(tx, ctx, event).await?;
        Ok((session, token))
    }

    /// A wizard that is gone, or asks about another job by now, is left alone.
    async fn registration_answered(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        id: FlowId,
        answer: Answer<'_>,
    ) -> Result<(), SignupError> {
        let Some(mut flow) = self.desk.find_by_id::<Wizard>(tx, id).await? else { return Ok(()) };
        let Wizard::Asking { login, identity, job, notes, .. } = flow.state.clone() else { return Ok(()) };
        if job != answer.job.id {
            return Ok(());
        }
        let ctx = &Ctx { locale: notes.locale, ..ctx.clone() };
        match self.obstacle(tx, ctx, flow.id, (&login, &identity), answer).await? {
            Some(setback) => self.set_back(tx, ctx, flow, setback, answer).await,
            None => {
                flow.state = Wizard::Opened(self.open(tx, ctx, id, (login, identity, notes), answer).await?);
                Ok(self.desk.save(tx, &flow).await?)
            }
        }
    }

    /// What keeps the account from being opened. Nothing is written unless there is no obstacle.
    async fn obstacle(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        flow: FlowId,
        (login, identity): (&Login, &Identity),
        answer: Answer<'_>,
    ) -> Result<Option<Setback>, SignupError> {
        if answer.shown != Outcome::Ok {
            return Ok(Some(Setback::Bank(answer.shown)));
        }
        // `decisions.md`: a holder who has proved the identity is never displaced on line
        if let Some(holder) = self.rooms.people.identity_holder(tx, &identity.document).await?
            && self.rooms.proofing.holds_by_proof(tx, holder).await?
        {
            return Ok(Some(Setback::IdentityTaken));
        }
        match self
            .rooms
            .people
            .reserve_username(tx, ctx, &login.username, flow)
            .await
            .map_err(SignupError::from)
        {
            Err(SignupError::Invalid(_)) => Ok(Some(Setback::UsernameTaken)),
            other => other.map(|()| None),
        }
    }

    async fn set_back(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        mut flow: Flow<Wizard>,
        setback: Setback,
        answer: Answer<'_>,
    ) -> Result<(), SignupError> {
        flow.state = flow.state.set_back(setback)?;
        self.desk.save(tx, &flow).await?;
        Ok(self.rooms.ownership.refused(tx, ctx, None, answer).await?)
    }

    /// The bank's yes: identity and phone move to the account that opens (S0-06, S1-30).
    async fn open(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        flow: FlowId,
        (login, identity, notes): (Login, Identity, Notes),
        answer: Answer<'_>,
    ) -> Result<Opened, SignupError> {
        let holders = self.displace(tx, ctx, &identity, &answer.job.case.phone).await?;
        let profile = identity.profile(answer.job.case.phone.clone(), None);
        let new = NewPerson { username: login.username.clone(), password: login.password, profile, flow };
        let person = self.rooms.people.create(tx, ctx, new).await?;
        for event in holders.events(person) {
            self.rooms.audit.record(tx, ctx, event).await?;
        }
        self.rooms.consents.adopt(tx, flow, person).await?;
        let level = RealNameLevel::L2;
        self.rooms.audit.record(tx, ctx, AuditEvent::PersonRegistered { person, level }).await?;
        self.rooms.ownership.proved(tx, ctx, (person, answer.job.case.document_until), answer).await?;
        Ok(Opened { person, username: login.username, level, parked: notes.parked })
    }

    /// Takes identity and phone from accounts that hold them without proof, or no longer have the phone. The owner of
    /// a displaced identity is told by SMS; a displaced phone is no way to tell its former owner anything.
    async fn displace(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        identity: &Identity,
        phone: &Phone,
    ) -> Result<Displaced, SignupError> {
        let typist = self.rooms.people.identity_holder(tx, &identity.document).await?;
        if let Some(typist) = typist {
            self.tell_displaced(tx, ctx, typist, phone).await?;
            self.rooms.people.displace_identity(tx, ctx, typist).await?;
        }
        let phone_holder = self.rooms.ownership.displace_phone(tx, ctx, phone, None).await?;
        Ok(Displaced { identity: typist, phone: phone_holder })
    }

    async fn tell_displaced(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        holder: PersonId,
        proved: &Phone,
    ) -> Result<(), SignupError> {
        let Some(person) = self.rooms.people.find_in(tx, holder).await? else { return Ok(()) };
        let ctx = &Ctx { locale: person.locale, ..ctx.clone() };
        if let Some(phone) = person.profile.phone.filter(|phone| phone != proved) {
            let name = [("username", person.username.masked())];
            self.rooms.notify.sms(tx, ctx, SmsTemplate::IdentityDisplaced, &phone, &name).await?;
        }
        Ok(())
    }
}

/// Whom a yes took something from.
struct Displaced {
    identity: Option<PersonId>,
    phone: Option<PersonId>,
}

impl Displaced {
    fn events(&self, by: PersonId) -> impl Iterator<Item = AuditEvent> {
        let identity = self.identity.map(|person| AuditEvent::IdentityDisplaced { person, by });
        let phone = self.phone.map(|person| AuditEvent::PhoneDisplaced { person, by });
        identity.into_iter().chain(phone)
    }
}
