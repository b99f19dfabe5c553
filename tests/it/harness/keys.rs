//! The signing keys of all houses, made once: an RSA key takes a second, and no test asks for one of its own.

use menfu::audit::Audit;
use menfu::keys::Keys;
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use tokio::sync::OnceCell;

use crate::store::{self, TestStore};

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

/// Puts the keys into a database; the vaults of all tests have the same key, so every house can open them.
pub async fn put_into(store: &TestStore) {
    static MADE: OnceCell<Vec<signing_keys::Model>> = OnceCell::const_new();
    let made = MADE.get_or_init(make).await;
    let rows = made.iter().map(|row| row.clone().into_active_model().reset_all());
    let tx = store.db.begin().await.unwrap();
    signing_keys::Entity::insert_many(rows).exec_without_returning(&tx).await.unwrap();
    tx.commit().await.unwrap();
}

/// As `menfu keys init` makes them, in a database of their own.
async fn make() -> Vec<signing_keys::Model> {
    let store = store::db().await;
    Keys::new(store.base(), Audit::new(store.base())).init(&store.ctx()).await.unwrap();
    signing_keys::Entity::find().all(store.db.read()).await.unwrap()
}
