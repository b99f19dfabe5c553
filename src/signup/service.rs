//! The façade: P1 and P2, and what all steps share.

use std::sync::Arc;

use chrono::TimeDelta;
use tracing::instrument;

use crate::{
    audit::{Audit, AuditEvent},
    consents::{Agreement, Consents, Holder},
    kernel::{Ctx, Faults, FlowId, HashedToken, Known, Message, Timestamp, Username, given, required},
    limits::{Limits, RateError, RateKey, Window},
    notify::{CodeError, Notify},
    ownership::Ownership,
    people::{CreateError, People, PeopleError, UsernameTaken},
    policy::Policy,
    proofing::{Proofing, ProofingError},
    sessions::Sessions,
    storage::{
        Base, EphemeralError, StoreError, Tx, counters,
        flows::{ConnectionTrait, Desk, Flow, NewFlow, Parked},
    },
};

use super::{Identity, IdentityInput, Login, LoginInput, Notes, Upgrade, Wizard, WrongStep, forms};

/// A captcha-free name check on leaving the input: so many a minute from one source.
const NAME_CHECKS: Window = Window::per_minute(10);
/// The window of the disclosure budget.
pub(super) const HOUR: TimeDelta = TimeDelta::hours(1);

/// Why a step did not go through.
#[derive(Debug, thiserror::Error)]
pub enum SignupError {
    /// What to correct.
    #[error("the form has faults")]
    Invalid(Faults),
    /// E_ID_TAKEN_PERSON, with the ways out of it (S1-08, S1-30).
    #[error("the identity has an account")]
    IdentityTaken,
    /// E_FLOW_EXPIRED: no wizard of this browser, or it stands at another step.
    #[error("no wizard at this step")]
    Expired,
    /// The bank is asked: the waiting page tells more.
    #[error("the bank is being asked")]
    Asking,
    /// The account is there already.
    #[error("the account is there")]
    Opened,
    /// E_RATE
    #[error("too many")]
    TooMany,
    /// 503 with `Retry-After`.
    #[error("too busy")]
    Busy,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Ephemeral(#[from] EphemeralError),
    #[error(transparent)]
    People(PeopleError),
}

impl From<Faults> for SignupError {
    fn from(faults: Faults) -> Self {
        Self::Invalid(faults)
    }
}

impl From<WrongStep> for SignupError {
    fn from(_: WrongStep) -> Self {
        Self::Expired
    }
}

impl From<PeopleError> for SignupError {
    fn from(error: PeopleError) -> Self {
        match error {
            PeopleError::Busy => Self::Busy,
            PeopleError::Store(error) => Self::Store(error),
            other @ PeopleError::Hash(_) => Self::People(other),
        }
    }
}

impl From<UsernameTaken> for SignupError {
    fn from(error: UsernameTaken) -> Self {
        match error {
            UsernameTaken::Taken => Self::Invalid(Faults::of("username", "E_USERNAME_TAKEN")),
            UsernameTaken::Store(error) => Self::Store(error),
        }
    }
}

impl From<CreateError> for SignupError {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::IdentityTaken(_) => Self::IdentityTaken,
            CreateError::PhoneTaken(_) => Self::Invalid(Faults::of("phone", "E_PHONE_TAKEN")),
            CreateError::UsernameTaken => Self::Invalid(Faults::of("username", "E_USERNAME_TAKEN")),
            CreateError::Store(error) => Self::Store(error),
        }
    }
}

impl From<RateError> for SignupError {
    fn from(error: RateError) -> Self {
        match error {
            RateError::TooMany => Self::TooMany,
            RateError::Ephemeral(error) => Self::Ephemeral(error),
        }
    }
}

impl From<CodeError> for SignupError {
    fn from(error: CodeError) -> Self {
        match (error.message(), error) {
            (_, CodeError::Store(error)) => Self::Store(error),
            (Some(message), CodeError::Wrong) => Self::Invalid(Faults::at("sms", message)),
            (Some(message), _) => Self::Invalid(Faults::at("phone", message)),
            (None, _) => Self::TooMany,
        }
    }
}

