//! Whether those who sign in keep all others waiting: discovery and token in turns with and without a crowd, in one run.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::load::{Load, Operation};
use super::meter::Meters;

/// What others want meanwhile.
const OTHERS: [Operation; 2] = [Operation::Discovery, Operation::ClientCredentials];
/// Between two requests: they come one by one, and the server is idle but for the crowd.
const PAUSE: Duration = Duration::from_millis(3);

/// Latencies of one operation, calm and crowded.
#[derive(Default)]
struct Latencies([Vec<Duration>; 2]);

impl Latencies {
    /// The latency in milliseconds that this share of the requests stays below.
    fn percentile(&mut self, crowded: usize, share: f64) -> f64 {
        let all = &mut self.0[crowded];
        all.sort_unstable();
        all[((all.len() as f64 * share) as usize).min(all.len() - 1)].as_secs_f64() * 1000.0
    }
}

/// Prints the table; any request that fails ends the program.
pub async fn measure(load: &Arc<Load>, meters: Meters, people: usize, rounds: usize, requests: usize) {
    let mut latencies = [Latencies::default(), Latencies::default()];
    let (mut signed_in, mut time, mut resident) = (0, Duration::ZERO, 0.0_f64);
    let mut others = load.lane(Operation::ClientCredentials).await;
    for round in 0..=rounds {
        for crowded in 0..2 {
            let crowd = if crowded == 1 { Some(Crowd::gather(load, people).await) } else { None };
            let begun = Instant::now();
            for _ in 0..requests {
                for (operation, latencies) in OTHERS.into_iter().zip(&mut latencies) {
                    tokio::time::sleep(PAUSE).await;
                    let started = Instant::now();
                    load.once(&mut others, operation).await;
                    // The first round warms up.
                    if round > 0 {
                        latencies.0[crowded].push(started.elapsed());
                    }
                }
            }
            if let Some(crowd) = crowd {
                (time, resident) = (time + begun.elapsed(), resident.max(meters.resident_mib()));
                signed_in += crowd.leaves().await;
            }
        }
    }
    println!("{people} people sign in at once, {:.0} a second", signed_in as f64 / time.as_secs_f64());
    println!("| beside them | p50 ms calm | crowded | p99 ms calm | crowded |");
    println!("|---|--:|--:|--:|--:|");
    for (operation, mut of) in OTHERS.into_iter().zip(latencies) {
        let [calm, crowded] = [0, 1].map(|crowded| [0.5, 0.99].map(|share| of.percentile(crowded, share)));
        let name = operation.name();
        println!("| {name} | {:.2} | {:.2} | {:.2} | {:.2} |", calm[0], crowded[0], calm[1], crowded[1]);
    }
    println!("resident: {resident:.1} MiB in the crowd, highest {:.1} MiB", meters.highest_mib());
}

/// People who sign in, each again at once.
struct Crowd {
    left: Arc<AtomicUsize>,
    runs: Vec<tokio::task::JoinHandle<Vec<Duration>>>,
}

impl Crowd {
    /// Returns when the first of them are in.
    async fn gather(load: &Arc<Load>, people: usize) -> Self {
        let left = Arc::new(AtomicUsize::new(usize::MAX));
        let mut runs = Vec::new();
        for _ in 0..people {
            let lane = load.lane(Operation::PasswordSignin).await;
            runs.push(tokio::spawn(Arc::clone(load).drive(lane, Operation::PasswordSignin, left.clone())));
        }
        while usize::MAX - left.load(Ordering::Relaxed) <= people {
            tokio::time::sleep(PAUSE).await;
        }
        Self { left, runs }
    }

    /// Tells how many were let in.
    async fn leaves(self) -> usize {
        self.left.store(0, Ordering::Relaxed);
        let mut signed_in = 0;
        for run in self.runs {
            signed_in += run.await.expect("everybody is let in").len();
        }
        signed_in
    }
}
