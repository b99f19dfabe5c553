//! R4 更换手机号, R1 ② and R2 (c): what an authority's yes about a card of one's own opens (S1-49…S1-54, S3-08, S3-11).
//!
//! ```text
//! Filling ──code, card──► Asking ──yes──► Done
//!    ▲                      │
//!    └────────── no ────────┘
//! ```
//! Whoever fills this in is a stranger until the yes. Only then is it looked at whose account it is; before, every identity
//! and every name costs the same and sees the same.

mod answer;

use serde::{Deserialize, Serialize};
use tracing::instrument;

use super::{
    AccountInput, Recovery, RecoveryError, ResetPassword, Step, forms,
    model::{Proof, ResetStep},
};
use crate::{
    audit::AuditEvent,
    consents::{Agreement, Holder},
    kernel::{
        Ctx, Faults, FlowId, HashedToken, IdDocument, JobId, Message, PersonId, PersonName, Phone, Secret,
    },
    notify::{CodeCheck, CodePurpose, CodeRequest, CodeSent, ProvedCode},
    proofing::{
        CardCase, CardForm, CardMethod, JobState, Outcome, Purpose, TypedCard, bank_form, typed_phone,
        unionpay_form,
    },
    storage::{
        Tx,
        flows::{Flow, Parked},
    },
};

/// How long a wizard lives on once the authority is asked.
const ASKED_LIFETIME: chrono::TimeDelta = chrono::TimeDelta::hours(1);

/// What the yes is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CardGoal {
    /// R4: the phone of the card becomes the account's.
    Phone,
    /// R1 ②: the username goes to the phone of the card.
    Username,
    /// R2 (c): a new password for the account of this wizard of R2.
    Password,
}

/// A card, as sent; the captcha stands before the first code.
#[derive(Clone, Debug, Default)]
pub struct OwnCardInput {
    pub identity: AccountInput,
    pub bank: String,
    pub account: Secret,
    pub bankname: String,
    pub phone: String,
    pub sms: Secret,
    pub bankok: String,
}

/// What of it a page shows again: neither card nor code.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OwnCardTyped {
    pub name: String,
    pub id_type: String,
    pub id_number: String,
    pub nationality: String,
    pub bank: String,
    pub bankname: String,
    pub phone: String,
}

/// Why nothing came of a question.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum CardSetback {
    /// The authority's no.
    Authority(Outcome),
    /// A yes, and nobody has an account with this identity.
    NoAccount,
    /// A yes, and the account only typed the identity: its owner may be somebody else (S1-30).
    NotByProof,
    /// A yes, and the username is another person's or nobody's.
    OtherAccount,
    /// A yes, and the phone before undid a change a short while ago.
    Frozen,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum CardDone {
    PhoneReplaced,
    NameSent,
    Proved(Proof),
}

/// Where it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum CardStep {
    Filling,
    Asking { job: JobId, phone: Phone },
    Done(CardDone),
}

/// The wizard's value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OwnCard {
    pub goal: CardGoal,
    /// R2's, as typed, and who has it.
    pub username: String,
    person: Option<PersonId>,
    pub parked: Option<String>,
    pub typed: OwnCardTyped,
    /// A captcha was answered: a further code needs none.
    pub captcha: bool,
    /// The phone that was proved by a code.
    pub proved: Option<Phone>,
    attempts: u32,
    pub setback: Option<CardSetback>,
    pub step: CardStep,
}

/// How the question stands, for the page that waits.
#[derive(Debug)]
pub enum CardProgress {
    Waiting {
        method: CardMethod,
        phone: Phone,
        state: JobState,
    },
    /// The form says why.
    Back(CardGoal),
    Done(CardGoal),
}

impl Parked for OwnCard {
    const KIND: &'static str = "own_card";
}

impl OwnCard {
    fn new(goal: CardGoal, parked: Option<&str>) -> Self {
        Self {
            goal,
            username: String::new(),
            person: None,
            parked: parked.map(ToOwned::to_owned),
            typed: OwnCardTyped::default(),
            captcha: false,
            proved: None,
            attempts: 0,
            setback: None,
            step: CardStep::Filling,
        }
    }
}

