//! The façade, second half: questions about a card, from the queue to the verdict.

use chrono::{NaiveDate, TimeDelta};
use serde::{Deserialize, Serialize};
use tracing::instrument;

use crate::{
    kernel::{BankCard, Ctx, IdDocument, JobId, PersonName, Phone, Timestamp},
    policy::CardMethod,
    storage::{
        StoreError, Tx, counters,
        vault::{IndexColumn, SealedColumn},
    },
};

use super::{
    CardCase, CardRequest, Channel, JobState, Outcome, Proofing, Purpose,
    model::{self, JobWord},
    names,
    store::{self, ConnectionTrait, Pace, Settlement, Value, jobs},
};

/// The questions, until they are settled.
pub const SEALED_JOBS: SealedColumn = SealedColumn::by_uuid("verification_jobs", "request", "id");
/// What the limits of a day count by; under the index key's root, so that no rotation empties a budget.
pub const DAY_INDEXED: [IndexColumn; 3] = [
    IndexColumn::new("verification_jobs", "card_bidx"),
    IndexColumn::new("verification_jobs", "identity_bidx"),
    IndexColumn::new("verification_jobs", "phone_bidx"),
];
/// A claimed job is another worker's again after this time.
const LEASE: TimeDelta = TimeDelta::seconds(60);
/// The limits count within a day, and no job outlives it.
const DAY: TimeDelta = TimeDelta::hours(24);

/// Why the bank was not asked.
#[derive(Debug, thiserror::Error)]
pub enum ProofingError {
    /// BANK_LIMIT: card, identity, phone, account or source had its share of today.
    #[error("a limit of the day is reached")]
    Limit,
    /// BANK_UNSUPPORTED: not in the profile's list.
    #[error("not a bank of the list")]
    UnknownBank,
    /// The profile or this installation does not have this way.
    #[error("a way that is not offered")]
    NotOffered,
    /// BANK_BUSY: the authority is left alone for a while. Nothing is queued and nothing charged.
    #[error("the authority does not answer at present")]
    LeftAlone,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A job in the hands of one worker.
#[derive(Debug)]
pub struct ClaimedJob {
    pub id: JobId,
    pub case: CardCase,
    /// How often the bank was asked, this time included.
    pub asked: u32,
    pub created_at: Timestamp,
    attempts: i32,
}

/// What the queue gives a worker.
#[derive(Debug)]
pub enum Claim {
    Job(Box<ClaimedJob>),
    /// The authority has been asked enough for this second: not before this instant.
    Later(Timestamp),
    Nothing,
}

/// A way to be verified by a card, as it stands now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    pub method: CardMethod,
    /// Whether its authority is asked at present (`domain.md` §2.1).
    pub asked: bool,
}

/// What came of asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub outcome: Outcome,
    pub reference: String,
    pub bank_name: String,
    pub phone_matched: bool,
    /// The bank knew the second spelling of the name.
    pub name_variant: bool,
}

/// What a verdict did to its job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// The bank was busy and is asked again at this instant.
    Again(Timestamp),
    /// What to tell the person.
    Done(Outcome),
}

/// The request as it lies sealed in its job. The card number exists nowhere else.
#[derive(Serialize, Deserialize)]
struct StoredCase {
    purpose: Purpose,
    name: PersonName,
    bank_registered_name: Option<String>,
    document: IdDocument,
    document_until: Option<NaiveDate>,
    /// `None`: UnionPay.
    bank: Option<String>,
    card: String,
    phone: Phone,
}

impl Proofing {
    /// The ways to be verified by a card that are offered here, in the profile's order.
    pub fn offers(&self) -> Vec<Offer> {
        let offer = |method: CardMethod| {
            let verifier = self.verifiers.of(method)?;
            let has_banks = method != CardMethod::Bank || self.banks().next().is_some();
            has_banks.then(|| Offer { method, asked: verifier.is_asked() })
        };
        self.policy.proofing.methods.iter().copied().filter_map(offer).collect()
    }

    /// One of them.
    pub fn offer(&self, method: CardMethod) -> Option<Offer> {
        self.offers().into_iter().find(|offer| offer.method == method)
    }

