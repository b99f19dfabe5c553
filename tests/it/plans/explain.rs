//! A statement's plan as the database tells it, in a form that people can read and compare.

use std::collections::BTreeSet;
use std::fmt;

use menfu::storage::Db;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};
use serde_json::Value;

use crate::store::{self, TestStore};

/// Tables whose rows an operator counts on the fingers.
const SMALL: [&str; 4] = ["signing_keys", "client_registrations", "nodes", "seaql_migrations"];
/// Sets that are sorted after they were found, each bounded by whom they belong to.
const SORTED: [(&str, &str); 3] = [
    ("evidence", "the proofs of one person"),
    ("sessions", "the sessions of one person within two days"),
    ("session_clients", "the relying parties of one session"),
];

/// An empty database of its own, whose tables nobody ever counted.
pub struct Explainer {
    connection: DatabaseConnection,
    _store: TestStore,
}

/// How one statement is carried out.
pub struct Plan {
    statement: String,
    steps: Vec<Step>,
}

struct Step {
    text: String,
    /// The table that is read from its first row to its last.
    whole: Option<String>,
    sorts: bool,
}

impl Explainer {
    pub async fn new() -> Self {
        let store = store::db().await;
        let mut options = ConnectOptions::new(store.settings.url.clone());
        options.max_connections(1).sqlx_logging(false);
        let connection = Database::connect(options).await.unwrap();
        if connection.get_database_backend() == DbBackend::Postgres {
            for way in ["seqscan", "hashjoin", "mergejoin", "bitmapscan"] {
                connection.execute_unprepared(&format!("SET enable_{way} = off")).await.unwrap();
            }
        }
        Self { connection, _store: store }
    }

    pub fn backend(&self) -> DbBackend {
        self.connection.get_database_backend()
    }

    pub async fn plan(&self, statement: &Statement) -> Plan {
        let steps = match self.backend() {
            DbBackend::Postgres => self.of_postgres(statement).await,
            _ => self.of_sqlite(statement).await,
        };
        Plan { statement: readable(&statement.sql), steps }
    }

    async fn ask(&self, how: &str, statement: &Statement) -> Vec<sea_orm::QueryResult> {
        let asked = Statement { sql: format!("{how} {}", statement.sql), ..statement.clone() };
        let answer = self.connection.query_all_raw(asked).await;
        answer.unwrap_or_else(|error| panic!("{}: {error}", statement.sql))
    }

    async fn of_sqlite(&self, statement: &Statement) -> Vec<Step> {
        let rows = self.ask("EXPLAIN QUERY PLAN", statement).await;
        rows.iter().map(|row| sqlite_step(row.try_get("", "detail").unwrap())).collect()
    }

    async fn of_postgres(&self, statement: &Statement) -> Vec<Step> {
        let rows = self.ask("EXPLAIN (FORMAT JSON, COSTS OFF)", statement).await;
        let plan: Value = rows[0].try_get_by_index(0).unwrap();
        let mut steps = Vec::new();
        postgres_steps(&plan[0]["Plan"], &mut steps);
        steps
    }
}

fn sqlite_step(text: String) -> Step {
    let scanned = text.strip_prefix("SCAN ").and_then(|rest| rest.split(' ').next());
    // A list of values, or what a query inside of this one found.
    let made_up = |name: &&str| name.starts_with('(') || *name == "sub_query" || name.ends_with("-ROW");
    let whole = scanned.filter(|name| !made_up(name)).map(str::to_owned);
    let sorts = text.contains("TEMP B-TREE");
    Step { text, whole, sorts }
}

fn postgres_steps(node: &Value, steps: &mut Vec<Step>) {
    let (kind, text) = (text_of(node, "Node Type"), |key| text_of(node, key));
    let table = text("Relation Name");
    let searched = ["Index Cond", "TID Cond"].iter().any(|key| !node[*key].is_null());
    let reads = kind.contains("Scan") && !table.is_empty();
    let mut said = kind.clone();
    if kind == "ModifyTable" {
        said = text("Operation");
    }
    for (before, key) in [(" ", "Index Name"), (" on ", "Relation Name"), (": ", "Index Cond")] {
        if !node[key].is_null() {
            said += &format!("{before}{}", without_values(&text(key)));
        }
    }
    let sorts = kind.contains("Sort");
    if sorts {
        said += &format!(": {}", node["Sort Key"]);
    }
    if !matches!(kind.as_str(), "Result" | "Values Scan") {
        steps.push(Step { text: said, whole: (reads && !searched).then_some(table), sorts });
    }
    for inner in node["Plans"].as_array().into_iter().flatten() {
        postgres_steps(inner, steps);
    }
}

fn text_of(node: &Value, key: &str) -> String {
    node[key].as_str().unwrap_or_default().to_owned()
}

