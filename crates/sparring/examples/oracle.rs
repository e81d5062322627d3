//! The oracle of `SeqGAN`: a generator of sequences before and after its adversarial stage, judged by the
//! network that its training data come from.
//!
//! ```sh
//! cargo run --release --example oracle -- 3 [state=FOLDER] [setting=value ...]
//! ```
//! with the number of seeds first, or the seeds as `2-3`; settings are those of `eventgan`, for example
//! `adversary.epochs=20`; `state` keeps the first stage, so that another second one begins from it at
//! once. Prints per seed the mean negative log-likelihood of a token: of drawn sequences under the oracle,
//! and of real ones that were held out under the generator; and how many tokens were drawn. Colder draws
//! stand beside them, for coldness alone lowers the first figure too.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example prints what it finds"
)]

use std::path::{Path, PathBuf};
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
    (seed, state): (Seed, Option<&Path>),
) -> Box<dyn sparring::recommend::Trained> {
    let config = ModelConfig::from_table("eventgan", settings.clone()).expect("settings");
    let cancel = Cancel::new();
    let run = Run {
        observer: &Printer,
        checkpoint: state,
        ..Run::quiet(seed, &cancel)
    };
    config.fit(data, &run).expect("fits")
}

/// The likelihood under the oracle of what is drawn at a temperature, by the critic's choice among some
/// candidates, and how many tokens there are in it.
fn judge(
    oracle: &Oracle,
    behaviour: &dyn Behaviour,
    (temperature, candidates): (f32, usize),
) -> (f64, usize) {
    let given = vec![Vec::new(); JUDGED];
    let draw = Draw {
        given: &given,
        most: Some(LENGTH),
        temperature,
        candidates,
        seed: Seed(99),
        cancel: &Cancel::new(),
        observer: None,
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
    eprintln!("  {} of {JUDGED} sequences are whole", whole.len());
    (oracle.nll(&whole), distinct.len())
}

/// The seeds of `3`, which are 1 to 3, or of `2-3`.
fn seeds(argument: &str) -> std::ops::RangeInclusive<u64> {
    let number = |text: &str| text.parse().expect("a number of seeds");
    match argument.split_once('-') {
        Some((first, last)) => number(first)..=number(last),
        None => 1..=number(argument),
    }
}

fn main() {
    let mut args = std::env::args().skip(1);
    let seeds = seeds(&args.next().unwrap_or_else(|| "1".to_owned()));
    let mut settings: toml::Table = toml::from_str(
        "embedding_dim = 32\nfeedforward = 64\nlayers = 1\nlongest = 24\nepochs = 20\nnoise_dim = 0\n\
         [adversary]\nepochs = 20\nrollout = 20\ncontext = 0\n",
    )
    .expect("valid");
    let mut state: Option<PathBuf> = None;
    for arg in args {
        let (key, value) = arg.split_once('=').expect("key=value");
        if key == "state" {
            state = Some(value.into());
            continue;
        }
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
    println!("seed,stage,temperature,candidates,oracle_nll,held_out_nll,tokens");
    for seed in seeds.map(Seed) {
        let oracle = Oracle::new(TOKENS, WIDTH, seed.derive("oracle"));
        let real = oracle.draw(SEQUENCES + HELD, LENGTH, seed.derive("data"));
        let (train, held) = real.split_at(SEQUENCES);
        let data = log(train);
        println!("{},real,1,1,{:.4},,", seed.0, oracle.nll(held));
        let mut likelihood = settings.clone();
        let adversary = likelihood["adversary"].as_table_mut().expect("a table");
        adversary.insert("epochs".to_owned(), 0.into());
        let state = state.as_ref().map(|state| state.join(seed.0.to_string()));
        for (stage, settings) in [("likelihood", &likelihood), ("adversarial", &settings)] {
            let model = fit(settings, &data, (seed, state.as_deref()));
            let behaviour = model.behaviour().expect("a model of events");
            let held = held_out(behaviour, held);
            let mut ways = vec![(1.0, 1), (0.9, 1), (0.8, 1)];
            if behaviour.has_critic() {
                ways.push((1.0, 8));
            }
            for way in ways {
                let (nll, tokens) = judge(&oracle, behaviour, way);
                let (temperature, candidates) = way;
                println!(
                    "{},{stage},{temperature},{candidates},{nll:.4},{held:.4},{tokens}",
                    seed.0
                );
            }
        }
    }
}
