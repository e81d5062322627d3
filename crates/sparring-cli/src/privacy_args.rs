//! The arguments of `sparring privacy`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use sparring::privacy::DpEvent;

/// `sparring privacy`
#[derive(Debug, Subcommand)]
pub(crate) enum Privacy {
    /// The epsilon of noisy releases, each alone and all composed.
    Epsilon(EpsilonArgs),
    /// The least noise that reaches an epsilon.
    Calibrate(CalibrateArgs),
    /// Check a saved ledger: whether its events cost no more than it says.
    Ledger {
        /// The ledger.
        file: PathBuf,
        /// The folder of the synthesizer that it should belong to [default: its own, if it holds one].
        #[arg(long, value_name = "DIR")]
        artifact: Option<PathBuf>,
    },
}

/// The chance with which the guarantee may fail.
#[derive(Debug, Args)]
pub(crate) struct Chance {
    /// The chance with which the guarantee may fail, at most 1e-5 unless --insist.
    #[arg(long, value_name = "D", allow_negative_numbers = true)]
    pub(crate) delta: f64,
    /// Take a larger delta, knowing that with that chance a release may give a user away.
    #[arg(long)]
    pub(crate) insist: bool,
    /// The number of users, if it is public: a delta above one over it is refused.
    #[arg(long, value_name = "N")]
    pub(crate) users: Option<u64>,
}

/// `sparring privacy epsilon`
#[derive(Debug, Args)]
pub(crate) struct EpsilonArgs {
    /// Noise multiplier of a Gaussian: standard deviation over the most that one user adds.
    #[arg(long, value_name = "S", allow_negative_numbers = true)]
    pub(crate) sigma: Option<f64>,
    /// Chance with which each user is in the sample of a step (Poisson sampling) [default: 1].
    #[arg(
        long,
        value_name = "Q",
        requires = "sigma",
        allow_negative_numbers = true
    )]
    pub(crate) rate: Option<f64>,
    /// Number of steps [default: 1].
    #[arg(long, value_name = "N", requires = "sigma")]
    pub(crate) steps: Option<u64>,
    /// Another release: gaussian:SIGMA, laplace:SCALE, discrete:SIGMA:SENSITIVITY or
    /// poisson:RATE:SIGMA, each with xN for N times; or thresholded:SIGMA:DELTA. May be given again.
    #[arg(long, value_name = "EVENT")]
    pub(crate) event: Vec<String>,
    /// An epsilon that must not be passed: more is refused.
    #[arg(long, value_name = "E", allow_negative_numbers = true)]
    pub(crate) budget: Option<f64>,
    #[command(flatten)]
    pub(crate) chance: Chance,
}

/// `sparring privacy calibrate`
#[derive(Debug, Args)]
pub(crate) struct CalibrateArgs {
    /// The epsilon to reach, add or remove one user.
    #[arg(long, value_name = "E", allow_negative_numbers = true)]
    pub(crate) epsilon: f64,
    /// Chance with which each user is in the sample of a step (Poisson sampling).
    #[arg(
        long,
        value_name = "Q",
        default_value_t = 1.0,
        allow_negative_numbers = true
    )]
    pub(crate) rate: f64,
    /// Number of steps.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) steps: u64,
    /// A release whose noise is fixed, in the notation of `privacy epsilon`; may be given again.
    #[arg(long, value_name = "EVENT")]
    pub(crate) event: Vec<String>,
    #[command(flatten)]
    pub(crate) chance: Chance,
}

/// The events that were written out.
pub(crate) fn events(texts: &[String]) -> anyhow::Result<Vec<DpEvent>> {
    texts.iter().map(|text| Ok(text.parse()?)).collect()
}
