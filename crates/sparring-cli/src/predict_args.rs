//! The arguments of `sparring predict`.

use std::path::PathBuf;

use clap::Args;

use crate::whose_args::Whose;

/// `sparring predict`
#[derive(Debug, Args)]
pub(crate) struct Predict {
    #[command(flatten)]
    pub(crate) whose: Whose,
    /// Number of events to come, each the likeliest given those before it.
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(crate) steps: usize,
    /// How likely this item is next, and how the user would rate it, instead of what is next.
    #[arg(long, value_name = "ITEM", conflicts_with = "steps")]
    pub(crate) item: Option<String>,
    /// Refuse a history with items that the model does not know, instead of leaving them out.
    #[arg(long)]
    pub(crate) strict: bool,
    /// CSV file to write: user,step,item,rank,probability, and time,rating,stopped of eventgan.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}
