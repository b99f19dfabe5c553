use super::*;
use crate::storage::{counters::row as counters, testing};
use sea_orm::sea_query::{Expr, ExprTrait, Query};

/// A SQLite file whatever backend the suite runs on.
async fn sqlite() -> (Db, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let db =
        Db::connect(&Settings::at(format!("sqlite:{}/menfu.db", folder.path().display()))).await.unwrap();
    db.migrate().await.unwrap();
    (db, folder)
}

async fn pragma(db: &impl ConnectionTrait, name: &str) -> String {
    let statement = Statement::from_string(DbBackend::Sqlite, format!("PRAGMA {name}"));
    let row = db.query_one_raw(statement).await.unwrap().unwrap();
    row.try_get_by_index::<String>(0)
        .or_else(|_| row.try_get_by_index::<i64>(0).map(|n| n.to_string()))
        .unwrap()
}

fn counter(key: &str, hits: i64) -> sea_orm::sea_query::InsertStatement {
    Query::insert()
        .into_table("counters")
        .columns(["key", "hits", "ends_at"])
        .values_panic([key.into(), hits.into(), 0.into()])
        .to_owned()
}

async fn hits(db: &impl ConnectionTrait, key: &str) -> Option<i64> {
    let select =
        Query::select().column("hits").from("counters").and_where(Expr::col("key").eq(key)).to_owned();
    db.query_one(&select).await.unwrap().map(|row| row.try_get("", "hits").unwrap())
}

#[tokio::test]
async fn sqlite_is_opened_with_wal_normal_sync_and_foreign_keys() {
    let (db, _folder) = sqlite().await;
    let tx = db.begin().await.unwrap();
    assert_eq!(pragma(&tx, "journal_mode").await, "wal");
    assert_eq!(pragma(&tx, "synchronous").await, "1");
    assert_eq!(pragma(&tx, "foreign_keys").await, "1");
    assert_eq!(pragma(db.read(), "query_only").await, "1");
}

#[tokio::test]
async fn a_dropped_transaction_leaves_nothing() {
    let store = testing::db().await;
    let tx = store.db.begin().await.unwrap();
    tx.execute(&counter("a", 1)).await.unwrap();
    drop(tx);
    assert_eq!(hits(&store.db.begin().await.unwrap(), "a").await, None);
}

#[tokio::test]
async fn readers_see_what_was_committed_and_nothing_else() {
    let store = testing::db().await;
    let tx = store.db.begin().await.unwrap();
    tx.execute(&counter("a", 1)).await.unwrap();
    assert_eq!(hits(store.db.read(), "a").await, None);
    tx.commit().await.unwrap();
    assert_eq!(hits(store.db.read(), "a").await, Some(1));
}

#[tokio::test]
async fn a_reader_cannot_write() {
    let (db, _folder) = sqlite().await;
    assert!(db.read().execute(&counter("a", 1)).await.is_err());
}

#[tokio::test]
async fn a_taken_unique_value_is_a_conflict() {
    let store = testing::db().await;
    let tx = store.db.begin().await.unwrap();
    tx.execute(&counter("a", 1)).await.unwrap();
    let second = tx.execute(&counter("a", 2)).await.unwrap_err();
    assert!(matches!(StoreError::from(second), StoreError::Conflict));
}

/// Immediate transactions. PostgreSQL gives no such promise: single use is a conditional write there and here.
#[tokio::test]
async fn sixteen_that_read_first_and_then_write_all_succeed() {
    let (db, _folder) = sqlite().await;
    let tx = db.begin().await.unwrap();
    tx.execute(&counter("a", 0)).await.unwrap();
    tx.commit().await.unwrap();
    let racers: Vec<_> = (0..16).map(|_| tokio::spawn(read_then_write(db.clone()))).collect();
    for racer in racers {
        racer.await.unwrap();
    }
    assert_eq!(hits(db.read(), "a").await, Some(16));
}

