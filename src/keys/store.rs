//! The rows of `signing_keys`.

use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    sea_query::Expr,
};

use crate::{kernel::Timestamp, protocol::client::SigningAlg, storage::StoreError};

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

impl TryFrom<signing_keys::Model> for StoredKey {
    type Error = StoreError;

    fn try_from(row: signing_keys::Model) -> Result<Self, StoreError> {
        let record = KeyRecord {
            kid: row.kid.parse().map_err(|_| StoreError::Corrupt)?,
            alg: row.alg.parse().map_err(|()| StoreError::Corrupt)?,
            created_at: Timestamp::from_millis(row.created_at),
            retired_at: row.retired_at.map(Timestamp::from_millis),
        };
        let public = serde_json::from_str(&row.public_jwk).map_err(|_| StoreError::Corrupt)?;
        Ok(Self { record, public, private: row.private_part })
    }
}
