//! `sparring data simulate`: a log for a demo or a load test.

use std::time::Instant;

use sparring::data::PlantedConfig;
use sparring::experiment::plant;
use sparring::synth::INTERACTIONS;

use super::synthesize::{check, draw, speed};
use crate::cli::SimulateArgs;
use crate::context::Context;
use crate::failure::WrongUse;

/// Draws users from a saved synthesizer, or plants some.
pub(crate) fn run(context: &Context, args: &SimulateArgs) -> anyhow::Result<()> {
    if let Some(from) = &args.from {
        return draw(context, from, args.users, &args.out);
    }
    check(args.users, &args.out)?;
    let config = planted(args)?;
    let start = Instant::now();
    let made = plant(&config, context.config.seed, &args.out, context.host())?;
    context.bars.clear();
    let told = speed(made.users, made.interactions, start);
    context.out.line(format!("planted; {told}"));
    let place = args.out.join(INTERACTIONS);
    context.out.line(format!("written to {}", place.display()));
    context.out.json(&made)
}

/// What to plant.
fn planted(args: &SimulateArgs) -> Result<PlantedConfig, WrongUse> {
    let usual = PlantedConfig::default();
    for (name, number) in [("items", args.items), ("events", args.events)] {
        if number == Some(0) {
            return Err(WrongUse {
                finding: format!("--{name} 0: there is nothing to plant"),
                hint: "give 1 or more, or leave it out for the usual number",
            });
        }
    }
    let users = args.users.map(usize::try_from);
    let users = users.transpose().ok().filter(|users| {
        // Their factors are held in memory, 24 bytes each.
        users.is_none_or(|users| users < usize::MAX / 64)
    });
    let Some(users) = users else {
        return Err(WrongUse {
            finding: "--users: there is no room for the factors of so many".to_owned(),
            hint: "give fewer; a saved synthesizer (--from) draws any number",
        });
    };
    Ok(PlantedConfig {
        n_users: users.unwrap_or(usual.n_users),
        n_items: args.items.map_or(usual.n_items, |items| items as usize),
        mean_events: args.events.map_or(usual.mean_events, f64::from),
        ..usual
    })
}
