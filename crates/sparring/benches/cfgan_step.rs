//! The CFGAN step against the same step in PyTorch with 2 threads, interleaved in one run.
//!
//! ```text
//! SPARRING_PEER_PYTHON=.../bin/python cargo bench -p sparring --bench cfgan_step
//! ```
//!
//! Batch 64, 3,706 items, 400 hidden units in both networks, 132 ones a profile, scheme ZP with 70
//! percent of the zeros in each; a step is one of the discriminator and one of the generator. Ours
//! is timed through the public `fit`, drawing and shuffling of batches included.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::Instant;

use sparring::Seed;
use sparring::data::PlantedConfig;
use sparring::models::ModelConfig;
use sparring::recommend::{Cancel, Diagnosis, Observer, Progress, Run};

const STEPS: usize = 16;
const ROUNDS: usize = 9;

/// The same step elsewhere, in a process that waits for its turn.
struct Peer {
    child: Child,
    answers: BufReader<std::process::ChildStdout>,
}

impl Peer {
    fn start(python: &str, adam: &str) -> std::io::Result<Self> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/cfgan_step.py");
        let mut child = Command::new(python)
            .args([script, "64", "3706", "400", "132", adam])
            .env_remove("OPENBLAS_CORETYPE")
            .env_remove("OPENBLAS_L2_SIZE")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let answers = BufReader::new(child.stdout.take().expect("its output is piped"));
        Ok(Self { child, answers })
    }

    /// Milliseconds a step.
    fn round(&mut self) -> f64 {
        let input = self.child.stdin.as_mut().expect("its input is piped");
        writeln!(input, "{STEPS}").expect("the peer listens");
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
        let ms = turns.0.elapsed().as_secs_f64() * 1e3 / STEPS as f64;
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

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let planted = PlantedConfig {
        n_users: 64 * STEPS,
        n_items: 3706,
        mean_events: 132.0,
        ..PlantedConfig::default()
    };
    let data = planted.generate(Seed(1)).data;
    let settings = format!(
        "generator_hidden = 400\ndiscriminator_hidden = 400\ngenerator_batch = 64\n\
         discriminator_batch = 64\ngenerator_steps = 1\ndiscriminator_steps = 1\nepochs = {ROUNDS}\n\
         generator_l2 = 0.0"
    );
    let config = ModelConfig::from_table("cfgan", settings.parse()?)?;
    let mut peers = Vec::new();
    match std::env::var("SPARRING_PEER_PYTHON") {
        Ok(python) => {
            for adam in ["plain", "fused"] {
                peers.push((Peer::start(&python, adam)?, Vec::new()));
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
    println!(
        "ours: {ours:.2} ms a step, {} ones a profile",
        data.n_interactions() / data.n_users()
    );
    for ((_, times), adam) in peers.iter().zip(["Adam", "fused Adam"]) {
        let theirs = median(times);
        println!(
            "PyTorch, {adam}: {theirs:.2} ms a step, ratio {:.3}",
            ours / theirs
        );
    }
    Ok(())
}
