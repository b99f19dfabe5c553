use super::*;
use crate::{limits::testing::limits, storage::testing::TestStore};

const ONE_HOUR: TimeDelta = TimeDelta::hours(1);

struct Door {
    store: TestStore,
    lockout: Lockout,
}

async fn door() -> Door {
    let (store, limits) = limits().await;
    Door { store, lockout: limits.lockout().clone() }
}

fn zhang() -> TypedName {
    TypedName::new("ZhangSan1")
}

impl Door {
    fn from(&self, source: u8) -> Ctx {
        self.store.ctx_from(std::net::Ipv4Addr::new(198, 51, source, 7).into())
    }

    async fn fail(&self, ctx: &Ctx, name: &TypedName) -> Failure {
        let tx = self.store.db.begin().await.unwrap();
        let failure = self.lockout.failed(&tx, ctx, name).await.unwrap();
        tx.commit().await.unwrap();
        failure
    }

    async fn pass(&self, ctx: &Ctx, name: &TypedName, browser: Browser) -> Result<(), Timestamp> {
        let seen = self.state(ctx, name).await;
        let mut unit = self.store.db.unit();
        self.lockout.passed(&mut unit, ctx, name, browser, seen);
        match self.store.db.write(unit).await {
            Err(StoreError::Gone) => Err(self.state(ctx, name).await.refuses(browser).unwrap()),
            passed => {
                passed.unwrap();
                Ok(())
            }
        }
    }

    async fn state(&self, ctx: &Ctx, name: &TypedName) -> LockState {
        self.lockout.state(ctx, name).await.unwrap()
    }
}

#[tokio::test]
async fn s4_16_each_failure_tells_how_many_tries_are_left() {
    let door = door().await;
    let mut left = Vec::new();
    for _ in 0..5 {
        left.push(door.fail(&door.from(1), &zhang()).await.remaining);
    }
    assert_eq!(left, [4, 3, 2, 1, 0]);
}

#[tokio::test]
async fn s4_17_the_fifth_failure_locks_the_source_for_exactly_one_hour() {
    let door = door().await;
    for _ in 0..4 {
        assert!(!door.fail(&door.from(1), &zhang()).await.locked_source);
    }
    assert_eq!(door.state(&door.from(1), &zhang()).await.refuses(Browser::Known), None);
    let fifth = door.fail(&door.from(1), &zhang()).await;
    let until = door.store.now() + ONE_HOUR;
    assert_eq!((fifth.locked_source, fifth.source_until), (true, Some(until)));
    door.store.clock.advance(ONE_HOUR - TimeDelta::milliseconds(1));
    assert_eq!(door.state(&door.from(1), &zhang()).await.refuses(Browser::Known), Some(until));
    door.store.clock.advance(TimeDelta::milliseconds(1));
    assert_eq!(door.state(&door.from(1), &zhang()).await.refuses(Browser::Known), None);
}

#[tokio::test]
async fn s4_17_trying_on_does_not_prolong_a_lock() {
    let door = door().await;
    for _ in 0..5 {
        door.fail(&door.from(1), &zhang()).await;
    }
    let until = door.store.now() + ONE_HOUR;
    door.store.clock.advance(TimeDelta::minutes(30));
    let sixth = door.fail(&door.from(1), &zhang()).await;
    assert_eq!((sixth.remaining, sixth.source_until, sixth.locked_source), (0, Some(until), false));
}

#[tokio::test]
async fn s4_17_after_the_lock_there_are_five_tries_again() {
    let door = door().await;
    for _ in 0..5 {
        door.fail(&door.from(1), &zhang()).await;
    }
    door.store.clock.advance(ONE_HOUR);
    assert_eq!(door.state(&door.from(1), &zhang()).await.failures, 0);
    let failure = door.fail(&door.from(1), &zhang()).await;
    assert_eq!((failure.remaining, failure.source_until), (4, None));
}

#[tokio::test]
async fn s4_17_success_before_the_fifth_resets_the_count() {
    let door = door().await;
    for _ in 0..4 {
        door.fail(&door.from(1), &zhang()).await;
    }
    assert_eq!(door.pass(&door.from(1), &zhang(), Browser::Stranger).await, Ok(()));
    assert_eq!(door.state(&door.from(1), &zhang()).await.failures, 0);
    assert_eq!(door.fail(&door.from(1), &zhang()).await.remaining, 4);
}

#[tokio::test]
async fn s4_17_a_right_password_that_comes_while_the_lock_falls_is_refused() {
    let door = door().await;
    for _ in 0..5 {
        door.fail(&door.from(1), &zhang()).await;
    }
    let until = door.store.now() + ONE_HOUR;
    assert_eq!(door.pass(&door.from(1), &zhang(), Browser::Known).await, Err(until));
    assert_eq!(door.state(&door.from(1), &zhang()).await.source_until, Some(until));
}

#[tokio::test]
async fn failures_are_consecutive_however_long_they_take() {
    let door = door().await;
    for _ in 0..4 {
        door.fail(&door.from(1), &zhang()).await;
        door.store.clock.advance(TimeDelta::days(2));
    }
    assert!(door.fail(&door.from(1), &zhang()).await.locked_source);
}

#[tokio::test]
async fn other_sources_and_other_names_are_not_locked() {
    let door = door().await;
    for _ in 0..5 {
        door.fail(&door.from(1), &zhang()).await;
    }
    assert_eq!(door.state(&door.from(2), &zhang()).await.refuses(Browser::Stranger), None);
    assert_eq!(door.state(&door.from(1), &TypedName::new("lisi2026")).await.refuses(Browser::Stranger), None);
}

