//! `sparring augment`: what it writes, and what it refuses.

use crate::sparring::{HEADER, Place};

const RUN: &str = "augment --train train.csv --out a --set completion.epochs=5 --set completion.hidden=8 \
                   --set augment.strengths=2 --set augment.times=[2,4]";

/// A file of these lines.
fn log(head: &str, lines: impl Iterator<Item = String>) -> String {
    let lines: Vec<String> = lines.collect();
    format!("{head}{}\n", lines.join("\n"))
}

fn report(place: &Place, file: &str) -> serde_json::Value {
    serde_json::from_slice(&place.read(file)).unwrap()
}

#[test]
fn completions_are_tried_and_written() {
    let place = Place::with_log();
    let told = place.good(&format!("{RUN} --test test.csv"));
    for word in ["adversarial", "autoencoder", "own", "gain %", "Adding "] {
        assert!(told.contains(word), "no `{word}` in\n{told}");
    }
    let json = report(&place, "a/augment.json");
    assert_eq!(json["plain"]["trials"].as_array().unwrap().len(), 4);
    let branches = json["generated"].as_array().unwrap();
    assert_eq!(branches.len(), 3);
    for branch in branches {
        assert_eq!(branch["trials"].as_array().unwrap().len(), 4);
        assert_eq!(branch["chosen"]["added_users"], 60);
        assert_eq!(
            branch["chosen"]["test"]["groups"].as_array().unwrap().len(),
            4
        );
    }
    let page = String::from_utf8(place.read("a/augment.html")).unwrap();
    assert!(page.contains("gain-by-activity") && page.contains("own scores"));
    // The log is there exactly if adding helps.
    let adopted = json["adopted"].as_bool().unwrap();
    assert_eq!(place.path("a/interactions.csv").exists(), adopted);
    // The chosen settings are a config.
    place.good("train --data train.csv --model ease --config a/best.toml --out m");
}

#[test]
fn a_log_with_additions_is_one_to_train_on() {
    let place = Place::empty();
    // Two camps of 12 films; users have 2 of their camp's and want others of it.
    let trained = (0..240_u32).flat_map(|user| {
        let film = move |at: u32| (user % 2) * 12 + (user / 2 * 5 + at * at) % 12;
        (0..2).map(move |at| format!("u{user},{}", film(at)))
    });
    let new = |from: u32, to: u32| {
        (0..60_u32).flat_map(move |user| {
            let film = move |at: u32| (user % 2) * 12 + (user / 2 * 7 + at) % 12;
            (from..to).map(move |at| format!("n{user},{},5,{at}", film(at)))
        })
    };
    let train = log("userId,movieId\n", trained);
    let (known, wanted) = (log(HEADER, new(0, 2)), log(HEADER, new(2, 12)));
    place.write("train.csv", train);
    place.write("known.csv", known);
    place.write("wanted.csv", wanted);
    let run = "augment --train train.csv --valid-known known.csv --valid wanted.csv --synth own --at 5 \
               --metric ndcg@5 --set augment.strengths=1 --set augment.times=[3]";
    place.good(&format!("{run} --out a --threads 1"));
    place.good(&format!("{run} --out b --threads 2"));
    let json = report(&place, "a/augment.json");
    assert_eq!(json["users"], 240);
    assert!(json["plain"]["chosen"]["test"].is_null());
    assert!(place.read("a/augment.json") == place.read("b/augment.json"));
    if json["adopted"].as_bool().unwrap() {
        let log = String::from_utf8(place.read("a/interactions.csv")).unwrap();
        assert!(log.starts_with("userId,movieId\nu0,") && log.contains("\na000240,"));
        assert!(!log.contains("\nn0,"), "users who are new stay out");
        place.good("train --data a/interactions.csv --model ease --out m");
    }
}

#[test]
fn whole_users_are_added_or_refused() {
    let place = Place::with_log();
    let told = place.good(
        "augment --train train.csv --with users --synth independent --model itemknn --out a \
         --set augment.users=[1] --set augment.strengths=2",
    );
    assert!(told.contains("Adding "), "{told}");
    let json = report(&place, "a/augment.json");
    assert_eq!(json["varied"], "shrink");
    assert_eq!(json["generated"][0]["chosen"]["added_users"], 60);
}

