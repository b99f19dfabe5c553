//! The operations: each is what a relying party or a browser does, over HTTP.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use reqwest::header::{COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::{Client, StatusCode, redirect};
use serde_json::Value;
use url::Url;

use super::Options;
use super::data;
use super::meter::{Meters, Round, Watch};
use super::server::{CLIENT_ID, CLIENT_SECRET, REDIRECT, Server};

/// The verifier of RFC 7636, appendix B, and its challenge.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// Between one account and the next, so that no two lanes and no two rounds share a page of the database.
const STRIDE: usize = 7919;

/// What is measured, in the order of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Discovery,
    ClientCredentials,
    CodeFlow,
    CodeFlowAndUserinfo,
    Refresh,
    RefreshOfAnother,
    Introspection,
    PasswordSignin,
    PasswordForm,
}

impl Operation {
    pub const ALL: [Self; 9] = [
        Self::Discovery,
        Self::ClientCredentials,
        Self::CodeFlow,
        Self::CodeFlowAndUserinfo,
        Self::Refresh,
        Self::RefreshOfAnother,
        Self::Introspection,
        Self::PasswordSignin,
        Self::PasswordForm,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Discovery => "discovery",
            Self::ClientCredentials => "client credentials",
            Self::CodeFlow => "code flow, live session",
            Self::CodeFlowAndUserinfo => "the same with userinfo",
            Self::Refresh => "refresh",
            // Rows that nobody touched since they were written.
            Self::RefreshOfAnother => "refresh, somebody else's each time",
            Self::Introspection => "introspection",
            Self::PasswordSignin => "password sign-in",
            // From a page that was open already.
            Self::PasswordForm => "password sign-in, its form alone",
        }
    }

    /// What is cheap is done more often, what is dear less.
    const fn repeated(self, operations: usize) -> usize {
        match self {
            Self::Discovery => operations * 5,
            Self::PasswordSignin | Self::PasswordForm => operations.div_ceil(10),
            _ => operations,
        }
    }

    const fn needs_session(self) -> bool {
        !matches!(
            self,
            Self::Discovery
                | Self::ClientCredentials
                | Self::RefreshOfAnother
                | Self::PasswordSignin
                | Self::PasswordForm
        )
    }
}

/// One browser and one relying party that take turns; several of them load the server.
pub struct Lane {
    http: Client,
    issuer: Url,
    cookies: Vec<(String, String)>,
    username: String,
    /// What a reverse proxy says of the browser: each person signs in from a network of their own.
    address: String,
    refresh_token: String,
    access_token: String,
    /// Opened before anything is measured.
    page: Option<Page>,
}

/// The sign-in page in a browser.
#[derive(Clone)]
struct Page {
    csrf: String,
    cookies: Vec<(String, String)>,
}

/// What was used is not used again.
impl Drop for Load {
    fn drop(&mut self) {
        data::keep(&self.folder, &self.tokens.lock().expect("no lane died"));
    }
}

/// The load on one server.
pub struct Load {
    issuer: Url,
    meters: Meters,
    lanes: usize,
    operations: usize,
    accounts: usize,
    people: AtomicUsize,
    /// Of grants that nobody used yet.
    tokens: Mutex<Vec<String>>,
    folder: PathBuf,
}

impl Load {
    pub fn new(server: &Server, options: &Options) -> Self {
        Self {
            issuer: server.issuer.clone(),
            meters: server.meters,
            lanes: options.lanes,
            operations: options.operations,
            accounts: server.size.accounts,
            people: AtomicUsize::new(0),
            tokens: Mutex::new(data::refresh_tokens(&server.folder)),
            folder: server.folder.clone(),
        }
    }

    /// One round: the operations are shared between the lanes; preparation is not measured.
    pub async fn round(self: &Arc<Self>, operation: Operation) -> Round {
        let total = operation.repeated(self.operations);
        let mut lanes = Vec::new();
        for _ in 0..self.lanes {
            lanes.push(self.lane(operation).await);
        }
        let left = Arc::new(AtomicUsize::new(total));
        let watch = Watch::start(self.meters);
        let drive = |lane| tokio::spawn(Arc::clone(self).drive(lane, operation, Arc::clone(&left)));
        let runs: Vec<_> = lanes.into_iter().map(drive).collect();
        let mut latencies = Vec::with_capacity(total);
        for run in runs {
            latencies.extend(run.await.expect("a lane ends well"));
        }
        watch.stop(latencies)
    }

