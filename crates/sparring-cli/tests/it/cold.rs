//! Items that nobody has yet on the command line: split off, placed, listed and measured.

use std::fmt::Write;

use crate::sparring::{HEADER, Place};

const TINY: &str = "--set model.coldgan.placing.embedding_dim=4 --set model.coldgan.gan.epochs=2";

/// Users of two tastes over ten items of each of two kinds; `n0` and `n1` are in the table alone.
fn shop() -> Place {
    let place = Place::empty();
    let mut log = HEADER.to_owned();
    for user in 0..40 {
        for at in 0..6 {
            let item = (user * 3 + at * 7) % 10 * 2 + user % 2;
            writeln!(log, "u{user},i{item},3,{at}").unwrap();
        }
    }
    let mut facts = String::from("item,genres,year,title\n");
    for item in 0..20 {
        writeln!(facts, "i{item},kind {},1999,Tale {}", item % 2, item % 3).unwrap();
    }
    facts.push_str("n0,kind 0,1999,\nn1,kind 1,1999,\n");
    place.write("log.csv", log);
    place.write("items.csv", facts);
    place
}

fn text(place: &Place, name: &str) -> String {
    String::from_utf8(place.read(name)).unwrap()
}

/// The place of an item in a list.
fn rank(list: &str, user: &str, item: &str) -> usize {
    let line = list
        .lines()
        .find(|line| line.starts_with(&format!("{user},{item},")));
    let fields = line.unwrap_or_else(|| panic!("no {item} in {list}"));
    fields.split(',').nth(2).unwrap().parse().unwrap()
}

#[test]
fn new_items_are_listed_for_those_who_like_their_kind() {
    let place = shop();
    let train = format!("train --data log.csv --facts items.csv --model coldgan {TINY} --out m");
    let ran = place.run(&train);
    assert!(
        ran.err
            .contains("2 items of items.csv are in no log and join the catalogue"),
        "{}",
        ran.err
    );
    let list = place.good("recommend --model m --history i0,i4,i8 --k 30");
    assert!(
        rank(&list, "new", "n0") < rank(&list, "new", "n1"),
        "{list}"
    );
    place.write("users.csv", "user\nu3\n");
    let ran = place.run("recommend --model m --users users.csv --k 30");
    assert!(
        rank(&ran.out, "u3", "n1") < rank(&ran.out, "u3", "n0"),
        "{}",
        ran.out
    );
    assert!(!ran.err.contains("not the log"), "{}", ran.err);
    let told = place.good("recommend --model m --users users.csv --k 30 --explain 1");
    assert!(told.contains("n1"), "{told}");
}

#[test]
fn whole_items_are_held_out_and_ranked_alone() {
    let place = shop();
    place.good("data split log.csv --protocol cold-items --valid-share 0 --out d");
    let test = text(&place, "d/test.csv");
    let held: Vec<&str> = test
        .lines()
        .skip(1)
        .filter_map(|line| line.split(',').nth(1))
        .collect();
    let train = text(&place, "d/train.csv");
    let others = train
        .lines()
        .skip(1)
        .filter_map(|line| line.split(',').nth(1));
    assert!(!held.is_empty() && others.into_iter().all(|item| !held.contains(&item)));
    let board = place.good(
        "compare --train d/train.csv --test d/test.csv --facts items.csv --among cold --at 2 --metric ndcg@2 \
         --models contentknn,contentridge,pop --trials 0 --seeds 1 --out b",
    );
    assert!(board.contains("contentridge"), "{board}");
    let value = |model: &str| -> f64 {
        let csv = text(&place, "b/leaderboard.csv");
        let line = csv
            .lines()
            .find(|line| line.starts_with(model) && line.contains("ndcg@2,"));
        line.unwrap().split(',').nth(3).unwrap().parse().unwrap()
    };
    assert!(value("contentridge") > value("pop") + 0.1);
    assert!(value("contentknn") > value("pop") + 0.1);
    // A saved model is asked about the items of the table too, as it was there.
    place.good(&format!(
        "train --data d/train.csv --facts items.csv --model contentridge {} --out m",
        "--set model.contentridge.placing.embedding_dim=4"
    ));
    let whole =
        "evaluate --model m --train d/train.csv --test d/test.csv --among cold --at 22 --json";
    let json: serde_json::Value = serde_json::from_str(&place.good(whole)).unwrap();
    assert_eq!(json["unknown_items"], 0);
    // Four held out and two of the table, of 22 in all, are what can be listed.
    let coverage = json["metrics"]["coverage@22"].as_f64().unwrap();
    assert!((coverage - 6.0 / 22.0).abs() < 1e-9, "{coverage}");
}

#[test]
fn ties_are_not_broken_by_the_order_of_the_test_part() {
    let place = shop();
    // Everybody wants n1, which the test part names first; nobody has an item of the table's last two.
    let mut test = HEADER.to_owned();
    for user in 0..40 {
        writeln!(test, "u{user},n1,3,9").unwrap();
    }
    place.write("test.csv", test);
    place.good(
        "compare --train log.csv --test test.csv --facts items.csv --among cold --at 1 --metric ndcg@1 \
         --models pop,contentknn --trials 0 --seeds 1 --out b",
    );
    let csv = text(&place, "b/leaderboard.csv");
    let pop = csv
        .lines()
        .find(|line| line.starts_with("pop,baseline,ndcg@1,"));
    // Popularity knows neither, and the table has n0 before n1.
    assert_eq!(pop.unwrap().split(',').nth(3), Some("0.000000"), "{csv}");
}

#[test]
fn what_cannot_be_is_told() {
    let place = shop();
    place.bad(
        "train --data log.csv --model coldgan --out m",
        2,
        &["coldgan places items by what is known of them", "--facts"],
    );
    place.good("train --data log.csv --model pop --out m");
    place.bad(
        "evaluate --model m --train log.csv --test log.csv --among lukewarm",
        2,
        &[
            "--among: there are no items `lukewarm`",
            "all, cold or warm",
        ],
    );
    place.bad(
        "train --data log.csv --model pop --among lukewarm --out n",
        2,
        &["there are no items `lukewarm`"],
    );
    place.bad(
        "data split log.csv --protocol cold --out d",
        2,
        &["there is no protocol `cold`", "cold-items"],
    );
}
