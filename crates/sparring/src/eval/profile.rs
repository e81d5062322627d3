//! Profiles: which definition stands behind the name of a metric.

use serde::{Deserialize, Serialize};

use super::corpus::CorpusMetric;
use super::error::EvalError;
use super::metric::Metric;

mod house;

/// What a profile consists of; each of its files has one.
struct Definitions {
    /// Metrics of single lists cut at `k`.
    at: fn(k: usize) -> Vec<Box<dyn Metric>>,
    /// Metrics of the full ranking.
    whole: fn() -> Vec<Box<dyn Metric>>,
    /// Metrics of all lists together, cut at `k`.
    corpus: fn(k: usize) -> Vec<Box<dyn CorpusMetric>>,
}

/// Whose definitions are used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// The house's own.
    #[default]
    Default,
}

impl Profile {
    /// The metrics of single lists, at each of the cut-offs `ks`, then those without a cut-off.
    pub fn metrics(self, ks: &[usize]) -> Vec<Box<dyn Metric>> {
        let definitions = self.definitions();
        let at = ks.iter().flat_map(|&k| (definitions.at)(k));
        at.chain((definitions.whole)()).collect()
    }

    /// The metrics of all lists together, at each of the cut-offs `ks`.
    pub fn corpus_metrics(self, ks: &[usize]) -> Vec<Box<dyn CorpusMetric>> {
        let corpus = self.definitions().corpus;
        ks.iter().flat_map(|&k| corpus(k)).collect()
    }

    fn definitions(self) -> Definitions {
        match self {
            Self::Default => house::DEFINITIONS,
        }
    }

    /// The metric of single lists with a label such as `ndcg@20`.
    ///
    /// # Errors
    /// [`EvalError::UnknownMetric`] or [`EvalError::CutOff`] if there is none.
    pub fn metric(self, label: &str) -> Result<Box<dyn Metric>, EvalError> {
        let (name, k) = label.split_once('@').unwrap_or((label, ""));
        let names: Vec<String> = self
            .metrics(&[1])
            .iter()
            .map(|m| base(&m.label()))
            .collect();
        if !names.iter().any(|known| known == name) {
            return Err(EvalError::UnknownMetric {
                name: name.to_owned(),
                nearest: nearest(name, &names),
            });
        }
        let k: Option<usize> = k.parse().ok().filter(|&k| k > 0);
        let mut found = self.metrics(k.as_slice()).into_iter();
        found
            .find(|metric| metric.label() == label)
            .ok_or_else(|| EvalError::CutOff {
                label: label.to_owned(),
            })
    }
}

/// The metric of the default profile with a label such as `ndcg@20`.
///
/// # Errors
/// As [`Profile::metric`].
pub fn parse_metric(label: &str) -> Result<Box<dyn Metric>, EvalError> {
    Profile::Default.metric(label)
}

/// A label without its cut-off.
fn base(label: &str) -> String {
    label.split('@').next().unwrap_or(label).to_owned()
}

/// The name nearest to `name`.
fn nearest(name: &str, names: &[String]) -> Option<String> {
    names
        .iter()
        .map(|known| (strsim::damerau_levenshtein(name, known), known))
        .filter(|&(distance, _)| distance <= 2.max(name.len() / 3))
        .min()
        .map(|(_, known)| known.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_is_found_by_its_label() {
        assert_eq!(parse_metric("ndcg@20").unwrap().label(), "ndcg@20");
        let error = parse_metric("ndgc@20").unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no metric `ndgc`, did you mean `ndcg`?"
        );
        assert_eq!(parse_metric("auc").unwrap().label(), "auc");
        for label in ["ndcg", "ndcg@", "ndcg@0", "ndcg@ten"] {
            let error = parse_metric(label).unwrap_err();
            assert!(matches!(error, EvalError::CutOff { .. }), "{error}");
        }
    }
}
