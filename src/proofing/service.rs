//! The façade, first half: evidence and levels. Methods of a bigger use case take its `Tx`.

use std::{cmp::Reverse, sync::Arc};

use chrono::NaiveDate;

use crate::{
    kernel::{Ctx, EvidenceId, JobId, PersonId, Phone, RealNameLevel, Timestamp},
    policy::{Bank, Policy},
    storage::{Base, Hot, Reach, StoreError, Tx, vault::SealedColumn},
};

use super::{
    Channel, ClaimedJob, Detail, Evidence, EvidenceState, Method, NEAR_END, Verdict, Verifiers, model,
    store::{self, ConnectionTrait, evidence},
};

/// What a proof said.
pub const SEALED_EVIDENCE: SealedColumn = SealedColumn::by_uuid("evidence", "detail", "id");

/// Evidence of persons and the bank check. Cheap to clone.
#[derive(Clone)]
pub struct Proofing {
    pub(super) base: Base,
    pub(super) verifiers: Verifiers,
    pub(super) policy: Arc<Policy>,
    hot: Hot<PersonId, Arc<Vec<Evidence>>>,
}

impl Proofing {
    /// Over the shared infrastructure, the outside authorities, and the bureau's profile.
    pub fn new(base: Base, verifiers: Verifiers, policy: Arc<Policy>) -> Self {
        let hot = base.db.hot("evidence", Reach::OneProcess);
        Self { base, verifiers, policy, hot }
    }

    /// The banks a person may choose (S1-34).
    pub fn banks(&self) -> impl Iterator<Item = &Bank> {
        self.policy.proofing.banks.iter().filter(|bank| bank.enabled)
    }

    /// All proofs of a person, the newest first.
    ///
    /// # Errors
    /// When the store fails or a row cannot be read.
    pub async fn evidence(&self, person: PersonId) -> Result<Arc<Vec<Evidence>>, StoreError> {
        let read =
            async { self.evidence_in(self.base.db.read(), person).await.map(|rows| Some(Arc::new(rows))) };
        Ok(self.hot.or_read(person, self.base.clock.now(), read).await?.unwrap_or_default())
    }

    /// The same inside a use case's transaction.
    ///
    /// # Errors
    /// When the store fails or a row cannot be read.
    pub async fn evidence_in(
        &self,
        db: &impl ConnectionTrait,
        person: PersonId,
    ) -> Result<Vec<Evidence>, StoreError> {
        let rows = store::evidence_of(db, person).await?;
        let mut evidence: Vec<_> =
            rows.iter().map(|row| self.to_evidence(row)).collect::<Result<_, StoreError>>()?;
        // A bank's yes and the phone's proof are of one instant: the better one stands first.
        evidence.sort_by_key(|proof| (Reverse(proof.obtained_at), proof.detail.method() == Method::Phone));
        Ok(evidence)
    }

    /// The level that the evidence yields at this instant.
    ///
    /// # Errors
    /// When the store fails or a row cannot be read.
    pub async fn level(&self, person: PersonId, now: Timestamp) -> Result<Option<RealNameLevel>, StoreError> {
        Ok(model::level(&self.evidence(person).await?, now))
    }

    /// Whether the person proved their identity: such a holder is never displaced on line (S1-30).
    ///
    /// # Errors
    /// When the store fails or a row cannot be read.
    pub async fn holds_by_proof(
        &self,
        db: &impl ConnectionTrait,
        person: PersonId,
    ) -> Result<bool, StoreError> {
        Ok(model::holds_by_proof(&self.evidence_in(db, person).await?))
    }