impl CardGoal {
    /// Who is asked: UnionPay where S3 says so, the bank where S1 does.
    #[must_use]
    pub const fn method(self) -> CardMethod {
        match self {
            Self::Phone => CardMethod::Bank,
            Self::Username | Self::Password => CardMethod::UnionPay,
        }
    }

    const fn purpose(self) -> CodePurpose {
        match self {
            Self::Phone => CodePurpose::ReplacePhone,
            Self::Username => CodePurpose::FindName,
            Self::Password => CodePurpose::ResetPassword,
        }
    }
}

impl OwnCardInput {
    fn card(&self) -> TypedCard<'_> {
        let Self { bank, account, bankname, phone, bankok, .. } = self;
        TypedCard { bank, account, bankname, phone, bankok }
    }

    fn kept(&self) -> OwnCardTyped {
        let document = &self.identity.document;
        OwnCardTyped {
            name: self.identity.name.clone(),
            id_type: document.id_type.clone(),
            id_number: document.id_number.clone(),
            nationality: document.nationality.clone(),
            bank: self.bank.clone(),
            bankname: self.bankname.clone(),
            phone: self.phone.clone(),
        }
    }
}

/// All inputs, parsed.
struct Told {
    name: PersonName,
    document: IdDocument,
    card: CardForm,
}

impl Recovery {
    /// Whether this is offered here: by the profile, and by an authority that is configured.
    #[must_use]
    pub fn offers(&self, goal: CardGoal) -> bool {
        use crate::policy::{AccountWay, PasswordWay};
        let listed = match goal {
            CardGoal::Phone => self.policy.recovery.phone,
            CardGoal::Username => self.policy.recovery.account.contains(&AccountWay::UnionPay),
            CardGoal::Password => self.policy.recovery.password.contains(&PasswordWay::UnionPay),
        };
        listed && self.rooms.proofing.offer(goal.method()).is_some()
    }

