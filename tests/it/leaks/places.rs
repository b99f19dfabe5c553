//! Where something of a citizen could be left.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use menfu::storage::Db;
use sea_orm::ConnectionTrait;

use super::scan::{Finding, Scan};
use crate::town::{Town, column};

/// Every file of the installation, what its rows hold one by one, and what it tells Prometheus.
pub struct Places(BTreeMap<String, Vec<u8>>);

impl Places {
    pub async fn of(town: &Town, metrics: &str) -> Self {
        let mut all = BTreeMap::new();
        files(town.here.folder.path(), town.here.folder.path(), &mut all);
        let db = town.db().await;
        all.insert("rows".to_owned(), rows(&db).await);
        db.close().await.unwrap();
        let text = reqwest::get(format!("http://{metrics}/metrics")).await.unwrap().text().await.unwrap();
        all.insert("metrics".to_owned(), text.into_bytes());
        Self(all)
    }

    pub fn names(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    pub fn size(&self, name: &str) -> usize {
        self.0.get(name).map_or(0, Vec::len)
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
        let told: Vec<_> =
            self.0.iter().map(|(name, bytes)| format!("{name} ({} bytes)", bytes.len())).collect();
        f.write_str(&told.join(", "))
    }
}

fn files(root: &Path, folder: &Path, all: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(root, &path, all);
        } else {
            let name = path.strip_prefix(root).unwrap().display().to_string();
            all.insert(name, std::fs::read(&path).unwrap());
        }
    }
}

/// Every value of every row, as SQL writes it: in the file a long one may lie in pieces.
async fn rows(db: &Db) -> Vec<u8> {
    let mut all = Vec::new();
    for table in column::<String>(db, "SELECT name FROM sqlite_master WHERE type = 'table'").await {
        let columns: Vec<String> =
            column(db, &format!("SELECT name FROM pragma_table_info('{table}')")).await;
        let quoted: Vec<_> = columns.iter().map(|name| format!("quote(\"{name}\")")).collect();
        let lines = format!("SELECT {} FROM \"{table}\"", quoted.join(" || ',' || "));
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
