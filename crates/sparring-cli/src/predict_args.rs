//! The arguments of `sparring predict`.

use std::path::PathBuf;

use clap::Args;

/// `sparring predict`
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("whose").required(true).args(["users", "history"])))]
pub(crate) struct Predict {
    /// Folder of a saved model of the next item: markov, gru4rec or sasrec.
    #[arg(long, value_name = "DIR")]
    pub(crate) model: PathBuf,
    /// CSV file of users, header `user`: users of the training data.
    #[arg(long, value_name = "FILE")]
    pub(crate) users: Option<PathBuf>,
    /// Items that a user has had, in order.
    #[arg(long, value_delimiter = ',', value_name = "ITEM,ITEM")]
    pub(crate) history: Vec<String>,
    /// Number of events to come, each the likeliest given those before it.
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(crate) steps: usize,
    /// How likely this item is next, instead of what is next.
    #[arg(long, value_name = "ITEM", conflicts_with = "steps")]
    pub(crate) item: Option<String>,
    /// Refuse a history with items that the model does not know, instead of leaving them out.
    #[arg(long)]
    pub(crate) strict: bool,
    /// The training log, if it is no longer where the model was trained from.
    #[arg(long, value_name = "D")]
    pub(crate) data: Option<String>,
    /// CSV file to write: user,step,item,rank,probability.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}
