//! Wizards between their sealed rows and their values: found by browser, written under the version that was read. What
//! they ask and remember is their rooms' business.

mod rows;

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    kernel::{Ctx, FlowId, HashedToken, Timestamp},
    storage::{Base, StoreError, Tx, vault::SealedColumn},
};

pub use rows::ConnectionTrait;
use rows::{self as store, flows};

/// What the wizards know so far.
pub const SEALED: SealedColumn = SealedColumn::by_uuid("flows", "state", "id");

/// A state that can be parked.
pub trait Parked: Serialize + DeserializeOwned + Sync {
    /// The column's word.
    const KIND: &'static str;
}

/// A wizard as it was read.
#[derive(Clone, Debug)]
pub struct Flow<S> {
    pub id: FlowId,
    pub state: S,
    pub expires_at: Timestamp,
    version: i32,
}

/// Reads and writes wizards.
#[derive(Clone)]
pub struct Desk {
    base: Base,
}

impl Desk {
    /// Over the shared infrastructure.
    pub fn new(base: Base) -> Self {
        Self { base }
    }

    /// The open wizard of this browser.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn find<S: Parked>(
        &self,
        db: &impl ConnectionTrait,
        now: Timestamp,
        browser: &HashedToken,
    ) -> Result<Option<Flow<S>>, StoreError> {
        let key = store::open_key(S::KIND, browser);
        store::find_open(db, &key, now).await?.map(|row| self.open(&row)).transpose()
    }

    /// A wizard whoever asks: for the worker.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn find_by_id<S: Parked>(
        &self,
        db: &impl ConnectionTrait,
        id: FlowId,
    ) -> Result<Option<Flow<S>>, StoreError> {
        let row = store::find(db, id).await?.filter(|row| row.kind == S::KIND && row.finished_at.is_none());
        row.map(|row| self.open(&row)).transpose()
    }

    /// Starts a wizard. `Conflict`: the browser has one open, which another tab has just started.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn start<S: Parked>(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        new: NewFlow<'_, S>,
    ) -> Result<FlowId, StoreError> {
        let row = flows::Model {
            id: new.id.uuid(),
            browser_hash: new.browser.as_str().to_owned(),
            kind: S::KIND.to_owned(),
            open_key: Some(store::open_key(S::KIND, new.browser)),
            state: self.seal(new.id, &new.state)?,
            version: 0,
            created_at: ctx.now.millis(),
            expires_at: new.expires_at.millis(),
            finished_at: None,
        };
        if store::insert(tx, row, ctx.now).await? { Ok(new.id) } else { Err(StoreError::Conflict) }
    }

    /// Writes the next state. `Gone`: another tab was faster.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn save<S: Parked>(&self, tx: &Tx, flow: &Flow<S>) -> Result<(), StoreError> {
        store::update(tx, flow.id, flow.version, self.seal(flow.id, &flow.state)?, flow.expires_at).await
    }

    /// Ends a wizard; of many callers one does.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn finish(&self, tx: &Tx, id: FlowId, now: Timestamp) -> Result<bool, StoreError> {
        store::finish(tx, id, now).await
    }

    /// The wizards of these kinds in a browser whose cookie is replaced.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn rebind(
        &self,
        tx: &Tx,
        kinds: &[&str],
        (old, new): (&HashedToken, &HashedToken),
    ) -> Result<(), StoreError> {
        for kind in kinds {
            store::rebind(tx, kind, old, new).await?;
        }
        Ok(())
    }

    /// Removes a batch of the wizards that ran out before an instant; tells which.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn sweep(&self, tx: &Tx, before: Timestamp) -> Result<Vec<FlowId>, StoreError> {
        store::sweep(tx, before).await
    }

    fn seal<S: Parked>(&self, id: FlowId, state: &S) -> Result<Vec<u8>, StoreError> {
        Ok(self.base.vault.seal_json(self.base.rng.as_ref(), &place(id), state)?.into_bytes())
    }

    fn open<S: Parked>(&self, row: &flows::Model) -> Result<Flow<S>, StoreError> {
        let id = FlowId::from_uuid(row.id);
        Ok(Flow {
            id,
            state: self.base.vault.open_json(&place(id), &row.state)?,
            expires_at: Timestamp::from_millis(row.expires_at),
            version: row.version,
        })
    }
}

/// A wizard that begins.
pub struct NewFlow<'a, S> {
    pub id: FlowId,
    pub browser: &'a HashedToken,
    pub state: S,
    pub expires_at: Timestamp,
}

fn place(id: FlowId) -> String {
    SEALED.of(&id)
}
