//! The arguments of `sparring audit`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::Reading;

/// `sparring audit`
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("what").required(true).args(["synthetic", "canaries"])))]
pub(crate) struct Audit {
    /// The users that the synthetic ones were made from.
    #[arg(long, value_name = "D", requires_all = ["synthetic", "holdout"])]
    pub(crate) real: Option<String>,
    /// Real users whom the synthesizer has not seen, parted from the others by lot.
    #[arg(long, value_name = "D", requires = "real")]
    pub(crate) holdout: Option<String>,
    /// The synthetic users; a ledger.json beside them is the claim.
    #[arg(long, value_name = "D", requires = "real", conflicts_with = "canaries")]
    pub(crate) synthetic: Option<String>,
    /// Put N users that are made to be found among those of --data, each by a coin, release once under
    /// --epsilon and guess who was there; 1000 and more.
    #[arg(long, value_name = "N", requires_all = ["data", "epsilon"])]
    pub(crate) canaries: Option<usize>,
    /// The log among whose users canaries are put.
    #[arg(long, value_name = "D", requires = "canaries")]
    pub(crate) data: Option<String>,
    /// The claimed epsilon: of the release, or in the place of the ledger's.
    #[arg(long, value_name = "E", allow_negative_numbers = true)]
    pub(crate) epsilon: Option<f64>,
    /// The claimed delta.
    #[arg(
        long,
        value_name = "D",
        requires = "epsilon",
        default_value_t = 1e-5,
        allow_negative_numbers = true
    )]
    pub(crate) delta: f64,
    /// The items that may be known to all: a file with an id in each line, or `data` for those of the
    /// log itself (the default with --canaries).
    #[arg(long, value_name = "FILE")]
    pub(crate) catalogue: Option<String>,
    /// A table of what real and held-out users are, as for `synthesize --attributes`: inferred from the
    /// users.csv beside the synthetic ones.
    #[arg(long, value_name = "FILE", requires = "synthetic")]
    pub(crate) attributes: Option<PathBuf>,
    /// Leave out the synthetic users of a release with canaries: the noisy sums alone are attacked.
    #[arg(long, requires = "canaries")]
    pub(crate) white_box: bool,
    /// The synthesizer of the shadow models.
    #[arg(
        long,
        value_name = "NAME",
        default_value = "gaussian",
        conflicts_with = "canaries"
    )]
    pub(crate) shadow: String,
    /// Number of shadow models; 0 leaves the likelihood ratio out.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 64,
        conflicts_with = "canaries"
    )]
    pub(crate) shadows: usize,
    /// Folder for audit.json and .html [default: none are written].
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) reading: Reading,
}
