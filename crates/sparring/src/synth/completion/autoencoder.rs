//! The masked autoencoder of histories, trained with or without an adversary.
//!
//! ```text
//! h = tanh(x / |x| W + b),  l = (h V' + c) / temperature
//! ```
//!
//! A share of each history is hidden; the network is to find it among all that it does not see
//! (Liang et al., "Variational autoencoders for collaborative filtering", WWW 2018, the model
//! without a latent variable, with the loss on hidden items alone). The adversary: `adversary.rs`.

use sparring_wide::{Matrix, SparseRows};

use super::Completer;
use super::settings::{CompletionConfig, NAME};
use super::training::{Hidden, Training};
use crate::data::{Dataset, ItemIx};
use crate::gan::{Bout, BoutConfig};
use crate::models::{Neural, Profiles as Rows, check};
use crate::recommend::{Run, ScoreError};
use crate::synth::SynthError;
use crate::synth::real::Real;

/// A trained network.
#[derive(Debug, Clone, PartialEq)]
pub struct Autoencoder {
    pub(in crate::synth) network: Neural,
    pub(in crate::synth) temperature: f32,
}

impl Autoencoder {
    /// Trains on the users of a log who have two items or more.
    ///
    /// # Errors
    /// [`SynthError`] if the settings or the data do not allow a fit, or a stop is requested.
    pub fn fit(
        config: &CompletionConfig,
        log: &Dataset,
        run: &Run<'_>,
    ) -> Result<Self, SynthError> {
        Self::fit_with(config, Hidden::Fixed(config.mask), log, run)
    }

    /// The same with a share to hide that is drawn anew for each batch: for profiles of any size.
    pub(in crate::synth) fn fit_to_any_share(
        config: &CompletionConfig,
        log: &Dataset,
        run: &Run<'_>,
    ) -> Result<Self, SynthError> {
        Self::fit_with(config, Hidden::Any, log, run)
    }

    fn fit_with(
        config: &CompletionConfig,
        hidden: Hidden,
        log: &Dataset,
        run: &Run<'_>,
    ) -> Result<Self, SynthError> {
        config.check()?;
        let real = Real::of(NAME, log, run)?;
        let rows = maskable(&real.rows);
        check::some_user_to_mask(NAME, rows.len())?;
        let run = run.with_seed(run.seed.derive(NAME));
        let mut training = Training::new(config, hidden, (&real.rows, rows), run.seed);
        let turns = BoutConfig {
            epochs: config.epochs.get(),
            batch_size: config.batch_size.get(),
            ..BoutConfig::default()
        };
        let bout = Bout {
            config: &turns,
            model: NAME,
            rows: training.n_rows(),
        };
        bout.run(&mut training, &run)?;
        if run.cancel.is_requested() {
            return Err(crate::recommend::FitError::Cancelled { model: NAME }.into());
        }
        Ok(Self {
            network: training.into_network(),
            temperature: config.temperature,
        })
    }
}

/// The users with two items who lack one.
fn maskable(rows: &Rows) -> Vec<usize> {
    (0..rows.n_rows())
        .filter(|&user| (2..rows.n_columns()).contains(&rows.row(user).len()))
        .collect()
}

impl Completer for Autoencoder {
    fn logits(&self, given: &[&[u32]], logits: &mut Matrix) -> Result<(), ScoreError> {
        let n_items = self.network.head.bias.len();
        let mut input = SparseRows::new();
        for items in given {
            if let Some(&item) = items.last().filter(|&&item| item as usize >= n_items) {
                let item = ItemIx(item);
                return Err(ScoreError::UnknownItem { item, n_items });
            }
            input.push_row(items.iter().copied());
        }
        input.l2_normalise();
        let mut hidden = Matrix::default();
        self.network.hidden(&input, &mut hidden);
        self.network.head.forward(&hidden, logits);
        let factor = 1.0 / self.temperature;
        logits.data.iter_mut().for_each(|logit| *logit *= factor);
        Ok(())
    }
}
