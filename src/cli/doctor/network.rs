//! How the world finds us, and whether those we need are there.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, header::CONTENT_TYPE, redirect};
use serde::Deserialize;
use url::Host;

use super::finding::Findings;
use crate::config::{Authority, Config};
use crate::kernel::SystemClock;
use crate::storage::ephemeral;

const PATIENCE: Duration = Duration::from_secs(10);

/// What can be told without asking anybody.
pub(super) fn examine(findings: &mut Findings, config: &Config) {
    let server = &config.server;
    let https = server.issuer.as_str().starts_with("https:");
    let behind_proxy = https && server.tls.is_none();
    if behind_proxy && server.trusted_proxies.is_empty() {
        findings.warning(
            "proxies",
            "the issuer is https, nobody here speaks TLS, and no proxy is trusted: to limits and audit trail \
             everybody has the proxy's address",
            "name the proxy's address in server.trusted_proxies, or give server.tls",
        );
    } else {
        findings.good("proxies", "fit how TLS is spoken");
    }
    if let Some(open) = server.listen.iter().find(|address| behind_proxy && !is_inside(address.ip())) {
        findings.warning(
            "listen",
            format!("plain HTTP on {open}, which may be reached past the proxy"),
            "listen on loopback or an inner address, or let a firewall admit the proxy alone",
        );
    }
    if let Some(open) = config.metrics.listen.filter(|address| !is_inside(address.ip())) {
        findings.fault(
            "metrics",
            format!("{open} may be reached by everybody"),
            "listen on loopback or an inner address: figures help an attacker",
        );
    }
    traces(findings, config);
    open_files(
        findings,
        server.max_connections,
        std::fs::read_to_string("/proc/self/limits").ok().as_deref(),
    );
}

/// Spans name no person, but tell how the bureau's systems are built and what they do when.
fn traces(findings: &mut Findings, config: &Config) {
    const CHECK: &str = "traces";
    let Some(endpoint) = &config.traces.endpoint else { return };
    let inside = match endpoint.host() {
        Some(Host::Ipv4(address)) => is_inside(address.into()),
        Some(Host::Ipv6(address)) => is_inside(address.into()),
        // A name without a dot is one of the bureau's own network.
        Some(Host::Domain(name)) => !name.contains('.') || name.ends_with(".localhost"),
        None => false,
    };
    if endpoint.scheme() == "http" && !inside {
        findings.warning(
            CHECK,
            "spans go out in plain text to a host that may be outside",
            "https in traces.endpoint, or a collector in the bureau's own network",
        );
    } else if endpoint.path() == "/" {
        findings.warning(
            CHECK,
            "the address has no path, and collectors take spans at /v1/traces",
            "write the whole address in traces.endpoint",
        );
    } else {
        findings.good(CHECK, "go to where the settings say");
    }
}

/// Loopback, or a private network.
fn is_inside(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => address.is_loopback() || address.is_private() || address.is_link_local(),
        IpAddr::V6(address) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
    }
}

pub(super) fn open_files(findings: &mut Findings, connections: u32, limits: Option<&str>) {
    let line = limits.and_then(|text| text.lines().find_map(|line| line.strip_prefix("Max open files")));
    let soft = line.and_then(|rest| rest.split_whitespace().next()?.parse::<u32>().ok());
    if let Some(soft) = soft.filter(|soft| *soft < connections.saturating_add(64)) {
        findings.warning(
            "open files",
            format!("at most {soft}, for {connections} connections"),
            "LimitNOFILE=65536 in the unit (deploy/systemd has it), or lower server.max_connections",
        );
    }
}

/// Asks the issuer, the SMS gateway, the bank and UnionPay for a sign of life.
pub(super) async fn ask(findings: &mut Findings, config: &Config) {
    let client = Client::builder().timeout(PATIENCE).redirect(redirect::Policy::none()).no_proxy().build();
    let client = match client {
        Ok(client) => client,
        Err(error) => return findings.fault("network", error, "install ca-certificates"),
    };
    issuer(findings, config, &client).await;
    redis(findings, config).await;
    collector(findings, config, &client).await;
    let (sms, cards) = (&config.notify.sms, &config.proofing);
    let asked = [("SMS gateway", sms), ("bank", &cards.bank), ("UnionPay", &cards.unionpay)];
    for (check, authority) in asked {
        if let Some(authority) = authority {
            reach(findings, check, authority, &client).await;
        }
    }
    if sms.is_none() {
        findings.fault("SMS gateway", MISSING, "set its url and key: without it nobody can register");
    }
    match (&cards.bank, &cards.unionpay) {
        (Some(_), _) => {}
        (None, None) => findings.fault("bank", MISSING, "set its url and key: without it nobody is verified"),
        (None, Some(_)) => findings.warning(
            "bank",
            MISSING,
            "right where UnionPay alone verifies people; where the profile wants the bank at registration, set its url",
        ),
    }
}

