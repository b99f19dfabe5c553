//! Where the outside authorities are.

use std::time::Duration;

use serde::Deserialize;

use crate::kernel::Secret;

/// The bank verification platform (联网银行信息核验平台, S1-02).
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Address before `/bank/v1/verify`.
    pub bank_url: String,
    /// What is sent as bearer key.
    pub bank_key: Secret,
    /// Longest wait for one answer, in milliseconds.
    pub bank_timeout_ms: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { bank_url: String::new(), bank_key: Secret::default(), bank_timeout_ms: 10_000 }
    }
}

impl Settings {
    /// The wait for one answer.
    pub fn bank_timeout(&self) -> Duration {
        Duration::from_millis(self.bank_timeout_ms)
    }

    /// # Errors
    /// A sentence naming the key at fault.
    pub fn validate(&self) -> Result<(), String> {
        let known = ["http://", "https://"].iter().any(|scheme| self.bank_url.starts_with(scheme));
        if !known || self.bank_url.ends_with('/') {
            return Err("bank_url: http(s)://host without a slash at the end".into());
        }
        if self.bank_key.is_empty() {
            return Err("bank_key: missing".into());
        }
        if self.bank_timeout_ms == 0 {
            return Err("bank_timeout_ms: at least 1".into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(url: &str, key: &str, timeout: u64) -> Settings {
        Settings { bank_url: url.into(), bank_key: key.into(), bank_timeout_ms: timeout }
    }

    #[test]
    fn an_address_a_key_and_a_wait_are_needed() {
        assert_eq!(settings("https://bank.example", "k", 1).validate(), Ok(()));
        for wrong in [
            settings("", "k", 1),
            settings("bank.example", "k", 1),
            settings("https://bank.example/", "k", 1),
            settings("https://bank.example", "", 1),
            settings("https://bank.example", "k", 0),
        ] {
            assert!(wrong.validate().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn the_key_is_not_in_debug() {
        assert!(!format!("{:?}", settings("https://bank.example", "s3cret", 1)).contains("s3cret"));
    }
}
