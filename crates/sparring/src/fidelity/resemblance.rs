//! Users as wholes: whether they can be told from real ones, lie among them and cover them.

use serde::{Deserialize, Serialize};
use sparring_wide::Seed;

use super::auc::Auc;
use super::classifier::{MOST_CLASSIFIED, tell_apart};
use super::error::FidelityError;
use super::logs::{Crowd, Logs};
use super::modes::Modes;
use super::sample::drawn;
use super::support::Support;
use super::yardstick::{Point, Yardstick};
use crate::recommend::Run;

/// How far users are, as wholes, like real ones.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Resemblance {
    /// How well a classifier tells them from real users: 1/2 if not at all.
    pub classifier: Auc,
    /// How far they lie among real users, from 0 or less to 1.
    pub alpha_precision: f64,
    /// How far real users lie among them.
    pub beta_recall: f64,
    /// How far they are of all kinds.
    pub modes: Modes,
}

/// The users as points, for a map and for comparisons.
///
/// What points are measured with is made from one half of the real users, drawn by lot; the other
/// half stands for the real ones.
#[derive(Debug)]
pub struct Points {
    real: Vec<Point>,
    synthetic: Vec<Point>,
    holdout: Option<Vec<Point>>,
}

impl Points {
    /// Of these logs; draws the halves with the seed of the run.
    ///
    /// # Errors
    /// If the directions cannot be found, or a stop is requested.
    pub fn of(logs: &Logs, run: &Run<'_>) -> Result<Self, FidelityError> {
        let n = logs.real.n_users();
        let users = drawn(n, n, run.seed.derive("halves"));
        let (made_from, measured) = users.split_at(n / 2);
        let yardstick = Yardstick::of(&logs.real.only(made_from), run)?;
        let points = |crowd: &Crowd| yardstick.points(crowd);
        Ok(Self {
            real: points(&logs.real.only(measured)),
            synthetic: points(&logs.synthetic),
            holdout: logs.holdout.as_ref().map(points),
        })
    }

    /// The synthetic users beside the real ones.
    ///
    /// # Errors
    /// If the classifier cannot be fitted.
    pub fn synthetic(&self, seed: Seed) -> Result<Resemblance, FidelityError> {
        Resemblance::of(&self.real, &self.synthetic, seed)
    }

    /// The held-out users beside the real ones: a floor.
    ///
    /// # Errors
    /// If the classifier cannot be fitted.
    pub fn holdout(&self, seed: Seed) -> Result<Option<Resemblance>, FidelityError> {
        let holdout = self.holdout.as_ref();
        holdout
            .map(|holdout| Resemblance::of(&self.real, holdout, seed))
            .transpose()
    }

    /// Two coordinates of each real and of each synthetic user: the second and the third direction,
    /// since the first is popularity; 0 where there are fewer.
    pub fn map(&self) -> [Vec<(f64, f64)>; 2] {
        let place = |point: &Point| {
            let at = |axis: usize| point.projection.get(axis).copied().unwrap_or(0.0);
            (at(1), at(2))
        };
        [&self.real, &self.synthetic].map(|points| points.iter().map(place).collect())
    }
}

impl Resemblance {
    fn of(real: &[Point], other: &[Point], seed: Seed) -> Result<Self, FidelityError> {
        let figures = |points: &[Point]| -> Vec<Vec<f64>> {
            points.iter().map(|point| point.figures.clone()).collect()
        };
        let (a, b) = (figures(real), figures(other));
        let classifier = tell_apart(&refs(&a), &refs(&b), seed.derive("classifier"))?;
        let each = real.len().min(other.len()).min(MOST_CLASSIFIED);
        let some = |points: &[Point], label| -> Vec<Vec<f64>> {
            let chosen = drawn(points.len(), each, seed.derive(label));
            chosen
                .into_iter()
                .map(|at| points[at].projection.clone())
                .collect()
        };
        let (a, b) = (some(real, "real"), some(other, "other"));
        let Support { precision, recall } = Support::of(&refs(&a), &refs(&b));
        Ok(Self {
            classifier,
            alpha_precision: precision,
            beta_recall: recall,
            modes: Modes::of(&refs(&a), &refs(&b), seed.derive("modes")),
        })
    }
}

fn refs(rows: &[Vec<f64>]) -> Vec<&[f64]> {
    rows.iter().map(Vec::as_slice).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::PlantedConfig;
    use crate::fidelity::logs::tests::crowd;
    use crate::recommend::Cancel;

    #[test]
    fn fresh_users_of_the_same_kind_pass_and_users_by_popularity_do_not() {
        let planted = PlantedConfig {
            n_users: 500,
            n_items: 80,
            mean_events: 15.0,
            ..Default::default()
        };
        let all = Crowd::of(planted.generate(Seed(3)).data);
        let part = |from: usize, to: usize| all.only(&(from..to).collect::<Vec<_>>());
        // Everybody has the most popular items: one kind of user.
        let rows: Vec<Vec<u32>> = (0..100_u32)
            .map(|u| (u % 9..u % 9 + 15).collect())
            .collect();
        let rows: Vec<&[u32]> = rows.iter().map(Vec::as_slice).collect();
        let found = |synthetic: Crowd| {
            let logs = Logs {
                real: part(0, 300),
                synthetic,
                holdout: Some(part(300, 400)),
            };
            let cancel = Cancel::new();
            let points = Points::of(&logs, &Run::quiet(Seed(1), &cancel)).unwrap();
            let floor = points.holdout(Seed(1)).unwrap().unwrap();
            let maps = points.map();
            assert_eq!((maps[0].len(), maps[1].len()), (150, 100));
            (points.synthetic(Seed(1)).unwrap(), floor)
        };
        let (fresh, floor) = found(part(400, 500));
        for one in [fresh, floor] {
            assert!((one.classifier.value - 0.5).abs() < 0.13, "{one:?}");
            assert!(
                one.alpha_precision > 0.7 && one.beta_recall > 0.7,
                "{one:?}"
            );
            assert!(one.modes.covered >= 7, "{one:?}");
        }
        let (popular, _) = found(crowd(&rows, 80));
        assert!(popular.classifier.value > 0.95, "{popular:?}");
        assert!(popular.beta_recall < 0.5, "{popular:?}");
        assert!(
            popular.modes.covered < popular.modes.clusters / 2,
            "{popular:?}"
        );
    }
}
