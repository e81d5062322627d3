//! `sparring synthesize`: users that never lived.

use std::path::Path;
use std::time::Instant;

use sparring::artifact::{Provenance, SynthArtifact};
use sparring::data::{Columns, Dataset, UserTable, Vocabulary, resolve};
use sparring::experiment::{RealUsers, Request, Spent, fit_synthesizer, synthesize};
use sparring::privacy::Epsilon;
use sparring::synth::{INTERACTIONS, Output, SynthConfig, SynthError, Tally};

use super::load;
use super::release::{self, RELEASE};
use crate::cli::Synthesize;
use crate::context::Context;
use crate::failure::WrongUse;

/// The synthesizer where none is named and no guarantee is asked for.
const DEFAULT: &str = "profilegan";

/// Fits a synthesizer or loads one, and writes its users.
pub(crate) fn run(context: &Context, args: &Synthesize) -> anyhow::Result<()> {
    if let Some(folder) = &args.from {
        return draw(context, folder, args.users, &args.out);
    }
    check(args.users, &args.out)?;
    let start = Instant::now();
    let (synthesizer, real) = fit(context, args)?;
    let ready = format!("fitted in {:.2} s", start.elapsed().as_secs_f64());
    if let Some(folder) = &args.save {
        synthesizer.save(folder)?;
    }
    let wanted = Wanted {
        users: args.users,
        out: &args.out,
        saved: false,
        real: real.as_ref(),
    };
    write(context, &synthesizer, wanted, &ready)?;
    if let Some(folder) = &args.save {
        let saved = format!("synthesizer saved in {}", folder.display());
        context.out.line(saved);
    }
    Ok(())
}

/// Draws users from a saved synthesizer; as many as it was fitted to, if no number is given.
pub(crate) fn draw(
    context: &Context,
    from: &Path,
    users: Option<u64>,
    out: &Path,
) -> anyhow::Result<()> {
    check(users, out)?;
    let start = Instant::now();
    let synthesizer = SynthArtifact::load(from)?;
    let ready = format!("loaded in {:.2} s", start.elapsed().as_secs_f64());
    let wanted = Wanted {
        users,
        out,
        saved: true,
        real: None,
    };
    write(context, &synthesizer, wanted, &ready)
}

/// Users that are wanted.
#[derive(Clone, Copy)]
struct Wanted<'a> {
    /// As many as real ones, if no number is given.
    users: Option<u64>,
    out: &'a Path,
    saved: bool,
    real: Option<&'a Tally>,
}

/// What can be told before the work rather than after it.
pub(crate) fn check(users: Option<u64>, out: &Path) -> anyhow::Result<()> {
    if users == Some(0) {
        let finding = "--users 0: there is nobody to make".to_owned();
        return Err(WrongUse {
            finding,
            hint: "give 1 or more, or leave it out for the usual number",
        }
        .into());
    }
    drop(Output::begin(out)?);
    Ok(())
}

/// Writes users and says what became of it.
fn write(
    context: &Context,
    synthesizer: &SynthArtifact,
    wanted: Wanted<'_>,
    ready: &str,
) -> anyhow::Result<()> {
    let real = synthesizer.data.users as u64;
    let Some(users) = wanted.users.or((real > 0).then_some(real)) else {
        return Err(WrongUse {
            finding: "--users is missing: how many real ones there are is not told".to_owned(),
            hint: "give the number of users to draw",
        }
        .into());
    };
    let start = Instant::now();
    let request = Request {
        users,
        seed: context.config.seed,
        folder: wanted.out,
        saved: wanted.saved,
        real: wanted.real,
    };
    let made = synthesize(synthesizer, request, context.host())?;
    context.bars.clear();
    let told = context.out;
    told.line(format!(
        "{} {ready}; {}",
        made.model,
        speed(made.users, made.interactions, start)
    ));
    for note in &made.notes {
        told.line(note.clone());
    }
    let place = wanted.out.join(INTERACTIONS);
    told.line(format!("written to {}", place.display()));
    told.line(format!("privacy guarantee: {}", made.privacy));
    told.json(&made)
}

