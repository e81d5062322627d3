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

mod peer;

use peer::{Peer, interleave};
use sparring::Seed;
use sparring::data::PlantedConfig;
use sparring::models::ModelConfig;

const STEPS: usize = 16;
const ROUNDS: usize = 9;

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
                let arguments = ["cfgan_step.py", "64", "3706", "400", "132", adam];
                peers.push(Peer::start(&python, &arguments, "")?);
            }
        }
        Err(_) => println!("SPARRING_PEER_PYTHON names no Python with torch: ours alone"),
    }
    let request = STEPS.to_string();
    let times = interleave((&config, &data), peers, (&request, STEPS as f64))?;
    let ours = times[0];
    println!(
        "ours: {ours:.2} ms a step, {} ones a profile",
        data.n_interactions() / data.n_users()
    );
    for (theirs, adam) in times[1..].iter().zip(["Adam", "fused Adam"]) {
        println!(
            "PyTorch, {adam}: {theirs:.2} ms a step, ratio {:.3}",
            ours / theirs
        );
    }
    Ok(())
}
