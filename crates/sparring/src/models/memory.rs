//! Whether a fit has room, asked before its matrices are made.

use crate::recommend::{Bytes, FitError, Run};

/// Bytes that programs can still have, where the system tells.
pub fn available_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024)
}

/// What a fit may take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Room {
    bytes: Option<u64>,
    /// Whether someone set it, rather than the system.
    set: bool,
}

impl Room {
    /// The smaller of the limit of the run and what the system can give.
    pub(crate) fn of(run: &Run<'_>) -> Self {
        Self::smaller(run.memory, available_memory())
    }

    fn smaller(limit: Option<u64>, available: Option<u64>) -> Self {
        let set = limit.is_some_and(|limit| available.is_none_or(|available| limit <= available));
        Self {
            bytes: if set { limit } else { available },
            set,
        }
    }

    pub(super) fn holds(self, needed: u64) -> bool {
        self.bytes.is_none_or(|bytes| needed <= bytes)
    }

    /// An error if a fit needs more.
    pub(crate) fn enough(self, model: &'static str, needed: u64) -> Result<(), FitError> {
        match self.bytes {
            Some(bytes) if needed > bytes => Err(FitError::Memory {
                model,
                needed: Bytes(needed),
                available: Bytes(bytes),
            }),
            _ => Ok(()),
        }
    }

    /// `needs 74.5 GiB of 8.0 GiB`; what the system can give is never the same twice, and not told.
    pub(super) fn exceeded(self, needed: u64) -> String {
        let needed = Bytes(needed);
        match self.bytes.filter(|_| self.set) {
            Some(bytes) => format!("needs {needed} of {}", Bytes(bytes)),
            None => format!("needs {needed}, more than is available"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_refused_with_both_sizes() {
        let room = Room::smaller(None, Some(24 << 30));
        let error = room.enough("ease", 80 << 30).unwrap_err();
        assert_eq!(
            error.to_string(),
            "ease: needs about 80.0 GiB of memory, 24.0 GiB are available"
        );
        assert!(error.hint().contains("fewer items"));
        assert!(room.enough("ease", 24 << 30).is_ok());
        let unknown = Room::smaller(None, None);
        assert!(unknown.enough("ease", u64::MAX).is_ok());
    }

    #[test]
    fn the_smaller_of_limit_and_system_counts() {
        for (limit, available, holds, told) in [
            (Some(8), Some(24), 8, "needs 25 bytes of 8 bytes"),
            (
                Some(30),
                Some(24),
                24,
                "needs 25 bytes, more than is available",
            ),
            (Some(8), None, 8, "needs 25 bytes of 8 bytes"),
        ] {
            let room = Room::smaller(limit, available);
            assert!(room.holds(holds) && !room.holds(holds + 1), "{room:?}");
            assert_eq!(room.exceeded(25), told);
        }
    }
}
