//! Redis for the tests: the shared server that `MENFU_TEST_REDIS` names, and servers of a test's own, which it may kill.
//!
//! Shared by path: the unit tests see it as `storage::servers`. Without the variable nothing here is called, so a plain
//! `cargo test` needs no Redis; with it a missing `redis-server` is a failure.

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use chrono::TimeDelta;

use crate::storage::ephemeral::Settings;

/// How long a server may take to be where a test wants it.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(20);
/// What the Sentinel calls its master.
pub const MASTER: &str = "menfu-test";

/// The server that tests share.
#[expect(clippy::disallowed_methods, reason = "the variable alone switches Redis on in the suite")]
pub fn shared() -> Option<String> {
    std::env::var("MENFU_TEST_REDIS").ok().filter(|url| !url.is_empty())
}

/// Settings with a prefix that no other test has, patient enough for a busy machine.
pub fn settings(urls: Vec<String>) -> Settings {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::SeqCst);
    Settings {
        urls,
        prefix: format!("menfu-test-{}-{number}:", std::process::id()),
        connect_timeout_ms: 2000,
        answer_timeout_ms: 5000,
        ..Settings::default()
    }
}

/// Lets time pass at a server: whatever has this prefix ends so much earlier.
pub fn pass(url: &str, prefix: &str, time: TimeDelta) {
    let mut server = connect(url);
    let keys: Vec<String> = redis::cmd("KEYS").arg(format!("{prefix}*")).query(&mut server).unwrap();
    for key in keys {
        let left: i64 = redis::cmd("PTTL").arg(&key).query(&mut server).unwrap();
        let left = left - time.num_milliseconds();
        // An end in the past is the end.
        redis::cmd("PEXPIRE").arg(&key).arg(left).exec(&mut server).unwrap();
    }
}

/// Options of a server that has a password, and gives it to its master.
const GUARDED: [&str; 4] = ["--requirepass", PASSWORD, "--masterauth", PASSWORD];

/// The password of servers that have one, and that of their Sentinel.
pub const PASSWORD: &str = "of-the-redis";
pub const SENTINEL_PASSWORD: &str = "of-the-sentinel";

/// A server in a process of its own; dropped, it is killed.
pub struct RedisServer {
    pub port: u16,
    options: Vec<String>,
    /// What stands before the address for whoever may ask.
    credentials: String,
    process: Option<Child>,
    folder: tempfile::TempDir,
}

impl RedisServer {
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// That answers nobody without [`PASSWORD`].
    pub fn guarded() -> Self {
        Self::with(&GUARDED)
    }

    fn with(options: &[&str]) -> Self {
        let mut server = Self::at(free_port(), options);
        server.resume();
        server
    }

    fn at(port: u16, options: &[&str]) -> Self {
        let credentials = if options.contains(&GUARDED[0]) { format!(":{PASSWORD}@") } else { String::new() };
        let options = options.iter().map(|&option| option.to_owned()).collect();
        Self { port, options, credentials, process: None, folder: tempfile::tempdir().unwrap() }
    }

