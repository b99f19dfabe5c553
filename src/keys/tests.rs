use chrono::TimeDelta;
use serde_json::json;

use super::*;
use crate::{
    protocol::jose::TokenType,
    storage::testing::{self, TestStore},
};

const ES256: SigningAlg = SigningAlg::Es256;

struct Room {
    store: TestStore,
    keys: Keys,
}

impl Room {
    async fn new() -> Self {
        let store = testing::db().await;
        let keys = another_node(&store);
        Self { store, keys }
    }

    async fn rotate(&self) -> KeyRecord {
        self.keys.rotate(&self.store.ctx(), ES256).await.unwrap()
    }

    async fn signing(&self) -> KeyId {
        self.keys.signer(ES256).await.unwrap().kid().clone()
    }

    async fn published(&self) -> Vec<KeyId> {
        self.keys.jwks().await.unwrap().keys.iter().map(|key| key.kid.clone()).collect()
    }
}

fn another_node(store: &TestStore) -> Keys {
    Keys::new(store.base(), Audit::new(store.base()))
}

#[tokio::test]
async fn without_keys_nothing_is_signed_and_the_error_says_what_to_run() {
    let room = Room::new().await;
    let error = room.keys.signer(ES256).await.unwrap_err();
    assert!(error.to_string().contains("menfu keys init"), "{error}");
    assert!(room.published().await.is_empty());
}

#[tokio::test]
async fn init_makes_one_key_for_each_algorithm_and_only_once() {
    let room = Room::new().await;
    let made = room.keys.init(&room.store.ctx()).await.unwrap();
    assert_eq!(made.iter().map(|key| key.alg).collect::<Vec<_>>(), SigningAlg::ALL);
    assert!(room.keys.init(&room.store.ctx()).await.unwrap().is_empty());
    let listed = room.keys.list().await.unwrap();
    assert!(listed.len() == made.len() && made.iter().all(|key| listed.contains(key)), "{listed:?}");
    for alg in SigningAlg::ALL {
        assert_eq!(room.keys.signer(*alg).await.unwrap().alg(), *alg);
    }
}

#[tokio::test]
async fn what_is_signed_is_verified_by_another_node() {
    let room = Room::new().await;
    room.rotate().await;
    let signer = room.keys.signer(ES256).await.unwrap();
    let token = signer.sign(TokenType::IdToken, &json!({ "sub": "p_1" })).unwrap();
    let claims =
        another_node(&room.store).verifier().await.unwrap().verify(TokenType::IdToken, &token).unwrap();
    assert_eq!(claims.get("sub"), Some(&json!("p_1")));
}

#[tokio::test]
async fn a_signer_is_built_once() {
    let room = Room::new().await;
    room.rotate().await;
    let (one, two) = (room.keys.signer(ES256).await.unwrap(), room.keys.signer(ES256).await.unwrap());
    assert!(Arc::ptr_eq(&one, &two));
}

#[tokio::test]
async fn a_successor_is_published_two_minutes_before_it_signs_and_the_old_key_stays_published() {
    let room = Room::new().await;
    let old = room.rotate().await;
    room.store.clock.advance(TimeDelta::hours(1));
    let new = room.rotate().await;
    assert_eq!(room.published().await, [old.kid.clone(), new.kid.clone()]);
    assert_eq!(room.signing().await, old.kid);
    room.store.clock.advance(TimeDelta::seconds(119));
    assert_eq!(room.signing().await, old.kid);
    room.store.clock.advance(TimeDelta::seconds(1));
    assert_eq!(room.signing().await, new.kid);
    assert_eq!(room.published().await, [old.kid, new.kid.clone()]);
    room.store.clock.advance(TimeDelta::days(30));
    assert_eq!(room.published().await, [new.kid]);
}

#[tokio::test]
async fn a_token_of_a_retired_key_is_still_recognised() {
    let room = Room::new().await;
    room.rotate().await;
    let signer = room.keys.signer(ES256).await.unwrap();
    let token = signer.sign(TokenType::IdToken, &json!({ "sub": "p_1" })).unwrap();
    room.rotate().await;
    room.store.clock.advance(TimeDelta::hours(2));
    assert_ne!(&room.signing().await, signer.kid());
    assert!(room.keys.verifier().await.unwrap().verify(TokenType::IdToken, &token).is_ok());
}

#[tokio::test]
async fn a_rotation_on_another_node_is_seen_before_its_key_signs() {
    let room = Room::new().await;
    let old = room.rotate().await;
    room.store.clock.advance(TimeDelta::seconds(1));
    assert_eq!(room.published().await, std::slice::from_ref(&old.kid));
    let new = another_node(&room.store).rotate(&room.store.ctx(), ES256).await.unwrap();
    assert_eq!(room.published().await, std::slice::from_ref(&old.kid), "a cached set for a minute");
    room.store.clock.advance(TimeDelta::minutes(1));
    assert_eq!(room.published().await, [old.kid.clone(), new.kid]);
    assert_eq!(room.signing().await, old.kid);
}

#[tokio::test]
async fn with_the_database_gone_the_known_keys_go_on_signing() {
    let room = Room::new().await;
    let key = room.rotate().await;
    assert_eq!(room.signing().await, key.kid);
    room.store.db.close().await.unwrap();
    room.store.clock.advance(TimeDelta::minutes(5));
    assert_eq!(room.signing().await, key.kid);
}

#[tokio::test]
async fn a_stored_key_opens_in_its_own_row_only() {
    let room = Room::new().await;
    let (one, two) = (room.rotate().await, room.rotate().await);
    let rows = store::all(room.store.db.read()).await.unwrap();
    let first = rows.into_iter().find(|row| row.record.kid == one.kid).unwrap();
    let swapped = StoredKey { record: two, ..first };
    assert!(matches!(room.keys.open(swapped), Err(KeysError::Store(StoreError::Vault))));
}
