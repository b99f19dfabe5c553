//! Settings of the database.

use serde::{Deserialize, Serialize};
use std::{fmt, time::Duration};

/// Where the rows live and how the pools are sized.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// `sqlite:<path>` (a file, made when absent) or `postgres://user:password@host/database`.
    pub url: String,
    /// Connections of the PostgreSQL pool, or of SQLite's readers; SQLite has one writer besides.
    pub max_connections: u32,
    /// How long a statement waits for a free connection, or for SQLite's write lock.
    pub wait_seconds: u64,
    /// The process ends before this statement of a transaction, counted from one; for the crash tests.
    #[cfg(feature = "failpoints")]
    pub failpoint: Option<u64>,
}

impl Settings {
    /// Defaults with another address.
    #[must_use]
    pub fn at(url: impl Into<String>) -> Self {
        Self { url: url.into(), ..Self::default() }
    }

    /// # Errors
    /// A sentence naming the key at fault.
    pub fn validate(&self) -> Result<(), String> {
        if !self.is_sqlite() && !self.is_postgres() {
            return Err("url: neither sqlite:<path> nor postgres://…".into());
        }
        if self.is_sqlite() && self.url.contains(":memory:") {
            return Err(
                "url: a SQLite database is a file, readers and the writer are connections of their own"
                    .into(),
            );
        }
        if self.max_connections == 0 || self.wait_seconds == 0 {
            return Err("max_connections and wait_seconds: at least 1".into());
        }
        Ok(())
    }

    pub(super) fn is_sqlite(&self) -> bool {
        self.url.starts_with("sqlite:")
    }

    pub(super) fn is_postgres(&self) -> bool {
        self.url.starts_with("postgres:") || self.url.starts_with("postgresql:")
    }

    pub(super) fn wait(&self) -> Duration {
        Duration::from_secs(self.wait_seconds)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            url: "sqlite:data/menfu.db".into(),
            max_connections: 10,
            wait_seconds: 5,
            #[cfg(feature = "failpoints")]
            failpoint: None,
        }
    }
}

/// The address may hold a password.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.url.split(':').next().unwrap_or_default();
        f.debug_struct("Settings")
            .field("url", &format_args!("{scheme}:…"))
            .field("max_connections", &self.max_connections)
            .field("wait_seconds", &self.wait_seconds)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid() {
        assert_eq!(Settings::default().validate(), Ok(()));
    }

    #[test]
    fn an_address_that_no_backend_serves_is_refused() {
        for url in ["", "mysql://host/db", "sqlite::memory:", "/var/lib/menfu.db"] {
            assert!(Settings::at(url).validate().is_err(), "{url}");
        }
    }

    #[test]
    fn the_password_of_the_database_is_not_in_debug() {
        let shown = format!("{:?}", Settings::at("postgres://menfu:s3cret@db/menfu"));
        assert!(!shown.contains("s3cret"), "{shown}");
    }

    #[test]
    fn unknown_keys_are_refused() {
        assert!(toml::from_str::<Settings>("url = \"sqlite:a\"\npool = 3").is_err());
    }
}
