//! Input that is wrong: each finding names its place and a remedy, and nothing earlier is lost.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::sparring::{HEADER, Place};

/// A log with one good line, and `line` as line 3.
fn log_with(place: &Place, name: &str, line: &str) {
    place.write(name, format!("{HEADER}u1,i1,3,5\n{line}\n"));
}

#[test]
fn lines_that_cannot_be_read() {
    let place = Place::empty();
    for (line, finding) in [
        ("u1", "expected 4 columns, found 1"),
        (
            "u1,i2,NaN,6",
            "the rating (column 3) should be a number of 0 or more, found `NaN`",
        ),
        (
            "u1,i2,-2,6",
            "the rating (column 3) should be a number of 0 or more, found `-2`",
        ),
        (
            "u1,i2,3,yesterday",
            "the timestamp (column 4) should be a number of seconds since 1970",
        ),
        (",i2,3,6", "the user id"),
    ] {
        log_with(&place, "log.csv", line);
        place.bad("data inspect log.csv", 1, &["log.csv:3: ", finding]);
        place.bad(
            "train --data log.csv --model pop --out m",
            1,
            &["log.csv:3: ", finding],
        );
    }
    log_with(
        &place,
        "log.csv",
        &format!("{},i2,3,6", "x".repeat(10 * 1024)),
    );
    place.bad(
        "data inspect log.csv",
        1,
        &["log.csv:3: ", "at most 1,024 bytes", "(10240 bytes)"],
    );
    assert!(!place.path("m").exists());
}

#[test]
fn files_that_are_no_logs() {
    let place = Place::empty();
    place.write("nothing.csv", "");
    place.bad(
        "data inspect nothing.csv",
        1,
        &["nothing.csv: the file has no interactions"],
    );
    place.write("head.csv", HEADER);
    place.bad(
        "data inspect head.csv",
        1,
        &["head.csv: the file has no interactions"],
    );
    place.write("noitem.csv", "user,rating\nu1,3\n");
    place.bad(
        "data inspect noitem.csv",
        1,
        &["noitem.csv:1: ", "no column for the item"],
    );
    place.bad(
        "data inspect none.csv",
        1,
        &["`none.csv` is neither a file"],
    );
    place.write(
        "bytes.csv",
        (0..=255).cycle().take(5000).collect::<Vec<u8>>(),
    );
    place.bad("data inspect bytes.csv", 1, &["bytes.csv:"]);
    std::fs::create_dir(place.path("folder")).unwrap();
    place.bad("data inspect folder", 1, &["folder"]);
}

#[test]
fn truncated_gzip() {
    let place = Place::with_log();
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(&place.read("train.csv")).unwrap();
    let packed = packed.finish().unwrap();
    place.write("whole.csv.gz", &packed);
    place.write("half.csv.gz", &packed[..packed.len() / 2]);
    place.good("data inspect whole.csv.gz");
    place.bad(
        "data inspect half.csv.gz",
        1,
        &["half.csv.gz", "gzip", "end too early"],
    );
}

#[test]
fn logs_too_small_to_learn_from() {
    let place = Place::empty();
    let users = ["u1,i1,3,5", "u2,i1,3,5", "u3,i1,3,5"].join("\n");
    let items = ["u1,i1,3,5", "u1,i2,3,5", "u1,i3,3,5"].join("\n");
    place.write("item.csv", HEADER.to_owned() + &users);
    place.write("user.csv", HEADER.to_owned() + &items);
    for model in ["pop", "cfgan"] {
        let train = |data| format!("train --data {data} --model {model} --out m");
        place.bad(&train("item.csv"), 1, &["item.csv: 3 users and 1 items"]);
        place.bad(&train("user.csv"), 1, &["user.csv: 1 users and 3 items"]);
    }
    place.good("data inspect user.csv");
}

#[test]
fn validation_parts_that_cannot_be_used() {
    let place = Place::with_log();
    place.write("none.csv", HEADER);
    let compare = "compare --train train.csv --test test.csv --models pop,sparring --out b --valid";
    let tune = "tune --train train.csv --model sparring --out t.toml --valid";
    for command in [compare, tune] {
        place.bad(
            &format!("{command} none.csv"),
            1,
            &["none.csv", "no interactions"],
        );
        assert!(!place.path("b").exists() && !place.path("t.toml").exists());
    }
    let words = [
        "180 of 180 validation interactions",
        "tuning must not see the test",
    ];
    place.bad(&format!("{compare} test.csv"), 1, &words);
    assert!(!place.path("b").exists());
}

