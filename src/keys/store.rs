//! The rows of `signing_keys`.

use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    sea_query::Expr,
};

use crate::{
    kernel::{KeyId, Timestamp},
    protocol::client::SigningAlg,
    storage::StoreError,
};

use super::model::{KeyRecord, StoredKey};

mod signing_keys {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "signing_keys")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub kid: String,
        pub alg: String,
        pub public_jwk: String,
        pub private_part: Vec<u8>,
        pub created_at: i64,
        pub retired_at: Option<i64>,
        pub revoked_at: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Every key, oldest first.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<StoredKey>, StoreError> {
    let rows = signing_keys::Entity::find()
        .order_by_asc(signing_keys::Column::CreatedAt)
        .order_by_asc(signing_keys::Column::Kid)
        .all(db)
        .await?;
    rows.into_iter().map(StoredKey::try_from).collect()
}

pub async fn insert(db: &impl ConnectionTrait, key: StoredKey) -> Result<(), StoreError> {
    signing_keys::ActiveModel {
        kid: Set(key.record.kid.to_string()),
        alg: Set(key.record.alg.as_str().to_owned()),
        public_jwk: Set(serde_json::to_string(&key.public).map_err(|_| StoreError::Corrupt)?),
        private_part: Set(key.private),
        created_at: Set(key.record.created_at.millis()),
        retired_at: Set(None),
        revoked_at: Set(None),
    }
    .insert(db)
    .await?;
    Ok(())
}

/// Retires the keys of an algorithm that have no end yet; tells how many.
pub async fn retire(db: &impl ConnectionTrait, alg: SigningAlg, at: Timestamp) -> Result<u64, StoreError> {
    let retired = signing_keys::Entity::update_many()
        .col_expr(signing_keys::Column::RetiredAt, Expr::value(at.millis()))
        .filter(signing_keys::Column::Alg.eq(alg.as_str()))
        .filter(signing_keys::Column::RetiredAt.is_null())
        .exec(db)
        .await?;
    Ok(retired.rows_affected)
}

/// Takes a key out of use for ever and destroys its private part. `false`: there is no such key, or it is revoked already.
pub async fn revoke(db: &impl ConnectionTrait, kid: &KeyId, now: Timestamp) -> Result<bool, StoreError> {
    let revoked = signing_keys::Entity::update_many()
        .col_expr(signing_keys::Column::RevokedAt, Expr::value(now.millis()))
        .col_expr(signing_keys::Column::PrivatePart, Expr::value(Vec::<u8>::new()))
        .filter(signing_keys::Column::Kid.eq(kid.as_str()))
        .filter(signing_keys::Column::RevokedAt.is_null())
        .exec(db)
        .await?;
    Ok(revoked.rows_affected == 1)
}

/// A key that was to end sooner goes on until then: its successor was revoked, and the next one is not known yet.
pub async fn prolong(db: &impl ConnectionTrait, kid: &KeyId, until: Timestamp) -> Result<(), StoreError> {
    signing_keys::Entity::update_many()
        .col_expr(signing_keys::Column::RetiredAt, Expr::value(until.millis()))
        .filter(signing_keys::Column::Kid.eq(kid.as_str()))
        .filter(signing_keys::Column::RetiredAt.lt(until.millis()))
        .exec(db)
        .await?;
    Ok(())
}

impl TryFrom<signing_keys::Model> for StoredKey {
    type Error = StoreError;

    fn try_from(row: signing_keys::Model) -> Result<Self, StoreError> {
        let record = KeyRecord {
            kid: row.kid.parse().map_err(|_| StoreError::Corrupt)?,
            alg: row.alg.parse().map_err(|()| StoreError::Corrupt)?,
            created_at: Timestamp::from_millis(row.created_at),
            retired_at: row.retired_at.map(Timestamp::from_millis),
            revoked_at: row.revoked_at.map(Timestamp::from_millis),
        };
        let public = serde_json::from_str(&row.public_jwk).map_err(|_| StoreError::Corrupt)?;
        Ok(Self { record, public, private: row.private_part })
    }
}
