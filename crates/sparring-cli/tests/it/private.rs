//! `sparring synthesize --epsilon`: users under differential privacy.

use std::fmt::Write;

use crate::sparring::Place;

/// 300 users of two camps with 4 of the 10 items of their own.
fn camps() -> String {
    let mut text = "user,item,rating\n".to_owned();
    for user in 0..300 {
        for at in 0..4 {
            let item = (user % 2) * 10 + (user / 2 * 7 + at * 3) % 10;
            writeln!(text, "u{user},b{item:02},4").unwrap();
        }
    }
    text
}

#[test]
fn users_under_differential_privacy_come_with_a_ledger() {
    let place = Place::empty();
    place.write("log.csv", camps());
    let catalogue: Vec<String> = (0..30).rev().map(|item| format!("b{item:02}")).collect();
    place.write("items.txt", catalogue.join("\n"));
    let run = "synthesize --data log.csv --epsilon 4 --users 50 --catalogue items.txt";
    let told = place.good(&format!("{run} --out made --save model"));
    for words in [
        "privacy guarantee: epsilon 3.999",
        "delta 1e-5 for every user",
        "Left out, since nothing of them was released: ratings (--ratings",
    ] {
        assert!(told.contains(words), "no `{words}` in\n{told}");
    }
    let json =
        |file: &str| -> serde_json::Value { serde_json::from_slice(&place.read(file)).unwrap() };
    let ledger = json("made/ledger.json");
    let epsilon = ledger["composed"]["epsilon"].as_f64().unwrap();
    assert!(epsilon <= 4.0 && epsilon > 3.99, "{epsilon}");
    assert_eq!(ledger["events"].as_array().unwrap().len(), 1);
    let declared = ledger["public"].to_string();
    assert!(declared.contains("the catalogue"), "{declared}");
    // Nothing that was counted stands beside it: 300 users, 1,200 interactions, 20 items.
    for file in ["made/summary.json", "model/manifest.json"] {
        let text = json(file).to_string();
        assert!(text.contains("withheld"), "{text}");
        assert!(!text.contains(":300") && !text.contains(":1200"), "{text}");
    }
    let users = String::from_utf8(place.read("made/interactions.csv")).unwrap();
    assert!(users.starts_with("user,item\ns000001,b"), "{users}");
    // From what was released as many more as wanted, the first of them the same.
    let told = place.good("synthesize --from model --users 80 --out more");
    assert!(told.contains("privacy guarantee: epsilon 3.999"), "{told}");
    assert!(told.contains("cost nothing more"), "{told}");
    let page = String::from_utf8(place.read("more/report.html")).unwrap();
    assert!(page.contains("cost nothing, and the ledger is as it was"));
    let more = String::from_utf8(place.read("more/interactions.csv")).unwrap();
    assert!(more.starts_with(&users) && more.len() > users.len());
    assert_eq!(
        place.read("more/ledger.json"),
        place.read("made/ledger.json")
    );
    assert_eq!(
        place.read("model/ledger.json"),
        place.read("made/ledger.json")
    );
    place.bad(
        "synthesize --from model --out none",
        2,
        &["--users is missing"],
    );
    // The order of the catalogue is not that of the log.
    place.good("synthesize --data log.csv --epsilon 4 --users 9 --catalogue data --out own");
}

#[test]
fn a_critic_under_differential_privacy_is_in_the_ledger() {
    let place = Place::empty();
    place.write("log.csv", camps());
    let run = "synthesize --data log.csv --model dpgan --users 40 --catalogue data --epsilon 4";
    let small = "--set synth.dpgan.steps=12 --set synth.dpgan.head_start=2";
    let told = place.good(&format!("{run} {small} --out made --save model"));
    let ledger: serde_json::Value =
        serde_json::from_slice(&place.read("made/ledger.json")).unwrap();
    let epsilon = ledger["composed"]["epsilon"].as_f64().unwrap();
    assert!(epsilon <= 4.0 && epsilon > 3.99, "{epsilon}");
    let names: Vec<&str> = ["sums over users", "steps of the critic"].into();
    let events = ledger["events"].as_array().unwrap();
    let found: Vec<&str> = events
        .iter()
        .filter_map(|event| event["name"].as_str())
        .collect();
    assert_eq!(found, names);
    assert!(told.contains("privacy guarantee: epsilon "), "{told}");
    // Drawn again, at no further cost.
    place.good("synthesize --from model --users 60 --out more");
    let users = String::from_utf8(place.read("made/interactions.csv")).unwrap();
    let more = String::from_utf8(place.read("more/interactions.csv")).unwrap();
    assert!(more.starts_with(&users) && more.len() > users.len());
    for (setting, words) in [
        ("release=1.0", "`release` must be above 0 and below 1"),
        ("sample_rate=1.5", "the rate must be"),
        ("sample_rate=0.0", "the rate must be"),
        ("clip=0.0", "clip must be above 0"),
        ("batch=7", "batch"),
    ] {
        place.bad(
            &format!("{run} --set synth.dpgan.{setting} --out none"),
            2,
            &[words],
        );
        assert!(!place.path("none").exists(), "{setting}");
    }
    place.bad(
        "synthesize --data log.csv --model dpgan --out none",
        2,
        &["its guarantee is not named"],
    );
}

#[test]
fn guarantees_that_cannot_be_given_are_refused() {
    let place = Place::empty();
    place.write("log.csv", camps());
    let run = "synthesize --data log.csv --out made";
    let all = format!("{run} --users 5 --catalogue data");
    for (arguments, code, words) in [
        (format!("{run} --epsilon 1 --users 5"), 2, "--catalogue"),
        (format!("{run} --epsilon 1 --catalogue data"), 2, "--users"),
        (format!("{all} --epsilon 0"), 2, "epsilon"),
        (format!("{all} --epsilon -1"), 2, "epsilon"),
        (format!("{all} --epsilon nan"), 2, "epsilon"),
        (format!("{all} --epsilon 1 --delta 0.01"), 2, "delta"),
        (format!("{all} --epsilon 1 --delta 0"), 2, "delta"),
        (
            format!("{run} --model private"),
            2,
            "its guarantee is not named",
        ),
        (
            format!("{run} --epsilon 1 --users 5 --catalogue nowhere.txt"),
            2,
            "--catalogue nowhere.txt",
        ),
    ] {
        place.bad(&arguments, code, &[words]);
        assert!(!place.path("made").exists(), "{arguments}");
    }
    for with in ["--model gaussian", "--from made", "--attributes u.csv"] {
        let ran = place.run(&format!("{all} --epsilon 1 {with}"));
        assert_eq!(ran.code, Some(2), "{with}: {}", ran.err);
    }
    let log = camps();
    let few: Vec<&str> = log.lines().take(200).collect();
    place.write(
        "log.csv",
        few.join(
            "
",
        ),
    );
    place.bad(&format!("{all} --epsilon 1"), 1, &["needs 100 users"]);
    place.write("log.csv", camps());
    let ran = place.run(&format!("{all} --epsilon 50"));
    assert!(
        ran.err.contains("says little about any one user"),
        "{}",
        ran.err
    );
}
