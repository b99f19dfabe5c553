//! Data survives: each step of the schema is applied to a database that holds rows of all steps before it.
//!
//! A new step needs rows in `fixtures.rs`; the tests here fail until it has some. On SQLite always, on PostgreSQL when
//! `MENFU_TEST_DATABASE` names a server.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test program: a panic is its way to fail")]

use menfu::app::vault;
use menfu::{kernel, storage};

#[path = "migrations/fixtures.rs"]
mod fixtures;
#[expect(dead_code, reason = "this program needs an empty database only")]
#[path = "support/store.rs"]
mod store;

use fixtures::{Row, rows_of};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Func, InsertStatement, Query, SelectStatement};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use std::collections::BTreeSet;
use storage::Db;

#[tokio::test]
async fn every_step_keeps_the_rows_of_the_steps_before_it() {
    let store = store::empty().await;
    let mut rows = Vec::new();
    while let Some(step) = store.db.migrate_one().await.unwrap() {
        for row in &rows {
            assert_eq!(count(&store.db, row).await, 1, "{step} lost {row:?}");
        }
        for row in rows_of(&step) {
            write(&store.db, &row).await;
            rows.push(row);
        }
    }
    for row in &rows {
        assert_eq!(count(&store.db, row).await, 1, "{row:?}");
    }
}

#[tokio::test]
async fn every_table_has_a_row_that_must_survive() {
    let store = store::empty().await;
    let mut filled = BTreeSet::from(["seaql_migrations".to_owned()]);
    while let Some(step) = store.db.migrate_one().await.unwrap() {
        filled.extend(rows_of(&step).into_iter().map(|row| row.table.to_owned()));
        assert_eq!(tables(&store.db).await, filled, "after {step}");
    }
}

/// A rotation of the vault's keys rewrites what is declared, so what nobody declared would be lost with the old key. MACs hang
/// on the root, which stays for ever.
#[tokio::test]
async fn every_column_of_sealed_values_or_blind_indexes_is_known_to_the_rotation() {
    let store = store::empty().await;
    store.db.migrate().await.unwrap();
    let mut declared: Vec<_> = vault::SEALED.iter().map(ToString::to_string).collect();
    declared.extend(vault::INDEXED.iter().chain(&vault::DAY_INDEXED).map(ToString::to_string));
    let found = columns(&store.db)
        .await
        .into_iter()
        .filter(|(column, kind)| column.ends_with("_bidx") || (is_binary(kind) && !column.ends_with("mac")));
    let found: BTreeSet<_> = found.map(|(column, _)| column).collect();
    assert_eq!(
        declared.into_iter().collect::<BTreeSet<_>>(),
        found,
        "declare it in the feature and in app::vault"
    );
}

#[tokio::test]
async fn a_second_node_finds_nothing_left_to_do() {
    let store = store::empty().await;
    store.db.migrate().await.unwrap();
    let node = Db::connect(&store.settings).await.unwrap();
    assert_eq!(node.migrate_one().await.unwrap(), None);
    node.close().await.unwrap();
}

async fn write(db: &Db, row: &Row) {
    let tx = db.begin().await.unwrap();
    tx.execute(&insert(row)).await.unwrap();
    tx.commit().await.unwrap();
}

/// A column left out is null.
fn insert(row: &Row) -> InsertStatement {
    let given = row.cells.iter().filter_map(|(column, cell)| Some((*column, cell.value()?)));
    let (columns, values): (Vec<_>, Vec<_>) = given.unzip();
    let values = values.into_iter().map(Expr::value);
    Query::insert().into_table(row.table).columns(columns).values_panic(values).to_owned()
}

async fn count(db: &Db, row: &Row) -> i64 {
    let found = db.read().query_one(&same(row)).await.unwrap().unwrap();
    found.try_get("", "rows").unwrap()
}

/// Counts the rows that hold exactly these cells.
fn same(row: &Row) -> SelectStatement {
    let mut select = Query::select();
    select.expr_as(Func::count(Expr::val(1)), Alias::new("rows")).from(row.table);
    for (column, cell) in &row.cells {
        let column = Expr::col(*column);
        select.and_where(
            cell.value().map_or_else(|| column.clone().is_null(), |value| column.clone().eq(value)),
        );
    }
    select
}

/// `table.column` and its type.
/// `bytea` on PostgreSQL; on SQLite `blob`, with a length or not.
fn is_binary(kind: &str) -> bool {
    let kind = kind.to_lowercase();
    kind.contains("blob") || kind == "bytea"
}

async fn columns(db: &Db) -> Vec<(String, String)> {
    let backend = db.read().get_database_backend();
    let sql = match backend {
        DbBackend::Postgres => {
            "SELECT table_name || '.' || column_name AS name, data_type AS kind FROM information_schema.columns \
             WHERE table_schema = 'public'"
        }
        _ => {
            "SELECT t.name || '.' || c.name AS name, c.type AS kind FROM sqlite_master t, pragma_table_info(t.name) c \
             WHERE t.type = 'table'"
        }
    };
    let rows = db.read().query_all_raw(Statement::from_string(backend, sql)).await.unwrap();
    rows.into_iter().map(|row| (row.try_get("", "name").unwrap(), row.try_get("", "kind").unwrap())).collect()
}

async fn tables(db: &Db) -> BTreeSet<String> {
    let backend = db.read().get_database_backend();
    let sql = match backend {
        DbBackend::Postgres => {
            "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'"
        }
        _ => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    };
    let rows = db.read().query_all_raw(Statement::from_string(backend, sql)).await.unwrap();
    rows.into_iter().map(|row| row.try_get("", "name").unwrap()).collect()
}
