//! How long what this room issues may live (`decisions.md`, Protocol).

use chrono::TimeDelta;

/// Lifetimes; each is positive, and a code outlives nothing.
#[derive(Clone, Debug)]
pub struct Settings {
    /// RFC 6749 §4.1.2: at most ten minutes; FAPI 2.0 asks for 60 seconds.
    pub code: TimeDelta,
    /// ID tokens and access tokens.
    pub access: TimeDelta,
    /// A family with `offline_access`, from its authorization.
    pub offline_absolute: TimeDelta,
    /// A refresh token of such a family that is not used.
    pub offline_idle: TimeDelta,
    /// How long a consumed refresh token still gives the same successor.
    pub grace: TimeDelta,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            code: TimeDelta::seconds(60),
            access: TimeDelta::minutes(10),
            offline_absolute: TimeDelta::days(30),
            offline_idle: TimeDelta::days(14),
            grace: TimeDelta::seconds(10),
        }
    }
}

/// A lifetime that cannot be.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    #[error("{0} must be longer than nothing")]
    NotPositive(&'static str),
    #[error("a code may live ten minutes at most (RFC 6749 §4.1.2)")]
    CodeTooLong,
    #[error("the idle time of a refresh token is longer than its whole life")]
    IdleBeyondAbsolute,
}

impl Settings {
    /// Refuses lifetimes that contradict the specifications or each other.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let zero = TimeDelta::zero();
        for (name, value) in [
            ("code", self.code),
            ("access", self.access),
            ("offline_absolute", self.offline_absolute),
            ("offline_idle", self.offline_idle),
        ] {
            if value <= zero {
                return Err(SettingsError::NotPositive(name));
            }
        }
        if self.code > TimeDelta::minutes(10) {
            return Err(SettingsError::CodeTooLong);
        }
        if self.offline_idle > self.offline_absolute {
            return Err(SettingsError::IdleBeyondAbsolute);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_those_of_the_decisions() {
        let settings = Settings::default();
        assert_eq!(settings.validate(), Ok(()));
        assert_eq!(settings.code, TimeDelta::seconds(60));
        assert_eq!(settings.access, TimeDelta::minutes(10));
    }

    #[test]
    fn a_lifetime_that_cannot_be_is_refused() {
        let with = |change: fn(&mut Settings)| {
            let mut settings = Settings::default();
            change(&mut settings);
            settings.validate()
        };
        assert_eq!(with(|s| s.access = TimeDelta::zero()), Err(SettingsError::NotPositive("access")));
        assert_eq!(with(|s| s.code = TimeDelta::minutes(11)), Err(SettingsError::CodeTooLong));
        assert_eq!(with(|s| s.offline_idle = TimeDelta::days(31)), Err(SettingsError::IdleBeyondAbsolute));
    }
}
