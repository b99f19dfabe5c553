//! An installation of its own with real processes, and the world outside of it, which is allowed to know its citizens.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use menfu::kernel::{Secret, SystemClock};
use menfu::sandbox::{self, Tables};
use menfu::storage::{Db, Settings};
use sea_orm::{ConnectionTrait, Statement};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;

use crate::commands::{Installation, free_port};
use crate::harness::{Browser, Rp, code_in};
use crate::servers::until;

const KEY: &str = "key-of-the-tests";
/// How long anything may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(20);
/// The bureau's own portal, whose tokens can be refreshed.
const CLIENT: &str = r#"
[[client]]
client_id = "exam"
client_name = "考试报名"
redirect_uris = ["https://exam.example/callback"]
secret_sha256 = "SECRET"
grant_types = ["authorization_code", "refresh_token"]
scope = "openid profile phone real_name offline_access"
first_party = true
"#;
const SECRET: &str = "secret-of-exam-which-nobody-guesses";

pub struct Town {
    pub here: Installation,
    pub outside: sandbox::State,
    database: String,
    environment: Vec<(String, String)>,
}

/// The process; dropped, it is killed by signal 9.
pub struct Server(Child);

impl Town {
    /// With the database that the address names, or its own file.
    pub async fn found(database: Option<String>) -> Self {
        let here = Installation::new();
        let file = here.path("menfu.db").display().to_string();
        let database = database.unwrap_or(format!("sqlite:{file}"));
        let made = here.run(&["keys", "init"], &[("MENFU_STORAGE__URL", &database)]);
        assert!(made.status.success(), "{made:?}");
        here.write("clients.toml", &CLIENT.replace("SECRET", &sha256(SECRET)));
        here.write("bureau.toml", "[captcha]\nkind = \"none\"\n");
        let outside =
            sandbox::State::new(Tables::embedded().unwrap(), Arc::new(SystemClock), Secret::from(KEY));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let authorities = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(sandbox::serve(listener, outside.clone(), std::future::pending()));
        let policy = here.path("bureau.toml").display().to_string();
        let environment = [
            ("MENFU_STORAGE__URL", database.clone()),
            ("MENFU_POLICY__FILE", policy),
            ("MENFU_NOTIFY__SMS__URL", authorities.clone()),
            ("MENFU_PROOFING__BANK__URL", authorities),
        ];
        let environment = environment.map(|(name, value)| (name.to_owned(), value)).to_vec();
        Self { here, outside, database, environment }
    }

    /// Every process gets this setting.
    pub fn set(&mut self, name: &str, value: String) {
        self.environment.push((name.to_owned(), value));
    }

    /// `menfu serve`, which writes all it has to say into a file of that name.
    pub fn serve(&self, name: &str, more: &[(&str, String)]) -> Server {
        let log = self.log(name);
        let file = File::options().create(true).append(true).open(&log).unwrap();
        let before = std::fs::read_to_string(&log).unwrap().matches("is ready").count();
        let mut server = self
            .here
            .command(&["serve", "--with-sandbox"])
            .envs(self.environment.iter().cloned())
            .env("MENFU_SANDBOX__LISTEN", format!("[\"127.0.0.1:{}\"]", free_port()))
            .envs(more.iter().cloned())
            .stdout(Stdio::from(file.try_clone().unwrap()))
            .stderr(Stdio::from(file))
            .spawn()
            .unwrap();
        until("the server is ready", || {
            let said = std::fs::read_to_string(&log).unwrap();
            assert_eq!(server.try_wait().unwrap(), None, "it ended: {said}");
            said.matches("is ready").count() > before
        });
        Server(server)
    }

    pub fn log(&self, name: &str) -> PathBuf {
        self.here.path(&format!("{name}.log"))
    }

    pub fn exam(&self) -> Rp {
        Rp::new(&self.here.issuer, "exam", Some(SECRET), "https://exam.example/callback")
    }

    /// Somebody at an address of their own.
    pub fn browser(&self, number: usize) -> Browser {
        Browser::at(&self.here.issuer, &format!("127.{}.{}.1", 1 + number / 250, 1 + number % 250))
    }

    /// The six digits in an SMS to this phone, when it has one.
    pub fn code(&self, phone: &str) -> Option<String> {
        let messages = self.outside.messages(Some(phone));
        messages.iter().find_map(|sms| code_in(&sms.message.text)).map(ToOwned::to_owned)
    }

    pub async fn db(&self) -> Db {
        Db::connect(&Settings::at(&self.database)).await.unwrap()
    }
}

impl Server {
    /// Ends it as a service manager does.
    pub fn stop(mut self) {
        let line = format!("kill -TERM {}", self.0.id());
        assert!(Command::new("sh").args(["-c", &line]).status().unwrap().success());
        assert!(self.0.wait().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Ended already where it was stopped.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Looks until there is something.
pub async fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        rest(begin, what).await;
    }
}

/// Between two looks, of which the first was then.
pub async fn rest(begin: Instant, what: &str) {
    assert!(begin.elapsed() < PATIENCE, "{what} does not come");
    tokio::time::sleep(LOOK).await;
}

/// The first column of what a statement reads.
pub async fn column<T: sea_orm::TryGetable>(db: &Db, sql: &str) -> Vec<T> {
    let statement = Statement::from_string(db.read().get_database_backend(), sql);
    let rows = db.read().query_all_raw(statement).await.unwrap();
    rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

fn sha256(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}
