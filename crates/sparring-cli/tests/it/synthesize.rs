//! `sparring synthesize`: what it writes, refuses and leaves behind.

use std::fmt::Write;

use crate::sparring::{HEADER, Place};

const QUICK: &str = "--set synth.gaussian.rank=6 --set synth.profilegan.rank=6 \
                     --set synth.profilegan.steps=20 --set synth.moments.steps=20 \
                     --set synth.latentgan.steps=20 --set synth.resampled.steps=20";

fn lines(place: &Place, file: &str) -> Vec<String> {
    let text = String::from_utf8(place.read(file)).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn users_are_written_with_the_names_of_the_source() {
    let place = Place::empty();
    let row = |at: u32| {
        let (user, nth) = (at / 5, at % 5);
        format!("4,\"film, {}\",u{user}\n", (user * 3 + nth * 2) % 17)
    };
    let log = "rating,movieId,userId\n".to_owned() + &(0..200).map(row).collect::<String>();
    place.write("log.csv", log);
    let told = place.good(&format!("synthesize --data log.csv --out users {QUICK}"));
    assert!(told.contains("40 users with 200 interactions"), "{told}");
    assert!(told.contains("privacy guarantee: none"), "{told}");
    let written = lines(&place, "users/interactions.csv");
    assert_eq!(written[0], "userId,movieId,rating");
    assert_eq!(written.len(), 201);
    assert!(written[1].starts_with("s000001,\"film, ") && written[1].ends_with(",4"));
    assert!(
        told.contains("The real log has no times: the column is left out."),
        "{told}"
    );
    assert!(written[200].starts_with("s000040,"), "{}", written[200]);
    let summary: serde_json::Value =
        serde_json::from_slice(&place.read("users/summary.json")).unwrap();
    assert_eq!(
        (&summary["users"], &summary["interactions"]),
        (&40.into(), &200.into())
    );
    assert!(
        summary["guarantee"].is_null() && summary["privacy"].as_str().unwrap().starts_with("none")
    );
    assert_eq!(summary["settings"]["rank"], 6);
    // A folder of users is a log like any other.
    let told = place.good("data inspect users");
    assert!(
        told.contains("40 users") && told.contains("200 interactions"),
        "{told}"
    );
}

#[test]
fn users_do_not_depend_on_threads_nor_on_how_many_there_are() {
    let place = Place::with_log();
    for model in [
        "bootstrap",
        "independent",
        "gaussian",
        "mixture",
        "latentgan",
        "profilegan",
        "moments",
        "resampled",
    ] {
        let run = format!("synthesize --data train.csv --model {model} {QUICK}");
        for threads in [1, 2] {
            place.good(&format!(
                "{run} --threads {threads} --users 90 --out {model}{threads}"
            ));
        }
        for file in ["interactions.csv", "summary.json"] {
            let [one, two] = [1, 2].map(|threads| place.read(&format!("{model}{threads}/{file}")));
            assert!(one == two, "{file} of {model} differs");
        }
        place.good(&format!("{run} --users 37 --out {model}-few"));
        let all = lines(&place, &format!("{model}1/interactions.csv"));
        let few = lines(&place, &format!("{model}-few/interactions.csv"));
        assert_eq!(all[..few.len()], few, "{model}");
        place.good(&format!("{run} --users 90 --seed 2 --out {model}-seed"));
        assert_ne!(
            all,
            lines(&place, &format!("{model}-seed/interactions.csv")),
            "{model}"
        );
    }
}

#[test]
fn a_saved_synthesizer_draws_the_same_users_without_the_data() {
    let place = Place::with_log();
    place.good(&format!(
        "synthesize --data train.csv --out users --save model --users 50 {QUICK}"
    ));
    std::fs::remove_file(place.path("train.csv")).unwrap();
    place.good("synthesize --from model --out again --users 50");
    assert_eq!(
        place.read("users/interactions.csv"),
        place.read("again/interactions.csv")
    );
    assert_eq!(
        place.read("users/summary.json"),
        place.read("again/summary.json")
    );
    place.good("synthesize --from model --out default");
    assert!(
        lines(&place, "default/interactions.csv")
            .last()
            .unwrap()
            .starts_with("s000060,")
    );
    let ids = String::from_utf8(place.read("model/vocabulary.json")).unwrap();
    assert!(
        ids.contains("film 3") && !ids.contains("anna"),
        "no id of a real user"
    );
}

#[test]
fn damaged_and_foreign_models_are_refused() {
    let place = Place::with_log();
    place.good(&format!(
        "synthesize --data train.csv --out users --save model {QUICK}"
    ));
    place.good("train --data train.csv --model pop --out pop");
    place.bad(
        "synthesize --from pop --out other",
        1,
        &["pop: holds a recommender, not a synthesizer"],
    );
    place.bad(
        "recommend --model model --history film",
        1,
        &["model: holds a synthesizer, not a recommender"],
    );
    place.bad(
        "synthesize --from none --out other",
        1,
        &["none: there is no model here"],
    );
    for (file, at) in [
        ("model.safetensors", 2900),
        ("vocabulary.json", 9),
        ("manifest.json", 60),
    ] {
        let path = place.path("model").join(file);
        let whole = std::fs::read(&path).unwrap();
        let mut damaged = whole.clone();
        damaged[at] ^= 0x20;
        std::fs::write(&path, damaged).unwrap();
        place.bad("synthesize --from model --out other", 1, &[file, "damaged"]);
        std::fs::write(&path, whole).unwrap();
    }
    assert!(!place.path("other").exists());
    place.good("synthesize --from model --out other");
}

#[test]
fn logs_that_cannot_be_imitated() {
    let place = Place::empty();
    let log = |users: u32, items: u32| {
        let rows = (0..users).map(|user| format!("u{user},i{},3,5\n", user % items));
        HEADER.to_owned() + &rows.collect::<String>()
    };
    place.write("few.csv", log(19, 5));
    place.write("item.csv", log(30, 1));
    for model in [
        "bootstrap",
        "independent",
        "gaussian",
        "mixture",
        "latentgan",
        "profilegan",
        "moments",
        "resampled",
    ] {
        let run = |data| format!("synthesize --data {data} --model {model} --out users");
        place.bad(
            &run("few.csv"),
            1,
            &[model, "needs 20 users with items, the log has 19"],
        );
        place.bad(
            &run("item.csv"),
            1,
            &[model, "needs two items that someone has, the log has 1"],
        );
    }
    assert!(!place.path("users").exists());
}

#[test]
fn wrong_use_is_told_before_the_work() {
    let place = Place::with_log();
    let run = "synthesize --data train.csv --out users";
    place.bad(
        &format!("{run} --model gausian"),
        2,
        &["no synthesizer `gausian`, did you mean `gaussian`?"],
    );
    place.bad(
        &format!("{run} --model gaussian --set synth.gaussian.rnak=3"),
        2,
        &["`rnak`", "did you mean `rank`?"],
    );
    place.bad(
        &format!("{run} --model gaussian --set synth.gaussian.inflation=0"),
        2,
        &["inflation must be above 0"],
    );
    place.bad(&format!("{run} --users 0"), 2, &["--users 0"]);
    place.bad(
        &format!("{run} --model bootstrap --save model"),
        1,
        &["model: a bootstrap is not saved", "rows of real users"],
    );
    let both = place.run(&format!("{run} --from model"));
    assert_eq!(both.code, Some(2), "{}", both.err);
    let neither = place.run("synthesize --out users");
    assert_eq!(neither.code, Some(2), "{}", neither.err);
    assert!(!place.path("users").exists() && !place.path("model").exists());
}

#[test]
fn another_run_is_not_written_over() {
    let place = Place::with_log();
    let run = format!("synthesize --data train.csv --out users {QUICK}");
    place.good(&run);
    let before = place.read("users/interactions.csv");
    place.bad(
        &format!("{run} --seed 2"),
        1,
        &["users: holds synthetic users already", "--out"],
    );
    assert_eq!(place.read("users/interactions.csv"), before);
    place.good("train --data train.csv --model pop --out pop");
    place.bad(
        "synthesize --data train.csv --out pop",
        1,
        &["pop: holds `manifest.json` already"],
    );
    place.bad(
        "synthesize --data train.csv --out train.csv",
        1,
        &["train.csv: is not a folder"],
    );
    // A saved synthesizer does not take the place of something else.
    place.bad(
        &format!("synthesize --data train.csv --out other --save users {QUICK}"),
        1,
        &["users: holds files that are not a model"],
    );
    assert!(!place.path("other").exists());
}

#[test]
fn a_whole_log_has_the_ratings_and_times_of_the_source() {
    let place = Place::empty();
    // Ratings with a point, times in milliseconds, in other columns and an order of their own.
    let mut log = "ts,stars,userId,asin\n".to_owned();
    for at in 0..400_i64 {
        let (user, nth) = (at / 10, at % 10);
        let time = 1_000_000_000_000 + user * 86_400_000 + nth * 1500;
        let stars = ["2.0", "3.5", "4.0"][usize::try_from(at * at % 3).unwrap()];
        let item = (user * 3 + nth * 2) % 23;
        writeln!(log, "{time},{stars},u{user},b{item}").unwrap();
    }
    place.write("log.csv", log);
    let run = format!("synthesize --data log.csv --out users --save model --users 70 {QUICK}");
    let told = place.good(&run);
    assert!(!told.contains("left out"), "{told}");
    let written = lines(&place, "users/interactions.csv");
    assert_eq!(written[0], "userId,asin,stars,ts");
    let mut last = (String::new(), 0);
    for line in &written[1..] {
        let fields: Vec<&str> = line.split(',').collect();
        assert!(["2.0", "3.5", "4.0"].contains(&fields[2]), "{line}");
        let time: i64 = fields[3].parse().unwrap();
        assert!(
            (1_000_000_000_000..1_003_400_000_000).contains(&time),
            "{line}"
        );
        assert!(last.0 != fields[0] || last.1 <= time, "{line}");
        last = (fields[0].to_owned(), time);
    }
    place.good("synthesize --from model --out again --users 70");
    assert!(place.read("users/interactions.csv") == place.read("again/interactions.csv"));
    // And fidelity measures all of it.
    place.good("fidelity --real log.csv --synthetic users --out f");
    let found: serde_json::Value = serde_json::from_slice(&place.read("f/fidelity.json")).unwrap();
    for path in [
        "ratings/total_variation",
        "times/gap_ks",
        "times/week_tv",
        "times/transition_js",
    ] {
        let value = found.pointer(&format!("/likeness/{path}")).unwrap();
        assert!(value.as_f64().is_some(), "{path}: {value}");
    }
    assert_eq!(found["notes"].as_array().unwrap().len(), 1, "no holdout");
}

#[test]
fn pairs_stay_pairs_and_equal_times_equal() {
    let place = Place::empty();
    let row = |at: u32| format!("u{}\ti{}\t3\t880000000\n", at / 5, (at / 5 + at % 5) % 11);
    place.write("u.data", (0..200).map(row).collect::<String>());
    place.good(&format!("synthesize --data u.data --out users {QUICK}"));
    let written = lines(&place, "users/interactions.csv");
    assert_eq!(written[0], "user,item,rating,timestamp");
    assert!(
        written[1..]
            .iter()
            .all(|line| line.ends_with(",3,880000000"))
    );
    let pairs: String = (0..200)
        .map(row)
        .map(|row| row.replace("\t3\t880000000", ""))
        .collect();
    place.write("pairs.tsv", pairs);
    let told = place.good(&format!("synthesize --data pairs.tsv --out bare {QUICK}"));
    assert!(
        told.contains("no ratings") && told.contains("no times"),
        "{told}"
    );
    assert_eq!(lines(&place, "bare/interactions.csv")[0], "user,item");
    let summary = String::from_utf8(place.read("bare/summary.json")).unwrap();
    assert!(summary.contains("The real log has no ratings: the column is left out."));
}

#[test]
fn a_time_that_is_missing_is_named() {
    let place = Place::with_log();
    let mut text = String::from_utf8(place.read("train.csv")).unwrap();
    text += "anna-1,film 39,4,\n";
    place.write("gap.csv", text);
    place.bad(
        "synthesize --data gap.csv --out users",
        1,
        &["gap.csv:542", "timestamp"],
    );
}

/// Attributes of the users of [`Place::with_log`]: the taste, an age that is missing for every
/// fifth, a place of one's own.
fn people(users: u32) -> String {
    let row = |user: u32| {
        let taste = ["war", "\"love, loss\""][user as usize % 2];
        let age = if user.is_multiple_of(5) {
            String::new()
        } else {
            (20 + user).to_string()
        };
        format!("{age},{taste},zip {user},anna-{user}\n")
    };
    "age,taste,zip,user_id\n".to_owned() + &(0..users).map(row).collect::<String>()
}

#[test]
fn users_are_given_attributes_that_go_with_their_items() {
    let place = Place::with_log();
    place.write("people.csv", people(60));
    let told = place.good(&format!(
        "synthesize --data train.csv --attributes people.csv --out users --save model --users 300 \
         {QUICK}"
    ));
    let zips = "Of the 60 values of `zip` 60 are of one real user alone";
    assert!(told.contains(zips), "{told}");
    let written = lines(&place, "users/users.csv");
    assert_eq!(written[0], "user_id,age,taste,zip");
    assert_eq!(written.len(), 301);
    let missing = written.iter().filter(|line| line.contains(",,")).count();
    assert!(
        (30..95).contains(&missing),
        "{missing} of 300 ages are missing"
    );
    // The two groups have items of their own: 0 to 19, and 20 to 39.
    let items = lines(&place, "users/interactions.csv");
    let mut right = 0;
    for (at, line) in written[1..].iter().enumerate() {
        let user = format!("s{:06},film ", at + 1);
        assert!(line.starts_with(&user[..8]), "{line}");
        let rest = items.iter().filter_map(|line| line.strip_prefix(&user));
        let of: Vec<u32> = rest
            .map(|rest| rest.split(',').next().unwrap().parse().unwrap())
            .collect();
        let high = 2 * of.iter().filter(|item| **item >= 20).count() > of.len();
        right += usize::from(line.contains("\"love, loss\"") == high);
    }
    assert!(right > 240, "{right} of 300 have the taste of their items");
    place.good("synthesize --from model --out again --users 300 --threads 1");
    for file in ["users.csv", "interactions.csv", "summary.json"] {
        let [one, two] = ["users", "again"].map(|folder| place.read(&format!("{folder}/{file}")));
        assert!(one == two, "{file}");
    }
    place.good("synthesize --from model --out few --users 45");
    assert_eq!(lines(&place, "few/users.csv")[..], written[..46]);
    place.good("data inspect users");
}

#[test]
fn tables_that_are_not_of_these_users_are_refused() {
    let place = Place::with_log();
    let run = |place: &Place, text: &str, words: &[&str]| {
        place.write("people.csv", text);
        let run = "synthesize --data train.csv --attributes people.csv --out users";
        place.bad(&format!("{run} {QUICK}"), 1, words);
    };
    run(&place, "", &["people.csv:1", "empty"]);
    run(
        &place,
        "name,age\nx,3\n",
        &["no column is that of the users, found: name, age"],
    );
    run(
        &place,
        "user,age\nx,3\n",
        &["no user of the log is in the table"],
    );
    run(
        &place,
        "user,age\nanna-1,3\nanna-2\n",
        &["people.csv:3", "expected 2 columns, found 1"],
    );
    run(
        &place,
        "user,age\nanna-1,3\nanna-1,4\n",
        &["people.csv:3", "stands in line 2 already"],
    );
    place.bad(
        &format!("synthesize --data train.csv --attributes none.csv --out users {QUICK}"),
        1,
        &["none.csv"],
    );
    assert!(!place.path("users").exists());
    place.write("people.csv", people(70).replace("anna-3\n", "bert\n"));
    let ran = place.run(&format!(
        "synthesize --data train.csv --attributes people.csv --out users {QUICK}"
    ));
    assert!(
        ran.err.contains("1 users of the log are not in the table"),
        "{}",
        ran.err
    );
    assert!(
        ran.err.contains("11 users of the table are not in the log"),
        "{}",
        ran.err
    );
    let with = place.run("synthesize --from model --attributes people.csv --out other");
    assert_eq!(with.code, Some(2), "{}", with.err);
}
