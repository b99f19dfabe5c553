//! The binary as an operator runs it: what it refuses to start with, how it starts, reloads, restarts and ends.

use std::io::{BufRead, BufReader};
use std::net::{TcpListener, ToSocketAddrs};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;

use reqwest::StatusCode;
use sea_orm::{ConnectionTrait, Database};
use url::Url;

use crate::citizens::{Citizen, finished, later_form, up_to_p3};
use crate::harness::{Browser, Rp, code_in};
use crate::tls::Pair;
use crate::traces::Collector;

const MENFU: &str = env!("CARGO_BIN_EXE_menfu");
const CLIENT: &str = r#"
[[client]]
client_id = "exam"
client_name = "考试报名"
redirect_uris = ["https://exam.example/callback"]
token_endpoint_auth_method = "none"
scope = "openid profile phone real_name"
"#;

/// An installation in a folder of its own, on a port of its own.
pub struct Installation {
    pub folder: tempfile::TempDir,
    pub issuer: Url,
    /// The port of the simulated outside world.
    sandbox: u16,
}

impl Installation {
    pub fn new() -> Self {
        let here = Self {
            folder: tempfile::tempdir().unwrap(),
            issuer: format!("http://127.0.0.1:{}", free_port()).parse().unwrap(),
            sandbox: free_port(),
        };
        let (at, sandbox) = (here.folder.path().display().to_string(), here.sandbox);
        let issuer = here.issuer.as_str().trim_end_matches('/');
        here.write("clients.toml", CLIENT);
        here.write(
            "menfu.toml",
            &format!(
                "[server]\nissuer = \"{issuer}\"\nlisten = [\"{}\"]\nshutdown_grace = \"2s\"\n\
                 [storage]\nurl = \"sqlite:{at}/menfu.db\"\n\
                 [vault]\nencryption_key_file = \"{at}/encryption.key\"\nindex_key_file = \"{at}/index.key\"\n\
                 [clients]\nfile = \"{at}/clients.toml\"\n[log]\nformat = \"json\"\n\
                 [sandbox]\nlisten = [\"127.0.0.1:{sandbox}\"]\n\
                 [notify.sms]\nurl = \"http://127.0.0.1:{sandbox}\"\nkey = \"key-of-the-tests\"\n\
                 [proofing.bank]\nurl = \"http://127.0.0.1:{sandbox}\"\nkey = \"key-of-the-tests\"\n",
                issuer.trim_start_matches("http://"),
            ),
        );
        here
    }

    /// With its keys, as `menfu keys init` leaves it.
    fn with_keys() -> Self {
        let here = Self::new();
        let made = here.run(&["keys", "init"], &[]);
        assert!(made.status.success(), "{made:?}");
        here
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(MENFU);
        command.arg("--config").arg(self.path("menfu.toml")).args(arguments).stdin(Stdio::null());
        command
    }

    pub fn run(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
        self.command(arguments).envs(environment.iter().copied()).output().unwrap()
    }

    /// What `serve` says when it refuses to start.
    fn refusal(&self, arguments: &[&str], environment: &[(&str, &str)]) -> String {
        let output = self.run(arguments, environment);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    /// What a command that does its work says.
    fn told(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments, &[]);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn serve(&self) -> Server {
        self.serve_with(&[])
    }

    fn serve_with(&self, environment: &[(&str, &str)]) -> Server {
        let mut command = self.command(&["serve", "--with-sandbox"]);
        command.envs(environment.iter().copied());
        started(command)
    }

    fn browser(&self) -> Browser {
        Browser::new(&self.issuer)
    }

    /// The newest SMS to a phone, once it is there.
    async fn code(&self, phone: &str) -> String {
        let url = format!("http://127.0.0.1:{}/sms/messages?phone={phone}", self.sandbox);
        loop {
            let answer = reqwest::get(&url).await.unwrap().text().await.unwrap();
            if let Some(code) = code_in(&answer) {
                return code.to_owned();
            }
        }
    }

    /// What somebody does who can write to the file.
    async fn tamper(&self, sql: &str) {
        let url = format!("sqlite:{}", self.path("menfu.db").display());
        let db = Database::connect(url).await.unwrap();
        assert_eq!(db.execute_unprepared(sql).await.unwrap().rows_affected(), 1);
        db.close().await.unwrap();
    }

    fn exam(&self) -> Rp {
        Rp::new(&self.issuer, "exam", None, "https://exam.example/callback")
    }
}

fn started(mut command: Command) -> Server {
    let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
    let output = BufReader::new(process.stdout.take().unwrap());
    let (sender, lines) = mpsc::channel();
    std::thread::spawn(move || {
        let lines = output.split(b'\n').map_while(Result::ok);
        lines.map(|line| String::from_utf8_lossy(&line).into_owned()).try_for_each(|line| sender.send(line))
    });
    let mut server = Server { process, lines };
    server.says("is ready");
    server
}

/// A running `menfu serve`.
struct Server {
    process: Child,
    /// What it says, read at once: a process whose pipe is full stands still.
    lines: mpsc::Receiver<String>,
}

impl Server {
    /// Reads its output up to the line that has this text.
    fn says(&mut self, text: &str) -> String {
        let mut read = String::new();
        loop {
            let line = self.lines.recv().unwrap_or_else(|_| panic!("it ended without {text:?}: {read}"));
            if line.contains(text) {
                return line;
            }
            read = read + &line + "\n";
        }
    }

