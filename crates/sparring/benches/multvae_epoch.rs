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

#[path = "peer/lines.rs"]
mod lines;
mod peer;

use lines::{as_lines, log};
use peer::{Peer, interleave};
use sparring::models::ModelConfig;

const ROUNDS: usize = 9;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let data = log();
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
            let lines = as_lines(&data);
            for adam in ["plain", "fused"] {
                peers.push(Peer::start(&python, &["multvae_epoch.py", adam], &lines)?);
            }
        }
        Err(_) => println!("SPARRING_PEER_PYTHON names no Python with torch: ours alone"),
    }
    let times = interleave((&config, &data), peers, ("", 1.0))?;
    let ours = times[0];
    println!("ours: {ours:.0} ms an epoch");
    for (theirs, adam) in times[1..].iter().zip(["Adam", "fused Adam"]) {
        println!(
            "PyTorch, {adam}: {theirs:.0} ms an epoch, ratio {:.3}",
            ours / theirs
        );
    }
    Ok(())
}
