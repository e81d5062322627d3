//! Peers that get a turn after each epoch of ours.

mod process;

use std::sync::Mutex;
use std::time::Instant;

use sparring::Seed;
use sparring::data::Dataset;
use sparring::models::ModelConfig;
use sparring::recommend::{Cancel, Diagnosis, Observer, Progress, Run};

pub(crate) use process::Peer;

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
            // Milliseconds that the request took.
            times.push(peer.ask(self.request)[0]);
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
