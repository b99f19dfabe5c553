use chrono::TimeDelta;

use super::*;
use crate::storage::testing::{self, TestStore};

struct Room {
    store: TestStore,
    consents: Consents,
    exam: ClientId,
    person: PersonId,
}

impl Room {
    async fn new() -> Self {
        let store = testing::db().await;
        let consents = Consents::new(store.base(), Audit::new(store.base()));
        let person = PersonId::new(store.now(), &*store.rng);
        Self { consents, person, exam: "exam".parse().unwrap(), store }
    }

    async fn remember(&self, client: &ClientId, scope: &str) {
        let tx = self.store.db.begin().await.unwrap();
        let scope = scope.parse().unwrap();
        self.consents.remember(&tx, &self.store.ctx(), client, self.person, &scope).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn given(&self, client: &ClientId) -> Scope {
        self.consents.given(client, self.person).await.unwrap()
    }

    async fn tick(&self, holder: Holder, document: &str) {
        let tx = self.store.db.begin().await.unwrap();
        let agreement = Agreement {
            document: document.to_owned(),
            version: "2026-11".to_owned(),
            purpose: "p".to_owned(),
        };
        self.consents.tick(&tx, &self.store.ctx(), holder, agreement).await.unwrap();
        tx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn consent_is_remembered_per_client_and_scope() {
    let room = Room::new().await;
    let insurance: ClientId = "insurance".parse().unwrap();
    assert!(room.given(&room.exam).await.is_empty());
    room.remember(&room.exam, "openid profile").await;
    room.remember(&room.exam, "profile phone").await;
    let given = room.given(&room.exam).await;
    assert!("openid profile phone".parse::<Scope>().unwrap().is_subset_of(&given));
    assert_eq!(given.iter().count(), 3);
    assert!(room.given(&insurance).await.is_empty());
}

#[tokio::test]
async fn nothing_asked_is_nothing_written() {
    let room = Room::new().await;
    room.remember(&room.exam, "").await;
    assert!(room.given(&room.exam).await.is_empty());
}

#[tokio::test]
async fn withdrawing_forgets_one_client_only() {
    let room = Room::new().await;
    let insurance: ClientId = "insurance".parse().unwrap();
    room.remember(&room.exam, "openid").await;
    room.remember(&insurance, "openid").await;
    let tx = room.store.db.begin().await.unwrap();
    assert!(room.consents.withdraw(&tx, &room.store.ctx(), &room.exam, room.person).await.unwrap());
    assert!(!room.consents.withdraw(&tx, &room.store.ctx(), &room.exam, room.person).await.unwrap());
    tx.commit().await.unwrap();
    assert!(room.given(&room.exam).await.is_empty());
    assert!(!room.given(&insurance).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_consent_given_twice_at_once_is_one() {
    let room = Room::new().await;
    let racers: Vec<_> = (0..8)
        .map(|_| {
            let (consents, db, ctx) = (room.consents.clone(), room.store.db.clone(), room.store.ctx());
            let (client, person) = (room.exam.clone(), room.person);
            tokio::spawn(async move {
                let tx = db.begin().await.unwrap();
                let scope = "openid profile".parse().unwrap();
                consents.remember(&tx, &ctx, &client, person, &scope).await.unwrap();
                tx.commit().await.unwrap();
            })
        })
        .collect();
    for racer in racers {
        racer.await.unwrap();
    }
    assert_eq!(room.given(&room.exam).await.iter().count(), 2);
}

#[tokio::test]
async fn each_tick_is_a_row_with_version_purpose_and_time() {
    let room = Room::new().await;
    let holder = Holder::Person(room.person);
    room.tick(holder, "terms").await;
    let first = room.store.now();
    room.store.clock.advance(TimeDelta::seconds(5));
    room.tick(holder, "bank").await;
    room.tick(holder, "bank").await;
    let ticks = room.consents.agreements(holder).await.unwrap();
    let documents: Vec<_> = ticks.iter().map(|(agreement, _)| agreement.document.as_str()).collect();
    assert_eq!(documents, ["terms", "bank", "bank"], "a second tick is a second row");
    assert_eq!(ticks.first().unwrap().1, first);
}

#[tokio::test]
async fn the_ticks_of_a_wizard_become_those_of_the_account() {
    let room = Room::new().await;
    let flow = FlowId::new(room.store.now(), &*room.store.rng);
    room.tick(Holder::Flow(flow), "terms").await;
    let tx = room.store.db.begin().await.unwrap();
    room.consents.adopt(&tx, flow, room.person).await.unwrap();
    tx.commit().await.unwrap();
    assert!(room.consents.agreements(Holder::Flow(flow)).await.unwrap().is_empty());
    assert_eq!(room.consents.agreements(Holder::Person(room.person)).await.unwrap().len(), 1);
}
