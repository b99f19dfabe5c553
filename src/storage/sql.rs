//! One schema on SQLite and PostgreSQL: [`Db`] and its write transaction [`Tx`].
//!
//! SQLite: WAL, `synchronous=NORMAL`, foreign keys on, one writer whose transactions are immediate (a deferred one that
//! reads first fails with `database is locked` under load), and readers that cannot write. PostgreSQL: one pool, pinged
//! only after idling. The only place besides `migrations/` that may look at the dialect.

mod away;
#[cfg(feature = "sandbox")]
mod fill;
mod limit;
mod pen;
mod record;
mod unit;
mod writer;

use super::{
    Settings,
    failpoint::Failpoint,
    hot::{Hot, Reach, Registry},
    migrations::Migrator,
};
use crate::kernel::Timestamp;
use crate::kernel::trace::{self, Side};
pub use away::is_away;
use limit::plain;
use pen::{Pen, Witness};
use record::Recorder;
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    ExecResult, QueryResult, SqlErr, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
    sqlx::{
        Connection,
        sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
    },
};
use sea_orm_migration::MigratorTrait;
use std::{
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
pub use unit::Unit;
use unit::{Afterwards, Texts};
use writer::{Turn, Writer};

/// What `pg_advisory_xact_lock` guards a migration with: the letters `menfu`.
const MIGRATION_LOCK: i64 = 0x6d_65_6e_66_75;
/// A PostgreSQL connection that idled this long is pinged before use: after a restart of the server the dead ones are
/// found by the ping and not by somebody's request. Under load none idles so long.
const PING_AFTER: Duration = Duration::from_secs(1);

/// Why the store did not do as told.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A unique value is taken: the database decided, not a read before the write.
    #[error("a unique value is taken")]
    Conflict,
    /// The conditional write met no row: somebody else was first, or it expired.
    #[error("the row is gone or was taken")]
    Gone,
    /// A stored value does not parse.
    #[error("a stored value does not parse")]
    Corrupt,
    #[error("the database failed: {0}")]
    Db(#[source] DbErr),
    /// A sealed value does not open: wrong key, wrong place, or changed.
    #[error("a sealed value does not open")]
    Vault,
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(_)) => Self::Conflict,
            _ => Self::Db(error),
        }
    }
}

/// The database; cheap to clone.
#[derive(Clone, Debug)]
pub struct Db {
    writer: DatabaseConnection,
    reader: Reader,
    failpoint: Arc<Failpoint>,
    recorder: Recorder,
    /// Groups the commits of SQLite and gives turns to its writers; none on PostgreSQL.
    group: Option<Writer>,
    hot: Registry,
    texts: Texts,
}

impl Db {
    /// Opens the pools and, on SQLite, makes the file.
    ///
    /// # Errors
    /// [`StoreError::Db`] when the address does not parse or nobody answers there.
    pub async fn connect(settings: &Settings) -> Result<Self, StoreError> {
        settings.validate().map_err(|why| StoreError::Db(DbErr::Custom(why)))?;
        let writer = Database::connect(writer_options(settings)).await?;
        let reader = match settings.is_sqlite() {
            true => Database::connect(sqlite_reader_options(settings)).await?,
            false => writer.clone(),
        };
        let (failpoint, recorder) = (Arc::new(failpoint_of(settings)), Recorder::default());
        let witness = (failpoint.clone(), recorder.clone());
        let group = settings.is_sqlite().then(|| start_group(settings, witness)).transpose()?;
        let reader = Reader { inner: reader, recorder: recorder.clone() };
        let (hot, texts) = (Registry::default(), Texts::default());
        Ok(Self { writer, reader, failpoint, recorder, group, hot, texts })
    }

