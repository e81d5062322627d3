//! `sparring fidelity`: what it writes, and what it refuses.

use std::fmt::Write;

use serde_json::Value;

use crate::sparring::{HEADER, Place};

/// A log whose user `u` of `users` has `length` items of one half of forty, chosen by `step`.
fn log(users: u32, length: u32, step: u32) -> String {
    let mut text = HEADER.to_owned();
    for user in 0..users {
        for at in 0..length {
            let item = (user % 2) * 20 + (user * step + at * 3) % 20;
            let (rating, time) = (1 + (at * step) % 5, 1_000_000_000 + 4000 * at + user);
            writeln!(text, "u{user},film {item},{rating},{time}").unwrap();
        }
    }
    text
}

/// Real, held-out, and synthetic users who are copies or others.
fn logs() -> Place {
    let place = Place::empty();
    place.write("real.csv", log(60, 9, 7));
    place.write("holdout.csv", log(30, 8, 11));
    place.write("others.csv", log(50, 9, 3));
    place
}

const ALL: &str = "fidelity --real real.csv --holdout holdout.csv --models pop,itemknn --out f";

fn json(place: &Place, folder: &str) -> Value {
    serde_json::from_slice(&place.read(&format!("{folder}/fidelity.json"))).unwrap()
}

fn figure(value: &Value, path: &str) -> f64 {
    let found = value.pointer(path).and_then(Value::as_f64);
    found.unwrap_or_else(|| panic!("no {path} in {value:#}"))
}

#[test]
fn a_log_beside_itself_is_the_same_and_all_copies() {
    let place = logs();
    let told = place.good(&format!("{ALL} --synthetic real.csv"));
    for word in [
        "membership",
        "co-occurrence",
        "They hold copies",
        "fidelity.html",
    ] {
        assert!(told.contains(word), "no `{word}` in\n{told}");
    }
    let found = json(&place, "f");
    for zero in [
        "/likeness/popularity/js_bits",
        "/likeness/activity/ks",
        "/likeness/ratings/total_variation",
        "/likeness/times/gap_ks",
        "/likeness/times/week_tv",
        "/likeness/times/transition_js",
    ] {
        assert!(figure(&found, zero).abs() < 1e-12, "{zero}");
    }
    for one in [
        "/likeness/popularity/coverage",
        "/likeness/cooccurrence/top_200",
        "/copying/exact",
        "/copying/near",
    ] {
        assert!((figure(&found, one) - 1.0).abs() < 1e-12, "{one}");
    }
    // Every real user is at distance 0, no held-out one is: their profiles are shorter.
    assert!((figure(&found, "/copying/membership/auc/value") - 1.0).abs() < 1e-12);
    assert!(figure(&found, "/floor/likeness/activity/ks") > 0.9);
    assert_eq!(found["notes"], Value::Array(vec![]));
    assert_eq!(found["holdout"]["users"], 30);
    for row in found["utility"]["models"].as_array().unwrap() {
        assert!((figure(row, "/share/mean") - 1.0).abs() < 1e-12);
    }
    assert_eq!(found["utility"]["users"], 30);
    assert!(figure(&found, "/floor/resemblance/alpha_precision") <= 1.0);
}

#[test]
fn without_a_holdout_times_or_ratings_the_rest_is_measured_and_said() {
    let place = logs();
    let bare: String = log(50, 9, 3)
        .lines()
        .map(|line| line.split(',').take(2).collect::<Vec<_>>().join(",") + "\n")
        .collect();
    place.write("bare.csv", bare);
    let told = place.good("fidelity --real real.csv --synthetic bare.csv --out f");
    for words in [
        "The synthetic log has no ratings: their distribution is left out.",
        "The synthetic log has no times: gaps, hours of the week and transitions are left out.",
        "Without a holdout (--holdout) there is no membership attack, no utility and no floor.",
    ] {
        assert!(told.contains(words), "no `{words}` in\n{told}");
    }
    let found = json(&place, "f");
    assert_eq!(found["likeness"]["times"], Value::Null);
    assert_eq!(found["copying"]["membership"], Value::Null);
    assert!(figure(&found, "/likeness/cooccurrence/top_200") < 1.0);
}

#[test]
fn earlier_reports_stand_beside() {
    let place = logs();
    let of = |log: &str, out: &str| {
        format!(
            "fidelity --real real.csv --holdout holdout.csv --models pop --synthetic {log} --out {out}"
        )
    };
    place.good(&of("real.csv", "copies"));
    let told = place.good(&format!("{} --beside copies", of("others.csv", "others")));
    let head = told
        .lines()
        .find(|line| line.contains("of the same real users"));
    let head: Vec<&str> = head.unwrap().split_whitespace().skip(5).collect();
    assert_eq!(head, ["others.csv", "real.csv"]);
    let found = json(&place, "others");
    assert_eq!(found["beside"][0]["name"], "real.csv");
    let more = format!("{} --beside", of("others.csv", "more"));
    let missing = ["nowhere/fidelity.json: No such file"];
    place.bad(&format!("{more} nowhere"), 2, &missing);
    place.write("copies/fidelity.json", "{}");
    place.bad(&format!("{more} copies"), 2, &["missing field"]);
    let other = "fidelity --real others.csv --synthetic real.csv --out more --beside others";
    place.bad(other, 1, &["was compared with other real users"]);
    assert!(!place.path("more").exists(), "nothing half-written");
}

