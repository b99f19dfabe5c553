use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use rcgen::{CertificateParams, KeyPair, date_time_ymd};

use super::finding::{Finding, Severity};
use super::*;
use crate::audit::Audit;
use crate::kernel::TraceId;
use crate::keys::{KeyRecord, Keys};
use crate::protocol::client::SigningAlg;
use crate::storage::testing::{self, START, TestStore};
use crate::storage::{Db, Outbox, Settings, fleet};

/// A sound installation over a database of its own, to be spoilt by one thing at a time.
struct Installation {
    folder: tempfile::TempDir,
    store: TestStore,
    issuer: String,
    more: String,
}

impl Installation {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let here = Self {
            folder,
            store: testing::db().await,
            issuer: "https://sso.example".to_owned(),
            more: String::new(),
        };
        here.write("encryption.key", &URL_SAFE_NO_PAD.encode([1; 32]));
        here.write("index.key", &URL_SAFE_NO_PAD.encode([2; 32]));
        let client = "[[client]]\nclient_id = \"exam\"\nclient_name = \"考试\"\nscope = \"openid\"\n\
                      token_endpoint_auth_method = \"none\"\nredirect_uris = [\"https://exam.example/callback\"]\n";
        here.write("clients.toml", client);
        here
    }

    async fn with_signing_keys() -> Self {
        let here = Self::new().await;
        let base = here.store.base();
        Keys::new(base.clone(), Audit::new(base)).init(&here.store.ctx()).await.unwrap();
        here
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
        self.chmod(name, 0o600);
    }

    fn chmod(&self, name: &str, mode: u32) {
        std::fs::set_permissions(self.path(name), std::fs::Permissions::from_mode(mode)).unwrap();
    }

    fn config(&self) -> Config {
        let at = self.folder.path().display();
        let text = format!(
            "[storage]\nurl = \"{}\"\n[vault]\nencryption_key_file = \"{at}/encryption.key\"\n\
             index_key_file = \"{at}/index.key\"\n[clients]\nfile = \"{at}/clients.toml\"\n\
             [server]\nissuer = \"{}\"\ntrusted_proxies = [\"127.0.0.1\"]\n{}",
            self.store.settings.url, self.issuer, self.more
        );
        self.write("menfu.toml", &text);
        Config::load(Some(&self.path("menfu.toml"))).unwrap()
    }

    fn files(&self) -> Findings {
        let mut findings = Findings::default();
        files::examine(&mut findings, &self.config(), Some(&self.path("menfu.toml")), START);
        findings
    }

    async fn database(&self, config: &Config) -> Findings {
        let mut findings = Findings::default();
        database::examine(&mut findings, config, self.store.now()).await;
        findings
    }

    fn network(&self) -> Findings {
        let mut findings = Findings::default();
        network::examine(&mut findings, &self.config());
        findings
    }

    async fn asked(&self) -> Findings {
        let mut findings = Findings::default();
        network::ask(&mut findings, &self.config()).await;
        findings
    }
}

fn has<'f>(findings: &'f Findings, check: &str, severity: Severity, says: &str) -> &'f Finding {
    let of = findings.of(check);
    let found = of.iter().find(|finding| finding.severity == severity && finding.says.contains(says));
    let found = found.unwrap_or_else(|| panic!("no {severity:?} of {check} with {says:?} in {findings:#?}"));
    assert_eq!(found.mend.is_empty(), severity == Severity::Good, "{found:?}");
    found
}

#[tokio::test]
async fn a_sound_installation_has_nothing_to_mend() {
    let here = Installation::with_signing_keys().await;
    let files = here.files();
    for (check, says) in [("policy", "reference"), ("clients", "1 relying"), ("vault keys", "both files")] {
        has(&files, check, Severity::Good, says);
    }
    let database = here.database(&here.config()).await;
    for check in ["schema", "database", "outbox", "vault", "signing keys"] {
        has(&database, check, Severity::Good, "");
    }
    assert_eq!(database.worst(), Some(Severity::Good), "{database:#?}");
}

