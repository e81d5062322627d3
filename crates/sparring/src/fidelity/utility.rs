//! What synthetic users are good for: recommenders trained on them and tested on real users.

use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};
use sparring_wide::Seed;

use super::correlation::kendall;
use super::error::FidelityError;
use super::logs::{Crowd, Logs};
use crate::data::Dataset;
use crate::eval::{BootstrapConfig, EvalConfig, Interval, evaluate, mean_interval, relative_loss};
use crate::models::ModelConfig;
use crate::recommend::Run;
use crate::split::Holdout;

/// What is measured.
const METRIC: &str = "ndcg@10";
/// Share of a held-out user's events that is known when scoring.
const FOLD_IN: f64 = 0.8;

/// Recommenders trained on synthetic and on real users, tested on the held-out users, who are new
/// to both.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Utility {
    /// Label of the metric.
    pub metric: String,
    /// Held-out users with something to predict.
    pub users: usize,
    /// One row a model.
    pub models: Vec<Useful>,
    /// Kendall's rank correlation of the models' means: whether the synthetic users rank models as
    /// real ones do; none where all are equal or there is one alone.
    pub kendall: Option<f64>,
}

/// One recommender.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Useful {
    /// Model name.
    pub model: String,
    /// All its settings.
    pub settings: toml::Table,
    /// The metric after training on real users.
    pub real: Option<Interval>,
    /// After training on synthetic users.
    pub synthetic: Option<Interval>,
    /// The share of the metric that is left, paired over users; none if there was nothing to lose.
    pub share: Option<Interval>,
    /// Why there are no figures, if there are none.
    pub failure: Option<String>,
}

/// The held-out users, a part of whose events is known.
#[derive(Debug)]
pub struct Exam<'a> {
    real: &'a Dataset,
    synthetic: &'a Dataset,
    known: Dataset,
    relevant: Dataset,
    bootstrap: BootstrapConfig,
}

impl<'a> Exam<'a> {
    /// Of each held-out user with two events or more, `round(.8 n)` of them are known, drawn by
    /// lot, but at least one and not all. None without a holdout.
    ///
    /// # Errors
    /// If there is a holdout, and nobody in it has two events.
    pub fn of(logs: &'a Logs, seed: Seed) -> Result<Option<Self>, FidelityError> {
        let Some(holdout) = &logs.holdout else {
            return Ok(None);
        };
        let labels = labels(holdout, seed);
        let part = |wanted: bool| {
            let mut labels = labels.iter();
            holdout
                .data
                .filter(|_, _| labels.next() == Some(&Some(wanted)))
        };
        let (known, relevant) = (part(true), part(false));
        if relevant.n_interactions() == 0 {
            return Err(FidelityError::NobodyToPredict);
        }
        Ok(Some(Self {
            real: &logs.real.data,
            synthetic: &logs.synthetic.data,
            known,
            relevant,
            bootstrap: BootstrapConfig {
                seed: seed.derive("bootstrap"),
                ..BootstrapConfig::default()
            },
        }))
    }

    /// One model, trained on both.
    ///
    /// # Errors
    /// If the lists cannot be measured, or a stop is requested. A fit that fails is a failure of
    /// the row.
    pub fn sit(&self, model: &ModelConfig, run: &Run<'_>) -> Result<Useful, FidelityError> {
        let mut row = Useful {
            model: model.name().to_owned(),
            settings: model.to_table(),
            real: None,
            synthetic: None,
            share: None,
            failure: None,
        };
        let mut values = Vec::new();
        for (train, what) in [(self.real, "real"), (self.synthetic, "synthetic")] {
            match self.values(model, train, run)? {
                Ok(found) => values.push(found),
                Err(failure) => {
                    row.failure = Some(format!("on {what} users: {failure}"));
                    return Ok(row);
                }
            }
        }
        let (real, synthetic) = (&values[0], &values[1]);
        row.real = Some(mean_interval(real, &self.bootstrap));
        row.synthetic = Some(mean_interval(synthetic, &self.bootstrap));
        row.share = relative_loss(real, synthetic, &self.bootstrap).map(kept);
        Ok(row)
    }

    /// The metric of each user, or why the fit failed.
    fn values(
        &self,
        model: &ModelConfig,
        train: &Dataset,
        run: &Run<'_>,
    ) -> Result<Result<Vec<f64>, String>, FidelityError> {
        let fitted = model.fit(train, run);
        if run.cancel.is_requested() {
            return Err(FidelityError::Cancelled);
        }
        let fitted = match fitted {
            Ok(fitted) => fitted,
            Err(error) => return Ok(Err(error.to_string())),
        };
        let holdout =
            Holdout::of_new_users(train.clone(), self.known.clone(), self.relevant.clone());
        let config = EvalConfig {
            corpus: false,
            ..EvalConfig::at(&[10])
        };
        let found = evaluate(&*fitted, &holdout, &config)?;
        let values = found.values(METRIC).expect("it is among the metrics");
        Ok(Ok(values.to_vec()))
    }

