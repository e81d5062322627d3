//! The JSON schema of config files, made from the settings themselves.

use serde_json::{Map, Value, json};

use super::config::Config;
use crate::models::{ModelConfig, shorten};
use crate::synth::SynthConfig;

/// The JSON schema (draft 2020-12) of a config file.
///
/// Types are those of the default values, so a model added to the list is in the schema at once.
pub fn schema() -> Value {
    let mut defaults = toml::Table::try_from(Config::default()).expect("a config is plain values");
    shorten(&mut defaults);
    let mut properties = object(&defaults);
    properties.insert(
        "models".to_owned(),
        json!({
            "type": "array", "items": { "enum": ModelConfig::NAMES }, "default": [],
        }),
    );
    let models = ModelConfig::NAMES.iter().filter_map(|name| {
        let config = ModelConfig::named(name).ok()?;
        Some(described(config.name(), config.about(), &config.to_table()))
    });
    properties.insert("model".to_owned(), closed(&models.collect()));
    let synthesizers = SynthConfig::NAMES.iter().filter_map(|name| {
        let config = SynthConfig::named(name).ok()?;
        Some(described(config.name(), config.about(), &config.to_table()))
    });
    properties.insert("synth".to_owned(), closed(&synthesizers.collect()));
    let mut schema = closed(&properties);
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("Sparring config");
    schema
}

fn described(name: &str, about: &str, settings: &toml::Table) -> (String, Value) {
    let mut table = closed(&object(settings));
    table["description"] = json!(about);
    (name.to_owned(), table)
}

fn closed(properties: &Map<String, Value>) -> Value {
    json!({ "type": "object", "additionalProperties": false, "properties": properties })
}

fn object(table: &toml::Table) -> Map<String, Value> {
    table
        .iter()
        .map(|(key, value)| (key.clone(), property(value)))
        .collect()
}

fn property(value: &toml::Value) -> Value {
    let kind = match value {
        toml::Value::String(_) | toml::Value::Datetime(_) => "string",
        toml::Value::Integer(_) => "integer",
        toml::Value::Float(_) => "number",
        toml::Value::Boolean(_) => "boolean",
        toml::Value::Array(_) => "array",
        toml::Value::Table(table) => return closed(&object(table)),
    };
    json!({ "type": kind, "default": value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_model_is_in_the_schema() {
        let schema = schema();
        let models = schema["properties"]["model"]["properties"]
            .as_object()
            .unwrap();
        assert_eq!(models.len(), ModelConfig::NAMES.len());
        let synthesizers = &schema["properties"]["synth"]["properties"];
        assert_eq!(
            synthesizers.as_object().unwrap().len(),
            SynthConfig::NAMES.len()
        );
        assert_eq!(
            synthesizers["gaussian"]["properties"]["rank"]["default"],
            64
        );
        assert_eq!(schema["properties"]["seed"]["type"], "integer");
        assert_eq!(
            schema["properties"]["eval"]["properties"]["metric"]["default"],
            "ndcg@20"
        );
    }
}
