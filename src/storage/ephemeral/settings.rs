//! Settings of the ephemeral store.

use crate::kernel::Secret;
use serde::Deserialize;
use std::{fmt, path::PathBuf, time::Duration};
use url::Url;

/// The address of a store in the process's own memory.
const MEMORY: &str = "memory:";

/// Where the ephemeral store is: this process's memory, or a Redis that all nodes share.
#[derive(Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// `memory:`, or `redis://[user:password@]host:port[/db]`, with TLS `rediss://…`; several for Sentinel and Cluster.
    pub urls: Vec<String>,
    /// The addresses are Sentinels, which say who is the master of this name.
    pub sentinel_master: Option<String>,
    /// The addresses are nodes of a Redis Cluster.
    pub cluster: bool,
    /// Who we are at Redis; with Sentinel the credentials of `urls` are those for the Sentinels.
    pub username: Option<String>,
    pub password: Option<Secret>,
    /// Who signed the certificates behind `rediss://`, in PEM; else whom the system trusts.
    pub ca_file: Option<PathBuf>,
    /// Stands before every key, so that several installations can share a Redis.
    pub prefix: String,
    pub connect_timeout_ms: u64,
    pub answer_timeout_ms: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            urls: vec![MEMORY.to_owned()],
            sentinel_master: None,
            cluster: false,
            username: None,
            password: None,
            ca_file: None,
            prefix: "menfu:".to_owned(),
            connect_timeout_ms: 1000,
            answer_timeout_ms: 500,
        }
    }
}

/// An address may hold a password.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = |url: &String| url.split(':').next().unwrap_or_default().to_owned();
        f.debug_struct("Settings")
            .field("urls", &self.urls.iter().map(scheme).collect::<Vec<_>>())
            .field("sentinel_master", &self.sentinel_master)
            .field("cluster", &self.cluster)
            .field("username", &self.username)
            .field("password", &self.password)
            .field("ca_file", &self.ca_file)
            .field("prefix", &self.prefix)
            .field("connect_timeout_ms", &self.connect_timeout_ms)
            .field("answer_timeout_ms", &self.answer_timeout_ms)
            .finish()
    }
}

impl Settings {
    /// One Redis, with the defaults otherwise.
    #[must_use]
    pub fn at(url: impl Into<String>) -> Self {
        Self { urls: vec![url.into()], ..Self::default() }
    }

    /// Whether each process has a store of its own, so that there can be one node only.
    #[must_use]
    pub fn is_memory(&self) -> bool {
        matches!(self.urls.as_slice(), [only] if only == MEMORY)
    }

    /// # Errors
    /// A sentence naming the key at fault; it repeats no address, which may hold a password.
    pub fn validate(&self) -> Result<(), String> {
        let shared = self.cluster || self.sentinel_master.is_some();
        if self.is_memory() {
            return match shared {
                true => Err("urls: memory: has neither Sentinel nor Cluster".into()),
                false => Ok(()),
            };
        }
        if self.urls.is_empty() || !self.urls.iter().all(|url| is_redis(url)) {
            return Err("urls: memory: alone, or redis://host:port, or rediss://host:port".into());
        }
        if self.cluster && self.sentinel_master.is_some() {
            return Err("cluster: not together with sentinel_master".into());
        }
        if self.urls.len() > 1 && !shared {
            return Err("urls: several only with sentinel_master or cluster".into());
        }
        // Redis Cluster specification, hash tags: what stands in braces alone would choose the node of every key.
        if self.prefix.contains(['{', '}']) {
            return Err("prefix: without braces".into());
        }
        if self.connect_timeout_ms == 0 || self.answer_timeout_ms == 0 {
            return Err("connect_timeout_ms and answer_timeout_ms: at least 1".into());
        }
        Ok(())
    }

    pub(super) const fn connect_timeout(&self) -> Duration {
        Duration::from_millis(self.connect_timeout_ms)
    }

    pub(super) const fn answer_timeout(&self) -> Duration {
        Duration::from_millis(self.answer_timeout_ms)
    }
}

fn is_redis(url: &str) -> bool {
    url.parse::<Url>().is_ok_and(|url| ["redis", "rediss"].contains(&url.scheme()) && url.has_host())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(settings: &Settings) -> String {
        settings.validate().unwrap_err()
    }

    #[test]
    fn memory_is_the_default_and_valid() {
        let settings = Settings::default();
        assert!(settings.is_memory());
        assert_eq!(settings.validate(), Ok(()));
    }

    #[test]
    fn one_redis_several_sentinels_and_a_cluster_are_valid() {
        let two = vec!["redis://a:1".to_owned(), "rediss://b:2".to_owned()];
        for settings in [
            Settings::at("redis://:s3cret@a:6379/1"),
            Settings { urls: two.clone(), sentinel_master: Some("menfu".to_owned()), ..Settings::default() },
            Settings { urls: two, cluster: true, ..Settings::default() },
        ] {
            assert_eq!(settings.validate(), Ok(()), "{settings:?}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for url in ["", "redis:", "http://a:1", "a:6379", "unix:///run/redis"] {
            assert!(refused(&Settings::at(url)).starts_with("urls"), "{url}");
        }
        let two = vec!["redis://a:1".to_owned(), "redis://b:2".to_owned()];
        assert!(refused(&Settings { urls: two.clone(), ..Settings::default() }).starts_with("urls: several"));
        assert!(refused(&Settings { urls: Vec::new(), ..Settings::default() }).starts_with("urls"));
        let both = Settings {
            urls: two,
            cluster: true,
            sentinel_master: Some("menfu".to_owned()),
            ..Settings::default()
        };
        assert!(refused(&both).starts_with("cluster"));
        assert!(refused(&Settings { cluster: true, ..Settings::default() }).starts_with("urls"));
        let redis = || Settings::at("redis://a:1");
        assert!(refused(&Settings { prefix: "{a}".to_owned(), ..redis() }).starts_with("prefix"));
        assert!(refused(&Settings { answer_timeout_ms: 0, ..redis() }).starts_with("connect_timeout_ms"));
    }

    #[test]
    fn no_password_is_in_debug_or_in_a_complaint() {
        let settings = Settings { password: Some("s3cret".into()), ..Settings::at("redis://:s3cret@a:1") };
        assert!(!format!("{settings:?}").contains("s3cret"));
        let settings = Settings::at("mysql://:s3cret@a:1");
        assert!(!refused(&settings).contains("s3cret"));
    }
}
