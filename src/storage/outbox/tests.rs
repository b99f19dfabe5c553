use super::*;
use crate::storage::testing::{self, TestStore};
use async_trait::async_trait;
use std::sync::{Arc, Mutex};

/// Remembers what it was given and answers as told.
struct Recorder {
    answer: Mutex<Delivery>,
    seen: Mutex<Vec<(OutboxId, String)>>,
}

#[async_trait]
impl Deliver for Recorder {
    fn kind(&self) -> &'static str {
        "note"
    }

    async fn deliver(&self, payload: &[u8], id: &OutboxId) -> Delivery {
        tokio::task::yield_now().await;
        self.seen.lock().unwrap().push((*id, String::from_utf8(payload.to_vec()).unwrap()));
        *self.answer.lock().unwrap()
    }
}

struct Scene {
    store: TestStore,
    outbox: Outbox,
    dispatcher: Dispatcher,
    recorder: Arc<Recorder>,
}

impl Scene {
    async fn new(answer: Delivery) -> Self {
        let store = testing::db().await;
        let outbox = Outbox::new(store.db.clone(), store.vault.clone());
        let recorder = Arc::new(Recorder { answer: Mutex::new(answer), seen: Mutex::default() });
        let dispatcher = Dispatcher::new(outbox.clone(), vec![recorder.clone()]);
        Self { store, outbox, dispatcher, recorder }
    }

