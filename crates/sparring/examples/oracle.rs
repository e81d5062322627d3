//! The oracle of `SeqGAN`: a generator of sequences before and after its adversarial stage, judged by the
//! network that its training data come from.
//!
//! ```sh
//! cargo run --release --example oracle -- 3 [setting=value ...]
//! ```
//! with the number of seeds first; settings are those of `eventgan`, for example
//! `adversary.epochs=20`. Prints per seed the mean negative log-likelihood of a token: of drawn
//! sequences under the oracle, and of real ones that were held out under the generator.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example prints what it finds"
)]

use std::sync::Arc;

use sparring::data::{Dataset, InteractionsBuilder, ItemIx, UserIx, Vocabulary};
use sparring::gan::toys::Oracle;
use sparring::models::ModelConfig;
use sparring::recommend::{Behaviour, Cancel, Diagnosis, Draw, Event, Observer, Progress, Run};
use sparring_wide::Seed;

const TOKENS: usize = 5_000;
const WIDTH: usize = 32;
const LENGTH: usize = 20;
const SEQUENCES: usize = 10_000;
/// Sequences that are drawn to be judged, and held-out real ones.
const JUDGED: usize = 5_000;
const HELD: usize = 1_000;

/// Prints points of curves.
struct Printer;

impl Observer for Printer {
    fn progress(&self, _: Progress<'_>) {}
    fn point(&self, curve: &str, step: u64, value: f64) {
        eprintln!("  {curve} {step}: {value:.4}");
    }
    fn diagnosis(&self, diagnosis: Diagnosis) {
        eprintln!("  {}: {}", diagnosis.verdict, diagnosis.evidence.join("; "));
    }
}

fn log(sequences: &[Vec<u32>]) -> Dataset {
    let mut builder = InteractionsBuilder::new();
    for (user, sequence) in (0..).map(UserIx).zip(sequences) {
        for &token in sequence {
            builder.push(user, ItemIx(token), None, None);
        }
    }
    let names = |n: usize| Arc::new((0..n).map(|at| at.to_string()).collect::<Vocabulary>());
    Dataset::new(
        names(sequences.len()),
        names(TOKENS),
        builder.build(sequences.len()),
    )
}

/// The mean of `-ln p` over the tokens of held-out sequences, under the generator.
fn held_out(behaviour: &dyn Behaviour, sequences: &[Vec<u32>]) -> f64 {
    let event = |&token: &u32| Event {
        item: ItemIx(token),
        rating: None,
        time: None,
    };
    let mut sum = 0.0;
    for block in sequences.chunks(20) {
        let events: Vec<Vec<Event>> = block
            .iter()
            .map(|s| s.iter().map(event).collect())
            .collect();
        let prefixes: Vec<&[Event]> = events
            .iter()
            .flat_map(|e| (0..LENGTH).map(|n| &e[..n]))
            .collect();
        let outlooks = behaviour.outlooks(&prefixes).expect("its own tokens");
        let tokens = block.iter().flatten();
        sum -= outlooks
            .iter()
            .zip(tokens)
            .map(|(outlook, token)| f64::from(outlook.items[*token as usize]).max(1e-30).ln())
            .sum::<f64>();
    }
    sum / (sequences.len() * LENGTH) as f64
}

fn fit(
    settings: &toml::Table,
    data: &Dataset,
    seed: Seed,
) -> Box<dyn sparring::recommend::Trained> {
    let config = ModelConfig::from_table("eventgan", settings.clone()).expect("settings");
    let cancel = Cancel::new();
    let run = Run {
        observer: &Printer,
        ..Run::quiet(seed, &cancel)
    };
    config.fit(data, &run).expect("fits")
}

fn judge(oracle: &Oracle, behaviour: &dyn Behaviour, held: &[Vec<u32>]) -> [f64; 3] {
    let given = vec![Vec::new(); JUDGED];
    let draw = Draw {
        given: &given,
        most: Some(LENGTH),
        temperature: 1.0,
        candidates: 1,
        seed: Seed(99),
        cancel: &Cancel::new(),
    };
    let drawn = behaviour.draw(&draw).expect("from nothing");
    let whole: Vec<Vec<u32>> = drawn
        .iter()
        .filter(|events| events.len() == LENGTH)
        .map(|events| events.iter().map(|event| event.item.0).collect())
        .collect();
    let mut distinct: Vec<u32> = whole.iter().flatten().copied().collect();
    distinct.sort_unstable();
    distinct.dedup();
    eprintln!(
        "  {} of {JUDGED} sequences are whole; {} tokens",
        whole.len(),
        distinct.len()
    );
    [
        oracle.nll(&whole),
        held_out(behaviour, held),
        distinct.len() as f64,
    ]
}

fn main() {
    let mut args = std::env::args().skip(1);
    let seeds: u64 = args.next().and_then(|n| n.parse().ok()).unwrap_or(1);
    let mut settings: toml::Table = toml::from_str(
        "embedding_dim = 32\nfeedforward = 64\nlayers = 1\nlongest = 24\nepochs = 20\nnoise_dim = 0\n\
         [adversary]\nepochs = 20\nrollout = 20\ncontext = 0\n",
    )
    .expect("valid");
    for arg in args {
        let (key, value) = arg.split_once('=').expect("key=value");
        let value: toml::Value = value
            .parse()
            .unwrap_or(toml::Value::String(value.to_owned()));
        match key.split_once('.') {
            Some((table, key)) => {
                let inner = settings.get_mut(table).and_then(toml::Value::as_table_mut);
                inner.expect("a table").insert(key.to_owned(), value);
            }
            None => drop(settings.insert(key.to_owned(), value)),
        }
    }
    println!("seed,stage,oracle_nll,held_out_nll,tokens");
    for seed in (1..=seeds).map(Seed) {
        let oracle = Oracle::new(TOKENS, WIDTH, seed.derive("oracle"));
        let real = oracle.draw(SEQUENCES + HELD, LENGTH, seed.derive("data"));
        let (train, held) = real.split_at(SEQUENCES);
        let data = log(train);
        println!("{},real,{:.4},,", seed.0, oracle.nll(held));
        let mut likelihood = settings.clone();
        let adversary = likelihood["adversary"].as_table_mut().expect("a table");
        adversary.insert("epochs".to_owned(), 0.into());
        for (stage, settings) in [("likelihood", &likelihood), ("adversarial", &settings)] {
            let model = fit(settings, &data, seed);
            let behaviour = model.behaviour().expect("a model of events");
            let [oracle, held, tokens] = judge(&oracle, behaviour, held);
            println!("{},{stage},{oracle:.4},{held:.4},{tokens}", seed.0);
        }
    }
}
