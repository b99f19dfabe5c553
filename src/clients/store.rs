//! The table `client_registrations`.

use std::collections::BTreeMap;

use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, QueryFilter,
    sea_query::{Expr, OnConflict},
};

use crate::{
    kernel::{ClientId, HashedToken, Timestamp},
    storage::{StoreError, Tx},
};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "client_registrations")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub client_id: String,
        pub digest: String,
        pub taken_up_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The registrations that were taken up last, with their digests.
pub(super) async fn all(tx: &Tx) -> Result<BTreeMap<ClientId, String>, StoreError> {
    let rows = row::Entity::find().all(tx).await?;
    let pair = |row: row::Model| Ok((row.client_id.parse().map_err(|_| StoreError::Corrupt)?, row.digest));
    rows.into_iter().map(pair).collect()
}

/// `false`: another node was faster.
pub(super) async fn insert(
    tx: &Tx,
    id: &ClientId,
    digest: &HashedToken,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let new = row::ActiveModel {
        client_id: Set(id.to_string()),
        digest: Set(digest.as_str().to_owned()),
        taken_up_at: Set(at.millis()),
    };
    let once = OnConflict::column(row::Column::ClientId).do_nothing().to_owned();
    Ok(row::Entity::insert(new).on_conflict(once).exec_without_returning(tx).await? == 1)
}

/// `false`: another node was faster.
pub(super) async fn update(
    tx: &Tx,
    id: &ClientId,
    (before, after): (&str, &HashedToken),
    at: Timestamp,
) -> Result<bool, StoreError> {
    let written = row::Entity::update_many()
        .col_expr(row::Column::Digest, Expr::value(after.as_str()))
        .col_expr(row::Column::TakenUpAt, Expr::value(at.millis()))
        .filter(row::Column::ClientId.eq(id.as_str()))
        .filter(row::Column::Digest.eq(before))
        .exec(tx)
        .await?;
    Ok(written.rows_affected == 1)
}

/// `false`: another node was faster.
pub(super) async fn delete(tx: &Tx, id: &ClientId) -> Result<bool, StoreError> {
    let gone = row::Entity::delete_many().filter(row::Column::ClientId.eq(id.as_str())).exec(tx).await?;
    Ok(gone.rows_affected == 1)
}
