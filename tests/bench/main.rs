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

use std::path::PathBuf;
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
    /// Measure a second server with so many accounts in turns with the first, and compare.
    #[arg(long, default_value_t = 0)]
    big_accounts: usize,
    #[arg(long, default_value_t = 0)]
    big_grants: usize,
    /// Where the second one's SQLite file stays, to be measured again without being filled.
    #[arg(long)]
    big_folder: Option<PathBuf>,
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

/// What a database holds.
#[derive(Clone, Copy)]
pub struct Size {
    pub accounts: usize,
    pub grants: usize,
}

impl Options {
    fn sizes(&self) -> Vec<Size> {
        let small = Size { accounts: self.accounts, grants: self.grants };
        let big = Size { accounts: self.big_accounts, grants: self.big_grants };
        [small, big].into_iter().filter(|size| size.accounts > 0).collect()
    }
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
    let mut servers = Vec::new();
    for size in options.sizes() {
        let folder = options.big_folder.as_ref().filter(|_| !servers.is_empty());
        servers.push(Server::start(&options, size, folder.cloned()).await);
    }
    for (server, size) in servers.iter().zip(options.sizes()) {
        let (accounts, grants, ready) = (size.accounts, size.grants, server.ready.as_millis());
        println!("{}, {accounts} accounts, {grants} grants, {} lanes", server.database, options.lanes);
        println!("ready in {ready} ms, resident: {:.1} MiB idle", server.meters.resident_mib());
    }
    let loads: Vec<_> = servers.iter().map(|server| Arc::new(Load::new(server, &options))).collect();
    match options.crowd {
        0 => measure_operations(&loads, &options).await,
        people => {
            for (load, server) in loads.iter().zip(&servers) {
                crowd::measure(load, server.meters, people, options.rounds, options.operations).await;
            }
        }
    }
    drop(loads);
    for server in servers {
        println!("resident: {:.1} MiB after the load", server.meters.resident_mib());
        server.stop().await;
    }
}

async fn measure_operations(loads: &[Arc<Load>], options: &Options) {
    println!("| operation | op/s | p50 ms | p99 ms | CPU-ms min | median | database CPU-ms min | median |");
    println!("|---|--:|--:|--:|--:|--:|--:|--:|");
    for operation in Operation::ALL.into_iter().filter(|one| one.name().contains(&options.only)) {
        measure_in_turns(loads, operation, options.rounds).await;
    }
    if Operation::PasswordSignin.name().contains(&options.only) {
        println!("a password's hash alone: {:.2} CPU-ms", hash_alone(options.rounds).await);
    }
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

/// A round of each server, then the next: what else the machine does meets all of them.
async fn measure_in_turns(loads: &[Arc<Load>], operation: Operation, rounds: usize) {
    let mut measured = vec![Vec::new(); loads.len()];
    for round in 0..=rounds {
        for (load, measured) in loads.iter().zip(&mut measured) {
            let took = load.round(operation).await;
            if round > 0 {
                measured.push(took);
            }
        }
    }
    measured.iter().for_each(|measured| println!("{}", row(operation, measured)));
    if let [small, big] = measured.as_slice() {
        let (small, big) = (cpu(small), cpu(big));
        println!("| … times as much | | | | {:.2} | {:.2} | | |", big.0 / small.0, big.1 / small.1);
    }
}

/// Server CPU, minimum and median.
fn cpu(measured: &[Round]) -> (f64, f64) {
    spread(measured.iter().map(Round::server_ms))
}

fn row(operation: Operation, measured: &[Round]) -> String {
    let median = |value: fn(&Round) -> f64| spread(measured.iter().map(value)).1;
    let (server, server_median) = cpu(measured);
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