impl From<ProofingError> for SignupError {
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

/// The rooms that registration spans.
#[derive(Clone)]
pub struct Rooms {
    pub people: People,
    pub proofing: Proofing,
    pub ownership: Ownership,
    pub sessions: Sessions,
    pub consents: Consents,
    pub notify: Notify,
    pub limits: Limits,
    pub audit: Audit,
}

/// Whose browser asks, and for which authorization request.
#[derive(Clone, Copy, Debug)]
pub struct Visitor<'a> {
    pub browser: &'a HashedToken,
    pub parked: Option<&'a str>,
}

/// Versions of the texts that are ticked.
#[derive(Clone, Copy, Debug)]
pub struct Versions {
    pub terms: &'static str,
    pub privacy: &'static str,
}

/// Registration, and the bank check of a signed-in person. Cheap to clone.
#[derive(Clone)]
pub struct Signup {
    pub(super) base: Base,
    pub(super) rooms: Rooms,
    pub(super) policy: Arc<Policy>,
    pub(super) versions: Versions,
    pub(super) desk: Desk,
}

impl Signup {
    /// Over the shared infrastructure and the rooms it spans.
    pub fn new(base: Base, rooms: Rooms, policy: Arc<Policy>, versions: Versions) -> Self {
        Self { desk: Desk::new(base.clone()), base, rooms, policy, versions }
    }

