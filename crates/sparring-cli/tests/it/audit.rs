//! `sparring audit`: attacks that are caught, claims that are refuted, what is refused.

use std::fmt::Write;

use serde_json::Value;

use crate::sparring::Place;

/// Users `from` to `to` of two camps with 6 of the 30 items of their own, each profile another one.
fn log(from: u32, to: u32) -> String {
    let mut text = "user,item\n".to_owned();
    for user in from..to {
        let mut drawn = user.wrapping_mul(2_654_435_761) | 1;
        let mut items = std::collections::BTreeSet::new();
        while items.len() < 6 {
            drawn = drawn.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            items.insert((user % 2) * 30 + (drawn >> 16) % 30);
        }
        for item in items {
            writeln!(text, "u{user},b{item:02}").unwrap();
        }
    }
    text
}

/// Real and held-out users, and others of their kind as synthetic ones.
fn logs() -> Place {
    let place = Place::empty();
    place.write("real.csv", log(0, 300));
    place.write("holdout.csv", log(300, 600));
    place.write(
        "fresh.csv",
        log(600, 900).replace('u', "s").replace("sser", "user"),
    );
    place
}

const ALL: &str = "audit --real real.csv --holdout holdout.csv --shadow independent --shadows 4";

fn json(place: &Place, folder: &str) -> Value {
    serde_json::from_slice(&place.read(&format!("{folder}/audit.json"))).unwrap()
}

#[test]
fn copies_of_real_users_are_caught() {
    let place = logs();
    place.write(
        "copies.csv",
        log(0, 300).replace('u', "s").replace("sser", "user"),
    );
    let told = place.good(&format!("{ALL} --synthetic copies.csv --out a"));
    assert!(told.contains("do not share them"), "{told}");
    let found = json(&place, "a");
    for attack in found["attacks"].as_array().unwrap() {
        let auc = attack["roc"]["auc"]["mean"].as_f64().unwrap();
        assert!(auc >= 0.93, "{}: {auc}", attack["name"]);
    }
    let page = String::from_utf8(place.read("a/audit.html")).unwrap();
    assert!(page.contains("do not share them") && page.contains("id=\"roc\""));
    // With a claim they refute it.
    let claimed = format!("{ALL} --synthetic copies.csv --epsilon 1 --out b");
    place.bad(
        &claimed,
        1,
        &["epsilon is", "2.000 is claimed", "do not share"],
    );
    assert!(
        json(&place, "b")["verdict"][0]
            .as_str()
            .unwrap()
            .contains("does not hold")
    );
}

