//! The project's own checks: `cargo xtask rooms | sizes | boards | slow`.

mod boards;
mod rooms;
mod sizes;
mod slow;
mod sources;

use clap::{Parser, Subcommand};

/// The project's own checks.
#[derive(Parser)]
#[command(name = "xtask")]
struct Cli {
    #[command(subcommand)]
    check: Check,
}

#[derive(Subcommand)]
enum Check {
    /// A room of the library imports only rooms to its left.
    Rooms,
    /// No source file is longer than 600 lines.
    Sizes,
    /// Writes the table of leaderboards in the README, made from docs/leaderboards.
    Boards {
        /// Only fail if it is not up to date.
        #[arg(long)]
        check: bool,
    },
    /// The tests and benchmarks that take minutes.
    Slow,
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().check {
        Check::Rooms => rooms::check(),
        Check::Sizes => sizes::check(),
        Check::Boards { check } => boards::run(check),
        Check::Slow => slow::run(),
    }
}
