//! The settings of one installation: one TOML file, then the environment, every secret also from a file of its own.
//!
//! The only place that reads the environment. An unknown key is refused with the file or variable that wrote it, and a
//! value that cannot be meant is refused before anything starts. What differs between bureaus is not here but in
//! `policy`. May use everything below the composition floor: each feature's own `Settings` stand here under its name.

mod environment;
pub mod example;
mod load;

use std::{fmt, net::SocketAddr, path::PathBuf};

use serde::Deserialize;
use url::{Host, Url};

use crate::http::proxy::Network;
use crate::{
    kernel::Secret,
    policy::{self, Span},
    protocol::issuer::Issuer,
    storage,
};

pub use load::ConfigError;

/// Everything an operator can set.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub server: Server,
    #[serde(default)]
    pub storage: storage::Settings,
    #[serde(default)]
    pub ephemeral: storage::ephemeral::Settings,
    #[serde(default)]
    pub vault: storage::vault::Settings,
    #[serde(default)]
    pub policy: policy::Settings,
    #[serde(default)]
    pub clients: Clients,
    #[serde(default)]
    pub notify: Notify,
    #[serde(default)]
    pub proofing: Proofing,
    #[serde(default)]
    pub outbound: storage::outbound::Settings,
    #[serde(default)]
    pub log: Log,
    #[serde(default)]
    pub metrics: Metrics,
    #[serde(default)]
    pub traces: Traces,
    #[serde(default)]
    pub sandbox: Sandbox,
}

/// Where the provider listens and what it is called.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Has no default: every token carries it.
    pub issuer: Issuer,
    #[serde(default = "listen")]
    pub listen: Vec<SocketAddr>,
    /// Only from these are `X-Forwarded-For` and `X-Request-Id` believed.
    #[serde(default)]
    pub trusted_proxies: Vec<Network>,
    /// Connections at once on each listener.
    #[serde(default = "connections")]
    pub max_connections: u32,
    /// How long open requests may take once the program was told to end.
    #[serde(default = "grace")]
    pub shutdown_grace: Span,
    /// TLS of our own; without it a reverse proxy speaks it.
    #[serde(default)]
    pub tls: Option<Tls>,
}

/// A certificate and its key, in PEM files.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    pub certificate_file: PathBuf,
    pub key_file: PathBuf,
}

/// Figures for Prometheus.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Metrics {
    /// The listener of `/metrics`; without it there is none.
    pub listen: Option<SocketAddr>,
}

/// Spans for a collector (OpenTelemetry).
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Traces {
    /// Where OTLP over HTTP is taken, the whole address; without it nothing is traced.
    pub endpoint: Option<Url>,
    /// Sent as a bearer token.
    pub key: Option<Secret>,
    /// How much is traced of what no trusted proxy decided about: 0 to 1.
    pub share: f64,
    /// Whether banks and gateway are told which trace a call belongs to.
    pub tell_authorities: bool,
    /// `service.name`.
    pub service: String,
    /// `service.instance.id`; else a random one for each start.
    pub instance: Option<String>,
}

impl Traces {
    fn complaints(&self) -> Vec<String> {
        let mut complaints = Vec::new();
        if self.endpoint.as_ref().is_some_and(|url| !matches!(url.scheme(), "http" | "https")) {
            complaints.push("traces.endpoint: https://…, or http://… within the bureau".to_owned());
        }
        let has_key = |url: &Url| !url.username().is_empty() || url.password().is_some();
        if self.endpoint.as_ref().is_some_and(has_key) {
            complaints.push("traces.endpoint: without a password in it; there is traces.key".to_owned());
        }
        if !(0.0..=1.0).contains(&self.share) {
            complaints.push("traces.share: 0 to 1".to_owned());
        }
        if self.service.is_empty() {
            complaints.push("traces.service: is empty".to_owned());
        }
        complaints
    }
}

/// The relying parties.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Clients {
    pub file: PathBuf,
}

/// Messages to people.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Notify {
    /// The SMS gateway; without it nobody can register.
    pub sms: Option<Authority>,
}

/// The outside authorities that prove an identity.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Proofing {
    /// Bank verification; a method that is not configured is not shown.
    pub bank: Option<Authority>,
    /// 银联实名认证.
    pub unionpay: Option<Authority>,
}

/// A system outside that we call; the address is what stands before the paths of its protocol.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Authority {
    pub url: Url,
    /// Sent as a bearer token.
    pub key: Secret,
    /// For the connection alone.
    #[serde(default = "connect_time")]
    pub connect_timeout: Span,
    /// From connecting to the last byte.
    #[serde(default = "answer_time")]
    pub timeout: Span,
}

fn connect_time() -> Span {
    Span::seconds(3)
}

fn answer_time() -> Span {
    Span::seconds(10)
}

/// What is logged, and how.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    pub format: LogFormat,
    pub filter: String,
}

