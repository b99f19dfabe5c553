//! Whole requests, one after another, at a provider of their own: what no parser alone can show.
//!
//! Each line of the input is a request of one and the same browser, its parts separated by tabs: `G`, path and query; `P`, path
//! and form; `C`, path, `Authorization` and form, as a program calls. Forms get the CSRF token of the page before. `{request}`,
//! `{code}`, `{token}`, `{refresh}`, `{hint}` and `{sms}` stand for what was answered before, `{tomorrow}` for that date. A line
//! `D` lets as many days pass as it says; one passes before each input. After a line `N` it is somebody else's browser.
//!
//! The database is SQLite in a temporary folder, or one of the PostgreSQL server that `MENFU_TEST_DATABASE` names.

use std::collections::BTreeMap;
use std::net::{Ipv6Addr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use chrono::TimeDelta;
use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use menfu::app::{self, NewAccount, Service};
use menfu::clients::{self, Clients, PlainSecrets};
use menfu::demo::{self, Seed};
use menfu::http::url::local;
use menfu::kernel::trace::Traces;
use menfu::kernel::{IdDocument, RealNameLevel, Secret, TraceId};
use menfu::people::HashSettings;
use menfu::policy::{CaptchaKind, Policy};
use menfu::sandbox::{self, Tables};
use menfu::storage::{authority, ephemeral, outbound};
use menfu::{limits, proofing};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tower::ServiceExt;
use url::Url;

#[path = "../support/store.rs"]
#[expect(dead_code, reason = "a provider needs a migrated database only")]
mod store;

const ISSUER: &str = "http://127.0.0.1:8080";
const KEY: &str = "key-of-the-simulators";
/// Longer is no flow of ours.
const MOST_REQUESTS: usize = 24;
/// The bureau's portal, one that needs L2, one that is not the bureau's, an application, a program.
const CLIENTS: &str = r#"
[[client]]
client_id = "exam"
client_name = "考试报名"
secret = "secret-of-exam"
redirect_uris = ["https://exam.example/callback"]
post_logout_redirect_uris = ["https://exam.example/bye"]
grant_types = ["authorization_code", "refresh_token", "client_credentials"]
scope = "openid profile phone real_name offline_access"
first_party = true

[[client]]
client_id = "insurance"
client_name = "社会保险"
secret = "secret-of-insurance"
token_endpoint_auth_method = "client_secret_post"
redirect_uris = ["https://insurance.example/callback"]
scope = "openid profile phone real_name"
first_party = true
min_person_level = "L2"
userinfo_signed_response_alg = "ES256"

[[client]]
client_id = "college"
client_name = "继续教育学院"
secret = "secret-of-college"
redirect_uris = ["https://college.example/callback"]
scope = "openid profile phone real_name"

[[client]]
client_id = "phone_app"
client_name = "掌上人社"
token_endpoint_auth_method = "none"
application_type = "native"
redirect_uris = ["http://127.0.0.1/callback", "cn.example.app:/callback"]
sector = "phone_app"
grant_types = ["authorization_code", "refresh_token"]
scope = "openid profile offline_access"
first_party = true
"#;

/// What an input asks for. Whatever they hold, no answer is a fault of ours, leads astray or repeats a tag.
pub fn requests(data: &[u8]) {
    let mut house = HOUSE.lock().unwrap_or_else(PoisonError::into_inner);
    house.get_or_insert_with(House::open).meet(std::str::from_utf8(data).unwrap_or_default());
}

/// Ends the provider and removes what it stood on.
pub fn close() {
    HOUSE.lock().unwrap_or_else(PoisonError::into_inner).take();
}

static HOUSE: Mutex<Option<House>> = Mutex::new(None);

struct House {
    router: Router,
    service: Service,
    outside: sandbox::State,
    clients: Clients,
    store: store::TestStore,
    visitors: u64,
    // The last to go.
    runtime: Runtime,
}

impl House {
    fn open() -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(Box::pin(Self::furnish())).then(runtime)
    }

    async fn furnish() -> Furnished {
        let store = store::db().await;
        let tables = Tables::embedded().unwrap();
        let outside = sandbox::State::new(tables, store.clock.clone(), Secret::from(KEY));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(sandbox::serve(listener, outside.clone(), std::future::pending()));
        let settings = settings(&address);
        let clients = settings.clients.clone();
        let service = Service::build(settings, store.base()).unwrap();
        service.init_signing_keys().await.unwrap();
        for seed in demo::seeds().unwrap().into_iter().step_by(2) {
            let account = account(&seed, store.now().china_date());
            service.open_account(&service.own_ctx(), account).await.unwrap();
        }
        Furnished { service, outside, clients, store }
    }

    /// One visitor with a browser of their own, from an address of their own.
    fn meet(&mut self, text: &str) {
        self.visitors += 1;
        self.store.clock.advance(TimeDelta::days(1));
        let mut visitor = Visitor::default();
        for line in text.split('\n').take(MOST_REQUESTS) {
            if let Some(days) = line.strip_prefix("D\t") {
                self.store.clock.advance(TimeDelta::days(i64::from(days.parse::<u8>().unwrap_or(1))));
                continue;
            }
            if line == "N" {
                visitor = Visitor::default();
                continue;
            }
            let line = self.filled_in(line, &visitor);
            let Some(request) = visitor.request(&line, self.visitors) else { continue };
            let answer = self.runtime.block_on(answer(self.router.clone(), request));
            self.judge(&line, &answer);
            visitor.hear(&answer);
        }
    }

    fn filled_in(&self, line: &str, visitor: &Visitor) -> String {
        let tomorrow = self.store.now().china_date() + TimeDelta::days(1);
        let mut line = line.replace("{tomorrow}", &tomorrow.to_string());
        for (name, value) in &visitor.heard {
            line = line.replace(name, value);
        }
        if line.contains("{sms}") {
            self.runtime.block_on(self.service.work());
            let messages = self.outside.messages(None);
            let newest = messages.first().map(|sms| sms.message.text.clone()).unwrap_or_default();
            let code = newest.split(|c: char| !c.is_ascii_digit()).find(|run| run.len() == 6);
            line = line.replace("{sms}", code.unwrap_or_default());
        }
        line
    }

    fn judge(&self, line: &str, answer: &Answer) {
        let Answer { status, headers, body } = answer;
        assert!(!status.is_server_error(), "{status} to {line:?}");
        let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap());
        assert!(text("x-request-id").is_some_and(|id| id.parse::<TraceId>().is_ok()), "{line:?}");
        assert_eq!(text("x-content-type-options"), Some("nosniff"), "{line:?}");
        assert!(
            text("content-security-policy").is_some_and(|policy| policy.contains("default-src")),
            "{line:?}"
        );
        for cookie in headers.get_all(SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            assert!(cookie.starts_with("menfu-") && cookie.contains("; HttpOnly; SameSite=Lax"), "{cookie}");
        }
        if let Some(to) = text(LOCATION.as_str()) {
            assert!(local(to).is_some() || self.is_registered(to), "{line:?} leads to {to:?}");
        }
        match text(CONTENT_TYPE.as_str()).unwrap_or_default() {
            html if html.starts_with("text/html") => assert!(!body.contains("<evil"), "{line:?}: {body}"),
            json if json.starts_with("application/json") => {
                assert!(serde_json::from_str::<serde_json::Value>(body).is_ok(), "{line:?}: {body}");
            }
            _ => {}
        }
    }

    /// What a client registered, with nothing but a query behind it; a native application chooses its port.
    fn is_registered(&self, to: &str) -> bool {
        let clients = self.clients.all();
        let mut known = clients
            .iter()
            .flat_map(|client| client.redirect_uris.iter().chain(&client.post_logout_redirect_uris));
        let (address, _) = to.split_once('?').unwrap_or((to, ""));
        let loopback = Url::parse(address).is_ok_and(|mut url| {
            url.host_str() == Some("127.0.0.1")
                && url.set_port(None).is_ok()
                && url.as_str() == "http://127.0.0.1/callback"
        });
        loopback || known.any(|uri| uri.as_str() == address)
    }
}

