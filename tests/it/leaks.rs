//! What is left behind of the citizens is nothing that anybody could read (`beyond.md` M9).
//!
//! Citizens register at a real `menfu serve` that logs everything, sign in, and make the mistakes that people make. Then
//! every byte that is left of it is searched for what they typed: database file and WAL, rows with the delivered messages
//! among them, logs, figures. `MENFU_TEST_CITIZENS` says how many.

mod life;
mod places;
mod scan;

use std::sync::Arc;
use std::time::Instant;

use crate::commands::free_port;
use crate::town::{Town, column, rest};
use life::{live, secrets_of};
use places::{Places, plant_row};
use scan::{Finding, Scan, encodings};

fn citizens() -> usize {
    std::env::var("MENFU_TEST_CITIZENS").ok().map_or(16, |number| number.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn of_citizens_nothing_can_be_read_in_what_is_left_and_a_planted_secret_is_found() {
    let town = Arc::new(Town::found(None).await);
    let (all, metrics) = (citizens(), format!("127.0.0.1:{}", free_port()));
    let serve = |format: &str| {
        let logs = [("MENFU_LOG__FILTER", "trace".to_owned()), ("MENFU_LOG__FORMAT", format.to_owned())];
        town.serve(format, &[logs.as_slice(), &[("MENFU_METRICS__LISTEN", metrics.clone())]].concat())
    };
    // Lines for people, then lines for machines.
    let server = serve("text");
    live(&town, 0..all / 2).await;
    server.stop();
    let _server = serve("json");
    live(&town, all / 2..all).await;
    let delivered = everything_is_delivered(&town).await;

    let secrets: Vec<_> = (0..all).flat_map(|number| secrets_of(&town, number)).collect();
    let (places, scan) = (Places::of(&town, &metrics).await, Scan::of(&secrets));
    let found = places.search(&scan);
    assert!(found.is_empty(), "{} findings, of which {:#?}", found.len(), &found[..found.len().min(20)]);
    says_enough(&places);
    println!(
        "{all} citizens, {} secrets, {delivered} messages delivered: nothing in {places}",
        secrets.len()
    );
    planted_secrets_are_found(&town, &places, &scan).await;
    planted_rows_are_found(&town, &metrics, &scan).await;
}

/// Waits until the outbox has nothing to do; what is delivered stays a while and is searched too.
async fn everything_is_delivered(town: &Town) -> usize {
    let db = town.db().await;
    let begin = Instant::now();
    while !column::<String>(&db, "SELECT kind FROM outbox WHERE settled_at IS NULL").await.is_empty() {
        rest(begin, "the end of the outbox").await;
    }
    let delivered = column::<String>(&db, "SELECT kind FROM outbox WHERE settled_at IS NOT NULL").await;
    db.close().await.unwrap();
    assert!(delivered.len() >= citizens());
    delivered.len()
}

/// A scan of nothing finds nothing.
fn says_enough(places: &Places) {
    let sizes = [("menfu.db", 100_000), ("menfu.db-wal", 10_000), ("rows", 10_000), ("metrics", 1000)];
    for (name, at_least) in sizes {
        assert!(places.size(name) > at_least, "{name} has {} bytes", places.size(name));
    }
    for log in ["text.log", "json.log"] {
        for word in [
            "sqlx::query",
            "INSERT INTO",
            "/register/person/verify",
            "reqwest",
            "menfu::signup",
            "the bank gave no answer",
        ] {
            assert!(places.has(log, word), "{log} does not speak of {word}");
        }
    }
}

/// The scan is worth what it finds: each kind of secret in each encoding in each place.
async fn planted_secrets_are_found(town: &Town, places: &Places, scan: &Scan) {
    for secret in secrets_of(town, 0) {
        for (encoding, pattern) in encodings(&secret) {
            for name in places.names() {
                let found = places.search_planted(&name, &pattern, scan);
                assert!(is_told(&found, &name, &secret), "{secret} as {encoding} is not found in {name}");
            }
        }
    }
}

async fn planted_rows_are_found(town: &Town, metrics: &str, scan: &Scan) {
    for secret in secrets_of(town, 0) {
        plant_row(town, &secret).await;
        let found = Places::of(town, metrics).await.search(scan);
        for place in ["menfu.db-wal", "rows"] {
            assert!(is_told(&found, place, &secret), "{secret} is not found in {place}");
        }
    }
}

fn is_told(found: &[Finding], place: &str, secret: &str) -> bool {
    found.iter().any(|one| one.place == place && one.secret == secret)
}
