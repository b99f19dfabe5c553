//! Group commit on SQLite: units that wait at the same time share one transaction and few trips to its thread.
//!
//! A unit whose deciding write meets no row has written nothing and is left out. When anything else fails, the transaction
//! is rolled back and each unit gets one of its own, so that nobody pays for another's fault.

use super::{Failpoint, StoreError, Unit};
use sea_orm::{
    DbErr, RuntimeErr, Statement, Value,
    sqlx::{
        self, Arguments, Connection, Executor,
        pool::PoolConnection,
        sqlite::{Sqlite, SqliteArguments, SqlitePool},
    },
};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// Units of one transaction; one more would make the first wait too long.
const BATCH: usize = 64;
/// Units that may wait; who comes later waits for a place.
const QUEUE: usize = 1024;

/// A unit and who waits for it.
struct Waiting {
    unit: Unit,
    answer: oneshot::Sender<Result<(), StoreError>>,
}

/// The way to the task that writes; it ends when nobody can send any more.
#[derive(Clone, Debug)]
pub(super) struct Writer(mpsc::Sender<Waiting>);

impl Writer {
    pub(super) fn start(pool: SqlitePool, failpoint: Arc<Failpoint>) -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE);
        tokio::spawn(run(pool, failpoint, receiver));
        Self(sender)
    }

    /// Returns when the unit is durable, or has failed. A caller that goes away meanwhile changes nothing.
    pub(super) async fn write(&self, unit: Unit) -> Result<(), StoreError> {
        let (answer, answered) = oneshot::channel();
        let ended = || StoreError::Db(DbErr::Custom("the writer has ended".to_owned()));
        self.0.send(Waiting { unit, answer }).await.map_err(|_| ended())?;
        answered.await.map_err(|_| ended())?
    }
}

async fn run(pool: SqlitePool, failpoint: Arc<Failpoint>, mut waiting: mpsc::Receiver<Waiting>) {
    let mut batch = Vec::with_capacity(BATCH);
    while waiting.recv_many(&mut batch, BATCH).await > 0 {
        let units: Vec<&Unit> = batch.iter().map(|one| &one.unit).collect();
        match together(&pool, &failpoint, &units).await {
            Ok(taken) => {
                for (one, taken) in batch.drain(..).zip(taken) {
                    finish(one, if taken { Ok(()) } else { Err(StoreError::Gone) });
                }
            }
            Err(_) => {
                for one in batch.drain(..) {
                    let alone = together(&pool, &failpoint, &[&one.unit]).await;
                    let result =
                        alone.and_then(|taken| if taken == [true] { Ok(()) } else { Err(StoreError::Gone) });
                    finish(one, result);
                }
            }
        }
    }
}

fn finish(one: Waiting, result: Result<(), StoreError>) {
    if result.is_ok() {
        one.unit.settle();
    }
    // Whoever waited may have gone away; what is written stays.
    let _ = one.answer.send(result);
}

/// One transaction; tells of each unit whether its deciding write met its row.
async fn together(
    pool: &SqlitePool,
    failpoint: &Failpoint,
    units: &[&Unit],
) -> Result<Vec<bool>, StoreError> {
    let mut connection = pool.acquire().await.map_err(failed)?;
    match attempt(&mut connection, failpoint, units).await {
        Ok(taken) => Ok(taken),
        Err(error) => {
            // A connection that cannot even roll back is not used again.
            if connection.execute("ROLLBACK").await.is_err() {
                let _ = connection.detach().close().await;
            }
            Err(error)
        }
    }
}

async fn attempt(
    connection: &mut PoolConnection<Sqlite>,
    failpoint: &Failpoint,
    units: &[&Unit],
) -> Result<Vec<bool>, StoreError> {
    connection.execute("BEGIN IMMEDIATE").await.map_err(failed)?;
    let mut taken = Vec::with_capacity(units.len());
    for unit in units {
        failpoint.pass();
        let stands = match &unit.decides {
            Some(statement) => run_all(connection, std::slice::from_ref(statement)).await? == 1,
            None => true,
        };
        if stands && !unit.rest.is_empty() {
            run_all(connection, &unit.rest).await?;
        }
        taken.push(stands);
    }
    failpoint.pass();
    connection.execute("COMMIT").await.map_err(failed)?;
    Ok(taken)
}

/// Several statements in one trip; tells how many rows they met in all. The text is the same each time a use case comes
/// this way, so that SQLite prepares it once.
async fn run_all(
    connection: &mut PoolConnection<Sqlite>,
    statements: &[Statement],
) -> Result<u64, StoreError> {
    let mut text = String::with_capacity(statements.iter().map(|one| one.sql.len() + 1).sum());
    let mut arguments = SqliteArguments::default();
    for statement in statements {
        text.push_str(&statement.sql);
        text.push(';');
        for value in statement.values.iter().flat_map(|values| &values.0) {
            bind(&mut arguments, value)?;
        }
    }
    let query = sqlx::query_with(sqlx::AssertSqlSafe(text), arguments);
    Ok(connection.execute(query).await.map_err(failed)?.rows_affected())
}

/// The kinds of values that columns have here.
fn bind(arguments: &mut SqliteArguments, value: &Value) -> Result<(), StoreError> {
    let bound = match value {
        Value::Bool(value) => arguments.add(*value),
        Value::Int(value) => arguments.add(*value),
        Value::BigInt(value) => arguments.add(*value),
        Value::String(value) => arguments.add(value.clone()),
        Value::Bytes(value) => arguments.add(value.clone()),
        Value::Uuid(value) => arguments.add(*value),
        other => return Err(StoreError::Db(DbErr::Type(format!("a value that no column has: {other:?}")))),
    };
    bound.map_err(|error| StoreError::Db(DbErr::Type(error.to_string())))
}

fn failed(error: sqlx::Error) -> StoreError {
    StoreError::from(DbErr::Exec(RuntimeErr::SqlxError(Arc::new(error))))
}
