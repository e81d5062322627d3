//! Users that a model of events draws: from nothing, after real histories, before recommenders.

use std::fmt::Write;

use crate::sparring::{HEADER, Place};

const TINY: &str = "--set model.eventgan.embedding_dim=16 --set model.eventgan.longest=12 \
                    --set model.eventgan.epochs=40 --set model.eventgan.learning_rate=0.01 \
                    --set model.eventgan.batch_events=256";

/// Users who go through the items of a ring in order, an event an hour, even items being liked.
fn ring() -> Place {
    let place = Place::empty();
    let [mut log, mut test, mut all] = [HEADER; 3].map(str::to_owned);
    for user in 0..80 {
        for at in 0..7 {
            let item = (user * 3 + at) % 20;
            let (rating, time) = (1 + 4 * ((item + 1) % 2), 1_000_000_000 + at * 3_600 + user);
            let line = format!("u{user},i{item},{rating},{time}\n");
            let part = if at < 6 { &mut log } else { &mut test };
            part.push_str(&line);
            all.push_str(&line);
        }
    }
    place.write("train.csv", log);
    place.write("test.csv", test);
    place.write("all.csv", all);
    place.good(&format!(
        "train --data all.csv --model eventgan {} --out m",
        tiny()
    ));
    place
}

fn tiny() -> String {
    TINY.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn users_are_drawn_and_likened_and_answer_lists() {
    let place = ring();
    // From nothing: a log with ratings and dates, the same at the same seed.
    let out = place.good("simulate --model m --users 30 --out a.csv --real train.csv");
    assert!(out.contains("of 30 users written to a.csv"), "{out}");
    assert!(out.contains("told from real by a network"), "{out}");
    let log = String::from_utf8(place.read("a.csv")).unwrap();
    assert!(log.starts_with("user,item,rating,timestamp\ns1,i"), "{log}");
    place.good("simulate --model m --users 30 --out b.csv --threads 1");
    assert_eq!(place.read("a.csv"), place.read("b.csv"));
    place.good("data inspect a.csv");
    // After real histories.
    place.write(
        "some.csv",
        format!("{HEADER}u3,i13,1,1000000000\nu3,i14,5,1000003600\n"),
    );
    place.good("simulate --model m --after some.csv --events 1 --out c.csv");
    let log = String::from_utf8(place.read("c.csv")).unwrap();
    assert!(log.lines().count() <= 2 && log.contains("u3,i15,"), "{log}");
    // When, and how it is liked.
    place.write("users.csv", "user\nu3\n");
    let out = place.good("predict --model m --users users.csv --data some.csv --steps 1");
    assert!(
        out.starts_with("user,step,item,rank,probability,time,rating,stopped"),
        "{out}"
    );
    assert!(out.contains("u3,1,i15,1,"), "{out}");
    // Recommenders: the chain knows what comes next, popularity does not.
    place.good("train --data train.csv --model markov --out chain");
    place.good("train --data train.csv --model pop --out pop");
    let out = place.good(
        "simulate --model m --policy pop,chain --after train.csv --test test.csv --list 2 --users 60",
    );
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(
        lines[0],
        "policy,clicks,difference,low,high,depth,taken,real"
    );
    let clicks = |line: &str| line.split(',').nth(1).unwrap().parse::<f64>().unwrap();
    assert!(clicks(lines[2]) > clicks(lines[1]), "{out}");
    assert!(
        out.contains("ranks the recommenders as the real log does"),
        "{out}"
    );
    // How reactions are foreseen.
    let out = place.good("evaluate --model m --train train.csv --test test.csv");
    assert!(out.contains("biased factors"), "{out}");
}

#[test]
fn what_cannot_be_simulated_is_refused() {
    let place = ring();
    place.good("train --data train.csv --model pop --out pop");
    place.bad(
        "simulate --model pop --out x.csv",
        2,
        &["`pop`", "eventgan"],
    );
    let ran = place.run("simulate --model m");
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("--out <FILE>|--policy"), "{}", ran.err);
    place.bad(
        "simulate --model m --out x.csv --users 0",
        2,
        &["nothing to simulate"],
    );
    place.bad(
        "simulate --model m --out x.csv --temperature 0",
        2,
        &["--temperature"],
    );
    place.bad(
        "simulate --model m --out x.csv --candidates 3",
        2,
        &["no discriminator"],
    );
    place.write("other.csv", format!("{HEADER}a,x,1,5\nb,y,1,6\n"));
    place.bad(
        "simulate --model m --out x.csv --after other.csv",
        2,
        &["knows none of its items"],
    );
    assert!(!place.path("x.csv").exists());
}

#[test]
fn logs_without_dates_and_users_of_one_event_are_learnt_from() {
    let place = Place::empty();
    let mut log = String::from("user,item\n");
    for user in 0..30 {
        for at in 0..=user % 3 {
            writeln!(log, "u{user},i{}", (user + at) % 9).unwrap();
        }
    }
    place.write("train.csv", log);
    let ran = place.run(&format!(
        "train --data train.csv --model eventgan {} --out m",
        tiny()
    ));
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.err.contains("the log has no dates"), "{}", ran.err);
    place.good("simulate --model m --users 5 --out a.csv");
    let log = String::from_utf8(place.read("a.csv")).unwrap();
    assert!(log.starts_with("user,item\n"), "{log}");
    let out = place.good("predict --model m --history i1,i2 --steps 1");
    assert!(
        out.lines().nth(1).unwrap().contains(",,,"),
        "neither time nor rating: {out}"
    );
}

#[test]
fn times_decide_the_order_and_the_file_where_they_are_equal() {
    let place = Place::empty();
    for (name, equal) in [("turned.csv", false), ("equal.csv", true)] {
        let mut log = HEADER.to_owned();
        for user in 0..80 {
            let mut lines: Vec<String> = (0..7)
                .map(|at| {
                    let time = if equal { 7 } else { 1_000_000_000 + at * 3_600 };
                    format!("u{user},i{},3,{time}\n", (user * 3 + at) % 20)
                })
                .collect();
            if !equal {
                lines.reverse();
            }
            log.extend(lines);
        }
        place.write(name, log);
        place.good(&format!(
            "train --data {name} --model eventgan {} --out m",
            tiny()
        ));
        let next = place.good("predict --model m --history i3,i4 --steps 1");
        assert!(
            next.lines().nth(1).unwrap().contains(",i5,"),
            "{name}: {next}"
        );
    }
}