#[tokio::test]
async fn files_that_are_broken_missing_or_open_to_others_are_told_with_their_mending() {
    let mut here = Installation::new().await;
    here.chmod("index.key", 0o644);
    has(&here.files(), "vault keys", Severity::Fault, "0600");
    std::fs::remove_file(here.path("index.key")).unwrap();
    let files = here.files();
    assert!(has(&files, "vault keys", Severity::Fault, "index.key").mend.contains("never make a new one"));
    here.write("clients.toml", "");
    has(&here.files(), "clients", Severity::Warning, "has none");
    here.write("clients.toml", "[[client]]\nclient_id = 1\n");
    has(&here.files(), "clients", Severity::Fault, "line 2");
    let config = here.config();
    here.chmod("menfu.toml", 0o644);
    let mut findings = Findings::default();
    files::examine(&mut findings, &config, Some(&here.path("menfu.toml")), START);
    has(&findings, "settings file", Severity::Warning, "by everybody");
    here.write("policy.toml", "[tokens]\ncode = \"1h\"\n");
    here.more = format!("[policy]\nfile = \"{}\"\n", here.path("policy.toml").display());
    has(&here.files(), "policy", Severity::Fault, "tokens.code");
}

#[tokio::test]
async fn a_certificate_is_judged_by_its_key_its_names_and_its_dates() {
    let mut here = Installation::new().await;
    let at = here.folder.path().display();
    here.more =
        format!("[server.tls]\ncertificate_file = \"{at}/certificate.pem\"\nkey_file = \"{at}/tls.key\"\n");
    // START is 2026-11-21.
    let write = |name: &str, until: (i32, u8, u8)| {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(until.0, until.1, until.2);
        here.write("certificate.pem", &params.self_signed(&key).unwrap().pem());
        here.write("tls.key", &key.serialize_pem());
    };
    const CHECK: &str = "TLS certificate";
    write("sso.example", (2027, 11, 1));
    has(&here.files(), CHECK, Severity::Good, "lasts");
    here.chmod("tls.key", 0o640);
    has(&here.files(), CHECK, Severity::Warning, "tls.key");
    write("sso.example", (2026, 12, 1));
    has(&here.files(), CHECK, Severity::Warning, "expires in");
    write("sso.example", (2026, 11, 20));
    has(&here.files(), CHECK, Severity::Fault, "expired");
    write("*.example", (2027, 11, 1));
    assert_eq!(here.files().of(CHECK).len(), 1, "a wildcard of the parent covers it");
    write("sso.elsewhere", (2027, 11, 1));
    has(&here.files(), CHECK, Severity::Fault, "does not name sso.example");
    here.write("tls.key", &KeyPair::generate().unwrap().serialize_pem());
    has(&here.files(), CHECK, Severity::Fault, "do not fit together");
}

#[tokio::test]
async fn a_database_that_is_not_there_is_not_made_by_looking() {
    let here = Installation::new().await;
    let mut config = here.config();
    config.storage = Settings::at(format!("sqlite:{}", here.path("none.db").display()));
    has(&here.database(&config).await, "database", Severity::Warning, "no file yet");
    assert!(!here.path("none.db").exists());
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    config.storage = Settings::at(format!("postgres://menfu:s3cret@127.0.0.1:{port}/menfu"));
    config.storage.wait_seconds = 1;
    let findings = here.database(&config).await;
    has(&findings, "database", Severity::Fault, "");
    assert!(!format!("{findings:?}").contains("s3cret"));
}

#[tokio::test]
async fn an_old_schema_and_a_database_without_writes_are_told_apart() {
    let here = Installation::new().await;
    let empty = testing::empty().await;
    let mut config = here.config();
    config.storage = empty.settings.clone();
    has(&here.database(&config).await, "schema", Severity::Warning, "older");
    assert!(!Db::connect(&empty.settings).await.unwrap().is_migrated().await.unwrap());
    let url = &here.store.settings.url;
    let option = if url.starts_with("sqlite:") {
        "mode=ro"
    } else {
        "options=-c%20default_transaction_read_only%3Don"
    };
    config.storage = Settings { url: format!("{url}?{option}"), ..here.store.settings.clone() };
    has(&here.database(&config).await, "database", Severity::Fault, "takes no writes");
}

#[tokio::test]
async fn keys_that_did_not_seal_the_rows_and_keys_that_are_missing_are_faults() {
    let here = Installation::with_signing_keys().await;
    here.write("encryption.key", &URL_SAFE_NO_PAD.encode([9; 32]));
    let findings = here.database(&here.config()).await;
    assert!(has(&findings, "vault", Severity::Fault, "").mend.contains("restore both"));
    let none = Installation::new().await;
    has(&none.database(&none.config()).await, "signing keys", Severity::Fault, "none for");
}

#[test]
fn an_old_signing_key_and_a_clock_that_is_off_grow_worse_with_the_figure() {
    let key = |days| KeyRecord {
        kid: "k".parse().unwrap(),
        alg: SigningAlg::ALL[0],
        created_at: START - TimeDelta::days(days),
        retired_at: None,
        revoked_at: None,
    };
    for (days, severity) in [(10, Severity::Good), (401, Severity::Warning)] {
        let mut findings = Findings::default();
        database::ages(&mut findings, &[key(days)], START);
        has(&findings, "signing keys", severity, "days old");
    }
    for (ms, severity) in [(-900, Severity::Good), (3_000, Severity::Warning), (-60_000, Severity::Fault)] {
        let mut findings = Findings::default();
        database::skew(&mut findings, ms);
        has(&findings, "clock", severity, "ms");
    }
}

