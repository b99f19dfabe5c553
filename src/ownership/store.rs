//! The table `vetoes`: a link is found by the hash of its token and used by one conditional write.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter,
    sea_query::Expr,
};
use uuid::Uuid;

use crate::{
    kernel::{PersonId, Timestamp, VetoId},
    storage::{StoreError, sweep},
};

/// Changes that may be undone.
pub(super) mod vetoes {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "vetoes")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub token_hash: String,
        pub person_id: Uuid,
        pub what: String,
        pub change: Vec<u8>,
        pub created_at: i64,
        pub expires_at: i64,
        pub used_at: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use vetoes::Column;

pub(super) async fn insert(tx: &impl ConnectionTrait, row: vetoes::Model) -> Result<(), StoreError> {
    let row: vetoes::ActiveModel = row.into();
    vetoes::Entity::insert(row.reset_all()).exec_without_returning(tx).await?;
    Ok(())
}

/// The row of a token, unless its time is over.
pub(super) async fn find(
    db: &impl ConnectionTrait,
    token_hash: &str,
    now: Timestamp,
) -> Result<Option<vetoes::Model>, StoreError> {
    let row = vetoes::Entity::find()
        .filter(Column::TokenHash.eq(token_hash))
        .filter(Column::ExpiresAt.gt(now.millis()));
    Ok(row.one(db).await?)
}

/// `false`: it was used before, or its time is over.
pub(super) async fn use_up(
    tx: &impl ConnectionTrait,
    id: VetoId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let written = vetoes::Entity::update_many()
        .col_expr(Column::UsedAt, Expr::value(now.millis()))
        .filter(Column::Id.eq(id.uuid()))
        .filter(Column::UsedAt.is_null())
        .filter(Column::ExpiresAt.gt(now.millis()))
        .exec(tx)
        .await?;
    Ok(written.rows_affected == 1)
}

/// The links of the changes that were undone with an earlier one.
pub(super) async fn use_up_later(
    tx: &impl ConnectionTrait,
    person: PersonId,
    since: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    vetoes::Entity::update_many()
        .col_expr(Column::UsedAt, Expr::value(now.millis()))
        .filter(Column::PersonId.eq(person.uuid()))
        .filter(Column::UsedAt.is_null())
        .filter(Column::CreatedAt.gte(since.millis()))
        .exec(tx)
        .await?;
    Ok(())
}

pub(super) async fn was_used_since(
    tx: &impl ConnectionTrait,
    (person, what): (PersonId, &str),
    since: Timestamp,
) -> Result<bool, StoreError> {
    let used = vetoes::Entity::find()
        .filter(Column::PersonId.eq(person.uuid()))
        .filter(Column::What.eq(what))
        .filter(Column::UsedAt.gt(since.millis()));
    Ok(used.count(tx).await? > 0)
}

/// Removes a batch of the links that ran out before an instant; tells how many.
pub(super) async fn sweep(tx: &impl ConnectionTrait, before: Timestamp) -> Result<u64, StoreError> {
    let over = Condition::all().add(Column::ExpiresAt.lt(before.millis()));
    sweep::some::<vetoes::Entity, Uuid>(tx, Column::Id, over).await
}