    /// The phone was proved by a code (L1). An earlier phone no longer counts.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn record_phone(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        person: PersonId,
        phone: &Phone,
    ) -> Result<EvidenceId, StoreError> {
        store::retire(tx, person, Method::Phone, EvidenceState::Replaced).await?;
        self.insert(tx, ctx, person, Proof::unlimited(Detail::Phone { phone: phone.clone() })).await
    }

    /// A yes to a card (L2): evidence of identity and of the phone. Earlier rows of the method no longer count.
    ///
    /// # Errors
    /// `Conflict` when this job already yielded evidence.
    pub async fn record_card(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        (person, document_until): (PersonId, Option<NaiveDate>),
        job: &ClaimedJob,
        verdict: &Verdict,
    ) -> Result<EvidenceId, StoreError> {
        self.record_phone(tx, ctx, person, &job.case.phone).await?;
        let method = Method::from(job.case.channel.method());
        store::retire(tx, person, method, EvidenceState::Replaced).await?;
        let detail = detail_of(job, verdict);
        let months = self.policy.proofing.evidence_months;
        let end = model::card_expiry(ctx.now, months, document_until);
        let proof = Proof { detail, expires_at: Some(end), job: Some(job.id) };
        self.insert(tx, ctx, person, proof).await
    }

    /// Somebody proved the phone to be theirs: the person's proof of it no longer counts.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn displace_phone(&self, tx: &Tx, person: PersonId) -> Result<(), StoreError> {
        tx.forget(&self.hot, person);
        store::retire(tx, person, Method::Phone, EvidenceState::Displaced).await
    }

    /// Proofs of this instant and since count no longer; of each way that proves who somebody is the proof before it does again.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn undo_since(&self, tx: &Tx, person: PersonId, since: Timestamp) -> Result<(), StoreError> {
        tx.forget(&self.hot, person);
        store::displace_since(tx, person, since).await?;
        for method in [Method::Bank, Method::UnionPay] {
            store::restore_before(tx, person, method, since).await?;
        }
        Ok(())
    }

    /// Proofs that are near their end and that nobody looked at for it yet: at most `limit`, those that end first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn ending(&self, now: Timestamp, limit: u64) -> Result<Vec<Ending>, StoreError> {
        let rows = store::ending(self.base.db.read(), now, NEAR_END, limit).await?;
        let ending = |row: &evidence::Model| Ending {
            evidence: EvidenceId::from_uuid(row.id),
            person: PersonId::from_uuid(row.person_id),
        };
        Ok(rows.iter().map(ending).collect())
    }

    /// Notes that this proof's end is looked at now, once for all nodes. `false`: it was before, or the proof counts no
    /// longer.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn note_end(&self, tx: &Tx, ctx: &Ctx, evidence: EvidenceId) -> Result<bool, StoreError> {
        store::note_end(tx, evidence, ctx.now).await
    }

    async fn insert(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        person: PersonId,
        proof: Proof,
    ) -> Result<EvidenceId, StoreError> {
        let id = EvidenceId::new(ctx.now, self.base.rng.as_ref());
        let detail = self.base.vault.seal_json(self.base.rng.as_ref(), &place(id), &proof.detail)?;
        let row = evidence::Model {
            id: id.uuid(),
            person_id: person.uuid(),
            method: proof.detail.method().as_str().to_owned(),
            obtained_at: ctx.now.millis(),
            expires_at: proof.expires_at.map(Timestamp::millis),
            state: EvidenceState::Valid.as_str().to_owned(),
            job_id: proof.job.map(JobId::uuid),
            detail: detail.into_bytes(),
            warned_at: None,
        };
        tx.forget(&self.hot, person);
        store::insert_evidence(tx, row).await?;
        Ok(id)
    }

    fn to_evidence(&self, row: &evidence::Model) -> Result<Evidence, StoreError> {
        let id = EvidenceId::from_uuid(row.id);
        Ok(Evidence {
            id,
            person: PersonId::from_uuid(row.person_id),
            obtained_at: Timestamp::from_millis(row.obtained_at),
            expires_at: row.expires_at.map(Timestamp::from_millis),
            state: row.state.parse().map_err(|_| StoreError::Corrupt)?,
            job: row.job_id.map(JobId::from_uuid),
            detail: self.base.vault.open_json(&place(id), &row.detail)?,
        })
    }
}

/// A proof that is near its end, and whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    pub evidence: EvidenceId,
    pub person: PersonId,
}

/// What is kept of a yes.
fn detail_of(job: &ClaimedJob, verdict: &Verdict) -> Detail {
    let (bank_name, reference) = (verdict.bank_name.clone(), verdict.reference.clone());
    let (last_four, phone) = (job.case.card.last_four().to_owned(), job.case.phone.clone());
    let name_variant = verdict.name_variant;
    match &job.case.channel {
        Channel::Bank(bank) => {
            Detail::Bank { bank: bank.clone(), bank_name, last_four, reference, phone, name_variant }
        }
        Channel::UnionPay => Detail::UnionPay { bank_name, last_four, reference, phone, name_variant },
    }
}

/// A new row of evidence.
struct Proof {
    detail: Detail,
    expires_at: Option<Timestamp>,
    job: Option<JobId>,
}

impl Proof {
    fn unlimited(detail: Detail) -> Self {
        Self { detail, expires_at: None, job: None }
    }
}

fn place(id: EvidenceId) -> String {
    SEALED_EVIDENCE.of(&id)
}
