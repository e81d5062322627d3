//! A regression from what is known of an item to its place among the others, for items that nobody has.
//!
//! ```text
//! place(i) = m + k(i, A) (K_AA + l2)^-1 (E_A - m)        k(i, j) = (<i, j> + 1/2)^degree
//! ```
//!
//! `E` are the places of the items that somebody has in the space of a recommender's scores
//! (`cold/space.rs`); `<i, j>` is what two items have in common (`cold/content.rs`). With `degree` 1 this is
//! the ridge regression of places on facts (Hoerl and Kennard, 1970, in its dual form); with 2, pairs of facts
//! count too. Items that somebody has are ranked as by the recommender. Without facts (`--facts`) the
//! others have no place, and a score of 0.

use serde::{Deserialize, Serialize};

use super::check;
use super::cold::{Base, Content, Kernel, Placed, PlacingConfig, Space, Told, fitted};
use crate::data::{Dataset, ItemFeatures};
use crate::recommend::{Dimension, Fit, FitError, Run, Trained, Tune, Values};

/// Settings of the regression.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ContentRidgeConfig {
    /// Degree of the kernel, 1 to 4.
    pub degree: u32,
    /// The regression.
    pub placing: PlacingConfig,
    /// The recommender that ranks the items that somebody has.
    pub base: Base,
}

impl Default for ContentRidgeConfig {
    fn default() -> Self {
        Self {
            degree: 1,
            placing: PlacingConfig::default(),
            base: Base::default(),
        }
    }
}

/// The recommender with places for the others.
#[derive(Debug)]
pub struct ContentRidge(Placed);

/// What the regression starts from and tells.
pub(super) struct Placing {
    pub(super) base: Box<dyn Trained>,
    pub(super) space: Space,
    pub(super) told: Told,
}

/// What models that place items start from.
pub(super) struct Ground {
    pub(super) base: Box<dyn Trained>,
    pub(super) space: Space,
    pub(super) content: Content,
}

/// Fits the base, finds its space and reads the facts.
pub(super) fn ground(
    model: &'static str,
    (placing, base): (&PlacingConfig, &Base),
    (train, run): (&Dataset, &Run<'_>),
) -> Result<Ground, FitError> {
    placing.content.check(model)?;
    check::some_interaction(model, train.n_interactions())?;
    let base = fitted(model, base, (train, run))?;
    let space = Space::of(model, &*base, (train, placing.embedding_dim.get()), run)?;
    let nothing = || std::sync::Arc::new(ItemFeatures::new(&vec![Vec::new(); train.n_items()]));
    let features = train.features().map_or_else(nothing, std::sync::Arc::clone);
    let content = Content::of(&features, &placing.content);
    Ok(Ground {
        base,
        space,
        content,
    })
}

/// Fits the base, finds its space and places the items that nobody has.
pub(super) fn place(
    model: &'static str,
    (degree, placing, base): (u32, &PlacingConfig, &Base),
    (train, run): (&Dataset, &Run<'_>),
) -> Result<Placing, FitError> {
    check::positive(model, "l2", placing.l2)?;
    check::setting((1..=4).contains(&degree), model, "degree", "1 to 4", degree)?;
    let Ground {
        base,
        space,
        content,
    } = ground(model, (placing, base), (train, run))?;
    let kernel = Kernel {
        degree,
        l2: placing.l2,
    };
    let told = kernel.tell(model, (&content, &train.item_counts()), &space)?;
    Ok(Placing { base, space, told })
}

impl Fit for ContentRidgeConfig {
    type Model = ContentRidge;

    fn fit(&self, train: &Dataset, run: &Run<'_>) -> Result<ContentRidge, FitError> {
        let settings = (self.degree, &self.placing, &self.base);
        let Placing { base, space, told } = place("contentridge", settings, (train, run))?;
        let placed = Placed::new(&self.base, base, space.codes, (told.cold, told.places));
        Ok(ContentRidge(placed))
    }
}

impl Tune for ContentRidgeConfig {
    fn space() -> Vec<Dimension> {
        placing_space()
    }
}

/// What is worth trying of the regression.
pub(super) fn placing_space() -> Vec<Dimension> {
    let real = |key, low, high| Dimension {
        key,
        values: Values::LogUniform(low, high),
    };
    vec![
        real("placing.l2", 0.1, 10.0),
        real("placing.content.kinds", 0.1, 2.0),
        real("placing.content.years", 0.05, 2.0),
        real("placing.content.words", 0.02, 2.0),
    ]
}

delegate!(ContentRidge(Placed));

#[cfg(test)]
mod tests {
    use super::*;

    recommender_contract!(crate::models::contentridge::ContentRidgeConfig::default());

    #[test]
    fn settings_out_of_range_are_refused() {
        let data = crate::models::contract::planted();
        let cancel = crate::recommend::Cancel::new();
        let run = Run::quiet(sparring_wide::Seed(1), &cancel);
        let refused = |config: ContentRidgeConfig, words: &str| {
            let error = config.fit(&data, &run).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        };
        refused(
            ContentRidgeConfig {
                degree: 0,
                ..Default::default()
            },
            "degree must be 1 to 4",
        );
        let base = |name: &str| ContentRidgeConfig {
            base: Base {
                name: name.to_owned(),
                ..Base::default()
            },
            ..Default::default()
        };
        refused(base("coldgan"), "got coldgan");
        refused(base("eaze"), "did you mean `ease`?");
    }
}