#[test]
fn sequences_grow_backwards_and_are_exchanged() {
    let place = Place::with_log();
    let run = "augment --train train.csv --test test.csv --with sequences --model markov \
               --set augment.sequences=markov --set augment.longest=9 --set augment.times=[2] \
               --set augment.shares=[0.5]";
    let told = place.good(&format!("{run} --out a"));
    for word in ["backwards", "exchanged", "repeated", "of at most"] {
        assert!(told.contains(word), "no `{word}` in\n{told}");
    }
    let json = report(&place, "a/augment.json");
    let [backwards, exchanged, repeated] = [0, 1, 2].map(|at| &json["generated"][at]["chosen"]);
    let added = |branch: &serde_json::Value| branch["added_interactions"].as_u64().unwrap();
    assert_eq!(added(backwards), 2 * added(repeated), "twice as long");
    assert_eq!(added(exchanged), added(repeated), "as long as they were");
    assert!(backwards["test"]["short"]["most"].as_u64().unwrap() <= 9);
    let page = String::from_utf8(place.read("a/augment.html")).unwrap();
    assert!(page.contains("learnt the log backwards"));
}

#[test]
fn what_does_not_exist_is_refused() {
    let place = Place::with_log();
    for (wrong, code, words) in [
        ("--model eaes", 2, "no model `eaes`, did you mean `ease`?"),
        ("--with love", 2, "nothing `love` to add"),
        ("--synth adversrial", 2, "did you mean `adversarial`?"),
        ("--with users --synth gauss", 2, "no synthesizer `gauss`"),
        ("--synth ,", 2, "no generator is named"),
        (
            "--with sequences --synth backward",
            2,
            "did you mean `backwards`?",
        ),
        (
            "--with sequences --set augment.sequences=sasrce",
            2,
            "did you mean `sasrec`?",
        ),
        ("--set augment.shares=[1.5]", 2, "shares up to 1, got 1.5"),
        (
            "--set augment.temperature=0",
            2,
            "temperature` must be above 0",
        ),
        ("--metric ndgc@5", 2, "no metric `ndgc`"),
        ("--valid-known test.csv", 2, "there is no --valid"),
        ("--test-known test.csv", 2, "not new"),
        ("--set augment.times=[0.5]", 2, "amounts above 1, got 0.5"),
        ("--set completion.mask=2", 2, "mask must be between 0 and 1"),
        ("--set completion.maks=0.5", 2, "did you mean `mask`?"),
        ("--set augment.vary=l3", 2, "did you mean `l2`?"),
    ] {
        place.bad(
            &format!("augment --train train.csv --out a {wrong}"),
            code,
            &[words],
        );
    }
    let new = "augment --train train.csv --out a --valid-known test.csv --valid test.csv";
    place.bad(
        new,
        1,
        &["60 of 60 users with held-out events, who should be new"],
    );
    assert!(!place.path("a").exists());
}

#[test]
fn logs_and_folders_that_will_not_do() {
    let place = Place::with_log();
    let few = (0..19_u32).flat_map(|user| {
        let film = move |at: u32| (user + at) % 9 + 20 * (user % 2);
        (0..6).map(move |at| format!("anna-{user},film {},3,{at}", film(at)))
    });
    place.write("few.csv", log(HEADER, few));
    place.bad(
        "augment --train few.csv --out a",
        1,
        &["training part has 19 users", "20 are needed"],
    );
    let valid = (0..7).map(|user| format!("anna-{user},film 77,3,9"));
    place.write("valid.csv", log(HEADER, valid));
    let words = ["validation part has 7 users", "20 are needed"];
    place.bad(
        "augment --train train.csv --valid valid.csv --out a",
        1,
        &words,
    );
    let one = (0..30).map(|user| format!("u{user},i1,3,1"));
    place.write("one.csv", log(HEADER, one));
    place.bad(
        "augment --train one.csv --valid one.csv --out a",
        1,
        &["one.csv: 30 users and 1 items"],
    );
    assert!(!place.path("a").exists());
    std::fs::create_dir(place.path("full")).unwrap();
    place.write("full/augment.json", "mine");
    place.bad(
        "augment --train train.csv --out full",
        1,
        &["full: holds `augment.json` already"],
    );
    assert_eq!(place.read("full/augment.json"), b"mine");
}
