//! The config file: TOML, each model in its own table, unknown keys refused.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::augment::AugmentConfig;
use super::error::ExperimentError;
use crate::eval::Profile;
use crate::models::{ConfigError, ModelConfig, nearest};
use crate::synth::{CompletionConfig, SynthConfig};

/// The settings of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Seed of everything random.
    pub seed: u64,
    /// Names of the models to compare; empty for all.
    pub models: Vec<String>,
    /// What is measured.
    pub eval: EvalSettings,
    /// How much `augment` may add.
    pub augment: AugmentConfig,
    /// The completer of profiles and its adversary.
    pub completion: CompletionConfig,
    /// Settings by model name, `[model.ease]`.
    pub model: BTreeMap<String, toml::Table>,
    /// Settings by synthesizer name, `[synth.gaussian]`.
    pub synth: BTreeMap<String, toml::Table>,
}

/// What is measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EvalSettings {
    /// Lengths of the lists.
    pub at: Vec<usize>,
    /// Whose definitions of the metrics.
    pub profile: Profile,
    /// Label of the metric that ranks, and that tuning and stopping watch.
    pub metric: String,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            seed: 1,
            models: Vec::new(),
            eval: EvalSettings::default(),
            augment: AugmentConfig::default(),
            completion: CompletionConfig::default(),
            model: BTreeMap::new(),
            synth: BTreeMap::new(),
        }
    }
}

impl Default for EvalSettings {
    fn default() -> Self {
        Self {
            at: vec![5, 10, 20],
            profile: Profile::default(),
            metric: "ndcg@20".to_owned(),
        }
    }
}

impl Config {
    /// Reads a config file, if there is one, and lays single settings `a.b=c` over it.
    ///
    /// # Errors
    /// If the file cannot be read or parsed, or a key, model or value does not exist.
    pub fn load(file: Option<&Path>, set: &[String]) -> Result<Self, ExperimentError> {
        let (place, text) = match file {
            None => (String::new(), String::new()),
            Some(path) => {
                let text = std::fs::read_to_string(path).map_err(|source| {
                    ExperimentError::ConfigFile {
                        path: path.to_path_buf(),
                        source,
                    }
                })?;
                (path.display().to_string(), text)
            }
        };
        // Parsed once as what it should be, so that an error keeps its line and column.
        let checked: Self = toml::from_str(&text).map_err(|error| wrong(&place, &text, &error))?;
        checked.check_models(&place, &text)?;
        let mut table: toml::Table = toml::from_str(&text).map_err(|e| wrong(&place, &text, &e))?;
        for setting in set {
            lay(&mut table, setting)?;
        }
        let place = "--set";
        let config: Self = table.try_into().map_err(|error| wrong(place, "", &error))?;
        config.check_models(place, "")?;
        Ok(config)
    }

    /// The settings of one model: its table over the defaults.
    ///
    /// # Errors
    /// If there is no such model or setting.
    pub fn model(&self, name: &str) -> Result<ModelConfig, ConfigError> {
        ModelConfig::from_table(name, self.model.get(name).cloned().unwrap_or_default())
    }

    /// The settings of one synthesizer: its table over the defaults.
    ///
    /// # Errors
    /// If there is no such synthesizer or setting.
    pub fn synth(&self, name: &str) -> Result<SynthConfig, ConfigError> {
        SynthConfig::from_table(name, self.synth.get(name).cloned().unwrap_or_default())
    }

    fn check_models(&self, place: &str, text: &str) -> Result<(), ExperimentError> {
        let check = |section: &str, name: &str, outcome: Result<(), ConfigError>| {
            outcome.map_err(|error| {
                let mut path = vec![section, name];
                if let ConfigError::Setting { key: Some(key), .. } = &error {
                    path.push(key);
                }
                ExperimentError::Config {
                    place: position(text, &path)
                        .map_or_else(|| place.to_owned(), |at| located(place, text, at)),
                    message: error.to_string(),
                    nearest: None,
                }
            })
        };
        for name in self.models.iter().chain(self.model.keys()) {
            check("model", name, self.model(name).map(drop))?;
        }
        for name in self.synth.keys() {
            check("synth", name, self.synth(name).map(drop))?;
        }
        Ok(())
    }
}

/// Where the last key of a path starts in a TOML text.
fn position(text: &str, path: &[&str]) -> Option<usize> {
    let document = toml::de::DeTable::parse(text).ok()?;
    let (mut table, mut start) = (document.get_ref(), None);
    for (depth, name) in path.iter().enumerate() {
        let (key, value) = table
            .iter()
            .find(|(key, _)| key.get_ref().as_ref() == *name)?;
        start = Some(key.span().start);
        if depth + 1 < path.len() {
            table = value.get_ref().as_table()?;
        }
    }
    start
}

/// A place in a text as `file:line:column`.
fn located(place: &str, text: &str, at: usize) -> String {
    let before = &text[..at.min(text.len())];
    let line = before.matches('\n').count() + 1;
    let column = before.len() - before.rfind('\n').map_or(0, |at| at + 1) + 1;
    format!("{place}:{line}:{column}")
}

