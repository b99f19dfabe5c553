//! `menfu serve`: the provider, and with `--with-sandbox` the simulated outside world beside it.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;

use clap::Args;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{CliError, block_on};
use crate::app::{Bounds, Doors, Service, Settings, Tls, TlsFiles};
use crate::clients::{self, Clients, PlainSecrets};
use crate::config::{Authority, Config, LogFormat};
use crate::kernel::trace::{Tells, Traces};
use crate::kernel::{OsRng, SystemClock};
use crate::limits;
use crate::people::HashSettings;
use crate::policy::{Policy, Surroundings};
use crate::proofing;
use crate::storage::vault::{self, HeldKeys};
use crate::storage::{Base, Db, Vault, authority};
use crate::telemetry::{self, traces::Delivery};

/// Run the provider.
#[derive(Args)]
pub(super) struct Serve {
    /// Start the simulated outside world beside it; every page then says 测试环境.
    #[cfg(feature = "sandbox")]
    #[arg(long)]
    with_sandbox: bool,
}

impl Serve {
    #[cfg(feature = "sandbox")]
    fn surroundings(&self) -> Surroundings {
        if self.with_sandbox { Surroundings::Sandbox } else { Surroundings::Production }
    }

    #[cfg(not(feature = "sandbox"))]
    fn surroundings(&self) -> Surroundings {
        Surroundings::Production
    }

    pub(super) fn run(&self, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
        start_logs(config)?;
        block_on(self.serve(config, out))
    }

    async fn serve(&self, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
        let surroundings = self.surroundings();
        refuse_simulated_authorities(config, surroundings)?;
        let base = open_base(config).await?;
        base.db.migrate().await?;
        let mut settings = settings(config, surroundings, PlainSecrets::Refused)?;
        let (traces, delivery) = traces(config, &base)?.unzip();
        settings.traces = traces.unwrap_or_default();
        let clients = settings.clients.clone();
        let service = Service::build(settings, base)?;
        service.join().await?;
        service.record_clients().await?;
        #[cfg(feature = "sandbox")]
        if self.with_sandbox {
            super::demo::start_sandbox(&config.sandbox.listen).await?;
        }
        let tls = tls(config)?;
        let doors = doors(config, tls.clone()).await?;
        // Before anybody is told that we are ready: a SIGHUP that nobody listens for ends the process.
        let hangup = signal(SignalKind::hangup())?;
        tokio::spawn(reload_on(
            hangup,
            Reloads { keys: config.vault.clone(), clients, tls },
            service.clone(),
        ));
        let stop = stop_signal();
        writeln!(out, "{} is ready", config.server.issuer.as_str())?;
        let served = service.serve(doors, stop, config.server.shutdown_grace.std()).await;
        if let Some(delivery) = delivery {
            delivery.end().await;
        }
        Ok(served?)
    }
}

/// A bank on this machine is no bank: people would be verified by a simulator.
fn refuse_simulated_authorities(config: &Config, surroundings: Surroundings) -> Result<(), CliError> {
    match (surroundings, config.pointing_at_sandbox().first()) {
        (Surroundings::Production, Some(key)) => Err(CliError::Refused(format!(
            "{key} is an address of this machine, so a simulator: only --with-sandbox takes it"
        ))),
        _ => Ok(()),
    }
}

/// Logs as the settings want them.
pub(super) fn start_logs(config: &Config) -> Result<(), CliError> {
    let format = match config.log.format {
        LogFormat::Text => telemetry::Format::Text,
        LogFormat::Json => telemetry::Format::Json,
    };
    Ok(telemetry::start(format, &config.log.filter)?)
}

/// Database, vault, the system's clock and randomness.
pub(super) async fn open_base(config: &Config) -> Result<Base, CliError> {
    Ok(Base {
        db: Db::connect(&config.storage).await?,
        vault: Vault::open_files(&config.vault)?,
        clock: Arc::new(SystemClock),
        rng: Arc::new(OsRng),
    })
}

/// What the provider is made of, from the settings of this installation.
pub(super) fn settings(
    config: &Config,
    surroundings: Surroundings,
    plain_secrets: PlainSecrets,
) -> Result<Settings, CliError> {
    let issuer = config.server.issuer.clone();
    let file = config.clients.file.clone();
    let clients = Clients::load(clients::Settings { file, issuer: issuer.clone(), plain_secrets })?;
    Ok(Settings {
        issuer,
        policy: Policy::load(&config.policy, surroundings)?,
        clients,
        sms: sms(config)?,
        proofing: proofing::Settings {
            bank: config.proofing.bank.as_ref().map(outside),
            unionpay: config.proofing.unionpay.as_ref().map(outside),
        },
        outbound: config.outbound.clone(),
        trusted_proxies: config.server.trusted_proxies.clone(),
        hashing: HashSettings::default(),
        ephemeral: config.ephemeral.clone(),
        limits: limits::Settings::default(),
        sandbox: surroundings == Surroundings::Sandbox,
        traces: Traces::default(),
    })
}