impl Plan {
    /// What would take longer with every row that comes.
    pub fn faults(&self) -> Vec<String> {
        let grows = |table: &&String| !SMALL.contains(&table.as_str());
        let whole = self.steps.iter().filter_map(|step| step.whole.as_ref()).filter(grows);
        let mut faults: Vec<_> =
            whole.map(|table| format!("reads all of {table}: {}", self.statement)).collect();
        let table = self.table();
        let bounded = SORTED.iter().any(|(sorted, _)| *sorted == table) || SMALL.contains(&table.as_str());
        if self.steps.iter().any(|step| step.sorts) && !bounded {
            faults.push(format!("sorts rows of {table}: {}", self.statement));
        }
        faults
    }

    /// The table that the statement names first.
    fn table(&self) -> String {
        let after = |word: &str| self.statement.split_once(word).map(|(_, rest)| rest);
        let rest =
            after(" FROM ").or_else(|| after("UPDATE ")).or_else(|| after("INTO ")).unwrap_or_default();
        rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default().to_owned()
    }
}

/// A line of the statement, and a line of each step.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.statement)?;
        self.steps.iter().try_for_each(|step| writeln!(f, "    {}", step.text))
    }
}

/// PostgreSQL shows what was bound, and a type with each; `((id)::text = 'a'::text)` becomes `(id = ?)`.
fn without_values(condition: &str) -> String {
    let mut text = String::new();
    // A quote within a value is doubled, so that between two of them nothing stands.
    for (number, part) in condition.replace("''", "").split('\'').enumerate() {
        text += if number % 2 == 0 { part } else { "?" };
    }
    for kind in ["::text[]", "::uuid[]", "::text", "::uuid", "::bigint", "::integer"] {
        text = text.replace(kind, "");
    }
    let columns = text.split('(').map(|part| match part.split_once(')') {
        Some((name, rest)) if name.chars().all(|c| c.is_alphanumeric() || c == '_') => {
            format!("{name}{rest}")
        }
        _ => format!("({part}"),
    });
    columns.collect::<String>().split_off(1)
}

/// Without quotes, without the columns that are read or written, and with one `?` for any number of values.
fn readable(sql: &str) -> String {
    let sql = numbers_to_marks(&sql.replace('"', ""));
    let sql = shortened(&sql, "SELECT ", " FROM ");
    let sql = shortened(&sql, "(SELECT ", " FROM ");
    let sql = shortened(&sql, "RETURNING ", "\0");
    let sql = shortened(&sql, " (", ") VALUES ");
    let sql = match sql.split_once(") VALUES ") {
        Some((head, rest)) => {
            let tail = rest.find(" ON CONFLICT").or_else(|| rest.find(" RETURNING")).map(|at| &rest[at..]);
            format!("{head}) VALUES (…){}", tail.unwrap_or_default())
        }
        None => sql,
    };
    let mut sql = sql;
    while sql.contains("?, ?") {
        sql = sql.replace("?, ?", "?");
    }
    // SQLite is asked for no lock of a row; the space before it stays.
    sql.truncate(sql.trim_end().len());
    sql
}

/// `$12` is as good as `?`.
fn numbers_to_marks(sql: &str) -> String {
    let mut parts = sql.split('$');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text += "?";
        text += part.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    text
}

/// A long list between two words becomes a dot or three.
fn shortened(sql: &str, after: &str, before: &str) -> String {
    let Some((head, rest)) = sql.split_once(after) else { return sql.to_owned() };
    let (list, tail) = match before {
        "\0" => (rest, ""),
        _ => match rest.find(before) {
            Some(at) => rest.split_at(at),
            None => return sql.to_owned(),
        },
    };
    let list = if list.matches(", ").count() >= 2 && !list.contains(" FROM ") { "…" } else { list };
    format!("{head}{after}{list}{tail}")
}

/// Questions about the schema's own state, asked at start.
pub fn is_migration(statement: &Statement) -> bool {
    statement.sql.contains("seaql_migrations")
}

/// Columns that point to another table.
pub async fn foreign_keys(db: &Db) -> BTreeSet<String> {
    names(
        db,
        "SELECT t.name || '.' || k.\"from\" AS name FROM sqlite_master t, pragma_foreign_key_list(t.name) k \
         WHERE t.type = 'table'",
        "SELECT c.conrelid::regclass || '.' || a.attname AS name FROM pg_constraint c \
         JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1] WHERE c.contype = 'f'",
    )
    .await
}

/// Columns that an index begins with.
pub async fn first_columns(db: &Db) -> BTreeSet<String> {
    names(
        db,
        "SELECT t.name || '.' || c.name AS name FROM sqlite_master t, pragma_index_list(t.name) i, \
         pragma_index_info(i.name) c WHERE t.type = 'table' AND c.seqno = 0",
        "SELECT i.indrelid::regclass || '.' || a.attname AS name FROM pg_index i \
         JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] \
         JOIN pg_class c ON c.oid = i.indrelid WHERE c.relnamespace = 'public'::regnamespace",
    )
    .await
}

async fn names(db: &Db, sqlite: &str, postgres: &str) -> BTreeSet<String> {
    let backend = db.read().get_database_backend();
    let sql = if backend == DbBackend::Postgres { postgres } else { sqlite };
    let rows = db.read().query_all_raw(Statement::from_string(backend, sql)).await.unwrap();
    rows.iter().map(|row| row.try_get("", "name").unwrap()).collect()
}
