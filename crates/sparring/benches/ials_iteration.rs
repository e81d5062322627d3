//! An iALS iteration against that of the `implicit` package with 2 threads, interleaved in one run.
//!
//! ```text
//! SPARRING_PEER_PYTHON=.../bin/python cargo bench -p sparring --bench ials_iteration
//! ```
//!
//! The size of MovieLens-1M: 6,040 users, 3,706 items, about 800,000 events of a planted log; 64
//! factors, 3 steps of conjugate gradients on both sides. Ours is timed through the public `fit`;
//! both see the same log.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

#[path = "peer/lines.rs"]
mod lines;
mod peer;

use lines::{as_lines, log};
use peer::{Peer, interleave};
use sparring::models::ModelConfig;

const ROUNDS: usize = 15;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let data = log();
    let settings = format!("embedding_dim = 64\nepochs = {ROUNDS}");
    let config = ModelConfig::from_table("ials", settings.parse()?)?;
    let mut peers = Vec::new();
    if let Ok(python) = std::env::var("SPARRING_PEER_PYTHON") {
        let arguments = ["ials_iteration.py", "64"];
        peers.push(Peer::start(&python, &arguments, &as_lines(&data))?);
    } else {
        println!("SPARRING_PEER_PYTHON names no Python with implicit: ours alone");
    }
    let times = interleave((&config, &data), peers, ("", 1.0))?;
    println!(
        "ours: {:.0} ms an iteration, {} interactions",
        times[0],
        data.n_interactions()
    );
    for theirs in &times[1..] {
        println!(
            "implicit: {theirs:.0} ms an iteration, ratio {:.3}",
            times[0] / theirs
        );
    }
    Ok(())
}
