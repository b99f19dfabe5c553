//! What is measured: wall-clock latencies here, CPU time of the server and of PostgreSQL there.

use std::fs;
use std::time::{Duration, Instant};

/// Kernel ticks a second in `/proc/<pid>/stat`; 100 on every Linux we build for. The kernel scales user and system
/// time to the exact run time, so that what is read is late by one tick at most.
const TICKS_PER_SECOND: f64 = 100.0;
/// `utime` and `stime`, counted from the field after the name (`man 5 proc`).
const OWN: [usize; 2] = [11, 12];
/// `cutime` and `cstime`: of children that ended.
const ENDED_CHILDREN: [usize; 2] = [13, 14];
/// `ppid`.
const PARENT: usize = 1;

/// Whose CPU time is read.
#[derive(Clone, Copy, Debug)]
pub struct Meters {
    pub server: u32,
    /// The parent of PostgreSQL's processes.
    pub postmaster: Option<u32>,
}

impl Meters {
    /// Of this process.
    pub fn own() -> Self {
        Self { server: std::process::id(), postmaster: None }
    }

    /// Resident memory of the server in MiB.
    pub fn resident_mib(self) -> f64 {
        self.memory_mib("VmRSS:")
    }

    /// The most that it ever was.
    pub fn highest_mib(self) -> f64 {
        self.memory_mib("VmHWM:")
    }

    fn memory_mib(self, name: &str) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.server)).expect("it runs here");
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a line");
        let kib: f64 = line.split_whitespace().next().expect("a number").parse().expect("KiB");
        kib / 1024.0
    }

    fn server_seconds(self) -> f64 {
        stat(self.server).map(|stat| seconds(&stat, &OWN)).expect("the server runs on this machine")
    }

    /// Of all processes of PostgreSQL, those that ended included.
    fn database_seconds(self) -> Option<f64> {
        let postmaster = self.postmaster?;
        let stat_of_it = stat(postmaster)?;
        let own = seconds(&stat_of_it, &OWN) + seconds(&stat_of_it, &ENDED_CHILDREN);
        let children = fs::read_dir("/proc").ok()?.flatten().filter_map(|entry| {
            let stat = stat(entry.file_name().to_str()?.parse().ok()?)?;
            let is_child = stat.get(PARENT)? == &postmaster.to_string();
            is_child.then(|| seconds(&stat, &OWN))
        });
        Some(own + children.sum::<f64>())
    }
}

/// The fields after the name, which may have spaces; `None` for a process that is gone.
fn stat(pid: u32) -> Option<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    Some(stat.rsplit_once(')')?.1.split_whitespace().map(str::to_owned).collect())
}

fn seconds(stat: &[String], fields: &[usize]) -> f64 {
    let ticks: f64 = fields.iter().map(|field| stat[*field].parse::<f64>().expect("ticks")).sum();
    ticks / TICKS_PER_SECOND
}

/// One round of one operation.
#[derive(Clone, Debug)]
pub struct Round {
    wall: Duration,
    server_cpu: f64,
    database_cpu: Option<f64>,
    /// Shortest first.
    latencies: Vec<Duration>,
}

impl Round {
    fn operations(&self) -> f64 {
        self.latencies.len() as f64
    }

    pub fn per_second(&self) -> f64 {
        self.operations() / self.wall.as_secs_f64()
    }

    /// Of the server, in milliseconds per operation.
    pub fn server_ms(&self) -> f64 {
        self.server_cpu * 1000.0 / self.operations()
    }

    /// Of PostgreSQL, in milliseconds per operation.
    pub fn database_ms(&self) -> Option<f64> {
        self.database_cpu.map(|cpu| cpu * 1000.0 / self.operations())
    }

    /// The latency that this share of the operations stays below, in milliseconds.
    pub fn percentile(&self, share: f64) -> f64 {
        let index = (self.operations() * share) as usize;
        self.latencies[index.min(self.latencies.len() - 1)].as_secs_f64() * 1000.0
    }
}

/// A stopwatch over all clocks.
pub struct Watch {
    meters: Meters,
    server: f64,
    database: Option<f64>,
    started: Instant,
}

impl Watch {
    pub fn start(meters: Meters) -> Self {
        let (server, database) = (meters.server_seconds(), meters.database_seconds());
        Self { meters, server, database, started: Instant::now() }
    }

    pub fn stop(self, mut latencies: Vec<Duration>) -> Round {
        let wall = self.started.elapsed();
        latencies.sort_unstable();
        let database = self.meters.database_seconds();
        Round {
            wall,
            server_cpu: self.meters.server_seconds() - self.server,
            database_cpu: database.zip(self.database).map(|(now, then)| now - then),
            latencies,
        }
    }
}

/// Minimum and median.
pub fn spread(values: impl IntoIterator<Item = f64>) -> (f64, f64) {
    let mut values: Vec<_> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    (values[0], values[values.len() / 2])
}