    pub async fn drive(
        self: Arc<Self>,
        mut lane: Lane,
        operation: Operation,
        left: Arc<AtomicUsize>,
    ) -> Vec<Duration> {
        let mut latencies = Vec::new();
        while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)).is_ok() {
            let started = Instant::now();
            self.once(&mut lane, operation).await;
            latencies.push(started.elapsed());
        }
        latencies
    }

    pub async fn once(&self, lane: &mut Lane, operation: Operation) {
        match operation {
            Operation::Discovery => lane.read("/.well-known/openid-configuration", "").await,
            Operation::ClientCredentials => {
                lane.token(&[("grant_type", "client_credentials")]).await;
            }
            Operation::CodeFlow => {
                lane.code_flow().await;
            }
            Operation::CodeFlowAndUserinfo => {
                let answer = lane.code_flow().await;
                lane.read("/userinfo", text(&answer, "access_token")).await;
            }
            Operation::Refresh => lane.refresh().await,
            Operation::RefreshOfAnother => {
                let next = self.tokens.lock().expect("no lane died").pop();
                lane.refresh_token = next.expect("fewer operations, or a database filled anew");
                lane.refresh().await;
            }
            Operation::Introspection => {
                let answer = lane.post("/introspect", &[("token", &lane.access_token)]).await;
                assert_eq!(answer["active"], true);
            }
            Operation::PasswordSignin => {
                self.next_person(lane);
                let page = lane.open_page().await;
                lane.send(&page).await;
            }
            Operation::PasswordForm => {
                self.next_person(lane);
                let page = lane.page.clone().expect("a lane with an open page");
                lane.cookies.clone_from(&page.cookies);
                lane.send(&page).await;
            }
        }
    }

    pub async fn lane(&self, operation: Operation) -> Lane {
        let mut lane = Lane::new(&self.issuer);
        self.next_person(&mut lane);
        if operation.needs_session() {
            let page = lane.open_page().await;
            lane.send(&page).await;
            let answer = lane.code_flow().await;
            text(&answer, "refresh_token").clone_into(&mut lane.refresh_token);
            text(&answer, "access_token").clone_into(&mut lane.access_token);
        }
        if operation == Operation::PasswordForm {
            lane.page = Some(lane.open_page().await);
        }
        lane
    }

    /// Somebody else's browser.
    fn next_person(&self, lane: &mut Lane) {
        let number = self.people.fetch_add(1, Ordering::Relaxed);
        lane.cookies.clear();
        lane.username = data::username(number * STRIDE % self.accounts);
        lane.address = format!("10.{}.{}.1", number / 256 % 256, number % 256);
    }
}

impl Lane {
    fn new(issuer: &Url) -> Self {
        let http = Client::builder().redirect(redirect::Policy::none()).no_proxy().build().expect("a client");
        Self {
            http,
            issuer: issuer.clone(),
            cookies: Vec::new(),
            username: String::new(),
            address: String::new(),
            refresh_token: String::new(),
            access_token: String::new(),
            page: None,
        }
    }

    fn at(&self, path: &str) -> Url {
        self.issuer.join(path).expect("a path")
    }

    fn cookie(&self) -> String {
        self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    /// Something that is read, with an access token or without.
    async fn read(&self, path: &str, token: &str) {
        let mut request = self.http.get(self.at(path));
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.bytes().await.expect("a body");
    }

    /// Authorize and token.
    async fn code_flow(&self) -> Value {
        let query = [
            ("response_type", "code"),
            ("client_id", CLIENT_ID),
            ("redirect_uri", REDIRECT),
            ("scope", "openid profile real_name"),
            ("state", "s"),
            ("nonce", "n"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        let request = self.http.get(self.at("/authorize")).query(&query).header(COOKIE, self.cookie());
        let answer = request.send().await.expect("an answer");
        let location =
            answer.headers().get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let back = Url::parse(location).unwrap_or_else(|_| panic!("{}: {location:?}", answer.status()));
        let code = back.query_pairs().find(|(key, _)| key == "code").expect("a code").1.into_owned();
        self.token(&[
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
        ])
        .await
    }

    async fn refresh(&mut self) {
        let form = [("grant_type", "refresh_token"), ("refresh_token", self.refresh_token.as_str())];
        let answer = self.token(&form).await;
        text(&answer, "refresh_token").clone_into(&mut self.refresh_token);
    }

    async fn token(&self, form: &[(&str, &str)]) -> Value {
        self.post("/token", form).await
    }

    /// As the client.
    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Value {
        let request = self.http.post(self.at(path)).basic_auth(CLIENT_ID, Some(CLIENT_SECRET)).form(form);
        let answer = request.send().await.expect("an answer");
        let status = answer.status();
        let json: Value = answer.json().await.expect("JSON");
        assert_eq!(status, StatusCode::OK, "{path}: {json}");
        json
    }

    async fn open_page(&mut self) -> Page {
        let page = self.http.get(self.at("/login")).header("x-forwarded-for", &self.address);
        let page = page.send().await.expect("an answer");
        self.keep(&page);
        let html = page.text().await.expect("a page");
        let csrf = html.split_once("name=\"csrf\" value=\"").and_then(|(_, rest)| rest.split_once('"'));
        let csrf = csrf.expect("a token in the form").0.to_owned();
        Page { csrf, cookies: self.cookies.clone() }
    }

    /// Its form.
    async fn send(&mut self, page: &Page) {
        let form = [("csrf", page.csrf.as_str()), ("username", &self.username), ("password", data::PASSWORD)];
        let request = self.http.post(self.at("/login")).header(COOKIE, self.cookie()).form(&form);
        let request = request.header("x-forwarded-for", &self.address);
        let request = request.header(ORIGIN, self.issuer.origin().ascii_serialization());
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "sign-in of {} failed", self.username);
        self.keep(&answer);
    }

    fn keep(&mut self, answer: &reqwest::Response) {
        for header in answer.headers().get_all(SET_COOKIE) {
            let pair = header.to_str().expect("text").split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').expect("a name");
            self.cookies.retain(|(known, _)| known != name);
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
    }
}

fn text<'a>(answer: &'a Value, name: &str) -> &'a str {
    answer[name].as_str().expect("a text")
}
