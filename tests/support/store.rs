//! A database for one test: migrated, empty, gone afterwards.
//!
//! SQLite in a temporary folder, or, when `MENFU_TEST_DATABASE` names a PostgreSQL server where databases may be made, a
//! clone of a template that this process migrated once. Shared by path: the unit tests see it as `storage::testing`.

use crate::kernel::{Clock, Ctx, Locale, ManualClock, SeededRng, SourceAddr, Timestamp, TraceId};
use crate::storage::{Base, Db, KeyRing, Settings, Vault};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// 2026-11-21 10:00 in Beijing.
pub const START: Timestamp = Timestamp::from_seconds(1_795_226_400);

/// What a test of a feature stands on.
pub struct TestStore {
    pub db: Db,
    pub vault: Vault,
    pub rng: Arc<SeededRng>,
    pub clock: Arc<ManualClock>,
    pub settings: Settings,
    _gone_afterwards: Home,
}

impl TestStore {
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What every façade is built on.
    pub fn base(&self) -> Base {
        Base {
            db: self.db.clone(),
            vault: self.vault.clone(),
            clock: self.clock.clone(),
            rng: self.rng.clone(),
        }
    }

    /// The same as another node has it: connections of its own to the same database.
    pub async fn another_base(&self) -> Base {
        Base { db: Db::connect(&self.settings).await.unwrap(), ..self.base() }
    }

    /// A request from 203.0.113.7, now.
    pub fn ctx(&self) -> Ctx {
        self.ctx_from(Ipv4Addr::new(203, 0, 113, 7).into())
    }

    pub fn ctx_from(&self, source: IpAddr) -> Ctx {
        Ctx {
            now: self.now(),
            trace: TraceId::new(&*self.rng),
            source: SourceAddr::new(source),
            locale: Locale::ZhHans,
        }
    }
}

/// A migrated, empty database with a fixed-key vault, a seeded generator and a clock that stands still.
pub async fn db() -> TestStore {
    let (settings, home) = place(Content::Migrated).await;
    store(settings, home).await
}

/// The same without any table, for the tests of migrations.
pub async fn empty() -> TestStore {
    let (settings, home) = place(Content::Nothing).await;
    store(settings, home).await
}

async fn store(settings: Settings, home: Home) -> TestStore {
    TestStore {
        db: Db::connect(&settings).await.unwrap(),
        vault: vault(),
        rng: Arc::new(SeededRng::new(1)),
        clock: Arc::new(ManualClock::at(START)),
        settings,
        _gone_afterwards: home,
    }
}

/// A vault whose keys are the same in every test.
pub fn vault() -> Vault {
    Vault::new(KeyRing::new([1; 32], &[]), KeyRing::new([2; 32], &[]))
}

#[derive(Clone, Copy, PartialEq)]
enum Content {
    Migrated,
    Nothing,
}

/// What is removed with the test.
enum Home {
    #[expect(dead_code, reason = "its drop removes the folder")]
    Folder(tempfile::TempDir),
    Postgres {
        server: String,
        name: String,
    },
}

impl Drop for Home {
    fn drop(&mut self) {
        if let Self::Postgres { server, name } = self {
            administer(server, format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

async fn place(content: Content) -> (Settings, Home) {
    match server() {
        Some(server) => postgres(server, content),
        None => sqlite(content),
    }
}

#[expect(clippy::disallowed_methods, reason = "the variable alone chooses the backend of the suite")]
fn server() -> Option<String> {
    std::env::var("MENFU_TEST_DATABASE").ok().filter(|url| !url.is_empty())
}

fn sqlite(content: Content) -> (Settings, Home) {
    static TEMPLATE: OnceLock<Vec<u8>> = OnceLock::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("menfu.db");
    if content == Content::Migrated {
        std::fs::write(&file, TEMPLATE.get_or_init(migrated_file)).unwrap();
    }
    (Settings::at(format!("sqlite:{}", file.display())), Home::Folder(folder))
}

fn migrated_file() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("template.db");
    migrate(Settings::at(format!("sqlite:{}", file.display())));
    std::fs::read(file).unwrap()
}

fn postgres(server: String, content: Content) -> (Settings, Home) {
    static TEMPLATE: OnceLock<String> = OnceLock::new();
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let template = match content {
        Content::Migrated => TEMPLATE.get_or_init(|| migrated_database(&server)),
        Content::Nothing => "template0",
    };
    let name = format!("menfu_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::SeqCst));
    administer(&server, format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
    administer(&server, format!("CREATE DATABASE {name} TEMPLATE {template}"));
    let mut settings = Settings::at(database(&server, &name));
    settings.max_connections = 6;
    (settings, Home::Postgres { server, name })
}

fn migrated_database(server: &str) -> String {
    let name = format!("menfu_{}_template", std::process::id());
    administer(server, format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
    administer(server, format!("CREATE DATABASE {name} TEMPLATE template0"));
    migrate(Settings::at(database(server, &name)));
    name
}

fn database(server: &str, name: &str) -> String {
    let mut url = url::Url::parse(server).unwrap();
    url.set_path(name);
    url.into()
}

fn migrate(settings: Settings) {
    outside(async move {
        let db = Db::connect(&settings).await.unwrap();
        db.migrate().await.unwrap();
        db.close().await.unwrap();
    });
}

fn administer(server: &str, statement: String) {
    use sea_orm::{ConnectionTrait, Database};
    let server = server.to_owned();
    outside(async move {
        let connection = Database::connect(server).await.unwrap();
        connection.execute_unprepared(&statement).await.unwrap();
        connection.close().await.unwrap();
    });
}

/// On a thread and runtime of its own, so that a test's runtime may come and go, and `drop` may wait.
fn outside(work: impl Future<Output = ()> + Send + 'static) {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    std::thread::spawn(move || runtime().block_on(work)).join().unwrap();
}
