//! The arguments of a release under differential privacy.

use std::path::PathBuf;

use clap::Args;

/// What a private release may hold besides items, and what it may cost.
#[derive(Debug, Args)]
#[command(next_help_heading = "Privacy")]
pub(crate) struct ReleaseArgs {
    /// The chance with which the guarantee may fail, at most 1e-5 unless --insist.
    #[arg(
        long,
        value_name = "D",
        requires = "epsilon",
        default_value_t = 1e-5,
        allow_negative_numbers = true
    )]
    pub(crate) delta: f64,
    /// Take a larger delta, knowing that with that chance a release may give a user away.
    #[arg(long, requires = "epsilon")]
    pub(crate) insist: bool,
    /// The items that may be known to all: a file with an id in each line, `data` for those of the log
    /// itself, or `release` for those that enough users have, released with noise at a part of the
    /// budget.
    #[arg(long, value_name = "FILE", requires = "epsilon")]
    pub(crate) catalogue: Option<String>,
    /// The ratings that may occur, which are public: 1..5, or 0.5,1,1.5,2. Then users have ratings, at a
    /// part of the budget.
    #[arg(long, value_name = "LIST", requires = "epsilon")]
    pub(crate) ratings: Option<String>,
    /// The range of times, which is public: 2000-01-01..2003-02-28 where they count seconds, or
    /// two numbers as they stand in the log. Then users have times, at a part of the budget.
    #[arg(long, value_name = "FROM..TO", requires = "epsilon")]
    pub(crate) times: Option<String>,
    /// The ledger of what was spent on the same users before: it counts.
    #[arg(long, value_name = "FILE", requires = "epsilon")]
    pub(crate) ledger: Option<PathBuf>,
    /// An epsilon that all releases together must not pass [default: that of the ledger].
    #[arg(
        long,
        value_name = "E",
        requires = "epsilon",
        allow_negative_numbers = true
    )]
    pub(crate) budget: Option<f64>,
}
