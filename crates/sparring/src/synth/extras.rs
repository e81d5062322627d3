//! What a private release holds besides profiles: which items there are, ratings and times.
//!
//! ```text
//! sigma_k = sigma / sqrt(s_k),   1 / sigma^2 = sum_k 1 / sigma_k^2 over all that is released
//! ```
//!
//! `sigma` is the noise that the whole budget buys in one look, `s_k` the share of the squared budget
//! of a part. Profiles have what is left of 1. Nothing here is read without noise, but for what
//! the user declares: the ratings that may occur and the range of times.

mod catalogue;
mod histogram;
mod reactions;

use serde::{Deserialize, Serialize};

use super::error::SynthError;
use super::events::Layer;
use super::private::enough;
use super::traits::Synthesizer;
use crate::data::{Dataset, Vocabulary};
use crate::privacy::{Delta, DpEvent, Epsilon, Ledger, Neighbouring, PrivacyError, calibrate};
use crate::recommend::Run;

/// Most ratings that may occur.
const MOST_RATINGS: usize = 20;
/// What the release of items is called in a ledger.
const ITEMS: &str = "which items there are";

/// What is released besides profiles, and its part of the budget.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Extras {
    /// Whether the catalogue is released rather than public: the items that enough users have.
    pub catalogue: bool,
    /// Share of the squared budget for the catalogue, if it is released.
    pub catalogue_share: f64,
    /// Share of delta for the catalogue: the chance that an item of a single user is in it.
    pub catalogue_delta: f64,
    /// Most items of a user that count for the catalogue.
    pub catalogue_items: usize,
    /// Share of the squared budget for ratings and times, if there are any.
    pub reactions_share: f64,
    /// The ratings that may occur, rising; without any, there are none.
    pub ratings: Vec<f64>,
    /// The first and the last time that may occur; without them, there are no times.
    pub times: Vec<i64>,
}

impl Default for Extras {
    fn default() -> Self {
        Self {
            catalogue: false,
            catalogue_share: 0.1,
            catalogue_delta: 0.1,
            catalogue_items: 1000,
            reactions_share: 0.05,
            ratings: Vec::new(),
            times: Vec::new(),
        }
    }
}

/// The noise of what is released besides profiles, in units of what a user can add.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Plan {
    catalogue: Option<Look>,
    reactions: Option<f64>,
}

/// A thresholded look: its noise, and the chance that an item of a single user is told.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Look {
    sigma: f64,
    delta: f64,
}

impl Extras {
    /// Whether ratings or times are released.
    fn has_reactions(&self) -> bool {
        !self.ratings.is_empty() || !self.times.is_empty()
    }

    /// The noise of everything, for a budget.
    ///
    /// # Errors
    /// If a setting is out of its range.
    pub(super) fn plan(&self, epsilon: Epsilon, delta: Delta) -> Result<Plan, PrivacyError> {
        self.check()?;
        if !self.catalogue && !self.has_reactions() {
            return Ok(Plan::default());
        }
        let lost = delta.get() * self.catalogue_delta;
        let whole = |sigma| {
            if self.catalogue {
                thresholded(sigma, lost)
            } else {
                DpEvent::gaussian(sigma)
            }
        };
        let sigma = calibrate(whole, epsilon, delta, Neighbouring::AddRemove)?.noise;
        Ok(Plan {
            catalogue: self.catalogue.then(|| Look {
                sigma: sigma / self.catalogue_share.sqrt(),
                delta: lost,
            }),
            reactions: self
                .has_reactions()
                .then(|| sigma / self.reactions_share.sqrt()),
        })
    }

