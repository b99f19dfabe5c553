//! The issuer: the one URL prefix this provider is known by.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use url::{Host, Url};

/// An issuer identifier: https, or http on loopback; no query, fragment, user or closing slash
/// (OpenID Connect Discovery §3, RFC 8414 §2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Issuer(String);

/// The text is no issuer identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssuerError {
    /// It is no absolute URL with a host.
    #[error("the issuer is not a URL")]
    NotAUrl,
    /// Plain http leaves this machine.
    #[error("the issuer must use https unless it is on loopback")]
    NotHttps,
    /// A query, fragment, user name or closing slash.
    #[error("the issuer must have no query, fragment, user or closing slash")]
    NotBare,
}

impl Issuer {
    /// The identifier itself, as in `iss`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address of one of our paths; `path` begins with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// Whether it lives on this machine only.
    pub fn is_loopback(&self) -> bool {
        Url::parse(&self.0).is_ok_and(|url| is_loopback(&url))
    }

    /// Whether the scheme is https.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }
}

/// Whether a URL's host is `localhost`, 127.0.0.0/8 or `::1`.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

impl FromStr for Issuer {
    type Err = IssuerError;

    fn from_str(text: &str) -> Result<Self, IssuerError> {
        let url = Url::parse(text).map_err(|_| IssuerError::NotAUrl)?;
        let local = url.scheme() == "http" && is_loopback(&url);
        if url.scheme() != "https" && !local {
            return Err(IssuerError::NotHttps);
        }
        let user = !url.username().is_empty() || url.password().is_some();
        if user || text.contains(['?', '#']) || text.ends_with('/') {
            return Err(IssuerError::NotBare);
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for Issuer {
    type Error = IssuerError;

    fn try_from(text: String) -> Result<Self, IssuerError> {
        text.parse()
    }
}

impl From<Issuer> for String {
    fn from(issuer: Issuer) -> String {
        issuer.0
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issuers_are_https_or_loopback() {
        for good in [
            "https://sso.example.gov.cn",
            "https://sso.example/op",
            "http://localhost:8080",
            "http://[::1]:1",
        ] {
            assert!(good.parse::<Issuer>().is_ok(), "{good}");
        }
        for (bad, why) in [
            ("sso.example", IssuerError::NotAUrl),
            ("http://sso.example", IssuerError::NotHttps),
            ("ftp://localhost", IssuerError::NotHttps),
            ("https://sso.example/", IssuerError::NotBare),
            ("https://sso.example?a", IssuerError::NotBare),
            ("https://sso.example#", IssuerError::NotBare),
            ("https://me@sso.example", IssuerError::NotBare),
        ] {
            assert_eq!(bad.parse::<Issuer>(), Err(why), "{bad}");
        }
    }

    #[test]
    fn endpoints_hang_below_the_issuer() {
        let issuer: Issuer = "https://sso.example/op".parse().unwrap();
        assert_eq!(issuer.url("/token"), "https://sso.example/op/token");
        assert!(!issuer.is_loopback());
    }
}