#[test]
fn the_page_names_items_by_their_titles() {
    let place = logs();
    place.write("u.item", "film 3|The Third & Last|x\n");
    place.good("fidelity --real real.csv --synthetic real.csv --out a");
    std::fs::create_dir(place.path("names")).unwrap();
    let titles: String = (0..40)
        .map(|n| ["film ", &n.to_string(), "|No ", &n.to_string(), "\n"].concat())
        .collect();
    place.write("names/u.item", titles);
    place.good("fidelity --real real.csv --synthetic real.csv --titles names --out b");
    let [a, b] =
        ["a", "b"].map(|f| String::from_utf8(place.read(&format!("{f}/fidelity.html"))).unwrap());
    assert!(a.contains("The Third &amp; Last") && a.contains(">film 5<"));
    assert!(b.contains(">No 5<") && !b.contains(">film 5<"));
}

#[test]
fn equal_ratings_are_no_obstacle() {
    let place = logs();
    for (name, text) in [("real.csv", log(60, 9, 7)), ("others.csv", log(50, 9, 3))] {
        let line = |line: &str| {
            let fields: Vec<&str> = line.split(',').collect();
            let rating = if fields[2] == "rating" { "rating" } else { "4" };
            [fields[0], fields[1], rating, fields[3]].join(",") + "\n"
        };
        place.write(name, text.lines().map(line).collect::<String>());
    }
    place.good("fidelity --real real.csv --synthetic others.csv --out f");
    let found = json(&place, "f");
    assert!(figure(&found, "/likeness/ratings/total_variation").abs() < 1e-12);
}

#[test]
fn logs_that_cannot_be_compared_are_refused() {
    let place = logs();
    let run = |place: &Place, synthetic: &str, words: &[&str]| {
        place.write("odd.csv", synthetic);
        place.bad(&format!("{ALL} --synthetic odd.csv"), 1, words);
    };
    run(
        &place,
        &log(19, 5, 3),
        &["synthetic log has 19 users", "20 are needed"],
    );
    run(
        &place,
        &log(50, 9, 3).replace("film", "book"),
        &["of the 40 items of the synthetic log are unknown", "book 0"],
    );
    run(
        &place,
        &(log(50, 9, 3) + "u1,film 99,3,7\nu2,film 98,3,7\n"),
        &["2 of the 42 items", "film 99, film 98"],
    );
    let one = (0..30).map(|user| format!("u{user},film 0,3,7\n"));
    let one: Vec<String> = one.collect();
    place.write("one.csv", HEADER.to_owned() + &one.concat());
    place.bad(
        "fidelity --real one.csv --synthetic one.csv --out f",
        1,
        &["real log has 1 item", "2 are needed"],
    );
    place.bad(
        "fidelity --real no.csv --synthetic one.csv --out f",
        1,
        &["no.csv"],
    );
    assert!(!place.path("f").exists());
}

#[test]
fn a_folder_with_another_run_keeps_what_is_not_ours_and_all_of_it_on_failure() {
    let place = logs();
    place.good(&format!("{ALL} --synthetic others.csv"));
    place.write("f/leaderboard.json", "theirs");
    let first = place.read("f/fidelity.json");
    place.write("few.csv", log(3, 3, 3));
    place.bad(&format!("{ALL} --synthetic few.csv"), 1, &["3 users"]);
    assert!(place.read("f/fidelity.json") == first);
    place.good(&format!("{ALL} --synthetic real.csv"));
    assert!(place.read("f/fidelity.json") != first);
    assert_eq!(place.read("f/leaderboard.json"), b"theirs");
    place.write("file", "mine");
    let run = "fidelity --real real.csv --synthetic others.csv --out file/f";
    place.bad(run, 1, &["file"]);
    assert_eq!(place.read("file"), b"mine");
}

#[test]
fn the_same_seed_gives_the_same_bytes_at_any_number_of_threads() {
    let place = logs();
    let run = "fidelity --real real.csv --synthetic others.csv --holdout holdout.csv \
               --models pop,ease,bprmf,multvae --set model.bprmf.epochs=2 --set model.multvae.epochs=2";
    place.good(&format!("{run} --out a --threads 1"));
    place.good(&format!("{run} --out b --threads 2"));
    place.good(&format!("{run} --out c --seed 7"));
    for file in ["fidelity.json", "fidelity.html"] {
        let [a, b, c] = ["a", "b", "c"].map(|folder| place.read(&format!("{folder}/{file}")));
        assert!(a == b, "{file} differs");
        assert!(a != c, "{file} does not depend on the seed");
    }
}
