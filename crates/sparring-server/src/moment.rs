//! Points in time as clients write and read them.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// What a time that nobody gave looks like to clients.
pub(crate) const NEVER: &str = "0001-01-01T00:00:00Z";

/// Microseconds since 1970, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub i64);

impl Moment {
    /// What the clock says.
    pub fn now() -> Self {
        Self::of(SystemTime::now())
    }

    /// A time of the system; 1970 if it lies before.
    pub(crate) fn of(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH);
        let micros = since.map_or(0, |since| since.as_micros());
        Self(i64::try_from(micros).unwrap_or(i64::MAX))
    }

    /// Reads RFC 3339, a date with or without a time (UTC), or seconds, milliseconds or microseconds since 1970.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(time) = text.parse::<Timestamp>() {
            return Some(Self(time.as_microsecond()));
        }
        if let Ok(number) = text.parse() {
            return Some(Self::of_number(number));
        }
        let civil = text
            .parse::<DateTime>()
            .or_else(|_| text.parse::<Date>().map(|date| date.at(0, 0, 0, 0)))
            .ok()?;
        let time = civil.to_zoned(TimeZone::UTC).ok()?;
        Some(Self(time.timestamp().as_microsecond()))
    }

    /// Of seconds until the year 5138, of milliseconds and of microseconds from 1973 on.
    pub fn of_number(number: i64) -> Self {
        Self(match number.unsigned_abs() {
            0..100_000_000_000 => number * 1_000_000,
            100_000_000_000..100_000_000_000_000 => number * 1000,
            _ => number,
        })
    }

    /// Seconds since 1970, from 0 to what 32 bits hold.
    pub fn secs(self) -> u32 {
        u32::try_from(self.0.div_euclid(1_000_000).max(0)).unwrap_or(u32::MAX)
    }

    /// So much later.
    #[must_use]
    pub fn plus_micros(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }
}

impl std::fmt::Display for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match Timestamp::from_microsecond(self.0) {
            Ok(time) => time.fmt(f),
            Err(_) => f.write_str(NEVER),
        }
    }
}

/// Microseconds of a duration as Go writes it: `1h30m`, `10s`, `1.5h`, `300ms`; `None` if it is not one.
pub(crate) fn duration(text: &str) -> Option<i64> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    let mut micros = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..end].parse().ok()?;
        let after = &rest[end..];
        let units = [
            ("ms", 1e3),
            ("us", 1.0),
            ("\u{b5}s", 1.0),
            ("ns", 1e-3),
            ("h", 3.6e9),
            ("m", 6e7),
            ("s", 1e6),
        ];
        let (unit, factor) = units.iter().find(|(unit, _)| after.starts_with(unit))?;
        micros += number * factor;
        rest = &after[unit.len()..];
    }
    let micros = sign * micros;
    // A century: beyond it nobody means it.
    #[expect(clippy::cast_possible_truncation, reason = "bounded before")]
    (!text.is_empty() && micros.abs() < 3.2e15).then_some(micros as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_clients_write() {
        for (text, shown) in [
            ("2022-11-20T13:55:27Z", "2022-11-20T13:55:27Z"),
            ("2022-11-20T13:55:27.000Z", "2022-11-20T13:55:27Z"),
            ("2022-11-20T14:55:27+01:00", "2022-11-20T13:55:27Z"),
            ("2010-01-01T01:01:01.000001", "2010-01-01T01:01:01.000001Z"),
            ("2022-11-20 13:55:27", "2022-11-20T13:55:27Z"),
            ("2022-11-20", "2022-11-20T00:00:00Z"),
            ("1668952527", "2022-11-20T13:55:27Z"),
            ("1668952527000", "2022-11-20T13:55:27Z"),
            ("1668952527000000", "2022-11-20T13:55:27Z"),
        ] {
            let read = Moment::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(read.to_string(), shown, "{text}");
        }
        for text in ["", "yesterday", "2022-13-01", "99999999-01-01"] {
            assert_eq!(Moment::parse(text), None, "{text}");
        }
    }

    #[test]
    fn durations_of_go() {
        for (text, micros) in [
            ("1h30m", 5_400_000_000),
            ("10s", 10_000_000),
            ("1.5h", 5_400_000_000),
            ("300ms", 300_000),
            ("0h0m0s", 0),
            ("0", 0),
            ("-2s", -2_000_000),
        ] {
            assert_eq!(duration(text), Some(micros), "{text}");
        }
        for text in ["", "h", "10", "10 s", "1x", "99999999999h", "1..5h"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }
}
