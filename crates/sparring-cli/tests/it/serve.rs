//! `sparring serve` as a process: it starts, is killed, and has lost nothing that it acknowledged.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const BINARY: &str = env!("CARGO_BIN_EXE_sparring");

/// Starts a server on any port; the process and its address.
fn start(folder: &Path, more: &[&str]) -> (Child, String) {
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

fn train(folder: &Path) {
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
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    train(folder);
    let mut acknowledged: Vec<String> = Vec::new();
    for round in 0..4 {
        let (mut child, address) = start(folder, &[]);
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
        std::thread::sleep(Duration::from_millis(150 + 70 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        for client in clients {
            acknowledged.extend(client.join().unwrap());
        }
    }
    assert!(acknowledged.len() > 20, "the clients were heard");
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
