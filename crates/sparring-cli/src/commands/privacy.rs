//! `sparring privacy`: what noisy releases cost their users.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use sparring::artifact::SynthArtifact;
use sparring::privacy::{
    Cost, Delta, DpEvent, Epsilon, Ledger, Neighbouring, PrivacyError, Statement, calibrate,
};

use crate::context::Context;
use crate::failure::WrongUse;
use crate::privacy_args::{CalibrateArgs, Chance, EpsilonArgs, Privacy, events};

/// Accounts, calibrates or checks.
pub(crate) fn run(context: &Context, what: &Privacy) -> anyhow::Result<()> {
    match what {
        Privacy::Epsilon(args) => epsilon(context, args),
        Privacy::Calibrate(args) => noise(context, args),
        Privacy::Ledger { file, artifact } => check(context, file, artifact.as_deref()),
    }
}

fn epsilon(context: &Context, args: &EpsilonArgs) -> anyhow::Result<()> {
    let delta = delta(context, &args.chance)?;
    let mut all = events(&args.event)?;
    if let Some(sigma) = args.sigma {
        let step = match args.rate {
            None => DpEvent::gaussian(sigma),
            Some(rate) => DpEvent::poisson(rate, sigma),
        };
        all.push(args.steps.map_or(step.clone(), |steps| step.times(steps)));
    }
    if all.is_empty() {
        let finding = "there is nothing to account for".to_owned();
        let hint = "give --sigma, or --event such as gaussian:20 or poisson:0.01:1x1000";
        return Err(WrongUse { finding, hint }.into());
    }
    let budget = args.budget.map(Epsilon::new).transpose()?;
    let mut ledger = Ledger::new(delta, budget);
    for (at, event) in all.into_iter().enumerate() {
        ledger.book(&format!("{}. {event}", at + 1), event)?;
    }
    let statement = ledger.statement();
    let total = statement
        .composed
        .epsilon
        .and_then(|epsilon| Epsilon::new(epsilon).ok());
    warn(context, total);
    show(context, &statement);
    context.out.json(&statement)
}

fn noise(context: &Context, args: &CalibrateArgs) -> anyhow::Result<()> {
    let delta = delta(context, &args.chance)?;
    let target = Epsilon::new(args.epsilon)?;
    warn(context, Some(target));
    let fixed = events(&args.event)?;
    let all = |sigma: f64| {
        let mut all = fixed.clone();
        all.push(DpEvent::poisson(args.rate, sigma).times(args.steps));
        DpEvent::Composed(all)
    };
    if args.steps == 0 {
        let (finding, hint) = (
            "--steps 0: there is no noise to find".to_owned(),
            "give 1 or more",
        );
        return Err(WrongUse { finding, hint }.into());
    }
    let found = calibrate(all, target, delta, Neighbouring::AddRemove)?;
    let cost = Cost::of(&all(found.noise), delta)?;
    let out = context.out;
    out.line(format!(
        "sigma {:.6}, relative to the most that one user adds",
        found.noise
    ));
    costs(context, "with it", &cost);
    out.json(&serde_json::json!({
        "noise_multiplier": found.noise,
        "target_epsilon": target,
        "delta": delta,
        "cost": cost,
    }))
}

fn check(context: &Context, file: &Path, artifact: Option<&Path>) -> anyhow::Result<()> {
    let text = fs::read_to_string(file)
        .with_context(|| format!("{}: cannot read the ledger", file.display()))?;
    let statement = Statement::read(&text).with_context(|| file.display().to_string())?;
    let own = file
        .parent()
        .filter(|folder| folder.join("manifest.json").exists());
    if let Some(folder) = artifact.or(own) {
        SynthArtifact::check_ledger(folder, file)?;
        let place = folder.display();
        let belongs = format!("it belongs to the synthesizer in {place}");
        context.out.line(belongs);
    }
    show(context, &statement);
    context.out.line("its events cost no more than it says");
    context.out.json(&statement)
}

/// The delta, with what has to be said about a large one.
fn delta(context: &Context, chance: &Chance) -> Result<Delta, PrivacyError> {
    let delta = if chance.insist {
        Delta::insisted(chance.delta)?
    } else {
        Delta::new(chance.delta)?
    };
    if delta.get() > Delta::LIMIT {
        let chance = delta.get();
        context.out.note(format!(
            "warning: with chance {chance} a release may give a user away"
        ));
    }
    chance
        .users
        .map_or(Ok(delta), |users| delta.for_users(users))
}

fn warn(context: &Context, epsilon: Option<Epsilon>) {
    if let Some(warning) = epsilon.and_then(Epsilon::warning) {
        context.out.note(format!("warning: {warning}"));
    }
}

fn show(context: &Context, statement: &Statement) {
    if statement.events.len() > 1 {
        for event in &statement.events {
            let alone = figure(event.alone.epsilon);
            context
                .out
                .line(format!("{:<32} epsilon alone {alone}", event.name));
        }
    }
    for declared in &statement.public {
        context
            .out
            .line(format!("{:<32} public: {}", declared.name, declared.why));
    }
    costs(
        context,
        &format!("at delta {:e}", statement.delta.get()),
        &statement.composed,
    );
}

fn costs(context: &Context, when: &str, cost: &Cost) {
    let (out, figures) = (context.out, [cost.remove, cost.add].map(figure));
    out.line(format!(
        "epsilon {} {when}, one user added or removed",
        figure(cost.epsilon)
    ));
    out.line(format!("  removed {}, added {}", figures[0], figures[1]));
    out.line(format!(
        "  {} when a user is replaced by another",
        figure(cost.replace_one)
    ));
    out.line(format!(
        "  {} by Renyi divergences, for comparison only",
        figure(cost.renyi)
    ));
}

/// Rounded upwards: a printed epsilon is a bound too.
fn figure(epsilon: Option<f64>) -> String {
    epsilon.map_or("infinite".to_owned(), |epsilon| {
        format!("{:.4}", (epsilon * 1e4).ceil() / 1e4)
    })
}
