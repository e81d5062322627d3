//! A training step of SASRec against the same step in PyTorch with 2 threads, interleaved in one run.
//!
//! ```text
//! SPARRING_PEER_PYTHON=.../bin/python cargo bench -p sparring-deep --bench sasrec_step
//! ```
//!
//! The sizes of MovieLens-1M: 3,416 items, windows of up to 200 events cut from histories as long as
//! there, steps of about 4,096 events; width 64, 2 layers, 2 heads, feed-forward 256, dropout .2. A
//! step is forward, the cross-entropy over all items, backward, the norm clipped at 5, Adam. Both
//! sides begin with the same weights and train on the same batches; the losses of the first batch
//! are compared before. Ours runs on the allocator of the command line.
//!
//! PyTorch's threads wait for each other on a busy machine, and burn processor time over it. There
//! `RAYON_NUM_THREADS=1`, which both sides follow, is fair: the ratio of processor times counts.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

#[path = "../../sparring/benches/peer/process.rs"]
mod process;
#[path = "../../sparring/benches/peer/turns.rs"]
mod turns;

use std::error::Error;
use std::fmt::Write as _;
use std::time::Instant;

use process::Peer;
use rand::seq::SliceRandom;
use rand::{Rng, RngExt};
use sparring_deep::{Batch, Device, Network, NextItem, Noise, Transformer, TransformerSizes};
use sparring_wide::{Adam, AdamState, Seed, clip_by_global_norm, normal};
use turns::{processor_ms, report};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ITEMS: usize = 3416;
const LONGEST: usize = 200;
const EVENTS: usize = 4096;
const BATCHES: usize = 24;
/// Turns of each side, and steps of a turn.
const ROUNDS: usize = 27;
const STEPS: usize = 2;
const SEED: Seed = Seed(1);
const KINDS: [&str; 2] = ["padded", "packed"];

/// SASRec with some dropout; its weights depend on the seed alone.
fn network(dropout: f32) -> NextItem<Transformer> {
    let sizes = TransformerSizes {
        width: 64,
        heads: 2,
        layers: 2,
        feedforward: 256,
        dropout,
        recency: false,
    };
    let body = Transformer::new(sizes, Device::Cpu, SEED);
    NextItem::new((ITEMS, LONGEST, sizes.width), body, dropout, SEED)
}

/// An item; half of all events are of the first quarter of the catalogue.
fn item(stream: &mut impl Rng) -> u32 {
    let at = stream.random::<f64>().powi(2) * ITEMS as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "below the number of items"
    )]
    let item = at as u32;
    item
}

/// Steps of shuffled windows. Lengths of histories are log-normal, 20 or more, with the median 96
/// and about the mean 165 of MovieLens-1M.
fn batches() -> Vec<Batch> {
    let mut stream = SEED.stream("windows");
    let mut windows = Vec::new();
    for drawn in normal(6040, 1, 1.0, SEED).data {
        let length = (96.0 * (1.04 * drawn).exp()).clamp(20.0, 2314.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 20 and 2,314"
        )]
        let mut left = length as usize - 1;
        let mut next = if left > LONGEST {
            stream.random_range(1..=LONGEST)
        } else {
            left
        };
        while left > 0 {
            windows.push(next);
            left -= next;
            next = left.min(LONGEST);
        }
    }
    windows.shuffle(&mut stream);
    let mut windows = windows.into_iter();
    let mut step = || {
        let mut batch = Batch::default();
        while batch.items.len() < EVENTS {
            let length = windows.next().expect("more than enough windows");
            let items: Vec<u32> = (0..=length).map(|_| item(&mut stream)).collect();
            batch.push(&items[..length], &items[1..]);
        }
        batch
    };
    (0..BATCHES).map(|_| step()).collect()
}

/// Numbers with blanks between them, a line.
fn line<T: std::fmt::Display>(lines: &mut String, numbers: &[T]) {
    for number in numbers {
        write!(lines, "{number} ").expect("a string takes all");
    }
    lines.push('\n');
}

