//! A browser session as a value.
//!
//! ```text
//! live ──find (within idle and absolute time)──▶ live
//!   ├─rotate / sign in again──▶ live under another token; the old token opens nothing
//!   ├─end(reason)──▶ ended      └─time──▶ expired
//! ```

use chrono::TimeDelta;

use crate::kernel::{Amr, PersonId, SessionId, Timestamp};

/// Expiry of sessions (`decisions.md`, Lifetimes).
#[derive(Clone, Debug)]
pub struct Settings {
    /// Unused for this long, a session is over.
    pub idle: TimeDelta,
    /// Over after this long, used or not.
    pub absolute: TimeDelta,
    /// `last_seen_at` is written at most this often.
    pub touch: TimeDelta,
}

impl Default for Settings {
    fn default() -> Self {
        Self { idle: TimeDelta::minutes(30), absolute: TimeDelta::hours(8), touch: TimeDelta::minutes(1) }
    }
}

/// Times that contradict each other.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a session's idle time must be longer than {touch_seconds} seconds and no longer than its absolute time"
)]
pub struct SettingsError {
    touch_seconds: i64,
}

impl Settings {
    /// Refuses an idle time that one touch could miss, or that the absolute time makes meaningless.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let fits = self.touch >= TimeDelta::zero() && self.idle > self.touch && self.idle <= self.absolute;
        if fits { Ok(()) } else { Err(SettingsError { touch_seconds: self.touch.num_seconds() }) }
    }
}

/// What a sign-in proved.
#[derive(Clone, Debug)]
pub struct NewSession {
    pub person: PersonId,
    pub amr: Amr,
}

/// A session that is still good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub id: SessionId,
    pub person: PersonId,
    /// When the person last proved themselves: OpenID Connect Core §2 `auth_time`.
    pub auth_time: Timestamp,
    pub amr: Amr,
    pub last_seen_at: Timestamp,
    pub started_at: Timestamp,
    /// The absolute end.
    pub expires_at: Timestamp,
}

impl Session {
    /// Within idle and absolute time.
    pub fn is_live(&self, now: Timestamp, settings: &Settings) -> bool {
        now < self.expires_at && now - self.last_seen_at < settings.idle
    }

    /// The last write of `last_seen_at` is old enough for another.
    pub(super) fn wants_touch(&self, now: Timestamp, settings: &Settings) -> bool {
        now - self.last_seen_at >= settings.touch
    }
}

/// Why a session ended before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    SignedOut,
    /// Another person signed in from the same browser.
    Replaced,
    PasswordChanged,
    /// With a change of the phone that was undone.
    Vetoed,
    /// Ended by staff or by the owner from elsewhere.
    Ended,
}

impl EndReason {
    /// As it stands in the row and in the audit trail.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::Replaced => "replaced",
            Self::PasswordChanged => "password_changed",
            Self::Vetoed => "vetoed",
            Self::Ended => "ended",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SeededRng;

    fn session(started: Timestamp, seen: Timestamp) -> Session {
        let rng = SeededRng::new(1);
        Session {
            id: SessionId::new(started, &rng),
            person: PersonId::new(started, &rng),
            auth_time: started,
            amr: Amr::password(),
            last_seen_at: seen,
            started_at: started,
            expires_at: started + TimeDelta::hours(8),
        }
    }

    #[test]
    fn a_session_ends_after_thirty_idle_minutes_and_after_eight_hours() {
        let start = Timestamp::from_seconds(1_000_000);
        let settings = Settings::default();
        let fresh = session(start, start);
        assert!(fresh.is_live(start + TimeDelta::seconds(1799), &settings));
        assert!(!fresh.is_live(start + TimeDelta::minutes(30), &settings));
        let busy = session(start, start + TimeDelta::minutes(479));
        assert!(busy.is_live(start + TimeDelta::minutes(479), &settings));
        assert!(!busy.is_live(start + TimeDelta::hours(8), &settings));
    }

    #[test]
    fn settings_that_contradict_each_other_are_refused() {
        assert_eq!(Settings::default().validate(), Ok(()));
        let idle_too_long = Settings { idle: TimeDelta::hours(9), ..Settings::default() };
        let idle_too_short = Settings { idle: TimeDelta::seconds(60), ..Settings::default() };
        assert!(idle_too_long.validate().is_err());
        assert!(idle_too_short.validate().is_err());
    }
}
