//! The connection by which units are written on SQLite, for one thread.
//!
//! The only file that names rusqlite: SQLx hands each statement to a thread and its result back, which costs more than
//! the statement does.

use super::{Failpoint, StoreError, Unit, record::Recorder, unit::Condition};
use rusqlite::{
    CachedStatement, Connection, OpenFlags, ToSql, ffi,
    types::{ToSqlOutput, ValueRef},
};
use sea_orm::{DbErr, RuntimeErr, Statement, Value};
use std::{path::PathBuf, sync::Arc, time::Duration};

/// Statements that are kept prepared: all that units have, and some.
const PREPARED: usize = 64;

/// Who hears of each statement before it goes to SQLite.
pub(super) type Witness = (Arc<Failpoint>, Recorder);

/// A database file, and the connection once something was written.
#[derive(Debug)]
pub(super) struct Pen {
    file: PathBuf,
    wait: Duration,
    witness: Witness,
    connection: Option<Connection>,
    is_closed: bool,
}

impl Pen {
    /// `wait` is how long another process may hold the file.
    pub(super) fn new(file: PathBuf, wait: Duration, witness: Witness) -> Self {
        Self { file, wait, witness, connection: None, is_closed: false }
    }

    /// One transaction; tells of each unit whether its deciding write met its row.
    ///
    /// # Errors
    /// [`StoreError::Conflict`], [`StoreError::Db`]; then nothing was written.
    pub(super) fn write(&mut self, units: &[&Unit]) -> Result<Vec<bool>, StoreError> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.open()?,
        };
        let written = attempt(&connection, &self.witness, units);
        // A connection that cannot even roll back is not used again.
        let is_clean = connection.is_autocommit() || connection.execute_batch("ROLLBACK").is_ok();
        self.connection = is_clean.then_some(connection);
        written.map_err(|error| failed(&error))
    }

    /// For good.
    pub(super) fn close(&mut self) {
        self.connection = None;
        self.is_closed = true;
    }

    /// As the pools' connections are; the file and its journal mode are theirs.
    fn open(&self) -> Result<Connection, StoreError> {
        if self.is_closed {
            return Err(StoreError::Db(DbErr::Custom("the database is closed".to_owned())));
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let opened = Connection::open_with_flags(&self.file, flags).and_then(|connection| {
            connection.busy_timeout(self.wait)?;
            connection.execute_batch("PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON")?;
            connection.set_prepared_statement_cache_capacity(PREPARED);
            Ok(connection)
        });
        opened.map_err(|error| failed(&error))
    }
}

fn attempt(
    connection: &Connection,
    (failpoint, recorder): &Witness,
    units: &[&Unit],
) -> rusqlite::Result<Vec<bool>> {
    connection.prepare_cached("BEGIN IMMEDIATE")?.raw_execute()?;
    let mut taken = Vec::with_capacity(units.len());
    for unit in units {
        failpoint.pass();
        let conditions = unit.conditions.iter().map(|condition| &condition.select);
        conditions.chain(&unit.decides).chain(&unit.rest).for_each(|statement| recorder.note(statement));
        let stands = stands(connection, unit)?;
        if stands {
            unit.rest.iter().try_for_each(|statement| run(connection, statement).map(|_| ()))?;
        }
        taken.push(stands);
    }
    failpoint.pass();
    connection.prepare_cached("COMMIT")?.raw_execute()?;
    Ok(taken)
}

/// Whether the unit's conditions hold and its deciding write met its row.
fn stands(connection: &Connection, unit: &Unit) -> rusqlite::Result<bool> {
    for Condition { select, must_be_there } in &unit.conditions {
        if prepare(connection, select)?.raw_query().next()?.is_some() != *must_be_there {
            return Ok(false);
        }
    }
    unit.decides.as_ref().map_or(Ok(true), |statement| Ok(run(connection, statement)? == 1))
}

/// Tells how many rows it met.
fn run(connection: &Connection, statement: &Statement) -> rusqlite::Result<usize> {
    prepare(connection, statement)?.raw_execute()
}

fn prepare<'a>(connection: &'a Connection, statement: &Statement) -> rusqlite::Result<CachedStatement<'a>> {
    let mut prepared = connection.prepare_cached(&statement.sql)?;
    for (place, value) in statement.values.iter().flat_map(|values| &values.0).enumerate() {
        prepared.raw_bind_parameter(place + 1, Bound(value))?;
    }
    Ok(prepared)
}

struct Bound<'a>(&'a Value);

impl ToSql for Bound<'_> {
    /// The kinds of values that columns and a LIMIT have here.
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let value = match self.0 {
            Value::Bool(value) => value.map(|value| ValueRef::Integer(value.into())),
            Value::Int(value) => value.map(|value| ValueRef::Integer(value.into())),
            Value::BigInt(value) => value.map(ValueRef::Integer),
            Value::BigUnsigned(value) => {
                value.map(|value| ValueRef::Integer(i64::try_from(value).unwrap_or(i64::MAX)))
            }
            Value::String(value) => value.as_ref().map(|value| ValueRef::Text(value.as_bytes())),
            Value::Bytes(value) => value.as_ref().map(|value| ValueRef::Blob(value)),
            Value::Uuid(value) => value.as_ref().map(|value| ValueRef::Blob(value.as_bytes())),
            other => {
                let why = format!("a value that no column has: {other:?}");
                return Err(rusqlite::Error::ToSqlConversionFailure(why.into()));
            }
        };
        Ok(ToSqlOutput::Borrowed(value.unwrap_or(ValueRef::Null)))
    }
}

fn failed(error: &rusqlite::Error) -> StoreError {
    match error.sqlite_error().map(|error| error.extended_code) {
        Some(ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY) => StoreError::Conflict,
        _ => StoreError::Db(DbErr::Exec(RuntimeErr::Internal(error.to_string()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_writes_as_safely_as_the_pools_do() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("menfu.db");
        Connection::open(&file).unwrap();
        let connection = Pen::new(file, Duration::from_secs(1), Witness::default()).open().unwrap();
        let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!((pragma("synchronous"), pragma("foreign_keys"), pragma("busy_timeout")), (1, 1, 1000));
    }
}
