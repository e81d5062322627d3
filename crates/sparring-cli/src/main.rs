//! The command line of Sparring.

mod audit_args;
mod cli;
mod commands;
mod context;
mod data_args;
mod failure;
mod image_args;
mod output;
mod predict_args;
mod privacy_args;
mod progress;
mod release_args;
mod serve_args;
mod simulate_args;
mod whose_args;

use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Command};
use context::Context;

/// Keeps the buffers of a training step instead of giving them back to the system after each.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match Context::new(&cli.global).and_then(|context| run(&context, cli.command)) {
        Ok(()) => match output::lost() {
            None => ExitCode::SUCCESS,
            Some(error) => {
                let text = format!("standard output: cannot write the answer: {error}");
                output::error(&text, Some("make room, or send it elsewhere"));
                ExitCode::FAILURE
            }
        },
        Err(error) => {
            let told = failure::tell(&error);
            output::error(&told.text, told.hint);
            ExitCode::from(told.code)
        }
    }
}

fn run(context: &Context, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Playground(args) => commands::playground::run(context, &args),
        Command::Data(args) => commands::data::run(context, &args),
        Command::Train(args) => commands::train::run(context, &args),
        Command::Evaluate(args) => commands::evaluate::run(context, &args),
        Command::Compare(args) => commands::compare::run(context, &args),
        Command::Robustness(args) => commands::robustness::run(context, &args),
        Command::Synthesize(args) => commands::synthesize::run(context, &args),
        Command::Augment(args) => commands::augment::run(context, &args),
        Command::Fidelity(args) => commands::fidelity::run(context, &args),
        Command::Audit(args) => commands::audit::run(context, &args),
        Command::Privacy(args) => commands::privacy::run(context, &args),
        Command::Tune(args) => commands::tune::run(context, &args),
        Command::Recommend(args) => commands::recommend::run(context, &args),
        Command::Predict(args) => commands::predict::run(context, &args),
        Command::Simulate(args) => commands::simulate::run(context, &args),
        Command::Image(args) => commands::image::run(context, &args),
        Command::Imagine(args) => commands::imagine::run(context, &args),
        Command::Serve(args) => commands::serve::run(context, &args),
        Command::Models(args) => commands::models::run(context, &args),
        Command::Doctor => commands::doctor::run(context),
        Command::Schema => commands::about::schema(),
        Command::Completions { shell } => commands::about::completions(shell),
        Command::Man { out } => commands::about::man(context, &out),
    }
}
