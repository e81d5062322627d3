//! What can be wrong with an attack.

use super::Attack;

/// Why there is no such attack, or why it cannot be made on this log.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AttackError {
    /// No attack has this name.
    #[error("there is no attack `{name}`{}", nearest.map_or_else(String::new, |n| format!(", did you mean `{n}`?")))]
    UnknownAttack {
        /// The name given.
        name: String,
        /// The nearest name there is.
        nearest: Option<&'static str>,
    },
    /// A rate is no share.
    #[error("the rate of an attack must be above 0 and at most 1, got {found}")]
    Rate {
        /// What was given.
        found: f64,
    },
    /// There are not enough items to push.
    #[error(
        "the less popular half of the training items has {found} items, {wanted} targets are drawn from it"
    )]
    TooFewItems {
        /// Number of targets.
        wanted: usize,
        /// Number of items to draw them from.
        found: usize,
    },
}

impl AttackError {
    pub(super) fn unknown(name: &str) -> Self {
        let names = Attack::ALL.into_iter().map(Attack::name);
        let nearest = names
            .map(|known| (strsim::damerau_levenshtein(name, known), known))
            .filter(|&(distance, _)| distance <= 2.max(name.len() / 3))
            .min()
            .map(|(_, known)| known);
        Self::UnknownAttack {
            name: name.to_owned(),
            nearest,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::UnknownAttack { .. } => "use random, average, bandwagon or noise",
            Self::Rate { .. } => "give shares such as 0.01,0.05",
            Self::TooFewItems { .. } => "use a log of more items, or draw fewer with --targets",
        }
    }

    /// Whether the caller asked for something that does not exist, rather than something failing.
    pub fn is_wrong_use(&self) -> bool {
        !matches!(self, Self::TooFewItems { .. })
    }
}