    /// Queues a question under the limits of `domain.md` §2.1. The phone's code was checked before.
    ///
    /// # Errors
    /// [`ProofingError`]; nothing is queued then.
    pub async fn submit(&self, tx: &Tx, ctx: &Ctx, case: CardCase) -> Result<JobId, ProofingError> {
        let offer = self.offer(case.channel.method()).ok_or(ProofingError::NotOffered)?;
        if case.channel.bank().is_some_and(|code| self.banks().all(|bank| bank.code != code)) {
            return Err(ProofingError::UnknownBank);
        }
        if !offer.asked {
            return Err(ProofingError::LeftAlone);
        }
        let id = JobId::new(ctx.now, self.base.rng.as_ref());
        let row = self.job_row(id, ctx, case)?;
        self.check_limits(tx, ctx, &row).await?;
        store::insert_job(tx, row).await?;
        Ok(id)
    }

    /// Takes a job for this worker: a certain one, or the one that has waited longest; within the number of questions
    /// that its authority takes in a second, whichever node asks.
    ///
    /// # Errors
    /// When the store fails or the request cannot be read.
    pub async fn next(&self, now: Timestamp, wanted: Option<JobId>) -> Result<Claim, StoreError> {
        let heads = match wanted {
            Some(id) => vec![id],
            None => store::due_heads(self.base.db.read(), now).await?,
        };
        // an authority with a long queue keeps nobody from another one
        let mut claim = Claim::Nothing;
        for id in heads {
            match self.take(now, id).await? {
                Claim::Job(job) => return Ok(Claim::Job(job)),
                Claim::Later(turn) => claim = Claim::Later(turn),
                Claim::Nothing => {}
            }
        }
        Ok(claim)
    }

    async fn take(&self, now: Timestamp, id: JobId) -> Result<Claim, StoreError> {
        let tx = self.base.db.begin().await?;
        if !store::claim(&tx, id, now, now + LEASE).await? {
            return Ok(Claim::Nothing);
        }
        let row = store::job(&tx, id).await?.ok_or(StoreError::Gone)?;
        let pace = self.pace();
        if !store::take_turn(&tx, &row.method, now, pace).await? {
            // dropped with its transaction: the job stays as it was
            return Ok(Claim::Later(now + pace.interval));
        }
        let claimed = self.to_claimed(&row)?;
        tx.commit().await?;
        Ok(Claim::Job(Box::new(claimed)))
    }

    /// The same, for whoever cannot wait.
    ///
    /// # Errors
    /// As for [`Self::next`].
    pub async fn claim(
        &self,
        now: Timestamp,
        wanted: Option<JobId>,
    ) -> Result<Option<ClaimedJob>, StoreError> {
        Ok(match self.next(now, wanted).await? {
            Claim::Job(job) => Some(*job),
            Claim::Later(_) | Claim::Nothing => None,
        })
    }

    /// Asks; on a mismatch once more with the likely other spelling of name or number (S1-44). The request ids depend
    /// on the job alone, so whoever asks after a restart gets the same answers.
    #[instrument(skip_all, fields(job.id = %job.id))]
    pub async fn ask(&self, job: &ClaimedJob) -> Verdict {
        let case = &job.case;
        let (name, number) = (case.name.display(), case.document.number());
        let first = self.ask_as(job, job.id.to_string(), (name, number)).await;
        if first.outcome != Outcome::IdMismatch {
            return first;
        }
        let other_name = names::likely_variant(&case.name, case.bank_registered_name.as_deref());
        let other = match (&other_name, case.document.lifelong_number()) {
            (Some(name), _) => (name.as_str(), number),
            (None, Some(short)) => (name, short),
            (None, None) => return first,
        };
        if !self.wait_for_turn(case.channel.method()).await {
            return Verdict::busy();
        }
        let second = self.ask_as(job, format!("{}-v2", job.id), other).await;
        let name_variant = second.outcome != Outcome::IdMismatch;
        Verdict { name_variant, ..second }
    }

    /// A turn for the second spelling, within a second.
    async fn wait_for_turn(&self, method: CardMethod) -> bool {
        let pace = self.pace();
        for _ in 0..self.policy.proofing.per_second {
            match self.take_turn(method, pace).await {
                Ok(true) => return true,
                Ok(false) => tokio::time::sleep(pace.interval.to_std().unwrap_or_default()).await,
                Err(error) => {
                    tracing::error!(%error, "no turn for a second spelling");
                    return false;
                }
            }
        }
        false
    }

