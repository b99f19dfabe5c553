//! How much of a server's CPU each operation takes: `cargo bench --profile ci --bench load -- --help`.
//!
//! Starts `menfu serve` on one core and loads it from another, over HTTP, with audit rows and default logging on. The
//! database is a file or a PostgreSQL server; this program fills it with accounts and grants first. What matters is
//! server CPU milliseconds per operation: minimum and median of the rounds. Linux only; needs `taskset`.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measuring program: it stops at the first fault, prints, and reads clocks"
)]
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::indexing_slicing,
    reason = "figures for people"
)]

mod crowd;
mod data;
mod database;
mod load;
mod meter;
mod server;

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use menfu::kernel::OsRng;
use menfu::people::{HashSettings, PasswordHasher};

use load::{Load, Operation};
use meter::{Meters, Round, Watch, spread};
use server::Server;

/// Hashes of a round: the kernel's clock shows hundredths of a second.
const HASHES: usize = 40;

/// What to measure, and how long.
#[derive(Parser)]
struct Options {
    /// `sqlite` (a temporary file), or the `postgres://` address of a server where databases may be made.
    #[arg(long, default_value = "sqlite")]
    database: String,
    /// Measured rounds of each operation; one before them warms up.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Operations of a round; discovery does five times as many, password sign-in a tenth.
    #[arg(long, default_value_t = 2000)]
    operations: usize,
    /// Browsers and relying parties at the same time.
    #[arg(long, default_value_t = 8)]
    lanes: usize,
    #[arg(long, default_value_t = 10_000)]
    accounts: usize,
    #[arg(long, default_value_t = 100_000)]
    grants: usize,
    /// The core of the server.
    #[arg(long, default_value_t = 1)]
    server_core: usize,
    /// The core of this program.
    #[arg(long, default_value_t = 0)]
    load_core: usize,
    /// Only operations whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
    /// The program to measure, instead of the one built with this: to compare two builds.
    #[arg(long, default_value = server::MENFU)]
    menfu: String,
    /// Measure instead how discovery and token fare beside so many people who sign in at once.
    #[arg(long, default_value_t = 0)]
    crowd: usize,
    /// Cargo passes this to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let options = Options::parse();
    // Threads inherit it, so before any of them begins.
    pin_to(options.load_core);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    runtime.expect("a runtime").block_on(measure(options));
}

fn pin_to(core: usize) {
    let arguments = ["-c", "-p", &core.to_string(), &std::process::id().to_string()];
    let done = Command::new("taskset").args(arguments).stdout(Stdio::null()).status();
    assert!(done.expect("taskset, of util-linux").success(), "there is no core {core}");
}

async fn measure(options: Options) {
    let Options { accounts, grants, lanes, .. } = options;
    let server = Server::start(&options).await;
    let idle = server.meters.resident_mib();
    println!("{}, {accounts} accounts, {grants} grants, {lanes} lanes", server.database);
    let load = Arc::new(Load::new(server.issuer.clone(), server.meters, &options));
    println!("resident: {idle:.1} MiB idle");
    if options.crowd > 0 {
        crowd::measure(&load, server.meters, options.crowd, options.rounds, options.operations).await;
        return server.stop().await;
    }
    println!("| operation | op/s | p50 ms | p99 ms | CPU-ms min | median | database CPU-ms min | median |");
    println!("|---|--:|--:|--:|--:|--:|--:|--:|");
    for operation in Operation::ALL.into_iter().filter(|one| one.name().contains(&options.only)) {
        println!("{}", row(&load, operation, options.rounds).await);
    }
    if Operation::PasswordSignin.name().contains(&options.only) {
        println!("a password's hash alone: {:.2} CPU-ms", hash_alone(options.rounds).await);
    }
    println!("resident: {:.1} MiB after the load", server.meters.resident_mib());
    server.stop().await;
}

/// CPU milliseconds of one hash by the pool that the server has, in this process: the quickest round.
async fn hash_alone(rounds: usize) -> f64 {
    let hasher = PasswordHasher::new(&HashSettings::default(), Arc::new(OsRng)).expect("the defaults fit");
    let password = data::PASSWORD.into();
    let mut quickest = f64::MAX;
    for _ in 0..rounds {
        let watch = Watch::start(Meters::own());
        for _ in 0..HASHES {
            hasher.hash(&password).await.expect("nobody else waits");
        }
        quickest = quickest.min(watch.stop(vec![Duration::ZERO; HASHES]).server_ms());
    }
    quickest
}

async fn row(load: &Arc<Load>, operation: Operation, rounds: usize) -> String {
    load.round(operation).await;
    let mut measured = Vec::new();
    for _ in 0..rounds {
        measured.push(load.round(operation).await);
    }
    let median = |value: fn(&Round) -> f64| spread(measured.iter().map(value)).1;
    let (server, server_median) = spread(measured.iter().map(Round::server_ms));
    let database: Option<Vec<f64>> = measured.iter().map(Round::database_ms).collect();
    let database = database
        .map(spread)
        .map_or("– | –".to_owned(), |(min, median)| format!("{min:.3} | {median:.3}"));
    format!(
        "| {} | {:.0} | {:.2} | {:.2} | {server:.3} | {server_median:.3} | {database} |",
        operation.name(),
        median(Round::per_second),
        median(|round| round.percentile(0.5)),
        median(|round| round.percentile(0.99)),
    )
}