const MISSING: &str = "is not configured";

/// What may be lost, and must be shared by all nodes.
async fn redis(findings: &mut Findings, config: &Config) {
    let settings = &config.ephemeral;
    if settings.is_memory() {
        return findings
            .good("ephemeral store", "is this process's memory: right for one node, and for one only");
    }
    let answered = match ephemeral::open(settings, Arc::new(SystemClock)) {
        Ok(store) => store.get("doctor").await.map(drop),
        Err(error) => Err(error),
    };
    match answered {
        Ok(()) => findings.good("ephemeral store", "Redis answers"),
        Err(error) => findings.fault(
            "ephemeral store",
            error,
            "start Redis, or mend ephemeral.urls and password: password sign-in and SMS answer 503 until then",
        ),
    }
}

/// A message without a span: whoever takes it takes spans.
async fn collector(findings: &mut Findings, config: &Config, client: &Client) {
    const CHECK: &str = "collector of traces";
    let Some(endpoint) = config.traces.endpoint.clone() else { return };
    let request = client.post(endpoint).header(CONTENT_TYPE, "application/x-protobuf");
    let request = match &config.traces.key {
        Some(key) => request.bearer_auth(key.expose()),
        None => request,
    };
    match request.send().await.and_then(reqwest::Response::error_for_status) {
        Ok(_) => findings.good(CHECK, "takes spans"),
        Err(error) => findings.warning(
            CHECK,
            format!("takes none: {}", told(&error)),
            "start it, or mend traces.endpoint and key; sign-ins go on without it, their spans are lost",
        ),
    }
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
}

/// Discovery 1.0 §4.3: what stands there must be the address it was asked at.
async fn issuer(findings: &mut Findings, config: &Config, client: &Client) {
    const CHECK: &str = "issuer";
    let issuer = config.server.issuer.as_str();
    let answer = client.get(format!("{issuer}/.well-known/openid-configuration")).send().await;
    let answer = match answer.and_then(reqwest::Response::error_for_status) {
        Ok(answer) => answer,
        Err(error) => {
            let says = format!("{issuer} does not answer as it should: {}", told(&error));
            return findings.fault(
                CHECK,
                says,
                "is `menfu serve` running? Then DNS, firewall, the proxy's configuration, its certificate",
            );
        }
    };
    match answer.json::<Discovery>().await {
        Ok(discovery) if discovery.issuer == issuer => findings.good(CHECK, "answers, and calls itself what the settings do"),
        Ok(discovery) => findings.fault(
            CHECK,
            format!("{issuer} calls itself {}", discovery.issuer),
            "another installation answers there, or server.issuer is not its public address: tokens would be refused",
        ),
        Err(error) => {
            let says = format!("{issuer} answers with something else than discovery: {}", told(&error));
            findings.fault(CHECK, says, "the proxy sends that address to another program");
        }
    }
}

/// Any answer over HTTP will do: no message is sent, nobody is asked about.
async fn reach(findings: &mut Findings, check: &'static str, authority: &Authority, client: &Client) {
    if authority.is_loopback() {
        let says = "is on this machine, so a simulator";
        return findings.fault(
            check,
            says,
            "set the real address; `serve` refuses this one without --with-sandbox",
        );
    }
    let host = authority.url.host_str().unwrap_or_default();
    match client.get(authority.url.clone()).send().await {
        Ok(_) => findings.good(check, format!("{host} answers")),
        Err(error) => findings.fault(
            check,
            format!("{host} does not answer: {}", told(&error)),
            "DNS, firewall towards it, its certificate, its operator's notices",
        ),
    }
}

/// The kind and its deepest cause, without the address, which may hold a key.
fn told(error: &reqwest::Error) -> String {
    if let Some(status) = error.status() {
        return format!("status {}", status.as_u16());
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    match error.is_timeout() {
        true => "no answer in time".to_owned(),
        false => cause.to_string(),
    }
}
