//! Budgets of an hour or longer: counts that survive a restart and are the same on every node.
//!
//! A window starts with its first hit and ends when it is over, whatever comes between. A hit counts when its transaction
//! commits: commit a refusal too. Keys hold no personal data: put a blind index where a number would stand.

use super::{StoreError, Tx, sweep};
use crate::kernel::Timestamp;
use chrono::TimeDelta;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait, OnConflict, SimpleExpr},
};

/// Counts one and tells how many the window holds now.
///
/// # Errors
/// [`StoreError::Db`]
pub async fn hit(tx: &Tx, key: &str, window: TimeDelta, now: Timestamp) -> Result<u32, StoreError> {
    let ends_at = (now + window).millis();
    let fresh = row::ActiveModel { key: Set(key.to_owned()), hits: Set(1), ends_at: Set(ends_at) };
    let row = row::Entity::insert(fresh)
        .on_conflict(count_or_restart(ends_at, now))
        .exec_with_returning(tx)
        .await?;
    Ok(saturated(row.hits))
}

/// How many hits the running window holds. Until the end of the transaction nobody else counts there: whoever spends of a
/// budget only now and then looks at it by this first, or many at once would all find it unspent.
///
/// # Errors
/// [`StoreError::Db`]
pub async fn hold(tx: &Tx, key: &str, now: Timestamp) -> Result<u32, StoreError> {
    // A window that is over, so that the next hit begins one.
    let fresh = row::ActiveModel { key: Set(key.to_owned()), hits: Set(0), ends_at: Set(now.millis()) };
    let unchanged = OnConflict::column(row::Column::Key)
        .value(row::Column::Hits, Expr::col((row::Entity, row::Column::Hits)))
        .to_owned();
    let row = row::Entity::insert(fresh).on_conflict(unchanged).exec_with_returning(tx).await?;
    Ok(if row.ends_at > now.millis() { saturated(row.hits) } else { 0 })
}

/// How many hits the running window holds.
///
/// # Errors
/// [`StoreError::Db`]
pub async fn peek(db: &impl ConnectionTrait, key: &str, now: Timestamp) -> Result<u32, StoreError> {
    Ok(running(db, key, now).await?.map_or(0, |row| saturated(row.hits)))
}

/// When the running window ends; none is running when there is no answer.
///
/// # Errors
/// [`StoreError::Db`]
pub async fn ends_at(
    db: &impl ConnectionTrait,
    key: &str,
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    Ok(running(db, key, now).await?.map(|row| Timestamp::from_millis(row.ends_at)))
}

/// Forgets the hits.
///
/// # Errors
/// [`StoreError::Db`]
pub async fn reset(tx: &Tx, key: &str) -> Result<(), StoreError> {
    row::Entity::delete_by_id(key.to_owned()).exec(tx).await?;
    Ok(())
}

/// Removes a batch of windows that are over.
///
/// # Errors
/// [`StoreError::Db`]
pub async fn sweep(tx: &Tx, now: Timestamp) -> Result<u64, StoreError> {
    let over = Condition::all().add(row::Column::EndsAt.lte(now.millis()));
    sweep::some::<row::Entity, String>(tx, row::Column::Key, over).await
}

async fn running(
    db: &impl ConnectionTrait,
    key: &str,
    now: Timestamp,
) -> Result<Option<row::Model>, StoreError> {
    let select = row::Entity::find_by_id(key.to_owned()).filter(row::Column::EndsAt.gt(now.millis()));
    Ok(select.one(db).await?)
}

/// One statement decides, so that many at once lose no hit.
fn count_or_restart(ends_at: i64, now: Timestamp) -> OnConflict {
    let column = |column| Expr::col((row::Entity, column));
    let when_over = |fresh: i64, kept: SimpleExpr| {
        Expr::case(column(row::Column::EndsAt).lte(now.millis()), fresh).finally(kept)
    };
    OnConflict::column(row::Column::Key)
        .value(row::Column::Hits, when_over(1, column(row::Column::Hits).add(1_i64)))
        .value(row::Column::EndsAt, when_over(ends_at, column(row::Column::EndsAt)))
        .to_owned()
}

fn saturated(hits: i64) -> u32 {
    u32::try_from(hits).unwrap_or(u32::MAX)
}

