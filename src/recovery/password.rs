//! R2: a new password by ID number and a code to the registered phone (S0-25…S0-27, S1-21…S1-29).

use tracing::instrument;

use super::{
    CardGoal, NewPasswordInput, ProofInput, Recovery, RecoveryError, ResetPassword, Step, Way,
    account::has_document,
    forms::{self, CaptchaInput},
    model::{Proof, ResetStep},
};
use crate::{
    audit::AuditEvent,
    kernel::{Ctx, Faults, HashedToken, IdDocument, Message, PersonId, Phone, TypedName, required},
    limits::{RateKey, Window},
    notify::{CodePurpose, CodeSent, Recipient},
    people::{PasswordHash, PasswordSetBy, PasswordVerdict, Person, Status},
    storage::{StoreError, Tx, flows::Flow},
};

const PURPOSE: CodePurpose = CodePurpose::ResetPassword;
/// Passwords that one proof compares with the old one: nobody guesses the old one here.
const COMPARISONS: u32 = 5;

/// A new password that may be set, and the wizard it comes from.
#[derive(Debug)]
pub struct Reset {
    flow: Flow<ResetPassword>,
    proof: Proof,
    owner: Person,
    hash: PasswordHash,
}

impl Reset {
    /// Whose sessions end.
    #[must_use]
    pub const fn person(&self) -> PersonId {
        self.owner.id
    }
}

impl Recovery {
    /// The ways of the profile whose authority is there, in its order.
    pub fn password_ways(&self) -> impl Iterator<Item = Way> {
        let ways = self.policy.recovery.password.iter().copied();
        ways.filter(|way| *way != Way::UnionPay || self.offers(CardGoal::Password))
    }

