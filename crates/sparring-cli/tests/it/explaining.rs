//! Recommendations with the items of the history that carried them.

use serde_json::Value;

use crate::sparring::{Place, Ran, command};

/// Runs `recommend --model m --k 3` with arguments that may hold spaces.
fn recommend(place: &Place, arguments: &[&str]) -> Ran {
    let output = command(&place.path(""))
        .args(["recommend", "--model", "m", "--k", "3"])
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran {
        code: output.status.code(),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}

/// The answer of a run that went well.
fn answer(place: &Place, arguments: &[&str]) -> String {
    let ran = recommend(place, arguments);
    assert_eq!(ran.code, Some(0), "{arguments:?}\n{}{}", ran.out, ran.err);
    ran.out
}

const HISTORY: &str = "film 0,film 21,film 2,film 14";

#[test]
fn reasons_are_the_greatest_contributions_of_the_history() {
    let place = Place::with_log();
    for model in ["ease --set model.ease.l2=10", "ials", "itemknn", "puresvd"] {
        place.good(&format!("train --data train.csv --model {model} --out m"));
        let told = answer(&place, &["--history", HISTORY, "--explain", "9", "--json"]);
        let told: Vec<Value> = serde_json::from_str(&told).unwrap();
        assert_eq!(told.len(), 3, "{model}");
        for entry in &told {
            let because = entry["because"].as_array().unwrap();
            assert!(!because.is_empty(), "{model}: {entry}");
            let parts: Vec<f64> = because
                .iter()
                .map(|by| by["contribution"].as_f64().unwrap())
                .collect();
            assert!(parts.is_sorted_by(|a, b| a >= b) && parts.iter().all(|part| *part > 0.0));
            let items: Vec<&str> = because
                .iter()
                .map(|by| by["item"].as_str().unwrap())
                .collect();
            assert!(
                items
                    .iter()
                    .all(|item| HISTORY.split(',').any(|of| of == *item))
            );
            // The lists are of the group of three films; the stranger carries none of them.
            assert_ne!(items[0], "film 21", "{model}: {entry}");
            // What is added is at least the score, since what takes off is left out.
            let score = entry["score"].as_f64().unwrap();
            assert!(parts.iter().sum::<f64>() > score - 1e-5, "{model}: {entry}");
        }
        let one = answer(&place, &["--history", HISTORY, "--explain", "1", "--json"]);
        let one: Vec<Value> = serde_json::from_str(&one).unwrap();
        for (one, all) in one.iter().zip(&told) {
            assert_eq!(one["because"], Value::from(vec![all["because"][0].clone()]));
        }
    }
}

#[test]
fn a_table_gives_shares_and_the_titles_there_are() {
    let place = Place::with_log();
    place.good("train --data train.csv --model itemknn --out m");
    let table = answer(&place, &["--history", "film 2", "--explain", "2"]);
    assert!(
        table.contains("because of") && table.contains("film 2 100 %"),
        "{table}"
    );
    // An item file of a known set, beside the training log.
    place.write("u.item", "film 2|Toy Story|x\nfilm 3|Aladdin|x\n");
    let table = answer(&place, &["--history", "film 2,film 21", "--explain", "2"]);
    assert!(table.contains("Toy Story 100 %"), "{table}");
    assert!(
        table.contains("film 21 100 %"),
        "no title, so its id:\n{table}"
    );
    let plain = answer(&place, &["--history", "film 2"]);
    assert!(
        plain.starts_with("user,item,rank,score\nnew,film "),
        "{plain}"
    );
}

#[test]
fn files_hold_the_lists_as_ever_and_the_reasons_beside_them() {
    let place = Place::with_log();
    place.good("train --data train.csv --model edlae --out m");
    place.write("users.txt", "user\nanna-3\nanna-4\n");
    let users = ["--users", "users.txt"];
    answer(&place, &[&users[..], &["--out", "plain.csv"]].concat());
    let said = answer(
        &place,
        &[&users[..], &["--out", "recs.csv", "--explain", "2"]].concat(),
    );
    assert!(said.contains("recs.explained.csv"), "{said}");
    assert_eq!(place.read("recs.csv"), place.read("plain.csv"));
    assert!(!place.path("plain.explained.csv").exists());
    let text = String::from_utf8(place.read("recs.explained.csv")).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("user,item,because,contribution"));
    let log = String::from_utf8(place.read("train.csv")).unwrap();
    let lines: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    assert_eq!(lines.len(), 12, "{text}");
    for line in &lines {
        let had = |item: &str| log.contains(&format!("\n{},{item},", line[0]));
        assert!(had(line[2]) && !had(line[1]), "{line:?}");
        assert!(line[3].parse::<f32>().unwrap() > 0.0, "{line:?}");
    }
}

#[test]
fn the_house_recommender_explains_its_lists() {
    let place = Place::with_log();
    place.good(
        "train --data train.csv --model sparring --out m --set model.sparring.neural.steps=20 \
         --set model.sparring.neural.hidden=16",
    );
    let told = answer(&place, &["--history", HISTORY, "--explain", "2", "--json"]);
    let told: Vec<Value> = serde_json::from_str(&told).unwrap();
    assert!(
        told.iter()
            .all(|entry| entry["because"][1]["contribution"].is_number())
    );
}

#[test]
fn what_cannot_be_explained_is_refused_before_anything_is_written() {
    let place = Place::with_log();
    place.good("train --data train.csv --model pop --out m");
    let history = "--history film";
    place.write("users.txt", "user\nanna-3\n");
    place.bad(
        "recommend --model m --users users.txt --explain 2 --out recs.csv",
        2,
        &[
            "`pop` cannot tell",
            "ease, edlae, ials",
            "train one of them",
        ],
    );
    assert!(!place.path("recs.csv").exists() && !place.path("recs.explained.csv").exists());
    place.bad(
        &format!("recommend --model m {history} --explain 0"),
        2,
        &["--explain: 0 items explain nothing"],
    );
    let ran = place.run(&format!("recommend --model m {history} --explain some"));
    assert!(
        ran.code == Some(2) && ran.err.contains("--explain"),
        "{}",
        ran.err
    );
}
