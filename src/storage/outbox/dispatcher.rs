//! Leases due messages, delivers them in parallel, settles each by itself.

use super::{Outbox, place, row};
use crate::{
    kernel::{Clock, OutboxId, Timestamp, TraceId, trace},
    storage::StoreError,
};
use async_trait::async_trait;
use chrono::TimeDelta;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait},
};
use std::{collections::HashMap, sync::Arc, time::Duration};

/// Longer than any delivery may take: its handler's own time limit is far below.
const LEASE: TimeDelta = TimeDelta::seconds(60);
const BATCH: u64 = 32;
const MAX_ATTEMPTS: i32 = 12;
const FIRST_PAUSE: TimeDelta = TimeDelta::seconds(2);
const LONGEST_PAUSE: TimeDelta = TimeDelta::minutes(10);
const POLL: Duration = Duration::from_millis(250);

/// What became of one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    Done,
    /// Not now; again later, with growing pauses.
    Retry,
    /// Never: refused for good, or its time is over.
    Dead,
}

/// Delivers one kind of message. An attempt ends within 30 seconds.
#[async_trait]
pub trait Deliver: Send + Sync {
    fn kind(&self) -> &'static str;

    /// `payload` is the JSON that was queued; `id` is the same on every attempt.
    async fn deliver(&self, payload: &[u8], id: &OutboxId) -> Delivery;
}

/// Runs what is due; cheap to clone.
#[derive(Clone)]
pub struct Dispatcher {
    outbox: Outbox,
    handlers: Arc<HashMap<&'static str, Arc<dyn Deliver>>>,
}

impl Dispatcher {
    #[must_use]
    pub fn new(outbox: Outbox, handlers: Vec<Arc<dyn Deliver>>) -> Self {
        let handlers = handlers.into_iter().map(|handler| (handler.kind(), handler)).collect();
        Self { outbox, handlers: Arc::new(handlers) }
    }

    /// Attempts a batch of due messages and tells how many it was.
    ///
    /// # Errors
    /// [`StoreError::Db`]; what was leased is attempted again when its lease is over.
    pub async fn run_due(&self, now: Timestamp) -> Result<usize, StoreError> {
        let due = row::Entity::find()
            .filter(is_due(now))
            // As the index has them: PostgreSQL does not see that the first column is the same in all.
            .order_by_asc(row::Column::SettledAt)
            .order_by_asc(row::Column::DueAt)
            .limit(BATCH)
            .all(self.outbox.db.read())
            .await?;
        if due.is_empty() {
            return Ok(0);
        }
        self.attempt_rows(due.into_iter().map(|row| row.id).collect(), now).await
    }

    /// Attempts these messages at once and in parallel, as far as they are due and nobody else has them. The attempts go
    /// on when the caller stops waiting.
    ///
    /// # Errors
    /// [`StoreError::Db`]
    pub async fn attempt(&self, ids: &[OutboxId], now: Timestamp) -> Result<usize, StoreError> {
        self.attempt_rows(ids.iter().map(|id| id.uuid()).collect(), now).await
    }

    /// Runs for as long as the process does; to be spawned, and aborted at will: a broken attempt is repeated.
    pub async fn run(self, clock: Arc<dyn Clock>) {
        loop {
            match self.run_due(clock.now()).await {
                Ok(0) => tokio::time::sleep(POLL).await,
                Ok(_) => {}
                Err(error) => {
                    tracing::error!(%error, "the outbox cannot be read");
                    tokio::time::sleep(POLL * 8).await;
                }
            }
        }
    }