    async fn queue(&self, kind: &'static str) -> OutboxId {
        let tx = self.store.db.begin().await.unwrap();
        let id = self.outbox.queue(&tx, &self.store.ctx(), &*self.store.rng, kind, &"您好").await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    async fn run(&self) -> usize {
        self.dispatcher.run_due(self.store.now()).await.unwrap()
    }

    async fn row(&self, id: OutboxId) -> row::Model {
        row::Entity::find_by_id(id.uuid()).one(self.store.db.read()).await.unwrap().unwrap()
    }

    fn seen(&self) -> usize {
        self.recorder.seen.lock().unwrap().len()
    }
}

#[tokio::test]
async fn a_committed_message_is_delivered_once_and_its_payload_destroyed() {
    let scene = Scene::new(Delivery::Done).await;
    let id = scene.queue("note").await;
    assert_eq!(scene.outbox.undelivered().await.unwrap(), 1);
    assert_eq!((scene.run().await, scene.run().await), (1, 0));
    assert_eq!(*scene.recorder.seen.lock().unwrap(), [(id, "\"您好\"".to_owned())]);
    assert_eq!(scene.row(id).await.payload, None);
    assert_eq!(scene.outbox.undelivered().await.unwrap(), 0);
}

#[tokio::test]
async fn a_message_of_a_dropped_transaction_does_not_exist() {
    let scene = Scene::new(Delivery::Done).await;
    let tx = scene.store.db.begin().await.unwrap();
    scene.outbox.queue(&tx, &scene.store.ctx(), &*scene.store.rng, "note", &1).await.unwrap();
    drop(tx);
    assert_eq!(scene.run().await, 0);
    assert_eq!(scene.outbox.undelivered().await.unwrap(), 0);
}

#[tokio::test]
async fn the_row_holds_ciphertext() {
    let scene = Scene::new(Delivery::Done).await;
    let id = scene.queue("note").await;
    let payload = scene.row(id).await.payload.unwrap();
    assert!(!payload.windows(6).any(|part| part == "您好".as_bytes()));
}

#[tokio::test]
async fn a_retry_waits_twice_as_long_each_time() {
    let scene = Scene::new(Delivery::Retry).await;
    let id = scene.queue("note").await;
    for (attempt, seconds) in [2, 4, 8, 16].into_iter().enumerate() {
        assert_eq!(scene.run().await, 1, "attempt {attempt}");
        scene.store.clock.advance(TimeDelta::milliseconds(seconds * 1000 - 1));
        assert_eq!(scene.run().await, 0, "attempt {attempt}");
        scene.store.clock.advance(TimeDelta::milliseconds(1));
    }
    assert!(scene.row(id).await.payload.is_some());
}

#[tokio::test]
async fn after_twelve_attempts_it_is_given_up_and_still_counts_as_undelivered() {
    let scene = Scene::new(Delivery::Retry).await;
    let id = scene.queue("note").await;
    for _ in 0..20 {
        scene.run().await;
        scene.store.clock.advance(TimeDelta::minutes(10));
    }
    assert_eq!(scene.seen(), 12);
    assert_eq!(scene.row(id).await.payload, None);
    assert_eq!(scene.outbox.undelivered().await.unwrap(), 1);
}

#[tokio::test]
async fn a_dead_message_is_never_tried_again() {
    let scene = Scene::new(Delivery::Dead).await;
    let id = scene.queue("note").await;
    assert_eq!((scene.run().await, scene.run().await), (1, 0));
    assert_eq!(scene.row(id).await.payload, None);
}

#[tokio::test]
async fn of_sixteen_dispatchers_one_delivers() {
    let scene = Scene::new(Delivery::Done).await;
    scene.queue("note").await;
    let racers: Vec<_> = (0..16)
        .map(|_| {
            let (dispatcher, now) = (scene.dispatcher.clone(), scene.store.now());
            tokio::spawn(async move { dispatcher.run_due(now).await.unwrap() })
        })
        .collect();
    let mut leased = 0;
    for racer in racers {
        leased += racer.await.unwrap();
    }
    assert_eq!((leased, scene.seen()), (1, 1));
}

#[tokio::test]
async fn a_lease_of_a_node_that_died_runs_out() {
    let scene = Scene::new(Delivery::Done).await;
    let id = scene.queue("note").await;
    let tx = scene.store.db.begin().await.unwrap();
    let died = scene.store.now() + TimeDelta::seconds(60);
    row::Entity::update_many()
        .col_expr(row::Column::LeasedUntil, sea_orm::sea_query::Expr::value(died.millis()))
        .filter(row::Column::Id.eq(id.uuid()))
        .exec(&tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(scene.run().await, 0);
    scene.store.clock.advance(TimeDelta::seconds(60));
    assert_eq!(scene.run().await, 1);
}

#[tokio::test]
async fn a_kind_that_nobody_delivers_waits() {
    let scene = Scene::new(Delivery::Done).await;
    let id = scene.queue("unheard of").await;
    assert_eq!(scene.run().await, 1);
    assert!(scene.row(id).await.payload.is_some());
}

#[tokio::test]
async fn only_the_messages_named_are_attempted_at_once() {
    let scene = Scene::new(Delivery::Done).await;
    let (first, _second) = (scene.queue("note").await, scene.queue("note").await);
    assert_eq!(scene.dispatcher.attempt(&[first], scene.store.now()).await.unwrap(), 1);
    assert_eq!(scene.outbox.undelivered().await.unwrap(), 1);
}

#[tokio::test]
async fn settled_rows_go_after_a_week() {
    let scene = Scene::new(Delivery::Done).await;
    scene.queue("note").await;
    scene.run().await;
    let sweep = async || {
        let tx = scene.store.db.begin().await.unwrap();
        let swept = scene.outbox.sweep(&tx, scene.store.now()).await.unwrap();
        tx.commit().await.unwrap();
        swept
    };
    scene.store.clock.advance(TimeDelta::days(7) - TimeDelta::milliseconds(1));
    assert_eq!(sweep().await, 0);
    scene.store.clock.advance(TimeDelta::milliseconds(1));
    assert_eq!(sweep().await, 1);
}

#[tokio::test]
async fn the_backlog_tells_what_waits_since_when_and_what_was_given_up() {
    let scene = Scene::new(Delivery::Retry).await;
    assert_eq!(scene.outbox.backlog().await.unwrap(), Backlog { waiting: 0, oldest: None, given_up: 0 });
    let begun = scene.store.now();
    scene.queue("note").await;
    scene.store.clock.advance(TimeDelta::seconds(9));
    scene.queue("note").await;
    scene.run().await;
    let waits = Backlog { waiting: 2, oldest: Some(begun), given_up: 0 };
    assert_eq!(scene.outbox.backlog().await.unwrap(), waits);
    *scene.recorder.answer.lock().unwrap() = Delivery::Dead;
    scene.store.clock.advance(TimeDelta::minutes(1));
    scene.run().await;
    assert_eq!(scene.outbox.backlog().await.unwrap(), Backlog { waiting: 0, oldest: None, given_up: 2 });
}
