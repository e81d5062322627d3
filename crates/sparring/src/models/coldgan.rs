//! `coldgan`: a generator gives an item that nobody has its place among the others, from what is known of it.
//!
//! ```text
//! u(i)     = place of the regression of degree 2 (`contentridge`), for warm items as if they had been left out
//! G(i, z)  = u(i) + s M([u(i) / s, z])                            M a perceptron that begins silent
//! D(e, i)  = N([e / s, u(i) / s])                                 real: the place E_i of a warm item
//! L_G = adversary L_rel + likeness mean |G - E|^2 / s^2 + ranking L_rank
//! L_rank = - sum_u mean_(i in x_u and B) log softmax_B (c_(u without B) G(B, z))
//! place(i) = mean of G(i, z) over draws of z
//! ```
//!
//! `L_rel` is the relativistic pairing loss with R1 and R2, `s` the root mean square of the places, `B` a
//! batch of warm items, `c_(u without B)` the code of a user whose history lacks them: as cold as the items
//! that will be placed. After Isola et al. (CVPR 2017, conditional generator with a distance) and Chen et al.
//! ("Generative adversarial framework for cold-start item recommendation", SIGIR 2022), who pair a generator
//! of embeddings with the recommender instead.
//!
//! Departures: the generator starts from a regression in closed form, whose left-out places show it warm
//! items as it will see cold ones; the recommender is fixed, so that warm items are ranked as before.

mod training;

use std::num::NonZeroUsize;

use self::training::Training;
use super::check;
use super::cold::{Base, Placed, PlacingConfig};
use super::contentridge::{Placing, place, placing_space};
use crate::data::Dataset;
use crate::gan::{Bout, BoutConfig};
use crate::recommend::{Dimension, Fit, FitError, Run, Tune};
use serde::{Deserialize, Serialize};

const NAME: &str = "coldgan";

/// Settings of the generator of places.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ColdGanConfig {
    /// Degree of the regression that it starts from, 1 to 4.
    pub degree: u32,
    /// Weight of the critic, `>= 0`.
    pub adversary: f32,
    /// Weight of the squared distance to the true place, `>= 0`.
    pub likeness: f32,
    /// Weight of the ranking of real interactions, `>= 0`.
    pub ranking: f32,
    /// Width of the noise `z`; 0 for none.
    pub noise_dim: usize,
    /// Width of the hidden layers.
    pub hidden: NonZeroUsize,
    /// Learning rate of the generator.
    pub generator_rate: f32,
    /// Learning rate of the critic.
    pub discriminator_rate: f32,
    /// Weight of R1 and R2.
    pub penalty: f32,
    /// Users of a step of the ranking.
    pub users: NonZeroUsize,
    /// Draws of the noise whose mean is an item's place.
    pub draws: NonZeroUsize,
    /// How long and in which turns.
    pub gan: BoutConfig,
    /// The regression that it starts from.
    pub placing: PlacingConfig,
    /// The recommender that ranks the items that somebody has.
    pub base: Base,
}

impl Default for ColdGanConfig {
    fn default() -> Self {
        let number = |n| NonZeroUsize::new(n).expect("not zero");
        Self {
            degree: 2,
            adversary: 0.1,
            likeness: 1.0,
            ranking: 0.1,
            noise_dim: 8,
            hidden: number(64),
            generator_rate: 1e-4,
            discriminator_rate: 2e-4,
            penalty: 1.0,
            users: number(64),
            draws: number(16),
            gan: BoutConfig {
                epochs: 10,
                batch_size: 256,
                look_every: 1,
                patience: 5,
                ..BoutConfig::default()
            },
            placing: PlacingConfig::default(),
            base: Base::default(),
        }
    }
}

/// The recommender with places for the others.
#[derive(Debug)]
pub struct ColdGan(Placed);

impl ColdGanConfig {
    fn check(&self) -> Result<(), FitError> {
        for (key, value) in [
            ("adversary", self.adversary),
            ("likeness", self.likeness),
            ("ranking", self.ranking),
            ("penalty", self.penalty),
        ] {
            check::not_negative(NAME, key, value.into())?;
        }
        for (key, value) in [
            ("generator_rate", self.generator_rate),
            ("discriminator_rate", self.discriminator_rate),
        ] {
            check::positive(NAME, key, value.into())?;
        }
        Ok(())
    }
}

impl Fit for ColdGanConfig {
    type Model = ColdGan;

    fn fit(&self, train: &Dataset, run: &Run<'_>) -> Result<ColdGan, FitError> {
        self.check()?;
        let settings = (self.degree, &self.placing, &self.base);
        let Placing { base, space, told } = place(NAME, settings, (train, run))?;
        let trains = self.gan.epochs > 0 && told.anchors.len() >= 8;
        let scale = space.scale(&told.anchors);
        let (cold, places) = (told.cold.clone(), told.places.clone());
        let placed = Placed::new(&self.base, base, space.codes, (cold, places));
        if !trains {
            return Ok(ColdGan(placed));
        }
        let mut training =
            Training::new(self, (train, *run), (&space.places, told), (scale, placed));
        let bout = Bout {
            config: &self.gan,
            model: NAME,
            rows: training.rows(),
        };
        bout.run(&mut training, run)?;
        Ok(ColdGan(training.into_placed()))
    }
}

impl Tune for ColdGanConfig {
    fn space() -> Vec<Dimension> {
        placing_space()
    }
}

delegate!(ColdGan(Placed));

#[cfg(test)]
pub(in crate::models) mod tests;