    /// The open wizard of this browser: an interrupted one goes on.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn find(
        &self,
        ctx: &Ctx,
        browser: &HashedToken,
    ) -> Result<Option<(FlowId, Wizard)>, SignupError> {
        let flow = self.desk.find::<Wizard>(self.base.db.read(), ctx.now, browser).await?;
        Ok(flow.map(|flow| (flow.id, flow.state)))
    }

    /// Whether a name can be had, for the check on leaving the input (S0-08).
    ///
    /// # Errors
    /// E_USERNAME_FORMAT, E_USERNAME_TAKEN, or E_RATE past ten a minute.
    pub async fn check_name(&self, ctx: &Ctx, browser: &HashedToken, typed: &str) -> Result<(), SignupError> {
        self.rooms.limits.rate(RateKey::Source("signup.name", ctx.source), NAME_CHECKS).await?;
        let name = self.rooms.people.choose_username(typed);
        let name = name.map_err(|error| Faults::of("username", error.message_key()))?;
        let flow = self.find(ctx, browser).await?.map(|(id, _)| id);
        match self.rooms.people.is_username_free(ctx, &name, flow).await? {
            true => Ok(()),
            false => Err(Faults::of("username", "E_USERNAME_TAKEN").into()),
        }
    }

    /// P1: holds the name and starts the wizard, or changes the login data of a running one.
    ///
    /// # Errors
    /// What to correct; `Asking` while the bank is asked.
    #[instrument(skip_all)]
    pub async fn login(
        &self,
        ctx: &Ctx,
        visitor: Visitor<'_>,
        input: &LoginInput,
    ) -> Result<(), SignupError> {
        let username = self.check_login(input).await?;
        let password = self.rooms.people.hash_password(&input.password).await?;
        let login = Login { username, password };
        match self.keep_login(ctx, visitor, login.clone()).await {
            Err(SignupError::Store(StoreError::Gone | StoreError::Conflict)) => {
                self.keep_login(ctx, visitor, login).await
            }
            kept => kept,
        }
    }

    async fn check_login(&self, input: &LoginInput) -> Result<Username, SignupError> {
        let mut faults = Faults::default();
        let username = self.check_username(&mut faults, &input.username);
        self.check_password(&mut faults, input);
        let captcha = self.rooms.limits.captcha();
        if captcha.is_shown() && input.captcha.trim().is_empty() {
            faults.add("captcha", required("captcha"));
        } else if !captcha.check(&input.captcha_id, &input.captcha).await? {
            faults.add("captcha", Message::new("E_CAPTCHA"));
        }
        if input.agree.is_empty() {
            faults.add("agree", Message::new("E_AGREE"));
        }
        match username {
            Some(username) => Ok(faults.or(username)?),
            None => Err(faults.into()),
        }
    }

    fn check_username(&self, faults: &mut Faults, typed: &str) -> Option<Username> {
        let typed = faults.keep("username", given(typed, "username"))?;
        let chosen = self.rooms.people.choose_username(typed);
        faults.keep("username", chosen.map_err(|error| Message::new(error.message_key())))
    }

    fn check_password(&self, faults: &mut Faults, input: &LoginInput) {
        if input.password.is_empty() {
            return faults.add("password", required("password"));
        }
        let known = Known { username: input.username.trim(), pieces: Vec::new() };
        if let Err(fault) = self.rooms.people.check_password(&input.password, &known) {
            faults.add("password", Message::new(fault.message_key()));
        }
        if !input.password.matches(&input.confirm) {
            faults.add("confirm", Message::new("E_PASSWORD_CONFIRM"));
        }
    }

    async fn keep_login(&self, ctx: &Ctx, visitor: Visitor<'_>, login: Login) -> Result<(), SignupError> {
        let tx = self.base.db.begin().await?;
        match self.desk.find::<Wizard>(&tx, ctx.now, visitor.browser).await? {
            Some(flow) if !matches!(flow.state, Wizard::Opened(_)) => {
                self.change_login(&tx, ctx, visitor, flow, login).await?;
            }
            finished => {
                if let Some(flow) = finished {
                    self.desk.finish(&tx, flow.id, ctx.now).await?;
                }
                self.start(&tx, ctx, visitor, login).await?;
            }
        }
        Ok(tx.commit().await?)
    }

    async fn start(&self, tx: &Tx, ctx: &Ctx, visitor: Visitor<'_>, login: Login) -> Result<(), SignupError> {
        let id = FlowId::new(ctx.now, self.base.rng.as_ref());
        self.rooms.people.reserve_username(tx, ctx, &login.username, id).await?;
        let parked = visitor.parked.map(ToOwned::to_owned);
        let notes = Notes { parked, locale: ctx.locale, ..Notes::default() };
        let state = Wizard::Login(notes).named(login)?;
        let expires_at = ctx.now + self.policy.registration.flow.delta();
        self.desk.start(tx, ctx, NewFlow { id, browser: visitor.browser, state, expires_at }).await?;
        for (document, version) in [("terms", self.versions.terms), ("privacy", self.versions.privacy)] {
            self.tick(tx, ctx, Holder::Flow(id), Agreed { document, version, purpose: "registration" })
                .await?;
        }
        Ok(())
    }

    async fn change_login(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        visitor: Visitor<'_>,
        mut flow: Flow<Wizard>,
        login: Login,
    ) -> Result<(), SignupError> {
        if matches!(flow.state, Wizard::Asking { .. }) {
            return Err(SignupError::Asking);
        }
        self.rooms.people.reserve_username(tx, ctx, &login.username, flow.id).await?;
        flow.state = flow.state.named(login)?;
        if let (Some(notes), Some(parked)) = (flow.state.notes_mut(), visitor.parked) {
            notes.parked = Some(parked.to_owned());
        }
        Ok(self.desk.save(tx, &flow).await?)
    }

    /// P2: who the person is. With `claim` the person says that a taken identity is theirs (S1-30).
    ///
    /// # Errors
    /// What to correct; `IdentityTaken` as long as the budget lasts, then `TooMany`.
    #[instrument(skip_all)]
    pub async fn identity(
        &self,
        ctx: &Ctx,
        browser: &HashedToken,
        input: &IdentityInput,
        claim: bool,
    ) -> Result<(), SignupError> {
        let tx = self.base.db.begin().await?;
        let mut flow = self.running(&tx, ctx, browser).await?;
        let least_age = self.policy.registration.minimum_age;
        let identity = forms::identity(input, ctx.now.china_date(), least_age)?;
        let taken = self.look_up(&tx, ctx, &mut flow, &identity, claim).await?;
        if !taken {
            let claiming = claim && flow.state.notes().is_some_and(|notes| notes.claiming);
            flow.state = flow.state.identified(identity, claiming)?;
        }
        self.desk.save(&tx, &flow).await?;
        tx.commit().await?;
        if taken { Err(SignupError::IdentityTaken) } else { Ok(()) }
    }

    /// Whether to tell that the identity is taken. The answer is budgeted per wizard and per source (`decisions.md`,
    /// “What may be known”), held while it is given; past it everybody gets the same refusal before anything is looked up. A
    /// claim of an identity of which this wizard was told passes.
    async fn look_up(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        flow: &mut Flow<Wizard>,
        identity: &Identity,
        claim: bool,
    ) -> Result<bool, SignupError> {
        let key = self.base.vault.root_index("signup.told", &identity.document.unique_key()).into_string();
        let budget = told_budget(ctx);
        let limits = &self.policy.disclosure;
        let notes = flow.state.notes_mut().ok_or(SignupError::Expired)?;
        let known = notes.told.contains(&key);
        let told = u32::try_from(notes.told.len()).unwrap_or(u32::MAX);
        let spent = counters::hold(tx, &budget, ctx.now).await?;
        if !known && (told >= limits.per_flow || spent >= limits.per_source_hour) {
            return Err(SignupError::TooMany);
        }
        let holder = self.rooms.people.identity_holder(tx, &identity.document).await?;
        notes.claiming = claim && known && holder.is_some();
        let Some(holder) = holder.filter(|_| !notes.claiming) else { return Ok(false) };
        if !known {
            notes.told.push(key);
            counters::hit(tx, &budget, HOUR, ctx.now).await?;
            self.rooms.audit.record(tx, ctx, AuditEvent::IdentityDisclosed { person: holder }).await?;
        }
        Ok(true)
    }

    /// The wizard of this browser, if it waits for a page.
    pub(super) async fn running(
        &self,
        db: &impl ConnectionTrait,
        ctx: &Ctx,
        browser: &HashedToken,
    ) -> Result<Flow<Wizard>, SignupError> {
        let flow = self.desk.find::<Wizard>(db, ctx.now, browser).await?.ok_or(SignupError::Expired)?;
        match flow.state {
            Wizard::Asking { .. } => Err(SignupError::Asking),
            Wizard::Opened(_) => Err(SignupError::Opened),
            _ => Ok(flow),
        }
    }

    pub(super) async fn tick(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        holder: Holder,
        agreed: Agreed,
    ) -> Result<(), StoreError> {
        let agreement = Agreement {
            document: agreed.document.to_owned(),
            version: agreed.version.to_owned(),
            purpose: agreed.purpose.to_owned(),
        };
        self.rooms.consents.tick(tx, ctx, holder, agreement).await
    }

    /// The browser's cookie is replaced: its wizards follow.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn rebind(&self, tx: &Tx, old: &HashedToken, new: &HashedToken) -> Result<(), StoreError> {
        self.desk.rebind(tx, &[Wizard::KIND, Upgrade::KIND], (old, new)).await
    }

    /// Removes a batch of the wizards that ran out a day ago, with what was ticked in those that came to no account; tells
    /// how many.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn sweep(&self, tx: &Tx, now: Timestamp) -> Result<u64, StoreError> {
        let gone = self.desk.sweep(tx, now - TimeDelta::days(1)).await?;
        self.rooms.consents.abandon(tx, &gone).await?;
        Ok(u64::try_from(gone.len()).unwrap_or(u64::MAX))
    }
}

/// The budget of one source for being told that an identity is taken.
pub(super) fn told_budget(ctx: &Ctx) -> String {
    format!("signup.told:{}", ctx.source.prefix())
}

/// One tick.
pub(super) struct Agreed {
    pub document: &'static str,
    pub version: &'static str,
    pub purpose: &'static str,
}

impl Parked for Wizard {
    const KIND: &'static str = "registration";
}
