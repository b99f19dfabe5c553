//! Signing keys for the houses of other rooms' tests, made once: an RSA key takes a second.

use tokio::sync::OnceCell;

use super::{Keys, StoredKey, store};
use crate::{audit::Audit, storage::testing};

/// Puts the keys into a database; the vaults of all tests have the same key, so every house can open them.
pub async fn put_into(db: &testing::TestStore) {
    static MADE: OnceCell<Vec<StoredKey>> = OnceCell::const_new();
    let tx = db.db.begin().await.unwrap();
    for key in MADE.get_or_init(make).await {
        store::insert(&tx, key.clone()).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// As `menfu keys init` makes them, in a database of their own.
async fn make() -> Vec<StoredKey> {
    let own = testing::db().await;
    Keys::new(own.base(), Audit::new(own.base())).init(&own.ctx()).await.unwrap();
    store::all(own.db.read()).await.unwrap()
}
