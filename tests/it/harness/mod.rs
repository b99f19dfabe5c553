//! A whole provider on a loopback port, with the simulated outside world, its own database and a clock that stands
//! still until a test moves it.
//!
//! `house(async |house| { … })` starts it, runs the test, and then fails the test when a message was left undelivered.

mod balancer;
pub mod browser;
mod keys;
mod nodes;
pub mod rp;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use menfu::app::{self, Service};
use menfu::clients::{self, Clients, PlainSecrets};
use menfu::http::proxy::Network;
use menfu::kernel::trace::Traces;
use menfu::kernel::{ManualClock, Secret};
use menfu::people::HashSettings;
use menfu::policy::{CaptchaKind, Policy};
use menfu::protocol::issuer::Issuer;
use menfu::sandbox::{self, Tables};
use menfu::storage::{Base, authority, ephemeral, outbound};
use menfu::{limits, proofing};
use tokio::net::TcpListener;
use url::Url;

use crate::{servers, store};
pub use balancer::Balancer;
pub use browser::{Browser, Form, Page};
pub use nodes::{Nodes, nodes, nodes_of};
pub use rp::{Answer, Rp, claims_of, header_of};

/// The bearer key of the simulated bank and gateway.
const AUTHORITY_KEY: &str = "key-of-the-tests";
/// The relying parties of the tests.
const CLIENTS: &str = include_str!("clients.toml");

/// The provider and its surroundings.
pub struct House {
    pub issuer: Url,
    pub clock: Arc<ManualClock>,
    pub sandbox: sandbox::State,
    pub service: Service,
    pub policy: Policy,
    ephemeral: ephemeral::Settings,
    store: store::TestStore,
}

/// What a test may change before the house opens.
#[derive(Clone)]
pub struct Plan {
    pub policy: Policy,
    pub clients: String,
    /// Instead of what the whole suite uses.
    pub ephemeral: Option<ephemeral::Settings>,
    /// Whether UnionPay is configured.
    pub unionpay: bool,
    pub trusted_proxies: Vec<Network>,
    pub traces: Traces,
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
        // Nearly every story opens several browsers; those about it switch it on.
        policy.login.new_device = false;
        Self {
            policy,
            clients: CLIENTS.to_owned(),
            ephemeral: None,
            unionpay: true,
            trusted_proxies: Vec::new(),
            traces: Traces::default(),
        }
    }
}

/// Runs a test in a house of the `reference` profile.
pub async fn house(test: impl AsyncFnOnce(&House)) {
    house_of(Plan::default(), test).await;
}

/// Runs a test in a house of its own plan.
pub async fn house_of(plan: Plan, test: impl AsyncFnOnce(&House)) {
    let house = Box::pin(House::open(plan)).await;
    test(&house).await;
    house.is_left_in_order().await;
}

/// Runs a test that takes the house's database away; nobody can look at what is left.
pub async fn house_that_falls(test: impl AsyncFnOnce(&House)) {
    test(&Box::pin(House::open(Plan::default())).await).await;
}

/// The store of the whole suite for what may be lost, with a prefix of its own.
pub fn ephemeral() -> ephemeral::Settings {
    servers::shared().map_or_else(ephemeral::Settings::default, |url| servers::settings(vec![url]))
}

impl House {
    async fn open(plan: Plan) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (house, _) = Self::behind(plan, listener.local_addr().unwrap()).await;
        serve(&house.service, listener);
        house
    }

    /// A house that is known by this address and listens nowhere yet, and what another node of it is made of.
    async fn behind(plan: Plan, address: SocketAddr) -> (Self, app::Settings) {
        let store = store::db().await;
        let (outside, sandbox) = sandbox_of(&store).await;
        let issuer: Issuer = format!("http://{address}").parse().unwrap();
        let policy = plan.policy.clone();
        let ephemeral = plan.ephemeral.clone().unwrap_or_else(ephemeral);
        let settings =
            |plan| app::Settings { ephemeral: ephemeral.clone(), ..settings(&issuer, plan, &outside) };
        let (own, other) = (settings(plan.clone()), settings(plan));
        let service = Service::build(own, store.base()).unwrap();
        keys::put_into(&store).await;
        let clock = store.clock.clone();
        let issuer = issuer.as_str().parse().unwrap();
        (Self { issuer, clock, sandbox, service, policy, ephemeral, store }, other)
    }

    async fn is_left_in_order(&self) {
        self.service.work().await;
        assert_eq!(self.service.undelivered().await.unwrap(), 0, "messages were left undelivered");
    }

    /// A connection of its own to what the house stands on.
    pub async fn another_base(&self) -> Base {
        self.store.another_base().await
    }

    /// What the rooms stand on.
    pub fn base(&self) -> Base {
        self.store.base()
    }

    /// A new browser of somebody else.
    pub fn browser(&self) -> Browser {
        Browser::new(&self.issuer)
    }

    /// A new browser at another source, any 127.x.y.z.
    pub fn browser_at(&self, address: &str) -> Browser {
        Browser::at(&self.issuer, address)
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
        if !self.ephemeral.is_memory() {
            servers::pass(&self.ephemeral.urls[0], &self.ephemeral.prefix, time);
        }
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
        code_in(&text).unwrap_or_else(|| panic!("no code in {text}")).to_owned()
    }
}

/// Serves from now on.
fn serve(service: &Service, listener: TcpListener) {
    let routes = service.router().into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(axum::serve(listener, routes).into_future());
}

/// The first run of six digits.
pub fn code_in(text: &str) -> Option<&str> {
    text.split(|c: char| !c.is_ascii_digit()).find(|run| run.len() == 6)
}

/// The simulated bank and SMS gateway on a port of their own.
pub async fn sandbox_of(store: &store::TestStore) -> (Url, sandbox::State) {
    let state =
        sandbox::State::new(Tables::embedded().unwrap(), store.clock.clone(), Secret::from(AUTHORITY_KEY));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(sandbox::serve(listener, state.clone(), std::future::pending()));
    (address, state)
}

/// What a provider of this plan is made of.
pub fn settings(issuer: &Issuer, plan: Plan, outside: &Url) -> app::Settings {
    let registered = clients::Settings {
        file: "clients.toml".into(),
        issuer: issuer.clone(),
        plain_secrets: PlainSecrets::OnLoopback,
    };
    app::Settings {
        issuer: issuer.clone(),
        policy: plan.policy,
        clients: Clients::from_text(&plan.clients, registered).unwrap(),
        sms: authority(outside),
        proofing: proofing::Settings {
            bank: Some(authority(outside)),
            unionpay: plan.unionpay.then(|| authority(outside)),
        },
        outbound: outbound::Settings { allow_loopback: true, ..outbound::Settings::default() },
        // Cheap: what a password costs is measured elsewhere.
        hashing: HashSettings { memory_kib: 64, passes: 1, ..HashSettings::default() },
        ephemeral: ephemeral::Settings::default(),
        limits: limits::Settings { sign_ins_per_minute: 10_000, ..limits::Settings::default() },
        sandbox: true,
        trusted_proxies: plan.trusted_proxies,
        traces: plan.traces,
    }
}

/// One of the simulated authorities; the limits are short, for tests that let it hang.
fn authority(outside: &Url) -> authority::Settings {
    authority::Settings {
        url: outside.clone(),
        key: Secret::from(AUTHORITY_KEY),
        connect_timeout: Duration::from_secs(2),
        timeout: Duration::from_secs(2),
    }
}
