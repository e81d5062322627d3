//! Training on a graphics processor against training on the host: losses agree within 1e-3.
//!
//! ```text
//! cargo test -p sparring-deep --features wgpu --test wgpu
//! ```
//!
//! Without an adapter it says that it did not run, and passes. Debian's `mesa-vulkan-drivers` and
//! `libvulkan1` bring one in software.

use std::io::Write;

use sparring_deep::{
    Batch, Device, EventBatch, EventNet, EventSizes, Network, NextItem, Noise, Packed, START,
    Targets, Transformer, TransformerSizes,
};
use sparring_wide::{Adam, AdamState, Matrix, Seed, normal};

const ITEMS: usize = 90;
const WIDTH: usize = 32;
const STEPS: u64 = 12;
const LENGTHS: [u32; 4] = [70, 5, 1, 33];
const SEED: Seed = Seed(11);

fn body(recency: bool, device: Device) -> Transformer {
    Transformer::new(sizes(recency), device, SEED)
}

fn sizes(recency: bool) -> TransformerSizes {
    TransformerSizes {
        width: WIDTH,
        heads: 2,
        layers: 2,
        feedforward: 64,
        dropout: 0.1,
        recency,
    }
}

/// The item at a place of a sequence: walks through the catalogue, each sequence in its own stride.
fn item(sequence: u32, place: u32) -> u32 {
    (sequence * 31 + place * (sequence + 2)) % u32::try_from(ITEMS).expect("small")
}

/// The losses of some steps with Adam.
fn train<N: Network>(
    mut network: N,
    differentiate: impl Fn(&N, Noise) -> (f64, Vec<Matrix>),
) -> Vec<f64> {
    let adam = Adam {
        learning_rate: 5e-3,
        ..Adam::default()
    };
    let weights = network.weights();
    let mut states: Vec<_> = weights
        .iter()
        .map(|weight| AdamState::new(weight.data.len()))
        .collect();
    let step = |step| {
        let (loss, by_weights) = differentiate(&network, Noise { seed: SEED, step });
        let weights = network.weights_mut();
        for ((state, weight), by) in states.iter_mut().zip(weights).zip(&by_weights) {
            state.step(&adam, &mut weight.data, &by.data);
        }
        loss
    };
    (0..STEPS).map(step).collect()
}

fn next_item(device: Device) -> Vec<f64> {
    let network = NextItem::new((ITEMS, 70, WIDTH), body(false, device), 0.1, SEED);
    let mut batch = Batch::default();
    for (sequence, length) in (0..).zip(LENGTHS) {
        let items: Vec<u32> = (0..=length).map(|at| item(sequence, at)).collect();
        batch.push(&items[..items.len() - 1], &items[1..]);
    }
    train(network, |network, noise| {
        let found = network.differentiate(&batch, None, noise);
        (found.loss, found.by_weights)
    })
}

fn events(device: Device) -> Vec<f64> {
    let (reactions, gaps) = (5, 8);
    let of = EventSizes {
        items: ITEMS,
        reactions,
        gaps,
        noise: 4,
        width: WIDTH,
    };
    let network = EventNet::new(of, sizes(true), device, SEED);
    let classes = |n: usize| u32::try_from(n).expect("small");
    let (no_reaction, no_gap) = (classes(reactions), classes(gaps));
    let mut batch = EventBatch {
        noise: normal(LENGTHS.len(), 4, 1.0, SEED),
        ..EventBatch::default()
    };
    let mut next = Targets::default();
    for (sequence, length) in (0..).zip(LENGTHS) {
        for at in 0..=length {
            // Row 0 stands before the first event; after the last one the user stops.
            let event = |at: u32| match at {
                0 => (START, no_reaction, no_gap),
                at => (item(sequence, at), at % no_reaction, at * 3 % no_gap),
            };
            let (item, reaction, gap) = event(at);
            batch.items.push(item);
            batch.reactions.push(reaction);
            batch.gaps.push(gap);
            batch.ages.push(sparring_deep::age(at as usize));
            let (item, reaction, gap) = event(if at == length { 0 } else { at + 1 });
            next.items.push(item);
            next.reactions.push(reaction);
            next.leanings.push(0.0);
            next.gaps.push(gap);
            next.told.push(at % 3 > 0 && item != START);
            next.weights.push(1.0);
        }
    }
    batch.packed = Packed::of(LENGTHS.map(|length| length as usize + 1));
    next.total = next.weights.len() as f64;
    batch.next = next;
    train(network, |network, noise| {
        let found = network.differentiate(&batch, None, noise);
        (found.losses.iter().sum(), found.by_weights)
    })
}

/// To the terminal, though the test passes.
fn say(line: &str) {
    writeln!(std::io::stderr(), "{line}").expect("a terminal or a file");
}

#[test]
fn losses_are_those_of_the_host() {
    if !Device::Wgpu.is_present() {
        return say("wgpu: DID NOT RUN, no adapter was found");
    }
    for (name, losses) in [
        ("next item", next_item as fn(Device) -> Vec<f64>),
        ("events", events as fn(Device) -> Vec<f64>),
    ] {
        let (host, graphics) = (losses(Device::Cpu), losses(Device::Wgpu));
        let apart = host.iter().zip(&graphics).map(|(a, b)| (a - b).abs());
        let most = apart.fold(0.0, f64::max);
        let (first, last) = (host[0], host[host.len() - 1]);
        say(&format!(
            "wgpu, {name}: loss {first:.4} to {last:.4} in {STEPS} steps, at most {most:.1e} from the host's"
        ));
        assert!(last < first - 0.5, "{name} was trained");
        assert!(graphics.iter().all(|loss| loss.is_finite()));
        assert!(most < 1e-3, "{name}: {host:?} and {graphics:?}");
    }
}
