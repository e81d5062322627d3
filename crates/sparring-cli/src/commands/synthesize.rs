//! `sparring synthesize`: users that never lived.

use std::time::Instant;

use sparring::artifact::{Provenance, SynthArtifact};
use sparring::data::{Columns, Dataset, UserTable, resolve};
use sparring::experiment::{RealUsers, fit_synthesizer, synthesize};
use sparring::synth::{INTERACTIONS, Output};

use super::load;
use crate::cli::Synthesize;
use crate::context::Context;
use crate::failure::WrongUse;

/// Fits a synthesizer or loads one, and writes its users.
pub(crate) fn run(context: &Context, args: &Synthesize) -> anyhow::Result<()> {
    if args.users == Some(0) {
        let finding = "--users 0: there is nobody to make".to_owned();
        return Err(WrongUse {
            finding,
            hint: "give 1 or more, or leave it out for as many as there are real ones",
        }
        .into());
    }
    // Before the work, not after it.
    drop(Output::begin(&args.out)?);
    let start = Instant::now();
    let synthesizer = match &args.from {
        Some(folder) => SynthArtifact::load(folder)?,
        None => fit(context, args)?,
    };
    let fitted = start.elapsed().as_secs_f64();
    if let Some(folder) = &args.save {
        synthesizer.save(folder)?;
    }
    let users = args.users.unwrap_or(synthesizer.data.users as u64);
    let start = Instant::now();
    let seed = context.config.seed;
    let made = synthesize(&synthesizer, users, seed, &args.out, context.host())?;
    context.bars.clear();
    let written = start.elapsed().as_secs_f64();
    let (out, verb) = (
        context.out,
        if args.from.is_some() {
            "loaded"
        } else {
            "fitted"
        },
    );
    out.line(format!(
        "{} {verb} in {fitted:.2} s; {} users with {} interactions drawn in {written:.2} s ({:.0} \
         users a second)",
        made.model,
        made.users,
        made.interactions,
        made.users as f64 / written.max(1e-9)
    ));
    if let Some(folder) = &args.save {
        out.line(format!("synthesizer saved in {}", folder.display()));
    }
    let place = args.out.join(INTERACTIONS);
    out.line(format!("written to {}", place.display()));
    for note in &made.notes {
        out.line(note.clone());
    }
    out.line(format!("privacy guarantee: {}", made.privacy));
    out.json(&made)
}

/// Fits the synthesizer that is asked for.
fn fit(context: &Context, args: &Synthesize) -> anyhow::Result<SynthArtifact> {
    let config = context.config.synth(&args.model)?;
    if let Some(folder) = &args.save {
        SynthArtifact::check_saves(&config, folder)?;
    }
    let argument = args.data.as_deref().unwrap_or_default();
    let path = resolve(argument, &context.cache)?;
    let options = load::options(&args.reading)?;
    let log = Dataset::load(&path, &options)?;
    let real = RealUsers {
        table: table(context, args, &log)?,
        origin: Provenance::of(&log, Some(argument.to_owned()), args.reading.min_rating),
        columns: Columns::of(&path, options.format)?,
        log,
    };
    let seed = context.config.seed;
    Ok(fit_synthesizer(config, real, seed, context.host())?)
}

/// What is known of the users, if a table of it is named.
fn table(context: &Context, args: &Synthesize, log: &Dataset) -> anyhow::Result<Option<UserTable>> {
    let Some(path) = &args.attributes else {
        return Ok(None);
    };
    let table = UserTable::load(path, log.users())?;
    for (users, finding) in [
        (
            table.absent,
            "users of the log are not in the table and tell nothing of its columns",
        ),
        (
            table.strangers,
            "users of the table are not in the log and are left out",
        ),
    ] {
        if users > 0 {
            context
                .out
                .note(format!("{}: {users} {finding}", path.display()));
        }
    }
    Ok(Some(table))
}
