//! What happened and to whom: rows written in the transaction of the use case they tell about, so that there is no act
//! without its event and no event without its act.
//!
//! Append only for 400 days: there is nothing here that changes a row or removes a younger one. No personal data: account and client ids, names of
//! methods and reasons, the source as a prefix, the trace id. May use `storage`, `kernel`.

mod event;
mod store;

pub use event::{AuditEvent, LockScope, SignInFailure};

use crate::{
    kernel::{AuditId, Ctx, PersonId, Timestamp, TraceId},
    storage::{Base, StoreError, Tx, Unit},
};
use chrono::TimeDelta;
use serde_json::{Map, Value};

/// `decisions.md`, “Personal data”.
const KEPT: TimeDelta = TimeDelta::days(400);

/// Writes events; cheap to clone.
#[derive(Clone)]
pub struct Audit {
    base: Base,
}

/// An event as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    pub id: AuditId,
    pub at: Timestamp,
    /// `sign_in_failed`
    pub kind: String,
    pub person: Option<PersonId>,
    pub client: Option<String>,
    /// `203.0.113.0/24`
    pub source: String,
    pub trace: TraceId,
    pub detail: Map<String, Value>,
}

/// Which events to read.
#[derive(Clone, Copy, Debug)]
pub enum Trail {
    Of(PersonId),
    Request(TraceId),
}

impl Audit {
    #[must_use]
    pub fn new(base: Base) -> Self {
        Self { base }
    }

    /// Writes an event that stays if `tx` commits.
    ///
    /// # Errors
    /// [`StoreError::Db`]
    pub async fn record(&self, tx: &Tx, ctx: &Ctx, event: AuditEvent) -> Result<(), StoreError> {
        let mut unit = self.base.db.unit();
        self.note(&mut unit, ctx, event)?;
        tx.write(unit).await
    }

    /// Writes an event that stays if the unit does.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] for an event that has no JSON form.
    pub fn note(&self, unit: &mut Unit, ctx: &Ctx, event: AuditEvent) -> Result<(), StoreError> {
        let mut detail = event.into_map()?;
        let kind = text(detail.remove("kind")).ok_or(StoreError::Corrupt)?;
        let person = text(detail.remove("person")).map(|id| id.parse()).transpose();
        let recorded = Recorded {
            id: AuditId::new(ctx.now, self.base.rng.as_ref()),
            at: ctx.now,
            kind,
            person: person.map_err(|_| StoreError::Corrupt)?,
            client: text(detail.remove("client")),
            source: ctx.source.prefix(),
            trace: ctx.trace,
            detail,
        };
        store::insert(unit, recorded)
    }

    /// Events in the order in which they happened.
    ///
    /// # Errors
    /// [`StoreError::Db`]
    pub async fn trail(&self, trail: Trail) -> Result<Vec<Recorded>, StoreError> {
        store::find(self.base.db.read(), trail).await
    }

    /// The sign-ins of a person, good and bad, newest first: those before an event, if one is named.
    ///
    /// # Errors
    /// [`StoreError::Db`]
    pub async fn sign_ins(
        &self,
        person: PersonId,
        before: Option<AuditId>,
        limit: u64,
    ) -> Result<Vec<Recorded>, StoreError> {
        store::sign_ins(self.base.db.read(), person, before, limit).await
    }

    /// The last sign-in of a person that succeeded before an instant, however many failed since.
    ///
    /// # Errors
    /// [`StoreError::Db`]
    pub async fn signed_in_before(
        &self,
        person: PersonId,
        before: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        store::signed_in_before(self.base.db.read(), person, before).await
    }

    /// Removes a batch of the events that are older than they are kept; tells how many.
    ///
    /// # Errors
    /// [`StoreError::Db`]
    pub async fn sweep(&self, tx: &Tx, now: Timestamp) -> Result<u64, StoreError> {
        store::sweep(tx, now - KEPT).await
    }
}

fn text(value: Option<Value>) -> Option<String> {
    match value {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
