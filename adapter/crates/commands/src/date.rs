//! Dates and times of day, in UTC.

use std::fmt;
use symbols::pe::{DebugEntry, IMAGE_DEBUG_TYPE_REPRO};

/// Between 1601, where Windows counts from, and 1970, in seconds.
const SECONDS_TO_UNIX_EPOCH: i64 = 11_644_473_600;
const UNITS_PER_SECOND: u64 = 10_000_000;

const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A point in time; displays as `Sun Feb 21 10:20:30 2021`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Date {
    pub(crate) year: i64,
    /// From 0.
    pub(crate) month: i64,
    /// From 1.
    pub(crate) day: i64,
    pub(crate) hour: i64,
    pub(crate) minute: i64,
    pub(crate) second: i64,
    weekday: &'static str,
}

impl Date {
    /// From seconds since 1970-01-01.
    pub(crate) fn from_unix(seconds: i64) -> Self {
        let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let (year, month, day) = civil(days);
        let weekday = WEEKDAYS.get(days.rem_euclid(7) as usize).unwrap_or(&"");
        Self { year, month, day, hour: second / 3600, minute: second / 60 % 60, second: second % 60, weekday }
    }

    /// `Sun Feb 21`
    pub(crate) fn day_text(&self) -> String {
        let month = MONTHS.get(self.month as usize).unwrap_or(&"");
        format!("{} {month} {:>2}", self.weekday, self.day)
    }

    /// `2021-02-21_10-20-30`: for names of files.
    pub(crate) fn file_text(&self) -> String {
        let Self { year, month, day, hour, minute, second, .. } = self;
        format!("{year:04}-{:02}-{day:02}_{hour:02}-{minute:02}-{second:02}", month + 1)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { year, hour, minute, second, .. } = self;
        write!(f, "{} {hour:02}:{minute:02}:{second:02} {year}", self.day_text())
    }
}

/// A time in units of 100 ns since 1601, as `Sun Feb 21 10:20:30.123 2021 (UTC)`.
pub(crate) fn date(time: u64) -> String {
    let seconds = i64::try_from(time / UNITS_PER_SECOND).unwrap_or(i64::MAX) - SECONDS_TO_UNIX_EPOCH;
    let milliseconds = time % UNITS_PER_SECOND / (UNITS_PER_SECOND / 1000);
    let date = Date::from_unix(seconds);
    let Date { year, hour, minute, second, .. } = date;
    format!("{} {hour:02}:{minute:02}:{second:02}.{milliseconds:03} {year} (UTC)", date.day_text())
}

/// What `TimeDateStamp` of an image says: a time, or that it is a hash of the content (`IMAGE_DEBUG_TYPE_REPRO`). Where
/// the debug directory can't be read, it may be either.
pub(crate) fn time_date_stamp(stamp: u32, debug_entries: &[DebugEntry]) -> String {
    let date = Date::from_unix(i64::from(stamp));
    if debug_entries.iter().any(|entry| entry.kind == IMAGE_DEBUG_TYPE_REPRO) {
        "This is a reproducible build file hash, not a timestamp".to_owned()
    } else if debug_entries.is_empty() {
        format!("{date} or a hash")
    } else {
        date.to_string()
    }
}

/// Year, month from 0 and day from 1 of a day counted from 1970-01-01, in the Gregorian calendar: years are counted
/// from March, so that the leap day comes last.
fn civil(days: i64) -> (i64, i64, i64) {
    const DAYS_PER_ERA: i64 = 146_097;
    let shifted = days.saturating_add(719_468);
    let (era, day_of_era) = (shifted.div_euclid(DAYS_PER_ERA), shifted.rem_euclid(DAYS_PER_ERA));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = (march_month + 2) % 12;
    (year_of_era + era * 400 + i64::from(month < 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_since_1970_are_dates() {
        let check = |seconds, expected: &str| assert_eq!(Date::from_unix(seconds).to_string(), expected);
        check(0, "Thu Jan  1 00:00:00 1970");
        check(1_709_210_096, "Thu Feb 29 12:34:56 2024");
        check(-1, "Wed Dec 31 23:59:59 1969");
        assert_eq!(Date::from_unix(1_709_210_096).file_text(), "2024-02-29_12-34-56");
    }
}
