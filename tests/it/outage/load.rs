//! People and portals who go on whatever happens: who is told to come again comes again.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use reqwest::header::HeaderMap;
use tokio::task::JoinSet;

use super::ledger::{Account, Ledger, Parked};
use crate::citizens::{Citizen, DONE, PASSWORD, identity_form, later_form, login_form, numbered};
use crate::harness::{Answer, Browser, Page, Rp};
use crate::people::typed;
use crate::town::{Town, rest};

/// Before somebody comes again.
const PAUSE: Duration = Duration::from_millis(100);
/// How long somebody looks at a phone before starting anew.
const GIVES_UP: Duration = Duration::from_secs(5);
/// More pages than any wizard has, with the looks at a phone.
const PAGES: usize = 150;
/// Accounts whose holders sign in again and again.
const REGULARS: usize = 2;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Registration,
    SignIn,
    /// A code for a live session, and its exchange.
    Code,
    Refresh,
    /// A request that waits for somebody to sign in.
    Parking,
}

impl Kind {
    pub const ALL: [Self; 5] = [Self::Registration, Self::SignIn, Self::Code, Self::Refresh, Self::Parking];
}

/// A request that was not served.
#[derive(Clone, Debug)]
pub struct Fault {
    pub kind: Kind,
    /// When that was known.
    pub at: Instant,
    /// The connection broke.
    pub broken: bool,
    /// What was wrong with what was told.
    pub wrong: Option<String>,
}

/// What all of them share.
struct Desk {
    town: Arc<Town>,
    exam: Rp,
    over: AtomicBool,
    /// Everybody signs in somewhere else: each place has its rate.
    places: AtomicUsize,
    ledger: Mutex<Ledger>,
    faults: Mutex<Vec<Fault>>,
    successes: Mutex<BTreeMap<Kind, usize>>,
}

/// It did not work; whoever asked comes again.
struct Again;

/// All who are at it.
pub struct Load {
    desk: Arc<Desk>,
    all: Mutex<JoinSet<()>>,
}

impl Load {
    pub async fn begin(town: &Arc<Town>) -> Self {
        let desk = Arc::new(Desk {
            town: town.clone(),
            exam: town.exam(),
            over: AtomicBool::new(false),
            places: AtomicUsize::new(10_000),
            ledger: Mutex::default(),
            faults: Mutex::default(),
            successes: Mutex::default(),
        });
        let mut all = JoinSet::new();
        for number in 0..REGULARS {
            while desk.registers(number).await.is_err() {}
            all.spawn(desk.clone().keeps(number, Kind::SignIn));
            all.spawn(desk.clone().keeps(number, Kind::Code));
            all.spawn(desk.clone().keeps(number, Kind::Refresh));
        }
        all.spawn(desk.clone().keeps(0, Kind::Parking));
        all.spawn(desk.clone().newcomers(1000));
        all.spawn(desk.clone().newcomers(2000));
        Self { desk, all: Mutex::new(all) }
    }

    /// Waits until every kind has succeeded so often from now on.
    pub async fn everybody_succeeds(&self, times: usize) {
        self.succeed(&Kind::ALL, times).await;
    }

    pub async fn succeed(&self, kinds: &[Kind], times: usize) {
        let count = |kind: &Kind| self.desk.successes.lock().unwrap().get(kind).copied().unwrap_or(0);
        let before: Vec<_> = kinds.iter().map(|kind| (kind, count(kind))).collect();
        let begin = Instant::now();
        while let Some((kind, _)) = before.iter().find(|(kind, before)| count(kind) < before + times) {
            self.nobody_has_ended();
            rest(begin, &format!("{kind:?} with success; faults: {:#?}", self.faults_since(begin).last()))
                .await;
        }
    }

    fn nobody_has_ended(&self) {
        if let Some(ended) = self.all.lock().unwrap().try_join_next() {
            ended.unwrap();
            panic!("somebody has given up");
        }
    }

    pub async fn meets_a_fault_since(&self, begun: Instant) {
        while self.faults_since(begun).is_empty() {
            rest(begun, "an error").await;
        }
    }

    pub fn faults_since(&self, begun: Instant) -> Vec<Fault> {
        self.desk.faults.lock().unwrap().iter().filter(|fault| fault.at >= begun).cloned().collect()
    }

    /// Lets everybody come to an end.
    pub async fn end(self) -> Ledger {
        self.desk.over.store(true, Ordering::SeqCst);
        let mut all = self.all.into_inner().unwrap();
        while let Some(one) = all.join_next().await {
            one.unwrap();
        }
        std::mem::take(&mut *self.desk.ledger.lock().unwrap())
    }
}

