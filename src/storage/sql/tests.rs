use super::*;
use crate::storage::testing;
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
