//! Words on the command line: pictures drawn from them and from tastes, lists that follow them.

use std::fmt::Write;

use crate::pictures::squares;
use crate::sparring::{HEADER, Place};

const TINY: &str = "image train --data s-images-idx3-ubyte --epochs 1 --width 2 --cache cache";

#[test]
fn pictures_are_drawn_from_words_and_judged() {
    let place = Place::empty();
    squares(&place, 240);
    place.write(
        "c.csv",
        "class,caption\n0,a square on the left\n0,left\n1,a square on the right\n1,right\n",
    );
    place.good(&format!("{TINY} --captions c.csv --out gan"));
    let drawn = place.good("imagine --model gan --text left -n 5 --out sheet.png");
    assert!(
        drawn.contains("5 pictures (28 x 28, grey) in sheet.png"),
        "{drawn}"
    );
    assert!(place.read("sheet.png").starts_with(b"\x89PNG"));
    place.good("imagine --model gan --text left -n 5 --out again.png");
    assert_eq!(place.read("again.png"), place.read("sheet.png"));
    place.good("imagine --model gan --text right -n 5 --out other.png");
    assert_ne!(place.read("other.png"), place.read("sheet.png"));
    let foreign = place.run("imagine --model gan --text слева -n 3 --out few");
    assert_eq!(foreign.code, Some(0), "{}", foreign.err);
    assert!(
        foreign.err.contains("letters are not Latin"),
        "{}",
        foreign.err
    );
    assert_eq!(std::fs::read_dir(place.path("few")).unwrap().count(), 3);

    place.write("p.csv", "class,caption\n0,leftmost\n1,rightmost\n");
    let score = "image score --real s-images-idx3-ubyte --model gan --cache cache --each 20";
    let found = place.good(&format!("{score} --prompts p.csv --out score"));
    assert!(found.contains("2 prompts, 20 pictures each"), "{found}");
    let json: serde_json::Value = serde_json::from_slice(&place.read("score/score.json")).unwrap();
    assert_eq!(json["prompted"]["classes"][1]["class"], "1");
    assert!(
        json["prompted"]["accuracy"].as_f64().unwrap() > 0.9,
        "{json}"
    );

    let refused = [
        (
            "imagine --model gan --text ?! --out x.png",
            2,
            "says nothing",
        ),
        (
            "imagine --model gan --text left -n 0 --out x.png",
            2,
            "nothing to draw",
        ),
        (
            "imagine --model gan --text left --encoder c.csv --out x.png",
            1,
            "config.json: cannot read",
        ),
        ("imagine --model gan --out x.png", 2, "--text"),
        (
            "imagine --model nowhere --text left --out x.png",
            1,
            "nowhere",
        ),
    ];
    for (arguments, code, words) in refused {
        let ran = place.run(arguments);
        assert_eq!(ran.code, Some(code), "{arguments}: {}", ran.err);
        assert!(ran.err.contains(words), "{arguments}: {}", ran.err);
        assert!(!place.path("x.png").exists());
    }
    // Told nothing, told classes, told sentences that leave one out.
    place.good(&format!("{TINY} --out plain"));
    let ran = place.run("imagine --model plain --text left --out x.png");
    assert_eq!(ran.code, Some(2), "{}", ran.err);
    assert!(ran.err.contains("was not told sentences"), "{}", ran.err);
    place.write("half.csv", "class,caption\n0,left\n");
    let ran = place.run(&format!("{TINY} --captions half.csv --out half"));
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    assert!(
        ran.err.contains("half.csv: has no sentence about class 1"),
        "{}",
        ran.err
    );
    // The same folder is not gone on with when something else is told.
    let ran = place.run(&format!("{TINY} --conditional --out gan"));
    assert!(ran.err.contains("was told something else"), "{}", ran.err);
}

