//! What ended goes away, a batch at a time.

use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, prelude::Uuid,
};

use crate::{
    kernel::Timestamp,
    storage::{StoreError, sweep as batch},
};

use super::{access_tokens, grants, refresh_tokens};

/// Families that are removed together.
const FAMILIES: u64 = 100;

/// Removes a batch of what ended before the instant: nothing of it can be presented any more.
pub async fn sweep(db: &impl ConnectionTrait, before: Timestamp) -> Result<u64, StoreError> {
    let before = before.millis();
    let over = Condition::all().add(access_tokens::Column::ExpiresAt.lt(before));
    let access = batch::some::<access_tokens::Entity, String>(db, access_tokens::Column::Hash, over).await?;
    // Codes and refresh tokens stay as long as their family: a replay must still be recognised.
    Ok(access + sweep_families(db, before).await?)
}

/// A family may have thousands of refresh tokens, which go first.
async fn sweep_families(db: &impl ConnectionTrait, before: i64) -> Result<u64, StoreError> {
    let over = grants::Column::ExpiresAt.lt(before);
    let select = grants::Entity::find().select_only().column(grants::Column::Id).filter(over.clone());
    let ids: Vec<Uuid> = select.limit(FAMILIES).into_tuple().all(db).await?;
    if ids.is_empty() {
        return Ok(0);
    }
    let theirs = Condition::all().add(refresh_tokens::Column::GrantId.is_in(ids.iter().copied()));
    let tokens =
        batch::some::<refresh_tokens::Entity, String>(db, refresh_tokens::Column::Hash, theirs).await?;
    if tokens == batch::BATCH {
        return Ok(tokens);
    }
    let families = grants::Entity::delete_many().filter(grants::Column::Id.is_in(ids)).filter(over);
    Ok(tokens + families.exec(db).await?.rows_affected)
}
