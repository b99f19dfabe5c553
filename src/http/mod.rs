//! The web: routes, pages and protocol endpoints. A handler extracts, calls one use case, presents.
//!
//! `router` shows all routes on one screen, `url` spells every path once, `visit` makes what a handler knows of the
//! browser, `form` reads posts with their CSRF token, `failure` is what ends a request without its page. May use: all
//! use cases below, `render`.

pub mod cookies;
pub mod failure;
pub mod form;
pub mod guard;
pub mod health;
pub mod meter;
pub mod oidc;
pub mod page;
pub mod pages;
pub mod proxy;
pub mod router;
pub mod site;
mod traced;
pub mod url;
pub mod view;
pub mod visit;

use std::ops::Deref;
use std::sync::Arc;

use ::url::Url;

use crate::audit::Audit;
use crate::clients::Clients;
use crate::consents::Consents;
use crate::kernel::trace::Traces;
use crate::keys::Keys;
use crate::ledger::Ledger;
use crate::limits::Limits;
use crate::notify::Notify;
use crate::ownership::Ownership;
use crate::people::People;
use crate::policy::Policy;
use crate::proofing::{Proofing, Worker};
use crate::provider::Provider;
use crate::recovery::Recovery;
use crate::render::Renderer;
use crate::sessions::Sessions;
use crate::signin::Signin;
use crate::signup::Signup;
use crate::storage::Base;

pub use failure::Failure;
pub use form::Posted;
pub use visit::Visit;

/// Everything a handler may call; cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Rooms>);

/// The use cases and what pages need to be shown.
pub struct Rooms {
    /// Where the provider is: scheme, host and port.
    pub issuer: Url,
    /// Whose `X-Forwarded-For` and `X-Request-Id` are believed.
    pub trusted_proxies: Vec<proxy::Network>,
    /// Counts requests and what came of them.
    pub meter: meter::Meter,
    /// Traces them, where that is wanted.
    pub traces: Traces,
    /// How cookies are written on this issuer.
    pub cookies: cookies::Cookies,
    /// Whether the outside authorities are simulated: every page shows 测试环境.
    pub sandbox: bool,
    /// The bureau's rules.
    pub policy: Arc<Policy>,
    /// Who runs the site, in each language.
    pub sites: site::Sites,
    /// Makes pages.
    pub renderer: Arc<Renderer>,
    /// Database, vault, clock, randomness.
    pub base: Base,
    /// Accounts of natural persons.
    pub people: People,
    /// Evidence and levels.
    pub proofing: Proofing,
    /// Asks about cards.
    pub cards: Worker,
    /// Registration, and the bank check of a signed-in person.
    pub signup: Signup,
    /// Whose a phone is, and the veto of the one before.
    pub ownership: Ownership,
    /// What was released of a person, for that person.
    pub ledger: Ledger,
    pub recovery: Recovery,
    /// Password sign-in.
    pub signin: Signin,
    /// SSO sessions.
    pub sessions: Sessions,
    /// The OpenID provider's use cases.
    pub provider: Provider,
    /// Captchas and rates.
    pub limits: Limits,
    /// SMS.
    pub notify: Notify,
    /// Signing keys.
    pub keys: Keys,
    /// Relying parties.
    pub clients: Clients,
    /// Remembered grants and ticks.
    pub consents: Consents,
    /// What happened, for its owner to read.
    pub audit: Audit,
}

impl App {
    /// The application over its rooms.
    #[must_use]
    pub fn new(rooms: Rooms) -> Self {
        Self(Arc::new(rooms))
    }

    /// The origin that our own forms are posted from.
    #[must_use]
    pub fn origin(&self) -> String {
        self.issuer.origin().ascii_serialization()
    }
}

impl Deref for App {
    type Target = Rooms;

    fn deref(&self) -> &Rooms {
        &self.0
    }
}
