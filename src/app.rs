//! Wiring: the only place besides the commands that knows every concrete type.
//!
//! [`Service::build`] makes all rooms over one [`Base`]; [`Service::serve`] listens (`door`, `tls`, `figures`), works off what
//! is due (outbox, bank jobs, sweeping) and ends gracefully.

mod counted;
#[cfg(feature = "sandbox")]
pub mod crowd;
mod door;
mod figures;
mod outside;
mod seed;
mod serve;
mod tls;
pub mod vault;

pub use door::Bounds;
use outside::{Gates, reachable};
pub use seed::NewAccount;
pub use serve::Doors;
pub use tls::{Tls, TlsError, TlsFiles};

use std::sync::Arc;

use axum::Router;
use tokio::task::JoinSet;
use url::Url;

use self::counted::Counted;
use crate::audit::Audit;
use crate::clients::{Clients, ClientsError, KeySets};
use crate::consents::Consents;
use crate::http::view::{Privacy, Terms};
use crate::http::{self, App, cookies::Cookies, meter::Meter, proxy::Network, site::Sites, url::Path};
use crate::kernel::trace::Traces;
use crate::kernel::{Ctx, Locale, SourceAddr, TraceId};
use crate::keys::{Keys, KeysError};
use crate::ledger::Ledger;
use crate::limits::{self, Limits};
use crate::notify::{Gateway, Notify, Withheld};
use crate::ownership::{self, Ownership};
use crate::people::{CreateError, HashError, HashSettings, PasswordHasher, People, PeopleError};
use crate::policy::Policy;
use crate::proofing::{self, Asker, Claim, Proofing, ProofingError, Worker};
use crate::protocol::issuer::Issuer;
use crate::provider::{self, BackchannelLogout, Provider};
use crate::recovery::{self, Recovery};
use crate::render::{Overrides, Paths, RenderError, Renderer};
use crate::sessions::{self, Sessions};
use crate::signin::{self, Signin};
use crate::signup::{self, Signup};
use crate::storage::authority::{self, ClientError, Gate, Health};
use crate::storage::outbound::{self, FetchError, Fetcher};
use crate::storage::{Base, Deliver, Dispatcher, EphemeralError, Outbox, StoreError, ephemeral};
use crate::tokens::{self, Tokens};

/// The texts that a registration consents to.
const CONSENTED: signup::Versions = signup::Versions { terms: Terms::VERSION, privacy: Privacy::VERSION };
/// Questions to outside authorities that one node has under way of its own accord.
const JOBS_AT_ONCE: usize = 32;

/// Everything that is not infrastructure.
pub struct Settings {
    /// The one address the provider is known by.
    pub issuer: Issuer,
    /// The bureau's rules, checked.
    pub policy: Policy,
    /// The relying parties.
    pub clients: Clients,
    /// The SMS gateway.
    pub sms: authority::Settings,
    /// Banks and UnionPay.
    pub proofing: proofing::Settings,
    /// Addresses that clients name.
    pub outbound: outbound::Settings,
    /// Reverse proxies in front of us.
    pub trusted_proxies: Vec<Network>,
    /// Costs of a password.
    pub hashing: HashSettings,
    /// Where rate windows, captchas and replay caches live.
    pub ephemeral: ephemeral::Settings,
    /// Rates per source.
    pub limits: limits::Settings,
    /// Whether the outside world is simulated.
    pub sandbox: bool,
    /// Where spans go.
    pub traces: Traces,
}