#[test]
fn the_house_recommender_on_odd_logs() {
    let place = Place::with_log();
    let log = |lines: Vec<String>| format!("user,item\n{}\n", lines.join("\n"));
    let each_one = (0..30)
        .map(|user| format!("u{user},i{}", user % 7))
        .collect();
    place.write("ones.csv", log(each_one));
    place.bad(
        "train --data ones.csv --out m",
        1,
        &["sparring", "at least two items", "has 0"],
    );
    let pairs = (0..90)
        .map(|at| format!("u{},i{}", at / 3, at % 3))
        .collect();
    place.write("alike.csv", log(pairs));
    place.bad(
        "train --data alike.csv --out m",
        1,
        &["sparring", "who lacks one"],
    );
    place.bad(
        "train --data train.csv --memory 1KiB --out m",
        1,
        &["edlae: needs about", "1.0 KiB are available", "--memory"],
    );
    assert!(!place.path("m").exists());
    // Some users with one event, all with the same taste, are no obstacle.
    let few = (0..60).flat_map(|user| {
        let own = if user < 20 { 1 } else { 3 };
        (0..own).map(move |item| format!("u{user},i{item}"))
    });
    let more = ["u0,i3".to_owned(), "u1,i4".to_owned()];
    place.write("few.csv", log(few.chain(more).collect()));
    place.good("train --data few.csv --out m --set model.sparring.neural.steps=20");
    place.good("recommend --model m --history i0 --k 2");
}

#[test]
fn duplicate_pairs() {
    let place = Place::with_log();
    let mut twice = place.read("train.csv");
    twice.extend_from_slice(b"anna-0,film 0,5,77\n");
    place.write("twice.csv", &twice);
    let train = "train --data twice.csv --model pop --out m";
    place.bad(
        train,
        1,
        &["twice.csv: user `anna-0` has item `film 0` twice (lines 2 and "],
    );
    place.good(&format!("{train} --duplicates last"));
    place.bad(
        &format!("{train} --duplicates some"),
        2,
        &["there is no rule `some`"],
    );
}

#[test]
fn test_users_that_training_does_not_know() {
    let place = Place::with_log();
    place.write(
        "strange.csv",
        format!("{HEADER}stranger,film 1,3,5\nanna-1,film 39,2,5\n"),
    );
    let compare = "compare --train train.csv --test strange.csv --models pop --trials 0 --out b";
    place.bad(
        compare,
        1,
        &["strange.csv:2: user `stranger` is not in the training part"],
    );
    place.bad(
        "compare --train train.csv --test train.csv --models pop --trials 0 --out b",
        1,
        &["has a held-out item"],
    );
    assert!(!place.path("b").exists());
}

#[test]
fn names_and_keys_that_do_not_exist() {
    let place = Place::with_log();
    let train = "train --data train.csv --out m --model";
    place.bad(
        &format!("{train} eaes"),
        2,
        &["no model `eaes`, did you mean `ease`?"],
    );
    place.write("a.toml", "seed = 1\n[model.ease]\nl22 = 4\n");
    place.bad(
        &format!("{train} ease --config a.toml"),
        2,
        &["a.toml:3:1: ", "unknown field `l22`", "did you mean `l2`?"],
    );
    place.write("b.toml", "[modle.ease]\nl2 = 4\n");
    place.bad(
        &format!("{train} ease --config b.toml"),
        2,
        &["b.toml:1:2: ", "did you mean `model`?"],
    );
    place.write("c.toml", "[model.ease\n");
    place.bad(&format!("{train} ease --config c.toml"), 2, &["c.toml:1:"]);
    place.bad(
        &format!("{train} ease --config none.toml"),
        2,
        &["none.toml: cannot read the config"],
    );
    place.bad(
        &format!("{train} ease --set model.ease.l2=much"),
        2,
        &["`l2`: invalid type"],
    );
    place.bad(
        &format!("{train} ease --set model.ease.l2=-1"),
        1,
        &["l2 must be above 0, got -1"],
    );
    place.bad(
        "compare --train train.csv --test test.csv --models pop --metric ndgc@5 --out b",
        2,
        &["no metric `ndgc`, did you mean `ndcg`?"],
    );
}