#[test]
fn pictures_are_drawn_for_a_history() {
    let place = Place::empty();
    squares(&place, 60);
    // Even pictures for even users.
    let mut log = HEADER.to_owned();
    for user in 0..30 {
        for at in 0..8 {
            let item = (user * 7 + at * 11) % 30 * 2 + user % 2;
            writeln!(log, "u{user},{item},5,{at}").unwrap();
        }
    }
    place.write("log.csv", log);
    place.good("train --data log.csv --model ials --out taste --set model.ials.embedding_dim=4");
    place.good(&format!("{TINY} --taste taste --out gan"));
    place.good("imagine --model gan --taste taste --history 0,2,4 -n 6 --out even.png");
    place.good("imagine --model gan --taste taste --history 1,3,5 -n 6 --out odd.png");
    assert_ne!(place.read("even.png"), place.read("odd.png"));
    let refused = [
        ("--history 0,99", "does not know the item `99`"),
        ("--text left", "was not told sentences"),
    ];
    for (arguments, words) in refused {
        let ran = place.run(&format!(
            "imagine --model gan --taste taste {arguments} --out x.png"
        ));
        assert_eq!(ran.code, Some(2), "{}", ran.err);
        assert!(ran.err.contains(words), "{}", ran.err);
    }
    place.good("train --data log.csv --model ials --out other --set model.ials.embedding_dim=5");
    let ran = place.run("imagine --model gan --taste other --history 0 --out x.png");
    assert!(
        ran.err
            .contains("was not told the items of that recommender"),
        "{}",
        ran.err
    );
    place.good("train --data log.csv --model pop --out pop");
    let ran = place.run(&format!("{TINY} --taste pop --out pops"));
    assert_eq!(ran.code, Some(2), "{}", ran.err);
    assert!(ran.err.contains("its items have no places"), "{}", ran.err);
}

#[test]
fn lists_follow_words_as_far_as_they_are_given_weight() {
    let place = Place::with_log();
    place.good("train --data train.csv --model ease --out m");
    let mut facts = String::from("item,title,genres\n");
    for item in 0..40 {
        let (title, genre) = if item % 20 == 7 {
            ("A voyage among the stars", "Science Fiction")
        } else {
            ("A wedding in the village", "Romance")
        };
        writeln!(facts, "film {item},{title},{genre}").unwrap();
    }
    place.write("facts.csv", facts);
    place.write("users.csv", "user\nanna-0\n");
    let list = |more: &str| {
        let list = place.good(&format!(
            "recommend --model m --users users.csv -k 40{more}"
        ));
        let items = list
            .lines()
            .skip(1)
            .map(|line| line.split(',').nth(1).unwrap().to_owned());
        items.collect::<Vec<String>>()
    };
    let words = " --facts facts.csv --text spaceship --text-weight";
    assert_eq!(list(&format!("{words} 0")), list(""));
    let first = &list(&format!("{words} 1"))[..2];
    assert!(
        first
            .iter()
            .all(|item| item == "film 7" || item == "film 27"),
        "{first:?}"
    );
    // With both, that of the user's own taste is the first.
    assert_eq!(list(&format!("{words} 0.5"))[0], "film 7");
    let refused = [
        (
            " --text spaceship",
            "nothing is known of the items in words",
        ),
        (
            " --facts facts.csv --text spaceship --text-weight 2",
            "a share lies between 0 and 1",
        ),
        (" --facts facts.csv --text ...", "says nothing"),
        (" --text-weight 1", "--text"),
    ];
    for (arguments, words) in refused {
        let ran = place.run(&format!("recommend --model m --users users.csv{arguments}"));
        assert_eq!(ran.code, Some(2), "{}", ran.err);
        assert!(ran.err.contains(words), "{}", ran.err);
    }
}

#[test]
fn modes_of_stacked_pictures_are_counted() {
    let place = Place::empty();
    squares(&place, 240);
    place.good(&format!("{TINY} --stacked 120 --out gan"));
    let score = "image score --real s-images-idx3-ubyte --stacked 200 --model gan --cache cache";
    let found = place.good(&format!("{score} --json"));
    let json: serde_json::Value = serde_json::from_str(&found).unwrap();
    assert_eq!(json["modes"]["all"], 8);
    assert_eq!(json["modes"]["n"], 25_600);
    let grey = place.run("image score --real s-images-idx3-ubyte --stacked 0 --model gan");
    assert_eq!(grey.code, Some(1), "{}", grey.err);
    assert!(grey.err.contains("cannot be stacked"), "{}", grey.err);
}
