//! The generator of whole profiles: latent users of a normal law, a warp, and a decoder to hard profiles.
//!
//! ```text
//! z' = s + f(s, g),  l_i = w_i . z' + o_i,  p_i = sigmoid(l_i + b),  sum_i p_i = L
//! x = the L items with the largest l_i + logistic noise
//! ```
//!
//! The cut has no slope. Going back, the profile counts as its chances `p`, whose offset `b` keeps
//! the length (a straight-through estimate, Bengio, Leonard and Courville, "Estimating or
//! propagating gradients through stochastic neurons", 2013):
//!
//! ```text
//! dL/dl_i = v_i (h_i - sum_j v_j h_j / sum_j v_j),  v = p (1 - p),  h = dL/dx
//! ```

use rayon::prelude::*;
use sparring_wide::{
    Adam, AdamState, Beta, Ema, Matrix, Seed, add_to_rows, gemm, gemm_nt, gemm_tn, sum_rows,
};

use crate::gan::Mlp;
use crate::synth::layers::LAYERS;
use crate::synth::link::{Cut, calibrate, chances};
use crate::synth::warp::{Scale, Warp, shifted};

/// A generator with its optimiser.
#[derive(Debug, Clone)]
pub(super) struct Generator {
    scale: Scale,
    net: Mlp,
    /// `w`, `[I, K]`.
    pub(super) weights: Matrix,
    /// `o`, `[I]`.
    pub(super) offsets: Vec<f32>,
    adam: (AdamState, AdamState),
}

/// Latent users as they are drawn: rows `(z, g)` `[N, K + 1]` and lengths.
#[derive(Debug, Clone)]
pub(super) struct Drawn {
    pub(super) rows: Matrix,
    pub(super) lengths: Vec<usize>,
}

/// A batch of generated profiles, and what going back needs.
#[derive(Debug, Clone, Default)]
pub(super) struct Made {
    /// Items of each profile, rising.
    pub(super) profiles: Vec<Vec<u32>>,
    latents: Matrix,
    /// `p`, `[N, I]`.
    chances: Matrix,
}

/// The rates of a step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rates {
    pub(super) adam: Adam,
    /// Rate of the decoder, in shares of that of the warp.
    pub(super) decoder: f32,
}

impl Generator {
    /// A generator that makes what its start makes: the warp is silent.
    pub(super) fn new(
        scale: Scale,
        (weights, offsets): (Matrix, Vec<f32>),
        hidden: usize,
        seed: Seed,
    ) -> Self {
        let k = weights.cols;
        let mut widths = vec![hidden; LAYERS + 1];
        (widths[0], widths[LAYERS]) = (k + 1, k);
        let mut net = Mlp::new(&widths, seed.derive("warp"));
        net.silence();
        Self {
            scale,
            net,
            adam: (
                AdamState::new(weights.data.len()),
                AdamState::new(offsets.len()),
            ),
            weights,
            offsets,
        }
    }

    /// The profiles of latent users.
    pub(super) fn make(&mut self, drawn: &Drawn, seed: Seed) -> Made {
        let mut rows = drawn.rows.clone();
        self.scale.standardise(&mut rows);
        let latents = shifted(&rows, self.net.forward(&rows.data));
        let mut chances = Matrix::default();
        gemm_nt(&latents, &self.weights, Beta::Replace, &mut chances);
        add_to_rows(&mut chances, &self.offsets);
        let items = self.offsets.len();
        let profiles = chances
            .data
            .par_chunks_mut(items)
            .zip(&drawn.lengths)
            .enumerate()
            .map_init(Cut::default, |cut, (user, (row, &length))| {
                let mut stream = seed.stream_at("items", user as u64);
                let picked = cut.draw(row, length, &mut stream);
                let mut profile: Vec<u32> = picked.map(|item| item.0).collect();
                profile.sort_unstable();
                chances_of(row, length);
                profile
            })
            .collect();
        Made {
            profiles,
            latents,
            chances,
        }
    }

    /// One step along the derivatives `[N, I]` by the entries of a batch that was just made.
    pub(super) fn learn(&mut self, made: &Made, mut gradient: Matrix, rates: Rates) {
        let items = self.offsets.len();
        let rows = gradient.data.par_chunks_mut(items);
        rows.zip(made.chances.data.par_chunks(items))
            .for_each(|(gradient, chances)| through_the_cut(gradient, chances));
        let (mut of_weights, mut of_offsets) = (Matrix::default(), Vec::new());
        gemm_tn(&gradient, &made.latents, Beta::Replace, &mut of_weights);
        sum_rows(&gradient, &mut of_offsets);
        let mut of_latents = Matrix::default();
        gemm(&gradient, &self.weights, Beta::Replace, &mut of_latents);
        self.net.backward(&of_latents.data);
        self.net.learn();
        self.net.step(&rates.adam);
        if rates.decoder > 0.0 {
            let adam = Adam {
                learning_rate: rates.adam.learning_rate * rates.decoder,
                ..rates.adam
            };
            let (weights, offsets) = &mut self.adam;
            weights.step(&adam, &mut self.weights.data, &of_weights.data);
            offsets.step(&adam, &mut self.offsets, &of_offsets);
        }
    }

    /// The norm of the running mean of its gradients.
    pub(super) fn gradient_norm(&self) -> f64 {
        let (weights, offsets) = &self.adam;
        let squares = weights.mean_square() + offsets.mean_square();
        (self.net.gradient_norm().powi(2) + squares).sqrt()
    }
}