    /// That speaks TLS alone, with `server.pem` and `server.key` of this folder.
    pub fn behind_tls(files: &Path, options: &[&str]) -> Self {
        let port = free_port();
        let number = port.to_string();
        let [certificate, key] =
            ["server.pem", "server.key"].map(|name| files.join(name).display().to_string());
        let tls =
            ["--port", "0", "--tls-port", &number, "--tls-cert-file", &certificate, "--tls-key-file", &key];
        let nobody = ["--tls-auth-clients", "no", "--tls-ca-cert-file", &certificate];
        let mut server = Self::at(port, &[&tls[..], &nobody, options].concat());
        server.spawn();
        until("the server listens", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        server
    }

    fn sentinel_of(master: &Self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let guarded = !master.credentials.is_empty();
        let passwords = format!("sentinel auth-pass {MASTER} {PASSWORD}\nrequirepass {SENTINEL_PASSWORD}\n");
        let text = format!(
            "sentinel monitor {MASTER} 127.0.0.1 {} 1\nsentinel down-after-milliseconds {MASTER} 500\n\
             sentinel failover-timeout {MASTER} 5000\n",
            master.port
        );
        let text = if guarded { text + &passwords } else { text };
        std::fs::write(folder.path().join("sentinel.conf"), text).unwrap();
        let options = vec!["--sentinel".to_owned()];
        let credentials = if guarded { format!(":{SENTINEL_PASSWORD}@") } else { String::new() };
        let mut server = Self { port: free_port(), options, credentials, process: None, folder };
        server.resume();
        server
    }

    /// With the credentials that it wants.
    pub fn url(&self) -> String {
        format!("redis://{}127.0.0.1:{}", self.credentials, self.port)
    }

    /// Ends it by signal 9; what it held is lost.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// Starts it at its port, empty.
    pub fn resume(&mut self) {
        self.spawn();
        let url = self.url();
        until("the server answers", || ask::<String>(&url, &["PING"]).is_some());
    }
}

impl RedisServer {
    fn spawn(&mut self) {
        let process = command(self.folder.path(), self.port, &self.options).spawn();
        self.process = Some(process.unwrap_or_else(|error| panic!("redis-server: {error}")));
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A master, its replica, and a Sentinel that takes the replica when the master is gone.
pub struct Watched {
    pub master: RedisServer,
    pub replica: RedisServer,
    pub sentinel: RedisServer,
}

impl Watched {
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// All of them want passwords.
    pub fn guarded() -> Self {
        Self::with(&GUARDED)
    }

    fn with(options: &[&str]) -> Self {
        let master = RedisServer::with(options);
        let port = master.port.to_string();
        let follow = ["--replicaof", "127.0.0.1", &port, "--repl-diskless-sync-delay", "0"];
        let replica = RedisServer::with(&[options, &follow].concat());
        let sentinel = RedisServer::sentinel_of(&master);
        until("the replica follows", || {
            says(&replica.url(), &["INFO", "replication"], "master_link_status:up")
        });
        let known = |list: Vec<redis::Value>| !list.is_empty();
        until("the Sentinel knows the replica", || {
            ask(&sentinel.url(), &["SENTINEL", "REPLICAS", MASTER]).is_some_and(known)
        });
        Self { master, replica, sentinel }
    }

    pub fn settings(&self) -> Settings {
        Settings { sentinel_master: Some(MASTER.to_owned()), ..settings(vec![self.sentinel.url()]) }
    }
}

/// Three masters that share the slots of a Redis Cluster.
pub struct Cluster {
    pub nodes: Vec<RedisServer>,
}

impl Cluster {
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// Its nodes want a password.
    pub fn guarded() -> Self {
        Self::with(&GUARDED)
    }

    fn with(options: &[&str]) -> Self {
        let buses: Vec<_> = (0..3).map(|_| free_port().to_string()).collect();
        let start = |bus: &String| {
            let cluster =
                ["--cluster-enabled", "yes", "--cluster-port", bus, "--cluster-node-timeout", "2000"];
            RedisServer::with(&[options, &cluster].concat())
        };
        let nodes: Vec<_> = buses.iter().map(start).collect();
        for (number, node) in nodes.iter().enumerate() {
            let slots = [["0", "5460"], ["5461", "10922"], ["10923", "16383"]][number];
            let epoch = (number + 1).to_string();
            for command in [["SET-CONFIG-EPOCH", &epoch].as_slice(), &["ADDSLOTSRANGE", slots[0], slots[1]]] {
                let whole: Vec<_> = ["CLUSTER"].into_iter().chain(command.iter().copied()).collect();
                assert!(ask::<String>(&node.url(), &whole).is_some(), "{whole:?}");
            }
            let port = nodes[0].port.to_string();
            ask::<String>(&node.url(), &["CLUSTER", "MEET", "127.0.0.1", &port, &buses[0]]);
        }
        let cluster = Self { nodes };
        cluster.becomes_whole();
        cluster
    }

    /// Waits until every node knows the others and all slots are served.
    pub fn becomes_whole(&self) {
        for node in &self.nodes {
            until("the cluster is whole", || {
                let info = ["CLUSTER", "INFO"];
                says(&node.url(), &info, "cluster_state:ok")
                    && says(&node.url(), &info, "cluster_known_nodes:3")
            });
        }
    }

    pub fn urls(&self) -> Vec<String> {
        self.nodes.iter().map(RedisServer::url).collect()
    }

    pub fn settings(&self) -> Settings {
        Settings { cluster: true, ..settings(self.urls()) }
    }
}

fn command(folder: &Path, port: u16, options: &[String]) -> Command {
    let mut command = Command::new("redis-server");
    let sentinel = folder.join("sentinel.conf");
    if sentinel.exists() {
        command.arg(sentinel);
    } else {
        command.args(["--save", "", "--appendonly", "no"]);
    }
    command.args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--daemonize", "no", "--dir"]);
    command.arg(folder).args(options).stdin(Stdio::null()).stdout(Stdio::null());
    command
}

fn connect(url: &str) -> redis::Connection {
    redis::Client::open(url).unwrap().get_connection_with_timeout(PATIENCE).unwrap()
}

/// What a server answers, when it answers.
fn ask<T: redis::FromRedisValue>(url: &str, command: &[&str]) -> Option<T> {
    let mut server = redis::Client::open(url).unwrap().get_connection_with_timeout(LOOK * 50).ok()?;
    let (name, arguments) = command.split_first()?;
    redis::cmd(name).arg(arguments).query(&mut server).ok()
}

fn says(url: &str, command: &[&str], text: &str) -> bool {
    ask::<String>(url, command).is_some_and(|answer| answer.contains(text))
}

/// Looks until it is so.
#[expect(clippy::disallowed_methods, reason = "a limit for what a process outside must reach")]
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
        std::thread::sleep(LOOK);
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
