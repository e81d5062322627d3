//! Profiles: which definition stands behind the name of a metric.

use serde::{Deserialize, Serialize};

use super::error::EvalError;
use super::metric::Metric;

mod house;

/// Whose definitions are used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// The house's own.
    #[default]
    Default,
}

impl Profile {
    /// The metrics of single lists, at each of the cut-offs `ks`.
    pub fn metrics(self, ks: &[usize]) -> Vec<Box<dyn Metric>> {
        let at = match self {
            Self::Default => house::metrics,
        };
        ks.iter().flat_map(|&k| at(k)).collect()
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
        let k = k.parse().ok().filter(|&k| k > 0);
        k.and_then(|k| self.metrics(&[k]).into_iter().find(|m| m.label() == label))
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
        for label in ["ndcg", "ndcg@", "ndcg@0", "ndcg@ten"] {
            let error = parse_metric(label).unwrap_err();
            assert!(matches!(error, EvalError::CutOff { .. }), "{error}");
        }
    }
}
