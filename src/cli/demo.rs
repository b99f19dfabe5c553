//! `menfu demo`: the provider, the simulated outside world, two portals and invented people on this machine, with nothing
//! else installed.

use std::fs;
use std::io::Write;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use tokio::net::TcpListener;
use tokio::sync::watch;
use url::Url;

use super::serve::{listen, open_base, settings, start_logs, stop_signal};
use super::{CliError, block_on};
use crate::app::{Doors, NewAccount, Service};
use crate::clients::PlainSecrets;
use crate::config::{Authority, Config};
use crate::demo::{self, Portal, PortalKind, PortalSettings, Seed};
use crate::kernel::{Clock, IdDocument, OsRng, RealNameLevel, Secret, SystemClock};
use crate::policy::{CaptchaKind, Span, Surroundings};
use crate::protocol::issuer::Issuer;
use crate::sandbox;
use crate::storage::{self, Vault, vault};

/// Nothing outside this machine ever sees it.
const SANDBOX_KEY: &str = "sandbox";
/// A folder of the demo's own, so that no real installation's keys are used.
const DATABASE: &str = "menfu.db";

/// Run everything on this machine.
#[derive(Args)]
pub(super) struct Demo {
    /// Where database, keys and clients are kept.
    #[arg(long, default_value = "data/demo", value_name = "FOLDER")]
    data: PathBuf,
    /// The provider's port; the sandbox and the two portals take the next three.
    #[arg(long, default_value_t = 8080, value_name = "PORT")]
    port: u16,
    /// The bureau profile: reference, shenzhen, jiangsu or guangdong.
    #[arg(long, default_value = "reference", value_name = "NAME")]
    profile: String,
    /// No pictures to read, for programs that walk through the pages.
    #[arg(long)]
    without_captcha: bool,
    /// More relying parties beside the two portals, as in `clients.toml`.
    #[arg(long, value_name = "FILE")]
    clients: Option<PathBuf>,
    /// The process ends before this statement of a transaction.
    #[cfg(feature = "failpoints")]
    #[arg(long, hide = true)]
    failpoint: Option<u64>,
}

/// The demo's four addresses.
struct Ports {
    provider: u16,
    sandbox: u16,
    exam: u16,
    insurance: u16,
}

impl Demo {
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<(), CliError> {
        let ports = self.ports()?;
        let config = self.config(&ports)?;
        start_logs(&config)?;
        block_on(self.serve(&config, &ports, out))
    }

    fn ports(&self) -> Result<Ports, CliError> {
        let port = |offset| {
            let sum = self.port.checked_add(offset);
            sum.ok_or_else(|| {
                CliError::Refused(format!("port {} is too high: three more are needed", self.port))
            })
        };
        Ok(Ports { provider: self.port, sandbox: port(1)?, exam: port(2)?, insurance: port(3)? })
    }

    /// The settings of an installation in the data folder, on loopback.
    fn config(&self, ports: &Ports) -> Result<Config, CliError> {
        fs::create_dir_all(&self.data)?;
        let issuer: Issuer = format!("http://localhost:{}", ports.provider).parse().map_err(refused)?;
        let mut config = Config::for_issuer(issuer);
        config.server.listen = loopback(ports.provider);
        config.sandbox.listen = loopback(ports.sandbox);
        config.storage = storage::Settings::at(format!("sqlite:{}", self.data.join(DATABASE).display()));
        #[cfg(feature = "failpoints")]
        {
            config.storage.failpoint = self.failpoint;
        }
        config.vault = vault::Settings::in_folder(&self.data.join("keys"));
        config.clients.file = self.data.join("clients.toml");
        config.policy.profile.clone_from(&self.profile);
        config.outbound.allow_loopback = true;
        let authority = authority(ports.sandbox)?;
        config.notify.sms = Some(authority.clone());
        config.proofing.bank = Some(authority.clone());
        config.proofing.unionpay = Some(authority);
        config.log.filter = "warn".to_owned();
        Ok(config)
    }

    async fn serve(&self, config: &Config, ports: &Ports, out: &mut dyn Write) -> Result<(), CliError> {
        self.prepare(config, ports)?;
        let base = open_base(config).await?;
        base.db.migrate().await?;
        let mut made_of = settings(config, Surroundings::Sandbox, PlainSecrets::OnLoopback)?;
        if self.without_captcha {
            made_of.policy.captcha.kind = CaptchaKind::None;
        }
        let service = Service::build(made_of, base)?;
        service.init_signing_keys().await?;
        service.record_clients().await?;
        let (stop, stopped) = watch::channel(false);
        start_sandbox(&config.sandbox.listen).await?;
        for kind in [PortalKind::Exam, PortalKind::Insurance] {
            start_portal(config, ports, kind, stopped.clone()).await?;
        }
        seed(&service).await?;
        let listeners = listen(&config.server.listen).await?;
        announce(ports, out)?;
        let doors = Doors { public: listeners, ..Doors::default() };
        service.serve(doors, stop_signal(), config.server.shutdown_grace.std()).await?;
        // The portals may have ended by themselves.
        let _ = stop.send(true);
        Ok(())
    }

    /// Keys on the first start; the clients at each, because they carry the ports.
    fn prepare(&self, config: &Config, ports: &Ports) -> Result<(), CliError> {
        let keys = self.data.join("keys");
        fs::create_dir_all(&keys)?;
        if !config.vault.encryption_key_file.exists() && !config.vault.index_key_file.exists() {
            Vault::init(&keys, &OsRng)?;
        }
        let more = self.clients.as_ref().map(fs::read_to_string).transpose()?.unwrap_or_default();
        Ok(fs::write(&config.clients.file, clients(ports) + &more)?)
    }
}

