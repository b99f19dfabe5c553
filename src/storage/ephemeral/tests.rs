//! What every ephemeral store does, run against memory, Redis, a Sentinel's master and a Redis Cluster.

use super::*;
use crate::{
    kernel::{ManualClock, Timestamp},
    storage::servers::{self, Cluster, Watched},
};
use chrono::TimeDelta;

const MINUTE: Duration = Duration::from_secs(60);

/// A store and its time.
struct Stage {
    store: Arc<dyn Ephemeral>,
    clock: Arc<ManualClock>,
    prefix: String,
    /// The servers that hold entries.
    servers: Vec<String>,
}

impl Stage {
    fn at(settings: &Settings, servers: Vec<String>) -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(1_000)));
        let store = open(settings, clock.clone()).unwrap();
        Self { store, clock, prefix: settings.prefix.clone(), servers }
    }

    fn memory() -> Self {
        Self::at(&Settings::default(), Vec::new())
    }

    fn shared() -> Option<Self> {
        let url = servers::shared()?;
        Some(Self::at(&servers::settings(vec![url.clone()]), vec![url]))
    }

    fn pass(&self, seconds: i64) {
        self.clock.advance(TimeDelta::seconds(seconds));
        for server in &self.servers {
            servers::pass(server, &self.prefix, TimeDelta::seconds(seconds));
        }
    }
}

/// Each line is a test, run against memory and against the shared Redis; `all` runs every one of them in turn.
macro_rules! of_every_store {
    ($($name:ident)*) => {
        mod memory { $(#[tokio::test] async fn $name() { super::$name(&super::Stage::memory()).await; })* }
        mod redis { $(#[tokio::test] async fn $name() {
            if let Some(stage) = super::Stage::shared() { super::$name(&stage).await; }
        })* }
        async fn all(stage: impl Fn() -> Stage) { $($name(&stage()).await;)* }
    };
}

of_every_store! {
    a_value_ends_with_its_time
    a_later_value_takes_the_place_of_the_earlier
    a_value_is_taken_once
    of_sixteen_takers_one_gets_the_value
    of_sixteen_that_put_new_one_is_first
    of_sixteen_that_bump_none_is_lost
    a_key_is_free_again_when_its_value_ended
    a_second_putter_changes_nothing
    a_window_starts_with_its_first_hit_and_later_hits_do_not_prolong_it
    a_window_is_read_as_its_number
    keys_and_values_are_any_text
    many_keys_live_side_by_side
}

async fn a_value_ends_with_its_time(stage: &Stage) {
    let store = &stage.store;
    store.put("a", "1", MINUTE).await.unwrap();
    store.put("b", "1", MINUTE).await.unwrap();
    stage.pass(50);
    assert_eq!(store.get("a").await.unwrap().as_deref(), Some("1"));
    stage.pass(10);
    assert_eq!(store.get("a").await.unwrap(), None);
    assert_eq!(store.take("b").await.unwrap(), None);
}

async fn a_later_value_takes_the_place_of_the_earlier(stage: &Stage) {
    let store = &stage.store;
    store.put("a", "1", MINUTE).await.unwrap();
    stage.pass(40);
    store.put("a", "2", MINUTE).await.unwrap();
    stage.pass(40);
    assert_eq!(store.get("a").await.unwrap().as_deref(), Some("2"));
}

async fn a_value_is_taken_once(stage: &Stage) {
    let store = &stage.store;
    store.put("a", "1", MINUTE).await.unwrap();
    assert_eq!(store.take("a").await.unwrap().as_deref(), Some("1"));
    assert_eq!(store.take("a").await.unwrap(), None);
    assert_eq!(store.get("a").await.unwrap(), None);
}

/// What sixteen at once got, sorted.
async fn sixteen<T, F>(stage: &Stage, act: impl Fn(Arc<dyn Ephemeral>) -> F) -> Vec<T>
where
    T: Ord + Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let racers: Vec<_> = (0..16).map(|_| tokio::spawn(act(stage.store.clone()))).collect();
    let mut got = Vec::new();
    for racer in racers {
        got.push(racer.await.unwrap());
    }
    got.sort();
    got
}

