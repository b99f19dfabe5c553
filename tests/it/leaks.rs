//! What is left behind of the citizens is nothing that anybody could read (`beyond.md` M9).
//!
//! Citizens register at a real `menfu serve` that logs everything, sign in, and make the mistakes that people make. Then
//! every byte that is left of it is searched for what they typed: database file and WAL, rows with the delivered messages
//! among them, a backup, logs, figures. `MENFU_TEST_CITIZENS` says how many. A crash leaves no memory behind.

mod life;
mod places;
mod scan;

use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use crate::commands::{Installation, free_port};
use crate::outage::is_possible;
use crate::servers::until;
use crate::town::{Town, column, rest};
use life::{live, secrets_of};
use places::{Around, Places, plant_row};
use scan::{Finding, Scan, encodings};

fn citizens() -> usize {
    std::env::var("MENFU_TEST_CITIZENS").ok().map_or(16, |number| number.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn of_citizens_nothing_can_be_read_in_what_is_left_and_a_planted_secret_is_found() {
    nothing_is_left_of_citizens(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_citizens_nothing_can_be_read_at_postgresql_and_redis_which_log_every_statement() {
    if is_possible() {
        nothing_is_left_of_citizens(Some(Around::start())).await;
    }
}

#[test]
fn a_process_that_crashes_leaves_no_memory_behind_whatever_its_surroundings_allow() {
    let here = Installation::new();
    assert!(here.run(&["keys", "init"], &[]).status.success());
    let serve = here.command(&["serve", "--with-sandbox"]);
    let said = here.path("said");
    let mut process = Command::new("sh")
        .args(["-c", "ulimit -c unlimited; exec \"$0\" \"$@\""])
        .arg(serve.get_program())
        .args(serve.get_args())
        .current_dir(here.folder.path())
        .stdout(std::fs::File::create(&said).unwrap())
        .spawn()
        .unwrap();
    until("the server is ready", || std::fs::read_to_string(&said).unwrap().contains("is ready"));
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", process.id())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    let kill = format!("kill -ABRT {}", process.id());
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    let end = process.wait().unwrap();
    assert_eq!(end.signal(), Some(6), "{end}");
    assert!(!end.core_dumped(), "{end}");
    let numbers: Vec<_> =
        core.split_whitespace().filter(|word| word.bytes().all(|b| b.is_ascii_digit())).collect();
    assert_eq!(numbers, ["0", "0"], "{core}");
}

#[expect(clippy::print_stdout, reason = "the figures of a run by hand")]
async fn nothing_is_left_of_citizens(around: Option<Around>) {
    let around = around.as_ref();
    let mut town = Town::found(around.map(|around| around.postgres.url())).await;
    if let Some(around) = around {
        town.set("MENFU_EPHEMERAL__URLS", format!("[\"{}\"]", around.redis.url()));
    }
    let (town, all, metrics) = (Arc::new(town), citizens(), format!("127.0.0.1:{}", free_port()));
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
    let (places, scan) = (Places::of(&town, &metrics, around).await, Scan::of(&secrets));
    let found = places.search(&scan);
    assert!(found.is_empty(), "{} findings, of which {:#?}", found.len(), &found[..found.len().min(20)]);
    says_enough(&places, around.is_some());
    println!(
        "{all} citizens, {} secrets, {delivered} messages delivered: nothing in {places}",
        secrets.len()
    );
    planted_secrets_are_found(&town, &places, &scan).await;
    let planted = secrets_of(&town, 0);
    for secret in &planted {
        plant_row(&town, secret).await;
    }
    let found = Places::of(&town, &metrics, around).await.search(&scan);
    let wal = if around.is_some() { "data/pg_wal" } else { "menfu.db-wal" };
    for (place, secret) in
        [wal, "rows", "backup"].into_iter().flat_map(|place| planted.iter().map(move |one| (place, one)))
    {
        assert!(is_told(&found, place, secret), "{secret} is not found in {place}");
    }
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
fn says_enough(places: &Places, servers: bool) {
    let database = match servers {
        true => [("data/base", 1_000_000), ("data/pg_wal", 1_000_000), ("log", 100_000), ("redis", 100)],
        false => [("menfu.db", 100_000), ("menfu.db-wal", 10_000), ("menfu.toml", 10), ("clients.toml", 10)],
    };
    for (name, at_least) in
        database.into_iter().chain([("rows", 10_000), ("backup", 10_000), ("metrics", 1000)])
    {
        assert!(places.size(name) > at_least, "{name} has {} bytes", places.size(name));
    }
    for log in ["text.log", "json.log"] {
        for word in [
            "sqlx::query",
            "INSERT INTO",
            "/register/person/verify",
            "reqwest",
            "menfu::signup",
            "no answer about a card",
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
                if name.starts_with("data/") && !name.starts_with("data/pg_wal") {
                    continue; // of PostgreSQL's thousand files, the WAL stands for all
                }
                let found = places.search_planted(&name, &pattern, scan);
                assert!(is_told(&found, &name, &secret), "{secret} as {encoding} is not found in {name}");
            }
        }
    }
}

fn is_told(found: &[Finding], place: &str, secret: &str) -> bool {
    found.iter().any(|one| one.place.starts_with(place) && one.secret == secret)
}
