//! `sparring data`: look at data, fetch named sets, split, thin or simulate a log.

use sparring::data::{Dataset, Duplicates, SETS, Spread, Summary, fetch, resolve};
use sparring::split::{
    ColdItems, GlobalTemporal, Holdout, LeaveOneOut, RandomRatio, Splitter, Thinning, UserHoldout,
};

use super::{load, plant};
use crate::cli::{Data, Reading, SplitArgs, ThinArgs};
use crate::context::Context;
use crate::failure::WrongUse;

/// Runs one of the sub-commands.
pub(crate) fn run(context: &Context, command: &Data) -> anyhow::Result<()> {
    match command {
        Data::List => list(context),
        Data::Fetch { name } => bring(context, name),
        Data::Inspect { data, reading } => inspect(context, data, reading),
        Data::Split(args) => split(context, args),
        Data::Thin(args) => thin(context, args),
        Data::Simulate(args) => plant::run(context, args),
    }
}

fn list(context: &Context) -> anyhow::Result<()> {
    let row = |name: &str, about: &str, licence: &str| {
        vec![name.to_owned(), about.to_owned(), licence.to_owned()]
    };
    let mut rows: Vec<Vec<String>> = SETS
        .iter()
        .map(|s| row(s.name, s.about, s.licence))
        .collect();
    rows.push(row(
        "planted",
        "simulated: planted:users=2000,items=500,events=40,seed=3",
        "none needed",
    ));
    for row in &rows {
        context
            .out
            .line(format!("{:<14} {}  [{}]", row[0], row[1], row[2]));
    }
    let json: Vec<_> = rows
        .iter()
        .map(|row| serde_json::json!({ "name": row[0], "about": row[1], "licence": row[2] }))
        .collect();
    context.out.json(&json)
}

fn bring(context: &Context, name: &str) -> anyhow::Result<()> {
    context.out.note(format!(
        "fetching {name}; its licence is its owners', see `sparring data list`"
    ));
    let fetched = fetch(name, &context.cache)?;
    let folder = fetched.folder.display();
    context
        .out
        .line(format!("{name} is in {folder} ({})", fetched.origin));
    context.out.json(&serde_json::json!({
        "name": name, "folder": fetched.folder, "origin": fetched.origin,
    }))
}

fn inspect(context: &Context, argument: &str, reading: &Reading) -> anyhow::Result<()> {
    let path = resolve(argument, &context.cache)?;
    // Duplicates are counted here, not refused.
    let options = sparring::data::LoadOptions {
        duplicates: Duplicates::All,
        ..load::options(reading)?
    };
    let summary = Summary::of(&Dataset::load(&path, &options)?);
    let out = context.out;
    out.line(format!(
        "{} users, {} items, {} interactions, density {:.4} %",
        summary.users,
        summary.items,
        summary.interactions,
        100.0 * summary.density
    ));
    let head = [
        "", "min", "5 %", "25 %", "median", "75 %", "95 %", "max", "mean", "gini",
    ];
    let rows = [
        spread("events a user", &summary.activity),
        spread("events an item", &summary.popularity),
    ];
    out.table(&head.map(str::to_owned), &rows);
    if let Some(ratings) = &summary.ratings {
        let list: Vec<String> = ratings
            .iter()
            .map(|(rating, n)| format!("{rating}: {n}"))
            .collect();
        out.line(format!("ratings     {}", list.join("  ")));
    }
    match &summary.times {
        Some((first, last)) => out.line(format!("times       {first} to {last}")),
        None => out.line("times       none"),
    }
    out.line(format!("duplicates  {}", summary.duplicates));
    out.line(format!(
        "memory      {:.1} bytes an interaction",
        summary.bytes_per_interaction
    ));
    out.json(&summary)
}

fn spread(name: &str, s: &Spread) -> Vec<String> {
    let counts = [s.min, s.p5, s.p25, s.median, s.p75, s.p95, s.max].map(|count| count.to_string());
    let mut row = vec![name.to_owned()];
    row.extend(counts);
    row.extend([format!("{:.1}", s.mean), format!("{:.3}", s.gini)]);
    row
}

fn split(context: &Context, args: &SplitArgs) -> anyhow::Result<()> {
    let log = load::log(context, &args.data, &args.reading)?;
    let (validation, test) = (args.valid_share, args.test_share);
    let splitter: Box<dyn Splitter> = match args.protocol.as_str() {
        "random" => Box::new(RandomRatio {
            validation,
            test,
            per_user: false,
        }),
        "leave-one-out" => Box::new(LeaveOneOut {
            validation: validation > 0.0,
        }),
        "temporal" => Box::new(GlobalTemporal { validation, test }),
        "users" => Box::new(UserHoldout {
            validation,
            test,
            ..UserHoldout::default()
        }),
        "cold-items" => Box::new(ColdItems { validation, test }),
        other => {
            let finding = format!("--protocol: there is no protocol `{other}`");
            return Err(WrongUse {
                finding,
                hint: "use random, leave-one-out, temporal, users or cold-items",
            }
            .into());
        }
    };
    let split = splitter.split(&log, context.seed())?;
    let mut files = vec![("train.csv", split.train.clone())];
    let mut add = |holdout: &Holdout, names: [&'static str; 2]| {
        if holdout.has_new_users() {
            files.push((names[0], holdout.known.clone()));
        }
        files.push((names[1], holdout.relevant.clone()));
    };
    if let Some(validation) = &split.validation {
        add(validation, ["valid_known.csv", "valid.csv"]);
    }
    add(&split.test, ["test_known.csv", "test.csv"]);
    let mut written = Vec::new();
    for (name, part) in files {
        load::write(&args.out.join(name), part.to_csv().as_bytes())?;
        context
            .out
            .line(format!("{name:<16} {} interactions", part.n_interactions()));
        written.push(serde_json::json!({ "file": name, "interactions": part.n_interactions() }));
    }
    context
        .out
        .line(format!("written to {}", args.out.display()));
    context.out.json(&written)
}

fn thin(context: &Context, args: &ThinArgs) -> anyhow::Result<()> {
    let log = load::log(context, &args.data, &args.reading)?;
    let thinning = Thinning {
        users: args.users_share,
        cut: args.cut_share,
        keep: args.keep,
    };
    let thin = thinning.apply(&log, context.seed())?;
    load::write(&args.out, thin.to_csv().as_bytes())?;
    let active = |data: &Dataset| {
        let users = data.user_indices();
        users.filter(|&user| !data.history(user).is_empty()).count()
    };
    let (users, events) = (active(&thin), thin.n_interactions());
    context.out.line(format!(
        "{users} of {} users, {events} of {} interactions written to {}",
        active(&log),
        log.n_interactions(),
        args.out.display()
    ));
    context
        .out
        .json(&serde_json::json!({ "users": users, "interactions": events }))
}