    /// Applies what is missing, each step in a transaction of its own. Nodes that start together take turns.
    ///
    /// # Errors
    /// [`StoreError::Db`]; the steps before the failed one stay.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        while self.migrate_one().await?.is_some() {}
        Ok(())
    }

    /// Applies the next missing step and tells its name.
    ///
    /// # Errors
    /// [`StoreError::Db`]; nothing of the step stays.
    pub async fn migrate_one(&self) -> Result<Option<String>, StoreError> {
        let (tx, _turn) = self.begin_inner().await?;
        if self.writer.get_database_backend() == DbBackend::Postgres {
            tx.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")).await?;
        }
        let pending = Migrator::get_pending_migrations(&tx).await?;
        let Some(next) = pending.first().map(|step| step.name().to_owned()) else { return Ok(None) };
        Migrator::up(&tx, Some(1)).await?;
        tx.commit().await?;
        Ok(Some(next))
    }

    /// Whether every step this build knows has been applied; reads only.
    ///
    /// # Errors
    /// [`StoreError::Db`] when the database does not answer.
    pub async fn is_migrated(&self) -> Result<bool, StoreError> {
        Ok(Migrator::get_pending_migrations_read_only(&self.reader.inner).await?.is_empty())
    }

    /// Starts a write transaction. Dropped without [`Tx::commit`] it leaves nothing behind.
    ///
    /// # Errors
    /// [`StoreError::Db`] when no connection or no write lock was free in time.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        let (inner, turn) = self.begin_inner().await?;
        let (failpoint, recorder) = (self.failpoint.clone(), self.recorder.clone());
        Ok(Tx { inner, turn, failpoint, recorder, afterwards: Mutex::default() })
    }

    /// An empty unit, to be filled by the façades that take part and then written.
    #[must_use]
    pub fn unit(&self) -> Unit {
        Unit::new(self.writer.get_database_backend(), self.texts.clone())
    }

    /// Writes a unit and makes it durable.
    ///
    /// # Errors
    /// [`StoreError::Gone`] when a condition does not hold or the write that decides met no row; then, as after any error,
    /// nothing was written.
    pub async fn write(&self, unit: Unit) -> Result<(), StoreError> {
        if let Some(group) = &self.group {
            return trace::part("database commit", Side::Client, group.write(unit)).await;
        }
        let tx = self.begin().await?;
        tx.write(unit).await?;
        tx.commit().await
    }

    /// The hot copies of that name, kept where `reach` allows.
    #[must_use]
    pub fn hot<K, V>(&self, name: &'static str, reach: Reach) -> Hot<K, V>
    where
        K: Hash + Eq + Send + 'static,
        V: Clone + Send + 'static,
    {
        let alone = self.writer.get_database_backend() == DbBackend::Sqlite;
        if alone || reach == Reach::EveryNode { self.hot.of(name) } else { Registry::none() }
    }

    /// For reading outside a transaction; on SQLite a write through it fails.
    #[must_use]
    pub fn read(&self) -> &Reader {
        &self.reader
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// [`StoreError::Db`] when it gives none.
    pub async fn ping(&self) -> Result<(), StoreError> {
        Ok(self.reader.inner.ping().await?)
    }

    /// Whether rows can be written: not on a standby, a read-only file or a read-only server. Writes nothing.
    ///
    /// # Errors
    /// [`StoreError::Db`] when the database does not answer.
    pub async fn is_writable(&self) -> Result<bool, StoreError> {
        let Ok((tx, _turn)) = self.begin_inner().await else { return self.ping().await.map(|()| false) };
        // A standby refuses the statement itself, whatever it would meet.
        let nothing =
            tx.execute_unprepared("UPDATE seaql_migrations SET version = version WHERE 1 = 0").await;
        Ok(nothing.is_ok())
    }

    /// What time it is where the database runs; SQLite runs here.
    ///
    /// # Errors
    /// [`StoreError::Db`] when it does not answer.
    pub async fn clock(&self) -> Result<Option<Timestamp>, StoreError> {
        if self.writer.get_database_backend() != DbBackend::Postgres {
            return Ok(None);
        }
        let text = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) AS ms";
        let row = self.reader.inner.query_one_raw(Statement::from_string(DbBackend::Postgres, text)).await?;
        let ms = row.map(|row| row.try_get::<i64>("", "ms")).transpose()?;
        Ok(ms.map(Timestamp::from_millis))
    }

    /// Connections that are open, and those of them that nobody uses.
    #[must_use]
    pub fn connections(&self) -> (u32, usize) {
        let of = |connection: &DatabaseConnection| match connection.get_database_backend() {
            DbBackend::Postgres => {
                let pool = connection.get_postgres_connection_pool();
                (pool.size(), pool.num_idle())
            }
            _ => {
                let pool = connection.get_sqlite_connection_pool();
                (pool.size(), pool.num_idle())
            }
        };
        let (open, idle) = of(&self.writer);
        if self.writer.get_database_backend() == DbBackend::Postgres {
            return (open, idle);
        }
        let (readers, idle_readers) = of(&self.reader.inner);
        (open + readers, idle + idle_readers)
    }

    /// Closes the pools; waits for what is under way.
    ///
    /// # Errors
    /// [`StoreError::Db`]
    pub async fn close(&self) -> Result<(), StoreError> {
        if let Some(group) = &self.group {
            group.close().await?;
        }
        self.reader.inner.close_by_ref().await?;
        Ok(self.writer.close_by_ref().await?)
    }

    /// How many statements went through transactions so far.
    #[cfg(feature = "failpoints")]
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.failpoint.passed()
    }

    /// What the database was asked since this was called last, each statement as it went there; the first call only
    /// begins to record.
    #[cfg(feature = "failpoints")]
    #[must_use]
    pub fn recorded(&self) -> Vec<Statement> {
        self.recorder.take()
    }

    async fn begin_inner(&self) -> Result<(DatabaseTransaction, Option<Turn>), DbErr> {
        let turn = match &self.group {
            Some(group) => Some(group.turn().await?),
            None => None,
        };
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        Ok((self.writer.begin_with_options(options).await?, turn))
    }
}

