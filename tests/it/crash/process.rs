//! A provider in a process of its own, and what outlives it.
//!
//! The process is this very test program, started again by the name of one test with [`Orders`] in its environment. It
//! takes over the socket of its predecessor, so that a crash is a broken connection and never a refused one, and its clock
//! stands where it was told to. It works off messages and jobs only when asked to, so that statements come in one order.

use std::io::{BufRead, BufReader, Lines, Write};
use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::{get, post};
use chrono::TimeDelta;
use menfu::app::Service;
use menfu::kernel::{ManualClock, OsRng, Timestamp};
use menfu::sandbox;
use menfu::storage::{self, Base, Db};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use url::Url;

use crate::harness::{Plan, ephemeral, sandbox_of, settings};
use crate::servers;
use crate::store::{self, START, TestStore};

/// The test that serves when there are orders.
const DOOR: &str = "crash::killed_after_the_yes_of_the_bank_the_account_opens_and_the_bank_was_asked_once";
/// Where the orders are.
const ORDERS: &str = "MENFU_TEST_ORDERS";
const READY: &str = "the provider is ready";
/// Signal 6, which `abort` raises.
const SIGABRT: i32 = 6;
/// Paths of the process that no provider has.
const WORK: &str = "/crash/work";
const STATEMENTS: &str = "/crash/statements";

/// What a process is to serve.
#[derive(Serialize, Deserialize)]
pub struct Orders {
    storage: storage::Settings,
    outside: Url,
    bank: Url,
    /// Addresses and prefix of Redis; none is memory.
    redis: Option<(Vec<String>, String)>,
    now: i64,
}

impl Orders {
    /// What this process was started for, if it was not for testing.
    pub fn given() -> Option<Self> {
        let text = std::env::var(ORDERS).ok()?;
        Some(serde_json::from_str(&text).unwrap())
    }

    /// Serves at the socket that stands in for standard input, until it is killed. A panic is the end.
    pub async fn carry_out(self) {
        end_at_a_panic();
        let socket = std::net::TcpListener::from(std::io::stdin().as_fd().try_clone_to_owned().unwrap());
        socket.set_nonblocking(true).unwrap();
        let listener = TcpListener::from_std(socket).unwrap();
        let routes = self.routes(&listener).await.into_make_service_with_connect_info::<SocketAddr>();
        std::io::stdout().write_all(format!("{READY}\n").as_bytes()).unwrap();
        axum::serve(listener, routes).await.unwrap();
    }

    async fn routes(self, listener: &TcpListener) -> Router {
        let base = Base {
            db: Db::connect(&self.storage).await.unwrap(),
            vault: store::vault(),
            clock: Arc::new(ManualClock::at(Timestamp::from_millis(self.now))),
            rng: Arc::new(OsRng),
        };
        let issuer = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let mut settings = settings(&issuer, Plan::default(), &self.outside);
        if let Some((urls, prefix)) = self.redis {
            settings.ephemeral = storage::ephemeral::Settings { prefix, ..servers::settings(urls) };
        }
        if let Some(bank) = &mut settings.proofing.bank {
            bank.url = self.bank.clone();
        }
        let db = base.db.clone();
        let service = Service::build(settings, base).unwrap();
        let worker = service.clone();
        service
            .router()
            .route(WORK, post(move || async move { worker.work().await }))
            .route(STATEMENTS, get(move || async move { db.statements().to_string() }))
    }
}

/// The router turns panics into pages; a test wants to see them.
fn end_at_a_panic() {
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        tell(panic);
        std::process::exit(101);
    }));
}

/// Database, socket and outside world.
pub struct Scene {
    pub outside: sandbox::State,
    pub origin: Url,
    /// Whom the next process takes for the bank, once.
    pub first_bank: Option<Url>,
    store: TestStore,
    ephemeral: storage::ephemeral::Settings,
    /// The latest time of a process.
    minutes: AtomicI64,
    socket: std::net::TcpListener,
    address: Url,
}

