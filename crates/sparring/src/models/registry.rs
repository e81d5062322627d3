//! From a name or a table of settings to a model.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// What kind of a model it is, for grouping in reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// Trained without an adversary.
    Baseline,
    /// Trained against an adversary.
    Adversarial,
}

/// Why there is no such model or setting.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// No model has this name.
    #[error("there is no model `{name}`{}", did_you_mean(nearest.as_deref()))]
    UnknownModel {
        /// The name given.
        name: String,
        /// The nearest name there is.
        nearest: Option<String>,
    },
    /// No synthesizer has this name.
    #[error("there is no synthesizer `{name}`{}", did_you_mean(nearest.as_deref()))]
    UnknownSynthesizer {
        /// The name given.
        name: String,
        /// The nearest name there is.
        nearest: Option<String>,
    },
    /// A setting is unknown or has a wrong type.
    #[error("model `{model}`: {message}{}", did_you_mean(nearest.as_deref()))]
    Setting {
        /// Model name.
        model: &'static str,
        /// The key at fault, if it is one alone.
        key: Option<String>,
        /// What the parser found.
        message: String,
        /// The nearest key there is.
        nearest: Option<String>,
    },
}

impl ConfigError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::UnknownModel { .. } | Self::UnknownSynthesizer { .. } => {
                "`sparring models` lists them"
            }
            Self::Setting { .. } => "`sparring models` with the model's name shows its settings",
        }
    }
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest
        .as_ref()
        .map_or_else(String::new, |name| format!(", did you mean `{name}`?"))
}

/// The candidate nearest to `name`, if one is near.
pub(crate) fn nearest<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|&(distance, _)| distance <= 2.max(name.len() / 3))
        .min()
        .map(|(_, candidate)| candidate.to_owned())
}

/// Reads a model's settings from a table, unset keys by default.
pub(crate) fn from_table<C: Serialize + DeserializeOwned + Default>(
    model: &'static str,
    table: toml::Table,
) -> Result<C, ConfigError> {
    let read = |table: toml::Table| toml::Value::Table(table).try_into::<C>();
    read(table.clone()).map_err(|error| {
        // The parser does not say which key has a wrong type; alone it fails again.
        let wrong = |(key, value): &(String, toml::Value)| {
            read(toml::Table::from_iter([(key.clone(), value.clone())])).is_err()
        };
        let key = table.into_iter().find(wrong).map(|(key, _)| key);
        let mut message = error.message().to_owned();
        let known = toml::Table::try_from(C::default()).unwrap_or_default();
        let mut near = None;
        if let Some(key) = &key {
            if message.starts_with("unknown field") {
                near = nearest(key, known.keys().map(String::as_str));
            } else {
                message = format!("`{key}`: {message}");
            }
        }
        ConfigError::Setting {
            model,
            key,
            message,
            nearest: near,
        }
    })
}

macro_rules! models {
    ($($name:literal => $variant:ident($config:ty) in $family:ident: $about:literal,)*) => {
        /// The settings of one model of the list.
        #[derive(Debug, Clone, PartialEq)]
        pub enum ModelConfig {
            $(#[doc = $about] $variant($config),)*
        }

        impl ModelConfig {
            /// The names of all models.
            pub const NAMES: &[&str] = &[$($name),*];

            /// The default settings of the model with this name.
            ///
            /// # Errors
            /// If there is none.
            pub fn named(name: &str) -> Result<Self, ConfigError> {
                Self::from_table(name, toml::Table::new())
            }

            /// The settings in a table, unset keys by default.
            ///
            /// # Errors
            /// If there is no such model, or a key is unknown or has a wrong type.
            pub fn from_table(name: &str, table: toml::Table) -> Result<Self, ConfigError> {
                match name {
                    $($name => Ok(Self::$variant(registry::from_table($name, table)?)),)*
                    _ => Err(ConfigError::UnknownModel {
                        name: name.to_owned(),
                        nearest: registry::nearest(name, Self::NAMES.iter().copied()),
                    }),
                }
            }

            /// The settings as a table, every key included.
            pub fn to_table(&self) -> toml::Table {
                let mut table = match self {
                    $(Self::$variant(config) => toml::Table::try_from(config)
                        .expect("settings are plain values"),)*
                };
                registry::shorten(&mut table);
                table
            }

            /// The model's name.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$variant(_) => $name,)* }
            }

            /// One line about the model.
            pub fn about(&self) -> &'static str {
                match self { $(Self::$variant(_) => $about,)* }
            }

            /// What kind of a model it is.
            pub fn family(&self) -> Family {
                match self { $(Self::$variant(_) => Family::$family,)* }
            }

            /// The parts in which the model is tuned.
            pub fn parts(&self) -> Vec<crate::recommend::Part> {
                match self { $(Self::$variant(_) => <$config as crate::recommend::Tune>::parts(),)* }
            }

            /// Fits the model.
            ///
            /// # Errors
            /// As [`Fit::fit`](crate::recommend::Fit::fit).
            pub fn fit(
                &self,
                train: &crate::data::Dataset,
                run: &crate::recommend::Run<'_>,
            ) -> Result<Box<dyn crate::recommend::Trained>, crate::recommend::FitError> {
                match self {
                    $(Self::$variant(config) => {
                        Ok(Box::new(crate::recommend::Fit::fit(config, train, run)?))
                    })*
                }
            }

            /// The fitted model from its weights.
            ///
            /// # Errors
            /// As [`Weights::from_weights`](crate::recommend::Weights::from_weights).
            pub fn load(
                &self,
                weights: &crate::recommend::NamedTensors,
            ) -> Result<Box<dyn crate::recommend::Trained>, crate::recommend::WeightsError> {
                match self {
                    $(Self::$variant(_) => Ok(Box::new(
                        <<$config as crate::recommend::Fit>::Model
                            as crate::recommend::Weights>::from_weights(weights)?,
                    )),)*
                }
            }
        }
    };
}
pub(super) use models;
/// Writes numbers of single precision as their own shortest decimals: 0.1 instead of the
/// 0.10000000149011612 that a detour by double precision makes of it.
pub(crate) fn shorten(table: &mut toml::Table) {
    for (_, value) in table.iter_mut() {
        match value {
            toml::Value::Table(inner) => shorten(inner),
            toml::Value::Float(x) => *x = shortest(*x),
            _ => {}
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "checked to lose nothing")]
fn shortest(x: f64) -> f64 {
    let single = x as f32;
    let exact = f64::from(single).to_bits() == x.to_bits();
    let shorter = exact.then(|| single.to_string().parse().ok()).flatten();
    shorter.unwrap_or(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_single_precision_are_short() {
        let mut table: toml::Table = toml::from_str("a = 0.5\nb = 0.3").unwrap();
        let single = toml::Value::Float(f64::from(0.1_f32));
        table.insert(
            "c".to_owned(),
            toml::Value::Table([("d".to_owned(), single)].into_iter().collect()),
        );
        shorten(&mut table);
        assert_eq!(table["c"]["d"].as_float(), Some(0.1));
        assert_eq!(table["a"].as_float(), Some(0.5));
        assert_eq!(table["b"].as_float(), Some(0.3));
    }
}