/// A write transaction; statements go through it by [`ConnectionTrait`].
pub struct Tx {
    inner: DatabaseTransaction,
    /// After the transaction itself: fields are dropped in this order.
    turn: Option<Turn>,
    failpoint: Arc<Failpoint>,
    recorder: Recorder,
    afterwards: Mutex<Vec<Afterwards>>,
}

impl Tx {
    /// Makes everything written durable; the last step of a use case.
    ///
    /// # Errors
    /// [`StoreError::Db`]; then nothing was written.
    pub async fn commit(self) -> Result<(), StoreError> {
        trace::part("database commit", Side::Client, self.make_durable()).await
    }

    async fn make_durable(self) -> Result<(), StoreError> {
        self.failpoint.pass();
        let Self { inner, turn, afterwards, .. } = self;
        let afterwards = afterwards.into_inner().unwrap_or_else(PoisonError::into_inner);
        if afterwards.is_empty() {
            return Ok(inner.commit().await?);
        }
        // In a task of its own: a caller that goes away now must not leave copies of rows that changed.
        let committed = tokio::spawn(async move {
            let _turn = turn;
            inner.commit().await?;
            afterwards.into_iter().for_each(|act| act());
            Ok::<(), DbErr>(())
        });
        let died = |error: tokio::task::JoinError| StoreError::Db(DbErr::Custom(error.to_string()));
        Ok(committed.await.map_err(died)??)
    }

    /// This copy is untrue once the transaction is committed.
    pub fn forget<K, V>(&self, hot: &Hot<K, V>, key: K)
    where
        K: Hash + Eq + Send + Sync + 'static,
        V: Clone + Send + 'static,
    {
        let hot = hot.clone();
        self.afterwards(move || hot.forget(&key));
    }

    /// All copies of a kind may be untrue once the transaction is committed.
    pub fn forget_all<K, V>(&self, hot: &Hot<K, V>)
    where
        K: Hash + Eq + Send + Sync + 'static,
        V: Clone + Send + 'static,
    {
        let hot = hot.clone();
        self.afterwards(move || hot.forget_all());
    }

