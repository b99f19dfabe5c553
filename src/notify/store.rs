//! The table `sms_codes`.

use crate::{
    kernel::Timestamp,
    storage::{StoreError, Tx, sweep},
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait, OnConflict},
};

/// A code to be stored.
pub(super) struct NewCode {
    pub(super) key: String,
    pub(super) code_mac: String,
    pub(super) sent_at: Timestamp,
    pub(super) expires_at: Timestamp,
}

/// Puts a fresh code in the place of an earlier one.
pub(super) async fn replace(tx: &Tx, fresh: NewCode) -> Result<(), StoreError> {
    let row = row::ActiveModel {
        key: Set(fresh.key),
        code_mac: Set(fresh.code_mac),
        sent_at: Set(fresh.sent_at.millis()),
        expires_at: Set(fresh.expires_at.millis()),
        tries: Set(0),
        taken_at: Set(None),
    };
    use row::Column::{CodeMac, ExpiresAt, Key, SentAt, TakenAt, Tries};
    let instead =
        OnConflict::column(Key).update_columns([CodeMac, SentAt, ExpiresAt, Tries, TakenAt]).to_owned();
    row::Entity::insert(row).on_conflict(instead).exec_without_returning(tx).await?;
    Ok(())
}

/// When the live code of a key was sent.
pub(super) async fn find_live(
    db: &impl ConnectionTrait,
    key: &str,
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let row = row::Entity::find_by_id(key.to_owned()).filter(is_live(now)).one(db).await?;
    Ok(row.map(|row| Timestamp::from_millis(row.sent_at)))
}

/// Counts a try of a live code that has one left, and tells the MAC to compare with.
pub(super) async fn count_try(
    tx: &Tx,
    key: &str,
    max: u32,
    now: Timestamp,
) -> Result<Option<String>, StoreError> {
    let counted = row::Entity::update_many()
        .col_expr(row::Column::Tries, Expr::col(row::Column::Tries).add(1))
        .filter(row::Column::Key.eq(key))
        .filter(row::Column::Tries.lt(max))
        .filter(is_live(now))
        .exec_with_returning(tx)
        .await?;
    Ok(counted.into_iter().next().map(|row| row.code_mac))
}

pub(super) async fn return_try(tx: &Tx, key: &str) -> Result<(), StoreError> {
    let update = row::Entity::update_many()
        .col_expr(row::Column::Tries, Expr::col(row::Column::Tries).sub(1))
        .filter(row::Column::Key.eq(key));
    update.exec(tx).await?;
    Ok(())
}

/// Takes this very code, once.
pub(super) async fn take(tx: &Tx, key: &str, code_mac: &str, now: Timestamp) -> Result<(), StoreError> {
    let taken = row::Entity::update_many()
        .col_expr(row::Column::TakenAt, Expr::value(now.millis()))
        .filter(row::Column::Key.eq(key))
        .filter(row::Column::CodeMac.eq(code_mac))
        .filter(is_live(now))
        .exec(tx)
        .await?;
    if taken.rows_affected == 1 { Ok(()) } else { Err(StoreError::Gone) }
}

pub(super) async fn sweep(tx: &Tx, now: Timestamp) -> Result<u64, StoreError> {
    let over = Condition::all().add(row::Column::ExpiresAt.lte(now.millis()));
    sweep::some::<row::Entity, String>(tx, row::Column::Key, over).await
}

fn is_live(now: Timestamp) -> Condition {
    Condition::all().add(row::Column::TakenAt.is_null()).add(row::Column::ExpiresAt.gt(now.millis()))
}

/// Everything that stands there.
#[cfg(test)]
pub(super) async fn all(db: &impl ConnectionTrait) -> String {
    format!("{:?}", row::Entity::find().all(db).await.unwrap())
}

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sms_codes")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub key: String,
        pub code_mac: String,
        pub sent_at: i64,
        pub expires_at: i64,
        pub tries: i32,
        pub taken_at: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
