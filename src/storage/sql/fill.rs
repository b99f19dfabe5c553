//! Rows by the million into a database that nobody uses yet: insertions that differ in their values alone become one.

use super::{Db, StoreError, Tx, Unit};
use sea_orm::{ConnectionTrait, DbBackend, Statement, Value, Values};
use std::collections::HashMap;

/// Rows of one statement; with the widest table far below the 32,766 values that SQLite takes.
const ROWS: usize = 500;
/// What SQLite may keep of the database while it is filled: tokens come in no order, so that each meets another page.
const SQLITE_CACHE: &str = "PRAGMA cache_size = -1048576";

impl Db {
    /// Starts a transaction that is to take very many rows. What PostgreSQL confirms of it may be lost with its machine.
    ///
    /// # Errors
    /// [`StoreError::Db`]
    pub async fn begin_filling(&self) -> Result<Tx, StoreError> {
        if self.writer.get_database_backend() == DbBackend::Sqlite {
            self.writer.execute_unprepared(SQLITE_CACHE).await?;
            return self.begin().await;
        }
        let tx = self.begin().await?;
        tx.inner.execute_unprepared("SET LOCAL synchronous_commit = off").await?;
        Ok(tx)
    }
}

impl Tx {
    /// Writes the insertions of a unit table by table, in the order in which each table came first. Nothing is kept hot.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when a unique value is taken: the database checks these rows as any others.
    pub async fn fill(&self, unit: Unit) -> Result<(), StoreError> {
        let backend = self.get_database_backend();
        for (text, rows) in by_text(unit.rest) {
            for some in rows.chunks(ROWS) {
                match together(backend, &text, some) {
                    Some(statement) => {
                        self.inner.execute_raw(statement).await?;
                    }
                    None => self.one_by_one(&text, some).await?,
                }
            }
        }
        Ok(())
    }

    async fn one_by_one(&self, text: &str, rows: &[Vec<Value>]) -> Result<(), StoreError> {
        for row in rows {
            let backend = self.get_database_backend();
            self.inner.execute_raw(Statement::from_sql_and_values(backend, text, row.clone())).await?;
        }
        Ok(())
    }
}

fn by_text(statements: Vec<Statement>) -> Vec<(String, Vec<Vec<Value>>)> {
    let mut places = HashMap::new();
    let mut groups: Vec<(String, Vec<Vec<Value>>)> = Vec::new();
    for statement in statements {
        let values = statement.values.map(|values| values.0).unwrap_or_default();
        let place = *places.entry(statement.sql).or_insert_with_key(|text| {
            groups.push((text.clone(), Vec::new()));
            groups.len() - 1
        });
        if let Some((_, rows)) = groups.get_mut(place) {
            rows.push(values);
        }
    }
    groups
}

/// One insertion of all rows; none when the text is not an insertion of one row of bound values and nothing else.
fn together(backend: DbBackend, text: &str, rows: &[Vec<Value>]) -> Option<Statement> {
    let (head, row) = text.rsplit_once(" VALUES ")?;
    let columns = rows.first()?.len();
    if row != marks(backend, 0, columns) {
        return None;
    }
    let mut sql = String::with_capacity(head.len() + rows.len() * (row.len() + 8));
    sql.push_str(head);
    let mut before = " VALUES ";
    for number in 0..rows.len() {
        sql.push_str(before);
        sql.push_str(&marks(backend, number * columns, columns));
        before = ", ";
    }
    let values = Values(rows.iter().flatten().cloned().collect());
    Some(Statement { sql, values: Some(values), db_backend: backend })
}

/// `(?, ?)` or `($3, $4)`.
fn marks(backend: DbBackend, bound: usize, columns: usize) -> String {
    let mark = |number: usize| match backend {
        DbBackend::Postgres => format!("${}", bound + number),
        _ => "?".to_owned(),
    };
    format!("({})", (1..=columns).map(mark).collect::<Vec<_>>().join(", "))
}