#[test]
fn users_who_copy_nobody_pass() {
    let place = logs();
    let told = place.good(&format!("{ALL} --synthetic fresh.csv --epsilon 1 --out a"));
    assert!(!told.contains("do not share"), "{told}");
    assert!(told.contains("no measure of privacy"), "{told}");
    let found = json(&place, "a");
    let names: Vec<&str> = found["attacks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|attack| attack["name"].as_str().unwrap())
        .collect();
    let expected = [
        "nearest-neighbour ratio",
        "density ratio",
        "independent shadow models",
        "hidden item",
    ];
    assert_eq!(names, expected);
    // 150 others are too few for a thousandth.
    assert_eq!(
        found["attacks"][0]["roc"]["rates"][1]["true_positives"],
        Value::Null
    );
    place.good(&format!(
        "{ALL} --synthetic fresh.csv --epsilon 1 --out b --threads 1"
    ));
    assert!(
        place.read("a/audit.json") == place.read("b/audit.json"),
        "threads change nothing"
    );
    let told = place.good(
        &format!("{ALL} --synthetic fresh.csv --shadows 0 --json").replace("--shadows 4 ", ""),
    );
    let found: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(found["attacks"].as_array().unwrap().len(), 3);
    assert_eq!(found["claim"], Value::Null);
}

/// Where users live: a digit that nothing else tells.
fn towns(from: u32, to: u32, prefix: &str) -> String {
    let rows = (from..to).map(|user| {
        let town = (user.wrapping_mul(2_654_435_761) >> 20) % 10;
        format!("{prefix}{user},town {town}\n")
    });
    "user,town\n".to_owned() + &rows.collect::<String>()
}

#[test]
fn what_users_are_is_inferred_from_copies() {
    let place = logs();
    let log_of = |from, to| log(from, to).replace('u', "s").replace("sser", "user");
    place.write("towns.csv", towns(0, 600, "u"));
    for (folder, from) in [("copies", 0), ("fresh", 600)] {
        std::fs::create_dir(place.path(folder)).unwrap();
        place.write(
            &format!("{folder}/interactions.csv"),
            log_of(from, from + 300),
        );
        place.write(&format!("{folder}/users.csv"), towns(from, from + 300, "s"));
    }
    let run = format!("{ALL} --attributes towns.csv --synthetic");
    let told = place.good(&format!("{run} copies --out a"));
    assert!(
        told.contains("What `town` is of a real user is guessed"),
        "{told}"
    );
    let found = &json(&place, "a")["attributes"][0];
    assert_eq!(
        (&found["column"], &found["values"]),
        (&"town".into(), &10.into())
    );
    assert!(found["members"]["mean"].as_f64().unwrap() > 0.95, "{found}");
    assert!(
        found["outsiders"]["mean"].as_f64().unwrap() < 0.25,
        "{found}"
    );
    place.good(&format!("{run} fresh/interactions.csv --out b"));
    let found = &json(&place, "b")["attributes"][0];
    assert!(found["risk"]["low"].as_f64().unwrap() < 0.0, "{found}");
    let words = [
        "--attributes: there is no users.csv beside",
        "synthesize --attributes",
    ];
    place.bad(&format!("{run} fresh.csv"), 2, &words);
    place.write("others.csv", towns(900, 950, "u"));
    let run = run.replace("towns.csv", "others.csv");
    place.bad(
        &format!("{run} copies"),
        1,
        &["no user of the log is in the table"],
    );
}

#[test]
fn the_ledger_beside_the_users_is_the_claim() {
    let place = logs();
    place.good("synthesize --data real.csv --epsilon 2 --users 300 --catalogue data --out made");
    place.good(&format!("{ALL} --synthetic made --out a"));
    let claim = &json(&place, "a")["claim"];
    let epsilon = claim["epsilon"].as_f64().unwrap();
    assert!(epsilon > 1.99 && epsilon <= 2.0, "{claim}");
    let run = format!("{ALL} --synthetic made");
    let ledger = String::from_utf8(place.read("made/ledger.json")).unwrap();
    let summary = String::from_utf8(place.read("made/summary.json")).unwrap();
    place.write(
        "made/summary.json",
        summary.replace("epsilon 2.0000", "epsilon 0.9900"),
    );
    place.bad(
        &run,
        1,
        &[
            "ledger.json: says `epsilon 2.0000",
            "summary.json beside it says",
        ],
    );
    place.write("made/summary.json", &summary);
    place.write(
        "made/ledger.json",
        ledger.replace("\"noise_multiplier\": ", "\"noise_multiplier\": 0"),
    );
    place.bad(&run, 1, &["ledger.json", "not a ledger"]);
    std::fs::remove_file(place.path("made/ledger.json")).unwrap();
    place.bad(
        &run,
        1,
        &["tells of a guarantee, but there is no ledger.json"],
    );
    place.good(&format!("{run} --epsilon 2").replace("--shadows 4", "--shadows 2"));
}

#[test]
fn a_release_is_audited_with_canaries() {
    let place = logs();
    let run = "audit --canaries 1000 --data real.csv --epsilon 4";
    let told = place.good(&format!("{run} --out a"));
    assert!(
        told.contains("The audit does not refute the claimed guarantee."),
        "{told}"
    );
    assert!(told.contains("canaries, black box"), "{told}");
    let found = json(&place, "a");
    assert_eq!(found["one_run"]["canaries"], 1000);
    let lower = &found["one_run"]["white_box"]["lower"];
    assert_eq!(lower["guesses"]["guessed"], 100);
    let epsilon = lower["epsilon"].as_f64().unwrap();
    assert!((0.0..4.0).contains(&epsilon), "{epsilon}");
    let told = place.good(&format!("{run} --white-box"));
    assert!(!told.contains("black box"), "{told}");
}

#[test]
fn what_cannot_be_audited_is_refused() {
    let place = logs();
    let run = "audit --real real.csv --synthetic fresh.csv --holdout";
    place.bad(
        &format!("{run} real.csv"),
        1,
        &["300 of the 300 held-out users", "by their ids"],
    );
    place.write(
        "renamed.csv",
        log(0, 300).replace('u', "x").replace("xser", "user"),
    );
    place.bad(
        &format!("{run} renamed.csv"),
        1,
        &["their profiles are the same"],
    );
    place.write("few.csv", log(300, 380));
    place.bad(
        &format!("{run} few.csv"),
        1,
        &["the holdout log has 80 users", "100 are needed"],
    );
    place.write("books.csv", log(600, 900).replace(",b", ",book "));
    let books = "audit --real real.csv --holdout holdout.csv --synthetic books.csv";
    place.bad(
        books,
        1,
        &[
            "of the 60 items of the synthetic log are unknown",
            "to the real one: book 10, book 12, book 13",
        ],
    );
    for (arguments, code, words) in [
        (
            "audit --canaries 50 --data real.csv --epsilon 1",
            2,
            "50 canaries",
        ),
        (
            "audit --canaries 1000 --data real.csv --epsilon 0",
            2,
            "epsilon",
        ),
        (
            "audit --canaries 1000 --data few.csv --epsilon 1",
            1,
            "80 users",
        ),
        (
            "audit --canaries 1000 --data real.csv --epsilon 1 --delta 0.1",
            2,
            "delta",
        ),
        (
            "audit --real real.csv --synthetic fresh.csv --holdout holdout.csv --shadow gauss",
            2,
            "gauss",
        ),
    ] {
        place.bad(arguments, code, &[words]);
    }
    for arguments in [
        "audit",
        "audit --canaries 1000 --data real.csv",
        "audit --real real.csv --synthetic fresh.csv",
        "audit --canaries 1000 --data real.csv --epsilon 1 --synthetic fresh.csv",
    ] {
        let ran = place.run(arguments);
        assert_eq!(ran.code, Some(2), "{arguments}: {}", ran.err);
    }
}