async fn read_then_write(db: Db) {
    let tx = db.begin().await.unwrap();
    let seen = hits(&tx, "a").await.unwrap();
    let update = Query::update().table("counters").value("hits", seen + 1).to_owned();
    tx.execute(&update).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn migrating_twice_changes_nothing() {
    let store = testing::db().await;
    assert!(store.db.is_migrated().await.unwrap());
    assert_eq!(store.db.migrate_one().await.unwrap(), None);
}

#[tokio::test]
async fn a_database_without_the_schema_is_not_called_migrated() {
    let store = testing::empty().await;
    assert!(!store.db.is_migrated().await.unwrap());
    store.db.migrate().await.unwrap();
    assert!(store.db.is_migrated().await.unwrap());
}

#[tokio::test]
async fn nodes_that_migrate_together_take_turns() {
    let store = testing::empty().await;
    let nodes: Vec<_> = (0..4)
        .map(|_| {
            tokio::spawn({
                let db = store.db.clone();
                async move { db.migrate().await }
            })
        })
        .collect();
    for node in nodes {
        node.await.unwrap().unwrap();
    }
    assert!(store.db.is_migrated().await.unwrap());
}

#[tokio::test]
async fn an_address_nobody_serves_is_refused_before_connecting() {
    assert!(matches!(Db::connect(&Settings::at("mysql://host/db")).await, Err(StoreError::Db(_))));
}

#[cfg(feature = "failpoints")]
#[tokio::test]
async fn every_statement_of_a_transaction_and_its_commit_are_counted() {
    let store = testing::db().await;
    let before = store.db.statements();
    let tx = store.db.begin().await.unwrap();
    tx.execute(&counter("a", 1)).await.unwrap();
    hits(&tx, "a").await;
    tx.commit().await.unwrap();
    assert_eq!(store.db.statements() - before, 3);
}

fn row(key: &str) -> sea_orm::Insert<counters::ActiveModel> {
    use sea_orm::{ActiveValue::Set, EntityTrait};
    counters::Entity::insert(counters::ActiveModel {
        key: Set(key.to_owned()),
        hits: Set(1),
        ends_at: Set(0),
    })
}

/// Takes the row `key`, which has been hit once, for good.
fn taking(key: &str) -> sea_orm::UpdateMany<counters::Entity> {
    use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
    counters::Entity::update_many()
        .col_expr(counters::Column::Hits, Expr::value(2))
        .filter(counters::Column::Key.eq(key))
        .filter(counters::Column::Hits.eq(1))
}

#[tokio::test]
async fn a_unit_is_written_whole_and_what_it_makes_untrue_is_forgotten() {
    let store = testing::db().await;
    let hot: Hot<&str, u8> = store.db.hot("test", Reach::EveryNode);
    hot.put(hot.look(&"copy"), "copy", 1, store.now());
    let mut unit = store.db.unit();
    unit.push(&row("one"));
    unit.push(&row("two"));
    unit.forget(&hot, "copy");
    store.db.write(unit).await.unwrap();
    assert_eq!((hits(store.db.read(), "one").await, hits(store.db.read(), "two").await), (Some(1), Some(1)));
    assert_eq!(hot.get(&"copy", store.now()), None);
}

#[tokio::test]
async fn a_unit_whose_deciding_write_meets_no_row_writes_nothing() {
    let store = testing::db().await;
    let hot: Hot<&str, u8> = store.db.hot("test", Reach::EveryNode);
    let mut unit = store.db.unit();
    unit.decide(&taking("nobody"));
    unit.push(&row("one"));
    let put = (hot.clone(), hot.generation(), store.now());
    unit.afterwards(move || put.0.put_new(put.1, "copy", 1, put.2));
    assert!(matches!(store.db.write(unit).await, Err(StoreError::Gone)));
    assert_eq!(hits(store.db.read(), "one").await, None);
    assert_eq!(hot.get(&"copy", store.now()), None, "a copy of what was never written");
}

#[tokio::test]
async fn a_unit_is_written_only_while_its_conditions_hold() {
    use sea_orm::EntityTrait;
    let store = testing::db().await;
    let there = |key: &str| counters::Entity::find_by_id(key);
    let attempt = async |through_tx: bool, required: &str, forbidden: &str, written: &str| {
        let mut unit = store.db.unit();
        unit.require(&there(required));
        unit.forbid(&there(forbidden));
        unit.push(&row(written));
        if !through_tx {
            return store.db.write(unit).await;
        }
        let tx = store.db.begin().await?;
        tx.write(unit).await?;
        tx.commit().await
    };
    let mut unit = store.db.unit();
    unit.push(&row("account"));
    store.db.write(unit).await.unwrap();
    for (through_tx, session) in [(false, "alone"), (true, "in a transaction")] {
        let (without, within) = (format!("{session}, without"), format!("{session}, within"));
        for (required, forbidden) in [("nobody", "lock"), ("account", "account")] {
            let refused = attempt(through_tx, required, forbidden, &without).await;
            assert!(matches!(refused, Err(StoreError::Gone)));
            assert_eq!(hits(store.db.read(), &without).await, None);
        }
        attempt(through_tx, "account", "lock", &within).await.unwrap();
        assert_eq!(hits(store.db.read(), &within).await, Some(1));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_units_written_at_once_each_row_has_one_taker_and_a_faulty_one_harms_nobody() {
    let store = testing::db().await;
    let mut unit = store.db.unit();
    (0..20).for_each(|number| unit.push(&row(&format!("row {number}"))));
    store.db.write(unit).await.unwrap();
    let racers = (0..100).map(|racer| {
        let db = store.db.clone();
        tokio::spawn(async move {
            let mut unit = db.unit();
            unit.decide(&taking(&format!("row {}", racer % 20)));
            unit.push(&row(&format!("receipt {racer}")));
            if racer % 10 == 9 {
                // Twice the same key: the database refuses the unit, after its deciding write was made.
                unit.push(&row(&format!("receipt {racer}")));
            }
            db.write(unit).await
        })
    });
    let racers: Vec<_> = racers.collect();
    let mut won = Vec::new();
    for (number, racer) in racers.into_iter().enumerate() {
        match racer.await.unwrap() {
            Ok(()) => won.push(number),
            Err(StoreError::Gone) => {}
            Err(StoreError::Conflict) => assert_eq!(number % 10, 9, "a fault of somebody else's"),
            Err(other) => panic!("{other}"),
        }
    }
    for number in 0..100 {
        let receipt = hits(store.db.read(), &format!("receipt {number}")).await;
        assert_eq!(receipt.is_some(), won.contains(&number), "receipt {number}");
    }
    let taken: std::collections::HashSet<_> = won.iter().map(|number| number % 20).collect();
    assert_eq!(taken.len(), won.len(), "a row was taken twice");
    // Rows 9 and 19 are taken only by faulty units, so they are free still.
    assert_eq!(won.len(), 18);
}

#[tokio::test]
async fn a_writer_who_goes_away_leaves_a_whole_unit_or_none() {
    let store = testing::db().await;
    let mut unit = store.db.unit();
    unit.push(&row("one"));
    unit.push(&row("two"));
    let writing = tokio::spawn({
        let db = store.db.clone();
        async move { db.write(unit).await }
    });
    tokio::task::yield_now().await;
    writing.abort();
    // Whatever was written was written before this.
    let mut last = store.db.unit();
    last.push(&row("last"));
    store.db.write(last).await.unwrap();
    assert_eq!(hits(store.db.read(), "one").await, hits(store.db.read(), "two").await);
}

#[tokio::test]
async fn rows_of_one_kind_keep_their_own_values_though_their_text_is_built_once() {
    use sea_orm::ActiveValue::{NotSet, Set};
    let store = testing::db().await;
    let mut unit = store.db.unit();
    for (key, hits) in [("one", 1), ("two", 2)] {
        unit.insert(counters::ActiveModel { key: Set(key.to_owned()), hits: Set(hits), ends_at: Set(0) });
    }
    store.db.write(unit).await.unwrap();
    assert_eq!((hits(store.db.read(), "one").await, hits(store.db.read(), "two").await), (Some(1), Some(2)));
    // No column is left out silently: the database says that this one has no default.
    let mut unit = store.db.unit();
    unit.insert(counters::ActiveModel { key: Set("three".to_owned()), hits: Set(3), ends_at: NotSet });
    assert!(store.db.write(unit).await.is_err());
}

#[tokio::test]
async fn a_unit_waits_for_the_transaction_that_began_before_it() {
    let store = testing::db().await;
    let tx = store.db.begin().await.unwrap();
    tx.execute(&counter("one", 1)).await.unwrap();
    let mut unit = store.db.unit();
    unit.push(&row("one"));
    let writing = tokio::spawn({
        let db = store.db.clone();
        async move { db.write(unit).await }
    });
    tokio::task::yield_now().await;
    tx.commit().await.unwrap();
    assert!(matches!(writing.await.unwrap(), Err(StoreError::Conflict)));
}

#[tokio::test]
async fn what_waits_for_a_turn_in_vain_is_told_so_and_was_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}/menfu.db", folder.path().display());
    let db = Db::connect(&Settings { wait_seconds: 1, ..Settings::at(url) }).await.unwrap();
    db.migrate().await.unwrap();
    let tx = db.begin().await.unwrap();
    let mut unit = db.unit();
    unit.push(&row("one"));
    assert!(matches!(db.write(unit).await, Err(StoreError::Db(DbErr::ConnectionAcquire(_)))));
    drop(tx);
    assert_eq!(hits(&db.begin().await.unwrap(), "one").await, None);
}

#[tokio::test]
async fn after_the_end_nothing_is_written() {
    let (db, _folder) = sqlite().await;
    let mut unit = db.unit();
    unit.push(&row("one"));
    db.close().await.unwrap();
    assert!(db.write(unit).await.is_err());
}

#[tokio::test]
async fn after_the_commit_no_copy_of_the_old_row_is_left() {
    let store = testing::db().await;
    let hot: Hot<&str, u8> = store.db.hot("test", Reach::EveryNode);
    let tx = store.db.begin().await.unwrap();
    tx.forget(&hot, "copy");
    hot.put(hot.look(&"copy"), "copy", 1, store.now());
    tx.commit().await.unwrap();
    assert_eq!(hot.get(&"copy", store.now()), None);
}

#[tokio::test]
async fn copies_of_rows_that_another_node_may_change_are_kept_on_sqlite_only() {
    let (db, _folder) = sqlite().await;
    let hot: Hot<u8, u8> = db.hot("test", Reach::OneProcess);
    hot.put(hot.look(&1), 1, 1, crate::kernel::Timestamp::from_seconds(0));
    assert_eq!(hot.get(&1, crate::kernel::Timestamp::from_seconds(1)), Some(1));
    let store = testing::db().await;
    let is_sqlite = store.settings.is_sqlite();
    let hot: Hot<u8, u8> = store.db.hot("test", Reach::OneProcess);
    hot.put(hot.look(&1), 1, 1, store.now());
    assert_eq!(hot.get(&1, store.now()).is_some(), is_sqlite);
}
