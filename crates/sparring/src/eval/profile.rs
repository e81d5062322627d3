//! Profiles: which definition stands behind the name of a metric.
//!
//! A profile is a file here with its `DEFINITIONS`, and a line in the list of [`Profile`]. Those of
//! packages give the numbers of the package on the same lists, to 1e-6: see `tests/golden/profiles`.

use serde::{Deserialize, Serialize};

use super::corpus::CorpusMetric;
use super::error::EvalError;
use super::metric::Metric;
use super::per_user::Named;

#[cfg(test)]
mod golden;

mod house;
mod implicit;
mod lenskit;
mod ranx;
mod recbole;
mod rectools;

/// What a profile consists of; each of its files has one.
pub(super) struct Definitions {
    /// Metrics of single lists cut at `k`.
    at: fn(k: usize) -> Vec<Box<dyn Metric>>,
    /// Metrics of the full ranking, or of the whole list.
    whole: fn() -> Vec<Box<dyn Metric>>,
    /// Metrics of all lists together, cut at `k`.
    corpus: fn(k: usize) -> Vec<Box<dyn CorpusMetric>>,
    /// Whether a user with held-out items but without a list counts, as with an empty list.
    pub(super) missing_lists_count: bool,
    /// Whether the list of a user without held-out items counts in metrics of all lists together.
    pub(super) unwanted_lists_count: bool,
}

macro_rules! profiles {
    ($($(#[$attribute:meta])* $name:literal => $variant:ident($file:ident): $about:literal,)*) => {
        /// Whose definitions are used.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Profile {
            $(
                #[doc = $about]
                #[serde(rename = $name)]
                $(#[$attribute])*
                $variant,
            )*
        }

        impl Profile {
            /// The names of all profiles.
            pub const NAMES: &[&str] = &[$($name),*];

            /// The profile with this name.
            ///
            /// # Errors
            /// [`EvalError::UnknownProfile`] if there is none.
            pub fn named(name: &str) -> Result<Self, EvalError> {
                match name {
                    $($name => Ok(Self::$variant),)*
                    _ => Err(EvalError::UnknownProfile {
                        name: name.to_owned(),
                        nearest: nearest(name, Self::NAMES),
                    }),
                }
            }

            /// The name of this profile.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            pub(super) fn definitions(self) -> Definitions {
                match self { $(Self::$variant => $file::DEFINITIONS,)* }
            }
        }
    };
}

profiles! {
    #[default]
    "default" => Default(house): "The house's own.",
    "recbole" => RecBole(recbole): "`RecBole` 1.2.1.",
    "lenskit" => LensKit(lenskit): "`LensKit` 2025.8.1.",
    "rectools" => RecTools(rectools): "`RecTools` 0.19.0.",
    "implicit" => Implicit(implicit): "implicit 0.7.3.",
    "ranx" => Ranx(ranx): "ranx 0.3.21.",
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

    /// The metric of single lists with a label such as `ndcg@20`.
    ///
    /// # Errors
    /// [`EvalError::UnknownMetric`] or [`EvalError::CutOff`] if there is none.
    pub fn metric(self, label: &str) -> Result<Box<dyn Metric>, EvalError> {
        let (name, k) = label.split_once('@').unwrap_or((label, ""));
        let metrics = self.metrics(&[1]);
        let names: Vec<String> = metrics.iter().map(|metric| base(&metric.label())).collect();
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

/// A metric under another name.
fn named<M: Metric + 'static>(name: &'static str, metric: M) -> Box<dyn Metric> {
    Box::new(Named { name, metric })
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
fn nearest(name: &str, names: &[impl AsRef<str>]) -> Option<String> {
    let names = names.iter().map(AsRef::as_ref);
    names
        .map(|known| (strsim::damerau_levenshtein(name, known), known))
        .filter(|&(distance, _)| distance <= 2.max(name.len() / 3))
        .min()
        .map(|(_, known)| known.to_owned())
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

    #[test]
    fn a_profile_is_found_by_its_name() {
        for &name in Profile::NAMES {
            let profile = Profile::named(name).unwrap();
            assert_eq!(profile.name(), name);
            assert_eq!(toml::Value::try_from(profile).unwrap().as_str(), Some(name));
        }
        let error = Profile::named("recbol").unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no profile `recbol`, did you mean `recbole`?"
        );
    }

    #[test]
    fn the_labels_of_a_profile_differ() {
        for &name in Profile::NAMES {
            let profile = Profile::named(name).unwrap();
            let lists = profile.metrics(&[5, 10]).into_iter().map(|m| m.label());
            let corpus = profile
                .corpus_metrics(&[5, 10])
                .into_iter()
                .map(|m| m.label());
            let mut labels: Vec<String> = lists.chain(corpus).collect();
            labels.sort();
            let all = labels.len();
            labels.dedup();
            assert_eq!(labels.len(), all, "{name}");
        }
    }
}
