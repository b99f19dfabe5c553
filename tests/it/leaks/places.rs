//! Where something of a citizen could be left.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use menfu::storage::Db;
use sea_orm::{ConnectionTrait, DbBackend};

use super::scan::{Finding, Scan};
use crate::outage::postgres::PgServer;
use crate::servers::RedisServer;
use crate::town::{Town, column};

/// Every file of the installation, what its rows hold one by one, a backup of them, and what it tells Prometheus.
pub struct Places(BTreeMap<String, Vec<u8>>);

impl Places {
    pub async fn of(town: &Town, metrics: &str, around: Option<&Around>) -> Self {
        let mut all = BTreeMap::new();
        files(town.here.folder.path(), town.here.folder.path(), &mut all);
        if let Some(around) = around {
            files(around.postgres.folder.path(), around.postgres.folder.path(), &mut all);
            all.insert("redis".to_owned(), around.keys_and_values());
        }
        let db = town.db().await;
        all.insert("rows".to_owned(), rows(&db).await);
        let backup = around.map_or_else(|| copy(town), |around| around.postgres.dump());
        all.insert("backup".to_owned(), backup);
        db.close().await.unwrap();
        let text = reqwest::get(format!("http://{metrics}/metrics")).await.unwrap().text().await.unwrap();
        all.insert("metrics".to_owned(), text.into_bytes());
        Self(all)
    }

    pub fn names(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    /// Bytes in all places whose names begin so.
    pub fn size(&self, name: &str) -> usize {
        self.0.iter().filter(|(place, _)| place.starts_with(name)).map(|(_, bytes)| bytes.len()).sum()
    }

    pub fn has(&self, name: &str, text: &str) -> bool {
        String::from_utf8_lossy(&self.0[name]).contains(text)
    }

    pub fn search(&self, scan: &Scan) -> Vec<Finding> {
        self.0.iter().flat_map(|(name, bytes)| scan.search(name, bytes)).collect()
    }

    /// What is found in a place when something stands in its middle; of the place itself only the surroundings count.
    pub fn search_planted(&self, name: &str, planted: &[u8], scan: &Scan) -> Vec<Finding> {
        let whole = &self.0[name];
        let middle = whole.len() / 2;
        let (before, after) =
            (&whole[middle.saturating_sub(500)..middle], &whole[middle..whole.len().min(middle + 500)]);
        scan.search(name, &[before, planted, after].concat())
    }
}

impl fmt::Display for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let large = self.0.iter().filter(|(_, bytes)| bytes.len() > 1_000_000);
        let told: Vec<_> =
            large.map(|(name, bytes)| format!("{name} ({} KiB)", bytes.len() / 1024)).collect();
        write!(f, "{} places of {} KiB, of them {}", self.0.len(), self.size("") / 1024, told.join(", "))
    }
}

/// The servers of a province, each with a folder or a memory of its own.
pub struct Around {
    pub postgres: PgServer,
    pub redis: RedisServer,
}

impl Around {
    pub fn start() -> Self {
        Self { postgres: PgServer::start(), redis: RedisServer::start() }
    }

    fn keys_and_values(&self) -> Vec<u8> {
        let mut server = redis::Client::open(self.redis.url()).unwrap().get_connection().unwrap();
        let mut all = Vec::new();
        let keys: Vec<Vec<u8>> = redis::cmd("KEYS").arg("*").query(&mut server).unwrap();
        for key in keys {
            let value: Option<Vec<u8>> = redis::cmd("GET").arg(&key).query(&mut server).unwrap();
            all.extend_from_slice(&[key, b"=".to_vec(), value.unwrap_or_default(), b"\n".to_vec()].concat());
        }
        all
    }
}

fn files(root: &Path, folder: &Path, all: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(root, &path, all);
        } else {
            let name = path.strip_prefix(root).unwrap().display().to_string();
            // A socket cannot be read, nor what a server has just removed.
            let Ok(bytes) = std::fs::read(&path) else { continue };
            all.insert(name, bytes);
        }
    }
}

/// A backup as the RUNBOOK has it made while the server runs.
fn copy(town: &Town) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("copy.db");
    let database = rusqlite::Connection::open(town.here.path("menfu.db")).unwrap();
    database.execute("VACUUM INTO ?1", [file.to_str().unwrap()]).unwrap();
    std::fs::read(file).unwrap()
}

/// Every value of every row, as SQL writes it: in the file a long one may lie in pieces, or compressed.
async fn rows(db: &Db) -> Vec<u8> {
    let mut all = Vec::new();
    let postgres = db.read().get_database_backend() == DbBackend::Postgres;
    let tables = match postgres {
        true => "SELECT CAST(tablename AS text) FROM pg_tables WHERE schemaname = 'public'",
        false => "SELECT name FROM sqlite_master WHERE type = 'table'",
    };
    for table in column::<String>(db, tables).await {
        let lines = match postgres {
            true => format!("SELECT CAST(t AS text) FROM \"{table}\" t"),
            false => {
                let columns = format!("SELECT name FROM pragma_table_info('{table}')");
                let quoted =
                    column::<String>(db, &columns).await.into_iter().map(|name| format!("quote(\"{name}\")"));
                format!("SELECT {} FROM \"{table}\"", quoted.collect::<Vec<_>>().join(" || ',' || "))
            }
        };
        for line in column::<String>(db, &lines).await {
            all.extend_from_slice(format!("{table}: {line}\n").as_bytes());
        }
    }
    all
}

/// What a careless line of code would do.
pub async fn plant_row(town: &Town, secret: &str) {
    let db = town.db().await;
    let tx = db.begin().await.unwrap();
    let sql = format!("INSERT INTO counters (key, hits, ends_at) VALUES ('planted:{secret}', 1, 0)");
    tx.execute_unprepared(&sql).await.unwrap();
    tx.commit().await.unwrap();
    db.close().await.unwrap();
}
