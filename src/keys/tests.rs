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
    assert_eq!(room.published().await, std::slice::from_ref(&old.kid), "a set that was read a moment ago");
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

/// A relying party: it keeps the JWKS of the node that it happened to ask as long as `Cache-Control` lets it.
struct Party {
    fetched_at: Timestamp,
    jwks: Arc<Jwks>,
}

impl Party {
    async fn fetch(node: &Keys, now: Timestamp) -> Self {
        Self { fetched_at: now, jwks: node.jwks().await.unwrap() }
    }

    fn verify(&self, token: &str, now: Timestamp, what: &str) {
        let verifier = Verifier::new(&self.jwks).unwrap();
        let verdict = verifier.verify(TokenType::IdToken, token);
        assert!(verdict.is_ok(), "{what}, with a JWKS {} s old", (now - self.fetched_at).num_seconds());
    }
}

/// Every second, each node signs, and relying parties that asked either node, now or up to `max-age` ago, verify.
#[tokio::test]
async fn c2_at_every_instant_of_a_rotation_each_nodes_tokens_verify_by_either_nodes_jwks_as_old_as_it_may_be()
{
    let room = Room::new().await;
    room.rotate().await;
    room.published().await;
    // The other node reads its keys some seconds later: the two never look at the same moment.
    room.store.clock.advance(TimeDelta::seconds(7));
    let nodes = [room.keys.clone(), another_node(&room.store)];
    let mut kept: Vec<Party> = Vec::new();
    let mut signed_by = Vec::new();
    for second in 0..200 {
        let now = room.store.now();
        if second == 65 {
            nodes[1].rotate(&room.store.ctx(), ES256).await.unwrap();
        }
        for node in &nodes {
            kept.push(Party::fetch(node, now).await);
        }
        kept.retain(|party| now - party.fetched_at <= CACHED_FOR);
        for (number, node) in nodes.iter().enumerate() {
            let signer = node.signer(ES256).await.unwrap();
            let token = signer.sign(TokenType::IdToken, &json!({ "sub": "p_1" })).unwrap();
            let what = format!("second {second}, signed by node {number}");
            // The oldest copies and the newest: what lies between was fetched between.
            for party in kept.iter().take(2).chain(kept.iter().rev().take(2)) {
                party.verify(&token, now, &what);
            }
            signed_by.push(signer.kid().clone());
        }
        room.store.clock.advance(TimeDelta::seconds(1));
    }
    signed_by.dedup();
    assert_eq!(signed_by.len(), 2, "both nodes changed over in the same second: {signed_by:?}");
}

#[tokio::test]
async fn a_revoked_key_is_gone_at_once_and_its_tokens_with_it() {
    let room = Room::new().await;
    let stolen = room.rotate().await;
    let other = another_node(&room.store);
    let token = room.keys.signer(ES256).await.unwrap().sign(TokenType::IdToken, &json!({})).unwrap();
    assert_eq!(other.jwks().await.unwrap().keys.len(), 1);
    let signing = room.keys.revoke(&room.store.ctx(), &stolen.kid).await.unwrap();
    assert_ne!(signing.kid, stolen.kid);
    assert_eq!(room.signing().await, signing.kid);
    assert_eq!(room.published().await, std::slice::from_ref(&signing.kid));
    assert!(room.keys.verifier().await.unwrap().verify(TokenType::IdToken, &token).is_err());
    // The other node notices by itself in ten seconds, and on SIGHUP at once.
    other.refresh();
    assert_eq!(other.signer(ES256).await.unwrap().kid(), &signing.kid);
    assert!(other.verifier().await.unwrap().verify(TokenType::IdToken, &token).is_err());
    let rows = store::all(room.store.db.read()).await.unwrap();
    assert!(rows.iter().any(|row| row.record.kid == stolen.kid && row.private.is_empty()), "destroyed");
}

#[tokio::test]
async fn a_revocation_is_seen_by_the_other_node_within_ten_seconds() {
    let room = Room::new().await;
    let stolen = room.rotate().await;
    let other = another_node(&room.store);
    assert_eq!(other.signer(ES256).await.unwrap().kid(), &stolen.kid);
    let signing = room.keys.revoke(&room.store.ctx(), &stolen.kid).await.unwrap();
    room.store.clock.advance(TimeDelta::seconds(10));
    assert_eq!(other.signer(ES256).await.unwrap().kid(), &signing.kid);
}

#[tokio::test]
async fn a_successor_that_is_known_already_takes_over_from_a_revoked_key() {
    let room = Room::new().await;
    let stolen = room.rotate().await;
    room.store.clock.advance(TimeDelta::seconds(30));
    let successor = room.rotate().await;
    let signing = room.keys.revoke(&room.store.ctx(), &stolen.kid).await.unwrap();
    assert_eq!(signing, successor);
    assert_eq!(room.published().await, [successor.kid]);
}

#[tokio::test]
async fn when_the_successor_is_revoked_the_old_key_goes_on_until_another_is_known() {
    let room = Room::new().await;
    let old = room.rotate().await;
    room.store.clock.advance(TimeDelta::minutes(1));
    let stolen = room.rotate().await;
    room.store.clock.advance(TimeDelta::minutes(1));
    let signing = room.keys.revoke(&room.store.ctx(), &stolen.kid).await.unwrap();
    assert_eq!(signing.kid, old.kid);
    room.store.clock.advance(OVERLAP - TimeDelta::seconds(1));
    assert_eq!(room.signing().await, old.kid);
    room.store.clock.advance(TimeDelta::seconds(1));
    assert!(room.signing().await != old.kid && room.signing().await != stolen.kid);
}

#[tokio::test]
async fn nothing_is_revoked_that_is_not_there_or_was_revoked_before() {
    let room = Room::new().await;
    let key = room.rotate().await;
    let ctx = room.store.ctx();
    let unknown = room.keys.revoke(&ctx, &"nobody".parse().unwrap()).await.unwrap_err();
    assert!(matches!(unknown, KeysError::Unknown(_)));
    room.keys.revoke(&ctx, &key.kid).await.unwrap();
    assert!(matches!(room.keys.revoke(&ctx, &key.kid).await, Err(KeysError::Unknown(_))));
    assert_eq!(room.published().await.len(), 1, "the refusal made no key");
}
