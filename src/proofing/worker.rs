//! Who asks: one job after another, and whoever asked it hears the answer.
//!
//! The answer and all that follows from it are one transaction. Whoever dies before its commit leaves the job to the
//! next worker, which asks under the same id and gets the same answer.

use std::{error::Error, sync::Arc};

use async_trait::async_trait;
use tracing::instrument;

use crate::{
    kernel::{Ctx, JobId},
    storage::{Base, StoreError, Tx},
};

use super::{Claim, ClaimedJob, Outcome, Proofing, Purpose, Settled, Verdict};

/// A settled job on its way to whoever waits for it.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    pub job: &'a ClaimedJob,
    pub verdict: &'a Verdict,
    /// What the person is told.
    pub shown: Outcome,
}

/// A room that asks about cards.
#[async_trait]
pub trait Asker: Send + Sync {
    /// Whether it asks for this purpose.
    fn asks_for(&self, purpose: Purpose) -> bool;

    /// Does what the answer demands, in the transaction that settles the job.
    ///
    /// # Errors
    /// Whatever keeps it from being done; the job is asked again then.
    async fn answered(&self, tx: &Tx, ctx: &Ctx, answer: Answer<'_>) -> Result<(), AskerError>;
}

/// A room's own error.
pub type AskerError = Box<dyn Error + Send + Sync>;

/// Why a job is left to the next worker.
#[derive(Debug, thiserror::Error)]
pub enum WorkError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{0}")]
    Asker(AskerError),
}

/// Asks the authorities and tells the rooms. Cheap to clone.
#[derive(Clone)]
pub struct Worker {
    base: Base,
    proofing: Proofing,
    askers: Arc<[Arc<dyn Asker>]>,
}

impl Worker {
    /// For these rooms.
    pub fn new(base: Base, proofing: Proofing, askers: impl IntoIterator<Item = Arc<dyn Asker>>) -> Self {
        Self { base, proofing, askers: askers.into_iter().collect() }
    }

    /// Asks about one job, this one or the next due, and does what the answer demands. `None`: nothing to do.
    ///
    /// # Errors
    /// [`WorkError`]; then the answer is asked for again by the next worker.
    pub async fn work(&self, ctx: &Ctx, wanted: Option<JobId>) -> Result<Option<JobId>, WorkError> {
        let Claim::Job(job) = self.next_job(wanted).await? else { return Ok(None) };
        self.carry_out(ctx, &job).await?;
        Ok(Some(job.id))
    }

    /// A job to carry out: this one, or the next due.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn next_job(&self, wanted: Option<JobId>) -> Result<Claim, StoreError> {
        self.proofing.next(self.base.clock.now(), wanted).await
    }

    /// Asks about a job and does what the answer demands.
    ///
    /// # Errors
    /// [`WorkError`]; then the answer is asked for again by the next worker.
    #[instrument(skip_all)]
    pub async fn carry_out(&self, ctx: &Ctx, job: &ClaimedJob) -> Result<(), WorkError> {
        let verdict = self.proofing.ask(job).await;
        let ctx = &Ctx { now: self.base.clock.now(), ..ctx.clone() };
        let tx = self.base.db.begin().await?;
        if let Settled::Done(shown) = self.proofing.settle(&tx, ctx, job, &verdict).await? {
            let answer = Answer { job, verdict: &verdict, shown };
            for asker in self.askers.iter().filter(|asker| asker.asks_for(job.case.purpose)) {
                asker.answered(&tx, ctx, answer).await.map_err(WorkError::Asker)?;
            }
        }
        Ok(tx.commit().await?)
    }
}