    fn afterwards(&self, act: impl FnOnce() + Send + Sync + 'static) {
        self.afterwards.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(act));
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for Tx {
    fn get_database_backend(&self) -> DbBackend {
        self.inner.get_database_backend()
    }

    async fn execute_raw(&self, stmt: Statement) -> Result<ExecResult, DbErr> {
        self.failpoint.pass();
        self.inner.execute_raw(self.recorder.keep(stmt)).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.failpoint.pass();
        self.inner.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, stmt: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.failpoint.pass();
        self.inner.query_one_raw(self.recorder.keep(plain(stmt))).await
    }

    async fn query_all_raw(&self, stmt: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.failpoint.pass();
        self.inner.query_all_raw(self.recorder.keep(plain(stmt))).await
    }
}

/// Reads outside a transaction; statements go through it by [`ConnectionTrait`].
#[derive(Clone, Debug)]
pub struct Reader {
    inner: DatabaseConnection,
    recorder: Recorder,
}

#[async_trait::async_trait]
impl ConnectionTrait for Reader {
    fn get_database_backend(&self) -> DbBackend {
        self.inner.get_database_backend()
    }

    async fn execute_raw(&self, stmt: Statement) -> Result<ExecResult, DbErr> {
        self.inner.execute_raw(self.recorder.keep(stmt)).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.inner.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, stmt: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.inner.query_one_raw(self.recorder.keep(plain(stmt))).await
    }

    async fn query_all_raw(&self, stmt: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.inner.query_all_raw(self.recorder.keep(plain(stmt))).await
    }
}

fn start_group(settings: &Settings, witness: Witness) -> Result<Writer, StoreError> {
    let failed = |why: String| StoreError::Db(DbErr::Custom(why));
    let address: SqliteConnectOptions =
        settings.url.parse().map_err(|error: sea_orm::sqlx::Error| failed(error.to_string()))?;
    let pen = Pen::new(address.get_filename().to_owned(), settings.wait(), witness);
    Writer::start(pen, settings.wait()).map_err(|error| failed(error.to_string()))
}

fn writer_options(settings: &Settings) -> ConnectOptions {
    if settings.is_sqlite() {
        return sqlite_options(settings, 1, false);
    }
    let mut options = common_options(settings, settings.max_connections);
    options.test_before_acquire_if_idle_for(PING_AFTER);
    options
}

fn sqlite_reader_options(settings: &Settings) -> ConnectOptions {
    sqlite_options(settings, settings.max_connections, true)
}

fn sqlite_options(settings: &Settings, connections: u32, query_only: bool) -> ConnectOptions {
    let wait = settings.wait();
    let mut options = common_options(settings, connections);
    options.test_before_acquire(false).idle_timeout(None).max_lifetime(None);
    options.map_sqlx_sqlite_pool_opts(|pool| {
        // After a failed write (a full disk) SQLite has rolled back by itself and refuses the pool's own ROLLBACK. Such a
        // connection counts as one inside a transaction for ever: later commits on it would write nothing, and say so to
        // nobody. Whoever comes next gets a new one.
        pool.before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
    });
    options.map_sqlx_sqlite_opts(move |sqlite| {
        let sqlite = sqlite
            .create_if_missing(!query_only)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .foreign_keys(true)
            .busy_timeout(wait);
        if query_only { sqlite.pragma("query_only", "ON") } else { sqlite }
    });
    options
}

fn common_options(settings: &Settings, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(settings.url.clone());
    options
        .max_connections(connections)
        .acquire_timeout(settings.wait())
        .connect_timeout(settings.wait())
        // Statements without their values, where somebody reads at this level; else none is even formatted.
        .sqlx_logging(tracing::enabled!(target: "sqlx::query", tracing::Level::TRACE))
        .record_stmt_in_spans(false);
    if let Ok(trace) = "trace".parse() {
        options.sqlx_logging_level(trace);
    }
    options
}

#[cfg(feature = "failpoints")]
fn failpoint_of(settings: &Settings) -> Failpoint {
    Failpoint::armed(settings.failpoint)
}

#[cfg(not(feature = "failpoints"))]
fn failpoint_of(_: &Settings) -> Failpoint {
    Failpoint::default()
}

#[cfg(test)]
mod tests;
