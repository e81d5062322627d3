//! What each loss does on the toys that everyone knows, as a table and a page of plots.
//!
//! ```sh
//! cargo run --release -p sparring --example toys -- --out out/toys
//! ```

#![allow(clippy::print_stdout, reason = "an example speaks to a person")]

use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use plotly::common::{Marker, Mode, Title};
use plotly::layout::Axis;
use plotly::{Layout, Plot, Scatter};
use sparring::Seed;
use sparring::gan::toys::{Mixture, ToyConfig, ToyGan};
use sparring::gan::{Bout, BoutConfig, HealthConfig, Loss};
use sparring::recommend::{Cancel, Recorder, Run};

struct Case {
    name: &'static str,
    config: ToyConfig,
    discriminator_steps: usize,
    auto: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut out = PathBuf::from("out/toys");
    let (mut epochs, mut only) = (None, String::new());
    let mut seeds = 1;
    let mut base = ToyConfig::default();
    while let Some(argument) = arguments.next() {
        match (argument.as_str(), arguments.next()) {
            ("--out", Some(folder)) => out = folder.into(),
            ("--epochs", Some(n)) => epochs = Some(n.parse()?),
            ("--only", Some(part)) => only = part,
            ("--width", Some(n)) => {
                (base.generator_width, base.discriminator_width) = (n.parse()?, n.parse()?);
            }
            ("--penalty", Some(x)) => base.penalty = x.parse()?,
            ("--noise-dim", Some(x)) => base.noise_dim = x.parse()?,
            ("--layers", Some(x)) => base.hidden_layers = x.parse()?,
            ("--beta1", Some(x)) => base.beta1 = x.parse()?,
            ("--seeds", Some(n)) => seeds = n.parse()?,
            ("--d-rate", Some(x)) => base.discriminator_learning_rate = x.parse()?,
            ("--ema", Some(x)) => base.ema = x.parse()?,
            ("--rate", Some(x)) => {
                base.learning_rate = x.parse()?;
                base.discriminator_learning_rate = base.learning_rate / 4.0;
            }
            _ => {
                let usage = "usage: toys [--out DIR] [--epochs N] [--only TEXT] [--seeds N] \
                             [--width N] [--layers N] [--noise-dim N] [--penalty X] \
                             [--rate X] [--d-rate X] [--beta1 X] [--ema X]";
                return Err(usage.into());
            }
        }
    }
    let mut page = String::from("<!doctype html><meta charset=\"utf-8\"><title>Toys</title>");
    page.push_str(&sparring::report::plotly_script());
    println!(
        "mixture  training                          modes  good   accuracy  verdict                   remedies  secs"
    );
    for ((name, usual), mixture) in [
        (("ring", 300), Mixture::ring()),
        (("grid", 300), Mixture::grid()),
    ] {
        for case in cases(&base) {
            let named = format!("{name} {}", case.name);
            if !named.contains(&only) {
                continue;
            }
            for seed in 1..=seeds {
                let epochs = epochs.unwrap_or(usual);
                let plot = bout(name, &mixture, &case, epochs, seed)?;
                if seed == 1 {
                    page.push_str(&plot);
                }
            }
        }
    }
    sparring::data::write_atomically(&out.join("toys.html"), page.as_bytes())?;
    println!("plots are in {}", out.join("toys.html").display());
    Ok(())
}

