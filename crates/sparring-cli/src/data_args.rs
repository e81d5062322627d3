//! The arguments of `sparring data`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::Reading;

/// `sparring data`
#[derive(Debug, Subcommand)]
pub(crate) enum Data {
    /// List the named sets.
    List,
    /// Bring a named set to this machine, checked by its hash.
    Fetch {
        /// Name of the set.
        name: String,
    },
    /// Count users, items, activity, popularity, times and duplicates.
    Inspect {
        /// A named set, a file or a folder.
        data: String,
        #[command(flatten)]
        reading: Reading,
    },
    /// Write the parts of a log as CSV files.
    Split(SplitArgs),
    /// Leave out users and events by lot, to see what a recommender does with less.
    Thin(ThinArgs),
    /// Make a log for a demo or a load test at any scale, from a saved synthesizer or from nothing.
    Simulate(SimulateArgs),
}

/// `sparring data simulate`
#[derive(Debug, Args)]
pub(crate) struct SimulateArgs {
    /// A synthesizer saved by `sparring synthesize --save`, which alone is needed [default: planted
    /// users, whom no data stand behind].
    #[arg(long, value_name = "DIR", conflicts_with_all = ["items", "events"])]
    pub(crate) from: Option<PathBuf>,
    /// Number of users [default: as many as the synthesizer was fitted to, or 600].
    #[arg(long, value_name = "N")]
    pub(crate) users: Option<u64>,
    /// Number of items of planted users [default: 400].
    #[arg(long, value_name = "N")]
    pub(crate) items: Option<u32>,
    /// Mean number of events of a planted user [default: 40].
    #[arg(long, value_name = "N")]
    pub(crate) events: Option<u32>,
    /// Folder for interactions.csv and summary.json.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
}

/// `sparring data thin`
#[derive(Debug, Args)]
pub(crate) struct ThinArgs {
    /// A named set, a file or a folder.
    pub(crate) data: String,
    /// Share of the users that stay.
    #[arg(long, value_name = "SHARE", default_value_t = 1.0)]
    pub(crate) users_share: f64,
    /// Share of the users that stay whose history is cut.
    #[arg(
        long,
        value_name = "SHARE",
        default_value_t = 1.0,
        allow_negative_numbers = true
    )]
    pub(crate) cut_share: f64,
    /// Share of a cut history that is kept, at least one event.
    #[arg(long, value_name = "SHARE", default_value_t = 1.0)]
    pub(crate) keep: f64,
    /// CSV file to write.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

/// `sparring data split`
#[derive(Debug, Args)]
pub(crate) struct SplitArgs {
    /// A named set, a file or a folder.
    pub(crate) data: String,
    /// How: random, leave-one-out, temporal, users, cold-items.
    #[arg(long, value_name = "P", default_value = "random")]
    pub(crate) protocol: String,
    /// Share of the test part (random, temporal, users, cold-items).
    #[arg(long, value_name = "SHARE", default_value_t = 0.2)]
    pub(crate) test_share: f64,
    /// Share of the validation part; 0 for none.
    #[arg(long, value_name = "SHARE", default_value_t = 0.1)]
    pub(crate) valid_share: f64,
    /// Folder to write to.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) reading: Reading,
}
