//! What `synthesize --epsilon` releases besides items, budgets, and ledgers of synthesizers.

use std::fmt::Write;

use crate::sparring::Place;

/// 600 users of two camps with 4 of the 10 items of their own, rated 4 in the one and 2 in the other, a
/// minute apart on a day of 2001; user 7 has an item of their own.
fn camps() -> String {
    let mut text = "userId,movieId,rating,timestamp\n".to_owned();
    for user in 0..600 {
        for at in 0..4 {
            let item = (user % 2) * 10 + (user / 2 * 7 + at * 3) % 10;
            let (stars, time) = (
                4 - 2 * (user % 2),
                990_000_000 + 86_400 * (user % 30) + 60 * at,
            );
            writeln!(text, "u{user},b{item:02},{stars}.0,{time}").unwrap();
        }
    }
    text + "u7,hush-hush,5.0,990000000\n"
}

fn with_log() -> Place {
    let place = Place::empty();
    place.write("log.csv", camps());
    place
}

fn json(place: &Place, file: &str) -> serde_json::Value {
    serde_json::from_slice(&place.read(file)).unwrap()
}

const RUN: &str = "synthesize --data log.csv --users 300";

#[test]
fn a_release_holds_the_catalogue_ratings_and_times() {
    let place = with_log();
    let with = "--ratings 1.0..5.0 --times 2001-01-01..2001-12-31 --catalogue release";
    let told = place.good(&format!(
        "{RUN} --epsilon 12 {with} --out made --save model"
    ));
    assert!(
        told.contains("nothing of them was released: attributes."),
        "{told}"
    );
    let text = String::from_utf8(place.read("made/interactions.csv")).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("userId,movieId,rating,timestamp"));
    let (mut right, mut all) = (0, 0);
    for line in lines {
        let fields: Vec<&str> = line.split(',').collect();
        let item: u32 = fields[1].trim_start_matches('b').parse().unwrap();
        let stars = ["1.0", "2.0", "3.0", "4.0", "5.0"].contains(&fields[2]);
        let time: i64 = fields[3].parse().unwrap();
        // 2001 is 978,307,200 and the 31,536,000 s after.
        assert!(
            stars && (978_307_200..1_009_843_200).contains(&time),
            "{line}"
        );
        assert!(item < 20, "{line}");
        right += u32::from(fields[2] == "4.0" || fields[2] == "2.0");
        all += 1;
    }
    assert!(f64::from(right) / f64::from(all) > 0.6, "{right} of {all}");
    let ledger = json(&place, "made/ledger.json");
    let names: Vec<&str> = ledger["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "sums over users",
            "which items there are",
            "ratings and times"
        ]
    );
    let epsilon = ledger["composed"]["epsilon"].as_f64().unwrap();
    assert!(epsilon <= 12.0 && epsilon > 11.98, "{epsilon}");
    let public = ledger["public"].to_string();
    assert!(
        !public.contains("the catalogue") && public.contains("978307200 to 1009843199"),
        "{public}"
    );
    for file in [
        "made/interactions.csv",
        "made/report.html",
        "model/vocabulary.json",
    ] {
        let text = String::from_utf8(place.read(file)).unwrap();
        assert!(!text.contains("hush-hush"), "{file}");
    }
    let users = String::from_utf8(place.read("made/users.csv")).unwrap();
    assert!(users.starts_with("user\ns000001\n") && users.lines().count() == 301);
    let page = String::from_utf8(place.read("made/report.html")).unwrap();
    for words in [
        "thresholded:",
        "which items there are",
        "978307200 to",
        "Differential privacy",
    ] {
        assert!(page.contains(words), "{words}");
    }
    // The layer is saved, and drawing again needs no log.
    std::fs::remove_file(place.path("log.csv")).unwrap();
    place.good("synthesize --from model --users 300 --out again");
    assert_eq!(
        place.read("again/interactions.csv"),
        place.read("made/interactions.csv")
    );
    assert_eq!(
        place.read("again/ledger.json"),
        place.read("made/ledger.json")
    );
}

#[test]
fn budgets_hold_over_releases() {
    let place = with_log();
    let run = |epsilon: f64, more: &str, out: &str| {
        format!("{RUN} --catalogue data --epsilon {epsilon}{more} --out {out}")
    };
    place.good(&run(1.0, "", "one"));
    let over = run(1.0, " --ledger one/ledger.json --budget 1.2", "two");
    place.bad(&over, 1, &["above the budget of 1.2", "0.99"]);
    // Without another budget that of the ledger counts, and it is used up.
    let used = run(0.1, " --ledger one/ledger.json", "two");
    place.bad(&used, 1, &["above the budget of 1"]);
    place.bad(
        &run(1.0, " --budget 0.5", "two"),
        1,
        &["above the budget of 0.5"],
    );
    let other = run(
        1.0,
        " --ledger one/ledger.json --budget 3 --delta 1e-6",
        "two",
    );
    place.bad(&other, 2, &["do not compose", "--delta"]);
    for wrong in ["--ledger none.json", "--ledger log.csv"] {
        let ran = place.run(&run(1.0, &format!(" {wrong}"), "two"));
        assert!(
            ran.err.contains(wrong) && ran.code != Some(0),
            "{}",
            ran.err
        );
    }
    for wrong in ["0", "-1", "nan"] {
        place.bad(
            &run(1.0, &format!(" --budget {wrong}"), "two"),
            2,
            &["above 0"],
        );
    }
    assert!(!place.path("two").exists(), "nothing was released");
    place.good(&run(
        1.0,
        " --ledger one/ledger.json --budget 1.7 --save model",
        "two",
    ));
    let ledger = json(&place, "two/ledger.json");
    assert_eq!(ledger["events"][1]["name"], "sums over users (2)");
    let both = ledger["composed"]["epsilon"].as_f64().unwrap();
    assert!(both > 1.3 && both < 1.7, "{both}");
    // What was spent before is kept by the synthesizer, and a third release counts both.
    place.good("synthesize --from model --users 20 --out more");
    assert_eq!(
        place.read("more/ledger.json"),
        place.read("two/ledger.json")
    );
    let third = run(1.0, " --ledger more/ledger.json --budget 1.7", "three");
    place.bad(
        &third,
        1,
        &["sums over users (3)", "above the budget of 1.7"],
    );
}