/// Where spans go, and their way there.
fn traces(config: &Config, base: &Base) -> Result<Option<(Traces, Delivery)>, CliError> {
    let config = &config.traces;
    let Some(endpoint) = config.endpoint.clone() else { return Ok(None) };
    let settings = telemetry::traces::Settings {
        endpoint,
        key: config.key.clone(),
        share: config.share,
        tells: if config.tell_authorities { Tells::Authorities } else { Tells::Nobody },
        service: config.service.clone(),
        instance: config.instance.clone(),
    };
    telemetry::traces::start(&settings, base.rng.clone())
        .map(Some)
        .map_err(|error| CliError::Refused(error.to_string()))
}

/// Without a gateway nobody could prove a phone, so nobody could register.
fn sms(config: &Config) -> Result<authority::Settings, CliError> {
    let missing =
        || CliError::Refused("notify.sms.url: missing, and without it nobody can register".to_owned());
    Ok(outside(config.notify.sms.as_ref().ok_or_else(missing)?))
}

fn outside(it: &Authority) -> authority::Settings {
    authority::Settings {
        url: it.url.clone(),
        key: it.key.clone(),
        connect_timeout: it.connect_timeout.std(),
        timeout: it.timeout.std(),
    }
}

/// Binds every address; one that is taken is named.
pub(super) async fn listen(addresses: &[SocketAddr]) -> Result<Vec<TcpListener>, CliError> {
    let mut listeners = Vec::new();
    for address in addresses {
        let listener = TcpListener::bind(address).await;
        listeners.push(
            listener.map_err(|error| CliError::Refused(format!("cannot listen on {address}: {error}")))?,
        );
    }
    Ok(listeners)
}

/// The provider's listeners and that of `/metrics`.
async fn doors(config: &Config, tls: Option<Tls>) -> Result<Doors, CliError> {
    let server = &config.server;
    let connections = usize::try_from(server.max_connections).unwrap_or(usize::MAX);
    let metrics = match config.metrics.listen {
        Some(address) => listen(&[address]).await?.pop(),
        None => None,
    };
    let bounds = Bounds { connections, ..Bounds::default() };
    Ok(Doors { public: listen(&server.listen).await?, tls, bounds, metrics })
}

fn tls(config: &Config) -> Result<Option<Tls>, CliError> {
    let Some(files) = &config.server.tls else { return Ok(None) };
    let files = TlsFiles { certificate: files.certificate_file.clone(), key: files.key_file.clone() };
    Tls::open(files).map(Some).map_err(|error| CliError::Refused(format!("server.tls: {error}")))
}

/// Ctrl-C, or what a service manager sends.
/// It is listened for from this call on: who was told that we are ready may end us at once.
pub(super) fn stop_signal() -> impl Future<Output = ()> + Send + 'static {
    let terminate = signal(SignalKind::terminate());
    async move {
        let Ok(mut terminate) = terminate else { return };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    }
}

/// What SIGHUP reads anew.
struct Reloads {
    keys: vault::Settings,
    clients: Clients,
    tls: Option<Tls>,
}

fn reload_certificate(tls: &Tls) {
    match tls.reload() {
        Ok(()) => tracing::info!("the TLS certificate was read anew"),
        Err(error) => tracing::error!(%error, "the TLS certificate was not taken up, the old one stays"),
    }
}

/// `decisions.md`, Keys and clients: changed files are taken up on SIGHUP; of a broken one what was known before stays.
async fn reload_on(mut hangup: Signal, files: Reloads, service: Service) {
    let Reloads { keys, clients, tls } = files;
    while hangup.recv().await.is_some() {
        if let Some(tls) = &tls {
            reload_certificate(tls);
        }
        match service.reload_keys(&keys).await {
            Ok(HeldKeys { encryption, index }) => {
                let (encryption, index) = (encryption.active.to_string(), index.active.to_string());
                tracing::info!(encryption, index, "keys reloaded");
            }
            Err(error) => tracing::error!(%error, "keys not reloaded, the old ones stay"),
        }
        match clients.reload() {
            Ok(count) => {
                tracing::info!(count, "clients reloaded");
                if let Err(error) = service.record_clients().await {
                    tracing::error!(%error, "the audit trail does not say yet what changed of the clients");
                }
            }
            Err(error) => tracing::error!(%error, "clients not reloaded, the old ones stay"),
        }
    }
}