    /// R2 in this browser.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn reset_flow(
        &self,
        ctx: &Ctx,
        browser: &HashedToken,
    ) -> Result<Option<Step<ResetPassword>>, RecoveryError> {
        let flow = self.desk.find::<ResetPassword>(self.base.db.read(), ctx.now, browser).await?;
        Ok(flow.map(|flow| (flow.id, flow.state)))
    }

    /// Step 1: the username and a captcha (S1-22); it goes on alike for every name.
    ///
    /// # Errors
    /// An empty name, a wrong captcha.
    #[instrument(skip_all)]
    pub async fn name_account(
        &self,
        ctx: &Ctx,
        browser: &HashedToken,
        (username, captcha): (&str, &CaptchaInput),
        parked: Option<&str>,
    ) -> Result<(), RecoveryError> {
        if self.policy.recovery.password.is_empty() {
            return Err(RecoveryError::Expired);
        }
        let (mut faults, name) = match forms::username(username) {
            Ok(name) => (Faults::default(), Some(name)),
            Err(faults) => (faults, None),
        };
        self.check_captcha(&mut faults, captcha).await?;
        let name = faults.complete(name)?;
        let person = self.holder_of(name.username().as_ref()).await?;
        let state = ResetPassword {
            username: username.trim().to_owned(),
            person,
            parked: parked.map(ToOwned::to_owned),
            step: ResetStep::Way,
        };
        self.begin(ctx, browser, state).await
    }

    /// Step 2: the way, of those that the profile offers (S1-23).
    ///
    /// # Errors
    /// E_REQUIRED where none was chosen.
    pub async fn choose_way(
        &self,
        ctx: &Ctx,
        browser: &HashedToken,
        chosen: &str,
    ) -> Result<Way, RecoveryError> {
        let mut flow = self.open::<ResetPassword>(ctx, browser).await?;
        if !matches!(flow.state.step, ResetStep::Way | ResetStep::Proof(_)) {
            return Err(RecoveryError::Expired);
        }
        let way = self.password_ways().find(|way| way.as_str() == chosen);
        let way = way.ok_or_else(|| Faults::at("way", required("recover-way")))?;
        if way == Way::UnionPay {
            self.begin_password_by_card(ctx, browser, &flow.state).await?;
        } else if way == Way::SecurityQuestions {
            self.begin_questions(&flow.state).await?;
        }
        flow.state.step = ResetStep::Proof(way);
        self.save(&flow).await?;
        Ok(way)
    }

    /// Step 3: sends the code, if name, document and phone are those of one account; else does the same without sending.
    ///
    /// # Errors
    /// What to correct in the form itself; E_SMS_TOO_FAST, E_SMS_LIMIT.
    #[instrument(skip_all)]
    pub async fn send_reset_code(
        &self,
        ctx: &Ctx,
        browser: &HashedToken,
        input: &ProofInput,
    ) -> Result<(), RecoveryError> {
        let flow = self.proving(ctx, browser).await?;
        let told = forms::proof(input, ctx.now.china_date())?;
        let (owner, stand_in) = self.owner(&flow.state, &told).await?;
        self.text_code(ctx, flow.id, (PURPOSE, recipient(owner.as_ref(), &told.1, &stand_in))).await
    }

    /// The code that is on its way for this form, or would be.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn reset_code_sent(
        &self,
        ctx: &Ctx,
        browser: &HashedToken,
        input: &ProofInput,
    ) -> Result<Option<CodeSent>, RecoveryError> {
        let flow = self.proving(ctx, browser).await?;
        let Ok(told) = forms::proof(input, ctx.now.china_date()) else { return Ok(None) };
        let (owner, stand_in) = self.owner(&flow.state, &told).await?;
        self.sent(ctx, flow.id, (PURPOSE, recipient(owner.as_ref(), &told.1, &stand_in))).await
    }

    /// Step 3: the code. Whatever does not fit is E_SMS_CODE (S1-25).
    ///
    /// # Errors
    /// What to correct in the form itself, and E_SMS_CODE.
    #[instrument(skip_all)]
    pub async fn prove(
        &self,
        ctx: &Ctx,
        browser: &HashedToken,
        input: &ProofInput,
    ) -> Result<(), RecoveryError> {
        let mut flow = self.proving(ctx, browser).await?;
        let told = forms::proof(input, ctx.now.china_date())?;
        forms::code(&input.sms)?;
        let per_minute = Window::per_minute(self.rooms.limits.settings().codes_per_minute);
        self.rooms.limits.rate(RateKey::Source("recovery.proof", ctx.source), per_minute).await?;
        let (owner, stand_in) = self.owner(&flow.state, &told).await?;
        let recipient = recipient(owner.as_ref(), &told.1, &stand_in);
        let codes = self.rooms.notify.codes();
        let proved = codes.check_of(ctx, (PURPOSE, recipient), &flow.id.to_string(), &input.sms).await?;
        let owner = owner.ok_or_else(|| Faults::of("sms", "E_SMS_CODE"))?;
        let password = self.rooms.people.credentials(Some(&owner.username)).await?.mark();
        let proof = Proof { person: owner.id, phone: Some(told.1), password, way: Way::IdNumberAndSms };
        let tx = self.base.db.begin().await?;
        codes.take(&tx, ctx, &proved).await?;
        flow.state.step = ResetStep::NewPassword { proof, compared: 0 };
        self.desk.save(&tx, &flow).await?;
        let event = AuditEvent::RecoveryProved { person: owner.id, way: Way::IdNumberAndSms.as_str() };
        self.rooms.audit.record(&tx, ctx, event).await?;
        Ok(tx.commit().await?)
    }

    /// Step 4: checks the new password (S1-29, S0-27, S0-29); nothing is set yet.
    ///
    /// # Errors
    /// What to correct; `Expired` when the proof is worth nothing any more.
    #[instrument(skip_all)]
    pub async fn check_new_password(
        &self,
        ctx: &Ctx,
        browser: &HashedToken,
        input: &NewPasswordInput,
    ) -> Result<Reset, RecoveryError> {
        let flow = self.open::<ResetPassword>(ctx, browser).await?;
        let ResetStep::NewPassword { proof, .. } = flow.state.step.clone() else {
            return Err(RecoveryError::Expired);
        };
        let owner = self.active(Some(proof.person)).await?.ok_or(RecoveryError::Expired)?;
        if owner.profile.phone != proof.phone {
            return Err(RecoveryError::Expired);
        }
        self.check_rules(&owner, input)?;
        let flow = self.compare(ctx, flow, (&proof, &owner), input).await?;
        let hash = self.rooms.people.hash_password(&input.password).await?;
        Ok(Reset { flow, proof, owner, hash })
    }

    /// Sets it, clears the locks, tells the owner; the caller ends every session in the same transaction.
    ///
    /// # Errors
    /// [`StoreError::Gone`] when the password was set by another way meanwhile, or by this wizard in another tab.
    pub async fn reset(&self, tx: &Tx, ctx: &Ctx, reset: &Reset) -> Result<(), StoreError> {
        let Reset { flow, proof, owner, hash } = reset;
        let mut flow = flow.clone();
        let set_by = set_by(proof.way);
        flow.state.step = ResetStep::Set { capped: set_by.ceiling().is_some() };
        self.desk.save(tx, &flow).await?;
        // A veto that is under way ends first, and takes the phone of the proof with it.
        let now = self.rooms.people.locked(tx, owner.id).await?.ok_or(StoreError::Gone)?;
        if now.status != Status::Active || now.profile.phone != proof.phone {
            return Err(StoreError::Gone);
        }
        let mark = proof.password.ok_or(StoreError::Gone)?;
        let set = self.rooms.people.reset_password(tx, ctx, (owner.id, mark), (hash, set_by)).await?;
        self.rooms.limits.lockout().recovered(tx, &TypedName::new(owner.username.as_str())).await?;
        let event = AuditEvent::PasswordRecovered { person: owner.id, way: set_by.as_str() };
        self.rooms.audit.record(tx, ctx, event).await?;
        self.rooms.ownership.tell_of_password(tx, ctx, (owner, set)).await
    }

    fn check_rules(&self, owner: &Person, input: &NewPasswordInput) -> Result<(), Faults> {
        let mut faults = Faults::default();
        if input.password.is_empty() {
            faults.add("password", required("password-new"));
            return Err(faults);
        }
        if let Err(fault) = self.rooms.people.check_password(&input.password, &owner.known()) {
            faults.add("password", Message::new(fault.message_key()));
        }
        if !forms::is_confirmed(input) {
            faults.add("confirm", Message::new("E_PASSWORD_CONFIRM"));
        }
        faults.or(())
    }

    /// E_PASSWORD_SAME, so many times a proof; the count is written before the answer is given.
    async fn compare(
        &self,
        ctx: &Ctx,
        mut flow: Flow<ResetPassword>,
        (proof, owner): (&Proof, &Person),
        input: &NewPasswordInput,
    ) -> Result<Flow<ResetPassword>, RecoveryError> {
        let ResetStep::NewPassword { compared, .. } = &mut flow.state.step else {
            return Err(RecoveryError::Expired);
        };
        if *compared >= COMPARISONS {
            return Err(RecoveryError::Expired);
        }
        *compared += 1;
        self.save(&flow).await?;
        let flow = self.desk.find_by_id::<ResetPassword>(self.base.db.read(), flow.id).await?;
        let flow = flow.ok_or(RecoveryError::Expired)?;
        let seen = self.rooms.people.credentials(Some(&owner.username)).await?;
        if seen.mark() != proof.password {
            return Err(RecoveryError::Expired);
        }
        tracing::debug!(trace = %ctx.trace, "a new password is compared with the old one");
        match self.rooms.people.verify_password(&seen, &input.password).await? {
            PasswordVerdict::Right => Err(Faults::of("password", "E_PASSWORD_SAME").into()),
            PasswordVerdict::Wrong => Ok(flow),
        }
    }

    async fn proving(&self, ctx: &Ctx, browser: &HashedToken) -> Result<Flow<ResetPassword>, RecoveryError> {
        let flow = self.open::<ResetPassword>(ctx, browser).await?;
        match flow.state.step {
            ResetStep::Proof(Way::IdNumberAndSms) => Ok(flow),
            _ => Err(RecoveryError::Expired),
        }
    }

    /// The account that name, document and phone belong to, and what stands for the phone where there is none.
    async fn owner(
        &self,
        state: &ResetPassword,
        (document, phone): &(IdDocument, Phone),
    ) -> Result<(Option<Person>, String), RecoveryError> {
        let name = TypedName::new(&state.username);
        let told = [name.key(), &document.unique_key(), phone.as_str()].join("\u{1f}");
        let stand_in = self.base.vault.root_index("recovery.reset_password", &told).into_string();
        let person = self.active(state.person).await?;
        let owner = person.filter(|person| has_document(person, document));
        Ok((owner.filter(|person| person.profile.phone.as_ref() == Some(phone)), stand_in))
    }
}

const fn set_by(way: Way) -> PasswordSetBy {
    match way {
        Way::IdNumberAndSms => PasswordSetBy::IdNumberAndSms,
        Way::SecurityQuestions => PasswordSetBy::SecurityQuestions,
        Way::UnionPay => PasswordSetBy::UnionPay,
    }
}

fn recipient<'a>(owner: Option<&Person>, phone: &'a Phone, stand_in: &'a str) -> Recipient<'a> {
    match owner {
        Some(_) => Recipient::Phone(phone),
        None => Recipient::Nobody(stand_in),
    }
}
