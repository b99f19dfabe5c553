//! The database, and what its rows tell: schema, clock, signing keys, vault, outbox.

use std::path::Path;
use std::sync::Arc;

use super::finding::Findings;
use crate::app::vault::SPLIT;
use crate::audit::Audit;
use crate::config::Config;
use crate::kernel::{OsRng, SystemClock, Timestamp};
use crate::keys::{KeyRecord, Keys};
use crate::protocol::client::SigningAlg;
use crate::storage::{Base, Db, Outbox, Vault, fleet};

/// Codes live 60 s: nodes that differ by more refuse each other's.
const SKEW_MS: i64 = 1_000;
const BAD_SKEW_MS: i64 = 5_000;
/// A signing key is rotated once a year or so.
const OLD_KEY_DAYS: i64 = 400;
const SLOW_SECONDS: i64 = 300;
const STUCK_SECONDS: i64 = 3_600;

pub(super) async fn examine(findings: &mut Findings, config: &Config, now: Timestamp) {
    const CHECK: &str = "database";
    let sqlite = config.storage.url.strip_prefix("sqlite:");
    let file = sqlite.map(|path| path.trim_start_matches("//").split('?').next().unwrap_or_default());
    if file.is_some_and(|file| !Path::new(file).exists()) {
        return findings.warning(
            CHECK,
            "there is no file yet",
            "a new installation: `menfu migrate` makes it. Else storage.url is wrong",
        );
    }
    let db = match Db::connect(&config.storage).await {
        Ok(db) => db,
        Err(error) => {
            return findings.fault(
                CHECK,
                error,
                "start it, or mend storage.url: address, password, pg_hba.conf, firewall",
            );
        }
    };
    if schema(findings, &db).await {
        writable(findings, &db).await;
        clock(findings, &db).await;
        nodes(findings, config, &db, now).await;
        outbox(findings, config, &db, now).await;
        signing_keys(findings, config, &db, now).await;
    }
    // Whether it closes well tells nobody anything.
    let _ = db.close().await;
}

/// Whether the tables can be looked at.
async fn schema(findings: &mut Findings, db: &Db) -> bool {
    match db.is_migrated().await {
        Ok(true) => {
            findings.good("schema", "is this build's");
            true
        }
        Ok(false) => {
            findings.warning(
                "schema",
                "is older than this build",
                "`menfu migrate`, after a backup; `serve` does it too",
            );
            false
        }
        Err(error) => {
            findings.fault(
                "schema",
                error,
                "is this Menfu's database? The user needs USAGE and CREATE on its schema",
            );
            false
        }
    }
}

async fn writable(findings: &mut Findings, db: &Db) {
    match db.is_writable().await {
        Ok(true) => findings.good("database", "answers and takes writes"),
        Ok(false) => findings.fault(
            "database",
            "takes no writes",
            "PostgreSQL: point storage.url at the primary, or promote this standby. SQLite: the file and its folder must \
             belong to the service's user, on a volume that is not read-only",
        ),
        Err(error) => findings.fault("database", error, "see its own log"),
    }
}

/// What nodes have to share is Redis's.
async fn nodes(findings: &mut Findings, config: &Config, db: &Db, now: Timestamp) {
    const CHECK: &str = "nodes";
    match fleet::living(db.read(), now).await {
        Ok(living) if living.len() > 1 && config.ephemeral.is_memory() => {
            findings.fault(CHECK, "each keeps rate limits, captchas and used assertions to itself", SPLIT);
        }
        Ok(living) => findings.good(CHECK, format!("{} were seen in the last minute", living.len())),
        Err(error) => findings.fault(CHECK, error, "see the database's own log"),
    }
}

async fn clock(findings: &mut Findings, db: &Db) {
    let before = crate::kernel::Clock::now(&SystemClock).millis();
    let Ok(Some(theirs)) = db.clock().await else { return };
    let after = crate::kernel::Clock::now(&SystemClock).millis();
    skew(findings, theirs.millis() - (before + after) / 2);
}

pub(super) fn skew(findings: &mut Findings, ms: i64) {
    let says = format!("differs from the database's by {} ms", ms.abs());
    let mend = "run chrony or systemd-timesyncd on both machines: codes and tokens carry times";
    match ms.abs() {
        off if off <= SKEW_MS => findings.good("clock", says),
        off if off <= BAD_SKEW_MS => findings.warning("clock", says, mend),
        _ => findings.fault("clock", says, mend),
    }
}

async fn outbox(findings: &mut Findings, config: &Config, db: &Db, now: Timestamp) {
    let Ok(vault) = Vault::open_files(&config.vault) else { return };
    let backlog = match Outbox::new(db.clone(), vault).backlog().await {
        Ok(backlog) => backlog,
        Err(error) => return findings.fault("outbox", error, "see the database's own log"),
    };
    let age = backlog.oldest.map_or(0, |oldest| (now - oldest).num_seconds());
    let says = format!("{} messages wait, the oldest for {age} s", backlog.waiting);
    let mend = "is `menfu serve` running, and do the SMS gateway and the portals' logout addresses answer? Its log says why";
    match age {
        ..SLOW_SECONDS => findings.good("outbox", says),
        SLOW_SECONDS..STUCK_SECONDS => findings.warning("outbox", says, mend),
        _ => findings.fault("outbox", says, mend),
    }
    if backlog.given_up > 0 {
        let says = format!("{} messages of the last seven days were given up", backlog.given_up);
        findings.warning("outbox", says, "the log has a line with `given up` for each, with kind and trace");
    }
}

async fn signing_keys(findings: &mut Findings, config: &Config, db: &Db, now: Timestamp) {
    let Ok(vault) = Vault::open_files(&config.vault) else { return };
    let base = Base { db: db.clone(), vault, clock: Arc::new(SystemClock), rng: Arc::new(OsRng) };
    let keys = Keys::new(base.clone(), Audit::new(base));
    match keys.list().await {
        Ok(records) => ages(findings, &records, now),
        Err(error) => return findings.fault("signing keys", error, "see the database's own log"),
    }
    match keys.jwks().await {
        Ok(_) => findings.good("vault", "its key opens what the database holds"),
        Err(error) => findings.fault(
            "vault",
            error,
            "these key files are not those that sealed this database: restore both from the backup of the same installation",
        ),
    }
}

pub(super) fn ages(findings: &mut Findings, records: &[KeyRecord], now: Timestamp) {
    const CHECK: &str = "signing keys";
    for alg in SigningAlg::ALL {
        let active = records.iter().filter(|key| key.alg == *alg && key.is_active(now));
        let youngest = active.map(|key| (now - key.created_at).num_days()).min();
        match youngest {
            None => findings.fault(CHECK, format!("none for {}", alg.as_str()), "`menfu keys init`"),
            Some(days) if days > OLD_KEY_DAYS => {
                let says = format!("that of {} is {days} days old", alg.as_str());
                findings.warning(
                    CHECK,
                    says,
                    "`menfu keys rotate --alg …`: no outage, relying parties learn it by themselves",
                );
            }
            Some(days) => findings.good(CHECK, format!("that of {} is {days} days old", alg.as_str())),
        }
    }
}
