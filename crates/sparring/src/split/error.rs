//! Why a log could not be split.

use crate::data::Dataset;

/// Why a log could not be split.
#[derive(Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SplitError {
    /// Fewer than two users or items.
    #[error("a split needs at least 2 {what}, the log has {found}")]
    TooFew {
        /// Users or items.
        what: &'static str,
        /// How many there are.
        found: usize,
    },
    /// A share is outside its range.
    #[error("the share of the {name} part must be between 0 and 1, got {found}")]
    Share {
        /// Which part.
        name: &'static str,
        /// What was given.
        found: f64,
    },
    /// A share of thinning is outside its range.
    #[error("the share `{name}` must be at most 1 and above 0 (`cut` may be 0), got {found}")]
    Thinning {
        /// Which share.
        name: &'static str,
        /// What was given.
        found: f64,
    },
    /// Validation and test leave nothing to train on.
    #[error("validation {validation} and test {test} leave nothing for training")]
    NothingLeft {
        /// Share of the validation part.
        validation: f64,
        /// Share of the test part.
        test: f64,
    },
    /// A part has no interaction.
    #[error("the {part} part would have no interaction")]
    Empty {
        /// Which part.
        part: &'static str,
    },
    /// A split by time of a log without times.
    #[error("a split by time needs timestamps, the log has none")]
    NoTimes,
    /// Given parts whose ids differ.
    #[error("the {part} part does not share the ids of the training part")]
    Vocabulary {
        /// Which part.
        part: &'static str,
    },
    /// A given validation part that lies partly inside the training part.
    #[error("{inside} of {total} validation interactions are in the training part as well")]
    PartlyInside {
        /// How many are in both.
        inside: usize,
        /// How many there are.
        total: usize,
    },
    /// A given validation part with interactions of the test part: tuning would see the test.
    #[error("{shared} of {total} validation interactions are in the test part as well")]
    TestSeen {
        /// How many are in both.
        shared: usize,
        /// How many there are.
        total: usize,
    },
    /// Users who should be new to training are in it.
    #[error("{known} of {total} users with held-out events, who should be new, are in training")]
    KnownUser {
        /// How many are in training.
        known: usize,
        /// How many there are.
        total: usize,
    },
}

impl SplitError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::TooFew { .. } => "check the columns of the file, or use a larger log",
            Self::Share { .. } | Self::Thinning { .. } => "use a share such as 0.2",
            Self::KnownUser { .. } => {
                "take these users out of training, or leave out the files of known events"
            }
            Self::NothingLeft { .. } => "lower one of the shares, for example to 0.1 and 0.2",
            Self::Empty { .. } => "raise its share or use a larger log",
            Self::NoTimes => "name the column of times, or split at random",
            Self::Vocabulary { .. } => "load the parts together, so that they share their ids",
            Self::PartlyInside { .. } => {
                "give a validation part that is a part of training, or disjoint from it"
            }
            Self::TestSeen { .. } => {
                "take them out of the validation part, since tuning must not see the test"
            }
        }
    }

    /// The error if a part has no interaction.
    pub(super) fn if_empty(part: &'static str, data: &Dataset) -> Result<(), Self> {
        if data.n_interactions() == 0 {
            return Err(Self::Empty { part });
        }
        Ok(())
    }
}