fn refused(error: impl std::fmt::Display) -> CliError {
    CliError::Refused(error.to_string())
}

fn loopback(port: u16) -> Vec<SocketAddr> {
    vec![(Ipv4Addr::LOCALHOST, port).into(), (Ipv6Addr::LOCALHOST, port).into()]
}

fn authority(port: u16) -> Result<Authority, CliError> {
    let url: Url = format!("http://127.0.0.1:{port}").parse().map_err(refused)?;
    Ok(Authority {
        url,
        key: Secret::from(SANDBOX_KEY),
        connect_timeout: Span::seconds(3),
        timeout: Span::seconds(10),
    })
}

/// Serves the simulators for as long as the program runs.
pub(super) async fn start_sandbox(addresses: &[SocketAddr]) -> Result<(), CliError> {
    let tables = sandbox::Tables::embedded().map_err(refused)?;
    let state = sandbox::State::new(tables, Arc::new(SystemClock), Secret::from(SANDBOX_KEY));
    for listener in listen(addresses).await? {
        tokio::spawn(sandbox::serve(listener, state.clone(), std::future::pending()));
    }
    Ok(())
}

async fn start_portal(
    config: &Config,
    ports: &Ports,
    kind: PortalKind,
    mut stopped: watch::Receiver<bool>,
) -> Result<(), CliError> {
    let (port, id) = match kind {
        PortalKind::Exam => (ports.exam, EXAM),
        PortalKind::Insurance => (ports.insurance, INSURANCE),
    };
    let base: Url = format!("http://127.0.0.1:{port}").parse().map_err(refused)?;
    let issuer = config.server.issuer.as_str().to_owned();
    let client = id.parse().map_err(refused)?;
    let settings = PortalSettings::new(kind, base, issuer, client, Secret::from(secret(id).as_str()));
    let renderer = Arc::new(crate::app::renderer().map_err(refused)?);
    let portal = Portal::new(settings, renderer, Arc::new(SystemClock), Arc::new(OsRng)).map_err(refused)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(refused)?;
    tokio::spawn(demo::serve(listener, portal, async move {
        // An error means that the sender is gone: the program ends too.
        let _ = stopped.wait_for(|stop| *stop).await;
    }));
    Ok(())
}

const EXAM: &str = "exam-portal";
const INSURANCE: &str = "insurance-portal";

/// Plain secrets exist here only, and on loopback only.
fn secret(id: &str) -> String {
    format!("demo-secret-of-the-{id}")
}

/// The registrations of the two portals, on the ports of this start.
fn clients(ports: &Ports) -> String {
    let entry = |id: &str, name: &str, port: u16, level: &str| {
        format!(
            r#"[[client]]
client_id = "{id}"
client_name = "{name}"
secret = "{secret}"
redirect_uris = ["http://127.0.0.1:{port}/callback"]
post_logout_redirect_uris = ["http://127.0.0.1:{port}/signed-out"]
backchannel_logout_uri = "http://127.0.0.1:{port}/backchannel-logout"
backchannel_logout_session_required = true
initiate_login_uri = "http://127.0.0.1:{port}/login"
sector = "{id}"
scope = "openid profile phone real_name"
first_party = true
min_person_level = "{level}"

"#,
            secret = secret(id),
        )
    };
    entry(EXAM, "考试报名系统", ports.exam, "L1") + &entry(INSURANCE, "社会保险服务", ports.insurance, "L2")
}

/// The invented people, on the first start.
async fn seed(service: &Service) -> Result<(), CliError> {
    let ctx = service.own_ctx();
    let today = SystemClock.now().china_date();
    for seed in demo::seeds().map_err(refused)? {
        let id_type = seed.id_type.parse().map_err(refused)?;
        let card = seed.card_no.parse().map_err(refused)?;
        let account = NewAccount {
            username: seed.username.parse().map_err(refused)?,
            password: seed.password.clone(),
            name: seed.name.parse().map_err(refused)?,
            document: IdDocument::parse(id_type, &seed.id_number, today).map_err(refused)?,
            phone: seed.phone.parse().map_err(refused)?,
            card: (seed.level >= RealNameLevel::L2).then_some((seed.bank.clone(), card)),
            email: seed.email.clone(),
            about: seed.about.clone(),
        };
        service.open_account(&ctx, account).await?;
    }
    Ok(())
}

fn announce(ports: &Ports, out: &mut dyn Write) -> Result<(), CliError> {
    let Ports { provider, sandbox, exam, insurance } = ports;
    writeln!(out, "门符 is ready. Nothing listens outside this machine; Ctrl-C ends it.\n")?;
    writeln!(out, "  考试报名 exam portal              http://127.0.0.1:{exam}")?;
    writeln!(out, "  社会保险 social-insurance portal  http://127.0.0.1:{insurance}")?;
    writeln!(out, "  统一认证 provider                 http://localhost:{provider}")?;
    writeln!(out, "  短信 SMS received                 http://127.0.0.1:{sandbox}/sms")?;
    writeln!(out, "  测试卡 bank cards to try          http://127.0.0.1:{sandbox}/\n")?;
    for Seed { username, password, name, level, .. } in demo::seeds().map_err(refused)? {
        writeln!(out, "  {username:<12} {}  {} {name}", password.expose(), level.as_str())?;
    }
    Ok(())
}
