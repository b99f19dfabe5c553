//! The table `flows`: wizards of all kinds, sealed, one open wizard of a kind in a browser.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter,
    prelude::Uuid,
    sea_query::{Expr, OnConflict},
};

use crate::{
    kernel::{FlowId, HashedToken, Timestamp},
    storage::{StoreError, sweep},
};

pub use sea_orm::ConnectionTrait;

/// Wizards.
pub mod flows {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "flows")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub browser_hash: String,
        pub kind: String,
        pub open_key: Option<String>,
        pub state: Vec<u8>,
        pub version: i32,
        pub created_at: i64,
        pub expires_at: i64,
        pub finished_at: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What keeps a browser to one open wizard of a kind.
pub fn open_key(kind: &str, browser: &HashedToken) -> String {
    format!("{kind}:{}", browser.as_str())
}

/// The open wizard of a browser.
pub async fn find_open(
    db: &impl ConnectionTrait,
    open_key: &str,
    now: Timestamp,
) -> Result<Option<flows::Model>, StoreError> {
    let row = flows::Entity::find()
        .filter(flows::Column::OpenKey.eq(open_key))
        .filter(flows::Column::ExpiresAt.gt(now.millis()))
        .one(db)
        .await?;
    Ok(row)
}

/// A wizard by its id, for the worker that has no browser.
pub async fn find(db: &impl ConnectionTrait, id: FlowId) -> Result<Option<flows::Model>, StoreError> {
    Ok(flows::Entity::find_by_id(id.uuid()).one(db).await?)
}

/// Writes a new wizard in the place of one that ran out. `false`: the browser has an open one.
pub async fn insert(
    tx: &impl ConnectionTrait,
    row: flows::Model,
    now: Timestamp,
) -> Result<bool, StoreError> {
    flows::Entity::update_many()
        .col_expr(flows::Column::OpenKey, Expr::value(Option::<String>::None))
        .filter(flows::Column::OpenKey.eq(row.open_key.clone()))
        .filter(flows::Column::ExpiresAt.lte(now.millis()))
        .exec(tx)
        .await?;
    let row: flows::ActiveModel = row.into();
    let inserted = flows::Entity::insert(row.reset_all())
        .on_conflict(OnConflict::column(flows::Column::OpenKey).do_nothing().to_owned())
        .exec_without_returning(tx)
        .await?;
    Ok(inserted == 1)
}

/// Writes the next state over the one that was read.
///
/// # Errors
/// `Gone` when another tab was faster.
pub async fn update(
    tx: &impl ConnectionTrait,
    id: FlowId,
    seen: i32,
    state: Vec<u8>,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    let written = flows::Entity::update_many()
        .col_expr(flows::Column::State, Expr::value(state))
        .col_expr(flows::Column::Version, Expr::col(flows::Column::Version).add(1))
        .col_expr(flows::Column::ExpiresAt, Expr::value(expires_at.millis()))
        .filter(flows::Column::Id.eq(id.uuid()))
        .filter(flows::Column::Version.eq(seen))
        .filter(flows::Column::FinishedAt.is_null())
        .exec(tx)
        .await?;
    if written.rows_affected == 1 { Ok(()) } else { Err(StoreError::Gone) }
}

/// Ends a wizard; of many callers one does.
pub async fn finish(tx: &impl ConnectionTrait, id: FlowId, now: Timestamp) -> Result<bool, StoreError> {
    let written = flows::Entity::update_many()
        .col_expr(flows::Column::OpenKey, Expr::value(Option::<String>::None))
        .col_expr(flows::Column::FinishedAt, Expr::value(now.millis()))
        .filter(flows::Column::Id.eq(id.uuid()))
        .filter(flows::Column::FinishedAt.is_null())
        .exec(tx)
        .await?;
    Ok(written.rows_affected == 1)
}

/// The open wizards of a browser whose cookie is replaced follow it.
pub async fn rebind(
    tx: &impl ConnectionTrait,
    kind: &str,
    old: &HashedToken,
    new: &HashedToken,
) -> Result<(), StoreError> {
    flows::Entity::update_many()
        .col_expr(flows::Column::OpenKey, Expr::value(open_key(kind, new)))
        .col_expr(flows::Column::BrowserHash, Expr::value(new.as_str()))
        .filter(flows::Column::OpenKey.eq(open_key(kind, old)))
        .exec(tx)
        .await?;
    Ok(())
}

/// Removes a batch of wizards that ran out before an instant; tells which.
pub async fn sweep(tx: &impl ConnectionTrait, before: Timestamp) -> Result<Vec<FlowId>, StoreError> {
    let over = Condition::all().add(flows::Column::ExpiresAt.lte(before.millis()));
    let gone = sweep::some_of::<flows::Entity, Uuid>(tx, flows::Column::Id, over).await?;
    Ok(gone.into_iter().map(|row| FlowId::from_uuid(row.id)).collect())
}