impl Scene {
    /// An empty database that nobody has open.
    pub async fn open() -> Self {
        let store = store::db().await;
        store.db.close().await.unwrap();
        let (address, outside) = sandbox_of(&store).await;
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", socket.local_addr().unwrap()).parse().unwrap();
        Self {
            outside,
            origin,
            first_bank: None,
            store,
            ephemeral: ephemeral(),
            minutes: AtomicI64::new(0),
            socket,
            address,
        }
    }

    /// The database, while no process has it.
    pub async fn db(&self) -> Db {
        Db::connect(&self.store.settings).await.unwrap()
    }

    /// A provider, so many minutes after the first.
    pub fn start(&self, minutes: i64) -> Provider {
        self.process(self.store.settings.clone(), minutes)
    }

    /// A provider that dies before its n-th statement.
    pub fn start_doomed(&self, statement: u64) -> Provider {
        self.process(storage::Settings { failpoint: Some(statement), ..self.store.settings.clone() }, 0)
    }

    /// A provider whose database takes no writes.
    pub fn start_read_only(&self, minutes: i64) -> Provider {
        let storage = &self.store.settings;
        let mut url: Url = storage.url.parse().unwrap();
        let (key, value) = match url.scheme() {
            "sqlite" => ("mode", "ro"),
            _ => ("options", "-c default_transaction_read_only=on"),
        };
        url.query_pairs_mut().append_pair(key, value);
        self.process(storage::Settings { url: url.into(), ..storage.clone() }, minutes)
    }

    fn process(&self, storage: storage::Settings, minutes: i64) -> Provider {
        let now = (START + TimeDelta::minutes(minutes)).millis();
        let bank = self.first_bank.as_ref().filter(|_| minutes == 0).unwrap_or(&self.address);
        let before = self.minutes.fetch_max(minutes, Ordering::SeqCst);
        let storage::ephemeral::Settings { urls, prefix, .. } = self.ephemeral.clone();
        let redis = (!self.ephemeral.is_memory()).then_some((urls, prefix));
        if let Some((urls, prefix)) = redis.as_ref().filter(|_| minutes > before) {
            servers::pass(&urls[0], prefix, TimeDelta::minutes(minutes - before));
        }
        let orders = Orders { storage, outside: self.address.clone(), bank: bank.clone(), redis, now };
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", DOOR, "--nocapture"])
            .env(ORDERS, serde_json::to_string(&orders).unwrap())
            .stdin(OwnedFd::from(self.socket.try_clone().unwrap()))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap()).lines();
        let ready = output.any(|line| line.unwrap().contains(READY));
        let provider =
            Provider { process: Mutex::new(process), origin: self.origin.clone(), _output: output };
        assert!(ready, "the provider does not start");
        provider
    }
}

/// A running process; dropped, it is killed by signal 9.
pub struct Provider {
    process: Mutex<Child>,
    origin: Url,
    _output: Lines<BufReader<ChildStdout>>,
}

impl Provider {
    /// Works off what is due: messages, bank jobs.
    pub async fn work(&self) -> Result<(), reqwest::Error> {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        http.post(self.origin.join(WORK).unwrap()).send().await?.error_for_status()?;
        Ok(())
    }

    /// How many statements it has made.
    pub async fn statements(&self) -> u64 {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = http.get(self.origin.join(STATEMENTS).unwrap()).send().await.unwrap();
        answer.text().await.unwrap().parse().unwrap()
    }

    /// Asserts that it died at its failpoint, and of nothing else.
    pub fn was_aborted(&self) {
        let status = self.process.lock().unwrap().wait().unwrap();
        assert_eq!(status.signal(), Some(SIGABRT), "{status}");
    }

    /// Asserts that it runs.
    pub fn lives_on(&self) {
        assert_eq!(self.process.lock().unwrap().try_wait().unwrap(), None);
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let process = self.process.get_mut().unwrap();
        // It may have died before.
        let _ = process.kill();
        let _ = process.wait();
    }
}
