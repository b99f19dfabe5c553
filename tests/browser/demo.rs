//! `menfu demo` as a child process: free ports, an empty data folder, gone at the end.

use std::net::{Ipv4Addr, TcpListener};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::{Mutex, MutexGuard};

use crate::process::Process;

/// One story at a time: several browsers and password hashes at once only make each other late.
static TURN: Mutex<()> = Mutex::const_new(());

/// Waits for this test's turn; it lasts until the guard is dropped.
pub async fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().await
}

/// The first start makes keys and hashes passwords.
const START: Duration = Duration::from_secs(90);

/// A running demo and its addresses.
pub struct Demo {
    pub provider: String,
    pub sandbox: String,
    pub exam: String,
    pub insurance: String,
    http: reqwest::Client,
    process: Process,
    _data: TempDir,
    _turn: MutexGuard<'static, ()>,
}

impl Demo {
    pub async fn start() -> Self {
        let turn = turn().await;
        let data = tempfile::tempdir().unwrap();
        let port = four_free_ports();
        let log = std::fs::File::create(data.path().join("demo.log")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_menfu"));
        command
            .arg("demo")
            .args(["--data", &data.path().join("data").display().to_string()])
            .args(["--port", &port.to_string(), "--without-captcha"])
            .current_dir(data.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        let mut demo = Self {
            provider: format!("http://localhost:{port}"),
            sandbox: format!("http://127.0.0.1:{}", port + 1),
            exam: format!("http://127.0.0.1:{}", port + 2),
            insurance: format!("http://127.0.0.1:{}", port + 3),
            http: reqwest::Client::new(),
            process: Process::start(&mut command),
            _data: data,
            _turn: turn,
        };
        demo.wait_until_ready().await;
        demo
    }

    async fn wait_until_ready(&mut self) {
        let begin = Instant::now();
        let addresses = [
            format!("{}/readyz", self.provider),
            self.exam.clone(),
            self.insurance.clone(),
            self.sandbox.clone(),
        ];
        for address in &addresses {
            while !self.answers(address).await {
                let ended = self.process.ended();
                if ended.is_some() || begin.elapsed() > START {
                    let log = std::fs::read_to_string(self._data.path().join("demo.log")).unwrap();
                    panic!("{address} does not answer ({ended:?}):\n{log}");
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }

    async fn answers(&self, address: &str) -> bool {
        self.http.get(address).send().await.is_ok_and(|answer| answer.status().is_success())
    }

    /// Tells the sandbox to misbehave.
    pub async fn control(&self, control: &Value) {
        let answer = self.http.post(format!("{}/control", self.sandbox)).json(control).send().await.unwrap();
        assert_eq!(answer.status(), 204);
    }

    /// How many different requests the bank saw.
    pub async fn bank_requests(&self) -> u64 {
        let calls: Value =
            self.http.get(format!("{}/calls", self.sandbox)).send().await.unwrap().json().await.unwrap();
        calls["bank"]["distinct"].as_u64().unwrap()
    }
}

/// Four ports in a row that nobody uses.
fn four_free_ports() -> u16 {
    let free = |port: u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
    let any = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    let fits = |port: &u16| *port < u16::MAX - 3 && (0..4).all(|offset| free(port + offset));
    std::iter::repeat_with(any).find(fits).unwrap()
}
