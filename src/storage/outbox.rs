//! Side effects that must happen if, and only if, a transaction commits: SMS, back-channel logout.
//!
//! A use case queues a row in its own [`Tx`]; the [`Dispatcher`] leases due rows, hands them to the [`Deliver`] of their
//! kind, and settles them. Delivery is at least once: whoever receives can tell a repetition by the [`OutboxId`]. The
//! payload is sealed, and destroyed when the row is settled.
//!
//! ```text
//! queued ──lease──▶ leased ──Done──▶ delivered
//!    ▲                │ └──Dead, or attempts spent──▶ given up
//!    └──Retry, later──┘     (a lease that ran out counts as Retry)
//! ```

mod dispatcher;
mod row;

pub use dispatcher::{Deliver, Delivery, Dispatcher};

use super::{Db, StoreError, Tx, Vault, sweep, vault::SealedColumn};
use crate::kernel::{Ctx, OutboxId, Rng, Timestamp};
use chrono::TimeDelta;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde::Serialize;
use uuid::Uuid;

/// The messages.
pub const SEALED: SealedColumn = SealedColumn::by_uuid("outbox", "payload", "id");
/// Settled rows are kept this long, without their payload.
const KEPT: TimeDelta = TimeDelta::days(7);

/// How far delivery lags behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backlog {
    /// Messages that are to be delivered yet.
    pub waiting: u64,
    /// When the oldest of them was queued.
    pub oldest: Option<Timestamp>,
    /// Messages that were given up and not swept yet.
    pub given_up: u64,
}

/// Queues; cheap to clone.
#[derive(Clone, Debug)]
pub struct Outbox {
    db: Db,
    vault: Vault,
}

impl Outbox {
    #[must_use]
    pub fn new(db: Db, vault: Vault) -> Self {
        Self { db, vault }
    }

    /// Queues a message of a kind, due at once.
    ///
    /// # Errors
    /// [`StoreError::Db`]; [`StoreError::Corrupt`] when the payload has no JSON form.
    pub async fn queue<T: Serialize + Sync>(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        rng: &dyn Rng,
        kind: &'static str,
        payload: &T,
    ) -> Result<OutboxId, StoreError> {
        let id = OutboxId::new(ctx.now, rng);
        let payload = self.vault.seal_json(rng, &place(id), payload)?;
        let queued = row::ActiveModel {
            id: Set(id.uuid()),
            kind: Set(kind.to_owned()),
            trace: Set(ctx.trace.uuid()),
            payload: Set(Some(payload.into_bytes())),
            created_at: Set(ctx.now.millis()),
            due_at: Set(ctx.now.millis()),
            attempts: Set(0),
            leased_until: Set(None),
            settled_at: Set(None),
            delivered: Set(false),
        };
        row::Entity::insert(queued).exec_without_returning(tx).await?;
        Ok(id)
    }

    /// Messages that were not delivered: waiting, leased or given up.
    ///
    /// # Errors
    /// [`StoreError::Db`]
    pub async fn undelivered(&self) -> Result<u64, StoreError> {
        Ok(row::Entity::find().filter(row::Column::Delivered.eq(false)).count(self.db.read()).await?)
    }

    /// Which of these still wait, or are under way.
    ///
    /// # Errors
    /// [`StoreError::Db`]
    pub async fn waiting_of(&self, ids: &[OutboxId]) -> Result<Vec<OutboxId>, StoreError> {
        let waiting = row::Entity::find()
            .select_only()
            .column(row::Column::Id)
            .filter(row::Column::Id.is_in(ids.iter().map(|id| id.uuid())))
            .filter(row::Column::SettledAt.is_null());
        let waiting: Vec<Uuid> = waiting.into_tuple().all(self.db.read()).await?;
        Ok(waiting.into_iter().map(OutboxId::from_uuid).collect())
    }

    /// What waits, since when, and what was given up within the last days.
    ///
    /// # Errors
    /// [`StoreError::Db`]
    pub async fn backlog(&self) -> Result<Backlog, StoreError> {
        let undelivered = row::Entity::find().filter(row::Column::Delivered.eq(false));
        let waiting = undelivered.clone().filter(row::Column::SettledAt.is_null());
        let given_up = undelivered.filter(row::Column::SettledAt.is_not_null());
        // As the index has them: PostgreSQL does not see that the first column is the same in all.
        let oldest =
            waiting.clone().order_by_asc(row::Column::SettledAt).order_by_asc(row::Column::CreatedAt);
        let oldest = oldest.one(self.db.read()).await?;
        Ok(Backlog {
            waiting: waiting.count(self.db.read()).await?,
            oldest: oldest.map(|row| Timestamp::from_millis(row.created_at)),
            given_up: given_up.count(self.db.read()).await?,
        })
    }

    /// Removes a batch of rows settled long ago.
    ///
    /// # Errors
    /// [`StoreError::Db`]
    pub async fn sweep(&self, tx: &Tx, now: Timestamp) -> Result<u64, StoreError> {
        let over = Condition::all().add(row::Column::SettledAt.lte((now - KEPT).millis()));
        sweep::some::<row::Entity, Uuid>(tx, row::Column::Id, over).await
    }
}

fn place(id: OutboxId) -> String {
    SEALED.of(&id)
}

#[cfg(test)]
mod tests;