#[tokio::test]
async fn nodes_that_share_a_database_and_no_redis_are_a_fault() {
    let mut here = Installation::new().await;
    let beat = async || {
        let node = fleet::Node {
            id: TraceId::new(&*here.store.rng).uuid(),
            keys: here.store.vault.held(),
            taken_up_at: START,
            seen_at: here.store.now(),
        };
        fleet::beat(&here.store.db, &node).await.unwrap();
    };
    beat().await;
    has(&here.database(&here.config()).await, "nodes", Severity::Good, "1 were seen");
    beat().await;
    has(&here.database(&here.config()).await, "nodes", Severity::Fault, "to itself");
    here.more = "[ephemeral]\nurls = [\"redis://127.0.0.1:9\"]\n".to_owned();
    has(&here.database(&here.config()).await, "nodes", Severity::Good, "2 were seen");
    here.store.clock.advance(TimeDelta::minutes(2));
    here.more = String::new();
    has(&here.database(&here.config()).await, "nodes", Severity::Good, "0 were seen");
}

#[tokio::test]
async fn messages_that_nobody_delivers_grow_worse_with_their_age() {
    let here = Installation::with_signing_keys().await;
    let outbox = Outbox::new(here.store.db.clone(), here.store.vault.clone());
    let tx = here.store.db.begin().await.unwrap();
    outbox.queue(&tx, &here.store.ctx(), &*here.store.rng, "note", &"x").await.unwrap();
    tx.commit().await.unwrap();
    for (minutes, severity) in [(1, Severity::Good), (9, Severity::Warning), (60, Severity::Fault)] {
        here.store.clock.advance(TimeDelta::minutes(minutes));
        has(&here.database(&here.config()).await, "outbox", severity, "1 messages wait");
    }
}

#[tokio::test]
async fn how_the_world_comes_in_is_judged_by_who_speaks_tls_and_who_may_listen() {
    let mut here = Installation::new().await;
    has(&here.network(), "proxies", Severity::Good, "");
    here.more = "listen = [\"0.0.0.0:8080\"]\n[metrics]\nlisten = \"203.0.113.7:9090\"\n".to_owned();
    let findings = here.network();
    has(&findings, "listen", Severity::Warning, "0.0.0.0:8080");
    has(&findings, "metrics", Severity::Fault, "203.0.113.7");
    here.more = "listen = [\"10.0.0.1:8080\"]\n[metrics]\nlisten = \"[fd00::1]:9090\"\n".to_owned();
    assert!(here.network().of("metrics").is_empty() && here.network().of("listen").is_empty());
    for (endpoint, severity) in [
        ("http://198.51.100.7:4318/v1/traces", Severity::Warning),
        ("http://otel.example.com/v1/traces", Severity::Warning),
        ("http://collector:4318/", Severity::Warning),
        ("https://otel.example.com/v1/traces", Severity::Good),
        ("http://collector:4318/v1/traces", Severity::Good),
        ("http://[fd00::1]:4318/v1/traces", Severity::Good),
    ] {
        here.more = format!("[traces]\nendpoint = \"{endpoint}\"\n");
        has(&here.network(), "traces", severity, "");
    }
    let mut config = here.config();
    config.server.trusted_proxies = Vec::new();
    let mut findings = Findings::default();
    network::examine(&mut findings, &config);
    has(&findings, "proxies", Severity::Warning, "no proxy is trusted");
    let mut findings = Findings::default();
    network::open_files(&mut findings, 8192, Some("Max open files            1024     1048576  files"));
    has(&findings, "open files", Severity::Warning, "1024");
}

/// A program that answers one request with this issuer (`own` is its own address), or with an error.
async fn answering(issuer: Option<&str>) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let said = issuer.map(|said| if said == "own" { address.clone() } else { said.to_owned() });
    let answer = match said {
        Some(said) => {
            let body = format!("{{\"issuer\":\"{said}\"}}");
            format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len())
        }
        None => "HTTP/1.1 502 Bad Gateway\r\nconnection: close\r\ncontent-length: 0\r\n\r\n".to_owned(),
    };
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut read = Vec::new();
        while !read.ends_with(b"\r\n\r\n") {
            socket.read_buf(&mut read).await.unwrap();
        }
        socket.write_all(answer.as_bytes()).await.unwrap();
    });
    address
}

