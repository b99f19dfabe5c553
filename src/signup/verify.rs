//! P3: the code that proves the phone, 稍后认证, and the question to the bank.

use tracing::instrument;

use crate::{
    audit::AuditEvent,
    consents::Holder,
    kernel::{Ctx, Faults, FlowId, HashedToken, JobId, Message, Phone, RealNameLevel, Secret, required},
    limits::{RateKey, Window},
    notify::{CodeCheck, CodePurpose, CodeRequest, CodeSent, ProvedCode},
    people::NewPerson,
    policy::RegistrationProofing,
    proofing::{CardCase, CardMethod, Purpose, typed_phone},
    storage::{StoreError, Tx, flows::Flow},
};

use super::{
    Contact, Identity, IdentityInput, Login, Notes, Opened, ProofInput, Signup, SignupError, Wizard,
    forms::{self, LaterForm},
    service::Agreed,
};

/// How long a wizard lives on once the bank is asked: its browser may come back within the hour of its request.
const ASKED_LIFETIME: chrono::TimeDelta = chrono::TimeDelta::hours(1);

/// Kept answers of a page whose form has a fault, so that no typed text is lost.
pub(super) fn contact_of(input: &ProofInput) -> Contact {
    Contact {
        later: input.choice == "later",
        bank: input.bank.clone(),
        registered_name: input.bankname.clone(),
        phone: input.phone.clone(),
        email: input.email.clone(),
    }
}

