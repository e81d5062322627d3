//! From a log to a saved model and back.

use crate::sparring::Place;

/// Models that learn the two groups of taste from little.
const FAST: &str = "--set model.cfgan.epochs=3 --set model.cfgan.generator_hidden=16 \
                    --set model.ganmf.epochs=3 --set model.ganmf.embedding_dim=8";

#[test]
fn ids_survive_the_way_through_a_model() {
    let place = Place::with_log();
    place.good("train --data train.csv --model ease --out m --set model.ease.l2=10");
    let json = recommend(&place, &["--history", "film 0,film 2,film 14"]);
    let items: Vec<&str> = json
        .iter()
        .map(|row| row["item"].as_str().unwrap())
        .collect();
    assert_eq!(items.len(), 5);
    for item in items {
        let film: u32 = item.strip_prefix("film ").unwrap().parse().unwrap();
        assert!(film < 20, "{item} is of the other group");
        assert!(![0, 2, 14].contains(&film), "{item} is in the history");
    }
    place.write("users.txt", "user\nanna-3\nanna-4\n");
    let json = recommend(&place, &["--users", "users.txt"]);
    assert_eq!(json.len(), 10);
    assert_eq!(
        (&json[0]["user"], &json[9]["user"]),
        (&"anna-3".into(), &"anna-4".into())
    );
    for row in json {
        let film: u32 = row["item"].as_str().unwrap()[5..].parse().unwrap();
        assert_eq!(film < 20, row["user"] == "anna-4", "{row}");
    }
}

/// `recommend --model m --k 5` with arguments that may hold spaces.
fn recommend(place: &Place, arguments: &[&str]) -> Vec<serde_json::Value> {
    let output = crate::sparring::command(&place.path(""))
        .args(["recommend", "--json", "--model", "m", "--k", "5"])
        .args(arguments)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_saved_model_is_measured_as_the_leaderboard_measured_it() {
    let place = Place::with_log();
    let files = "--train train.csv --test test.csv";
    place.good(&format!(
        "compare {files} --models pop,ease,cfgan --trials 0 --seeds 1 --out b {FAST}"
    ));
    let board: serde_json::Value =
        serde_json::from_slice(&place.read("b/leaderboard.json")).unwrap();
    for model in ["pop", "ease", "cfgan"] {
        let train = format!("train --data train.csv --model {model} --out m-{model} {FAST}");
        place.good(&train);
        let printed = place.good(&format!("evaluate --json --model m-{model} {files}"));
        let printed: serde_json::Value = serde_json::from_str(&printed).unwrap();
        let rows = board["rows"].as_array().unwrap();
        let row = rows.iter().find(|row| row["model"] == model).unwrap();
        let expected = row["metrics"]["ndcg@20"]["mean"].as_f64().unwrap();
        let text = printed.to_string();
        let found = find(&printed, "ndcg@20").unwrap_or_else(|| panic!("{text}"));
        assert!(
            (found - expected).abs() < 1e-9,
            "{model}: {found} {expected}"
        );
    }
}

/// The number under a key, or its mean, at any depth.
fn find(value: &serde_json::Value, key: &str) -> Option<f64> {
    match value {
        serde_json::Value::Object(map) => match map.get(key) {
            Some(found) => found.as_f64().or_else(|| found["mean"].as_f64()),
            None => map.values().find_map(|inner| find(inner, key)),
        },
        serde_json::Value::Array(all) => all.iter().find_map(|inner| find(inner, key)),
        _ => None,
    }
}

#[test]
fn damaged_models_are_refused() {
    let place = Place::with_log();
    place.good("train --data train.csv --model ease --out m");
    for file in ["model.safetensors", "vocabulary.json", "manifest.json"] {
        let whole = place.read(&format!("m/{file}"));
        let mut flipped = whole.clone();
        let at = flipped.len() - 9;
        flipped[at] ^= 4;
        place.write(&format!("m/{file}"), &flipped);
        place.bad("recommend --model m --history x", 1, &[file]);
        place.write(&format!("m/{file}"), &whole[..whole.len() / 2]);
        place.bad("recommend --model m --history x", 1, &[file]);
        place.write(&format!("m/{file}"), &whole);
    }
    let manifest = String::from_utf8(place.read("m/manifest.json")).unwrap();
    place.write(
        "m/manifest.json",
        manifest.replace("\"format\": 1", "\"format\": 99"),
    );
    place.bad(
        "recommend --model m --history x",
        1,
        &["format 99, this version reads format 1"],
    );
    place.write("m/manifest.json", &manifest);
    place.bad(
        "recommend --model m --history x",
        2,
        &["does not know the item `x`"],
    );
    place.bad(
        "recommend --model nowhere --history x",
        1,
        &["nowhere: there is no model here"],
    );
}

#[test]
fn a_run_that_fails_leaves_earlier_results_whole() {
    let place = Place::with_log();
    place.good("train --data train.csv --model ease --out m");
    let board = "compare --train train.csv --test test.csv --trials 0 --seeds 1 --out b --models";
    place.good(&format!("{board} pop"));
    let before: Vec<Vec<u8>> = FILES.iter().map(|file| place.read(file)).collect();
    place.bad(
        "train --data train.csv --model ease --out m --set model.ease.l2=-1",
        1,
        &["l2"],
    );
    place.bad(&format!("{board} pop,eaes"), 2, &["did you mean `ease`?"]);
    place.bad(
        "train --data none.csv --model ease --out m",
        1,
        &["none.csv"],
    );
    let after: Vec<Vec<u8>> = FILES.iter().map(|file| place.read(file)).collect();
    assert!(before == after);
}

const FILES: [&str; 4] = [
    "m/model.safetensors",
    "m/manifest.json",
    "b/leaderboard.json",
    "b/leaderboard.html",
];