#[tokio::test]
async fn the_issuer_is_asked_and_must_call_itself_so() {
    let mut here = Installation::new().await;
    here.issuer = answering(Some("own")).await;
    has(&here.asked().await, "issuer", Severity::Good, "calls itself");
    here.issuer = answering(Some("https://sso.elsewhere")).await;
    has(&here.asked().await, "issuer", Severity::Fault, "sso.elsewhere");
    here.issuer = answering(None).await;
    has(&here.asked().await, "issuer", Severity::Fault, "status 502");
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    here.issuer = format!("http://127.0.0.1:{port}");
    let findings = here.asked().await;
    has(&findings, "issuer", Severity::Fault, "does not answer");
    has(&findings, "ephemeral store", Severity::Good, "for one only");
    here.more = format!("[ephemeral]\nurls = [\"redis://127.0.0.1:{port}\"]\npassword = \"s3cret\"\n");
    let away = here.asked().await;
    has(&away, "ephemeral store", Severity::Fault, "");
    assert!(!format!("{away:?}").contains("s3cret"));
    has(&findings, "SMS gateway", Severity::Fault, "is not configured");
    has(&findings, "bank", Severity::Fault, "is not configured");
}

#[tokio::test]
async fn an_authority_that_is_a_simulator_or_does_not_answer_is_a_fault_and_its_key_is_told_to_nobody() {
    let mut here = Installation::new().await;
    here.issuer = answering(Some("own")).await;
    here.more = "[notify.sms]\nurl = \"http://127.0.0.1:9\"\nkey = \"k\"\n\
                 [proofing.bank]\nurl = \"https://bank.invalid/?token=s3cret\"\nkey = \"s3cret\"\n\
                 [proofing.unionpay]\nurl = \"https://unionpay.invalid\"\nkey = \"s3cret\"\n"
        .to_owned();
    let findings = here.asked().await;
    has(&findings, "SMS gateway", Severity::Fault, "simulator");
    has(&findings, "UnionPay", Severity::Fault, "unionpay.invalid does not answer");
    has(&findings, "bank", Severity::Fault, "bank.invalid does not answer");
    assert!(!format!("{findings:?}").contains("s3cret"));
}

#[tokio::test]
async fn where_unionpay_alone_verifies_people_a_missing_bank_is_a_question_and_no_fault() {
    let mut here = Installation::new().await;
    here.issuer = answering(Some("own")).await;
    here.more = "[proofing.unionpay]\nurl = \"https://unionpay.invalid\"\nkey = \"k\"\n".to_owned();
    has(&here.asked().await, "bank", Severity::Warning, "is not configured");
}

#[tokio::test]
async fn the_collector_of_traces_is_asked_and_its_absence_is_no_fault() {
    let mut here = Installation::new().await;
    here.issuer = answering(Some("own")).await;
    here.more = format!("[traces]\nendpoint = \"{}/v1/traces\"\n", answering(Some("own")).await);
    has(&here.asked().await, "collector of traces", Severity::Good, "takes spans");
    here.more = format!("[traces]\nkey = \"s3cret\"\nendpoint = \"{}/v1/traces\"\n", answering(None).await);
    let findings = here.asked().await;
    has(&findings, "collector of traces", Severity::Warning, "status 502");
    assert!(!format!("{findings:?}").contains("s3cret"));
}

#[test]
fn the_report_is_text_for_people_and_json_for_programs() {
    let mut findings = Findings::default();
    findings.good("schema", "is this build's");
    findings.warning("clients", "none", "add one");
    let mut text = Vec::new();
    findings.text(&mut text).unwrap();
    assert_eq!(
        String::from_utf8(text).unwrap(),
        "good     schema: is this build's\nWARNING  clients: none\n         → add one\n0 faults, 1 warnings\n"
    );
    let mut json = Vec::new();
    findings.json(&mut json).unwrap();
    let read: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(read["findings"][1]["severity"], "warning");
    assert_eq!(read["findings"][1]["mend"], "add one");
}

#[test]
fn settings_that_cannot_be_read_are_a_finding_and_end_with_a_failure() {
    let doctor = Doctor { json: true, offline: true };
    let mut out = Vec::new();
    let path = PathBuf::from("/nowhere/menfu.toml");
    let error = doctor.run(Some(path.clone()), || Config::load(Some(&path)), &mut out).unwrap_err();
    assert_eq!(error.to_string(), "1 faults, 0 warnings");
    assert!(String::from_utf8(out).unwrap().contains("/nowhere/menfu.toml"));
}
