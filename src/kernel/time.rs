//! Instants and the clock. Time is a parameter everywhere: only [`SystemClock`] asks the machine.

use std::ops::{Add, Sub};

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// An instant in UTC milliseconds since 1970, the only form in which instants are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

const CHINA_OFFSET_SECONDS: i32 = 8 * 3600;

impl Timestamp {
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds, rounded down: the unit of `iat`, `exp` and `auth_time`.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// The instant as a calendar time; beyond chrono's range (year 262,000) the nearest end of it.
    #[must_use]
    pub fn utc(self) -> DateTime<Utc> {
        let bound = if self.0 < 0 { DateTime::<Utc>::MIN_UTC } else { DateTime::<Utc>::MAX_UTC };
        DateTime::from_timestamp_millis(self.0).unwrap_or(bound)
    }

    /// The date in Asia/Shanghai (UTC+8 without summer time since 1991): "today" of every form rule.
    #[must_use]
    pub fn china_date(self) -> NaiveDate {
        self.china_time().map_or_else(|| self.utc().date_naive(), |time| time.date_naive())
    }

    /// The first instant of a date in Asia/Shanghai.
    #[must_use]
    pub fn china_midnight(date: NaiveDate) -> Self {
        let there = date.and_time(NaiveTime::MIN).and_utc().timestamp_millis();
        Self(there.saturating_sub(i64::from(CHINA_OFFSET_SECONDS) * 1000))
    }

    /// `2026-11-21 23:59` in Asia/Shanghai, for texts that name a time.
    #[must_use]
    pub fn china_minute(self) -> String {
        self.china_time().map_or_else(String::new, |time| time.format("%Y-%m-%d %H:%M").to_string())
    }

    fn china_time(self) -> Option<DateTime<FixedOffset>> {
        let within =
            DateTime::from_timestamp_millis(self.0.saturating_add(i64::from(CHINA_OFFSET_SECONDS) * 1000));
        within
            .and(FixedOffset::east_opt(CHINA_OFFSET_SECONDS))
            .map(|offset| self.utc().with_timezone(&offset))
    }
}

impl Add<TimeDelta> for Timestamp {
    type Output = Self;

    fn add(self, span: TimeDelta) -> Self {
        Self(self.0.saturating_add(span.num_milliseconds()))
    }
}

impl Sub<TimeDelta> for Timestamp {
    type Output = Self;

    fn sub(self, span: TimeDelta) -> Self {
        Self(self.0.saturating_sub(span.num_milliseconds()))
    }
}

impl Sub for Timestamp {
    type Output = TimeDelta;

    /// Saturates at chrono's range of ± 292 million years.
    fn sub(self, earlier: Self) -> TimeDelta {
        let millis = self.0.saturating_sub(earlier.0);
        let bound = if millis < 0 { TimeDelta::MIN } else { TimeDelta::MAX };
        TimeDelta::try_milliseconds(millis).unwrap_or(bound)
    }
}

/// Where "now" comes from.
pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;
}

/// The machine's clock, truncated to milliseconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine for the time")]
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(Utc::now().timestamp_millis())
    }
}

/// A clock that only moves when told to.
#[cfg(any(test, feature = "sandbox"))]
#[derive(Debug)]
pub struct ManualClock(std::sync::atomic::AtomicI64);

#[cfg(any(test, feature = "sandbox"))]
impl ManualClock {
    #[must_use]
    pub const fn at(start: Timestamp) -> Self {
        Self(std::sync::atomic::AtomicI64::new(start.0))
    }

    pub fn advance(&self, span: TimeDelta) {
        self.0.fetch_add(span.num_milliseconds(), std::sync::atomic::Ordering::SeqCst);
    }

    pub fn set(&self, instant: Timestamp) {
        self.0.store(instant.0, std::sync::atomic::Ordering::SeqCst);
    }
}

#[cfg(any(test, feature = "sandbox"))]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(std::sync::atomic::Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::from_millis(DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis())
    }

    #[test]
    fn the_date_in_china_changes_at_sixteen_hundred_utc() {
        assert_eq!(at("2026-11-20T15:59:59.999Z").china_date().to_string(), "2026-11-20");
        assert_eq!(at("2026-11-20T16:00:00.000Z").china_date().to_string(), "2026-11-21");
        assert_eq!(at("2026-11-20T16:05:00.000Z").china_minute(), "2026-11-21 00:05");
    }

    #[test]
    fn seconds_round_down_on_both_sides_of_the_epoch() {
        assert_eq!(Timestamp::from_millis(1_999).seconds(), 1);
        assert_eq!(Timestamp::from_millis(-1).seconds(), -1);
    }

    #[test]
    fn the_ends_of_time_neither_panic_nor_wrap() {
        for millis in [i64::MIN, i64::MAX] {
            let end = Timestamp::from_millis(millis);
            let _ = (end.china_date(), end.utc(), end.seconds(), end.china_minute());
            let _ = (end + TimeDelta::MAX, end - TimeDelta::MAX, end - Timestamp::from_millis(0));
        }
        assert_eq!(Timestamp::from_millis(i64::MAX) + TimeDelta::days(1), Timestamp::from_millis(i64::MAX));
    }

    #[test]
    fn an_instant_travels_as_its_milliseconds() {
        let instant = Timestamp::from_millis(1_763_700_000_123);
        assert_eq!(serde_json::to_string(&instant).unwrap(), "1763700000123");
        assert_eq!(serde_json::from_str::<Timestamp>("1763700000123").unwrap(), instant);
    }

    #[test]
    fn a_manual_clock_moves_only_when_told() {
        let clock = ManualClock::at(Timestamp::from_seconds(100));
        assert_eq!(clock.now(), clock.now());
        clock.advance(TimeDelta::seconds(60));
        assert_eq!(clock.now().seconds(), 160);
        clock.set(Timestamp::from_seconds(7));
        assert_eq!(clock.now().seconds(), 7);
    }

    #[test]
    fn the_system_clock_does_not_run_backwards_past_the_epoch() {
        assert!(SystemClock.now() > Timestamp::from_seconds(1_600_000_000));
    }
}
