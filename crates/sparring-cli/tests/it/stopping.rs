//! Ctrl-C: training stops at the next step and what there is so far is kept; users that are half
//! written leave nothing.

#![cfg(unix)]

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use crate::sparring::{Place, command};

#[test]
fn an_interrupt_keeps_the_best_so_far() {
    let place = Place::with_log();
    // Far more epochs than anyone waits for.
    let mut child = command(&place.path(""))
        .args("train --data train.csv --model cfgan --out m -v".split(' '))
        .args(["--set", "model.cfgan.epochs=100000000"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    told.read_line(&mut line).unwrap();
    let id = child.id().to_string();
    let kill = Command::new("kill").args(["-INT", &id]).status().unwrap();
    assert!(kill.success());
    told.read_to_string(&mut line).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{line}");
    assert!(
        line.contains("stopped on request: the best weights so far were kept"),
        "{line}"
    );
    place.good("evaluate --model m --train train.csv --test test.csv");
}

#[test]
fn an_interrupt_leaves_no_half_written_users() {
    let place = Place::with_log();
    // Far more users than anyone waits for.
    let mut child = command(&place.path(""))
        .args("synthesize --data train.csv --model independent --out users -v".split(' '))
        .args(["--users", "1000000000"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("draw users") {
        line.clear();
        assert!(told.read_line(&mut line).unwrap() > 0, "it ended early");
    }
    let id = child.id().to_string();
    let kill = Command::new("kill").args(["-INT", &id]).status().unwrap();
    assert!(kill.success());
    told.read_to_string(&mut line).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{line}");
    assert!(line.contains("nothing was written"), "{line}");
    let left: Vec<_> = std::fs::read_dir(place.path("")).unwrap().collect();
    assert_eq!(left.len(), 2, "the two parts of the log: {left:?}");
}
