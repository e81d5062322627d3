//! The arguments of `sparring simulate`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::Reading;

/// `sparring simulate`
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("what").required(true).multiple(true).args(["out", "policy"])))]
pub(crate) struct Simulate {
    /// Folder of a saved model of events: eventgan.
    #[arg(long, value_name = "DIR")]
    pub(crate) model: PathBuf,
    /// Number of users [default: as many as the model was trained on, or as --after has].
    #[arg(long, value_name = "N")]
    pub(crate) users: Option<usize>,
    /// Go on with the histories of this log instead of beginning from nothing.
    #[arg(long, value_name = "D")]
    pub(crate) after: Option<String>,
    /// New events of a user at most [default: as many as the longest history the model has seen].
    #[arg(long, value_name = "N")]
    pub(crate) events: Option<usize>,
    /// Below 1 likely items become likelier, above 1 less so.
    #[arg(long, value_name = "T", default_value_t = 1.0)]
    pub(crate) temperature: f32,
    /// Candidates among which the model's discriminator chooses each event; 1 leaves it out.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) candidates: usize,
    /// CSV file to write: user,item, and rating and timestamp where the model knows them.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// A real log: how like it the simulated users behave, and whether a network can tell them apart.
    #[arg(long, value_name = "D", requires = "out")]
    pub(crate) real: Option<String>,
    /// An item file with the kinds of items (movies.dat, u.item, or CSV with item and genres), for
    /// which kinds follow which.
    #[arg(long, value_name = "FILE", requires = "real")]
    pub(crate) kinds: Option<PathBuf>,
    /// Folders of saved recommenders: the simulated users answer their lists. Takes the histories of
    /// --after, or of the model's training log.
    #[arg(long, value_delimiter = ',', value_name = "DIR,DIR")]
    pub(crate) policy: Vec<PathBuf>,
    /// What the users of --after really did next: whether it ranks the recommenders alike.
    #[arg(long, value_name = "D", requires = "policy")]
    pub(crate) test: Option<String>,
    /// Items of a list.
    #[arg(long, value_name = "K", default_value_t = 10)]
    pub(crate) list: usize,
    /// Lists in a row without an item taken after which a user leaves.
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub(crate) patience: usize,
    /// CSV file for the comparison of recommenders.
    #[arg(long, value_name = "FILE", requires = "policy")]
    pub(crate) report: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) reading: Reading,
}
