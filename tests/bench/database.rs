//! The database of one run: a file in the folder, or a database of its own at a PostgreSQL server.

use std::fs;
use std::path::Path;

use sea_orm::{ConnectionTrait, Database as Connector, DatabaseConnection};
use url::Url;

/// What holds the rows.
pub enum Kind {
    Sqlite,
    Postgres {
        /// Where databases may be made.
        server: String,
        name: String,
    },
}

/// An empty database, and its address.
pub struct Database {
    pub kind: Kind,
    pub url: String,
}

impl Database {
    /// `sqlite` makes a file in the folder; anything else is a PostgreSQL server where a database is made.
    pub async fn make(address: &str, folder: &Path) -> Self {
        if address == "sqlite" {
            return Self { kind: Kind::Sqlite, url: format!("sqlite:{}/menfu.db", folder.display()) };
        }
        let name = format!("menfu_bench_{}", std::process::id());
        execute(address, &format!("CREATE DATABASE {name} TEMPLATE template0")).await;
        let mut url = Url::parse(address).expect("sqlite, or the address of a PostgreSQL server");
        url.set_path(&name);
        Self { kind: Kind::Postgres { server: address.to_owned(), name }, url: url.into() }
    }

    /// What autovacuum would do sooner or later, in the middle of a round.
    pub async fn settle(&self) {
        if let Kind::Postgres { .. } = self.kind {
            execute(&self.url, "VACUUM ANALYZE").await;
        }
    }

    /// Takes a database of a PostgreSQL server away.
    pub async fn remove(&self) {
        if let Kind::Postgres { server, name } = &self.kind {
            execute(server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
        }
    }

    /// The process whose children serve this database, if it runs on this machine.
    pub async fn postmaster(&self) -> Option<u32> {
        let Kind::Postgres { .. } = self.kind else { return None };
        let connection = connect(&self.url).await;
        let row = connection.query_one_raw(statement(&connection, "SELECT pg_backend_pid()")).await;
        let backend: i32 = row.expect("an answer").expect("a row").try_get_by_index(0).expect("a number");
        connection.close().await.expect("closed");
        parent_of_postgres(backend)
    }
}

fn parent_of_postgres(backend: i32) -> Option<u32> {
    let name = fs::read_to_string(format!("/proc/{backend}/comm")).ok()?;
    let status = fs::read_to_string(format!("/proc/{backend}/status")).ok()?;
    let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"))?.trim().parse().ok()?;
    name.trim().starts_with("postgres").then_some(parent)
}

async fn execute(address: &str, sql: &str) {
    let connection = connect(address).await;
    connection.execute_unprepared(sql).await.expect("the database does as told");
    connection.close().await.expect("closed");
}

async fn connect(address: &str) -> DatabaseConnection {
    Connector::connect(address).await.expect("the database answers")
}

fn statement(connection: &DatabaseConnection, sql: &str) -> sea_orm::Statement {
    sea_orm::Statement::from_string(connection.get_database_backend(), sql)
}
