//! `sparring serve` as a process: it starts, is killed, and has lost nothing that it acknowledged.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const BINARY: &str = env!("CARGO_BIN_EXE_sparring");

/// Starts a server on any port; the process and its address.
pub(super) fn start(folder: &Path, more: &[&str]) -> (Child, String) {
    let mut child = Command::new(BINARY)
        .arg("serve")
        .args(["--port", "0", "--model"])
        .arg(folder.join("model"))
        .arg("--data-dir")
        .arg(folder.join("data"))
        .args(more)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut listening = lines.map_while(Result::ok);
    let line = listening.find(|line| line.contains("listening at http://"));
    let line = line.expect("the server says where it listens");
    let address = line.rsplit("http://").next().unwrap().trim().to_owned();
    (child, address)
}

/// One request; the answer's head and body, or none if the server is gone.
fn ask(address: &str, request: &str, body: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .ok()?;
    let length = body.len();
    let head = format!(
        "{request} HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(head.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.starts_with("HTTP/1.1 200").then_some(answer)
}

pub(super) fn train(folder: &Path) {
    let log = folder.join("log.csv");
    let mut text = String::from("user,item\n");
    for user in 0..40 {
        for item in 0..8 {
            writeln!(text, "u{user},i{}", (user * 3 + item * item) % 30).unwrap();
        }
    }
    std::fs::write(&log, text).unwrap();
    let done = Command::new(BINARY)
        .args([
            "train",
            "--quiet",
            "--model",
            "ease",
            "--duplicates",
            "last",
            "--data",
        ])
        .arg(&log)
        .arg("--out")
        .arg(folder.join("model"))
        .status();
    assert!(done.unwrap().success());
}

#[test]
fn kills_lose_nothing_that_was_acknowledged() {
    let (heard, _) = kills(4);
    assert!(heard > 20, "the clients were heard");
}

#[test]
#[ignore = "takes a minute: run with --ignored"]
fn thirty_kills_lose_nothing() {
    let (heard, slowest) = kills(30);
    assert!(heard > 500, "the clients were heard: {heard}");
    let text =
        format!("30 kills, {heard} events acknowledged, none lost; slowest start {slowest:?}\n");
    std::io::stderr().write_all(text.as_bytes()).unwrap();
}

/// Kills a server under load so many times; how many events were acknowledged, all of which are there, and how long the
/// slowest start took.
fn kills(rounds: u64) -> (usize, Duration) {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    train(folder);
    let mut acknowledged: Vec<String> = Vec::new();
    let mut slowest = Duration::ZERO;
    for round in 0..rounds {
        let begin = Instant::now();
        let (mut child, address) = start(folder, &[]);
        slowest = slowest.max(begin.elapsed());
        let clients: Vec<_> = (0..3)
            .map(|client| {
                let address = address.clone();
                std::thread::spawn(move || {
                    let mut done = Vec::new();
                    for n in 0.. {
                        let id = format!("{round}-{client}-{n}");
                        let event = format!(
                            r#"[{{"FeedbackType":"like","UserId":"k{client}","ItemId":"{id}"}}]"#
                        );
                        if ask(&address, "POST /api/feedback", &event).is_none() {
                            break;
                        }
                        done.push(id);
                    }
                    done
                })
            })
            .collect();
        // Now before, now within and now after a commit.
        std::thread::sleep(Duration::from_millis(150 + 37 * (round % 9)));
        child.kill().unwrap();
        child.wait().unwrap();
        for client in clients {
            acknowledged.extend(client.join().unwrap());
        }
    }
    let (mut child, address) = start(folder, &[]);
    let mut stored = String::new();
    for client in 0..3 {
        let request = format!("GET /api/user/k{client}/feedback");
        stored.push_str(&ask(&address, &request, "").unwrap());
    }
    for id in &acknowledged {
        assert!(stored.contains(&format!("\"{id}\"")), "{id} is lost");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    (acknowledged.len(), slowest)
}

#[test]
fn events_are_exported_without_serving() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    train(folder);
    let log = folder.join("log.csv");
    let (mut child, address) = start(folder, &["--import", log.to_str().unwrap()]);
    ask(&address, "DELETE /api/user/u3", "").unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let export = |name: &str| {
        let done = Command::new(BINARY)
            .args(["serve", "--data-dir"])
            .arg(folder.join("data"))
            .arg("--export")
            .arg(folder.join(name))
            .output()
            .unwrap();
        (
            done.status.code(),
            String::from_utf8_lossy(&done.stderr).into_owned(),
        )
    };
    assert_eq!(export("out.csv").0, Some(0));
    let text = std::fs::read_to_string(folder.join("out.csv")).unwrap();
    let stored = text
        .lines()
        .skip(1)
        .filter(|line| !line.starts_with("u3,"))
        .count();
    assert!(
        stored > 250 && stored == text.lines().count() - 1,
        "{stored}"
    );
    let (code, told) = export("out.txt");
    assert!(code == Some(2) && told.contains("parquet"), "{told}");
    let done = Command::new(BINARY).arg("serve").output().unwrap();
    assert_eq!(done.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&done.stderr).contains("--model"));
}

#[test]
fn a_log_is_imported_and_served_and_the_signal_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    train(folder);
    let log = folder.join("log.csv");
    let (mut child, address) = start(folder, &["--import", log.to_str().unwrap()]);
    let list = ask(&address, "GET /api/v1/recommend/u1?reasons=1", "").unwrap();
    assert!(
        list.contains(r#""source":"model""#) && list.contains("because"),
        "{list}"
    );
    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .unwrap()
            .success()
    );
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_public_address_needs_a_key() {
    let folder = tempfile::tempdir().unwrap();
    let done = Command::new(BINARY)
        .args(["serve", "--host", "0.0.0.0", "--model"])
        .arg(folder.path())
        .output()
        .unwrap();
    assert_eq!(done.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&done.stderr).contains("--api-key"));
}
