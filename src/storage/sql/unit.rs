//! What one use case writes when nothing is left to decide: all of it stays, or nothing.
//!
//! [`Db::write`](super::Db::write) makes it durable. On SQLite, whose one writer would else commit each use case by itself,
//! the units that wait at the same time share one transaction (group commit); on PostgreSQL, which groups commits itself,
//! each has its own.

use super::{StoreError, Tx};
use crate::storage::Hot;
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DbBackend, EntityTrait, Iterable, QueryTrait, Statement, Value,
};
use std::{
    any::TypeId,
    collections::HashMap,
    hash::Hash,
    sync::{Arc, PoisonError, RwLock},
};

/// Done when the rows stand.
pub(super) type Afterwards = Box<dyn FnOnce() + Send + Sync>;

/// The text that inserts a whole row, for each kind of row that was inserted so far: to build it anew costs more than
/// SQLite takes to run it.
#[derive(Clone, Debug, Default)]
pub(super) struct Texts(Arc<RwLock<HashMap<TypeId, Arc<str>>>>);

impl Texts {
    fn get(&self, row: TypeId) -> Option<Arc<str>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(&row).cloned()
    }

    fn keep(&self, row: TypeId, text: &str) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(row, text.into());
    }
}

/// A row that must be there, or must not, when the unit is written.
pub(super) struct Condition {
    pub select: Statement,
    pub must_be_there: bool,
}

/// Statements that are written together.
pub struct Unit {
    backend: DbBackend,
    texts: Texts,
    pub(super) conditions: Vec<Condition>,
    pub(super) decides: Option<Statement>,
    pub(super) rest: Vec<Statement>,
    pub(super) afterwards: Vec<Afterwards>,
}

impl Unit {
    pub(super) fn new(backend: DbBackend, texts: Texts) -> Self {
        Self {
            backend,
            texts,
            conditions: Vec::new(),
            decides: None,
            rest: Vec::new(),
            afterwards: Vec::new(),
        }
    }

    /// A row that must be there when the unit is written, else nothing is and [`StoreError::Gone`] says so. It is read
    /// within the transaction, and what it says may change while others commit: what must hold against a race at the same
    /// moment is for [`Unit::decide`].
    pub fn require(&mut self, select: &impl QueryTrait) {
        self.conditions.push(Condition { select: select.build(self.backend), must_be_there: true });
    }

    /// As [`Unit::require`], a row that must not be there.
    pub fn forbid(&mut self, select: &impl QueryTrait) {
        self.conditions.push(Condition { select: select.build(self.backend), must_be_there: false });
    }

    /// The conditional write on which the unit depends: it must meet exactly one row, else nothing is written and
    /// [`StoreError::Gone`] says so (law 4). At most one a unit; a second takes the place of the first.
    pub fn decide(&mut self, statement: &impl QueryTrait) {
        self.decides = Some(statement.build(self.backend));
    }

    /// A new row.
    pub fn insert<A: ActiveModelTrait + 'static>(&mut self, mut row: A) {
        let columns = <A::Entity as EntityTrait>::Column::iter;
        if columns().any(|column| row.is_not_set(column)) {
            // The database fills the rest: no text that fits every such row.
            return self.push(&A::Entity::insert(row));
        }
        let kind = TypeId::of::<A>();
        let Some(text) = self.texts.get(kind) else {
            let statement = A::Entity::insert(row).build(self.backend);
            self.texts.keep(kind, &statement.sql);
            return self.rest.push(statement);
        };
        let values: Vec<Value> = columns().filter_map(|column| row.take(column).into_value()).collect();
        self.rest.push(Statement::from_sql_and_values(self.backend, &*text, values));
    }

    /// A write that must succeed, whatever number of rows it meets.
    pub fn push(&mut self, statement: &impl QueryTrait) {
        self.rest.push(statement.build(self.backend));
    }

    /// This copy is untrue once the unit is written.
    pub fn forget<K, V>(&mut self, hot: &Hot<K, V>, key: K)
    where
        K: Hash + Eq + Send + Sync + 'static,
        V: Clone + Send + 'static,
    {
        let hot = hot.clone();
        self.afterwards(move || hot.forget(&key));
    }

    /// To be done once the unit is written, before its writer hears of it.
    pub fn afterwards(&mut self, act: impl FnOnce() + Send + Sync + 'static) {
        self.afterwards.push(Box::new(act));
    }

    pub(super) fn settle(self) {
        self.afterwards.into_iter().for_each(|act| act());
    }
}

impl Tx {
    /// Writes a unit as a part of this transaction.
    ///
    /// # Errors
    /// [`StoreError::Gone`] when a condition does not hold or the write that decides met no row; then nothing of the unit
    /// is written.
    pub async fn write(&self, mut unit: Unit) -> Result<(), StoreError> {
        for Condition { select, must_be_there } in std::mem::take(&mut unit.conditions) {
            if self.query_one_raw(select).await?.is_some() != must_be_there {
                return Err(StoreError::Gone);
            }
        }
        if let Some(statement) = unit.decides.take()
            && self.execute_raw(statement).await?.rows_affected() != 1
        {
            return Err(StoreError::Gone);
        }
        for statement in std::mem::take(&mut unit.rest) {
            self.execute_raw(statement).await?;
        }
        self.afterwards(|| unit.settle());
        Ok(())
    }
}
