//! How strongly a recommender is regularised: the setting and the values worth trying.

use crate::experiment::ExperimentError;
use crate::experiment::config::set_path;
use crate::models::{ConfigError, ModelConfig, nearest};
use crate::recommend::{Dimension, Values};

/// Endings of the names of settings that regularise.
const REGULARISERS: [&str; 2] = ["l2", "shrink"];
/// How far beyond the range of tuning a ladder goes.
const BEYOND: f64 = 8.0;

/// A setting and its range, weak to strong; nothing for a recommender that has no such setting.
#[derive(Debug, Clone)]
pub(super) struct Ladder {
    base: ModelConfig,
    rung: Option<(&'static str, Scale)>,
}

#[derive(Debug, Clone, Copy)]
enum Scale {
    Log(f64, f64),
    Linear(f64, f64),
}

impl Ladder {
    /// The ladder of a recommender: of the setting `vary`, or of its own first regulariser where that
    /// is empty.
    ///
    /// A regulariser goes from the geometric middle of the range that tuning looks at to eight times
    /// its top; another setting through its range.
    pub(super) fn of(base: &ModelConfig, vary: &str) -> Result<Self, ExperimentError> {
        let all: Vec<Dimension> = base
            .parts()
            .into_iter()
            .flat_map(|part| part.space)
            .collect();
        let own = |d: &&Dimension| {
            let last = d.key.rsplit('.').next().unwrap_or(d.key);
            REGULARISERS.contains(&last) || vary.is_empty() && last.ends_with("_l2")
        };
        let chosen = if vary.is_empty() {
            all.iter().find(own)
        } else {
            all.iter().find(|d| d.key == vary)
        };
        let rung = chosen.and_then(|d| Some((d.key, scale(d)?)));
        if rung.is_none() && !vary.is_empty() {
            let keys = all.iter().filter(|d| scale(d).is_some()).map(|d| d.key);
            return Err(ExperimentError::Config {
                place: "augment".to_owned(),
                message: format!("`vary`: `{}` has no setting `{vary}` to vary", base.name()),
                nearest: nearest(vary, keys),
            });
        }
        Ok(Self {
            base: base.clone(),
            rung,
        })
    }

    /// The recommender's name.
    pub(super) fn name(&self) -> &'static str {
        self.base.name()
    }

    /// The setting that is varied.
    pub(super) fn key(&self) -> Option<&'static str> {
        self.rung.map(|(key, _)| key)
    }

    /// `n` values through the whole range, the given one where there is no such setting.
    pub(super) fn strengths(&self, n: usize) -> Vec<Option<f64>> {
        let Some((_, scale)) = self.rung else {
            return vec![None];
        };
        (0..n)
            .map(|at| {
                let share = if n == 1 {
                    0.5
                } else {
                    at as f64 / (n - 1) as f64
                };
                let value = match scale {
                    Scale::Log(low, high) => (low.ln() + share * (high / low).ln()).exp(),
                    Scale::Linear(low, high) => low + share * (high - low),
                };
                Some(rounded(value))
            })
            .collect()
    }

    /// The recommender at one strength.
    pub(super) fn at(&self, strength: Option<f64>) -> Result<ModelConfig, ConfigError> {
        let mut table = self.base.to_table();
        if let (Some((key, _)), Some(strength)) = (self.rung, strength) {
            let _inside_a_table = set_path(&mut table, key, toml::Value::Float(strength));
        }
        ModelConfig::from_table(self.base.name(), table)
    }
}

fn scale(dimension: &Dimension) -> Option<Scale> {
    match dimension.values {
        Values::LogUniform(low, high) => Some(Scale::Log((low * high).sqrt(), BEYOND * high)),
        Values::Uniform(low, high) => Some(Scale::Linear(low, high)),
        _ => None,
    }
}

/// Four digits: a number that can be read and written again.
fn rounded(value: f64) -> f64 {
    format!("{value:.3e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ladder_of_ease() {
        let ladder = Ladder::of(&ModelConfig::named("ease").unwrap(), "").unwrap();
        assert_eq!(ladder.key(), Some("l2"));
        // From sqrt(1 * 5000) = 70.71 to 40,000 in equal ratios: the middle is 1,682.
        let found: Vec<f64> = ladder.strengths(3).into_iter().flatten().collect();
        for (found, expected) in found.iter().zip([70.71, 1682.0, 40_000.0]) {
            assert!((found / expected - 1.0).abs() < 1e-3, "{found} {expected}");
        }
        let model = ladder.at(Some(70.71)).unwrap();
        assert_eq!(model.to_table()["l2"].as_float(), Some(70.71));
    }

    #[test]
    fn every_model_has_a_ladder_or_none() {
        let mut without = Vec::new();
        for name in ModelConfig::NAMES {
            let ladder = Ladder::of(&ModelConfig::named(name).unwrap(), "").unwrap();
            for strength in ladder.strengths(2) {
                ladder.at(strength).unwrap();
            }
            if ladder.key().is_none() {
                without.push(*name);
            }
        }
        assert_eq!(
            without,
            [
                "pop",
                "random",
                "puresvd",
                "markov",
                "gru4rec",
                "sasrec",
                "eventgan",
                "contentknn",
                "dropoutnet"
            ]
        );
    }

    #[test]
    fn another_setting_can_be_varied_and_an_unknown_one_is_refused() {
        let multvae = ModelConfig::named("multvae").unwrap();
        let ladder = Ladder::of(&multvae, "dropout").unwrap();
        assert_eq!(ladder.strengths(2), [Some(0.2), Some(0.8)]);
        let error = Ladder::of(&multvae, "dropuot").unwrap_err().to_string();
        assert!(error.contains("did you mean `dropout`?"), "{error}");
    }
}
