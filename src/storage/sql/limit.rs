//! A bound `LIMIT` made plain, for SQLite.
//!
//! SQLite plans by the value of a bound limit (`sqlite3ExprIsInteger`), so it prepares such a statement anew each time
//! the limit is bound, cached or not. SeaORM's `one` binds its 1: a look-up by key would cost more to parse than to run.

use sea_orm::{DbBackend, Statement, Value};

/// The same statement with its last word, a bound limit, as a number in the text.
pub(super) fn plain(mut statement: Statement) -> Statement {
    if statement.db_backend != DbBackend::Sqlite {
        return statement;
    }
    let Some(sql) = statement.sql.strip_suffix(" LIMIT ?") else { return statement };
    let Some(values) = &mut statement.values else { return statement };
    let Some(Value::BigUnsigned(Some(limit))) = values.0.last() else { return statement };
    statement.sql = format!("{sql} LIMIT {limit}");
    values.0.pop();
    statement
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};

    fn by_key() -> SelectStatement {
        Query::select().column("hits").from("counters").and_where(Expr::col("key").eq("a")).to_owned()
    }

    #[test]
    fn a_limit_at_the_end_stands_in_the_text() {
        let statement = plain(DbBackend::Sqlite.build(by_key().limit(1)));
        assert!(statement.sql.ends_with(r#""key" = ? LIMIT 1"#), "{}", statement.sql);
        assert_eq!(statement.values.unwrap().0, ["a".into()]);
    }

    #[test]
    fn every_other_statement_stays_as_it_is() {
        let others = [
            DbBackend::Sqlite.build(&by_key()),
            DbBackend::Sqlite.build(by_key().limit(1).offset(2)),
            DbBackend::Postgres.build(by_key().limit(1)),
            Statement::from_string(DbBackend::Sqlite, "PRAGMA user_version"),
        ];
        for statement in others {
            assert_eq!(plain(statement.clone()), statement);
        }
    }
}
