//! An installation in a temporary folder: keys, database, settings, clients, and `menfu serve` on a core of its own.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use menfu::audit::Audit;
use menfu::kernel::{Ctx, Locale, OsRng, SourceAddr, SystemClock, TraceId};
use menfu::keys::Keys;
use menfu::storage::{self, Base, Db, Vault, vault};
use url::Url;

use super::data;
use super::database::{Database, Kind};
use super::meter::Meters;
use super::{Options, Size};

pub const CLIENT_ID: &str = "bench";
pub const CLIENT_SECRET: &str = "secret-of-the-bench-client";
pub const REDIRECT: &str = "http://127.0.0.1:9/callback";

/// The build that this program belongs to.
pub const MENFU: &str = env!("CARGO_BIN_EXE_menfu");

/// A running server with everything it needs.
pub struct Server {
    pub issuer: Url,
    pub meters: Meters,
    pub database: Database,
    /// From its start to its word that it is ready.
    pub ready: Duration,
    pub size: Size,
    pub folder: PathBuf,
    process: Child,
    _gone_afterwards: Option<tempfile::TempDir>,
}

impl Server {
    /// Makes and fills the database, then starts `menfu serve` pinned to a core.
    /// A folder that is given stays, and what it holds is not filled again.
    pub async fn start(options: &Options, size: Size, kept: Option<PathBuf>) -> Self {
        let gone_afterwards = kept.is_none().then(|| tempfile::tempdir().expect("a folder"));
        let temporary = gone_afterwards.as_ref().map(|folder| folder.path().to_owned());
        let folder = kept.or(temporary).expect("one of both");
        fs::create_dir_all(&folder).expect("a folder");
        let issuer = format!("http://127.0.0.1:{}", free_port());
        let database = Database::make(&options.database, &folder).await;
        prepare(&folder, &issuer, &database, size).await;
        let (process, ready) = serve(&folder, options);
        Self {
            ready,
            meters: Meters { server: process.id(), postmaster: database.postmaster().await },
            issuer: issuer.parse().expect("a URL"),
            database,
            size,
            folder,
            process,
            _gone_afterwards: gone_afterwards,
        }
    }

    /// Ends the server, and removes a database that is not in the folder.
    pub async fn stop(mut self) {
        self.end();
        self.database.remove().await;
    }

    fn end(&mut self) {
        // It may have ended already; then there is nothing to do.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

/// Keys, rows and files.
async fn prepare(folder: &Path, issuer: &str, database: &Database, size: Size) {
    let begun = Instant::now();
    fs::write(folder.join("clients.toml"), clients()).expect("clients.toml");
    fs::write(folder.join("menfu.toml"), settings(folder, issuer, &database.url)).expect("menfu.toml");
    if matches!(database.kind, Kind::Sqlite) && !data::refresh_tokens(folder).is_empty() {
        return;
    }
    let base = Base {
        db: Db::connect(&storage::Settings::at(&database.url)).await.expect("the database"),
        vault: Vault::init_files(&vault::Settings::in_folder(folder), &OsRng).expect("the vault"),
        clock: Arc::new(SystemClock),
        rng: Arc::new(OsRng),
    };
    base.db.migrate().await.expect("the schema");
    let keys = Keys::new(base.clone(), Audit::new(base.clone()));
    keys.init(&ctx(&base)).await.expect("the signing keys");
    data::fill(&base, folder, issuer, size).await;
    base.db.close().await.expect("closed");
    database.settle().await;
    println!("filled in {:.0} s", begun.elapsed().as_secs_f64());
}

fn ctx(base: &Base) -> Ctx {
    let source = SourceAddr::new(std::net::Ipv4Addr::LOCALHOST.into());
    let trace = TraceId::new(base.rng.as_ref());
    Ctx { now: base.clock.now(), trace, source, locale: Locale::ZhHans }
}

/// First-party, so that no consent page stands in the way; the load comes as from a reverse proxy, so that one
/// source's sign-ins stay below their rate.
fn settings(folder: &Path, issuer: &str, url: &str) -> String {
    let at = folder.display();
    format!(
        "[server]\nissuer = \"{issuer}\"\nlisten = [\"{}\"]\ntrusted_proxies = [\"127.0.0.1\"]\n\
         [storage]\nurl = \"{url}\"\n\
         [vault]\nencryption_key_file = \"{at}/encryption.key\"\nindex_key_file = \"{at}/index.key\"\n\
         [clients]\nfile = \"{at}/clients.toml\"\n\
         [notify.sms]\nurl = \"https://sms.invalid\"\nkey = \"key-of-the-bench\"\n\
         [proofing.bank]\nurl = \"https://bank.invalid\"\nkey = \"key-of-the-bench\"\n",
        issuer.trim_start_matches("http://"),
    )
}

fn clients() -> String {
    let hash = menfu::protocol::client_auth::SecretSha256::of(&CLIENT_SECRET.into());
    format!(
        "[[client]]\nclient_id = \"{CLIENT_ID}\"\nclient_name = \"测速\"\nredirect_uris = [\"{REDIRECT}\"]\n\
         application_type = \"native\"\nsecret_sha256 = \"{}\"\nscope = \"openid profile real_name\"\n\
         grant_types = [\"authorization_code\", \"refresh_token\", \"client_credentials\"]\nfirst_party = true\n",
        String::from(hash)
    )
}

/// Starts the server and waits for its word; what it says afterwards goes into a file.
fn serve(folder: &Path, options: &Options) -> (Child, Duration) {
    let begun = Instant::now();
    let mut process = Command::new("taskset")
        .args(["-c", &options.server_core.to_string(), &options.menfu, "--config"])
        .arg(folder.join("menfu.toml"))
        .arg("serve")
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("taskset, of util-linux");
    let mut lines = BufReader::new(process.stdout.take().expect("its output"));
    await_ready(&mut lines);
    let (ready, bytes) = (begun.elapsed(), fs::metadata(&options.menfu).expect("the program").len());
    println!("a program of {:.1} MiB", bytes as f64 / 1048576.0);
    let mut log = File::create(folder.join("menfu.log")).expect("a log file");
    std::thread::spawn(move || std::io::copy(&mut lines, &mut log));
    (process, ready)
}

fn await_ready(lines: &mut BufReader<ChildStdout>) {
    let mut said = String::new();
    while !said.lines().last().unwrap_or_default().contains("is ready") {
        assert_ne!(lines.read_line(&mut said).expect("a line"), 0, "the server ended: {said}");
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

impl std::fmt::Display for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.kind {
            Kind::Sqlite => "SQLite",
            Kind::Postgres { .. } => "PostgreSQL",
        })
    }
}