async fn of_sixteen_takers_one_gets_the_value(stage: &Stage) {
    stage.store.put("a", "1", MINUTE).await.unwrap();
    let got = sixteen(stage, async |store| store.take("a").await.unwrap()).await;
    assert_eq!(got.into_iter().flatten().collect::<Vec<_>>(), ["1"]);
}

async fn of_sixteen_that_put_new_one_is_first(stage: &Stage) {
    let first = sixteen(stage, async |store| store.put_new("jti", "", MINUTE).await.unwrap()).await;
    assert_eq!(first.into_iter().filter(|first| *first).count(), 1);
}

async fn of_sixteen_that_bump_none_is_lost(stage: &Stage) {
    let sums = sixteen(stage, async |store| store.bump("a", MINUTE).await.unwrap()).await;
    assert_eq!(sums, (1..=16).collect::<Vec<_>>());
}

async fn a_key_is_free_again_when_its_value_ended(stage: &Stage) {
    let store = &stage.store;
    assert!(store.put_new("a", "", MINUTE).await.unwrap());
    stage.pass(50);
    assert!(!store.put_new("a", "", MINUTE).await.unwrap());
    stage.pass(10);
    assert!(store.put_new("a", "", MINUTE).await.unwrap());
}

async fn a_second_putter_changes_nothing(stage: &Stage) {
    let store = &stage.store;
    store.put_new("a", "first", MINUTE).await.unwrap();
    store.put_new("a", "second", MINUTE * 10).await.unwrap();
    assert_eq!(store.get("a").await.unwrap().as_deref(), Some("first"));
    stage.pass(60);
    assert_eq!(store.get("a").await.unwrap(), None);
}

async fn a_window_starts_with_its_first_hit_and_later_hits_do_not_prolong_it(stage: &Stage) {
    let store = &stage.store;
    assert_eq!(store.bump("a", MINUTE).await.unwrap(), 1);
    stage.pass(50);
    assert_eq!(store.bump("a", MINUTE).await.unwrap(), 2);
    stage.pass(10);
    assert_eq!(store.bump("a", MINUTE).await.unwrap(), 1);
}

async fn a_window_is_read_as_its_number(stage: &Stage) {
    let store = &stage.store;
    for _ in 0..3 {
        store.bump("a", MINUTE).await.unwrap();
    }
    assert_eq!(store.get("a").await.unwrap().as_deref(), Some("3"));
}

async fn keys_and_values_are_any_text(stage: &Stage) {
    let store = &stage.store;
    for text in ["", "{a}b", "门符 \r\n$5\r\n", "a\0b", "*?[x]"] {
        store.put(text, text, MINUTE).await.unwrap();
        assert_eq!(store.bump(&format!("bump {text}"), MINUTE).await.unwrap(), 1);
        assert_eq!(store.take(text).await.unwrap().as_deref(), Some(text));
    }
}

async fn many_keys_live_side_by_side(stage: &Stage) {
    for number in 0..100 {
        stage.store.put(&number.to_string(), &format!("of {number}"), MINUTE).await.unwrap();
        stage.store.bump(&format!("bump {number}"), MINUTE).await.unwrap();
    }
    for number in 0..100 {
        let kept = stage.store.take(&number.to_string()).await.unwrap();
        assert_eq!(kept, Some(format!("of {number}")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_does_the_same() {
    if servers::shared().is_some() {
        let cluster = Cluster::start();
        all(|| Stage::at(&cluster.settings(), cluster.urls())).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_master_that_a_sentinel_names_does_the_same() {
    if servers::shared().is_some() {
        let watched = Watched::start();
        all(|| Stage::at(&watched.settings(), vec![watched.master.url()])).await;
    }
}