pub(super) mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "counters")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub key: String,
        pub hits: i64,
        pub ends_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::testing::{self, TestStore};

    const HOUR: TimeDelta = TimeDelta::hours(1);

    async fn hit_now(store: &TestStore, key: &str) -> u32 {
        let tx = store.db.begin().await.unwrap();
        let hits = hit(&tx, key, HOUR, store.now()).await.unwrap();
        tx.commit().await.unwrap();
        hits
    }

    #[tokio::test]
    async fn hits_add_up_within_the_window() {
        let store = testing::db().await;
        assert_eq!(
            [hit_now(&store, "a").await, hit_now(&store, "a").await, hit_now(&store, "b").await],
            [1, 2, 1]
        );
        assert_eq!(peek(store.db.read(), "a", store.now()).await.unwrap(), 2);
        assert_eq!(peek(store.db.read(), "never", store.now()).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn a_window_ends_one_hour_after_its_first_hit_and_no_later() {
        let store = testing::db().await;
        let first = store.now();
        hit_now(&store, "a").await;
        store.clock.advance(TimeDelta::minutes(59));
        assert_eq!(hit_now(&store, "a").await, 2);
        assert_eq!(ends_at(store.db.read(), "a", store.now()).await.unwrap(), Some(first + HOUR));
        store.clock.advance(TimeDelta::minutes(1));
        assert_eq!(peek(store.db.read(), "a", store.now()).await.unwrap(), 0);
        assert_eq!(ends_at(store.db.read(), "a", store.now()).await.unwrap(), None);
        assert_eq!(hit_now(&store, "a").await, 1);
    }

    #[tokio::test]
    async fn a_reset_forgets_one_key_only() {
        let store = testing::db().await;
        hit_now(&store, "a").await;
        hit_now(&store, "b").await;
        let tx = store.db.begin().await.unwrap();
        reset(&tx, "a").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!((hit_now(&store, "a").await, hit_now(&store, "b").await), (1, 2));
    }

    #[tokio::test]
    async fn sixteen_at_once_lose_no_hit() {
        let store = testing::db().await;
        let racers: Vec<_> = (0..16)
            .map(|_| {
                let (db, now) = (store.db.clone(), store.now());
                tokio::spawn(async move {
                    let tx = db.begin().await.unwrap();
                    let hits = hit(&tx, "a", HOUR, now).await.unwrap();
                    tx.commit().await.unwrap();
                    hits
                })
            })
            .collect();
        let mut seen = Vec::new();
        for racer in racers {
            seen.push(racer.await.unwrap());
        }
        seen.sort_unstable();
        assert_eq!(seen, (1..=16).collect::<Vec<_>>());
    }

    /// Without the hold they would all look before the first of them counts.
    #[tokio::test]
    async fn of_sixteen_that_look_first_and_spend_then_five_get_a_budget_of_five() {
        let store = testing::db().await;
        let racers: Vec<_> = (0..16)
            .map(|_| {
                let (db, now) = (store.db.clone(), store.now());
                tokio::spawn(async move {
                    let tx = db.begin().await.unwrap();
                    let free = hold(&tx, "a", now).await.unwrap() < 5;
                    tokio::task::yield_now().await;
                    if free {
                        hit(&tx, "a", HOUR, now).await.unwrap();
                        tx.commit().await.unwrap();
                    }
                    free
                })
            })
            .collect();
        let mut got = 0;
        for racer in racers {
            got += usize::from(racer.await.unwrap());
        }
        assert_eq!((got, peek(store.db.read(), "a", store.now()).await.unwrap()), (5, 5));
    }

    #[tokio::test]
    async fn a_hold_counts_nothing_and_begins_no_window() {
        let store = testing::db().await;
        let held = async || {
            let tx = store.db.begin().await.unwrap();
            let hits = hold(&tx, "a", store.now()).await.unwrap();
            tx.commit().await.unwrap();
            hits
        };
        assert_eq!(held().await, 0);
        store.clock.advance(TimeDelta::minutes(30));
        assert_eq!((hit_now(&store, "a").await, held().await), (1, 1));
        store.clock.advance(TimeDelta::minutes(59));
        assert_eq!(held().await, 1);
        store.clock.advance(TimeDelta::minutes(1));
        assert_eq!(held().await, 0);
    }

    #[tokio::test]
    async fn a_sweep_removes_what_is_over_and_nothing_else() {
        let store = testing::db().await;
        hit_now(&store, "old").await;
        store.clock.advance(HOUR);
        hit_now(&store, "new").await;
        let tx = store.db.begin().await.unwrap();
        assert_eq!(sweep(&tx, store.now()).await.unwrap(), 1);
        assert_eq!(peek(&tx, "new", store.now()).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn a_sweep_takes_a_batch_and_leaves_the_rest_to_the_next() {
        let store = testing::db().await;
        let tx = store.db.begin().await.unwrap();
        for number in 0..sweep::BATCH + 3 {
            hit(&tx, &format!("key {number}"), HOUR, store.now()).await.unwrap();
        }
        store.clock.advance(HOUR);
        let mut batches = Vec::new();
        for _ in 0..3 {
            batches.push(super::sweep(&tx, store.now()).await.unwrap());
        }
        assert_eq!(batches, [sweep::BATCH, 3, 0]);
    }
}
