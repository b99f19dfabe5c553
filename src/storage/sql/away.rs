//! Which failures of the database pass by themselves: it restarts, a standby takes over, the network comes back.

use std::error::Error;

use sea_orm::{
    DbErr, RuntimeErr,
    sqlx::{self, error::DatabaseError, sqlite::SqliteError},
};

/// PostgreSQL: connection exceptions, too many connections, shut down or starting up.
const POSTGRES: [&str; 3] = ["08", "53300", "57P"];
/// SQLite: the write lock was not free in time.
const SQLITE: [&str; 3] = ["5", "261", "517"];

/// Whether this came of a database that was away or had no connection free: the same request may succeed in a moment.
/// Whatever was to be written may stand all the same when the connection broke at the commit.
#[must_use]
pub fn is_away(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(cause) = next {
        if cause.downcast_ref::<DbErr>().is_some_and(passes) {
            return true;
        }
        next = cause.source();
    }
    false
}

fn passes(error: &DbErr) -> bool {
    match error {
        DbErr::ConnectionAcquire(_) => true,
        DbErr::Conn(RuntimeErr::SqlxError(cause))
        | DbErr::Exec(RuntimeErr::SqlxError(cause))
        | DbErr::Query(RuntimeErr::SqlxError(cause)) => breaks_off(cause),
        _ => false,
    }
}

fn breaks_off(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => {
            true
        }
        sqlx::Error::Database(told) => is_passing(told.as_ref()),
        _ => false,
    }
}

fn is_passing(told: &dyn DatabaseError) -> bool {
    let Some(code) = told.code() else { return false };
    match told.try_downcast_ref::<SqliteError>() {
        Some(_) => SQLITE.contains(&code.as_ref()),
        None => POSTGRES.iter().any(|class| code.starts_with(class)),
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;

    use super::*;
    use crate::storage::StoreError;

    #[derive(Debug, thiserror::Error)]
    #[error("a feature failed")]
    struct Feature(#[from] StoreError);

    fn met(cause: sqlx::Error) -> Feature {
        StoreError::from(DbErr::Query(RuntimeErr::SqlxError(Arc::new(cause)))).into()
    }

    #[test]
    fn a_broken_connection_and_an_empty_pool_pass() {
        assert!(is_away(&met(sqlx::Error::Io(io::ErrorKind::UnexpectedEof.into()))));
        assert!(is_away(&met(sqlx::Error::PoolTimedOut)));
        let acquire = DbErr::ConnectionAcquire(sea_orm::ConnAcquireErr::Timeout);
        assert!(is_away(&Feature(StoreError::Db(acquire))));
    }

    #[test]
    fn what_is_wrong_with_the_statement_or_the_row_does_not() {
        assert!(!is_away(&met(sqlx::Error::RowNotFound)));
        assert!(!is_away(&Feature(StoreError::Corrupt)));
        assert!(!is_away(&Feature(StoreError::Gone)));
        assert!(!is_away(&StoreError::Db(DbErr::Custom("the writer has ended".to_owned()))));
    }
}
