//! The check of a signed-in person's bank card (A5 at a bank, A6 at UnionPay): the same question as in registration, about
//! the account's own identity.
//!
//! ```text
//! Filling ──code, card──► Asking ──yes──► Proved ──browser comes back──► over, session under a new token
//!    ▲                      │
//!    └────────── no ────────┘
//! ```

use serde::{Deserialize, Serialize};
use tracing::instrument;

use crate::{
    consents::Holder,
    kernel::{
        Ctx, Faults, FlowId, HashedToken, JobId, Message, PersonId, PersonName, Phone, PlainToken, Secret,
        required,
    },
    notify::{CodeCheck, CodePurpose, CodeRequest, CodeSent},
    people::Person,
    proofing::{Answer, CardCase, CardForm, CardMethod, JobState, Outcome, Purpose, typed_phone},
    sessions::Session,
    storage::{
        Tx,
        flows::{Flow, NewFlow, Parked},
    },
};

use super::{Contact, ProofInput, Signup, SignupError, forms, verify::contact_of};

/// What the check remembers between its pages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UpgradeNotes {
    pub person: PersonId,
    /// Who was asked last, or will be: its page shows what came of it.
    #[serde(default = "bank")]
    pub method: CardMethod,
    /// The authorization request that asked for the level.
    pub parked: Option<String>,
    pub attempts: u32,
    /// A captcha was solved: an SMS may be asked for.
    pub captcha: bool,
    pub proved: Option<Phone>,
    pub contact: Contact,
    pub setback: Option<Outcome>,
    /// The form was A3's, which shows what came of it.
    #[serde(default)]
    pub edits: bool,
}

/// Checks from before there was UnionPay.
const fn bank() -> CardMethod {
    CardMethod::Bank
}

/// Where the check stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Upgrade {
    Filling(UpgradeNotes),
    Asking { job: JobId, phone: Phone, notes: UpgradeNotes },
    Proved(UpgradeNotes),
}

/// How the question stands, for the page that waits.
#[derive(Debug)]
pub enum UpgradeProgress {
    Waiting {
        method: CardMethod,
        phone: Phone,
        state: JobState,
    },
    /// The form of this way says why.
    Back {
        method: CardMethod,
        edits: bool,
    },
    /// The level rose: the session goes on under this token.
    Proved {
        token: PlainToken,
        parked: Option<String>,
        edits: bool,
    },
}

impl Parked for Upgrade {
    const KIND: &'static str = "upgrade";
}

impl Upgrade {
    /// What it remembers.
    pub fn notes(&self) -> &UpgradeNotes {
        match self {
            Self::Filling(notes) | Self::Asking { notes, .. } | Self::Proved(notes) => notes,
        }
    }
}

/// A form of A5 or A6 as sent.
#[derive(Clone, Copy)]
pub struct CardInput<'a> {
    pub method: CardMethod,
    pub proof: &'a ProofInput,
    /// A3: another name, as typed; empty where it stays.
    pub edit: Option<&'a str>,
}

/// A signed-in person in a browser.
#[derive(Clone, Copy)]
pub struct Owner<'a> {
    pub browser: &'a HashedToken,
    pub person: &'a Person,
    pub parked: Option<&'a str>,
}