/// Why the provider does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("passwords: {0}")]
    Hash(#[from] HashError),
    #[error("pages: {0}")]
    Render(#[from] RenderError),
    #[error("outbound requests: {0}")]
    Outbound(#[from] FetchError),
    #[error("outside authority: {0}")]
    Authority(#[from] ClientError),
    #[error("account: {0}")]
    Account(#[from] CreateError),
    #[error("account: {0}")]
    People(#[from] PeopleError),
    #[error("bank check: {0}")]
    Proofing(#[from] ProofingError),
    #[error("clients: {0}")]
    Clients(#[from] ClientsError),
    #[error("keys: {0}")]
    Keys(#[from] KeysError),
    #[error("provider: {0}")]
    Provider(#[from] provider::Internal),
    #[error("database: {0}")]
    Store(#[from] StoreError),
    #[error("ephemeral: {0}")]
    Ephemeral(#[from] EphemeralError),
    #[error("settings: {0}")]
    Settings(String),
}

/// The provider, ready to serve; cheap to clone.
#[derive(Clone)]
pub struct Service {
    app: App,
    outbox: Outbox,
    dispatcher: Dispatcher,
    presence: vault::Presence,
    gates: Gates,
}

impl Service {
    /// Makes every room; waits for nobody over the network.
    ///
    /// # Errors
    /// [`StartError`] with a sentence for the operator.
    pub fn build(settings: Settings, base: Base) -> Result<Self, StartError> {
        let policy = Arc::new(settings.policy.clone());
        let meter = Meter::new(env!("CARGO_PKG_VERSION"));
        let renderer = Arc::new(Renderer::new(paths(), &policy.overrides())?);
        let ephemeral = ephemeral::open(&settings.ephemeral, base.clock.clone())?;
        let outbox = Outbox::new(base.db.clone(), base.vault.clone());
        let (audit, ledger) = (Audit::new(base.clone()), Ledger::new(base.clone()));
        let gates = Gates::new(&base, &meter);
        let notify = gates.notify(&base, &outbox, &renderer, &policy);
        let limits = Limits::new(base.clone(), ephemeral.clone(), &policy, settings.limits.clone());
        let people = People::new(base.clone(), hasher(&settings, &base)?, policy.clone());
        let sessions = Sessions::new(base.clone(), audit.clone(), session_times(&policy));
        let keys = Keys::new(base.clone(), audit.clone());
        let consents = Consents::new(base.clone(), audit.clone());
        let proofing = gates.proofing(&settings.proofing, &base, &policy, (&meter, &settings.traces))?;
        let shared = (&people, &notify, &limits, &audit);
        let ownership = ownership(&settings.issuer, &base, shared, (&proofing, &policy));
        let proved = (&proofing, &ownership, &consents);
        let signup = signup(&base, shared, (proved, &sessions), &policy);
        let signin = signin(&base, shared, (&sessions, &ownership), &policy);
        let recovery = recovery(&base, shared, proved, &policy);
        let delivers = deliveries(&settings, &base, &gates, (&keys, &sessions))?;
        let dispatcher = Dispatcher::new(outbox.clone(), counted(delivers, &meter, &settings.traces));
        let provider = Provider::new(
            provider::Rooms {
                base: base.clone(),
                people: people.clone(),
                proofing: proofing.clone(),
                sessions: sessions.clone(),
                consents: consents.clone(),
                tokens: Tokens::new(base.clone(), audit.clone(), token_times(&policy)),
                clients: settings.clients.clone(),
                key_sets: key_sets(&settings, &meter)?,
                ephemeral,
                keys: keys.clone(),
                outbox: outbox.clone(),
                dispatcher: dispatcher.clone(),
                ledger: ledger.clone(),
            },
            provider_settings(&settings.issuer, &policy, &proofing),
        );
        let issuer = address(&settings.issuer)?;
        let app = App::new(http::Rooms {
            sites: Sites::new(&policy, &issuer),
            cookies: Cookies::of(&issuer),
            issuer,
            sandbox: settings.sandbox,
            meter,
            traces: settings.traces,
            trusted_proxies: settings.trusted_proxies,
            policy,
            renderer,
            base: base.clone(),
            people,
            cards: cards(&base, &proofing, (&signup, &recovery)),
            proofing,
            signup,
            ownership,
            ledger,
            recovery,
            signin,
            sessions,
            provider,
            limits,
            notify,
            keys,
            clients: settings.clients,
            consents,
            audit,
        });
        Ok(Self { app, outbox, dispatcher, presence: vault::Presence::new(base, &settings.ephemeral), gates })
    }

    /// The routes, for a server of the caller's own.
    pub fn router(&self) -> Router {
        http::router::router(self.app.clone())
    }

    /// Makes the signing keys that are not there yet.
    ///
    /// # Errors
    /// [`StartError::Keys`]
    pub async fn init_signing_keys(&self) -> Result<(), StartError> {
        self.app.keys.init(&self.own_ctx()).await?;
        Ok(())
    }

    /// Records in the audit trail what `clients.toml` changed since it was last taken up; tells how many clients.
    ///
    /// # Errors
    /// [`StartError::Store`]
    pub async fn record_clients(&self) -> Result<usize, StartError> {
        let base = &self.app.base;
        Ok(self.app.clients.record(base, &Audit::new(base.clone()), &self.own_ctx()).await?)
    }

    /// The context of what nobody asked for from outside.
    pub fn own_ctx(&self) -> Ctx {
        let base = &self.app.base;
        let source = SourceAddr::new(std::net::Ipv4Addr::LOCALHOST.into());
        Ctx { now: base.clock.now(), trace: TraceId::new(base.rng.as_ref()), source, locale: Locale::ZhHans }
    }

    /// How the outside authorities stand, for metrics.
    pub fn authorities(&self) -> Vec<Health> {
        self.gates.all().into_iter().map(Gate::health).collect()
    }

    /// Works off all that is due now: card checks, messages.
    pub async fn work(&self) {
        let mut jobs = JoinSet::new();
        self.start_jobs(&mut jobs).await;
        while jobs.join_next().await.is_some() {}
        self.deliver().await;
    }

    async fn deliver(&self) {
        if let Err(error) = self.dispatcher.run_due(self.app.base.clock.now()).await {
            tracing::error!(error = %error, "the outbox is not worked off");
        }
    }

    /// Starts what is due beside what runs already: an authority that is slow holds up nobody else.
    async fn start_jobs(&self, running: &mut JoinSet<()>) {
        while running.try_join_next().is_some() {}
        while running.len() < JOBS_AT_ONCE {
            let job = match self.app.cards.next_job(None).await {
                Ok(Claim::Job(job)) => job,
                Ok(Claim::Later(_) | Claim::Nothing) => break,
                Err(error) => {
                    tracing::error!(error = %error, "card checks are not worked off");
                    break;
                }
            };
            let (cards, ctx) = (self.app.cards.clone(), self.own_ctx());
            running.spawn(async move {
                if let Err(error) = cards.carry_out(&ctx, &job).await {
                    tracing::error!(error = %error, "a card check is left to the next worker");
                }
            });
        }
    }

    /// Messages that were queued and not delivered.
    ///
    /// # Errors
    /// [`StartError::Store`]
    pub async fn undelivered(&self) -> Result<u64, StartError> {
        Ok(self.outbox.undelivered().await?)
    }
}

/// Pages of the catalogues alone: for the demo's portals, which have a bureau's words of their own.
///
/// # Errors
/// [`RenderError`], which the tests of the templates rule out.
pub fn renderer() -> Result<Renderer, RenderError> {
    Renderer::new(paths(), &Overrides::default())
}

fn paths() -> Paths {
    Path::ALL.iter().map(|path| (format!("{path:?}"), path.as_str())).collect()
}

fn hasher(settings: &Settings, base: &Base) -> Result<PasswordHasher, HashError> {
    PasswordHasher::new(&settings.hashing, base.rng.clone())
}

fn address(issuer: &Issuer) -> Result<Url, StartError> {
    Url::parse(issuer.as_str()).map_err(|error| StartError::Settings(error.to_string()))
}

fn counted(handlers: Vec<Arc<dyn Deliver>>, meter: &Meter, traces: &Traces) -> Vec<Arc<dyn Deliver>> {
    let count =
        |inner| Arc::new(Counted { meter: meter.clone(), traces: traces.clone(), inner }) as Arc<dyn Deliver>;
    handlers.into_iter().map(count).collect()
}

/// The keys of clients, whose fetches are counted like all calls of systems outside.
fn key_sets(settings: &Settings, meter: &Meter) -> Result<KeySets, StartError> {
    let inner = Arc::new(Fetcher::new(&settings.outbound)?);
    Ok(KeySets::new(Arc::new(Counted { meter: meter.clone(), traces: settings.traces.clone(), inner })))
}

/// Who takes what the outbox holds: SMS and logout tokens.
fn deliveries(
    settings: &Settings,
    base: &Base,
    gates: &Gates,
    (keys, sessions): (&Keys, &Sessions),
) -> Result<Vec<Arc<dyn Deliver>>, StartError> {
    let logout = BackchannelLogout {
        base: base.clone(),
        issuer: settings.issuer.clone(),
        clients: settings.clients.clone(),
        keys: keys.clone(),
        sessions: sessions.clone(),
        fetcher: Fetcher::new(&settings.outbound)?,
    };
    let gateway = Gateway::new(&settings.sms, gates.sms.clone(), base.clock.clone())?;
    Ok(vec![Arc::new(gateway), Arc::new(Withheld), Arc::new(logout)])
}

/// The rooms that signing in and recovery both span.
type Shared<'a> = (&'a People, &'a Notify, &'a Limits, &'a Audit);

fn ownership(
    issuer: &Issuer,
    base: &Base,
    (people, notify, _, audit): Shared<'_>,
    (proofing, policy): (&Proofing, &Arc<Policy>),
) -> Ownership {
    let rooms = ownership::Rooms {
        people: people.clone(),
        proofing: proofing.clone(),
        notify: notify.clone(),
        audit: audit.clone(),
    };
    let page = issuer.url(&format!("{}?link=", Path::Veto.as_str()));
    Ownership::new(base.clone(), rooms, policy.clone(), &page)
}

/// Who asks about cards, and who hears the answers.
fn cards(base: &Base, proofing: &Proofing, (signup, recovery): (&Signup, &Recovery)) -> Worker {
    let askers: [Arc<dyn Asker>; 2] = [Arc::new(signup.clone()), Arc::new(recovery.clone())];
    Worker::new(base.clone(), proofing.clone(), askers)
}

fn signin(
    base: &Base,
    (people, notify, limits, audit): Shared<'_>,
    (sessions, ownership): (&Sessions, &Ownership),
    policy: &Arc<Policy>,
) -> Signin {
    Signin::new(signin::Rooms {
        ownership: ownership.clone(),
        base: base.clone(),
        people: people.clone(),
        sessions: sessions.clone(),
        limits: limits.clone(),
        notify: notify.clone(),
        audit: audit.clone(),
        policy: policy.clone(),
    })
}

fn signup(
    base: &Base,
    (people, notify, limits, audit): Shared<'_>,
    ((proofing, ownership, consents), sessions): ((&Proofing, &Ownership, &Consents), &Sessions),
    policy: &Arc<Policy>,
) -> Signup {
    let rooms = signup::Rooms {
        people: people.clone(),
        proofing: proofing.clone(),
        ownership: ownership.clone(),
        sessions: sessions.clone(),
        consents: consents.clone(),
        notify: notify.clone(),
        limits: limits.clone(),
        audit: audit.clone(),
    };
    Signup::new(base.clone(), rooms, policy.clone(), CONSENTED)
}

fn recovery(
    base: &Base,
    (people, notify, limits, audit): Shared<'_>,
    (proofing, ownership, consents): (&Proofing, &Ownership, &Consents),
    policy: &Arc<Policy>,
) -> Recovery {
    let rooms = recovery::Rooms {
        people: people.clone(),
        proofing: proofing.clone(),
        ownership: ownership.clone(),
        consents: consents.clone(),
        notify: notify.clone(),
        limits: limits.clone(),
        audit: audit.clone(),
    };
    Recovery::new(base.clone(), rooms, policy.clone(), Privacy::VERSION)
}

fn provider_settings(issuer: &Issuer, policy: &Policy, proofing: &Proofing) -> provider::Settings {
    provider::Settings {
        issuer: issuer.clone(),
        token_endpoint: issuer.url(Path::Token.as_str()),
        acr_prefix: policy.levels.acr_prefix.clone(),
        reachable: reachable(policy, proofing),
    }
}

fn session_times(policy: &Policy) -> sessions::Settings {
    let times = &policy.session;
    sessions::Settings {
        idle: times.idle.delta(),
        absolute: times.absolute.delta(),
        touch: times.touch.delta(),
    }
}

fn token_times(policy: &Policy) -> tokens::Settings {
    let times = &policy.tokens;
    tokens::Settings {
        code: times.code.delta(),
        access: times.access_token.delta(),
        offline_absolute: times.refresh_absolute.delta(),
        offline_idle: times.refresh_idle.delta(),
        grace: times.refresh_grace.delta(),
    }
}
