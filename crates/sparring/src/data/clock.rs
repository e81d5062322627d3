//! What the times of a log count.

use serde::{Deserialize, Serialize};

/// Smaller times are positions, not dates.
const FIRST_DATE: i64 = 10_000_000;
/// Later dates than any log has, in seconds (the year 5138); from there on the unit is smaller.
const LAST_SECOND: i64 = 100_000_000_000;

/// The unit of the times of a log, told from their size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Clock {
    /// Places in an order, not dates.
    Positions,
    /// Seconds since 1970.
    Seconds,
    /// Thousandths of seconds.
    Milliseconds,
    /// Millionths of seconds.
    Microseconds,
    /// Thousand-millionths of seconds.
    Nanoseconds,
}

impl Clock {
    /// The unit of times from `first` to `last`.
    pub fn of(first: i64, last: i64) -> Self {
        match last {
            _ if first < FIRST_DATE => Self::Positions,
            last if last < LAST_SECOND => Self::Seconds,
            last if last < 1_000 * LAST_SECOND => Self::Milliseconds,
            last if last < 1_000_000 * LAST_SECOND => Self::Microseconds,
            _ => Self::Nanoseconds,
        }
    }

    /// Number of units in an hour; none for positions.
    pub fn hour(self) -> Option<i64> {
        match self {
            Self::Positions => None,
            Self::Seconds => Some(3_600),
            Self::Milliseconds => Some(3_600_000),
            Self::Microseconds => Some(3_600_000_000),
            Self::Nanoseconds => Some(3_600_000_000_000),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_told_by_size() {
        // 2001-09-09 in each unit.
        let date = 1_000_000_000;
        for (factor, clock) in [
            (1, Clock::Seconds),
            (1_000, Clock::Milliseconds),
            (1_000_000, Clock::Microseconds),
            (1_000_000_000, Clock::Nanoseconds),
        ] {
            assert_eq!(Clock::of(date * factor, date * factor), clock);
            assert_eq!(clock.hour(), Some(3_600 * factor));
        }
        assert_eq!(Clock::of(-1, 2_000), Clock::Positions);
        assert_eq!(Clock::of(0, date).hour(), None, "a time that is no date");
    }
}