#[tokio::test]
async fn neighbours_in_one_network_share_the_count() {
    let door = door().await;
    let neighbour = door.store.ctx_from(std::net::Ipv4Addr::new(198, 51, 1, 200).into());
    door.fail(&door.from(1), &zhang()).await;
    assert_eq!(door.fail(&neighbour, &zhang()).await.remaining, 3);
}

async fn twenty_failures(door: &Door) -> Vec<Failure> {
    let mut failures = Vec::new();
    for n in 0..20 {
        failures.push(door.fail(&door.from(n / 4), &zhang()).await);
    }
    failures
}

#[tokio::test]
async fn twenty_failures_in_an_hour_lock_out_strangers_and_tell_it_once() {
    let door = door().await;
    let failures = twenty_failures(&door).await;
    let told: Vec<_> = failures.iter().filter(|failure| failure.locked_strangers).collect();
    assert_eq!(told.len(), 1);
    assert!(failures[19].locked_strangers);
    assert!(!door.fail(&door.from(99), &zhang()).await.locked_strangers);
}

#[tokio::test]
async fn the_owners_browser_is_not_a_stranger() {
    let door = door().await;
    twenty_failures(&door).await;
    let until = door.store.now() + ONE_HOUR;
    let state = door.state(&door.from(200), &zhang()).await;
    assert_eq!(state.refuses(Browser::Stranger), Some(until));
    assert_eq!(state.refuses(Browser::Known), None);
    assert_eq!(door.pass(&door.from(200), &zhang(), Browser::Known).await, Ok(()));
    assert_eq!(door.pass(&door.from(200), &zhang(), Browser::Stranger).await, Err(until));
    door.store.clock.advance(ONE_HOUR);
    assert_eq!(door.pass(&door.from(200), &zhang(), Browser::Stranger).await, Ok(()));
}

#[tokio::test]
async fn twenty_failures_in_more_than_an_hour_lock_nobody_out() {
    let door = door().await;
    for n in 0..19 {
        door.fail(&door.from(n / 4), &zhang()).await;
    }
    door.store.clock.advance(ONE_HOUR);
    let failure = door.fail(&door.from(99), &zhang()).await;
    assert!(!failure.locked_strangers);
    assert_eq!(door.state(&door.from(98), &zhang()).await.strangers_until, None);
}

#[tokio::test]
async fn success_resets_the_pair_only_and_recovery_both() {
    let door = door().await;
    twenty_failures(&door).await;
    door.pass(&door.from(0), &zhang(), Browser::Known).await.unwrap();
    assert!(door.state(&door.from(0), &zhang()).await.strangers_until.is_some());
    let tx = door.store.db.begin().await.unwrap();
    door.lockout.recovered(&tx, &zhang()).await.unwrap();
    tx.commit().await.unwrap();
    for source in 0..5 {
        let state = door.state(&door.from(source), &zhang()).await;
        assert_eq!(state, LockState { failures: 0, source_until: None, strangers_until: None });
    }
}

#[tokio::test]
async fn many_failures_at_once_are_each_counted() {
    let door = door().await;
    let racers: Vec<_> = (0..8)
        .map(|_| {
            let (db, lockout, ctx) = (door.store.db.clone(), door.lockout.clone(), door.from(1));
            tokio::spawn(async move {
                let tx = db.begin().await.unwrap();
                let failure = lockout.failed(&tx, &ctx, &zhang()).await.unwrap();
                tx.commit().await.unwrap();
                failure
            })
        })
        .collect();
    let mut remaining = Vec::new();
    for racer in racers {
        remaining.push(racer.await.unwrap().remaining);
    }
    remaining.sort_unstable();
    assert_eq!(remaining, [0, 0, 0, 0, 1, 2, 3, 4]);
}

#[tokio::test]
async fn no_name_and_no_address_stands_in_the_table() {
    let door = door().await;
    door.fail(&door.from(1), &zhang()).await;
    let keys = door.lockout.keys(&door.from(1), &zhang());
    let rows = store::find(door.store.db.read(), &[&keys.pair, &keys.account]).await.unwrap();
    assert_eq!(rows.len(), 2);
    assert!(rows.iter().all(|row| row.key.len() == 43));
}

#[tokio::test]
async fn a_sweep_forgets_what_rested_for_thirty_days() {
    let door = door().await;
    door.fail(&door.from(1), &zhang()).await;
    door.store.clock.advance(TimeDelta::days(31));
    door.fail(&door.from(2), &zhang()).await;
    let tx = door.store.db.begin().await.unwrap();
    assert_eq!(door.lockout.sweep(&tx, door.store.now()).await.unwrap(), 1);
}

#[tokio::test]
async fn a_threshold_of_one_locks_at_the_first_failure() {
    let door = door().await;
    let rule = Rule { threshold: 1, lock: ONE_HOUR, window: None };
    let tx = door.store.db.begin().await.unwrap();
    let now = door.store.now();
    let first = store::count(&tx, "k", "n", rule, now).await.unwrap();
    assert_eq!(first.locked_until, Some(now + ONE_HOUR));
    let after = store::count(&tx, "k", "n", rule, now + ONE_HOUR).await.unwrap();
    assert_eq!((after.failures, after.locked_until), (1, Some(now + ONE_HOUR + ONE_HOUR)));
}