fn cases(base: &ToyConfig) -> Vec<Case> {
    let base = || base.clone();
    let plain = |loss| ToyConfig {
        loss,
        penalty: 0.0,
        ..base()
    };
    let case = |name, config, auto| Case {
        name,
        config,
        discriminator_steps: 1,
        auto,
    };
    let (collapse, strong) = (ToyConfig::planted_collapse, ToyConfig::planted_strong);
    vec![
        case("relativistic, R1 + R2 (default)", base(), false),
        case("minimax", plain(Loss::Minimax), false),
        case("non-saturating", plain(Loss::NonSaturating), false),
        case(
            "non-saturating, R1 + R2",
            ToyConfig {
                loss: Loss::NonSaturating,
                ..base()
            },
            false,
        ),
        case("least squares", plain(Loss::LeastSquares), false),
        case(
            "hinge, R1 + R2",
            ToyConfig {
                loss: Loss::Hinge,
                ..base()
            },
            false,
        ),
        case(
            "Wasserstein, gradient penalty",
            ToyConfig {
                loss: Loss::Wasserstein,
                penalty: 1.0,
                ..base()
            },
            false,
        ),
        case("planted collapse", collapse(), false),
        case("planted collapse, auto", collapse(), true),
        Case {
            discriminator_steps: 4,
            ..case("planted strong discriminator", strong(), false)
        },
        Case {
            discriminator_steps: 4,
            ..case("planted strong discriminator, auto", strong(), true)
        },
    ]
}

fn bout(
    name: &str,
    mixture: &Mixture,
    case: &Case,
    epochs: usize,
    seed: u64,
) -> Result<String, Box<dyn Error>> {
    let start = Instant::now();
    let mut gan = ToyGan::new(case.config.clone(), mixture, 12_800, Seed(seed));
    let config = BoutConfig {
        epochs,
        batch_size: 256,
        look_every: 2,
        health: HealthConfig {
            // Held-out rows in the plane are dense enough to miss single modes.
            coverage: 0.8,
            ..HealthConfig::default()
        },
        discriminator_steps: case.discriminator_steps,
        auto: case.auto,
        ..BoutConfig::default()
    };
    let (recorder, cancel) = (Recorder::new(), Cancel::new());
    let run = Run {
        observer: &recorder,
        ..Run::quiet(Seed(seed), &cancel)
    };
    let rows = gan.rows();
    let end = Bout {
        config: &config,
        model: "toy",
        rows,
    }
    .run(&mut gan, &run)?;
    let points = gan.sample(2_500, Seed(9));
    let covered = mixture.covered(&points);
    let (_, diagnoses) = recorder.into_parts();
    println!(
        "{name:<8} {:<33} {:>2}/{:<2}  {:.3}  {:.2}      {:<25} {:<9} {:.1}",
        case.name,
        covered.modes,
        mixture.modes.len(),
        covered.good,
        end.health.map_or(f64::NAN, |health| health.accuracy()),
        diagnoses.last().map_or("", |look| &look.verdict),
        end.applied.len(),
        start.elapsed().as_secs_f64()
    );
    let ill = diagnoses.iter().find(|look| look.verdict != "healthy");
    if let Some(look) = ill.filter(|_| case.name.starts_with("planted")) {
        println!("         caught at step {}: {}", look.step, look.verdict);
    }
    for look in diagnoses.iter().filter(|look| !look.applied.is_empty()) {
        println!(
            "         step {}: {}: {}",
            look.step,
            look.verdict,
            look.applied.join("; ")
        );
    }
    Ok(plot(
        &format!("{name}: {}", case.name),
        &mixture.sample(1_500, Seed(4)),
        &points,
    ))
}

fn plot(title: &str, real: &[f32], fake: &[f32]) -> String {
    let scatter = |points: &[f32], name: &str, color: &str| {
        let (x, y) = points.chunks(2).map(|point| (point[0], point[1])).unzip();
        Scatter::new(x, y)
            .mode(Mode::Markers)
            .name(name)
            .marker(Marker::new().size(3).color(color.to_owned()))
    };
    let mut plot = Plot::new();
    plot.add_trace(scatter(real, "real", "#4c72b0"));
    plot.add_trace(scatter(fake, "generated", "#c44e52"));
    let axis = || Axis::new().range(vec![-2.2, 2.2]);
    plot.set_layout(
        Layout::new()
            .title(Title::with_text(title))
            .width(520)
            .height(520)
            .x_axis(axis())
            .y_axis(axis()),
    );
    format!(
        "<div style=\"display:inline-block\">{}</div>",
        plot.to_inline_html(None)
    )
}
