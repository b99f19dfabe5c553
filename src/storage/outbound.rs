//! The one HTTP client for addresses that a relying party may name: back-channel logout, sector documents, keys.
//!
//! `https` only, no redirects, no proxy; the name is resolved once, by us, and the connection goes to an address that was
//! checked; private, loopback, link-local and other special ranges are refused; 5 seconds and 64 KiB for the whole answer.

mod address;

use reqwest::{
    Certificate, Client, RequestBuilder,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect::Policy,
};
use serde::{Deserialize, Serialize};
use std::{net::SocketAddr, path::PathBuf, time::Duration};
use url::{Host, Url};

use crate::kernel::trace::{self, Side, Value};

const TIME_LIMIT: Duration = Duration::from_secs(5);
const SIZE_LIMIT: usize = 64 * 1024;

/// Settings of outbound requests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Also `http` and loopback addresses of this machine: for the demo and tests.
    pub allow_loopback: bool,
    /// Who, besides the public authorities, signed certificates of relying parties, in PEM: a bureau's own authority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
}

/// An answer; a redirect is one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    pub status: u16,
    pub content_type: Option<String>,
    pub body: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The address breaks a rule; nothing was sent.
    #[error("the address is refused: {0}")]
    Refused(&'static str),
    #[error("no answer within {} seconds", TIME_LIMIT.as_secs())]
    Timeout,
    #[error("the answer is longer than {SIZE_LIMIT} bytes")]
    TooLong,
    #[error("not reachable: {0}")]
    Unreachable(String),
    #[error("the certificates of outbound.ca_file cannot be read: {0}")]
    Authorities(String),
}

/// Fetches; cheap to clone.
#[derive(Clone, Debug)]
pub struct Fetcher {
    client: Client,
    allow_loopback: bool,
}

impl Fetcher {
    /// # Errors
    /// [`FetchError::Authorities`]; [`FetchError::Unreachable`] when TLS cannot be set up.
    pub fn new(settings: &Settings) -> Result<Self, FetchError> {
        let allow_loopback = settings.allow_loopback;
        let mut client = Client::builder();
        for authority in authorities(settings)? {
            client = client.add_root_certificate(authority);
        }
        let client = client
            .redirect(Policy::none())
            .no_proxy()
            .timeout(TIME_LIMIT)
            .dns_resolver(std::sync::Arc::new(CheckedResolver { allow_loopback }))
            .user_agent("menfu")
            .build()
            .map_err(|error| FetchError::Unreachable(error.to_string()))?;
        Ok(Self { client, allow_loopback })
    }

    /// # Errors
    /// [`FetchError`]
    pub async fn get(&self, url: &Url) -> Result<Fetched, FetchError> {
        check(url, self.allow_loopback)?;
        traced("GET", self.client.get(url.clone())).await
    }

    /// Posts a form (`application/x-www-form-urlencoded`).
    ///
    /// # Errors
    /// [`FetchError`]
    pub async fn post_form(&self, url: &Url, form: &[(&str, &str)]) -> Result<Fetched, FetchError> {
        check(url, self.allow_loopback)?;
        traced("POST", self.client.post(url.clone()).form(form)).await
    }
}

fn authorities(settings: &Settings) -> Result<Vec<Certificate>, FetchError> {
    let Some(path) = &settings.ca_file else { return Ok(Vec::new()) };
    let told =
        |error: &dyn std::fmt::Display| FetchError::Authorities(format!("{}: {error}", path.display()));
    let pem = std::fs::read(path).map_err(|error| told(&error))?;
    let found = Certificate::from_pem_bundle(&pem).map_err(|error| told(&error))?;
    if found.is_empty() { Err(told(&"no certificate in it")) } else { Ok(found) }
}

/// What can be told before a name is resolved; an address in place of a name never meets the resolver.
fn check(url: &Url, allow_loopback: bool) -> Result<(), FetchError> {
    let host = url.host().ok_or(FetchError::Refused("no host"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(FetchError::Refused("a user name or password in it"));
    }
    match url.scheme() {
        "https" => {}
        "http" if allow_loopback && is_loopback(&host) => {}
        _ => return Err(FetchError::Refused("not https")),
    }
    let literal = match host {
        Host::Domain(_) => return Ok(()),
        Host::Ipv4(v4) => v4.into(),
        Host::Ipv6(v6) => v6.into(),
    };
    if address::may_connect(literal, allow_loopback) { Ok(()) } else { Err(FetchError::Refused(SPECIAL)) }
}

const SPECIAL: &str = "a private or special address";

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(v4) => v4.is_loopback(),
        Host::Ipv6(v6) => v6.is_loopback(),
    }
}

/// The address, which a client named, is no part of the span; nor is the trace told to whoever is there.
async fn traced(method: &'static str, request: RequestBuilder) -> Result<Fetched, FetchError> {
    let fetching = async {
        trace::note("http.request.method", Value::Word(method));
        let fetched = send(request).await?;
        trace::note("http.response.status_code", Value::Number(fetched.status));
        Ok(fetched)
    };
    trace::part("client fetch", Side::Client, fetching).await
}

async fn send(request: RequestBuilder) -> Result<Fetched, FetchError> {
    let mut response = request.send().await.map_err(failure)?;
    let content_type = response.headers().get(http::header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await.map_err(failure)? {
        if body.len() + part.len() > SIZE_LIMIT {
            return Err(FetchError::TooLong);
        }
        body.extend_from_slice(&part);
    }
    Ok(Fetched { status: response.status().as_u16(), content_type, body })
}

/// The address is left out: it belongs to a relying party and may carry what a log must not.
fn failure(error: reqwest::Error) -> FetchError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(error) = cause {
        if let Some(refused) = error.downcast_ref::<FetchError>() {
            return refused.clone();
        }
        cause = error.source();
    }
    if error.is_timeout() {
        FetchError::Timeout
    } else {
        FetchError::Unreachable(error.without_url().to_string())
    }
}

/// Resolves a name and passes on only what may be connected to; one refused address refuses the name.
struct CheckedResolver {
    allow_loopback: bool,
}

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_loopback = self.allow_loopback;
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if found.iter().all(|found| address::may_connect(found.ip(), allow_loopback)) {
                Ok(Box::new(found.into_iter()) as Addrs)
            } else {
                Err(FetchError::Refused(SPECIAL).into())
            }
        })
    }
}

#[cfg(test)]
mod tests;
