//! `sparring audit`: attacks on our own synthetic users.

use std::path::{Path, PathBuf};

use sparring::audit::{Attributes, AuditError, Claim, Rate, Roc, Shadows};
use sparring::data::{Dataset, UserTable, Vocabulary, resolve};
use sparring::eval::Interval;
use sparring::experiment::{Suspects, Trap, attack_users, audit_release};
use sparring::fidelity::Logs;
use sparring::report::{Audit, Bound, audit_page};
use sparring::synth::{SynthConfig, USERS};

use super::load;
use super::synthesize::catalogue;
use crate::audit_args as args;
use crate::context::Context;
use crate::failure::WrongUse;

/// Attacks, writes what came of it, and fails if the claim is refuted.
pub(crate) fn run(context: &Context, args: &args::Audit) -> anyhow::Result<()> {
    let found = match args.canaries {
        Some(canaries) => release(context, args, canaries)?,
        None => users(context, args)?,
    };
    context.bars.clear();
    if let Some(folder) = &args.out {
        write(folder, &found)?;
    }
    show(context, &found);
    if let Some(folder) = &args.out {
        let place = folder.join("audit.html");
        context
            .out
            .line(format!("\nwritten to {}", place.display()));
    }
    context.out.json(&found)?;
    Ok(found.holds()?)
}

/// Finished synthetic users.
fn users(context: &Context, args: &args::Audit) -> anyhow::Result<Audit> {
    let named = |argument: &Option<String>| argument.clone().unwrap_or_default();
    let names = [&args.real, &args.synthetic, &args.holdout].map(named);
    let claim = match args.epsilon {
        Some(epsilon) => Some(Claim::named(epsilon, args.delta).map_err(AuditError::from)?),
        None => Claim::beside(&resolve(&names[1], &context.cache)?)?,
    };
    let synthesizer = context.config.synth(&args.shadow)?;
    let load = |argument: &str| load::log(context, argument, &args.reading);
    let [real, synthetic, holdout] = [load(&names[0])?, load(&names[1])?, load(&names[2])?];
    let public = match args.catalogue.as_deref() {
        None | Some("data") => Vec::new(),
        Some(file) => load::catalogue(Path::new(file))?,
    };
    let logs = Logs::align(&real, &synthetic, Some(&holdout), &public)?;
    let attributes = match &args.attributes {
        None => None,
        Some(file) => Some([
            attributes(file, &[&real, &holdout])?,
            attributes(
                &beside(&resolve(&names[1], &context.cache)?)?,
                &[&synthetic],
            )?,
        ]),
    };
    let suspects = Suspects {
        logs: &logs,
        names,
        attributes,
        claim,
        shadows: (args.shadows > 0).then_some(Shadows {
            synthesizer: &synthesizer,
            count: args.shadows,
        }),
        seed: context.config.seed,
    };
    Ok(attack_users(&suspects, context.host())?)
}

/// What the users of logs are.
fn attributes(file: &Path, logs: &[&Dataset]) -> anyhow::Result<Attributes> {
    let mut users = Vocabulary::new();
    for id in logs.iter().flat_map(|log| log.users().iter()) {
        users.intern(id);
    }
    let table = UserTable::load(file, &users)?;
    Ok(Attributes::of(&table, &users))
}

/// The table of what the synthetic users are.
fn beside(users: &Path) -> Result<PathBuf, WrongUse> {
    let folder = if users.is_dir() {
        Some(users)
    } else {
        users.parent()
    };
    let table = folder
        .map(|folder| folder.join(USERS))
        .filter(|file| file.is_file());
    table.ok_or_else(|| WrongUse {
        finding: format!(
            "--attributes: there is no {USERS} beside {}",
            users.display()
        ),
        hint: "make the synthetic users with `sparring synthesize --attributes`, or leave it out",
    })
}

/// A release with canaries.
fn release(context: &Context, args: &args::Audit, canaries: usize) -> anyhow::Result<Audit> {
    let Some(epsilon) = args.epsilon else {
        return Err(WrongUse {
            finding: "--canaries: no claim is named".to_owned(),
            hint: "give --epsilon",
        }
        .into());
    };
    let claim = Claim::named(epsilon, args.delta).map_err(AuditError::from)?;
    let mut table = context.config.synth(SynthConfig::PRIVATE[0])?.to_table();
    table.insert("epsilon".to_owned(), epsilon.into());
    table.insert("delta".to_owned(), args.delta.into());
    let config = SynthConfig::from_table(SynthConfig::PRIVATE[0], table)?;
    config.ledger().map_err(AuditError::from)?;
    let name = args.data.clone().unwrap_or_default();
    let log = load::log(context, &name, &args.reading)?;
    let catalogue = catalogue(args.catalogue.as_deref().unwrap_or("data"), &log)?;
    let log = log.over(catalogue);
    let trap = Trap {
        config: &config,
        log: &log,
        name,
        claim,
        canaries,
        black_box: !args.white_box,
        seed: context.config.seed,
    };
    Ok(audit_release(&trap, context.host())?)
}

/// Writes `audit.json` and `.html`.
fn write(folder: &Path, found: &Audit) -> anyhow::Result<()> {
    let mut json = serde_json::to_vec_pretty(found)?;
    json.push(b'\n');
    load::write(&folder.join("audit.json"), &json)?;
    load::write(&folder.join("audit.html"), audit_page(found).as_bytes())
}

/// The figures for a person.
fn show(context: &Context, found: &Audit) {
    let out = context.out;
    let mut rows: Vec<Vec<String>> = Vec::new();
    for attack in &found.attacks {
        rows.push(told(&attack.name, &attack.roc));
    }
    if let Some(run) = &found.one_run {
        rows.push(told("canaries, white box", &run.white_box.roc));
        let black = run.black_box.iter();
        rows.extend(black.map(|seen| told("canaries, black box", &seen.roc)));
    }
    let head = ["attack", "AUC", "found at 1 % false", "at .1 %"].map(str::to_owned);
    out.table(&head, &rows);
    out.line("");
    let rows: Vec<Vec<String>> = found.bounds().iter().map(bound).collect();
    let head = [
        "bound from",
        "one user",
        "right",
        "epsilon at least",
        "claimed",
    ];
    out.table(&head.map(str::to_owned), &rows);
    if let Some(closest) = found.closest {
        out.line(format!(
            "\ndistance to the closest record, median (a diagnostic, no measure of privacy): real users {:.3}, \
             others {:.3}",
            closest.members, closest.outsiders
        ));
    }
    out.line("");
    for text in found.verdict.iter().chain(&found.notes) {
        out.line(text);
    }
}

fn told(name: &str, roc: &Roc) -> Vec<String> {
    let rate = |rate: &Rate| {
        rate.true_positives
            .map_or_else(|| "too few others".to_owned(), interval)
    };
    let mut row = vec![name.to_owned(), interval(roc.auc)];
    row.extend(roc.rates.iter().map(rate));
    row
}

fn interval(interval: Interval) -> String {
    let Interval { mean, low, high } = interval;
    format!("{mean:.3} [{low:.3}, {high:.3}]")
}

fn bound(bound: &Bound) -> Vec<String> {
    let (guesses, right) = bound.guesses;
    let claimed = bound.claimed;
    vec![
        bound.what.clone(),
        bound.neighbours.to_owned(),
        format!("{right} of {guesses}"),
        format!("{:.3}", bound.found),
        claimed.map_or_else(|| "-".to_owned(), |claimed| format!("{claimed:.3}")),
    ]
}