/// Lays `a.b=c` over a table; `c` is TOML, or else a string.
fn lay(table: &mut toml::Table, setting: &str) -> Result<(), ExperimentError> {
    let bad = |message: &str| ExperimentError::Config {
        place: format!("--set {setting}"),
        message: message.to_owned(),
        nearest: None,
    };
    let (key, value) = setting
        .split_once('=')
        .ok_or_else(|| bad("expected key=value"))?;
    let parsed: Result<toml::Table, _> = toml::from_str(&format!("value = {value}"));
    let value = match parsed {
        Ok(mut single) if single.len() == 1 => single.remove("value"),
        _ => None,
    }
    .unwrap_or_else(|| toml::Value::String(value.to_owned()));
    set_path(table, key.trim(), value).ok_or_else(|| bad("a part of the key is not a table"))
}

/// Sets a dotted key; none if a part of it holds a plain value.
pub(super) fn set_path(table: &mut toml::Table, key: &str, value: toml::Value) -> Option<()> {
    let Some((head, rest)) = key.split_once('.') else {
        table.insert(key.to_owned(), value);
        return Some(());
    };
    let inner = table
        .entry(head.to_owned())
        .or_insert_with(|| toml::Value::Table(toml::Table::new()))
        .as_table_mut()?;
    set_path(inner, rest, value)
}

/// A parser's error with its line and column and the nearest key.
fn wrong(place: &str, text: &str, error: &toml::de::Error) -> ExperimentError {
    let message = error
        .message()
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned();
    let mut quoted = message.split('`').skip(1).step_by(2);
    let unknown = message
        .starts_with("unknown field")
        .then(|| quoted.next())
        .flatten();
    let nearest = unknown.and_then(|key| nearest(key, quoted));
    let place = match error.span() {
        Some(span) if !text.is_empty() => located(place, text, span.start),
        _ => place.to_owned(),
    };
    ExperimentError::Config {
        place,
        message,
        nearest,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn load(text: &str, set: &[&str]) -> Result<Config, String> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let set: Vec<String> = set.iter().map(|&s| s.to_owned()).collect();
        Config::load(Some(file.path()), &set).map_err(|error| {
            error
                .to_string()
                .replace(&file.path().display().to_string(), "FILE")
        })
    }

    #[test]
    fn settings_of_the_command_line_win() {
        let config = load(
            "seed = 4\n[eval]\nat = [3]\n",
            &["eval.at=[7, 8]", "eval.metric=recall@7"],
        );
        let config = config.unwrap();
        assert_eq!((config.seed, config.eval.at), (4, vec![7, 8]));
        assert_eq!(config.eval.metric, "recall@7");
    }

    #[test]
    fn an_unknown_key_is_named_with_its_place_and_the_nearest_one() {
        let error = load("seed = 1\n\nsede = 2\n", &[]).unwrap_err();
        assert!(
            error.starts_with("FILE:3:1: unknown field `sede`"),
            "{error}"
        );
        assert!(error.ends_with("did you mean `seed`?"), "{error}");
        let error = load("[model.popp]\n", &[]).unwrap_err();
        assert!(
            error.contains("no model `popp`, did you mean `pop`?"),
            "{error}"
        );
        let error = load("seed = 1\n[model.ease]\nl22 = 3\n", &[]).unwrap_err();
        assert!(
            error.starts_with("FILE:3:1: model `ease`: unknown field `l22`"),
            "{error}"
        );
        assert!(error.ends_with("did you mean `l2`?"), "{error}");
        let error = load("[model]\nease = { l2 = 'much' }\n", &[]).unwrap_err();
        assert!(
            error.starts_with("FILE:2:10: model `ease`: `l2`: invalid type: string"),
            "{error}"
        );
        let error = load("seed = 1\n[synth.gauss]\n", &[]).unwrap_err();
        assert!(
            error.starts_with("FILE:2:8: there is no synthesizer `gauss`"),
            "{error}"
        );
        let error = load("[synth.gaussian]\nrang = 3\n", &[]).unwrap_err();
        assert!(
            error.starts_with("FILE:2:1: model `gaussian`: unknown field `rang`"),
            "{error}"
        );
        assert!(error.ends_with("did you mean `rank`?"), "{error}");
        let error = load("", &["model.pop.x=1"]).unwrap_err();
        assert!(
            error.starts_with("--set: model `pop`: unknown field `x`"),
            "{error}"
        );
        let error = load("", &["nonsense"]).unwrap_err();
        assert!(error.contains("expected key=value"), "{error}");
        let error = load("seed = 1", &["seed.x=1"]).unwrap_err();
        assert!(error.contains("not a table"), "{error}");
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = Config::load(Some(Path::new("/no/such.toml")), &[]).unwrap_err();
        assert!(error.to_string().contains("/no/such.toml"), "{error}");
    }
}
