//! How much traffic one source may make; a matter of the machine and the network, not of the bureau's rules.

use serde::{Deserialize, Serialize};

/// Rates per source, which is an IPv4 /24 or IPv6 /56: a whole office or internet café behind one address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Password sign-ins that one source may try in a minute.
    pub sign_ins_per_minute: u32,
    /// Failed sign-ins of one source in ten minutes, whatever the names, after which it gets captchas.
    pub failures_before_captcha: u32,
    /// Codes by SMS that one source may ask for in a minute; each number has budgets of its own besides.
    pub codes_per_minute: u32,
    /// Inline checks of a username that one source may make in a minute.
    pub username_checks_per_minute: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            sign_ins_per_minute: 120,
            failures_before_captcha: 10,
            codes_per_minute: 60,
            username_checks_per_minute: 10,
        }
    }
}

impl Settings {
    /// # Errors
    /// A sentence naming the key at fault.
    pub fn validate(&self) -> Result<(), String> {
        let all = [
            self.sign_ins_per_minute,
            self.failures_before_captcha,
            self.codes_per_minute,
            self.username_checks_per_minute,
        ];
        if all.contains(&0) { Err("limits: every limit is at least 1".to_owned()) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_of_zero_would_lock_everybody_out() {
        assert_eq!(Settings::default().validate(), Ok(()));
        assert!(Settings { sign_ins_per_minute: 0, ..Settings::default() }.validate().is_err());
    }

    #[test]
    fn unknown_keys_are_refused() {
        assert!(toml::from_str::<Settings>("sign_ins = 3").is_err());
    }
}