/// Lines for people or for machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    Text,
    Json,
}

/// The simulated outside world, started by `--with-sandbox` only.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sandbox {
    pub listen: Vec<SocketAddr>,
}

fn listen() -> Vec<SocketAddr> {
    loopback(8080)
}

fn connections() -> u32 {
    8192
}

fn grace() -> Span {
    Span::seconds(20)
}

impl Default for Clients {
    fn default() -> Self {
        Self { file: PathBuf::from("clients.toml") }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Text, filter: "info".to_owned() }
    }
}

impl Default for Traces {
    fn default() -> Self {
        Self {
            endpoint: None,
            key: None,
            share: 1.0,
            tell_authorities: false,
            service: "menfu".to_owned(),
            instance: None,
        }
    }
}

impl Default for Sandbox {
    fn default() -> Self {
        Self { listen: loopback(8081) }
    }
}

fn loopback(port: u16) -> Vec<SocketAddr> {
    use std::net::{Ipv4Addr, Ipv6Addr};
    vec![(Ipv4Addr::LOCALHOST, port).into(), (Ipv6Addr::LOCALHOST, port).into()]
}

/// An address may carry a password, and query parameters too.
impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.url.host_str().unwrap_or_default();
        f.debug_struct("Authority")
            .field("host", &host)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

impl Authority {
    /// Whether it lives on this machine: a sandbox, never a bank.
    pub fn is_loopback(&self) -> bool {
        match self.url.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
    }
}

impl Config {
    /// The defaults of a provider with this issuer.
    pub fn for_issuer(issuer: Issuer) -> Self {
        let server = Server {
            issuer,
            listen: listen(),
            trusted_proxies: Vec::new(),
            max_connections: connections(),
            shutdown_grace: grace(),
            tls: None,
        };
        Self {
            server,
            storage: storage::Settings::default(),
            ephemeral: storage::ephemeral::Settings::default(),
            vault: storage::vault::Settings::default(),
            policy: policy::Settings::default(),
            clients: Clients::default(),
            notify: Notify::default(),
            proofing: Proofing::default(),
            outbound: storage::outbound::Settings::default(),
            log: Log::default(),
            metrics: Metrics::default(),
            traces: Traces::default(),
            sandbox: Sandbox::default(),
        }
    }

    /// The settings that point at a sandbox; `serve` refuses them unless it was told `--with-sandbox`.
    pub fn pointing_at_sandbox(&self) -> Vec<&'static str> {
        let simulated =
            |authority: &Option<Authority>| authority.as_ref().is_some_and(Authority::is_loopback);
        self.authorities().into_iter().filter(|(_, _, it)| simulated(it)).map(|(_, url, _)| url).collect()
    }

    /// Every system outside that we call: its key, that of its address, and itself.
    fn authorities(&self) -> [(&'static str, &'static str, &Option<Authority>); 3] {
        [
            ("notify.sms", "notify.sms.url", &self.notify.sms),
            ("proofing.bank", "proofing.bank.url", &self.proofing.bank),
            ("proofing.unionpay", "proofing.unionpay.url", &self.proofing.unionpay),
        ]
    }

    /// What cannot be meant, one line each, beginning with the key.
    fn complaints(&self) -> Vec<String> {
        let mut complaints = Vec::new();
        complaints.extend(self.storage.validate().err().map(|reason| format!("storage.{reason}")));
        complaints.extend(self.ephemeral.validate().err().map(|reason| format!("ephemeral.{reason}")));
        complaints.extend(self.traces.complaints());
        if self.server.listen.is_empty() {
            complaints.push("server.listen: at least one address".to_owned());
        }
        if self.server.max_connections == 0 {
            complaints.push("server.max_connections: at least 1".to_owned());
        }
        if self.server.tls.is_some() && !self.server.issuer.as_str().starts_with("https:") {
            complaints
                .push("server.tls: the issuer must be https then, or cookies and links are wrong".to_owned());
        }
        if self.outbound.allow_loopback && !self.server.issuer.is_loopback() {
            complaints
                .push("outbound.allow_loopback: only while the issuer itself is on loopback".to_owned());
        }
        for (key, _, authority) in self.authorities() {
            let Some(authority) = authority else { continue };
            if authority.url.scheme() != "https" && !authority.is_loopback() {
                complaints.push(format!("{key}.url: https, or http on loopback"));
            }
            if authority.key.is_empty() {
                complaints.push(format!("{key}.key: is empty"));
            }
            // a message of the outbox and a question to a bank are leased for a minute: two calls must fit
            let seconds = authority.timeout.as_seconds();
            if !(1..=25).contains(&seconds)
                || !(1..=seconds).contains(&authority.connect_timeout.as_seconds())
            {
                complaints.push(format!("{key}.timeout: from 1s to 25s, connect_timeout no longer than it"));
            }
        }
        complaints
    }
}

#[cfg(test)]
mod tests;