impl Desk {
    fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }

    fn succeeded(&self, kind: Kind, note: impl FnOnce(&mut Ledger)) {
        note(&mut self.ledger.lock().unwrap());
        *self.successes.lock().unwrap().entry(kind).or_default() += 1;
    }

    async fn failed(&self, kind: Kind, broken: bool, wrong: Option<String>) -> Again {
        self.faults.lock().unwrap().push(Fault { kind, at: Instant::now(), broken, wrong });
        tokio::time::sleep(PAUSE).await;
        Again
    }

    /// A page, unless it is one of an outage.
    async fn page(&self, kind: Kind, got: Result<Page, reqwest::Error>) -> Result<Page, Again> {
        match got {
            Ok(page) if page.status.is_server_error() => {
                let text = page.text();
                let told = text.contains("系统繁忙，请稍后再试");
                let wrong = wrong(page.status.as_u16(), &page.headers, |trace| told && text.contains(trace));
                Err(self
                    .failed(kind, false, wrong.map(|wrong| format!("{wrong}: {} {text}", page.url)))
                    .await)
            }
            Ok(page) => Ok(page),
            Err(error) => Err(self.failed(kind, true, Some(error.to_string())).await),
        }
    }

    /// What an endpoint answers, unless it is an outage.
    async fn answer(&self, kind: Kind, got: Result<Answer, reqwest::Error>) -> Result<Answer, Again> {
        match got {
            Ok(answer) if answer.status.is_server_error() => {
                let told = answer.json["error"] == "temporarily_unavailable";
                let wrong = wrong(answer.status.as_u16(), &answer.headers, |_| told);
                Err(self.failed(kind, false, wrong.map(|wrong| format!("{wrong}: {}", answer.json))).await)
            }
            Ok(answer) => Ok(answer),
            Err(error) => Err(self.failed(kind, true, Some(error.to_string())).await),
        }
    }

    /// One after the other, each new.
    async fn newcomers(self: Arc<Self>, from: usize) {
        let mut number = from;
        while !self.is_over() {
            // Who gave up is another one next time.
            let _ = self.registers(number).await;
            number += 1;
        }
    }

    /// Somebody who does the same thing until the end.
    async fn keeps(self: Arc<Self>, number: usize, kind: Kind) {
        let (mut browser, mut refresh_token) = (self.town.browser(number), None);
        while !self.is_over() {
            // Whoever failed comes again.
            let _ = match kind {
                Kind::SignIn => self.signs_in(kind, number, &mut browser).await.map(|_| ()),
                Kind::Code => self.gets_a_code(number, &mut browser).await,
                Kind::Refresh => self.refreshes(number, &mut refresh_token).await,
                Kind::Parking => self.parks().await,
                Kind::Registration => return,
            };
            // Steady, not as much as the machine bears.
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Through the wizard, by reloading the page at which it stands.
    async fn registers(&self, number: usize) -> Result<(), Again> {
        let (browser, who) = (self.town.browser(number), citizen(number));
        let mut address = "/register/person".to_owned();
        let (mut begun, mut asked) = (None, false);
        for _ in 0..PAGES {
            let Ok(page) = self.page(Kind::Registration, browser.try_get(&address).await).await else {
                continue;
            };
            page.url.path().clone_into(&mut address);
            let form = match address.as_str() {
                DONE => {
                    let account = Account { username: username(number), number };
                    self.succeeded(Kind::Registration, |ledger| ledger.accounts.push(account));
                    return Ok(());
                }
                "/register/person" if begun.is_some() => return Err(Again),
                "/register/person" => login_form(&page, &username(number)),
                "/register/person/identity" => identity_form(&page, &who),
                "/register/person/verify" => match self.town.code(&who.phone) {
                    Some(code) => later_form(&page, &who, &code),
                    None if !asked => page.form().set("phone", &who.phone).press("sms"),
                    None if self.is_over() || begun.is_some_and(|at: Instant| at.elapsed() > GIVES_UP) => {
                        return Err(Again);
                    }
                    None => {
                        tokio::time::sleep(PAUSE).await;
                        continue;
                    }
                },
                _ => panic!("{} is no page of a registration:\n{}", page.url, page.text()),
            };
            let asks_for_code = form.value("do") == Some("sms");
            let Ok(next) = self.page(Kind::Registration, browser.try_submit(form).await).await else {
                continue;
            };
            if address == "/register/person" || asks_for_code {
                begun = Some(Instant::now());
            }
            asked |= asks_for_code;
            next.url.path().clone_into(&mut address);
        }
        Err(Again)
    }

    /// In a new browser, for the portal; tells the code.
    async fn signs_in(&self, kind: Kind, number: usize, browser: &mut Browser) -> Result<String, Again> {
        *browser = self.town.browser(self.places.fetch_add(1, Ordering::SeqCst));
        let request = self.exam.authorize(&[("scope", "openid offline_access"), ("prompt", "login")]);
        let login = self.page(kind, browser.try_get(&request).await).await?;
        let form = typed(&login, &username(number), PASSWORD);
        let back = self.page(kind, browser.try_submit(form).await).await?;
        let code = self.exam.returned(&back).get("code").to_owned();
        self.succeeded(kind, |ledger| ledger.sign_ins += 1);
        Ok(code)
    }

    /// With the live session, or after a sign-in where there is none.
    async fn gets_a_code(&self, number: usize, browser: &mut Browser) -> Result<(), Again> {
        if browser.cookie("menfu-session").is_none() {
            self.signs_in(Kind::SignIn, number, browser).await?;
        }
        let request = self.exam.authorize(&[("scope", "openid"), ("prompt", "none")]);
        let back = self.page(Kind::Code, browser.try_get(&request).await).await?;
        let returned = self.exam.returned(&back);
        // Who asks in silence hears in the redirect what a person would see on the page.
        if returned.find("error") == Some("temporarily_unavailable") {
            return Err(self.failed(Kind::Code, false, None).await);
        }
        let code = returned.get("code").to_owned();
        let Some(tokens) = self.exchanged(Kind::Code, &code).await? else { return Ok(()) };
        let token = tokens.text("access_token").to_owned();
        self.succeeded(Kind::Code, |ledger| ledger.access_tokens.push(token));
        Ok(())
    }

    /// Offers a code until it is judged. Nothing, when an attempt of which nobody heard may have used it up.
    async fn exchanged(&self, kind: Kind, code: &str) -> Result<Option<Answer>, Again> {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", self.exam.redirect_uri.as_str()),
            ("code_verifier", crate::harness::rp::VERIFIER),
        ];
        let mut doubtful = false;
        loop {
            let got = self.exam.try_post("/token", &form).await;
            match self.answer(kind, got).await {
                Ok(answer) if answer.status == 200 => return Ok(Some(answer)),
                Ok(answer) => {
                    assert!(doubtful, "a fresh code is refused: {}", answer.json);
                    return Ok(None);
                }
                Err(Again) => doubtful = true,
            }
        }
    }

    /// The next of the family's tokens, or a new family.
    async fn refreshes(&self, number: usize, current: &mut Option<String>) -> Result<(), Again> {
        let Some(token) = current.take() else {
            let mut browser = self.town.browser(number);
            let code = self.signs_in(Kind::SignIn, number, &mut browser).await?;
            let tokens = self.exchanged(Kind::Refresh, &code).await?;
            *current = tokens.map(|tokens| tokens.text("refresh_token").to_owned());
            return Ok(());
        };
        let form = [("grant_type", "refresh_token"), ("refresh_token", token.as_str())];
        let mut doubtful = false;
        let answer = loop {
            match self.answer(Kind::Refresh, self.exam.try_post("/token", &form).await).await {
                Ok(answer) => break answer,
                Err(Again) => doubtful = true,
            }
        };
        if answer.status != 200 {
            // The successor went out before and was not heard of; who comes back too late has lost the family.
            assert!(doubtful, "the newest refresh token is refused: {}", answer.json);
            self.ledger.lock().unwrap().refresh_tokens.retain(|known| *known != token);
            return Ok(());
        }
        let next = answer.text("refresh_token").to_owned();
        *current = Some(next.clone());
        self.succeeded(Kind::Refresh, |ledger| {
            ledger.refreshes += 1;
            ledger.refresh_tokens.retain(|known| *known != token);
            ledger.refresh_tokens.push(next);
        });
        Ok(())
    }

    /// A request that waits at the sign-in page.
    async fn parks(&self) -> Result<(), Again> {
        let browser = self.town.browser(0);
        let page = self.page(Kind::Parking, browser.try_get(&self.exam.authorize(&[])).await).await?;
        assert_eq!(page.url.path(), "/login", "{}", page.text());
        self.succeeded(Kind::Parking, |ledger| {
            ledger.parked.push(Parked { browser, address: page.url.into() });
        });
        Ok(())
    }
}

/// What is wrong with the answer of an outage.
fn wrong(status: u16, headers: &HeaderMap, told: impl Fn(&str) -> bool) -> Option<String> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let wait: Option<u64> = header("retry-after").parse().ok();
    let right = status == 503 && wait.is_some_and(|wait| (1..=5).contains(&wait));
    let trace = header("x-request-id");
    (!right || trace.len() < 32 || !told(trace))
        .then(|| format!("{status}, retry-after {wait:?}, trace {trace:?}"))
}

fn username(number: usize) -> String {
    format!("resident_{number}")
}

fn citizen(number: usize) -> Citizen {
    let like = Citizen {
        name: "欧阳晓晴".to_owned(),
        id_type: "CN_RID".to_owned(),
        id_number: String::new(),
        phone: String::new(),
        bank: String::new(),
        card: String::new(),
    };
    numbered(&like, number)
}