/// A house but for what it runs on.
struct Furnished {
    service: Service,
    outside: sandbox::State,
    clients: Clients,
    store: store::TestStore,
}

impl Furnished {
    fn then(self, runtime: Runtime) -> House {
        let Self { service, outside, clients, store } = self;
        House { router: service.router(), service, outside, clients, store, visitors: 0, runtime }
    }
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

async fn answer(router: Router, request: Request<Body>) -> Answer {
    let (head, body) = router.oneshot(request).await.unwrap().into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    Answer { status: head.status, headers: head.headers, body: String::from_utf8_lossy(&body).into_owned() }
}

/// A browser, and what it was told.
#[derive(Default)]
struct Visitor {
    cookies: BTreeMap<String, String>,
    heard: BTreeMap<&'static str, String>,
    csrf: String,
}

impl Visitor {
    fn request(&self, line: &str, number: u64) -> Option<Request<Body>> {
        let mut parts = line.split('\t');
        let (kind, target) = (parts.next()?, parts.next()?);
        let (method, authorization, body) = match kind {
            "G" => (Method::GET, None, String::new()),
            "P" => {
                let body = parts.next().unwrap_or_default();
                let csrf =
                    if body.contains("csrf=") { String::new() } else { format!("&csrf={}", self.csrf) };
                (Method::POST, None, format!("{body}{csrf}"))
            }
            "C" => {
                let (authorization, body) = (parts.next()?, parts.next());
                let method = if body.is_some() { Method::POST } else { Method::GET };
                (method, Some(authorization), body.unwrap_or_default().to_owned())
            }
            _ => return None,
        };
        let mut request = Request::builder().method(method).uri(target).body(Body::from(body)).ok()?;
        // As hyper would have it: a path, no address.
        request.uri().path_and_query().filter(|_| target.starts_with('/'))?;
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        match authorization.filter(|value| !value.is_empty()) {
            Some(value) => drop(headers.insert(AUTHORIZATION, HeaderValue::from_str(value).ok()?)),
            None if !self.cookies.is_empty() => {
                let all: Vec<_> =
                    self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
                headers.insert(COOKIE, HeaderValue::from_str(&all.join("; ")).ok()?);
            }
            None => {}
        }
        // An IPv6 network of their own.
        let address = Ipv6Addr::from((0x2001_0db8_u128 << 96) | (u128::from(number) << 64) | 1);
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from((address, 40_000))));
        Some(request)
    }

    fn hear(&mut self, answer: &Answer) {
        for cookie in answer.headers.get_all(SET_COOKIE) {
            let (name, rest) = cookie.to_str().unwrap().split_once('=').unwrap();
            let value = rest.split(';').next().unwrap_or_default();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        if let Some((_, rest)) = answer.body.split_once("name=\"csrf\" value=\"") {
            self.csrf = rest.split('"').next().unwrap_or_default().to_owned();
        }
        let location = answer.headers.get(LOCATION).and_then(|to| to.to_str().ok()).unwrap_or_default();
        let query = location.split_once('?').map_or("", |(_, query)| query);
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "request" => self.keep("{request}", &value),
                "code" => self.keep("{code}", &value),
                _ => {}
            }
        }
        let Ok(json) = serde_json::from_str::<serde_json::Value>(&answer.body) else { return };
        for (member, name) in
            [("access_token", "{token}"), ("refresh_token", "{refresh}"), ("id_token", "{hint}")]
        {
            if let Some(value) = json.get(member).and_then(serde_json::Value::as_str) {
                self.keep(name, value);
            }
        }
    }

    fn keep(&mut self, name: &'static str, value: &str) {
        self.heard.insert(name, value.to_owned());
    }
}

