//! The nodes of one database, and which vault keys each holds: a rotation goes on only when every living node can follow.
//!
//! A node writes its row when it starts, every few seconds and when it takes up new keys, and removes it when it ends in
//! peace; one that was not seen for [`LIVE`] is dead.

use super::{Db, StoreError, Tx, sweep, vault::HeldKeys};
use crate::kernel::Timestamp;
use chrono::TimeDelta;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    sea_query::OnConflict,
};
use std::time::Duration;
use uuid::Uuid;

/// How often a node shows that it lives.
pub const BEAT: Duration = Duration::from_secs(15);
/// A node that was not seen for so long is dead.
pub const LIVE: TimeDelta = TimeDelta::seconds(60);
const KEPT: TimeDelta = TimeDelta::days(1);

/// A node as it was last seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    pub id: Uuid,
    pub keys: HeldKeys,
    /// Since when it holds them.
    pub taken_up_at: Timestamp,
    pub seen_at: Timestamp,
}

/// Writes a node's row.
///
/// # Errors
/// [`StoreError`]
pub async fn beat(db: &Db, node: &Node) -> Result<(), StoreError> {
    let row = row::ActiveModel {
        id: Set(node.id),
        vault_keys: Set(serde_json::to_string(&node.keys).map_err(|_| StoreError::Corrupt)?),
        taken_up_at: Set(node.taken_up_at.millis()),
        seen_at: Set(node.seen_at.millis()),
    };
    use row::Column::{Id, SeenAt, TakenUpAt, VaultKeys};
    let again = OnConflict::column(Id).update_columns([VaultKeys, TakenUpAt, SeenAt]).to_owned();
    let tx = db.begin().await?;
    row::Entity::insert(row).on_conflict(again).exec_without_returning(&tx).await?;
    tx.commit().await
}

/// Removes the row of a node that ends.
///
/// # Errors
/// [`StoreError::Db`]
pub async fn leave(db: &Db, node: Uuid) -> Result<(), StoreError> {
    let tx = db.begin().await?;
    row::Entity::delete_by_id(node).exec(&tx).await?;
    tx.commit().await
}

/// The nodes that live.
///
/// # Errors
/// [`StoreError`]
pub async fn living(db: &impl ConnectionTrait, now: Timestamp) -> Result<Vec<Node>, StoreError> {
    let rows = row::Entity::find()
        .filter(row::Column::SeenAt.gt((now - LIVE).millis()))
        .order_by_asc(row::Column::Id)
        .all(db)
        .await?;
    rows.into_iter().map(Node::try_from).collect()
}

/// Removes nodes that died long ago.
///
/// # Errors
/// [`StoreError::Db`]
pub async fn sweep(tx: &Tx, now: Timestamp) -> Result<u64, StoreError> {
    let over = Condition::all().add(row::Column::SeenAt.lte((now - KEPT).millis()));
    sweep::some::<row::Entity, Uuid>(tx, row::Column::Id, over).await
}

impl TryFrom<row::Model> for Node {
    type Error = StoreError;

    fn try_from(row: row::Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id,
            keys: serde_json::from_str(&row.vault_keys).map_err(|_| StoreError::Corrupt)?,
            taken_up_at: Timestamp::from_millis(row.taken_up_at),
            seen_at: Timestamp::from_millis(row.seen_at),
        })
    }
}

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "nodes")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub vault_keys: String,
        pub taken_up_at: i64,
        pub seen_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
