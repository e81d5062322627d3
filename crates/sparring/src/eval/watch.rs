//! Rating a model on validation data while it trains.

use super::error::EvalError;
use super::metric::{Direction, Metric};
use super::plan::Plan;
use super::profile::Profile;
use crate::recommend::{Monitor, Recommender};
use crate::split::Holdout;

/// One metric on a validation part, for stopping early and for keeping the best weights.
///
/// A metric of which less is better is negated. A model that cannot be scored, or whose value is
/// not a number, is worth minus infinity.
#[derive(Debug)]
pub struct Watch {
    metrics: [Box<dyn Metric>; 1],
    depth: usize,
    validation: Holdout,
}

impl Watch {
    /// Watches the metric with a label such as `ndcg@20` of the default profile.
    ///
    /// # Errors
    /// As [`parse_metric`](super::parse_metric).
    pub fn new(validation: Holdout, label: &str) -> Result<Self, EvalError> {
        let metric = Profile::Default.metric(label)?;
        let k = label.split_once('@').and_then(|(_, k)| k.parse().ok());
        Ok(Self {
            metrics: [metric],
            depth: k.unwrap_or(0),
            validation,
        })
    }
}

impl Monitor for Watch {
    fn score(&self, model: &dyn Recommender) -> f64 {
        let plan = Plan {
            metrics: &self.metrics,
            depth: self.depth,
            exclude_known: true,
        };
        let sign = match self.metrics[0].direction() {
            Direction::Maximize => 1.0,
            Direction::Minimize => -1.0,
        };
        plan.run(model, &self.validation)
            .map(|evaluation| sign * evaluation.measured[0].mean)
            .ok()
            .filter(|value| !value.is_nan())
            .unwrap_or(f64::NEG_INFINITY)
    }
}

#[cfg(test)]
mod tests {
    use sparring_wide::Seed;

    use super::*;
    use crate::eval::per_user::checks::assert_close;
    use crate::eval::{EvalConfig, evaluate};
    use crate::recommend::{Query, ScoreError};
    use crate::split::contract::planted;
    use crate::split::{RandomRatio, Splitter};

    /// Scores every item by its index times a factor.
    #[derive(Debug)]
    struct Slope(f32);

    impl Recommender for Slope {
        fn n_items(&self) -> usize {
            40
        }

        fn score_into(&self, _: &[Query<'_>], scores: &mut [f32]) -> Result<(), ScoreError> {
            for row in scores.chunks_mut(40) {
                for (item, score) in row.iter_mut().enumerate() {
                    *score = item as f32 * self.0;
                }
            }
            Ok(())
        }
    }

    #[test]
    fn agrees_with_an_evaluation() {
        let split = RandomRatio::default().split(&planted(1), Seed(1)).unwrap();
        let validation = split.validation.unwrap();
        let watch = Watch::new(validation.clone(), "ndcg@5").unwrap();
        let (bad, good) = (watch.score(&Slope(1.0)), watch.score(&Slope(-1.0)));
        assert!(good > bad, "planted popularity falls with the index");
        let full = evaluate(&Slope(-1.0), &validation, &EvalConfig::default()).unwrap();
        assert_eq!(full.mean("ndcg@5"), Some(good));
        assert_close(watch.score(&Slope(f32::NAN)), 0.0);
    }

    #[test]
    fn an_unknown_metric_is_refused() {
        let split = RandomRatio::default().split(&planted(1), Seed(1)).unwrap();
        assert!(Watch::new(split.test, "ndgc@5").is_err());
    }
}