    async fn take_turn(&self, method: CardMethod, pace: Pace) -> Result<bool, StoreError> {
        let tx = self.base.db.begin().await?;
        let taken = store::take_turn(&tx, method.as_str(), self.base.clock.now(), pace).await?;
        tx.commit().await?;
        Ok(taken)
    }

    fn pace(&self) -> Pace {
        Pace::per_second(self.policy.proofing.per_second)
    }

    /// Writes a verdict to its job: asked again later, or done, and then the card number is gone.
    ///
    /// # Errors
    /// `Gone` when the lease ran out and another worker settled it.
    pub async fn settle(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        job: &ClaimedJob,
        verdict: &Verdict,
    ) -> Result<Settled, StoreError> {
        if let Some(next) = self.again(ctx, job, verdict.outcome) {
            store::put_back(tx, job.id.uuid(), job.attempts, next).await?;
            return Ok(Settled::Again(next));
        }
        let word = match verdict.outcome {
            Outcome::Ok => JobWord::Ok,
            Outcome::Busy => JobWord::Unknown,
            _ => JobWord::Failed,
        };
        let end = Settlement {
            word,
            outcome: verdict.outcome,
            phone_matched: verdict.phone_matched,
            reference: &verdict.reference,
        };
        store::finish(tx, job.id.uuid(), job.attempts, &end, ctx.now).await?;
        Ok(Settled::Done(verdict.outcome.shown(verdict.phone_matched)))
    }

    /// How a job stands. A job that is gone with its day is told as busy.
    ///
    /// # Errors
    /// When the store fails or the row cannot be read.
    pub async fn state(&self, db: &impl ConnectionTrait, job: JobId) -> Result<JobState, StoreError> {
        let Some(row) = store::job(db, job).await? else { return Ok(JobState::Done(Outcome::Busy)) };
        let Some(outcome) = &row.outcome else {
            let queued = row.state == JobWord::Queued.as_str();
            return Ok(match (queued, row.attempts) {
                (false, _) => JobState::Asking,
                (true, 0) => match store::ahead_of(db, &row).await? {
                    0 => JobState::Asking,
                    ahead => JobState::Queued { ahead },
                },
                (true, _) => JobState::Retrying,
            });
        };
        let outcome: Outcome = outcome.parse().map_err(|_| StoreError::Corrupt)?;
        Ok(JobState::Done(outcome.shown(row.phone_matched)))
    }

