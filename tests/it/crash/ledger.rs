//! What the tables hold of one registration.

use menfu::storage::Db;
use sea_orm::{ConnectionTrait, Statement, TryGetable};

use super::process::Scene;
use super::walk::Way;

/// Everything an account consists of; empty where there is none, also of orphans.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    persons: i64,
    names: Vec<String>,
    passwords: i64,
    evidence: Vec<String>,
    agreements: Vec<String>,
    events: Vec<String>,
}

impl Ledger {
    /// The account of somebody who went this way.
    pub fn whole(way: Way) -> Self {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let (evidence, agreements, events): (&[_], &[_], &[_]) = match way {
            Way::Bank => (
                &["bank", "phone"],
                &["bank", "privacy", "terms"],
                &["person_registered", "verification_succeeded"],
            ),
            Way::Later => (&["phone"], &["privacy", "terms"], &["person_registered"]),
        };
        Self {
            persons: 1,
            names: words(&["lin_xiaoyu"]),
            passwords: 1,
            evidence: words(evidence),
            agreements: words(agreements),
            events: words(events),
        }
    }

    pub async fn read(scene: &Scene) -> Self {
        let db = scene.db().await;
        let found = Self {
            persons: only(&db, "SELECT count(*) FROM persons").await,
            names: column(&db, "SELECT name FROM usernames WHERE holder_kind = 'person'").await,
            passwords: only(&db, "SELECT count(*) FROM passwords").await,
            evidence: column(&db, "SELECT method FROM evidence WHERE state = 'valid' ORDER BY method").await,
            agreements: column(
                &db,
                "SELECT document FROM agreements WHERE holder IN (SELECT id FROM persons) ORDER BY document",
            )
            .await,
            events: column(
                &db,
                "SELECT kind FROM audit_events WHERE kind IN ('person_registered', 'verification_succeeded', \
                 'verification_failed') ORDER BY kind",
            )
            .await,
        };
        db.close().await.unwrap();
        found
    }
}

/// What was asked of the bank, and what is still to do.
#[derive(Debug, PartialEq, Eq)]
pub struct Questions {
    pub jobs: usize,
    answered: i64,
    /// The highest count of a limit of the day.
    charged: Option<i64>,
    undelivered: i64,
}

impl Questions {
    pub const NONE: Self = Self { jobs: 0, answered: 0, charged: None, undelivered: 0 };
    /// One job with its answer and without its card number, counted once.
    pub const ONE: Self = Self { jobs: 1, answered: 1, charged: Some(1), undelivered: 0 };

    pub async fn read(scene: &Scene) -> Self {
        let db = scene.db().await;
        let answered = "SELECT count(*) FROM verification_jobs WHERE state = 'ok' AND request IS NULL";
        let found = Self {
            jobs: column::<String>(&db, "SELECT state FROM verification_jobs").await.len(),
            answered: only(&db, answered).await,
            charged: only(&db, "SELECT max(hits) FROM counters WHERE key LIKE 'proofing.%'").await,
            undelivered: only(&db, "SELECT count(*) FROM outbox WHERE settled_at IS NULL").await,
        };
        db.close().await.unwrap();
        found
    }

    /// What the bank calls the answers that were taken.
    pub async fn references(scene: &Scene) -> Vec<String> {
        let db = scene.db().await;
        let found = column(&db, "SELECT reference FROM verification_jobs").await;
        db.close().await.unwrap();
        found
    }
}

async fn only<T: TryGetable>(db: &Db, sql: &str) -> T {
    column(db, sql).await.remove(0)
}

async fn column<T: TryGetable>(db: &Db, sql: &str) -> Vec<T> {
    let statement = Statement::from_string(db.read().get_database_backend(), sql);
    let rows = db.read().query_all_raw(statement).await.unwrap();
    rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}
