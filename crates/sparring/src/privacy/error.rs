//! Why a guarantee cannot be given.

/// Why a guarantee cannot be given.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PrivacyError {
    /// A parameter of an event is outside its range.
    #[error("{event}: {name} must be {range}, got {found}")]
    Parameter {
        /// Which kind of event.
        event: &'static str,
        /// Which parameter.
        name: &'static str,
        /// What it may be.
        range: &'static str,
        /// What was given.
        found: f64,
    },
    /// No bound is known for an event.
    #[error("{event}: {reason}, so no epsilon is given")]
    Unbounded {
        /// The event, in the notation of [`DpEvent`](crate::privacy::DpEvent).
        event: String,
        /// Why not.
        reason: &'static str,
    },
    /// More compositions than can be counted.
    #[error("{event}: more than {limit} compositions")]
    TooMany {
        /// The event.
        event: String,
        /// The largest number of them.
        limit: u64,
    },
    /// An event that cannot be read.
    #[error("`{found}` is no event: {reason}")]
    Notation {
        /// What was given.
        found: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Delta is outside (0, 1).
    #[error("delta must lie between 0 and 1, got {found}")]
    Delta {
        /// What was given.
        found: f64,
    },
    /// Delta is larger than is usually meant.
    #[error("delta {found} is above {limit}: with that chance a release may give a user away")]
    LargeDelta {
        /// What was given.
        found: f64,
        /// The largest value that needs no insisting.
        limit: f64,
    },
    /// Delta is above one over the number of users.
    #[error("delta {found} is above 1/{users}: one of the {users} users may be published outright")]
    DeltaOfUsers {
        /// What was given.
        found: f64,
        /// How many users there are.
        users: u64,
    },
    /// Epsilon is no positive number.
    #[error("epsilon must be a number above 0, got {found}")]
    Epsilon {
        /// What was given.
        found: f64,
    },
    /// No amount of noise reaches the target.
    #[error("no noise from {least} to {most} gives epsilon {epsilon}: the largest leaves {found}")]
    OutOfReach {
        /// The target.
        epsilon: f64,
        /// The smallest noise tried.
        least: f64,
        /// The largest noise tried.
        most: f64,
        /// The epsilon with the largest noise.
        found: f64,
    },
    /// The ledger has no room for another event.
    #[error(
        "`{name}`: epsilon would be {after:.6} with it, above the budget of {budget}; {before:.6} is spent"
    )]
    Budget {
        /// The name of the event.
        name: String,
        /// Epsilon of what is booked.
        before: f64,
        /// Epsilon with the event.
        after: f64,
        /// The budget.
        budget: f64,
    },
    /// Two ledgers are kept at different deltas.
    #[error(
        "the ledger is kept at delta {before}, this release at {now}: their epsilons do not compose"
    )]
    Deltas {
        /// That of what is spent.
        before: f64,
        /// That of what is to come.
        now: f64,
    },
    /// Two entries of a ledger share a name.
    #[error("`{name}` is in the ledger already")]
    Twice {
        /// The name.
        name: String,
    },
    /// A name or a reason is empty.
    #[error("an entry of a ledger has no {what}")]
    Nameless {
        /// What is missing.
        what: &'static str,
    },
    /// A saved ledger cannot be read.
    #[error("not a ledger: {reason}")]
    Unreadable {
        /// What is wrong with it.
        reason: String,
    },
    /// A saved ledger claims less than its events cost.
    #[error("the ledger says {name} = {claimed}, its events cost {found:.6}")]
    Claim {
        /// Which number.
        name: String,
        /// What it says.
        claimed: f64,
        /// What its events cost.
        found: f64,
    },
}

impl PrivacyError {
    /// Whether the caller asked for something that does not exist, rather than something failing.
    pub fn is_wrong_use(&self) -> bool {
        !matches!(
            self,
            Self::Budget { .. }
                | Self::Claim { .. }
                | Self::Unreadable { .. }
                | Self::OutOfReach { .. }
        )
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Parameter { .. } => "give a value in that range",
            Self::Unbounded { .. } => {
                "use gaussian, laplace, discrete, thresholded or poisson events, which can be bounded"
            }
            Self::TooMany { .. } => "give fewer steps",
            Self::Notation { .. } => {
                "write gaussian:SIGMA, laplace:SCALE, discrete:SIGMA[:SENSITIVITY], \
                 thresholded:SIGMA:DELTA or poisson:RATE:SIGMA, each with xN for N times"
            }
            Self::Delta { .. } => "give a small chance, such as 1e-6",
            Self::LargeDelta { .. } => "give a smaller delta, or insist on this one (--insist)",
            Self::DeltaOfUsers { .. } => "give a delta well below one over the number of users",
            Self::Epsilon { .. } => "give an epsilon such as 1 or 3",
            Self::OutOfReach { .. } => {
                "ask for a larger epsilon, or spend less on the events that are fixed"
            }
            Self::Budget { .. } => "add noise, release less, or raise the budget openly",
            Self::Deltas { .. } => "give --delta as it stands in the ledger",
            Self::Twice { .. } => "give each entry a name of its own",
            Self::Nameless { .. } => "say what was released or declared, and why",
            Self::Unreadable { .. } => "give the ledger.json that was written with the release",
            Self::Claim { .. } => {
                "do not trust this file; use the ledger that was written with the release"
            }
        }
    }
}