#[test]
fn amounts_of_memory() {
    let place = Place::with_log();
    let train = "train --data planted --model edlae --out m --memory";
    for wrong in ["lots", "8G", "0", "-1GiB", "1e9"] {
        let finding = format!("--memory: `{wrong}` is not an amount of memory");
        place.bad(&format!("{train}={wrong}"), 2, &[&finding, "such as 8GiB"]);
    }
    place.bad(
        &format!("{train} 1MiB"),
        1,
        &["edlae: needs about 1.5 MiB of memory, 1.0 MiB are available"],
    );
    assert!(!place.path("m").exists());
    let note = "edlae: the exact form needs 3.1 MiB of 2.0 MiB, so the 64 leading directions are used \
                instead";
    let ran = place.run(&format!("{train} 2MiB"));
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.err.contains(&format!("note: {note}")), "{}", ran.err);
    let ran = place.run(&format!("{train} 2MiB --quiet"));
    assert!(ran.code == Some(0) && ran.err.is_empty(), "{}", ran.err);
}

#[test]
fn a_leaderboard_says_which_models_gave_way() {
    let place = Place::empty();
    place.good("data split planted --out parts");
    let ran = place.run(
        "compare --train parts/train.csv --test parts/test.csv --models ease,pop --trials 2 --seeds 1 \
         --out b --memory 2MiB",
    );
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let note = "ease: the exact form needs 3.1 MiB of 2.0 MiB";
    assert_eq!(ran.err.matches(note).count(), 1, "{}", ran.err);
    let board: serde_json::Value =
        serde_json::from_slice(&place.read("b/leaderboard.json")).unwrap();
    let notes = board["notes"].as_array().unwrap();
    assert!(
        notes.len() == 1 && notes[0].as_str().unwrap().starts_with(note),
        "{notes:?}"
    );
}

#[test]
fn places_that_cannot_be_written() {
    let place = Place::with_log();
    place.write("file", "mine");
    place.bad(
        "train --data train.csv --model pop --out file",
        1,
        &["file: is not a folder"],
    );
    place.bad(
        "train --data train.csv --model pop --out file/m",
        1,
        &["file"],
    );
    std::fs::create_dir(place.path("full")).unwrap();
    place.write("full/letters.txt", "mine");
    place.bad(
        "train --data train.csv --model pop --out full",
        1,
        &["full: holds files"],
    );
    let board = "compare --train train.csv --test test.csv --models pop --trials 0 --out";
    place.bad(&format!("{board} file/b"), 1, &["file"]);
    assert_eq!(place.read("file"), b"mine");
    assert_eq!(place.read("full/letters.txt"), b"mine");
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk() {
    let place = Place::with_log();
    // What is printed is lost: `/dev/full` takes nothing.
    let full = std::fs::File::options()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let output = crate::sparring::command(&place.path(""))
        .args(["data", "inspect", "train.csv"])
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("standard output: cannot write"), "{told}");
    assert!(told.contains("what to do: make room"), "{told}");
    // No file may grow beyond one block: an earlier model stays whole, the new one is refused.
    place.good("train --data train.csv --model ease --out m");
    let before = place.read("m/model.safetensors");
    let limited = "trap '' XFSZ; ulimit -f 1; exec \"$0\" train --data train.csv --model ease --out m \
                   --set model.ease.l2=3";
    let output = std::process::Command::new("sh")
        .args(["-c", limited])
        .arg(crate::sparring::command(&place.path("")).get_program())
        .current_dir(place.path(""))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(
        told.contains("cannot write") && told.contains("has room"),
        "{told}"
    );
    assert!(place.read("m/model.safetensors") == before);
}

#[test]
fn shares_of_thinning() {
    let place = Place::with_log();
    let thin = "data thin train.csv --out thin.csv";
    for wrong in [
        "--users-share 0",
        "--keep 1.5",
        "--cut-share -0.1",
        "--keep NaN",
    ] {
        let name = wrong.split(['-', ' ']).nth(2).unwrap();
        place.bad(&format!("{thin} {wrong}"), 1, &[&format!("share `{name}`")]);
    }
    assert!(!place.path("thin.csv").exists());
    let told = place.good(&format!("{thin} --users-share 0.5 --keep 0.34"));
    // 30 of 60 users with 3 of their 9 events.
    assert!(told.contains("30 of 60 users, 90 of 540"), "{told}");
    let once = place.read("thin.csv");
    place.good(&format!("{thin} --users-share 0.5 --keep 0.34 --seed 2"));
    assert!(once != place.read("thin.csv"), "the seed counts");
}
