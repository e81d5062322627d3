//! An epoch of MultVAE against the same epoch in PyTorch with 2 threads, interleaved in one run.
//!
//! ```text
//! SPARRING_PEER_PYTHON=.../bin/python cargo bench -p sparring --bench multvae_epoch
//! ```
//!
//! The size of MovieLens-1M: 6,040 users, 3,706 items, about 800,000 events of a planted log; layers
//! I-600-200-600-I, batch 500, dropout one half, Adam with rate 1e-3. Ours is timed through the
//! public `fit`, drawing and shuffling of batches included; both see the same log.
//!
//! Only a run on an idle machine counts: on a busy one PyTorch's threads wait for each other, and the
//! ratio flatters us.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::Instant;

use sparring::Seed;
use sparring::data::{Dataset, PlantedConfig};
use sparring::models::ModelConfig;
use sparring::recommend::{Cancel, Diagnosis, Observer, Progress, Run};

const ROUNDS: usize = 9;

/// The same epoch elsewhere, in a process that waits for its turn.
struct Peer {
    child: Child,
    answers: BufReader<std::process::ChildStdout>,
}

impl Peer {
    fn start(python: &str, adam: &str, log: &str) -> std::io::Result<Self> {
        let script = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/benches/peers/multvae_epoch.py"
        );
        let mut child = Command::new(python)
            .args([script, adam])
            .env_remove("OPENBLAS_CORETYPE")
            .env_remove("OPENBLAS_L2_SIZE")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = child.stdin.as_mut().expect("its input is piped");
        input.write_all(log.as_bytes())?;
        let answers = BufReader::new(child.stdout.take().expect("its output is piped"));
        Ok(Self { child, answers })
    }

    /// Milliseconds an epoch.
    fn round(&mut self) -> f64 {
        let input = self.child.stdin.as_mut().expect("its input is piped");
        writeln!(input).expect("the peer listens");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the peer answers");
        line.trim().parse().expect("the peer answers with a number")
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        drop(self.child.wait());
    }
}

/// Takes the time of an epoch, then gives every peer its turn.
struct Turns(Mutex<(Instant, Vec<f64>, Peers)>);

/// Each peer and its times.
type Peers = Vec<(Peer, Vec<f64>)>;

impl Observer for Turns {
    fn progress(&self, _: Progress<'_>) {
        let mut turns = self.0.lock().expect("one thread");
        let ms = turns.0.elapsed().as_secs_f64() * 1e3;
        turns.1.push(ms);
        for (peer, times) in &mut turns.2 {
            times.push(peer.round());
        }
        turns.0 = Instant::now();
    }
    fn point(&self, _: &str, _: u64, _: f64) {}
    fn diagnosis(&self, _: Diagnosis) {}
}

/// The median without the first round, which warms up.
fn median(times: &[f64]) -> f64 {
    let mut times = times[1..].to_vec();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// The numbers of users and items, then the distinct items of each user, a line each.
fn as_lines(data: &Dataset) -> String {
    let mut lines = format!("{} {}\n", data.n_users(), data.n_items());
    for user in data.user_indices() {
        let mut row: Vec<u32> = data.history(user).iter().map(|item| item.0).collect();
        row.sort_unstable();
        row.dedup();
        for item in row {
            write!(lines, "{item} ").expect("a string takes all");
        }
        lines.push('\n');
    }
    lines
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let planted = PlantedConfig {
        n_users: 6040,
        n_items: 3706,
        mean_events: 132.0,
        ..PlantedConfig::default()
    };
    let data = planted.generate(Seed(1)).data;
    println!(
        "{} users, {} items, {} interactions",
        data.n_users(),
        data.n_items(),
        data.n_interactions()
    );
    let config = ModelConfig::from_table("multvae", format!("epochs = {ROUNDS}").parse()?)?;
    let mut peers = Vec::new();
    match std::env::var("SPARRING_PEER_PYTHON") {
        Ok(python) => {
            let log = as_lines(&data);
            for adam in ["plain", "fused"] {
                peers.push((Peer::start(&python, adam, &log)?, Vec::new()));
            }
        }
        Err(_) => println!("SPARRING_PEER_PYTHON names no Python with torch: ours alone"),
    }
    let turns = Turns(Mutex::new((Instant::now(), Vec::new(), peers)));
    let cancel = Cancel::new();
    let run = Run {
        observer: &turns,
        ..Run::quiet(Seed(1), &cancel)
    };
    config.fit(&data, &run)?;
    let (_, ours, peers) = turns.0.into_inner()?;
    let ours = median(&ours);
    println!("ours: {ours:.0} ms an epoch");
    for ((_, times), adam) in peers.iter().zip(["Adam", "fused Adam"]) {
        let theirs = median(times);
        println!(
            "PyTorch, {adam}: {theirs:.0} ms an epoch, ratio {:.3}",
            ours / theirs
        );
    }
    Ok(())
}