/// What a peer is sent first.
fn as_lines(network: &NextItem<Transformer>, batches: &[Batch]) -> String {
    let sizes = network.body.sizes();
    let mut lines = String::new();
    line(
        &mut lines,
        &[
            ITEMS,
            LONGEST,
            sizes.width,
            sizes.heads,
            sizes.layers,
            sizes.feedforward,
        ],
    );
    line(&mut lines, &[sizes.dropout]);
    for weight in network.weights() {
        line(&mut lines, &[weight.rows, weight.cols]);
        line(&mut lines, &weight.data);
    }
    line(&mut lines, &[batches.len()]);
    for batch in batches {
        line(&mut lines, &[batch.packed.n_sequences()]);
        for range in batch.packed.ranges() {
            line(&mut lines, &batch.items[range.clone()]);
            line(&mut lines, &batch.targets[range]);
        }
    }
    lines
}

/// Ours, as the training of `sasrec` does it.
struct Ours {
    network: NextItem<Transformer>,
    adam: Vec<AdamState>,
    batches: Vec<Batch>,
}

impl Ours {
    fn step(&mut self, step: usize) {
        let batch = &self.batches[step % BATCHES];
        let noise = Noise {
            seed: SEED,
            step: step as u64,
        };
        let mut by_weights = self.network.differentiate(batch, None, noise).by_weights;
        let mut parts: Vec<&mut [f32]> = by_weights.iter_mut().map(|by| &mut by.data[..]).collect();
        clip_by_global_norm(&mut parts, 5.0);
        let adam = Adam {
            beta2: 0.99,
            decoupled: true,
            ..Adam::default()
        };
        let weights = self.network.weights_mut();
        for ((state, weight), by) in self.adam.iter_mut().zip(weights).zip(&by_weights) {
            state.step(&adam, &mut weight.data, &by.data);
        }
    }

    /// Milliseconds a step, by the clock and of the processor.
    fn turn(&mut self, first: usize) -> Vec<f64> {
        let (begin, processor) = (Instant::now(), processor_ms());
        (first..first + STEPS).for_each(|step| self.step(step));
        let mut times = vec![begin.elapsed().as_secs_f64() * 1e3 / STEPS as f64];
        let spent = processor_ms()
            .zip(processor)
            .map(|(after, before)| after - before);
        times.extend(spent.map(|ms| ms / STEPS as f64));
        times
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let (network, batches) = (network(0.2), batches());
    let threads = std::env::var("RAYON_NUM_THREADS").unwrap_or_else(|_| "2".to_owned());
    println!("{threads} threads");
    let mut peers = Vec::new();
    match std::env::var("SPARRING_PEER_PYTHON") {
        Ok(python) => {
            let lines = as_lines(&network, &batches);
            for kind in KINDS {
                let arguments = ["sasrec_step.py", kind, &threads];
                peers.push(Peer::start(&python, &arguments, &lines)?);
            }
        }
        Err(_) => println!("SPARRING_PEER_PYTHON names no Python with torch: ours alone"),
    }
    compare(&batches[0], &mut peers)?;
    let weights = network.weights();
    let adam = weights
        .iter()
        .map(|weight| AdamState::new(weight.data.len()));
    let mut ours = Ours {
        adam: adam.collect(),
        network,
        batches,
    };
    let mut sides = vec![Vec::new(); peers.len() + 1];
    for round in 0..ROUNDS {
        let first = round * STEPS;
        sides[0].push(ours.turn(first));
        for (peer, times) in peers.iter_mut().zip(&mut sides[1..]) {
            times.push(peer.ask(&format!("steps {first} {STEPS}")));
        }
    }
    report(&sides, &[], &KINDS);
    Ok(())
}

/// The same weights and events have the same loss on both sides.
fn compare(batch: &Batch, peers: &mut [Peer]) -> Result<(), Box<dyn Error>> {
    let noise = Noise {
        seed: SEED,
        step: 0,
    };
    let ours = network(0.0).differentiate(batch, None, noise).loss;
    println!(
        "{} events in {} sequences, loss {ours:.5}",
        batch.items.len(),
        batch.packed.n_sequences()
    );
    for peer in peers {
        let theirs = peer.ask("loss")[0];
        if (ours - theirs).abs() > 1e-3 {
            return Err(format!("another model: their loss is {theirs}, ours is {ours}").into());
        }
    }
    Ok(())
}
