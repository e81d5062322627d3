//! Models of sequences on the command line: trained, stopped and gone on with, asked what is next.

use std::fmt::Write;

use crate::sparring::{HEADER, Place};

const TINY: &str = "--set model.sasrec.embedding_dim=8 --set model.sasrec.epochs=2";

/// Users who go through the items of a ring in order.
fn ring() -> Place {
    let place = Place::empty();
    let mut log = HEADER.to_owned();
    for user in 0..40 {
        for at in 0..6 {
            writeln!(log, "u{user},i{},3,{at}", (user * 3 + at) % 20).unwrap();
        }
    }
    place.write("train.csv", log);
    place
}

#[test]
fn what_is_next_has_chances() {
    let place = ring();
    place.good("train --data train.csv --model markov --out m");
    let out = place.good("predict --model m --history i4,i5 --steps 3");
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines[0], "user,step,item,rank,probability");
    for (line, item) in lines[1..].iter().zip(["i6", "i7", "i8"]) {
        assert!(line.contains(&format!(",{item},1,")), "{out}");
    }
    let chance = |line: &str| line.rsplit(',').next().unwrap().parse::<f64>().unwrap();
    assert!(chance(lines[1]) > 0.8, "{out}");
    let out = place.good("predict --model m --history i4,i5 --item i9");
    assert!(chance(out.lines().nth(1).unwrap()) < 0.05, "{out}");
    // An item that the user has had competes with those still open, so that its rank may pass theirs.
    let out = place.good("predict --model m --history i4,i5,i6,i5 --item i6");
    assert!(out.contains(",i6,1,"), "{out}");
    place.write("users.csv", "user\nu3\n");
    let out = place.good("predict --model m --users users.csv --steps 1");
    // u3 ends with item (9 + 5) mod 20.
    assert!(out.contains("u3,1,i15,1,"), "{out}");
}

#[test]
fn items_that_are_not_known_are_named() {
    let place = ring();
    place.good("train --data train.csv --model markov --out m");
    let ran = place.run("predict --model m --history i5,x --steps 1");
    assert!(ran.out.contains(",i6,1,"), "{}", ran.out);
    assert!(
        ran.err
            .contains("left out items that the model does not know (1): x"),
        "{}",
        ran.err
    );
    place.bad(
        "predict --model m --history i5,x --strict",
        2,
        &["--history", "x"],
    );
    place.bad(
        "predict --model m --history i5 --item y",
        2,
        &["--item", "`y`"],
    );
    place.good("train --data train.csv --model pop --out p");
    place.bad("predict --model p --history i5", 2, &["`pop`"]);
}

#[test]
fn a_training_goes_on_from_its_checkpoint_or_refuses_it() {
    let place = ring();
    place.good(&format!(
        "train --data train.csv --model sasrec {TINY} --out a"
    ));
    let kept = format!("train --data train.csv --model sasrec {TINY} --checkpoint c");
    place.good(&format!("{kept} --out b"));
    assert_eq!(
        place.read("a/model.safetensors"),
        place.read("b/model.safetensors")
    );
    let before = place.read("c/checkpoint.safetensors");
    place.write(
        "other.csv",
        format!("{HEADER}u1,x,3,1\nu1,y,3,2\nu2,y,3,1\n"),
    );
    let other = kept.replace("train.csv", "other.csv");
    place.bad(
        &format!("{other} --out d"),
        1,
        &["checkpoint.safetensors", "another catalogue"],
    );
    assert_eq!(place.read("c/checkpoint.safetensors"), before);
    assert!(!place.path("d").exists());
}

#[test]
fn a_device_that_is_not_built_in_is_refused() {
    let place = ring();
    let train = "train --data train.csv --model markov --out m --device abacus";
    place.bad(train, 2, &["--device", "`abacus`", "cpu"]);
}

#[test]
fn users_of_one_event_teach_nothing() {
    let place = Place::empty();
    place.write("train.csv", format!("{HEADER}u1,x,3,1\nu2,y,3,1\n"));
    let train = "train --data train.csv --model sasrec --out m";
    place.bad(train, 1, &["sasrec", "a user with two events"]);
}
