//! Other names, and other thresholds, for metrics that exist.

use crate::eval::metric::{Direction, Judged, Metric};

/// A metric under the name that a package gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named<M> {
    /// The name; the cut-off follows it.
    pub name: &'static str,
    /// The metric.
    pub metric: M,
}

impl<M: Metric> Metric for Named<M> {
    fn label(&self) -> String {
        renamed(self.name, &self.metric.label())
    }

    fn direction(&self) -> Direction {
        self.metric.direction()
    }

    fn score(&self, list: &Judged) -> Option<f64> {
        self.metric.score(list)
    }

    fn weight(&self, list: &Judged) -> f64 {
        self.metric.weight(list)
    }

    fn needs_ranking(&self) -> bool {
        self.metric.needs_ranking()
    }
}

/// A label with another name before its cut-off; the whole list has none.
fn renamed(name: &str, label: &str) -> String {
    match label.split_once('@') {
        Some((_, k)) if k != usize::MAX.to_string() => format!("{name}@{k}"),
        _ => name.to_owned(),
    }
}

/// A metric for which only items rated `level` or more are relevant; users without any score 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AtLeast<M> {
    /// The lowest rating that counts.
    pub level: f32,
    /// The metric.
    pub metric: M,
}

impl<M: Metric> Metric for AtLeast<M> {
    fn label(&self) -> String {
        self.metric.label()
    }

    fn direction(&self) -> Direction {
        self.metric.direction()
    }

    fn score(&self, list: &Judged) -> Option<f64> {
        let rated = |gain: f32| if gain >= self.level { gain } else { 0.0 };
        let places = list.hits.iter().zip(&list.gains);
        let ideal = list.ideal.iter().copied();
        let judged = Judged {
            hits: places
                .map(|(&hit, &gain)| hit && gain >= self.level)
                .collect(),
            gains: list.gains.iter().map(|&gain| rated(gain)).collect(),
            ideal: ideal.filter(|&gain| gain >= self.level).collect(),
            ranking: None,
            ..*list
        };
        if judged.ideal.is_empty() {
            return Some(0.0);
        }
        self.metric.score(&judged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::per_user::checks::{assert_close, of_hits};
    use crate::eval::per_user::{Mrr, Recall};

    #[test]
    fn the_cut_off_follows_the_name() {
        let named = |k| Named {
            name: "first_hit",
            metric: Mrr { k },
        };
        assert_eq!(named(3).label(), "first_hit@3");
        assert_eq!(named(usize::MAX).label(), "first_hit");
    }

    #[test]
    fn low_ratings_do_not_count() {
        let mut list = of_hits(&[true, true], 3);
        list.gains = vec![3.0, 4.0];
        list.ideal = vec![5.0, 4.0, 3.0];
        let at_least = |level| AtLeast {
            level,
            metric: Recall::at(2),
        };
        // Of the two items rated 4 or more, one is listed.
        assert_close(at_least(4.0).score(&list).unwrap(), 0.5);
        assert_close(at_least(6.0).score(&list).unwrap(), 0.0);
    }
}