    async fn attempt_rows(&self, ids: Vec<uuid::Uuid>, now: Timestamp) -> Result<usize, StoreError> {
        let leased = self.lease(ids, now).await?;
        let count = leased.len();
        let attempts: Vec<_> = leased
            .into_iter()
            .map(|row| {
                let this = self.clone();
                let request = TraceId::from_uuid(row.trace);
                let attempt = async move { this.attempt_row(row, now).await };
                tokio::spawn(trace::on_behalf_of(request, attempt))
            })
            .collect();
        for attempt in attempts {
            if let Ok(Err(error)) = attempt.await {
                tracing::error!(%error, "an outbox message cannot be settled");
            }
        }
        Ok(count)
    }

    /// One conditional write: of many dispatchers each row goes to one.
    async fn lease(&self, ids: Vec<uuid::Uuid>, now: Timestamp) -> Result<Vec<row::Model>, StoreError> {
        let tx = self.outbox.db.begin().await?;
        let leased = row::Entity::update_many()
            .col_expr(row::Column::LeasedUntil, Expr::value((now + LEASE).millis()))
            .col_expr(row::Column::Attempts, Expr::col(row::Column::Attempts).add(1))
            .filter(row::Column::Id.is_in(ids))
            .filter(is_due(now))
            .exec_with_returning(&tx)
            .await?;
        tx.commit().await?;
        Ok(leased)
    }

    #[tracing::instrument(skip_all, fields(kind = row.kind, outbox.id = %row.id, trace.id = %row.trace))]
    async fn attempt_row(&self, row: row::Model, now: Timestamp) -> Result<(), StoreError> {
        let outcome = match (self.deliver(&row).await, row.attempts >= MAX_ATTEMPTS) {
            (Delivery::Retry, true) => Delivery::Dead,
            (outcome, _) => outcome,
        };
        if outcome == Delivery::Dead {
            tracing::warn!(row.attempts, "an outbox message was given up");
        }
        self.settle(&row, outcome, now).await
    }

    async fn deliver(&self, row: &row::Model) -> Delivery {
        let id = OutboxId::from_uuid(row.id);
        let Some(handler) = self.handlers.get(row.kind.as_str()) else {
            tracing::error!("nobody delivers this kind");
            return Delivery::Retry;
        };
        let sealed = row.payload.as_deref().unwrap_or_default();
        match self.outbox.vault.open(&place(id), sealed) {
            Ok(payload) => handler.deliver(&payload, &id).await,
            Err(error) => {
                tracing::error!(%error, "an outbox message does not open");
                Delivery::Retry
            }
        }
    }

    /// Writes the outcome unless the lease was lost meanwhile.
    async fn settle(&self, row: &row::Model, outcome: Delivery, now: Timestamp) -> Result<(), StoreError> {
        let update = row::Entity::update_many()
            .filter(row::Column::Id.eq(row.id))
            .filter(row::Column::Attempts.eq(row.attempts))
            .col_expr(row::Column::LeasedUntil, Expr::value(None::<i64>));
        let update = match outcome {
            Delivery::Retry => {
                update.col_expr(row::Column::DueAt, Expr::value((now + pause(row.attempts)).millis()))
            }
            Delivery::Done | Delivery::Dead => update
                .col_expr(row::Column::SettledAt, Expr::value(now.millis()))
                .col_expr(row::Column::Delivered, Expr::value(outcome == Delivery::Done))
                .col_expr(row::Column::Payload, Expr::value(None::<Vec<u8>>)),
        };
        let tx = self.outbox.db.begin().await?;
        update.exec(&tx).await?;
        tx.commit().await
    }
}

fn is_due(now: Timestamp) -> Condition {
    Condition::all()
        .add(row::Column::SettledAt.is_null())
        .add(row::Column::DueAt.lte(now.millis()))
        .add(row::Column::LeasedUntil.is_null().or(row::Column::LeasedUntil.lte(now.millis())))
}

/// 2 s, 4 s, 8 s … 10 min.
fn pause(attempts: i32) -> TimeDelta {
    let doublings = attempts.saturating_sub(1).clamp(0, 16);
    LONGEST_PAUSE.min(FIRST_PAUSE * (1 << doublings))
}
