//! Values that are kept as JSON.

use serde_json::Value;

/// A JSON array of names.
pub(super) fn array(names: &[String]) -> String {
    serde_json::to_string(names).expect("names are strings")
}

/// What a text says; the text itself if it is no JSON.
pub(super) fn json(text: String) -> Value {
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}
