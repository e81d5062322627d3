//! Why an audit cannot be made.

use std::path::PathBuf;

use crate::fidelity::FidelityError;
use crate::privacy::PrivacyError;
use crate::recommend::FitError;
use crate::synth::SynthError;

/// Why an audit cannot be made, or what it found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
    /// Too few users to tell anything from chance, or to hide among.
    #[error(
        "the {log} log has {found} users with events, {needed} are needed: with fewer an attack that fails proves nothing"
    )]
    TooFewUsers {
        /// Which log.
        log: &'static str,
        /// How many it has.
        found: usize,
        /// How many it must have.
        needed: usize,
    },
    /// The held-out users are among the real ones.
    #[error("{shared} of the {of} held-out users are among the real users {how}")]
    Overlap {
        /// How many are.
        shared: usize,
        /// How many there are.
        of: usize,
        /// By what they are known.
        how: &'static str,
    },
    /// There is no noisy release to look at.
    #[error("`{synthesizer}` makes no release with noise")]
    NoRelease {
        /// The synthesizer.
        synthesizer: &'static str,
    },
    /// Too few canaries.
    #[error("{found} canaries, {needed} are needed at least")]
    FewCanaries {
        /// How many were asked for.
        found: usize,
        /// How many are needed.
        needed: usize,
    },
    /// The catalogue has no room for canaries that differ.
    #[error("the catalogue has {found} items, {needed} are needed for canaries that differ")]
    SmallCatalogue {
        /// How many it has.
        found: usize,
        /// How many are needed.
        needed: usize,
    },
    /// A guarantee is told, and what it stands on is not there.
    #[error("{}: tells of a guarantee, but there is no ledger.json beside it", summary.display())]
    NoLedger {
        /// The file that tells.
        summary: PathBuf,
    },
    /// A file beside the synthetic users cannot be read.
    #[error("{}: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// A ledger is no ledger, or costs more than it says.
    #[error("{}: {source}", path.display())]
    Ledger {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: PrivacyError,
    },
    /// A ledger is not that of the users beside it.
    #[error("{}: says `{ledger}`, summary.json beside it says `{summary}`", path.display())]
    OtherLedger {
        /// The file.
        path: PathBuf,
        /// Its guarantee.
        ledger: String,
        /// The one that was told.
        summary: String,
    },
    /// The claimed guarantee is refuted.
    #[error(
        "{what}: epsilon is {found:.3} at least (95 % confidence, delta {delta:.1e}), {claimed:.3} is claimed"
    )]
    Refuted {
        /// Which attack.
        what: String,
        /// The lower bound.
        found: f64,
        /// The claim.
        claimed: f64,
        /// The delta of both.
        delta: f64,
    },
    /// The logs cannot be compared.
    #[error(transparent)]
    Fidelity(#[from] FidelityError),
    /// A synthesizer could not be fitted.
    #[error(transparent)]
    Synth(#[from] SynthError),
    /// Neighbours or directions could not be found.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// There is no such guarantee.
    #[error(transparent)]
    Privacy(#[from] PrivacyError),
    /// Stopped on request.
    #[error("stopped before the audit was finished")]
    Cancelled,
}

impl AuditError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::TooFewUsers { .. } => {
                "give logs of more users, or let more of them pass --min-rating"
            }
            Self::Overlap { .. } => {
                "hold out users whom the synthesizer never saw: `sparring data split --protocol users`"
            }
            Self::NoRelease { .. } => "audit the synthesizer `private`",
            Self::FewCanaries { .. } => "give 1000 or more with --canaries",
            Self::SmallCatalogue { .. } => "use a log of more items",
            Self::NoLedger { .. } => {
                "put the ledger back that was written with the users, or name the claim with --epsilon"
            }
            Self::Unreadable { .. } => "give the folder that `sparring synthesize` has written",
            Self::Ledger { source, .. } => source.hint(),
            Self::OtherLedger { .. } => "use the ledger that was written with these users",
            Self::Refuted { .. } => {
                "do not share these users: the guarantee does not hold; look for what was released \
                 without noise or is not in the ledger"
            }
            Self::Fidelity(error) => error.hint(),
            Self::Synth(error) => error.hint(),
            Self::Fit(error) => error.hint(),
            Self::Privacy(error) => error.hint(),
            Self::Cancelled => "run again; earlier results are untouched",
        }
    }

    /// Whether the caller asked for something that does not exist, rather than something failing.
    pub fn is_wrong_use(&self) -> bool {
        match self {
            Self::NoRelease { .. } | Self::FewCanaries { .. } | Self::Privacy(_) => true,
            Self::Synth(error) => error.is_wrong_use(),
            _ => false,
        }
    }
}
