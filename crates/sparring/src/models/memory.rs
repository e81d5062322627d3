//! Whether a dense matrix fits into this machine, asked before it is made.

use crate::recommend::FitError;

/// Bytes that programs can still have, where the system tells.
pub fn available_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024)
}

/// An error if a fit needs more than what is available.
pub(super) fn enough(
    model: &'static str,
    needed: u64,
    available: Option<u64>,
) -> Result<(), FitError> {
    match available {
        Some(available) if needed > available => Err(FitError::Memory {
            model,
            needed: gib(needed),
            available: gib(available),
        }),
        _ => Ok(()),
    }
}

fn gib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 30)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_refused_with_both_sizes() {
        let error = enough("ease", 80 << 30, Some(24 << 30)).unwrap_err();
        let text = error.to_string();
        assert_eq!(
            text,
            "ease: needs about 80.0 GiB of memory, 24.0 GiB are available"
        );
        assert!(error.hint().contains("fewer items"));
        assert!(enough("ease", 24 << 30, Some(24 << 30)).is_ok());
        assert!(enough("ease", u64::MAX, None).is_ok());
    }
}