impl Signup {
    /// The check that this person began in this browser.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn find_upgrade(
        &self,
        ctx: &Ctx,
        owner: Owner<'_>,
    ) -> Result<Option<(FlowId, Upgrade)>, SignupError> {
        let flow = self.desk.find::<Upgrade>(self.base.db.read(), ctx.now, owner.browser).await?;
        let mine = flow.filter(|flow| flow.state.notes().person == owner.person.id);
        Ok(mine.map(|flow| (flow.id, flow.state)))
    }

    /// Sends a code, after a captcha (G8).
    ///
    /// # Errors
    /// E_PHONE_FORMAT, E_CAPTCHA, E_SMS_TOO_FAST, E_SMS_LIMIT.
    #[instrument(skip_all)]
    pub async fn send_upgrade_code(
        &self,
        ctx: &Ctx,
        owner: Owner<'_>,
        CardInput { method, proof, edit }: CardInput<'_>,
        captcha: (&str, &str),
    ) -> Result<CodeSent, SignupError> {
        let mut flow = self.upgrade_of(ctx, owner).await?;
        let Upgrade::Filling(notes) = &mut flow.state else { return Err(SignupError::Asking) };
        let phone = typed_phone(&proof.phone).map_err(|message| Faults::at("phone", message))?;
        let (id, answer) = captcha;
        if !notes.captcha && !self.rooms.limits.captcha().check(id, answer).await? {
            return Err(Faults::of("captcha", "E_CAPTCHA").into());
        }
        notes.captcha = true;
        notes.method = method;
        notes.setback = None;
        notes.edits = edit.is_some();
        notes.contact = contact_of(proof);
        self.save_upgrade(&flow).await?;
        let id = flow.id.to_string();
        self.text_code(ctx, code_request(method, &phone, &id)).await
    }

    /// The code on its way to the phone that was typed, if there is one.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn upgrade_code_sent(
        &self,
        ctx: &Ctx,
        (flow, method): (FlowId, CardMethod),
        phone: &str,
    ) -> Result<Option<CodeSent>, SignupError> {
        let Ok(phone) = phone.parse::<Phone>() else { return Ok(None) };
        let id = flow.to_string();
        Ok(self.rooms.notify.codes().find_sent(ctx, code_request(method, &phone, &id)).await?)
    }

    /// What is wrong in the form itself, before anything is compared or asked.
    ///
    /// # Errors
    /// What to correct.
    pub fn check_upgrade(
        person: &Person,
        CardInput { method, proof, edit }: CardInput<'_>,
    ) -> Result<(), Faults> {
        let mut faults = Faults::default();
        let name = forms::new_name(edit.unwrap_or_default(), person).map_err(|found| faults.append(found));
        let name = name.unwrap_or_else(|()| person.profile.name.clone());
        let form = match method {
            CardMethod::Bank => forms::bank(proof, &name),
            CardMethod::UnionPay => forms::unionpay(proof),
        };
        if let Err(found) = form {
            faults.append(found);
        }
        faults.or(())
    }

    /// Asks about the account's own name and document (S3-02). Sent twice, it is one job.
    ///
    /// # Errors
    /// What to correct; BANK_LIMIT past the attempts of this check or of today; BANK_BUSY, which costs nothing, while
    /// the authority is left alone.
    #[instrument(skip_all)]
    pub async fn upgrade(
        &self,
        ctx: &Ctx,
        owner: Owner<'_>,
        input: CardInput<'_>,
    ) -> Result<JobId, SignupError> {
        match self.submit_upgrade(ctx, owner, input).await {
            Err(error) => match self.find_upgrade(ctx, owner).await? {
                Some((_, Upgrade::Asking { job, .. })) => Ok(job),
                Some((_, Upgrade::Proved(_))) => Err(SignupError::Asking),
                _ => Err(error),
            },
            submitted => submitted,
        }
    }

    async fn submit_upgrade(
        &self,
        ctx: &Ctx,
        owner: Owner<'_>,
        CardInput { method, proof, edit }: CardInput<'_>,
    ) -> Result<JobId, SignupError> {
        let mut flow = self.upgrade_of(ctx, owner).await?;
        let Upgrade::Filling(mut notes) = flow.state.clone() else { return Err(SignupError::Asking) };
        if notes.attempts >= self.policy.proofing.attempts_per_flow {
            return Err(Faults::whole(Message::new("BANK_LIMIT")).into());
        }
        let name = forms::new_name(edit.unwrap_or_default(), owner.person)?;
        let form = match method {
            CardMethod::Bank => forms::bank(proof, &name)?,
            CardMethod::UnionPay => forms::unionpay(proof)?,
        };
        notes.method = method;
        notes.edits = edit.is_some();
        let proved = self.prove_upgrade(ctx, &flow, &notes, (&form.phone, &proof.sms)).await?;
        let tx = self.base.db.begin().await?;
        if let Some(code) = proved {
            self.rooms.notify.codes().take(&tx, ctx, &code).await?;
        }
        notes.proved = Some(form.phone.clone());
        notes.contact = contact_of(proof);
        notes.setback = None;
        let phone = form.phone.clone();
        let case = case_of((owner.person, name), flow.id, form).ok_or(SignupError::Expired)?;
        let job = match self.rooms.proofing.submit(&tx, ctx, case).await.map_err(SignupError::from) {
            Ok(job) => job,
            Err(error) => {
                flow.state = Upgrade::Filling(notes);
                self.desk.save(&tx, &flow).await?;
                tx.commit().await?;
                return Err(error);
            }
        };
        self.note_question(&tx, ctx, Holder::Person(owner.person.id), (job, method)).await?;
        flow.expires_at = flow.expires_at.max(ctx.now + chrono::TimeDelta::hours(1));
        flow.state = Upgrade::Asking { job, phone, notes };
        self.desk.save(&tx, &flow).await?;
        tx.commit().await?;
        Ok(job)
    }

    async fn prove_upgrade(
        &self,
        ctx: &Ctx,
        flow: &Flow<Upgrade>,
        notes: &UpgradeNotes,
        (phone, code): (&Phone, &Secret),
    ) -> Result<Option<crate::notify::ProvedCode>, SignupError> {
        if notes.proved.as_ref() == Some(phone) {
            return Ok(None);
        }
        if code.expose().trim().is_empty() {
            return Err(Faults::at("sms", required("sms-code")).into());
        }
        let flow = flow.id.to_string();
        let check = CodeCheck { purpose: purpose_of(notes.method), phone, flow: &flow, code };
        Ok(Some(self.rooms.notify.codes().check(ctx, check).await?))
    }

    /// How the question stands; after a yes the session goes on under a new token, once.
    ///
    /// # Errors
    /// `Expired` when there is no check of this person in this browser.
    #[instrument(skip_all)]
    pub async fn upgrade_progress(
        &self,
        ctx: &Ctx,
        owner: Owner<'_>,
        session: &Session,
    ) -> Result<UpgradeProgress, SignupError> {
        let (id, state) = self.find_upgrade(ctx, owner).await?.ok_or(SignupError::Expired)?;
        match state {
            Upgrade::Filling(notes) => Ok(UpgradeProgress::Back { method: notes.method, edits: notes.edits }),
            Upgrade::Asking { job, phone, notes } => {
                let state = self.rooms.proofing.state(self.base.db.read(), job).await?;
                Ok(UpgradeProgress::Waiting { method: notes.method, phone, state })
            }
            Upgrade::Proved(notes) => {
                let tx = self.base.db.begin().await?;
                if !self.desk.finish(&tx, id, ctx.now).await? {
                    return Err(SignupError::Expired);
                }
                let token = self.rooms.sessions.rotate(&tx, ctx, session).await?;
                tx.commit().await?;
                Ok(UpgradeProgress::Proved { token, parked: notes.parked, edits: notes.edits })
            }
        }
    }

    /// The bank's answer about an account: on a yes evidence, the phone, and the end of the password's ceiling.
    pub(super) async fn upgrade_answered(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        (id, flow): (PersonId, FlowId),
        answer: Answer<'_>,
    ) -> Result<(), SignupError> {
        let Some(person) = self.rooms.people.find_in(tx, id).await? else { return Ok(()) };
        let ctx = &Ctx { locale: person.locale, ..ctx.clone() };
        // the document may have gone to its owner while the bank was asked
        let same = person.profile.document.as_ref() == Some(&answer.job.case.document);
        if answer.shown == Outcome::Ok && same {
            self.rooms.ownership.take_phone(tx, ctx, &person, &answer.job.case.phone).await?;
            self.rooms.ownership.take_name(tx, ctx, id, &answer.job.case.name).await?;
            self.rooms.ownership.proved(tx, ctx, (id, answer.job.case.document_until), answer).await?;
            self.rooms.people.lift_ceiling(tx, id, answer.job.created_at).await?;
        } else {
            self.rooms.ownership.refused(tx, ctx, Some(id), answer).await?;
        }
        self.move_upgrade(tx, flow, answer, same).await
    }

    async fn move_upgrade(
        &self,
        tx: &Tx,
        id: FlowId,
        answer: Answer<'_>,
        same: bool,
    ) -> Result<(), SignupError> {
        let Some(mut flow) = self.desk.find_by_id::<Upgrade>(tx, id).await? else { return Ok(()) };
        let Upgrade::Asking { job, mut notes, .. } = flow.state else { return Ok(()) };
        if job != answer.job.id {
            return Ok(());
        }
        flow.state = if answer.shown == Outcome::Ok && same {
            Upgrade::Proved(notes)
        } else {
            notes.attempts += u32::from(answer.verdict.outcome.is_charged());
            notes.setback = Some(if same { answer.shown } else { Outcome::IdMismatch });
            Upgrade::Filling(notes)
        };
        Ok(self.desk.save(tx, &flow).await?)
    }

    /// The check of this person in this browser, begun if there is none. One of somebody else is over.
    async fn upgrade_of(&self, ctx: &Ctx, owner: Owner<'_>) -> Result<Flow<Upgrade>, SignupError> {
        let tx = self.base.db.begin().await?;
        let found = self.desk.find::<Upgrade>(&tx, ctx.now, owner.browser).await?;
        match found {
            Some(flow) if is_usable(&flow.state, owner.person.id) => return Ok(flow),
            Some(flow) => {
                self.desk.finish(&tx, flow.id, ctx.now).await?;
            }
            None => {}
        }
        let id = FlowId::new(ctx.now, self.base.rng.as_ref());
        let state = Upgrade::Filling(UpgradeNotes {
            person: owner.person.id,
            method: CardMethod::Bank,
            parked: owner.parked.map(ToOwned::to_owned),
            attempts: 0,
            captcha: false,
            proved: None,
            contact: Contact::default(),
            setback: None,
            edits: false,
        });
        let expires_at = ctx.now + self.policy.registration.flow.delta();
        self.desk.start(&tx, ctx, NewFlow { id, browser: owner.browser, state, expires_at }).await?;
        let flow = self.desk.find::<Upgrade>(&tx, ctx.now, owner.browser).await?;
        tx.commit().await?;
        flow.ok_or(SignupError::Expired)
    }

    async fn save_upgrade(&self, flow: &Flow<Upgrade>) -> Result<(), SignupError> {
        let tx = self.base.db.begin().await?;
        self.desk.save(&tx, flow).await?;
        Ok(tx.commit().await?)
    }
}

fn is_usable(state: &Upgrade, person: PersonId) -> bool {
    state.notes().person == person && !matches!(state, Upgrade::Proved(_))
}

fn case_of((person, name): (&Person, PersonName), flow: FlowId, form: CardForm) -> Option<CardCase> {
    Some(CardCase {
        purpose: Purpose::Upgrade { person: person.id, flow },
        name,
        bank_registered_name: form.registered_name,
        document: person.profile.document.clone()?,
        document_until: person.profile.valid_until,
        channel: form.channel,
        card: form.card,
        phone: form.phone,
    })
}

fn code_request<'a>(method: CardMethod, phone: &'a Phone, flow: &'a str) -> CodeRequest<'a> {
    CodeRequest { purpose: purpose_of(method), phone, flow }
}

const fn purpose_of(method: CardMethod) -> CodePurpose {
    match method {
        CardMethod::Bank => CodePurpose::BankVerification,
        CardMethod::UnionPay => CodePurpose::UnionPayVerification,
    }
}
