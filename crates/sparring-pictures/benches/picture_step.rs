//! A training step of the DCGAN against the same step in PyTorch with 2 threads, interleaved in one
//! run; the modern pair's step and pictures drawn a second, ours alone.
//!
//! ```text
//! SPARRING_PEER_PYTHON=.../bin/python cargo bench -p sparring-pictures --bench picture_step
//! ```
//!
//! Batches of 64 grey pictures of 28 x 28. A step draws pictures once, the critic learns from them and
//! as many real ones, then the generator from the critic. Both sides begin with the same weights; the
//! logits of drawn pictures are compared before. Ours runs on the allocator of the command line.
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
use sparring::gan::AdversarialStep;
use sparring_deep::{Architecture, Generator, Network, PictureCritic, PictureShape};
use sparring_pictures::{PictureConfig, PictureGan, Pictures, Recipe};
use sparring_wide::{Matrix, Seed, normal};
use turns::{processor_ms, report};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SHAPE: PictureShape = PictureShape {
    side: 28,
    channels: 1,
};
const BATCH: usize = 64;
/// Turns of each side, and steps of a turn.
const ROUNDS: usize = 17;
const STEPS: usize = 3;
const SEED: Seed = Seed(1);
const KINDS: [&str; 2] = ["contiguous", "channels-last"];

/// Numbers with blanks between them, a line.
fn line<T: std::fmt::Display>(lines: &mut String, numbers: &[T]) {
    for number in numbers {
        write!(lines, "{number} ").expect("a string takes all");
    }
    lines.push('\n');
}

fn matrix(lines: &mut String, matrix: &Matrix) {
    line(lines, &[matrix.rows, matrix.cols]);
    line(lines, &matrix.data);
}

/// Both networks of the reference as they begin, and noise.
fn reference(config: &PictureConfig) -> (Generator, PictureCritic, Matrix) {
    let sizes = (config.noise_dim, 0, config.width);
    let of = Architecture::Reference;
    (
        Generator::new(SHAPE, of, sizes, SEED),
        PictureCritic::new(SHAPE, of, (0, config.width), SEED),
        normal(BATCH, config.noise_dim, 1.0, SEED),
    )
}

/// What a peer is sent first.
fn as_lines(config: &PictureConfig) -> String {
    let (generator, critic, noise) = reference(config);
    let mut lines = String::new();
    line(&mut lines, &[BATCH, config.noise_dim, config.width]);
    let weights = generator.weights().into_iter().chain(critic.weights());
    // The classes, of which there are none.
    for weights in weights.filter(|weights| weights.rows > 0) {
        matrix(&mut lines, weights);
    }
    matrix(&mut lines, &noise);
    lines
}

/// The same weights and noise have the same logits on both sides.
fn compare(config: &PictureConfig, peers: &mut [Peer]) -> Result<(), Box<dyn Error>> {
    let (generator, critic, noise) = reference(config);
    let ours = critic.logits(generator.infer(&noise, None), None);
    println!("the first logit is {:.6}", ours[0]);
    for peer in peers {
        let theirs = peer.ask("logits");
        for (ours, theirs) in ours.iter().zip(&theirs) {
            if (f64::from(*ours) - theirs).abs() > 1e-4 * (1.0 + theirs.abs()) {
                return Err(format!("another model: a logit is {theirs}, ours {ours}").into());
            }
        }
    }
    Ok(())
}

/// One of ours, as the training does it.
struct Ours<'a> {
    gan: PictureGan<'a>,
    step: usize,
}

impl Ours<'_> {
    fn step(&mut self) -> Result<(), Box<dyn Error>> {
        let rows = self.gan.rows();
        let row = |at: usize| u32::try_from((self.step * BATCH + at) % rows).expect("few rows");
        let rows: Vec<u32> = (0..BATCH).map(row).collect();
        self.step += 1;
        self.gan.discriminator_step(&rows)?;
        self.gan.generator_step(&rows)?;
        Ok(())
    }

    /// Milliseconds a step, by the clock and of the processor.
    fn turn(&mut self) -> Result<Vec<f64>, Box<dyn Error>> {
        let (begin, processor) = (Instant::now(), processor_ms());
        for _ in 0..STEPS {
            self.step()?;
        }
        let mut times = vec![begin.elapsed().as_secs_f64() * 1e3 / STEPS as f64];
        let spent = processor_ms()
            .zip(processor)
            .map(|(after, before)| after - before);
        times.extend(spent.map(|ms| ms / STEPS as f64));
        Ok(times)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let threads = std::env::var("RAYON_NUM_THREADS").unwrap_or_else(|_| "2".to_owned());
    println!("{threads} threads");
    let configs = [Recipe::Reference, Recipe::Modern].map(PictureConfig::of);
    let mut peers = Vec::new();
    match std::env::var("SPARRING_PEER_PYTHON") {
        Ok(python) => {
            let lines = as_lines(&configs[0]);
            for kind in KINDS {
                peers.push(Peer::start(
                    &python,
                    &["dcgan_step.py", kind, &threads],
                    &lines,
                )?);
            }
        }
        Err(_) => println!("SPARRING_PEER_PYTHON names no Python with torch: ours alone"),
    }
    compare(&configs[0], &mut peers)?;
    let pixels = 0..720 * SHAPE.size();
    let pictures = Pictures {
        shape: SHAPE,
        bytes: pixels.map(|at| (at * 37 % 256).to_le_bytes()[0]).collect(),
        labels: None,
    };
    let mut ours = configs.map(|config| Ours {
        gan: PictureGan::new(
            PictureConfig {
                // Where pictures are many, the critic sees them as they are.
                augmentation: sparring_pictures::Augmentation::Off,
                ..config
            },
            &pictures,
            None,
            SEED,
        ),
        step: 0,
    });
    let mut sides = vec![Vec::new(); peers.len() + 2];
    for _ in 0..ROUNDS {
        for (ours, times) in ours.iter_mut().zip(&mut sides) {
            times.push(ours.turn()?);
        }
        for (peer, times) in peers.iter_mut().zip(&mut sides[2..]) {
            times.push(peer.ask(&format!("steps {STEPS}")));
        }
    }
    report(&sides, &["the modern pair"], &KINDS);
    for (name, ours) in ["reference", "modern"].iter().zip(&ours) {
        let (begin, n) = (Instant::now(), 2_048);
        let noise = normal(n, ours.gan.drawer().noise_dim(), 1.0, SEED);
        let drawn = ours.gan.drawer().infer(&noise, None);
        let secs = begin.elapsed().as_secs_f64();
        println!(
            "{name}: {:.0} pictures a second drawn",
            drawn.rows as f64 / secs
        );
    }
    Ok(())
}