fn account(seed: &Seed, today: chrono::NaiveDate) -> NewAccount {
    let card = (seed.bank.clone(), seed.card_no.parse().unwrap());
    NewAccount {
        username: seed.username.parse().unwrap(),
        password: seed.password.clone(),
        name: seed.name.parse().unwrap(),
        document: IdDocument::parse(seed.id_type.parse().unwrap(), &seed.id_number, today).unwrap(),
        phone: seed.phone.parse().unwrap(),
        card: (seed.level >= RealNameLevel::L2).then_some(card),
        email: seed.email.clone(),
        about: seed.about.clone(),
    }
}

/// Without pictures to read, and with passwords that cost nothing.
fn settings(outside: &Url) -> app::Settings {
    let mut policy = Policy::embedded("reference").unwrap();
    policy.captcha.kind = CaptchaKind::None;
    let (issuer, short) =
        (ISSUER.parse::<menfu::protocol::issuer::Issuer>().unwrap(), Duration::from_secs(5));
    let registered = clients::Settings {
        file: "/nonexistent/clients.toml".into(),
        issuer: issuer.clone(),
        plain_secrets: PlainSecrets::OnLoopback,
    };
    let authority = || authority::Settings {
        url: outside.clone(),
        key: Secret::from(KEY),
        connect_timeout: short,
        timeout: short,
    };
    app::Settings {
        issuer,
        policy,
        clients: Clients::from_text(CLIENTS, registered).unwrap(),
        sms: authority(),
        proofing: proofing::Settings { bank: Some(authority()), unionpay: Some(authority()) },
        outbound: outbound::Settings::default(),
        hashing: HashSettings { memory_kib: 64, passes: 1, ..HashSettings::default() },
        ephemeral: ephemeral::Settings::default(),
        limits: limits::Settings { sign_ins_per_minute: 10_000, ..limits::Settings::default() },
        sandbox: true,
        trusted_proxies: Vec::new(),
        traces: Traces::default(),
    }
}
