//! Checks of settings and data before a fit.

use std::fmt::Display;

use crate::recommend::FitError;

/// An error for the setting `key`, unless it is `ok`.
pub(crate) fn setting(
    ok: bool,
    model: &'static str,
    key: &'static str,
    expected: &'static str,
    found: impl Display,
) -> Result<(), FitError> {
    if ok {
        return Ok(());
    }
    Err(FitError::Setting {
        model,
        key,
        expected,
        found: found.to_string(),
    })
}

/// An error for the setting `key`, unless `found` is finite and 0 or more.
pub(crate) fn not_negative(
    model: &'static str,
    key: &'static str,
    found: f64,
) -> Result<(), FitError> {
    setting(
        found >= 0.0 && found.is_finite(),
        model,
        key,
        "0 or more",
        found,
    )
}

/// An error for the setting `key`, unless `found` is finite and above 0.
pub(crate) fn positive(model: &'static str, key: &'static str, found: f64) -> Result<(), FitError> {
    setting(
        found > 0.0 && found.is_finite(),
        model,
        key,
        "above 0",
        found,
    )
}

/// An error, unless some user has two items and lacks one: what a model that hides a part of a
/// history learns from.
pub(crate) fn some_user_to_mask(model: &'static str, users: usize) -> Result<(), FitError> {
    if users > 0 {
        return Ok(());
    }
    Err(FitError::TooSmall {
        model,
        needed: "a user with at least two items who lacks one",
        found: 0,
    })
}

/// An error, unless there is something to learn from, given the number of interactions.
pub(super) fn some_interaction(model: &'static str, interactions: usize) -> Result<(), FitError> {
    if interactions > 0 {
        return Ok(());
    }
    Err(FitError::TooSmall {
        model,
        needed: "an interaction",
        found: 0,
    })
}