/// A page that is left by 上一步.
#[derive(Clone, Copy, Debug)]
pub enum Typed<'a> {
    Identity(&'a IdentityInput),
    Proof(&'a ProofInput),
}

impl Signup {
    /// Sends a code to the phone that was typed (S1-10).
    ///
    /// # Errors
    /// E_PHONE_FORMAT, E_SMS_TOO_FAST, E_SMS_LIMIT.
    #[instrument(skip_all)]
    pub async fn send_code(
        &self,
        ctx: &Ctx,
        browser: &HashedToken,
        input: &ProofInput,
    ) -> Result<CodeSent, SignupError> {
        let (flow, ..) = self.at_verify(ctx, browser).await?;
        let phone = typed_phone(&input.phone).map_err(|message| Faults::at("phone", message))?;
        let id = flow.id.to_string();
        self.keep_contact(flow, input).await?;
        self.text_code(ctx, code_request(&phone, &id)).await
    }

    /// Sends this code, as fast as one source may ask for them.
    pub(super) async fn text_code(
        &self,
        ctx: &Ctx,
        request: CodeRequest<'_>,
    ) -> Result<CodeSent, SignupError> {
        let per_minute = Window::per_minute(self.rooms.limits.settings().codes_per_minute);
        self.rooms.limits.rate(RateKey::Source("signup.sms", ctx.source), per_minute).await?;
        Ok(self.rooms.notify.codes().send(ctx, request).await?)
    }

    /// The person goes back from P2 or P3: what was typed there is kept.
    ///
    /// # Errors
    /// `Expired` when there is no wizard that waits for a page.
    pub async fn keep(&self, ctx: &Ctx, browser: &HashedToken, typed: Typed<'_>) -> Result<(), SignupError> {
        let mut flow = self.running(self.base.db.read(), ctx, browser).await?;
        if let Some(notes) = flow.state.notes_mut() {
            match typed {
                Typed::Identity(input) => notes.draft = Some(input.clone()),
                Typed::Proof(input) => notes.contact = contact_of(input),
            }
        }
        let tx = self.base.db.begin().await?;
        self.desk.save(&tx, &flow).await?;
        Ok(tx.commit().await?)
    }

    /// The code on its way to the phone that was typed, if there is one.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn code_sent(
        &self,
        ctx: &Ctx,
        flow: FlowId,
        phone: &str,
    ) -> Result<Option<CodeSent>, SignupError> {
        let Ok(phone) = phone.parse::<Phone>() else { return Ok(None) };
        let id = flow.to_string();
        Ok(self.rooms.notify.codes().find_sent(ctx, code_request(&phone, &id)).await?)
    }

    /// 稍后认证: an account at L1 (S3-01). Sent twice, it makes one account.
    ///
    /// # Errors
    /// What to correct; `Expired` where the profile or a claim demands the bank.
    #[instrument(skip_all)]
    pub async fn verify_later(
        &self,
        ctx: &Ctx,
        browser: &HashedToken,
        input: &ProofInput,
    ) -> Result<(), SignupError> {
        match self.open_later(ctx, browser, input).await {
            Err(SignupError::Opened) => Ok(()),
            Err(error) => match self.find(ctx, browser).await? {
                Some((_, Wizard::Opened(_))) => Ok(()),
                _ => Err(error),
            },
            opened => opened,
        }
    }

    async fn open_later(
        &self,
        ctx: &Ctx,
        browser: &HashedToken,
        input: &ProofInput,
    ) -> Result<(), SignupError> {
        let (mut flow, login, identity, notes) = self.at_verify(ctx, browser).await?;
        if notes.claiming || self.policy.registration.proofing == RegistrationProofing::Required {
            return Err(SignupError::Expired);
        }
        let form = forms::later(input)?;
        let proved = self.prove(ctx, &flow, &form.phone, &input.sms).await?;
        let tx = self.base.db.begin().await?;
        self.take_proof(&tx, ctx, &mut flow, &form.phone, proved).await?;
        if self.rooms.people.phone_holder(&tx, &form.phone).await?.is_some() {
            self.desk.save(&tx, &flow).await?;
            tx.commit().await?;
            return Err(Faults::of("phone", "E_PHONE_TAKEN").into());
        }
        flow.state = Wizard::Opened(self.create_l1(&tx, ctx, flow.id, (login, identity, notes), form).await?);
        self.desk.save(&tx, &flow).await?;
        Ok(tx.commit().await?)
    }

    async fn create_l1(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        flow: FlowId,
        (login, identity, notes): (Login, Identity, Notes),
        form: LaterForm,
    ) -> Result<Opened, SignupError> {
        let profile = identity.profile(form.phone.clone(), form.email);
        let new = NewPerson { username: login.username.clone(), password: login.password, profile, flow };
        let person = self.rooms.people.create(tx, ctx, new).await?;
        self.rooms.proofing.record_phone(tx, ctx, person, &form.phone).await?;
        self.rooms.consents.adopt(tx, flow, person).await?;
        let level = RealNameLevel::L1;
        self.rooms.audit.record(tx, ctx, AuditEvent::PersonRegistered { person, level }).await?;
        Ok(Opened { person, username: login.username, level, parked: notes.parked })
    }

    /// Asks the bank: queues the job and leaves the wizard waiting (S0-11). Sent twice, it is one job.
    ///
    /// # Errors
    /// What to correct; BANK_LIMIT past the attempts of this wizard or of today.
    #[instrument(skip_all)]
    pub async fn verify_bank(
        &self,
        ctx: &Ctx,
        browser: &HashedToken,
        input: &ProofInput,
    ) -> Result<JobId, SignupError> {
        match self.submit(ctx, browser, input).await {
            Err(error) => match self.find(ctx, browser).await? {
                Some((_, Wizard::Asking { job, .. })) => Ok(job),
                Some((_, Wizard::Opened(_))) => Err(SignupError::Opened),
                _ => Err(error),
            },
            submitted => submitted,
        }
    }

    async fn submit(
        &self,
        ctx: &Ctx,
        browser: &HashedToken,
        input: &ProofInput,
    ) -> Result<JobId, SignupError> {
        let (mut flow, login, identity, notes) = self.at_verify(ctx, browser).await?;
        if notes.attempts >= self.policy.proofing.attempts_per_flow {
            return Err(Faults::whole(Message::new("BANK_LIMIT")).into());
        }
        let form = forms::bank(input, &identity.name)?;
        let proved = self.prove(ctx, &flow, &form.phone, &input.sms).await?;
        let tx = self.base.db.begin().await?;
        self.take_proof(&tx, ctx, &mut flow, &form.phone, proved).await?;
        self.write_contact(&mut flow, input);
        let phone = form.phone.clone();
        let case = CardCase {
            purpose: Purpose::Registration(flow.id),
            name: identity.name,
            bank_registered_name: form.registered_name,
            document: identity.document,
            document_until: identity.valid_until,
            channel: form.channel,
            card: form.card,
            phone: form.phone,
        };
        let job = match self.rooms.proofing.submit(&tx, ctx, case).await {
            Ok(job) => job,
            Err(error) => return self.not_asked(tx, &flow, error.into()).await,
        };
        self.rooms.people.reserve_username(&tx, ctx, &login.username, flow.id).await?;
        self.note_question(&tx, ctx, Holder::Flow(flow.id), (job, CardMethod::Bank)).await?;
        flow.expires_at = flow.expires_at.max(ctx.now + ASKED_LIFETIME);
        flow.state = flow.state.asking(job, phone)?;
        self.desk.save(&tx, &flow).await?;
        tx.commit().await?;
        Ok(job)
    }

    /// A limit was met: the code that was entered stays good for the next try.
    async fn not_asked(&self, tx: Tx, flow: &Flow<Wizard>, error: SignupError) -> Result<JobId, SignupError> {
        if matches!(error, SignupError::Invalid(_)) {
            self.desk.save(&tx, flow).await?;
            tx.commit().await?;
        }
        Err(error)
    }

    /// PIPL art. 29: the consent to give a bank account to a bank or to UnionPay stands apart, one row for each question.
    pub(super) async fn note_question(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        holder: Holder,
        (job, method): (JobId, CardMethod),
    ) -> Result<(), StoreError> {
        let purpose = match method {
            CardMethod::Bank => "bank_verification",
            CardMethod::UnionPay => "unionpay_verification",
        };
        let agreed = Agreed { document: "bank", version: self.versions.privacy, purpose };
        self.tick(tx, ctx, holder, agreed).await?;
        let person = match holder {
            Holder::Person(person) => Some(person),
            Holder::Flow(_) => None,
        };
        self.rooms
            .audit
            .record(tx, ctx, AuditEvent::VerificationStarted { person, job, method: method.as_str() })
            .await
    }

    /// The code of the phone, unless this wizard proved the phone before.
    async fn prove(
        &self,
        ctx: &Ctx,
        flow: &Flow<Wizard>,
        phone: &Phone,
        code: &Secret,
    ) -> Result<Option<ProvedCode>, SignupError> {
        if flow.state.notes().is_some_and(|notes| notes.proved.as_ref() == Some(phone)) {
            return Ok(None);
        }
        if code.expose().trim().is_empty() {
            return Err(Faults::at("sms", required("sms-code")).into());
        }
        let flow = flow.id.to_string();
        let check = CodeCheck { purpose: CodePurpose::Registration, phone, flow: &flow, code };
        Ok(Some(self.rooms.notify.codes().check(ctx, check).await?))
    }

    async fn take_proof(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        flow: &mut Flow<Wizard>,
        phone: &Phone,
        proved: Option<ProvedCode>,
    ) -> Result<(), SignupError> {
        let Some(code) = proved else { return Ok(()) };
        self.rooms.notify.codes().take(tx, ctx, &code).await?;
        if let Some(notes) = flow.state.notes_mut() {
            notes.proved = Some(phone.clone());
        }
        Ok(())
    }

    async fn at_verify(
        &self,
        ctx: &Ctx,
        browser: &HashedToken,
    ) -> Result<(Flow<Wizard>, Login, Identity, Notes), SignupError> {
        let flow = self.running(self.base.db.read(), ctx, browser).await?;
        let Wizard::Verify { login, identity, notes } = flow.state.clone() else {
            return Err(SignupError::Expired);
        };
        Ok((flow, login, identity, notes))
    }

    fn write_contact(&self, flow: &mut Flow<Wizard>, input: &ProofInput) {
        if let Some(notes) = flow.state.notes_mut() {
            notes.contact = contact_of(input);
        }
    }

    async fn keep_contact(&self, mut flow: Flow<Wizard>, input: &ProofInput) -> Result<(), SignupError> {
        self.write_contact(&mut flow, input);
        let tx = self.base.db.begin().await?;
        self.desk.save(&tx, &flow).await?;
        Ok(tx.commit().await?)
    }
}

fn code_request<'a>(phone: &'a Phone, flow: &'a str) -> CodeRequest<'a> {
    CodeRequest { purpose: CodePurpose::Registration, phone, flow }
}
