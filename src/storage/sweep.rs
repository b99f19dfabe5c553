//! Rows whose time is over go a few at a time: whoever else writes waits for one batch, not for all that a day left behind.

use super::StoreError;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, TryGetable, Value,
};

/// Rows of one batch: some milliseconds of the writer.
pub const BATCH: u64 = 500;

/// Removes at most [`BATCH`] rows that the condition names, by their key `K`; tells how many.
///
/// The rows are looked up first, since only PostgreSQL limits no deletion and SQLite's limit is an option of its build.
///
/// # Errors
/// [`StoreError::Db`]
pub async fn some<E, K>(db: &impl ConnectionTrait, key: E::Column, over: Condition) -> Result<u64, StoreError>
where
    E: EntityTrait,
    K: TryGetable + Into<Value>,
{
    let keys = some_keys::<E, K>(db, key, &over).await?;
    if keys.is_empty() {
        return Ok(0);
    }
    // The condition once more: on PostgreSQL a row may have got more time since it was looked up.
    let gone = E::delete_many().filter(key.is_in(keys)).filter(over).exec(db).await?;
    Ok(gone.rows_affected)
}

/// The same for rows that others hang on without a foreign key; tells which went.
///
/// # Errors
/// [`StoreError::Db`]
pub async fn some_of<E, K>(
    db: &impl ConnectionTrait,
    key: E::Column,
    over: Condition,
) -> Result<Vec<E::Model>, StoreError>
where
    E: EntityTrait,
    K: TryGetable + Into<Value>,
{
    let keys = some_keys::<E, K>(db, key, &over).await?;
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    Ok(E::delete_many().filter(key.is_in(keys)).filter(over).exec_with_returning(db).await?)
}

async fn some_keys<E, K>(
    db: &impl ConnectionTrait,
    key: E::Column,
    over: &Condition,
) -> Result<Vec<K>, StoreError>
where
    E: EntityTrait,
    K: TryGetable,
{
    let keys = E::find().select_only().column(key).filter(over.clone()).limit(BATCH);
    Ok(keys.into_tuple().all(db).await?)
}