    /// The wizard for this goal in this browser.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn own_card(
        &self,
        ctx: &Ctx,
        browser: &HashedToken,
        goal: CardGoal,
    ) -> Result<Option<Step<OwnCard>>, RecoveryError> {
        let flow = self.desk.find::<OwnCard>(self.base.db.read(), ctx.now, browser).await?;
        Ok(flow.filter(|flow| flow.state.goal == goal).map(|flow| (flow.id, flow.state)))
    }

    /// R2's way (c): the wizard of the account that was named there.
    pub(super) async fn begin_password_by_card(
        &self,
        ctx: &Ctx,
        browser: &HashedToken,
        reset: &ResetPassword,
    ) -> Result<(), RecoveryError> {
        let state = OwnCard {
            username: reset.username.clone(),
            person: reset.person,
            ..OwnCard::new(CardGoal::Password, reset.parked.as_deref())
        };
        self.begin(ctx, browser, state).await
    }

    /// Sends a code to the phone that was typed, after a captcha.
    ///
    /// # Errors
    /// E_PHONE_FORMAT, E_CAPTCHA, E_SMS_TOO_FAST, E_SMS_LIMIT.
    #[instrument(skip_all)]
    pub async fn send_card_code(
        &self,
        ctx: &Ctx,
        browser: &HashedToken,
        (goal, parked): (CardGoal, Option<&str>),
        input: &OwnCardInput,
    ) -> Result<(), RecoveryError> {
        let found = self.own_card(ctx, browser, goal).await?;
        if goal != CardGoal::Password && found.is_some_and(|(_, own)| matches!(own.step, CardStep::Done(_))) {
            // once more, for another account or phone
            self.begin(ctx, browser, OwnCard::new(goal, parked)).await?;
        }
        let mut flow = self.filling(ctx, browser, (goal, parked)).await?;
        let phone = typed_phone(&input.phone).map_err(|message| Faults::at("phone", message))?;
        if !flow.state.captcha {
            let mut faults = Faults::default();
            self.check_captcha(&mut faults, &input.identity.captcha).await?;
            faults.or(())?;
        }
        flow.state.captcha = true;
        flow.state.setback = None;
        flow.state.typed = input.kept();
        self.save(&flow).await?;
        self.limit_codes(ctx).await?;
        let request = CodeRequest { purpose: goal.purpose(), phone: &phone, flow: &flow.id.to_string() };
        self.rooms.notify.codes().send(ctx, request).await?;
        Ok(())
    }

    /// The code on its way to the phone that was typed, if there is one.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn card_code_sent(
        &self,
        ctx: &Ctx,
        (flow, goal): (FlowId, CardGoal),
        phone: &str,
    ) -> Result<Option<CodeSent>, RecoveryError> {
        let Ok(phone) = phone.parse::<Phone>() else { return Ok(None) };
        let request = CodeRequest { purpose: goal.purpose(), phone: &phone, flow: &flow.to_string() };
        Ok(self.rooms.notify.codes().find_sent(ctx, request).await?)
    }

    /// Asks the authority. Sent twice, it is one job.
    ///
    /// # Errors
    /// What to correct; BANK_LIMIT past the attempts of this wizard or of today; BANK_BUSY while the authority is left
    /// alone.
    #[instrument(skip_all)]
    pub async fn ask_about_card(
        &self,
        ctx: &Ctx,
        browser: &HashedToken,
        (goal, parked): (CardGoal, Option<&str>),
        input: &OwnCardInput,
    ) -> Result<JobId, RecoveryError> {
        match self.submit(ctx, browser, (goal, parked), input).await {
            Err(error) => match self.own_card(ctx, browser, goal).await? {
                Some((_, OwnCard { step: CardStep::Asking { job, .. }, .. })) => Ok(job),
                Some((_, OwnCard { step: CardStep::Done(_), .. })) => Err(RecoveryError::Asking),
                _ => Err(error),
            },
            submitted => submitted,
        }
    }

    async fn submit(
        &self,
        ctx: &Ctx,
        browser: &HashedToken,
        (goal, parked): (CardGoal, Option<&str>),
        input: &OwnCardInput,
    ) -> Result<JobId, RecoveryError> {
        let mut flow = self.filling(ctx, browser, (goal, parked)).await?;
        if flow.state.attempts >= self.policy.proofing.attempts_per_flow {
            return Err(Faults::whole(Message::new("BANK_LIMIT")).into());
        }
        let told = read(input, goal, ctx.now.china_date())?;
        let phone = told.card.phone.clone();
        let proved = self.prove_phone(ctx, &flow, (&phone, &input.sms)).await?;
        let tx = self.base.db.begin().await?;
        if let Some(code) = proved {
            self.rooms.notify.codes().take(&tx, ctx, &code).await?;
        }
        flow.state.proved = Some(phone.clone());
        flow.state.typed = input.kept();
        flow.state.setback = None;
        let submitted = self.rooms.proofing.submit(&tx, ctx, case_of(flow.id, told)).await;
        let job = match submitted.map_err(RecoveryError::from) {
            Ok(job) => job,
            Err(error) => {
                // the code that was entered stays good for the next try
                self.desk.save(&tx, &flow).await?;
                tx.commit().await?;
                return Err(error);
            }
        };
        self.note_question(&tx, ctx, flow.id, (job, goal.method())).await?;
        flow.expires_at = flow.expires_at.max(ctx.now + ASKED_LIFETIME);
        flow.state.step = CardStep::Asking { job, phone };
        self.desk.save(&tx, &flow).await?;
        tx.commit().await?;
        Ok(job)
    }

    /// How the question stands.
    ///
    /// # Errors
    /// `Expired` when there is no wizard.
    pub async fn card_progress(
        &self,
        ctx: &Ctx,
        browser: &HashedToken,
    ) -> Result<CardProgress, RecoveryError> {
        let state = self.open::<OwnCard>(ctx, browser).await?.state;
        Ok(match state.step {
            CardStep::Filling => CardProgress::Back(state.goal),
            CardStep::Asking { job, phone } => {
                let job = self.rooms.proofing.state(self.base.db.read(), job).await?;
                CardProgress::Waiting { method: state.goal.method(), phone, state: job }
            }
            CardStep::Done(_) => CardProgress::Done(state.goal),
        })
    }

    /// R2 goes on with its fourth step, once.
    ///
    /// # Errors
    /// `Expired` when there is no proof to fetch.
    pub async fn collect_proof(&self, ctx: &Ctx, browser: &HashedToken) -> Result<(), RecoveryError> {
        let flow = self.open::<OwnCard>(ctx, browser).await?;
        let CardStep::Done(CardDone::Proved(proof)) = flow.state.step else {
            return Err(RecoveryError::Expired);
        };
        let tx = self.base.db.begin().await?;
        if !self.desk.finish(&tx, flow.id, ctx.now).await? {
            return Err(RecoveryError::Expired);
        }
        let state = ResetPassword {
            username: flow.state.username,
            person: Some(proof.person),
            parked: flow.state.parked,
            step: ResetStep::NewPassword { proof, compared: 0 },
        };
        self.replace(&tx, ctx, browser, state).await?;
        Ok(tx.commit().await?)
    }

    /// The wizard for this goal while it waits for the form; begun if there is none, but for R2's, which begins there.
    async fn filling(
        &self,
        ctx: &Ctx,
        browser: &HashedToken,
        (goal, parked): (CardGoal, Option<&str>),
    ) -> Result<Flow<OwnCard>, RecoveryError> {
        if !self.offers(goal) {
            return Err(RecoveryError::Expired);
        }
        let found = self.desk.find::<OwnCard>(self.base.db.read(), ctx.now, browser).await?;
        match found.filter(|flow| flow.state.goal == goal) {
            Some(flow) if matches!(flow.state.step, CardStep::Filling) => return Ok(flow),
            Some(_) => return Err(RecoveryError::Asking),
            None if goal == CardGoal::Password => return Err(RecoveryError::Expired),
            None => {}
        }
        self.begin(ctx, browser, OwnCard::new(goal, parked)).await?;
        self.open::<OwnCard>(ctx, browser).await
    }

    async fn prove_phone(
        &self,
        ctx: &Ctx,
        flow: &Flow<OwnCard>,
        (phone, code): (&Phone, &Secret),
    ) -> Result<Option<ProvedCode>, RecoveryError> {
        if flow.state.proved.as_ref() == Some(phone) {
            return Ok(None);
        }
        forms::code(code)?;
        let id = flow.id.to_string();
        let check = CodeCheck { purpose: flow.state.goal.purpose(), phone, flow: &id, code };
        Ok(Some(self.rooms.notify.codes().check(ctx, check).await?))
    }

    /// PIPL art. 29: the consent to give a card to an authority stands apart, one row for each question.
    async fn note_question(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        flow: FlowId,
        (job, method): (JobId, CardMethod),
    ) -> Result<(), RecoveryError> {
        let purpose = match method {
            CardMethod::Bank => "bank_verification",
            CardMethod::UnionPay => "unionpay_verification",
        };
        let agreement = Agreement {
            document: "bank".to_owned(),
            version: self.privacy.to_owned(),
            purpose: purpose.to_owned(),
        };
        self.rooms.consents.tick(tx, ctx, Holder::Flow(flow), agreement).await?;
        let event = AuditEvent::VerificationStarted { person: None, job, method: method.as_str() };
        Ok(self.rooms.audit.record(tx, ctx, event).await?)
    }
}

fn read(input: &OwnCardInput, goal: CardGoal, today: chrono::NaiveDate) -> Result<Told, Faults> {
    let mut faults = Faults::default();
    let identity = forms::identity(&mut faults, &input.identity, today);
    let card = match goal.method() {
        CardMethod::Bank => bank_form(input.card(), identity.as_ref().map(|(name, _)| name)),
        CardMethod::UnionPay => unionpay_form(input.card()),
    };
    let card = card.map_err(|found| faults.append(found)).ok();
    let told = identity.zip(card).map(|((name, document), card)| Told { name, document, card });
    faults.complete(told)
}

fn case_of(flow: FlowId, Told { name, document, card }: Told) -> CardCase {
    CardCase {
        purpose: Purpose::Recovery(flow),
        name,
        bank_registered_name: card.registered_name,
        document,
        document_until: None,
        channel: card.channel,
        card: card.card,
        phone: card.phone,
    }
}
