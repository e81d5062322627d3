//! The document of all addresses, made from one table; a test asks every address whether it is in it.

mod calls;

use axum::Json;
use serde_json::{Map, Value, json};

use calls::{CALLS, Call, PARAMETERS};

/// The document.
pub(super) async fn document() -> Json<Value> {
    Json(made())
}

pub(super) fn made() -> Value {
    let mut paths = Map::new();
    for call in CALLS {
        for path in addresses(call) {
            let entry = paths.entry(path.clone()).or_insert_with(|| json!({}));
            entry[call.verb] = operation(call, &path);
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Sparring",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Recommendations in real time. What stands under /api without v1 is compatible with gorse.",
        },
        "security": [{ "key": [] }, {}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "key": { "type": "apiKey", "in": "header", "name": "X-API-Key" },
            },
            "schemas": {
                "Fault": {
                    "type": "object",
                    "required": ["code", "message", "remedy"],
                    "properties": {
                        "code": { "type": "string", "description": "for programs" },
                        "message": { "type": "string", "description": "what was found" },
                        "remedy": { "type": "string", "description": "what to do" },
                    },
                },
            },
        },
    })
}

/// The address, and the same with the slash that clients write where a category would follow.
fn addresses(call: &Call) -> Vec<String> {
    let plain = call.path.trim_end_matches('!');
    let mut all = vec![plain.to_owned()];
    if call.path.ends_with('!') {
        all.push(format!("{plain}/"));
    }
    all
}

fn operation(call: &Call, path: &str) -> Value {
    let in_path = path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let mut parameters: Vec<Value> = in_path
        .map(|name| {
            json!({
                "name": name, "in": "path", "required": true,
                "schema": { "type": "string", "minLength": 1, "maxLength": 512 },
            })
        })
        .collect();
    parameters.extend(call.query.iter().map(|name| parameter(name)));
    let mut operation = json!({
        "tags": [call.tag],
        "summary": call.about,
        "operationId": operation_id(call.verb, path),
        "parameters": parameters,
        "responses": {
            "200": { "description": "what was asked for", "content": { call.kind: {} } },
            "default": {
                "description": "it failed",
                "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Fault" } } },
            },
        },
    });
    if let Some(body) = call.body {
        let example: Value = serde_json::from_str(body).expect("examples are JSON");
        let kind = if example.is_array() {
            "array"
        } else {
            "object"
        };
        operation["requestBody"] = json!({
            "required": true,
            "content": { "application/json": { "schema": { "type": kind }, "example": example } },
        });
    }
    operation
}

fn operation_id(verb: &str, path: &str) -> String {
    let end = if path.ends_with('/') { "_slash" } else { "" };
    let words = path
        .split(['/', '{', '}', '.'])
        .filter(|word| !word.is_empty());
    format!("{verb}_{}{end}", words.collect::<Vec<_>>().join("_"))
}

fn parameter(name: &str) -> Value {
    let found = PARAMETERS.iter().find(|one| one.name == name);
    let one = found.expect("every parameter is in the table");
    let mut schema: Value = serde_json::from_str(one.schema).expect("schemas are JSON");
    if one.name == "category" {
        schema = json!({ "type": "array", "items": schema });
    }
    json!({ "name": name, "in": one.place, "required": false, "description": one.about, "schema": schema })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_references_resolve() {
        let made = made();
        let mut ids = Vec::new();
        for calls in made["paths"].as_object().unwrap().values() {
            for call in calls.as_object().unwrap().values() {
                ids.push(call["operationId"].as_str().unwrap().to_owned());
                assert!(!call["summary"].as_str().unwrap().is_empty());
            }
        }
        let all = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), all);
        assert!(made["components"]["schemas"]["Fault"].is_object());
        let slash = &made["paths"]["/api/recommend/{user}/"]["get"]["parameters"][0];
        assert!(slash["name"] == "user" && slash["required"] == true);
    }
}
