//! Trials of one branch, and what their outcome is worth.

use sparring_wide::Seed;

use super::extended::Extended;
use super::ladder::Ladder;
use crate::data::{Dataset, UserIx};
use crate::eval::{BootstrapConfig, EvalConfig, Interval, evaluate, mean_interval, relative_loss};
use crate::experiment::{ExperimentError, Host, fit};
use crate::models::ModelConfig;
use crate::report::{Group, Outcome, Tried};
use crate::split::{Holdout, Stage};

/// Groups of users by activity.
const QUARTERS: usize = 4;

/// Where and how is measured.
#[derive(Clone, Copy)]
pub(super) struct Field<'a> {
    pub(super) stage: &'a Stage,
    pub(super) eval: &'a EvalConfig,
    pub(super) watched: &'a str,
    pub(super) seed: Seed,
    pub(super) host: Host<'a>,
}

/// The metric of each evaluated user.
#[derive(Debug, Clone)]
pub(super) struct Values {
    pub(super) users: Vec<UserIx>,
    pub(super) of: Vec<f64>,
}

/// The best trial so far.
#[derive(Debug, Clone)]
pub(super) struct Best {
    pub(super) amount: f64,
    pub(super) strength: Option<f64>,
    pub(super) added: (usize, usize),
    pub(super) values: Values,
}

/// All trials of a branch.
#[derive(Debug, Default)]
pub(super) struct Trials {
    pub(super) tried: Vec<Tried>,
    pub(super) best: Option<Best>,
}

impl Field<'_> {
    /// Fits on a log and evaluates on the users of the stage.
    pub(super) fn measure(
        &self,
        config: &ModelConfig,
        log: &Dataset,
    ) -> Result<Values, ExperimentError> {
        let fitted = fit(config, log, self.seed, None, self.host)?;
        if fitted.stopped {
            return Err(ExperimentError::Cancelled);
        }
        let found = evaluate(&*fitted.model, &self.stage.holdout, self.eval)?;
        let of = found.values(self.watched).unwrap_or_default().to_vec();
        Ok(Values {
            users: found.users,
            of,
        })
    }

    /// Tries every strength on a log with additions.
    pub(super) fn climb(
        &self,
        (name, amount): (&str, f64),
        log: &Extended,
        (ladder, strengths): (&Ladder, &[Option<f64>]),
        trials: &mut Trials,
    ) -> Result<(), ExperimentError> {
        for (at, &strength) in strengths.iter().enumerate() {
            let step = format!("{}/{}", at + 1, strengths.len());
            let text = format!("{name} {amount}: strength {step}");
            self.host.audience.stage(&text);
            let mut tried = Tried {
                amount,
                strength,
                validation: None,
                failure: None,
            };
            match self.measure(&ladder.at(strength)?, &log.log) {
                Ok(values) => {
                    tried.validation = Some(mean(&values.of));
                    trials.keep(&tried, (log.users, log.interactions), values);
                }
                Err(ExperimentError::Fit(error)) if !self.host.cancel.is_requested() => {
                    tried.failure = Some(error.to_string());
                }
                Err(_) if self.host.cancel.is_requested() => {
                    return Err(ExperimentError::Cancelled);
                }
                Err(error) => return Err(error),
            }
            trials.tried.push(tried);
        }
        Ok(())
    }
}

impl Trials {
    fn keep(&mut self, tried: &Tried, added: (usize, usize), values: Values) {
        let best = self.best.as_ref().map(|best| mean(&best.values.of));
        let value = tried.validation.unwrap_or(f64::NAN);
        if value.is_finite() && best.is_none_or(|best| value > best) {
            self.best = Some(Best {
                amount: tried.amount,
                strength: tried.strength,
                added,
                values,
            });
        }
    }
}

/// The mean over those who count.
fn mean(values: &[f64]) -> f64 {
    let counted = values.iter().filter(|value| !value.is_nan());
    counted.clone().sum::<f64>() / counted.count() as f64
}

/// What values are worth, against the best without additions and against the deciding generator.
pub(super) fn outcome(
    values: &Values,
    plain: Option<&Values>,
    decider: Option<&Values>,
    (holdout, config, longest): (&Holdout, &BootstrapConfig, usize),
) -> Outcome {
    let over = |from: &[f64], to: &[f64]| gain(from, to, config);
    let mut order: Vec<usize> = (0..values.users.len()).collect();
    let known = |&at: &usize| holdout.known.history(values.users[at]).len();
    order.sort_by_key(|at| (known(at), values.users[*at]));
    let n = order.len();
    let quarter = |at: usize| &order[at * n / QUARTERS..(at + 1) * n / QUARTERS];
    let group = |members: &[usize]| {
        let pick = |of: &[f64]| -> Vec<f64> { members.iter().map(|&at| of[at]).collect() };
        let own = pick(&values.of);
        Some(Group {
            least: known(members.first()?),
            most: known(members.last()?),
            users: members.len(),
            value: mean_interval(&own, config),
            uplift: plain.and_then(|plain| over(&pick(&plain.of), &own)),
        })
    };
    Outcome {
        value: mean_interval(&values.of, config),
        uplift: plain.and_then(|plain| over(&plain.of, &values.of)),
        decider_over_this: decider.and_then(|decider| over(&values.of, &decider.of)),
        groups: (0..QUARTERS).filter_map(|at| group(quarter(at))).collect(),
        short: (longest > 0)
            .then(|| group(&order[..order.partition_point(|at| known(at) <= longest)]))
            .flatten(),
    }
}

/// The relative gain from some values to others of the same users.
pub(super) fn gain(from: &[f64], to: &[f64], config: &BootstrapConfig) -> Option<Interval> {
    relative_loss(from, to, config).map(|loss| Interval {
        mean: -loss.mean,
        low: -loss.high,
        high: -loss.low,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::log;

    #[test]
    fn outcomes_by_hand() {
        // User u has u + 1 known events; the gain is a half for all but the last two, who lose all.
        let pairs = (0..8_u32).flat_map(|user| (0..=user).map(move |item| (user, item)));
        let known = log(8, 9, pairs);
        let holdout = Holdout::new(known.clone(), known);
        let users: Vec<UserIx> = (0..8).rev().map(UserIx).collect();
        let values = |of: [f64; 8]| Values {
            users: users.clone(),
            of: of.to_vec(),
        };
        let plain = values([0.2; 8]);
        let found = values([0.0, 0.0, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3]);
        let config = BootstrapConfig::default();
        let outcome = outcome(&found, Some(&plain), Some(&plain), (&holdout, &config, 3));
        // Means .2 and .225.
        assert!((outcome.uplift.unwrap().mean - 0.125).abs() < 1e-9);
        assert!((outcome.decider_over_this.unwrap().mean + 1.0 / 9.0).abs() < 1e-9);
        let groups: Vec<_> = outcome
            .groups
            .iter()
            .map(|g| (g.least, g.most, g.users))
            .collect();
        assert_eq!(groups, [(1, 2, 2), (3, 4, 2), (5, 6, 2), (7, 8, 2)]);
        // Of at most 3 known events: two with .3 and one with 0 or .3 beside .2 each.
        let short = outcome.short.unwrap();
        assert_eq!((short.least, short.most, short.users), (1, 3, 3));
        let first = outcome.groups[0].uplift.unwrap();
        assert!((first.mean - 0.5).abs() < 1e-9 && (first.low - 0.5).abs() < 1e-9);
        assert!((outcome.groups[3].uplift.unwrap().mean + 1.0).abs() < 1e-9);
        assert!((mean(&[1.0, f64::NAN, 2.0]) - 1.5).abs() < 1e-12);
    }
}
