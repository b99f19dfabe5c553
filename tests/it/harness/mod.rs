//! A whole provider on a loopback port, with the simulated outside world, its own database and a clock that stands
//! still until a test moves it.
//!
//! `house(async |house| { … })` starts it, runs the test, and then fails the test when a message was left undelivered.

pub mod browser;
pub mod rp;

use std::sync::Arc;

use chrono::TimeDelta;
use menfu::app::{self, Service};
use menfu::kernel::{ManualClock, Secret, SeededRng};
use menfu::policy::{CaptchaKind, Policy};
use menfu::sandbox;
use menfu::storage::Base;
use tokio::net::TcpListener;
use url::Url;

pub use crate::storage::testing as store;
pub use browser::{Browser, Form, Page};
pub use rp::{Answer, Rp, claims_of};

/// The bearer key of the simulated bank and gateway.
const AUTHORITY_KEY: &str = "key-of-the-tests";
/// The relying parties of the tests.
const CLIENTS: &str = include_str!("clients.toml");

/// The provider and its surroundings.
pub struct House {
    pub issuer: Url,
    pub clock: Arc<ManualClock>,
    pub rng: Arc<SeededRng>,
    pub sandbox: sandbox::State,
    pub service: Service,
    store: store::TestStore,
}

/// What a test may change before the house opens.
pub struct Plan {
    pub policy: Policy,
    pub clients: String,
}

impl Default for Plan {
    /// The `reference` profile without pictures to read.
    fn default() -> Self {
        Self::profile("reference")
    }
}

impl Plan {
    /// A built-in profile without pictures to read.
    pub fn profile(name: &str) -> Self {
        let mut policy = Policy::embedded(name).unwrap();
        policy.captcha.kind = CaptchaKind::None;
        Self { policy, clients: CLIENTS.to_owned() }
    }
}

/// Runs a test in a house of the `reference` profile.
pub async fn house(test: impl AsyncFnOnce(&House)) {
    house_of(Plan::default(), test).await;
}

/// Runs a test in a house of its own plan.
pub async fn house_of(plan: Plan, test: impl AsyncFnOnce(&House)) {
    let house = House::open(plan).await;
    test(&house).await;
    house.service.work().await;
    assert_eq!(house.service.undelivered().await.unwrap(), 0, "messages were left undelivered");
}

impl House {
    async fn open(plan: Plan) -> Self {
        let store = store::db().await;
        let sandbox = sandbox_of(&store).await;
        let outside = listen(sandbox::router(sandbox.clone())).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer: Url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let base = Base {
            db: store.db.clone(),
            vault: store.vault.clone(),
            clock: store.clock.clone(),
            rng: store.rng.clone(),
        };
        let settings = app::Settings::for_tests(&issuer, plan.policy, &plan.clients, &outside, AUTHORITY_KEY);
        let service = Service::build(settings, base).await.unwrap();
        service.init_signing_keys().await.unwrap();
        tokio::spawn(axum::serve(listener, service.make_service()).into_future());
        let (clock, rng) = (store.clock.clone(), store.rng.clone());
        Self { issuer, clock, rng, sandbox, service, store }
    }

    /// A new browser of somebody else.
    pub fn browser(&self) -> Browser {
        Browser::new(&self.issuer)
    }

    /// The first-party relying party of `clients.toml`.
    pub fn exam(&self) -> Rp {
        self.rp("exam", Some("secret-of-exam"))
    }

    /// The relying party that needs L2.
    pub fn insurance(&self) -> Rp {
        self.rp("insurance", Some("secret-of-insurance"))
    }

    /// Any relying party of `clients.toml`; its redirect URI is `https://<id>.example/callback`.
    pub fn rp(&self, id: &str, secret: Option<&str>) -> Rp {
        Rp::new(&self.issuer, id, secret, &format!("https://{id}.example/callback"))
    }

    /// Works off what is due: messages, bank jobs.
    pub async fn work(&self) {
        self.service.work().await;
    }

    pub fn pass(&self, time: TimeDelta) {
        self.clock.advance(time);
    }

    /// The text of the newest SMS to a phone.
    pub async fn sms(&self, phone: &str) -> String {
        self.work().await;
        let messages = self.sandbox.messages(Some(phone));
        messages.first().unwrap_or_else(|| panic!("no SMS to {phone}")).message.text.clone()
    }

    /// The six digits in the newest SMS to a phone.
    pub async fn code(&self, phone: &str) -> String {
        let text = self.sms(phone).await;
        let digits: Vec<_> = text.split(|c: char| !c.is_ascii_digit()).filter(|run| run.len() == 6).collect();
        (*digits.first().unwrap_or_else(|| panic!("no code in {text}"))).to_owned()
    }
}