    fn signal(&self, name: &str) {
        let line = format!("kill {name} {}", self.process.id());
        let sent = Command::new("sh").args(["-c", &line]).status().unwrap();
        assert!(sent.success());
    }

    /// Ends it as a service manager does, and tells what it still said.
    fn stop(mut self) -> String {
        self.signal("-TERM");
        let rest: String = self.lines.iter().map(|line| line + "\n").collect();
        assert!(self.process.wait().unwrap().success(), "{rest}");
        rest
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Ended already where the test came to its end.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn serve_refuses_a_simulated_bank_unless_it_was_told_so() {
    let refusal = Installation::with_keys().refusal(&["serve"], &[]);
    assert!(
        refusal.contains(".url is an address of this machine") && refusal.contains("--with-sandbox"),
        "{refusal}"
    );
}

#[test]
fn serve_refuses_what_the_settings_do_not_know_and_names_its_origin() {
    let here = Installation::with_keys();
    let refusal = here.refusal(&["serve"], &[("MENFU_SERVER__ISSUR", "https://sso.example")]);
    assert!(refusal.contains("environment variable MENFU_SERVER__ISSUR"), "{refusal}");
}

#[test]
fn serve_refuses_an_unsafe_policy_and_a_broken_clients_file_with_its_line() {
    let here = Installation::with_keys();
    here.write("bureau.toml", "[tokens]\ncode = \"1h\"");
    let file = here.path("bureau.toml");
    let refusal =
        here.refusal(&["serve", "--with-sandbox"], &[("MENFU_POLICY__FILE", file.to_str().unwrap())]);
    assert!(refusal.contains("tokens.code: at most 60s"), "{refusal}");
    here.write("clients.toml", &CLIENT.replace("https://", "http://"));
    let refusal = here.refusal(&["serve", "--with-sandbox"], &[]);
    assert!(refusal.contains("line 5") && refusal.contains("redirect_uris"), "{refusal}");
}

#[test]
fn serve_refuses_to_run_without_its_keys_or_with_keys_that_others_can_read() {
    let here = Installation::new();
    assert!(here.refusal(&["serve", "--with-sandbox"], &[]).contains("encryption.key"));
    let here = Installation::with_keys();
    assert!(Command::new("chmod").arg("0644").arg(here.path("index.key")).status().unwrap().success());
    let refusal = here.refusal(&["serve", "--with-sandbox"], &[]);
    assert!(refusal.contains("index.key") && refusal.contains("0600"), "{refusal}");
}

#[tokio::test]
async fn a_server_beside_its_sandbox_says_so_on_every_page_and_ends_in_peace() {
    let here = Installation::with_keys();
    let server = here.serve();
    let browser = here.browser();
    for page in ["/login", "/register", "/legal/terms", "/no-such-page"] {
        browser.get(page).await.shows("测试环境");
    }
    for probe in ["/healthz", "/readyz"] {
        assert_eq!(browser.get(probe).await.status, StatusCode::OK, "{probe}");
    }
    server.stop();
    assert!(
        std::net::TcpStream::connect((here.issuer.host_str().unwrap(), here.issuer.port().unwrap())).is_err()
    );
}

#[tokio::test]
async fn each_profile_starts_and_is_the_door_of_its_bureau() {
    let here = Installation::with_keys();
    for (profile, site) in [
        ("reference", "示范省人社统一认证"),
        ("shenzhen", "深圳市人社局社会统一用户管理平台"),
        ("jiangsu", "江苏人社网上办事大厅"),
        ("guangdong", "广东人社统一认证系统"),
    ] {
        let server = here.serve_with(&[("MENFU_POLICY__PROFILE", profile)]);
        here.browser().get("/login").await.shows(site);
        server.stop();
    }
}

#[tokio::test]
async fn s4_14_the_number_on_an_error_page_is_the_one_in_the_log() {
    let here = Installation::with_keys();
    let server = here.serve();
    let page = here.browser().get("/authorize?client_id=nobody").await;
    let trace = page.header("x-request-id").unwrap().to_owned();
    page.shows(&trace);
    let log = server.stop();
    let line =
        log.lines().find(|line| line.contains(&trace)).unwrap_or_else(|| panic!("{trace} is not in {log}"));
    assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "{line}");
}

#[tokio::test]
async fn nothing_that_a_stranger_sends_begins_a_line_of_the_log_or_colours_it() {
    const FORGED: &str = "%0d%0aFORGED%1b%5b31mred%0aFORGED";
    let here = Installation::with_keys();
    let server = here.serve_with(&[("MENFU_LOG__FORMAT", "text"), ("MENFU_LOG__FILTER", "trace")]);
    let browser = here.browser().with_header("user-agent", "Mozilla\tFORGED %0aFORGED");
    for name in ["client_id", "request", "scope", "redirect_uri", "back", "username", FORGED] {
        for path in ["/authorize", "/login", "/preferences", "/register/username", "/no-such-page"] {
            browser.get_once(&format!("{path}?{name}={FORGED}")).await;
        }
    }
    browser.get_once(&format!("/{FORGED}")).await;
    let login = browser.get("/login").await;
    let raw = "nobody\r\nFORGED\u{1b}[31mred\nFORGED";
    browser.submit(login.form().set("username", raw).set("password", raw)).await;
    let form = [("grant_type", raw), ("client_id", raw), ("code", raw), ("client_secret", raw)];
    here.exam().post("/token", &form).await;
    let log = server.stop();
    assert!(log.contains("authorization request refused"), "{log}");
    for line in log.lines() {
        assert!(!line.contains('\u{1b}') && !line.starts_with("FORGED"), "{line:?}");
    }
}

#[tokio::test]
async fn spans_that_wait_when_the_server_is_ended_still_reach_the_collector() {
    let (collector, endpoint) = Collector::open().await;
    let here = Installation::with_keys();
    let server = here.serve_with(&[("MENFU_TRACES__ENDPOINT", endpoint.as_str())]);
    here.browser().get("/login").await;
    tokio::task::spawn_blocking(move || server.stop()).await.unwrap();
    assert!(collector.spans().iter().any(|span| span.name == "GET /login"));
}

#[tokio::test]
async fn a_parked_request_survives_a_restart() {
    let here = Installation::with_keys();
    let server = here.serve();
    let browser = here.browser();
    let login = browser.get(&here.exam().authorize(&[])).await;
    login.shows("考试报名");
    server.stop();
    let server = here.serve();
    let reopened = here.browser();
    reopened.set_cookie("menfu-browser", &browser.cookie("menfu-browser").unwrap());
    reopened.get(login.url.as_str()).await.shows("考试报名");
    server.stop();
}

#[tokio::test]
async fn a_changed_clients_file_is_taken_up_on_hangup_and_a_broken_one_is_not() {
    let here = Installation::with_keys();
    let mut server = here.serve();
    here.write("clients.toml", &CLIENT.replace("考试报名", "人事考试网"));
    server.signal("-HUP");
    server.says("clients reloaded");
    here.browser().get(&here.exam().authorize(&[])).await.shows("人事考试网");

    here.write("clients.toml", "[[client]]\nclient_id = 1");
    server.signal("-HUP");
    let told = server.says("clients not reloaded");
    assert!(told.contains("line 2") && told.contains("client_id"), "{told}");
    here.browser().get(&here.exam().authorize(&[])).await.shows("人事考试网");
    server.stop();
}

/// The steps of `menfu vault`, each refused until the running node can follow.
#[tokio::test]
async fn the_vaults_keys_are_rotated_under_a_running_server() {
    let here = Installation::with_keys();
    let mut server = here.serve();
    let browser = here.browser();
    let login = browser.get(&here.exam().authorize(&[])).await;
    for which in ["encryption", "index"] {
        let told = here.told(&["vault", "prepare", which]);
        assert!(
            told.contains("next key") && told.contains(&format!("menfu vault activate {which}")),
            "{told}"
        );
        let refusal = here.refusal(&["vault", "activate", which], &[]);
        assert!(refusal.contains("does not know the key") && refusal.contains("SIGHUP"), "{refusal}");
        assert!(here.refusal(&["vault", "prepare", which], &[]).contains("activate it first"));
        server.signal("-HUP");
        server.says("keys reloaded");
        here.told(&["vault", "activate", which]);
        let refusal = here.refusal(&["vault", "rewrite", which], &[]);
        assert!(refusal.contains("does not write under the key"), "{refusal}");
        server.signal("-HUP");
        server.says("keys reloaded");
        let told = here.told(&["vault", "rewrite", which]);
        assert!(told.contains("All rows hang on"), "{told}");
        assert!(here.refusal(&["vault", "retire", which], &[]).contains("two minutes"));
    }
    let status = here.told(&["vault", "status"]);
    for line in ["next step: menfu vault retire encryption", "next step: none", "writes under", "old"] {
        assert!(status.contains(line), "{line}: {status}");
    }
    browser.get(login.url.as_str()).await.shows("考试报名");
    server.stop();
    let told = here.told(&["vault", "retire", "encryption"]);
    assert!(told.contains("encryption.key.retired") && told.contains("backups"), "{told}");
    assert!(here.told(&["vault", "retire", "index"]).contains("nothing retires"));
    let key = std::fs::read_to_string(here.path("encryption.key")).unwrap();
    assert_eq!(key.lines().count(), 1);
    let server = here.serve();
    let reopened = here.browser();
    reopened.set_cookie("menfu-browser", &browser.cookie("menfu-browser").unwrap());
    reopened.get(login.url.as_str()).await.shows("考试报名");
    server.stop();
}

#[tokio::test]
async fn broken_key_files_are_not_taken_up_on_hangup_and_a_server_with_foreign_ones_does_not_start() {
    let here = Installation::with_keys();
    let mut server = here.serve();
    let good = std::fs::read_to_string(here.path("encryption.key")).unwrap();
    here.write("encryption.key", &(good.clone() + "nonsense"));
    server.signal("-HUP");
    let told = server.says("keys not reloaded");
    assert!(
        told.contains("encryption.key") && told.contains("line 2") && !told.contains("nonsense"),
        "{told}"
    );
    here.browser().get("/login").await.shows("测试环境");
    // Another node, of which somebody forgot to copy the key file.
    let foreign = Installation::with_keys();
    here.write("encryption.key", &std::fs::read_to_string(foreign.path("encryption.key")).unwrap());
    let refusal = here.refusal(&["serve", "--with-sandbox"], &[]);
    assert!(refusal.contains("does not hold the key") && refusal.contains("copy the file"), "{refusal}");
    here.write("encryption.key", &good);
    server.stop();
}

#[cfg(feature = "failpoints")]
#[tokio::test]
async fn a_rewriting_that_was_killed_goes_on_where_it_was() {
    use menfu::storage::vault::{self, Vault};
    use sea_orm::{ConnectionTrait, sea_query::Query};

    let here = Installation::with_keys();
    let storage = menfu::storage::Settings::at(format!("sqlite:{}", here.path("menfu.db").display()));
    let db = menfu::storage::Db::connect(&storage).await.unwrap();
    let keys = Vault::open_files(&vault::Settings::in_folder(here.folder.path())).unwrap();
    let rng = menfu::kernel::SeededRng::new(1);
    let tx = db.begin().await.unwrap();
    for number in 0..100 {
        let id = format!("{number:03}");
        let sealed = keys.seal(&rng, &vault::aad("parked_requests", "request", &id), id.as_bytes()).unwrap();
        let row = Query::insert()
            .into_table("parked_requests")
            .columns(["id_hash", "client_id", "request", "answers", "created_at", "expires_at"])
            .values_panic([
                id.into(),
                "exam".into(),
                sealed.into_bytes().into(),
                "{}".into(),
                0.into(),
                0.into(),
            ])
            .to_owned();
        tx.execute(&row).await.unwrap();
    }
    tx.commit().await.unwrap();
    here.told(&["vault", "prepare", "encryption"]);
    here.told(&["vault", "activate", "encryption"]);
    let killed =
        here.run(&["vault", "rewrite", "encryption", "--batch", "7"], &[("MENFU_STORAGE__FAILPOINT", "60")]);
    assert_eq!(killed.status.code(), None, "{killed:?}");
    let status = here.told(&["vault", "status"]);
    let counts = status.lines().find(|line| line.contains("parked_requests.request")).unwrap();
    assert!(counts.matches("under").count() == 2 && status.contains("menfu vault rewrite"), "{status}");
    let told = here.told(&["vault", "rewrite", "encryption", "--batch", "7"]);
    assert!(told.contains("100 of 100 rows"), "{told}");
    here.told(&["vault", "retire", "encryption"]);
    let keys = Vault::open_files(&vault::Settings::in_folder(here.folder.path())).unwrap();
    let select = Query::select().columns(["id_hash", "request"]).from("parked_requests").to_owned();
    let rows = db.read().query_all(&select).await.unwrap();
    for row in &rows {
        let (id, sealed): (String, Vec<u8>) =
            (row.try_get("", "id_hash").unwrap(), row.try_get("", "request").unwrap());
        let place = vault::aad("parked_requests", "request", &id);
        assert_eq!(keys.open(&place, &sealed).unwrap().as_slice(), id.as_bytes());
    }
    assert_eq!(rows.len(), 100);
}

#[tokio::test]
async fn a_changed_certificate_is_taken_up_on_hangup_and_a_broken_one_is_not() {
    let here = Installation::with_keys();
    let address = (here.issuer.host_str().unwrap(), here.issuer.port().unwrap());
    let address = address.to_socket_addrs().unwrap().next().unwrap();
    let pairs = [Pair::made(&["sso.example"]), Pair::made(&["sso.example"])];
    let write = |certificate: &Pair, key: &Pair| {
        here.write("certificate.pem", &certificate.certificate);
        here.write("key.pem", &key.key);
    };
    write(&pairs[0], &pairs[0]);
    let url = format!("https://sso.example:{}", address.port());
    let mut command = here.command(&["serve", "--with-sandbox"]);
    command
        .env("MENFU_SERVER__ISSUER", &url)
        .env("MENFU_SERVER__TLS__CERTIFICATE_FILE", here.path("certificate.pem"))
        .env("MENFU_SERVER__TLS__KEY_FILE", here.path("key.pem"));
    let mut server = started(command);
    let reaches = async |pair: &Pair| pair.client(address).get(format!("{url}/healthz")).send().await.is_ok();
    assert!(reaches(&pairs[0]).await);
    write(&pairs[1], &pairs[0]);
    server.signal("-HUP");
    server.says("the old one stays");
    assert!(reaches(&pairs[0]).await && !reaches(&pairs[1]).await);
    write(&pairs[1], &pairs[1]);
    server.signal("-HUP");
    server.says("was read anew");
    assert!(!reaches(&pairs[0]).await && reaches(&pairs[1]).await);
    server.stop();
}

/// A limit on the size of files stands in for the full disk: the write itself fails.
#[tokio::test]
async fn a_full_disk_is_told_with_a_trace_id_and_is_over_when_there_is_room_again() {
    let here = Installation::with_keys();
    let mut command = Command::new("sh");
    let line = format!(
        "trap '' XFSZ; exec {MENFU} --config {} serve --with-sandbox",
        here.path("menfu.toml").display()
    );
    command.args(["-c", &line]);
    let server = started(command);
    let parked = async || here.browser().get(&here.exam().authorize(&[])).await;
    parked().await.shows("考试报名");
    let room = |bytes: &str| {
        let (pid, limit) = (server.process.id().to_string(), format!("--fsize={bytes}:unlimited"));
        assert!(Command::new("prlimit").args(["--pid", &pid, &limit]).status().unwrap().success());
    };
    room("4096");
    for _ in 0..3 {
        let page = parked().await;
        assert_eq!(page.status, StatusCode::INTERNAL_SERVER_ERROR);
        page.shows(page.header("x-request-id").unwrap());
        assert_eq!(here.browser().get("/healthz").await.status, StatusCode::OK);
        assert_eq!(here.browser().get("/.well-known/openid-configuration").await.status, StatusCode::OK);
    }
    room("unlimited");
    parked().await.shows("考试报名");
    assert_eq!(here.browser().get("/readyz").await.status, StatusCode::OK);
    server.stop();
}

#[test]
fn the_example_settings_are_what_the_binary_writes() {
    let example = Installation::new().run(&["config", "example"], &[]).stdout;
    let deployed = include_str!("../../deploy/config.example.toml");
    assert_eq!(String::from_utf8(example).unwrap(), deployed);
}

#[test]
fn a_command_that_does_not_exist_is_told_so_and_what_there_is() {
    let output = Installation::new().run(&["dance"], &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("dance"));
}

#[test]
fn a_crowd_comes_into_an_empty_database_and_into_no_other() {
    let here = Installation::with_keys();
    let refresh = "grant_types = [\"authorization_code\", \"refresh_token\"]\n";
    here.write("clients.toml", &format!("{CLIENT}{refresh}"));
    let seeded = here.run(&["seed", "--accounts", "25", "--grants", "60", "--samples", "2"], &[]);
    let said = String::from_utf8_lossy(&seeded.stdout).into_owned();
    assert!(seeded.status.success(), "{seeded:?}");
    assert!(said.contains("25 accounts, 60 grants; the password of all is "), "{said}");
    assert_eq!(said.lines().filter(|line| line.starts_with("crowd_")).count(), 2, "{said}");
    let again = here.run(&["seed", "--accounts", "1"], &[]);
    assert!(!again.status.success());
    assert!(String::from_utf8_lossy(&again.stderr).contains("this database has accounts"), "{again:?}");
}

/// Whoever was told of the person, staff too, stands in the person's book, and the verifier notices what is taken out of it.
#[tokio::test]
async fn m6_a_look_up_by_staff_is_an_entry_and_the_verifier_finds_a_row_that_is_gone() {
    let here = Installation::with_keys();
    here.write("policy.toml", "[captcha]\nkind = \"none\"\n");
    let policy = here.path("policy.toml").display().to_string();
    let server = here.serve_with(&[("MENFU_POLICY__FILE", &policy)]);
    let browser = here.browser();
    let who = Citizen {
        name: "林晓雨".to_owned(),
        id_type: "CN_RID".to_owned(),
        id_number: "440301199003070019".to_owned(),
        phone: "13800006021".to_owned(),
        bank: String::new(),
        card: String::new(),
    };
    let page = up_to_p3(&browser, "lin_xiaoyu", &who).await;
    let page = browser.submit(page.form().set("phone", &who.phone).press("sms")).await;
    finished(&browser.submit(later_form(&page, &who, &here.code(&who.phone).await)).await);
    let exam = here.exam();
    let page = browser.get(&exam.authorize(&[])).await;
    let back = browser.submit(page.form().press("yes")).await;
    exam.exchange(exam.returned(&back).get("code")).await;
    let look = ["people", "show", "lin_xiaoyu", "--staff", "张三", "--reason", "核对来电人身份"];
    let told = here.told(&look);
    assert!(told.contains("138****6021") && !told.contains(&who.id_number), "{told}");
    let told = here.told(&[&look[..], &["--plain", "id-number"]].concat());
    assert!(told.contains(&who.id_number) && told.contains("138****6021"), "{told}");
    assert!(here.refusal(&[&look[..2], &["nobody_here"], &look[3..]].concat(), &[]).contains("nobody has"));
    assert_eq!(here.run(&look[..5], &[]).status.code(), Some(2), "a reason is not left out");
    let page = browser.get("/account/privacy").await;
    let entries = page.texts_of("[aria-labelledby=ld] .rows li");
    assert_eq!(entries.len(), 3, "{entries:?}");
    assert!(entries[0].contains("张三") && entries[0].contains("核对来电人身份"), "{entries:?}");
    assert!(entries[0].contains("证件号码") && !entries[1].contains("证件号码"), "{entries:?}");
    assert!(here.told(&["ledger", "verify"]).contains("3 entries of 1 persons are whole"));
    server.stop();
    here.tamper("DELETE FROM ledger WHERE number = 2").await;
    let output = here.run(&["ledger", "verify"], &[]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(said.contains("entry 2 is missing") && said.contains("1 of 1"), "{said}");
}
