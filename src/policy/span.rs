//! A length of time as people write it in a profile: `60s`, `5min`, `8h`, `30d`.

use std::{fmt, str::FromStr, time::Duration};

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// Whole seconds, written with a unit; at least one second, at most 400 days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Span(u32);

const UNITS: [(&str, u32); 4] = [("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)];
const LONGEST: u32 = 400 * 86_400;

/// What was written is no length of time.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no length of time: write a number with s, min, h or d, between 1s and 400d")]
pub struct NoSpan(String);

impl Span {
    /// A span of that many seconds, kept between one second and 400 days.
    pub fn seconds(seconds: u32) -> Self {
        Self(seconds.clamp(1, LONGEST))
    }

    /// A span of that many minutes.
    pub fn minutes(minutes: u32) -> Self {
        Self::seconds(minutes.saturating_mul(60))
    }

    /// For arithmetic with instants.
    pub fn delta(self) -> TimeDelta {
        TimeDelta::seconds(i64::from(self.0))
    }

    /// For timers.
    pub fn std(self) -> Duration {
        Duration::from_secs(u64::from(self.0))
    }

    /// The number of seconds, as protocol members such as `expires_in` want it.
    pub fn as_seconds(self) -> u32 {
        self.0
    }

    /// Whole minutes, for texts such as “valid for 5 minutes”; rounded up.
    pub fn as_minutes(self) -> u32 {
        self.0.div_ceil(60)
    }

    /// Whole hours; rounded up.
    pub fn as_hours(self) -> u32 {
        self.0.div_ceil(3600)
    }
}

impl FromStr for Span {
    type Err = NoSpan;

    fn from_str(text: &str) -> Result<Self, NoSpan> {
        let refused = || NoSpan(text.to_owned());
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let unit = text.strip_prefix(digits).unwrap_or_default();
        let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(refused)?;
        let number: u32 = digits.trim_end().parse().map_err(|_| refused())?;
        let seconds = number.checked_mul(*factor).ok_or_else(refused)?;
        if (1..=LONGEST).contains(&seconds) { Ok(Self(seconds)) } else { Err(refused()) }
    }
}

impl TryFrom<String> for Span {
    type Error = NoSpan;

    fn try_from(text: String) -> Result<Self, NoSpan> {
        text.parse()
    }
}

impl From<Span> for String {
    fn from(span: Span) -> Self {
        span.to_string()
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = UNITS.iter().find(|(_, factor)| self.0.is_multiple_of(*factor));
        let (unit, factor) = whole.copied().unwrap_or(("s", 1));
        write!(f, "{}{unit}", self.0 / factor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_read_in_every_unit_and_written_in_the_largest_whole_one() {
        for (written, seconds, shown) in [
            ("60s", 60, "1min"),
            ("90s", 90, "90s"),
            ("5min", 300, "5min"),
            ("60 min", 3_600, "1h"),
            ("8h", 28_800, "8h"),
            ("24h", 86_400, "1d"),
            ("400d", 34_560_000, "400d"),
        ] {
            let span: Span = written.parse().unwrap();
            assert_eq!((span.as_seconds(), span.to_string().as_str()), (seconds, shown), "{written}");
            assert_eq!(span.std().as_secs(), u64::from(seconds));
            assert_eq!(span.delta().num_seconds(), i64::from(seconds));
        }
    }

    #[test]
    fn what_has_no_unit_no_number_or_no_sense_is_refused() {
        for written in ["", "60", "s", "0s", "-1s", "1.5h", "5m", "1h30min", "401d", "99999999999s", "五min"]
        {
            assert!(written.parse::<Span>().is_err(), "{written}");
        }
    }

    #[test]
    fn minutes_for_a_text_are_rounded_up() {
        assert_eq!(Span::seconds(61).as_minutes(), 2);
        assert_eq!(Span::minutes(5).as_minutes(), 5);
        assert_eq!(Span::seconds(0).as_seconds(), 1);
    }
}