    /// Destroys a batch of the jobs older than a day; tells how many.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn purge(&self, now: Timestamp) -> Result<u64, StoreError> {
        let tx = self.base.db.begin().await?;
        let removed = store::purge(&tx, now - DAY).await?;
        tx.commit().await?;
        Ok(removed)
    }

    fn again(&self, ctx: &Ctx, job: &ClaimedJob, outcome: Outcome) -> Option<Timestamp> {
        let next = ctx.now + model::again_after(job.asked)?;
        (outcome == Outcome::Busy && next < job.created_at + DAY).then_some(next)
    }

    async fn ask_as(&self, job: &ClaimedJob, request_id: String, (name, number): (&str, &str)) -> Verdict {
        let case = &job.case;
        // a way that was switched off while its jobs waited
        let Some(verifier) = self.verifiers.of(case.channel.method()) else { return Verdict::busy() };
        let request = CardRequest {
            request_id,
            bank: case.channel.bank().map(ToOwned::to_owned),
            card_no: case.card.expose().to_owned(),
            name: name.to_owned(),
            id_type: case.document.id_type().as_str().to_owned(),
            id_number: number.to_owned(),
            phone: case.phone.as_str().to_owned(),
        };
        match verifier.verify(&request).await {
            Ok(answer) => Verdict {
                outcome: answer.result,
                reference: answer.reference,
                bank_name: answer.bank_name,
                phone_matched: answer.phone_matched || answer.result == Outcome::Ok,
                name_variant: false,
            },
            Err(error) => {
                tracing::warn!(%error, method = case.channel.method().as_str(), "no answer about a card");
                Verdict::busy()
            }
        }
    }

    /// The counter's row is locked until the end of the transaction, so that many at once cannot pass together; what
    /// is counted are the jobs, so that a busy bank costs nothing.
    async fn check_limits(&self, tx: &Tx, ctx: &Ctx, row: &jobs::Model) -> Result<(), ProofingError> {
        use jobs::Column::{CardBidx, IdentityBidx, Owner, PhoneBidx, Source};
        let limits = &self.policy.proofing;
        let shares = [
            (CardBidx, row.card_bidx.clone().into(), limits.per_card),
            (IdentityBidx, row.identity_bidx.clone().into(), limits.per_identity),
            (PhoneBidx, row.phone_bidx.clone().into(), limits.per_phone),
            (Owner, row.owner.into(), limits.per_account),
            (Source, row.source.clone().into(), limits.per_source),
        ];
        for (column, value, limit) in shares {
            let value: Value = value;
            counters::hit(tx, &format!("proofing.{column:?}:{value}"), DAY, ctx.now).await?;
            if store::charged(tx, column, value, ctx.now - DAY).await? >= u64::from(limit) {
                return Err(ProofingError::Limit);
            }
        }
        Ok(())
    }

    fn job_row(&self, id: JobId, ctx: &Ctx, case: CardCase) -> Result<jobs::Model, StoreError> {
        let index = |domain: &str, value: &str| self.base.vault.root_index(domain, value).into_string();
        let (purpose, owner) = match case.purpose {
            Purpose::Registration(flow) => ("registration", flow.uuid()),
            Purpose::Upgrade { person, .. } => ("upgrade", person.uuid()),
            Purpose::Recovery(flow) => ("recovery", flow.uuid()),
        };
        Ok(jobs::Model {
            id: id.uuid(),
            purpose: purpose.to_owned(),
            method: case.channel.method().as_str().to_owned(),
            owner,
            state: JobWord::Queued.as_str().to_owned(),
            outcome: None,
            phone_matched: false,
            reference: None,
            card_bidx: index("proofing.card", case.card.expose()),
            identity_bidx: index("proofing.identity", &case.document.unique_key()),
            phone_bidx: index("proofing.phone", case.phone.as_str()),
            source: ctx.source.prefix(),
            attempts: 0,
            next_attempt_at: ctx.now.millis(),
            lease_until: None,
            created_at: ctx.now.millis(),
            finished_at: None,
            request: Some(self.seal_request(id, case)?),
        })
    }

    fn seal_request(&self, id: JobId, case: CardCase) -> Result<Vec<u8>, StoreError> {
        let stored = StoredCase {
            purpose: case.purpose,
            name: case.name,
            bank_registered_name: case.bank_registered_name,
            document: case.document,
            document_until: case.document_until,
            bank: case.channel.bank().map(ToOwned::to_owned),
            card: case.card.expose().to_owned(),
            phone: case.phone,
        };
        let place = SEALED_JOBS.of(&id);
        Ok(self.base.vault.seal_json(self.base.rng.as_ref(), &place, &stored)?.into_bytes())
    }

    fn to_claimed(&self, row: &jobs::Model) -> Result<ClaimedJob, StoreError> {
        let id = JobId::from_uuid(row.id);
        let place = SEALED_JOBS.of(&id);
        let sealed = row.request.as_ref().ok_or(StoreError::Corrupt)?;
        let stored: StoredCase = self.base.vault.open_json(&place, sealed)?;
        let card: BankCard = stored.card.parse().map_err(|_| StoreError::Corrupt)?;
        let case = CardCase {
            purpose: stored.purpose,
            name: stored.name,
            bank_registered_name: stored.bank_registered_name,
            document: stored.document,
            document_until: stored.document_until,
            channel: stored.bank.map_or(Channel::UnionPay, Channel::Bank),
            card,
            phone: stored.phone,
        };
        let asked = u32::try_from(row.attempts).map_err(|_| StoreError::Corrupt)?;
        let created_at = Timestamp::from_millis(row.created_at);
        Ok(ClaimedJob { id, case, asked, attempts: row.attempts, created_at })
    }
}

impl Verdict {
    /// No answer; costs nothing.
    pub fn busy() -> Self {
        Self {
            outcome: Outcome::Busy,
            reference: String::new(),
            bank_name: String::new(),
            phone_matched: false,
            name_variant: false,
        }
    }
}
