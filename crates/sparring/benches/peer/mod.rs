//! A program of another package that takes turns with ours: it answers each line with milliseconds.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Mutex;
use std::time::Instant;

use sparring::Seed;
use sparring::data::Dataset;
use sparring::models::ModelConfig;
use sparring::recommend::{Cancel, Diagnosis, Observer, Progress, Run};

/// A process that waits for its turn.
pub(crate) struct Peer {
    child: Child,
    answers: BufReader<ChildStdout>,
}

impl Peer {
    /// Starts a script of `benches/peers`, which is sent `first` before its first turn.
    pub(crate) fn start(python: &str, arguments: &[&str], first: &str) -> std::io::Result<Self> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers");
        let mut child = Command::new(python)
            .args(arguments)
            .current_dir(folder)
            .env_remove("OPENBLAS_CORETYPE")
            .env_remove("OPENBLAS_L2_SIZE")
            .env("OPENBLAS_NUM_THREADS", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = child.stdin.as_mut().expect("its input is piped");
        input.write_all(first.as_bytes())?;
        let answers = BufReader::new(child.stdout.take().expect("its output is piped"));
        Ok(Self { child, answers })
    }

    /// Milliseconds that a request took.
    fn round(&mut self, request: &str) -> f64 {
        let input = self.child.stdin.as_mut().expect("its input is piped");
        writeln!(input, "{request}").expect("the peer listens");
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

/// Each peer and its times.
type Peers = Vec<(Peer, Vec<f64>)>;

/// Takes the time of an epoch of ours, then gives every peer its turn.
struct Turns<'a> {
    taken: Mutex<(Instant, Vec<f64>, Peers)>,
    request: &'a str,
    /// Steps of an epoch.
    steps: f64,
}

impl Observer for Turns<'_> {
    fn progress(&self, _: Progress<'_>) {
        let mut turns = self.taken.lock().expect("one thread");
        let ms = turns.0.elapsed().as_secs_f64() * 1e3 / self.steps;
        turns.1.push(ms);
        for (peer, times) in &mut turns.2 {
            times.push(peer.round(self.request));
        }
        turns.0 = Instant::now();
    }
    fn point(&self, _: &str, _: u64, _: f64) {}
    fn diagnosis(&self, _: Diagnosis) {}
}

/// Fits a model and gives the peers a turn after each epoch of `steps` steps; medians of
/// milliseconds a step, ours first, without the first round, which warms up.
pub(crate) fn interleave(
    (config, data): (&ModelConfig, &Dataset),
    peers: Vec<Peer>,
    (request, steps): (&str, f64),
) -> Result<Vec<f64>, Box<dyn std::error::Error>> {
    let peers = peers.into_iter().map(|peer| (peer, Vec::new())).collect();
    let turns = Turns {
        taken: Mutex::new((Instant::now(), Vec::new(), peers)),
        request,
        steps,
    };
    let cancel = Cancel::new();
    let run = Run {
        observer: &turns,
        ..Run::quiet(Seed(1), &cancel)
    };
    config.fit(data, &run)?;
    let (_, ours, peers) = turns.taken.into_inner()?;
    let mut all = vec![median(&ours)];
    all.extend(peers.iter().map(|(_, times)| median(times)));
    Ok(all)
}

fn median(times: &[f64]) -> f64 {
    let mut times = times[1..].to_vec();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
