//! Settings of augmentation.

use serde::{Deserialize, Serialize};

use crate::experiment::ExperimentError;

/// How much may be added, and how many strengths of regularisation go with each amount.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AugmentConfig {
    /// Lengths of completed profiles in lengths of the real ones, each above 1.
    pub times: Vec<f64>,
    /// Numbers of generated users for each real one, each above 0.
    pub users: Vec<f64>,
    /// Strengths of the regularisation tried with each amount, 1 or more.
    pub strengths: usize,
    /// The setting of the recommender that is varied; empty for its own choice.
    pub vary: String,
    /// Shares of the items of a history that are exchanged, each above 0 and up to 1.
    pub shares: Vec<f64>,
    /// The model of the next item that sequences are drawn from.
    pub sequences: String,
    /// Divides its logits, above 0.
    pub temperature: f32,
    /// Users with more events than this are left as they are; 0 for no limit.
    pub longest: usize,
}

impl Default for AugmentConfig {
    fn default() -> Self {
        Self {
            times: vec![2.0, 4.0, 8.0],
            users: vec![0.5, 1.0, 2.0],
            strengths: 6,
            vary: String::new(),
            shares: vec![0.2, 0.5],
            sequences: "sasrec".to_owned(),
            temperature: 1.0,
            longest: 0,
        }
    }
}

impl AugmentConfig {
    pub(super) fn check(&self) -> Result<(), ExperimentError> {
        let wrong = |message: String| {
            Err(ExperimentError::Config {
                place: "augment".to_owned(),
                message,
                nearest: None,
            })
        };
        for (key, amounts, lowest) in [
            ("times", &self.times, 1.0),
            ("users", &self.users, 0.0),
            ("shares", &self.shares, 0.0),
        ] {
            if amounts.is_empty() {
                return wrong(format!("`{key}` needs an amount to try"));
            }
            let fits = |amount: &&f64| **amount > lowest && **amount <= 1e6;
            if let Some(found) = amounts.iter().find(|amount| !fits(amount)) {
                return wrong(format!(
                    "`{key}` must hold amounts above {lowest}, got {found}"
                ));
            }
        }
        if let Some(found) = self.shares.iter().find(|share| **share > 1.0) {
            return wrong(format!("`shares` must hold shares up to 1, got {found}"));
        }
        if !(self.temperature > 0.0 && self.temperature.is_finite()) {
            let found = self.temperature;
            return wrong(format!("`temperature` must be above 0, got {found}"));
        }
        if self.strengths == 0 {
            return wrong("`strengths` must be 1 or more, got 0".to_owned());
        }
        Ok(())
    }
}
