//! Instants as a person in China reads them: `2026-11-02 10:41`, always Asia/Shanghai (decisions, “Personal data”).

use chrono::{DateTime, FixedOffset};

use crate::kernel::Timestamp;

/// Asia/Shanghai has been UTC+8 without summer time since 1991, before any instant of ours.
const SHANGHAI_SECONDS: i32 = 8 * 3600;

/// `2026-11-02`
#[must_use]
pub fn china_date(at: Timestamp) -> String {
    format(at, "%Y-%m-%d")
}

/// `2026-11-02 10:41`
#[must_use]
pub fn china_date_time(at: Timestamp) -> String {
    format(at, "%Y-%m-%d %H:%M")
}

/// `10:41:30`
#[must_use]
pub fn china_clock(at: Timestamp) -> String {
    format(at, "%H:%M:%S")
}

fn format(at: Timestamp, pattern: &str) -> String {
    let utc = DateTime::from_timestamp_millis(at.millis()).unwrap_or_default();
    FixedOffset::east_opt(SHANGHAI_SECONDS).map_or_else(
        || utc.format(pattern).to_string(),
        |shanghai| utc.with_timezone(&shanghai).format(pattern).to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_late_in_the_utc_day_is_the_next_day_in_china() {
        let evening = Timestamp::from_millis(1_793_633_000_000);
        assert_eq!(china_date_time(evening), "2026-11-02 23:23");
        let midnight = Timestamp::from_millis(1_793_635_205_000);
        assert_eq!(china_date(midnight), "2026-11-03");
        assert_eq!(china_clock(midnight), "00:00:05");
    }
}
