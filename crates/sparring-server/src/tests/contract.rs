//! The document of the addresses against the addresses.

use std::collections::BTreeSet;

use axum::http::StatusCode;

use super::Server;
use crate::api::{Limits, addresses};

#[tokio::test]
async fn every_address_and_verb_is_in_the_document_and_nothing_else() {
    let server = Server::start(Limits::default()).await;
    let document = server.get("/api/openapi.json").await;
    let documented: BTreeSet<(String, String)> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, calls)| {
            let verbs = calls.as_object().unwrap().keys();
            verbs.map(move |verb| (path.clone(), verb.to_uppercase()))
        })
        .collect();
    let mut served = BTreeSet::new();
    for path in addresses() {
        let address = path.replace(['{', '}'], "");
        for verb in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            // The stream would not end.
            let there = path == "/api/v1/live" || {
                let (status, _) = server.send(verb, &address, "", Vec::new()).await;
                status != StatusCode::METHOD_NOT_ALLOWED
            };
            if there && (path != "/api/v1/live" || verb == "GET") {
                served.insert((path.clone(), verb.to_owned()));
            }
        }
    }
    let undocumented: Vec<_> = served.difference(&documented).collect();
    let invented: Vec<_> = documented.difference(&served).collect();
    assert!(
        undocumented.is_empty() && invented.is_empty(),
        "{undocumented:?} {invented:?}"
    );
}

#[tokio::test]
async fn examples_of_the_document_are_taken() {
    let server = Server::start(Limits::default()).await;
    let document = server.get("/api/openapi.json").await;
    let mut tried = 0;
    for (path, calls) in document["paths"].as_object().unwrap() {
        for (verb, call) in calls.as_object().unwrap() {
            let example = &call["requestBody"]["content"]["application/json"]["example"];
            if example.is_null() || path.contains("models") {
                continue;
            }
            let address = path.replace("{category}", "c").replace(['{', '}'], "");
            let body = example.to_string();
            let (status, told) = server
                .send(&verb.to_uppercase(), &address, "", body.into())
                .await;
            // What is addressed may not be there; what is sent has to be understood.
            let fine = status == StatusCode::OK || status == StatusCode::NOT_FOUND;
            assert!(fine, "{verb} {path}: {status} {told}");
            tried += 1;
        }
    }
    assert!(tried >= 12, "{tried}");
}
