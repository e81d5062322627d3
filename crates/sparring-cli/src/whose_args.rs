//! Whose events a saved model is asked about: those of known users, or a new history.

use std::path::PathBuf;

use clap::Args;

/// A saved model, and users or a history.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("whose").required(true).args(["users", "history"])))]
pub(crate) struct Whose {
    /// Folder of a saved model.
    #[arg(long, value_name = "DIR")]
    pub(crate) model: PathBuf,
    /// CSV file of users, header `user`: users of the training data.
    #[arg(long, value_name = "FILE")]
    pub(crate) users: Option<PathBuf>,
    /// Items that a new user has had, in order.
    #[arg(long, value_delimiter = ',', value_name = "ITEM,ITEM")]
    pub(crate) history: Vec<String>,
    /// The training log, if it is no longer where the model was trained from.
    #[arg(long, value_name = "D")]
    pub(crate) data: Option<String>,
}