    fn check(&self) -> Result<(), PrivacyError> {
        let wrong = |name, range, found| PrivacyError::Parameter {
            event: "extras",
            name,
            range,
            found,
        };
        let share = |name, found: f64| {
            if found > 0.0 && found < 1.0 {
                return Ok(());
            }
            Err(wrong(name, "between 0 and 1", found))
        };
        share("catalogue_share", self.catalogue_share)?;
        share("catalogue_delta", self.catalogue_delta)?;
        share("reactions_share", self.reactions_share)?;
        let both = self.catalogue_share + self.reactions_share;
        if both >= 1.0 {
            let range = "less than 1 with reactions_share, so that profiles have a share too";
            return Err(wrong("catalogue_share", range, self.catalogue_share));
        }
        if self.catalogue_items == 0 {
            return Err(wrong("catalogue_items", "1 or more", 0.0));
        }
        let not_rising = |pair: &&[f64]| pair[0] >= pair[1];
        if let Some(pair) = self.ratings.windows(2).find(not_rising) {
            return Err(wrong("ratings", "rising numbers", pair[1]));
        }
        let possible = |rating: &&f64| rating.is_finite() && **rating >= 0.0;
        if let Some(found) = self.ratings.iter().find(|rating| !possible(rating)) {
            return Err(wrong("ratings", "numbers of 0 or more", *found));
        }
        if self.ratings.len() == 1 || self.ratings.len() > MOST_RATINGS {
            let found = self.ratings.len() as f64;
            return Err(wrong("the number of ratings", "from 2 to 20", found));
        }
        match self.times[..] {
            [] => Ok(()),
            [first, last] if first < last => Ok(()),
            [_, last] => Err(wrong("times", "a first and a later last time", last as f64)),
            _ => Err(wrong(
                "the number of times",
                "2, the first and the last",
                self.times.len() as f64,
            )),
        }
    }

    /// Declares what is not read from the log.
    ///
    /// # Errors
    /// If it is declared already.
    pub(super) fn declare(&self, ledger: &mut Ledger) -> Result<(), PrivacyError> {
        if !self.catalogue {
            ledger.declare("the catalogue", "it was named with --catalogue")?;
        }
        if !self.ratings.is_empty() {
            let texts: Vec<String> = self.ratings.iter().map(f64::to_string).collect();
            let why = format!("they were named with --ratings: {}", texts.join(", "));
            ledger.declare("the ratings that may occur", &why)?;
        }
        if let [first, last] = self.times[..] {
            let why = format!("it was named with --times: {first} to {last}");
            ledger.declare("the range of times", &why)?;
        }
        Ok(())
    }

    /// The items that enough users have, by their ids; `None` if the catalogue is public.
    ///
    /// # Errors
    /// If there are fewer than two.
    pub fn released_items(
        &self,
        plan: &Plan,
        log: &Dataset,
        run: &Run<'_>,
    ) -> Result<Option<Vocabulary>, SynthError> {
        let Some(look) = plan.catalogue else {
            return Ok(None);
        };
        let users = log
            .user_indices()
            .filter(|&user| !log.history(user).is_empty());
        enough(users.count())?;
        let items = catalogue::released(log, (look.sigma, look.delta), self.catalogue_items);
        if items.len() < 2 {
            return Err(SynthError::NoCatalogue { found: items.len() });
        }
        let found = items.len();
        run.observer
            .note(&format!("{found} items have enough users to be told"));
        Ok(Some(items.into_iter().collect()))
    }

    /// Ratings and times from a noisy look at those of a log, over profiles of a fitted synthesizer.
    pub fn released_layer(
        &self,
        plan: &Plan,
        log: &Dataset,
        model: &dyn Synthesizer,
        run: &Run<'_>,
    ) -> Layer {
        let Some(sigma) = plan.reactions else {
            return Layer::default();
        };
        let bands = reactions::bands(model, run.seed.derive("bands"));
        reactions::released(self, sigma, log, &bands)
    }

    /// What is left out, in words.
    pub fn notes(&self) -> Vec<String> {
        let ratings = self.ratings.is_empty();
        let times = self.times.is_empty();
        let left_out = [
            ratings.then_some("ratings (--ratings declares which may occur)"),
            times.then_some("times (--times declares their range)"),
            Some("attributes"),
        ];
        let left_out: Vec<&str> = left_out.into_iter().flatten().collect();
        let left_out = left_out.join(", ");
        vec![format!(
            "Left out, since nothing of them was released: {left_out}."
        )]
    }
}

impl Plan {
    /// What is booked, by name.
    pub(super) fn events(&self) -> Vec<(&'static str, DpEvent)> {
        let items = self.catalogue.map(|look| {
            let event = thresholded(look.sigma, look.delta);
            (ITEMS, event)
        });
        let reactions = self
            .reactions
            .map(|sigma| ("ratings and times", DpEvent::gaussian(sigma)));
        items.into_iter().chain(reactions).collect()
    }
}

fn thresholded(noise_multiplier: f64, delta: f64) -> DpEvent {
    DpEvent::Thresholded {
        noise_multiplier,
        delta,
    }
}

#[cfg(test)]
mod tests;