#[test]
fn a_ledger_belongs_to_its_synthesizer() {
    let place = with_log();
    for name in ["one", "two"] {
        place.good(&format!(
            "{RUN} --catalogue data --epsilon 1 --out {name}-users --save {name}"
        ));
    }
    let belongs = place.good("privacy ledger one/ledger.json");
    assert!(
        belongs.contains("it belongs to the synthesizer in one"),
        "{belongs}"
    );
    place.good("privacy ledger one-users/ledger.json --artifact one");
    let wrong = &["is not the ledger of the synthesizer", "SHA-256"];
    place.bad(
        "privacy ledger one-users/ledger.json --artifact two",
        1,
        wrong,
    );
    let own = place.read("one/ledger.json");
    // Another one's ledger, a changed one, none.
    place.write("one/ledger.json", place.read("two/ledger.json"));
    place.bad("synthesize --from one --users 5 --out none", 1, wrong);
    place.bad("privacy ledger one/ledger.json", 1, wrong);
    let changed = String::from_utf8(own.clone())
        .unwrap()
        .replace("\"unit\": \"user\"", "\"unit\": \"event\"");
    place.write("one/ledger.json", changed);
    place.bad("synthesize --from one --users 5 --out none", 1, wrong);
    std::fs::remove_file(place.path("one/ledger.json")).unwrap();
    place.bad(
        "synthesize --from one --users 5 --out none",
        1,
        &["ledger.json", "cannot read"],
    );
    assert!(!place.path("none").exists());
    place.write("one/ledger.json", own);
    place.good("synthesize --from one --users 5 --out some");
}

#[test]
fn what_cannot_be_released_is_refused() {
    let place = with_log();
    place.write("pairs.csv", "user,item\na,x\nb,y\n");
    let run = format!("{RUN} --catalogue data --out made");
    for (arguments, code, words) in [
        (format!("{run} --epsilon 1 --ratings 5..1"), 2, "--ratings 5..1"),
        (format!("{run} --epsilon 1 --ratings 3"), 2, "2 to 20"),
        (format!("{run} --epsilon 1 --times 2001"), 2, "no range"),
        (format!("{run} --epsilon 1 --times 2001-02-30..2002-01-01"), 2, "neither a date"),
        (format!("{run} --epsilon 1 --times 9..3"), 2, "ends before it begins"),
        (
            "synthesize --data pairs.csv --users 3 --catalogue data --out made --epsilon 1 --ratings 1..5"
                .to_owned(),
            2,
            "the log has no ratings",
        ),
        (
            "synthesize --data pairs.csv --users 3 --catalogue data --out made --epsilon 1 --times 1..5"
                .to_owned(),
            2,
            "the log has no times",
        ),
        (
            "synthesize --data pairs.csv --users 3 --catalogue release --out made --epsilon 1".to_owned(),
            1,
            "needs 100 users",
        ),
        (
            format!("{RUN} --out made --catalogue release --epsilon 0.05"),
            1,
            "items have enough users",
        ),
        (format!("{run} --epsilon 1 --delta 1e-4"), 2, "above 0.00001"),
        (format!("{run} --epsilon 1 --delta 0.01 --insist"), 2, "above 1/600"),
        (format!("{run} --epsilon 1 --delta=-1e-6"), 2, "between 0 and 1"),
        (format!("{run} --epsilon 1 --delta nan --insist"), 2, "between 0 and 1"),
    ] {
        place.bad(&arguments, code, &[words]);
        assert!(!place.path("made").exists(), "{arguments}");
    }
    for with in [
        "--ratings 1..5",
        "--times 1..5",
        "--budget 3",
        "--ledger l.json",
        "--insist",
    ] {
        let ran = place.run(&format!("{RUN} --out made {with}"));
        assert_eq!(ran.code, Some(2), "{with} without --epsilon: {}", ran.err);
    }
    let insisted = place.run(&format!("{run} --epsilon 1 --delta 1e-4 --insist"));
    assert_eq!(insisted.code, Some(0), "{}", insisted.err);
    assert!(
        insisted.err.contains("may give a user away"),
        "{}",
        insisted.err
    );
}

#[test]
fn without_a_guarantee_the_page_says_so() {
    let place = with_log();
    place.good(&format!(
        "{RUN} --model independent --out made --save model"
    ));
    let page = |file: &str| String::from_utf8(place.read(file)).unwrap();
    let first = page("made/report.html");
    assert!(
        first.contains("There is no privacy guarantee.") && first.contains("\"name\":\"real\"")
    );
    assert!(!place.path("made/ledger.json").exists());
    place.good("synthesize --from model --users 5 --out more");
    let more = page("more/report.html");
    assert!(more.contains("There is no privacy guarantee.") && !more.contains("\"name\":\"real\""));
    let users = page("more/users.csv");
    assert_eq!(users, "user\ns000001\ns000002\ns000003\ns000004\ns000005\n");
}
