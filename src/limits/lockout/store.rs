//! The table `lockouts`.

use chrono::TimeDelta;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, ExprTrait, OnConflict, SimpleExpr},
};

use crate::{
    kernel::Timestamp,
    storage::{StoreError, Tx, Unit, sweep},
};

/// When a count becomes a lock, and for how long.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    pub threshold: u32,
    pub lock: TimeDelta,
    /// A count that did not lock is forgotten this long after its first failure; never when absent.
    pub window: Option<TimeDelta>,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Count {
    pub key: String,
    pub failures: u32,
    pub window_starts_at: Timestamp,
    pub locked_until: Option<Timestamp>,
}

impl Count {
    /// The end of the lock that stands at `now`.
    pub fn locked_at(&self, now: Timestamp) -> Option<Timestamp> {
        self.locked_until.filter(|until| *until > now)
    }

    /// The next failure starts anew.
    pub fn is_over(&self, rule: Rule, now: Timestamp) -> bool {
        match self.locked_until {
            Some(until) => until <= now,
            None => rule.window.is_some_and(|window| self.window_starts_at + window <= now),
        }
    }
}

pub(super) async fn find(db: &impl ConnectionTrait, keys: &[&str]) -> Result<Vec<Count>, StoreError> {
    let rows = row::Entity::find().filter(row::Column::Key.is_in(keys.iter().copied())).all(db).await?;
    Ok(rows.into_iter().map(Count::from).collect())
}

/// Counts one failure: one statement reads, decides and writes.
pub(super) async fn count(
    tx: &Tx,
    key: &str,
    name_mac: &str,
    rule: Rule,
    now: Timestamp,
) -> Result<Count, StoreError> {
    let first = row::ActiveModel {
        key: Set(key.to_owned()),
        name_mac: Set(name_mac.to_owned()),
        failures: Set(1),
        window_starts_at: Set(now.millis()),
        last_at: Set(now.millis()),
        locked_until: Set(lock_of_first(rule, now)),
    };
    let row =
        row::Entity::insert(first).on_conflict(add_or_restart(rule, now)).exec_with_returning(tx).await?;
    Ok(row.into())
}

/// `rule.threshold` of one locks at once.
fn lock_of_first(rule: Rule, now: Timestamp) -> Option<i64> {
    (rule.threshold <= 1).then(|| (now + rule.lock).millis())
}

fn add_or_restart(rule: Rule, now: Timestamp) -> OnConflict {
    let column = |column| Expr::col((row::Entity, column));
    let unless_over =
        |restarted: SimpleExpr, kept: SimpleExpr| Expr::case(is_over(rule, now), restarted).finally(kept);
    let more = || column(row::Column::Failures).add(1_i64);
    let locks = column(row::Column::LockedUntil).is_null().and(more().gte(i64::from(rule.threshold)));
    let until = Expr::case(locks, (now + rule.lock).millis()).finally(column(row::Column::LockedUntil));
    OnConflict::column(row::Column::Key)
        .value(row::Column::Failures, unless_over(Expr::val(1_i64), more()))
        .value(
            row::Column::WindowStartsAt,
            unless_over(Expr::val(now.millis()), column(row::Column::WindowStartsAt)),
        )
        .value(row::Column::LastAt, now.millis())
        .value(row::Column::LockedUntil, unless_over(Expr::val(lock_of_first(rule, now)), until.into()))
        .to_owned()
}

/// As [`Count::is_over`].
fn is_over(rule: Rule, now: Timestamp) -> SimpleExpr {
    let column = |column| Expr::col((row::Entity, column));
    let lock_passed = column(row::Column::LockedUntil).lte(now.millis());
    let Some(window) = rule.window else { return lock_passed };
    let quiet = column(row::Column::LockedUntil)
        .is_null()
        .and(column(row::Column::WindowStartsAt).lte((now - window).millis()));
    lock_passed.or(quiet)
}

/// Makes a unit wait on there being no lock under these keys.
pub(super) fn forbid_locks(unit: &mut Unit, keys: &[&str], now: Timestamp) {
    let of_keys = row::Entity::find().select_only().column(row::Column::Key);
    let locks = of_keys.filter(row::Column::Key.is_in(keys.iter().copied()));
    unit.forbid(&locks.filter(row::Column::LockedUntil.gt(now.millis())));
}

/// Forgets a count unless it is a lock that still stands.
pub(super) fn forget_unlocked(unit: &mut Unit, key: &str, now: Timestamp) {
    let open = row::Column::LockedUntil.is_null().or(row::Column::LockedUntil.lte(now.millis()));
    unit.push(&row::Entity::delete_many().filter(row::Column::Key.eq(key)).filter(open));
}

pub(super) async fn forget_name(tx: &Tx, name_mac: &str) -> Result<(), StoreError> {
    row::Entity::delete_many().filter(row::Column::NameMac.eq(name_mac)).exec(tx).await?;
    Ok(())
}

pub(super) async fn sweep(tx: &Tx, before: Timestamp) -> Result<u64, StoreError> {
    let over = Condition::all().add(row::Column::LastAt.lt(before.millis()));
    sweep::some::<row::Entity, String>(tx, row::Column::Key, over).await
}

impl From<row::Model> for Count {
    fn from(row: row::Model) -> Self {
        Self {
            key: row.key,
            failures: u32::try_from(row.failures).unwrap_or(u32::MAX),
            window_starts_at: Timestamp::from_millis(row.window_starts_at),
            locked_until: row.locked_until.map(Timestamp::from_millis),
        }
    }
}

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "lockouts")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub key: String,
        pub name_mac: String,
        pub failures: i64,
        pub window_starts_at: i64,
        pub last_at: i64,
        pub locked_until: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