/// How many users were drawn since a time, and how fast.
pub(crate) fn speed(users: u64, interactions: u64, start: Instant) -> String {
    let written = start.elapsed().as_secs_f64();
    format!(
        "{users} users with {interactions} interactions drawn in {written:.2} s ({:.0} users a second)",
        users as f64 / written.max(1e-9)
    )
}

/// Fits the synthesizer that is asked for.
fn fit(context: &Context, args: &Synthesize) -> anyhow::Result<(SynthArtifact, Option<Tally>)> {
    if let Some(epsilon) = args.epsilon {
        return Ok((fit_privately(context, args, epsilon)?, None));
    }
    let model = args.model.as_deref().unwrap_or(DEFAULT);
    let config = context.config.synth(model)?;
    if SynthConfig::PRIVATE.contains(&model) {
        return Err(WrongUse {
            finding: format!("--model {model}: its guarantee is not named"),
            hint: "give --epsilon, --users and --catalogue",
        }
        .into());
    }
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
        spent: Spent::default(),
    };
    let (seed, tally) = (context.config.seed, Tally::of(&real.log));
    let synthesizer = fit_synthesizer(config, real, seed, context.host())?;
    Ok((synthesizer, Some(tally)))
}

/// Fits under differential privacy: nothing that was counted in the log leaves but through the noise.
fn fit_privately(
    context: &Context,
    args: &Synthesize,
    epsilon: f64,
) -> anyhow::Result<SynthArtifact> {
    let missing = |what: &str, hint| WrongUse {
        finding: format!("--epsilon: {what}"),
        hint,
    };
    let catalogue_of = args.release.catalogue.as_deref().ok_or_else(|| {
        missing(
            "no public catalogue is named",
            "give --catalogue FILE with the ids of the items, `data` if those of the log may be known to \
             all, or `release` for those that enough users have, at a part of the budget",
        )
    })?;
    if args.users.is_none() {
        let what = "how many real users there are is not told";
        return Err(missing(what, "give the number of users to draw with --users").into());
    }
    let model = args.model.as_deref().unwrap_or(SynthConfig::PRIVATE[0]);
    let mut table = context.config.synth(model)?.to_table();
    if !SynthConfig::PRIVATE.contains(&model) {
        return Err(missing(
            &format!("--model {model} has no guarantee"),
            "leave --model out, or name private or dpgan",
        )
        .into());
    }
    table.insert("epsilon".to_owned(), epsilon.into());
    release::settings(&args.release, &mut table)?;
    if let Some(file) = &args.public {
        table.insert("public".to_owned(), file.display().to_string().into());
    }
    let config = SynthConfig::from_table(model, table)?;
    // Refused before the log is read, if it is to be refused.
    let spent = release::spent(&args.release)?;
    spent.with(&config)?;
    let asked = Epsilon::new(epsilon).map_err(SynthError::from)?;
    release::warn(context, asked, args.release.delta);
    let argument = args.data.as_deref().unwrap_or_default();
    let path = resolve(argument, &context.cache)?;
    let options = load::options(&args.reading)?;
    let log = Dataset::load(&path, &options)?;
    let log = match catalogue_of {
        RELEASE => log,
        named => log.over(catalogue(named, &log)?),
    };
    let columns = release::columns(&args.release, Columns::of(&path, options.format)?)?;
    let source = Some(argument.to_owned());
    let origin = Provenance::withheld(source, args.reading.min_rating, log.n_items());
    let real = RealUsers {
        table: None,
        origin,
        columns,
        log,
        spent,
    };
    let seed = context.config.seed;
    Ok(fit_synthesizer(config, real, seed, context.host())?)
}

/// The items of a public list, or those of the log, by their ids: their order tells nothing.
pub(super) fn catalogue(named: &str, log: &Dataset) -> Result<Vocabulary, WrongUse> {
    let mut ids: Vec<String> = if named == "data" {
        log.items().iter().map(str::to_owned).collect()
    } else {
        load::catalogue(Path::new(named))?
    };
    ids.sort_unstable();
    ids.dedup();
    if ids.len() < 2 {
        return Err(WrongUse {
            finding: format!("--catalogue {named}: names {} items", ids.len()),
            hint: "name two items and more",
        });
    }
    Ok(ids.into_iter().collect())
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