/// A generator averaged over steps.
#[derive(Debug, Clone)]
pub(super) struct Averaged {
    scale: Scale,
    net: Mlp,
    weights: Ema,
    offsets: Ema,
    keep: f32,
}

impl Averaged {
    pub(super) fn of(generator: &Generator, keep: f32) -> Self {
        Self {
            scale: generator.scale.clone(),
            net: generator.net.clone(),
            weights: Ema::new(keep, &generator.weights.data),
            offsets: Ema::new(keep, &generator.offsets),
            keep,
        }
    }

    pub(super) fn follow(&mut self, generator: &Generator) {
        self.net.follow(&generator.net, self.keep);
        self.weights.update(&generator.weights.data);
        self.offsets.update(&generator.offsets);
    }

    /// Puts other offsets in place of the averaged.
    pub(super) fn set_offsets(&mut self, offsets: &[f32]) {
        self.offsets = Ema::new(self.keep, offsets);
    }

    /// The warp, the decoder's weights `[I, K]` and its offsets.
    pub(super) fn parts(&self, width: usize) -> (Warp, Matrix, Vec<f32>) {
        let weights = self.weights.average().to_vec();
        (
            Warp::new(self.scale.clone(), self.net.clone().into_layers()),
            Matrix::from_vec(weights.len() / width, width, weights),
            self.offsets.average().to_vec(),
        )
    }
}

/// Replaces the logits of one profile by its chances.
fn chances_of(row: &mut [f32], length: usize) {
    let offset = calibrate(row, length as f64, 0.0);
    chances(row, offset);
}

/// From derivatives by the entries of a profile to those by its logits.
fn through_the_cut(gradient: &mut [f32], chances: &[f32]) {
    let (mut sum, mut total) = (0.0_f64, 0.0_f64);
    for (h, p) in gradient.iter().zip(chances) {
        let v = p * (1.0 - p);
        total += f64::from(v);
        sum += f64::from(v * h);
    }
    #[expect(clippy::cast_possible_truncation, reason = "kept in single precision")]
    let mean = (sum / total.max(1e-12)) as f32;
    for (h, p) in gradient.iter_mut().zip(chances) {
        *h = p * (1.0 - p) * (*h - mean);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn through_the_cut_is_the_slope_of_the_chances() {
        // L = h . p(l) with the offset that keeps the sum of p at 1.5.
        let (logits, h) = ([0.3_f32, -1.0, 0.8, 0.1], [1.0_f32, -2.0, 0.5, 3.0]);
        let value = |logits: &[f32]| {
            let mut row = logits.to_vec();
            let size = 1.5;
            let offset = calibrate(&row, size, 0.0);
            chances(&mut row, offset);
            row.iter()
                .zip(h)
                .map(|(p, h)| f64::from(p * h))
                .sum::<f64>()
        };
        let mut p = logits.to_vec();
        let offset = calibrate(&p, 1.5, 0.0);
        chances(&mut p, offset);
        let mut gradient = h.to_vec();
        through_the_cut(&mut gradient, &p);
        for at in 0..4 {
            let moved = |by: f32| {
                let mut logits = logits;
                logits[at] += by;
                value(&logits)
            };
            let difference = (moved(0.05) - moved(-0.05)) / 0.1;
            let found = f64::from(gradient[at]);
            assert!((found - difference).abs() < 5e-3, "{found} {difference}");
        }
    }

    /// Three items, two latent coordinates, a drawn batch.
    fn small() -> (Generator, Drawn) {
        let scale = Scale {
            center: vec![0.0; 2],
            spread: vec![1.0; 2],
        };
        let weights = Matrix::from_vec(3, 2, vec![1.0, 0.0, 0.0, 1.0, -1.0, -1.0]);
        let generator = Generator::new(scale, (weights, vec![0.0; 3]), 8, Seed(1));
        let rows = Matrix::from_vec(64, 3, (0..192).map(|at| (at % 7) as f32 - 3.0).collect());
        let lengths = vec![1; 64];
        (generator, Drawn { rows, lengths })
    }

    #[test]
    fn what_is_rewarded_gets_likelier() {
        let (mut generator, drawn) = small();
        let share = |generator: &mut Generator| {
            let made = generator.make(&drawn, Seed(9));
            made.profiles
                .iter()
                .filter(|profile| profile[0] == 1)
                .count()
        };
        let before = share(&mut generator);
        let rates = Rates {
            adam: Adam {
                learning_rate: 0.03,
                ..Adam::default()
            },
            decoder: 0.3,
        };
        for step in 0..60 {
            let made = generator.make(&drawn, Seed(step));
            let reward = (0..64 * 3).map(|at| -f32::from(i8::from(at % 3 == 1)));
            generator.learn(&made, Matrix::from_vec(64, 3, reward.collect()), rates);
        }
        let after = share(&mut generator);
        assert!(before < 40 && after > 55, "{before} {after}");
    }

    #[test]
    fn profiles_have_their_lengths_and_rise() {
        let (mut generator, mut drawn) = small();
        drawn.lengths = (0..64).map(|at| 1 + at % 3).collect();
        let made = generator.make(&drawn, Seed(2));
        for (profile, length) in made.profiles.iter().zip(&drawn.lengths) {
            assert_eq!(profile.len(), *length);
            assert!(profile.windows(2).all(|pair| pair[0] < pair[1]));
        }
    }
}
