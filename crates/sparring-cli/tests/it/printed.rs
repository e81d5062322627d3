//! What is printed: one JSON document with `--json`, help, completions, the manual, the schema.

use crate::sparring::Place;

#[test]
fn json_is_one_document_and_nothing_else() {
    let place = Place::with_log();
    place.good("train --data train.csv --model pop --out m");
    let files = "--train train.csv --test test.csv";
    for command in [
        "data inspect train.csv".to_owned(),
        "data list".to_owned(),
        "data split train.csv --out parts".to_owned(),
        "train --data train.csv --model pop --out m2".to_owned(),
        format!("evaluate --model m {files}"),
        format!("compare {files} --models pop,itemknn --trials 2 --seeds 1 --out b"),
        format!("robustness {files} --models pop --rates 0.1 --out r"),
        "tune --train train.csv --model itemknn --trials 2 --out tuned.toml".to_owned(),
        "tune --train train.csv --valid test.csv --model pop --trials 1 --out t.toml".to_owned(),
        "models".to_owned(),
        "models ease".to_owned(),
        "models gaussian".to_owned(),
        "synthesize --data train.csv --model independent --out users".to_owned(),
        "privacy epsilon --sigma 3 --delta 1e-6".to_owned(),
        "privacy calibrate --epsilon 1 --delta 1e-6".to_owned(),
        "schema".to_owned(),
    ] {
        let printed = place.good(&format!("{command} --json"));
        let parsed: Result<serde_json::Value, _> = serde_json::from_str(&printed);
        assert!(parsed.is_ok(), "{command}\n{printed}");
    }
    // What tuning wrote is a config.
    place.good("train --data train.csv --model itemknn --out m3 --config tuned.toml");
}

#[test]
fn the_published_schema_is_the_one_in_force() {
    let printed = Place::empty().good("schema");
    let published = include_str!("../../../../configs/schema.json");
    assert!(
        printed.trim() == published.trim(),
        "write it anew: cargo run -- schema > configs/schema.json"
    );
}

#[test]
fn completions_and_the_manual_know_the_commands() {
    let place = Place::empty();
    for shell in ["bash", "zsh", "fish"] {
        let script = place.good(&format!("completions {shell}"));
        assert!(
            script.contains("playground") && script.contains("threads"),
            "{shell}"
        );
    }
    place.good("man --out pages");
    let page = String::from_utf8(place.read("pages/sparring.1")).unwrap();
    assert!(page.contains(".TH") && page.contains("playground"));
}

#[test]
fn every_command_has_help() {
    let place = Place::empty();
    let all = place.good("--help");
    for command in [
        "playground",
        "data",
        "train",
        "evaluate",
        "compare",
        "robustness",
        "synthesize",
        "privacy",
        "tune",
        "recommend",
        "models",
        "doctor",
        "schema",
        "completions",
    ] {
        assert!(all.contains(command), "{command} is missing in\n{all}");
        let help = place.good(&format!("{command} --help"));
        assert!(help.contains("Usage: "), "{command}");
    }
}

#[test]
fn the_doctor_names_what_it_looked_at() {
    let told = Place::empty().good("doctor");
    assert!(told.contains("thread") && told.contains("memory"), "{told}");
}
