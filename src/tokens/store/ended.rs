//! What ended goes away, a batch at a time.

use sea_orm::{ColumnTrait, Condition, ConnectionTrait, prelude::Uuid};

use crate::{
    kernel::Timestamp,
    storage::{StoreError, sweep as batch},
};

use super::{access_tokens, grants};

/// Removes a batch of what ended before the instant: nothing of it can be presented any more.
pub async fn sweep(db: &impl ConnectionTrait, before: Timestamp) -> Result<u64, StoreError> {
    let before = before.millis();
    let over = Condition::all().add(access_tokens::Column::ExpiresAt.lt(before));
    let access = batch::some::<access_tokens::Entity, String>(db, access_tokens::Column::Jti, over).await?;
    // Codes, and the refresh tokens that name no family, go with their family: a replay must still be recognised.
    let over = Condition::all().add(grants::Column::ExpiresAt.lt(before));
    Ok(access + batch::some::<grants::Entity, Uuid>(db, grants::Column::Id, over).await?)
}
