//! `menfu serve`: the provider, and with `--with-sandbox` the simulated outside world beside it.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;

use clap::Args;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{CliError, block_on};
use crate::app::{Service, Settings};
use crate::clients::{self, Clients, PlainSecrets};
use crate::config::{Authority, Config, LogFormat};
use crate::kernel::{OsRng, SystemClock};
use crate::limits;
use crate::notify;
use crate::people::HashSettings;
use crate::policy::{Policy, Surroundings};
use crate::proofing;
use crate::storage::vault::{self, HeldKeys};
use crate::storage::{Base, Db, Vault, outbound};
use crate::telemetry;

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
        let settings = settings(config, surroundings, PlainSecrets::Refused)?;
        let clients = settings.clients.clone();
        let service = Service::build(settings, base)?;
        service.join().await?;
        service.record_clients().await?;
        #[cfg(feature = "sandbox")]
        if self.with_sandbox {
            super::demo::start_sandbox(&config.sandbox.listen).await?;
        }
        let listeners = listen(&config.server.listen).await?;
        // Before anybody is told that we are ready: a SIGHUP that nobody listens for ends the process.
        let hangup = signal(SignalKind::hangup())?;
        tokio::spawn(reload_on(hangup, config.vault.clone(), clients, service.clone()));
        writeln!(out, "{} is ready", config.server.issuer.as_str())?;
        service.serve(listeners, stop_signal(), config.server.shutdown_grace.std()).await?;
        Ok(())
    }
}

/// A bank on this machine is no bank: people would be verified by a simulator.
fn refuse_simulated_authorities(config: &Config, surroundings: Surroundings) -> Result<(), CliError> {
    let simulated = [("notify.sms", &config.notify.sms), ("proofing.bank", &config.proofing.bank)]
        .into_iter()
        .find(|(_, authority)| authority.as_ref().is_some_and(Authority::is_loopback));
    match (surroundings, simulated) {
        (Surroundings::Production, Some((key, _))) => Err(CliError::Refused(format!(
            "{key}.url is an address of this machine, so a simulator: only --with-sandbox takes it"
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
        bank: bank(config)?,
        outbound: outbound::Settings { allow_loopback: config.outbound.allow_loopback },
        trusted_proxies: config.server.trusted_proxies.clone(),
        hashing: HashSettings::default(),
        ephemeral: config.ephemeral.clone(),
        limits: limits::Settings::default(),
        sandbox: surroundings == Surroundings::Sandbox,
    })
}

/// Without a gateway nobody could prove a phone, so nobody could register.
fn sms(config: &Config) -> Result<notify::Settings, CliError> {
    let missing =
        || CliError::Refused("notify.sms.url: missing, and without it nobody can register".to_owned());
    let gateway = config.notify.sms.clone().ok_or_else(missing)?;
    Ok(notify::Settings { url: gateway.url, key: gateway.key, timeout: gateway.timeout.std() })
}

fn bank(config: &Config) -> Result<proofing::Settings, CliError> {
    let missing = || CliError::Refused("proofing.bank.url: missing".to_owned());
    let bank = config.proofing.bank.clone().ok_or_else(missing)?;
    let settings = proofing::Settings {
        bank_url: bank.url.as_str().trim_end_matches('/').to_owned(),
        bank_key: bank.key,
        bank_timeout_ms: u64::from(bank.timeout.as_seconds()) * 1000,
    };
    settings.validate().map_err(CliError::Refused)?;
    Ok(settings)
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

/// Ctrl-C, or what a service manager sends.
pub(super) async fn stop_signal() {
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

/// `decisions.md`, Keys and clients: a changed file is taken up on SIGHUP; of a broken one what was known before stays.
async fn reload_on(mut hangup: Signal, keys: vault::Settings, clients: Clients, service: Service) {
    while hangup.recv().await.is_some() {
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
