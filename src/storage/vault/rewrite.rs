//! Rows after a rotation: which keys they hang on, and sealed values brought under the active key, batch by batch.
//!
//! Every value names its key, so nothing remembers how far a run came: the next one goes on with what is left. A batch reads
//! and seals outside of its transaction and writes each value only over the one it was made of, so that the provider runs
//! on beside it and whoever wrote meanwhile wins.

use super::{
    super::{Base, StoreError},
    IndexColumn, KeyName, NONCE_BYTES, SUITE_AES_256_GCM, SealedColumn, VERSION, Vault,
    column::RowId,
    keys::KEY_ID_BYTES,
};
use sea_orm::{
    ConnectionTrait, QueryResult, Value,
    sea_query::{Alias, Cond, Expr, ExprTrait, Func, FunctionCall, Order, Query, SelectStatement},
};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Characters or bytes of a value that name its key: `version ‖ suite ‖ key id`, or the base64url of the id.
const HEAD: i32 = 6;
const _: () = assert!(KEY_ID_BYTES + 2 == 6 && NONCE_BYTES > 0);

/// How many rows hang on each key.
pub type Census = BTreeMap<KeyName, u64>;

/// What came of some rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch<Row> {
    /// Where the next batch goes on; nowhere when all was seen.
    pub last: Option<Row>,
    /// Rows that are under the active key since this batch.
    pub rewritten: u64,
    /// Rows that could not be: each with its reason.
    pub left: Vec<String>,
}

/// The rows of a column of sealed values by their key.
///
/// # Errors
/// [`StoreError::Db`]
pub async fn sealed_census(db: &impl ConnectionTrait, of: &SealedColumn) -> Result<Census, StoreError> {
    let mut census = Census::new();
    for row in db.query_all(&heads(of.table, of.column)).await? {
        let head: Vec<u8> = row.try_get("", "head")?;
        if let Some(id) = head.strip_prefix(&[VERSION, SUITE_AES_256_GCM]).and_then(|id| id.first_chunk()) {
            census.insert(KeyName::of(*id), counted(&row)?);
        }
    }
    Ok(census)
}

/// The rows of a column of blind indexes by their key.
///
/// # Errors
/// [`StoreError::Db`]
pub async fn index_census(db: &impl ConnectionTrait, of: &IndexColumn) -> Result<Census, StoreError> {
    let mut census = Census::new();
    for row in db.query_all(&heads(of.table, of.column)).await? {
        census.insert(KeyName::written(row.try_get("", "head")?), counted(&row)?);
    }
    Ok(census)
}

/// How many rows of a table have a blind index in one of these columns that hangs on another key.
///
/// # Errors
/// [`StoreError::Db`]
pub async fn behind(
    db: &impl ConnectionTrait,
    columns: &[IndexColumn],
    active: &KeyName,
) -> Result<u64, StoreError> {
    let Some(IndexColumn { table, .. }) = columns.first() else { return Ok(0) };
    let other = columns.iter().fold(Cond::any(), |any, of| any.add(head(of.column).ne(active.to_string())));
    let count = Query::select()
        .expr_as(Func::count(Expr::val(1)), Alias::new("rows"))
        .from(*table)
        .cond_where(other)
        .to_owned();
    db.query_one(&count).await?.map_or(Ok(0), |row| counted(&row))
}

fn head(column: &'static str) -> FunctionCall {
    Func::cust("substr").args([Expr::col(column), Expr::val(1_i32), Expr::val(HEAD)])
}

fn heads(table: &'static str, column: &'static str) -> SelectStatement {
    Query::select()
        .expr_as(head(column), Alias::new("head"))
        .expr_as(Func::count(Expr::col(column)), Alias::new("rows"))
        .from(table)
        .and_where(Expr::col(column).is_not_null())
        .add_group_by([Expr::col("head")])
        .to_owned()
}

fn counted(row: &QueryResult) -> Result<u64, StoreError> {
    let rows: i64 = row.try_get("", "rows")?;
    u64::try_from(rows).map_err(|_| StoreError::Corrupt)
}

/// A row's primary key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowKey {
    Uuid(Uuid),
    Text(String),
}

impl RowKey {
    fn read(row: &QueryResult, id: RowId) -> Result<Self, StoreError> {
        Ok(match id {
            RowId::Uuid(name) => Self::Uuid(row.try_get("", name)?),
            RowId::Text(name) => Self::Text(row.try_get("", name)?),
        })
    }

    fn value(&self) -> Value {
        match self {
            Self::Uuid(id) => (*id).into(),
            Self::Text(text) => text.clone().into(),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Uuid(id) => id.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

/// Seals the next values that hang on an old key anew.
///
/// # Errors
/// [`StoreError::Db`]; what does not open is told and left as it is.
pub async fn reseal(
    base: &Base,
    of: &SealedColumn,
    after: Option<RowKey>,
    limit: u64,
) -> Result<Batch<RowKey>, StoreError> {
    let mut batch = Batch { last: None, rewritten: 0, left: Vec::new() };
    let rows = base.db.read().query_all(&next(of, after.as_ref(), limit)).await?;
    let mut fresh = Vec::new();
    for row in &rows {
        let key = RowKey::read(row, of.id)?;
        let old: Vec<u8> = row.try_get("", of.column)?;
        if !old.is_empty() && !base.vault.is_current(&old) {
            match resealed(base, &of.of(&key.text()), &old) {
                Ok(new) => fresh.push((key.clone(), old, new)),
                Err(error) => batch.left.push(format!("{of} of {}: {error}", key.text())),
            }
        }
        batch.last = Some(key);
    }
    if rows.is_empty() || fresh.is_empty() {
        return Ok(batch);
    }
    let tx = base.db.begin().await?;
    for (key, old, new) in fresh {
        let written = Query::update()
            .table(of.table)
            .value(of.column, new)
            .and_where(Expr::col(of.id.column()).eq(key.value()))
            .and_where(Expr::col(of.column).eq(old))
            .to_owned();
        batch.rewritten += tx.execute(&written).await?.rows_affected();
    }
    tx.commit().await?;
    Ok(batch)
}

fn next(of: &SealedColumn, after: Option<&RowKey>, limit: u64) -> SelectStatement {
    let id = of.id.column();
    let mut select = Query::select();
    select.columns([id, of.column]).from(of.table).and_where(Expr::col(of.column).is_not_null());
    if let Some(after) = after {
        select.and_where(Expr::col(id).gt(after.value()));
    }
    select.order_by(id, Order::Asc).limit(limit).to_owned()
}

fn resealed(base: &Base, place: &str, old: &[u8]) -> Result<Vec<u8>, StoreError> {
    let plain = base.vault.open(place, old)?;
    Ok(base.vault.seal(base.rng.as_ref(), place, &plain)?.into_bytes())
}

impl Vault {
    /// Whether a sealed value hangs on the active key.
    fn is_current(&self, sealed: &[u8]) -> bool {
        super::Envelope::parse(sealed)
            .is_some_and(|envelope| envelope.key_id == self.keys().encryption.active().id())
    }

    /// Whether a blind index hangs on the active key.
    #[must_use]
    pub fn is_current_index(&self, index: &str) -> bool {
        let active = KeyName::of(self.keys().index.active().id()).to_string();
        index.split_once('.').is_some_and(|(key, _)| key == active)
    }
}