    /// The rows together.
    pub fn utility(&self, models: Vec<Useful>) -> Utility {
        let mean = |interval: Option<Interval>| interval.map(|interval| interval.mean);
        let done = models.iter().filter(|row| row.failure.is_none());
        let (real, synthetic): (Vec<f64>, Vec<f64>) = done
            .filter_map(|row| mean(row.real).zip(mean(row.synthetic)))
            .unzip();
        let relevant = &self.relevant;
        Utility {
            metric: METRIC.to_owned(),
            users: relevant
                .user_indices()
                .filter(|&user| !relevant.history(user).is_empty())
                .count(),
            kendall: kendall(&real, &synthetic),
            models,
        }
    }
}

/// What is left where so much is lost.
fn kept(loss: Interval) -> Interval {
    Interval {
        mean: 1.0 - loss.mean,
        low: 1.0 - loss.high,
        high: 1.0 - loss.low,
    }
}

/// For each event whether it is known; none for users with a single one.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of a length"
)]
fn labels(holdout: &Crowd, seed: Seed) -> Vec<Option<bool>> {
    let mut labels = Vec::with_capacity(holdout.data.n_interactions());
    for user in holdout.data.user_indices() {
        let n = holdout.data.history(user).len();
        if n < 2 {
            labels.resize(labels.len() + n, None);
            continue;
        }
        let known = ((FOLD_IN * n as f64).round() as usize).clamp(1, n - 1);
        let mut row = vec![Some(true); known];
        row.resize(n, Some(false));
        row.shuffle(&mut seed.stream_at("fold-in", u64::from(user.0)));
        labels.extend(row);
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{PlantedConfig, UserIx};
    use crate::fidelity::checks::close;
    use crate::fidelity::logs::tests::crowd;
    use crate::recommend::Cancel;

    #[test]
    fn four_of_five_events_are_known_and_single_ones_are_left_out() {
        let rows: Vec<Vec<u32>> = vec![(0..10).collect(), vec![3], vec![4, 5]];
        let rows: Vec<&[u32]> = rows.iter().map(Vec::as_slice).collect();
        let logs = Logs {
            real: crowd(&[&[0, 1]], 10),
            synthetic: crowd(&[&[0]], 10),
            holdout: Some(crowd(&rows, 10)),
        };
        let exam = Exam::of(&logs, Seed(1)).unwrap().unwrap();
        let lengths = |part: &Dataset| [0, 1, 2].map(|user: u32| part.history(UserIx(user)).len());
        assert_eq!(lengths(&exam.known), [8, 0, 1]);
        assert_eq!(lengths(&exam.relevant), [2, 0, 1]);
        assert_eq!(exam.utility(Vec::new()).users, 2);
        let single = Logs {
            holdout: Some(crowd(&[&[1], &[2]], 10)),
            ..logs
        };
        let error = Exam::of(&single, Seed(1)).unwrap_err();
        assert!(matches!(error, FidelityError::NobodyToPredict), "{error}");
    }

    #[test]
    fn the_real_log_keeps_all_and_random_users_do_not() {
        let planted = PlantedConfig {
            n_users: 160,
            n_items: 60,
            mean_events: 14.0,
            ..Default::default()
        };
        let all = Crowd::of(planted.generate(Seed(3)).data);
        let part = |from: usize, to: usize| all.only(&(from..to).collect::<Vec<_>>());
        // Users of other tastes: the items of another world.
        let strangers = Crowd::of(planted.generate(Seed(4)).data);
        let logs = |synthetic: Crowd| Logs {
            real: part(0, 120),
            synthetic,
            holdout: Some(part(120, 160)),
        };
        let cancel = Cancel::new();
        let run = Run::quiet(Seed(1), &cancel);
        let names = ["pop", "itemknn", "ease"];
        let tried = |logs: &Logs| {
            let exam = Exam::of(logs, Seed(1)).unwrap().unwrap();
            let rows =
                names.map(|name| exam.sit(&ModelConfig::named(name).unwrap(), &run).unwrap());
            exam.utility(rows.to_vec())
        };
        let same = tried(&logs(part(0, 120)));
        for row in &same.models {
            let share = row.share.unwrap();
            assert!((share.mean - 1.0).abs() < 1e-12 && (share.low - 1.0).abs() < 1e-12);
        }
        close(same.kendall, 1.0);
        let other = tried(&logs(strangers));
        let share = |name: &str| {
            let row = other.models.iter().find(|row| row.model == name);
            row.and_then(|row| row.share).unwrap()
        };
        let ease = share("ease");
        assert!(
            ease.low < ease.mean && ease.mean < ease.high && ease.mean < 0.8,
            "{ease:?}"
        );
        cancel.request();
        let logs = logs(part(0, 120));
        let exam = Exam::of(&logs, Seed(1)).unwrap().unwrap();
        let stopped = exam.sit(&ModelConfig::named("pop").unwrap(), &run);
        assert!(matches!(stopped, Err(FidelityError::Cancelled)));
    }
}
