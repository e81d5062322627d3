//! The gradient of a critic's loss on single users, clipped and in integers.
//!
//! ```text
//! dL_u/dW = x dy',  dL_u/db = dy,  |dL_u|^2 = sum over layers (|x|^2 + 1) |dy|^2
//! X = trunc(256 x),  Y = trunc(one / 256 min(1, C / |dL_u|) dy / C),  G_u = X Y', 256 Y
//! ```
//!
//! `x` is what a layer sees and `dy` the derivative behind it. Norms are those of
//! [`GhostNorms`], so that no gradient is written out to be measured. Both factors are cut off
//! towards zero, so that `|G_u| <= one` holds for integers; this is checked once more in integers,
//! and a user who failed would count as nothing. Sums are exact, and every row is computed by
//! itself: a user more in a batch adds `G_u` and changes nothing else, to the last bit.

use pulp::Arch;
use sparring_wide::{Activation, Dense, GhostNorms, Matrix, scale_rows};

use crate::gan::LEAK;

/// One, in the units of what a layer sees.
const INPUT: f64 = 256.0;

/// What passes through a critic of dense layers, leaky between them, for some users.
#[derive(Debug, Clone)]
pub(super) struct Passes {
    /// What each layer sees, `[B, In]`.
    inputs: Vec<Matrix>,
    /// Derivatives before each layer's activation, `[B, Out]`.
    backs: Vec<Matrix>,
    /// The critic's verdicts `D`, `[B]`.
    pub(super) logits: Vec<f32>,
}

impl Passes {
    /// Forward, and back from `D`, row by row.
    pub(super) fn of(layers: &[&Dense], rows: Matrix) -> Self {
        let n = rows.rows;
        let mut inputs = vec![rows];
        for (at, layer) in layers.iter().enumerate() {
            let mut output = Matrix::zeros(n, layer.bias.len());
            for row in 0..n {
                let (input, output) = (inputs[at].row(row), output.row_mut(row));
                Arch::new().dispatch(|| forward(layer, input, output));
            }
            if at + 1 < layers.len() {
                Activation::LeakyRelu(LEAK).forward(&mut output.data);
            }
            inputs.push(output);
        }
        let logits = inputs.pop().expect("there is a layer").data;
        let mut backs = vec![Matrix::from_vec(n, 1, vec![1.0; n])];
        for at in (1..layers.len()).rev() {
            let (next, output) = (&backs[backs.len() - 1], &inputs[at]);
            let mut back = Matrix::zeros(n, output.cols);
            for row in 0..n {
                backward(layers[at], next.row(row), back.row_mut(row));
            }
            Activation::LeakyRelu(LEAK).backward(&output.data, &mut back.data);
            backs.push(back);
        }
        backs.reverse();
        Self {
            inputs,
            backs,
            logits,
        }
    }

    /// Multiplies the derivatives of each row: from those of `D` to those of a loss.
    pub(super) fn weigh(&mut self, slopes: &[f32]) {
        for back in &mut self.backs {
            scale_rows(back, slopes);
        }
    }

    /// The norm of each row's gradient.
    pub(super) fn norms(&self) -> GhostNorms {
        let mut norms = GhostNorms::new(self.logits.len());
        for (input, back) in self.inputs.iter().zip(&self.backs) {
            norms.add_dense(input, back);
        }
        norms
    }

    /// Adds the clipped gradients of all rows, layer after layer, weights before biases.
    pub(super) fn add_to(&self, sums: &mut [i64], bound: f64, one: f64) {
        let factors = self.norms().clip_factors(bound);
        let (mut inputs, mut backs) = (Vec::new(), Vec::new());
        for (row, &factor) in factors.iter().enumerate() {
            let scale = f64::from(factor) * one / INPUT / bound;
            inputs.clear();
            backs.clear();
            for (input, back) in self.inputs.iter().zip(&self.backs) {
                inputs.extend(input.row(row).iter().map(|&x| whole(f64::from(x) * INPUT)));
                inputs.push(whole(INPUT));
                backs.extend(back.row(row).iter().map(|&y| whole(f64::from(y) * scale)));
            }
            self.add_row((&inputs, &backs), sums, one);
        }
    }

    /// Adds `X Y'` of one row over all layers, unless it is longer than `one`.
    fn add_row(&self, (inputs, backs): (&[i32], &[i32]), sums: &mut [i64], one: f64) {
        let mut layers = Vec::with_capacity(self.inputs.len());
        let (mut inputs, mut backs) = (inputs, backs);
        for (input, back) in self.inputs.iter().zip(&self.backs) {
            let (x, more) = inputs.split_at(input.cols + 1);
            let (y, others) = backs.split_at(back.cols);
            layers.push((x, y));
            (inputs, backs) = (more, others);
        }
        let square = layers.iter().fold(0_u128, |sum, (x, y)| {
            sum.saturating_add(square(x).saturating_mul(square(y)))
        });
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a power of two below 2^25"
        )]
        let most = (one as u128).pow(2);
        if square > most {
            return;
        }
        let mut sums = sums;
        for (x, y) in layers {
            let (layer, others) = sums.split_at_mut(x.len() * y.len());
            Arch::new().dispatch(|| add_product(x, y, layer));
            sums = others;
        }
    }
}

/// Adds `x y'`.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "compiled for the vector unit found at run time"
)]
fn add_product(x: &[i32], y: &[i32], sums: &mut [i64]) {
    for (&x, sums) in x.iter().zip(sums.chunks_mut(y.len().max(1))) {
        for (sum, &y) in sums.iter_mut().zip(y) {
            *sum += i64::from(x) * i64::from(y);
        }
    }
}

/// `W' x + b` of one row.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "compiled for the vector unit found at run time"
)]
fn forward(layer: &Dense, input: &[f32], output: &mut [f32]) {
    output.copy_from_slice(&layer.bias);
    for (x, weights) in input.iter().zip(layer.weight.rows_iter()) {
        for (y, weight) in output.iter_mut().zip(weights) {
            *y += x * weight;
        }
    }
}

/// `W dy` of one row.
fn backward(layer: &Dense, dy: &[f32], dx: &mut [f32]) {
    for (x, weights) in dx.iter_mut().zip(layer.weight.rows_iter()) {
        *x = weights.iter().zip(dy).map(|(weight, y)| weight * y).sum();
    }
}

/// Cut off towards zero; what is no number is 0.
fn whole(x: f64) -> i32 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "what is beyond is the largest there is"
    )]
    let whole = x as i32;
    whole
}

fn square(row: &[i32]) -> u128 {
    row.iter()
        .map(|&x| u128::from(x.unsigned_abs()).pow(2))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use sparring_wide::{Seed, log1p_exp, normal};

    const ONE: f64 = 16_777_216.0;

    fn layers(widths: &[usize], seed: u64) -> Vec<Dense> {
        let pairs = widths.windows(2).zip(seed..);
        pairs
            .map(|(pair, seed)| Dense::new(pair[0], pair[1], Seed(seed)))
            .collect()
    }

    /// The sum over rows of the clipped gradients of `sp(-D)`.
    fn sum_of(layers: &[Dense], rows: &Matrix, bound: f64, one: f64) -> Vec<i64> {
        let layers: Vec<&Dense> = layers.iter().collect();
        let mut passes = Passes::of(&layers, rows.clone());
        let slopes: Vec<f32> = passes
            .logits
            .iter()
            .map(|&d| -sparring_wide::sigmoid(-d))
            .collect();
        passes.weigh(&slopes);
        let n: usize = layers
            .iter()
            .map(|l| l.weight.data.len() + l.bias.len())
            .sum();
        let mut sums = vec![0; n];
        passes.add_to(&mut sums, bound, one);
        sums
    }

    #[test]
    fn a_gradient_by_hand() {
        // D = 3 w1 + 4 w2 + b at zeros: dL/dD = -1/2, gradient -(3, 4, 1) / 2, norm sqrt(26) / 2.
        let layer = Dense {
            weight: Matrix::zeros(2, 1),
            bias: vec![0.0],
        };
        let row = Matrix::from_vec(1, 2, vec![3.0, 4.0]);
        // A bound of 8: Y = trunc(2^24 / 256 / 8 / -2) = -4096, X = (768, 1024, 256).
        let whole = sum_of(std::slice::from_ref(&layer), &row, 8.0, ONE);
        assert_eq!(whole, [-768 * 4096, -1024 * 4096, -256 * 4096]);
        // A bound of 1 / 2: the direction stays, the length is one, less what is cut off.
        let short = sum_of(std::slice::from_ref(&layer), &row, 0.5, ONE);
        assert_eq!((short[0] * 4, short[1]), (short[1] * 3, short[2] * 4));
        let length = short
            .iter()
            .map(|&x| (x as f64).powi(2))
            .sum::<f64>()
            .sqrt();
        assert!(length <= ONE && length > 0.999 * ONE, "{length}");
    }

    #[test]
    fn unclipped_gradients_are_differences_of_the_loss() {
        let mut net = layers(&[3, 5, 4, 1], 1);
        let rows = normal(4, 3, 1.0, Seed(7));
        let bound = 64.0;
        let found = sum_of(&net, &rows, bound, ONE);
        let loss = |net: &[Dense]| -> f64 {
            let passes = Passes::of(&net.iter().collect::<Vec<_>>(), rows.clone());
            passes
                .logits
                .iter()
                .map(|&d| f64::from(log1p_exp(-d)))
                .sum()
        };
        let mut place = 0;
        for at in 0..net.len() {
            let (weights, biases) = (net[at].weight.data.len(), net[at].bias.len());
            for entry in 0..weights + biases {
                let mut moved = |by: f32| {
                    let dense = &mut net[at];
                    let parameter = if entry < weights {
                        &mut dense.weight.data[entry]
                    } else {
                        &mut dense.bias[entry - weights]
                    };
                    *parameter += by;
                    let value = loss(&net);
                    let dense = &mut net[at];
                    if entry < weights {
                        dense.weight.data[entry] -= by;
                    } else {
                        dense.bias[entry - weights] -= by;
                    }
                    value
                };
                let difference = (moved(5e-3) - moved(-5e-3)) / 1e-2;
                let slope = found[place] as f64 * bound / ONE;
                assert!(
                    (slope - difference).abs() < 0.02,
                    "{at}, {entry}: {slope} {difference}"
                );
                place += 1;
            }
        }
        assert_eq!(place, found.len());
    }

    #[test]
    fn endless_features_add_nothing() {
        let net = layers(&[2, 3, 1], 4);
        for wrong in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e30] {
            let row = Matrix::from_vec(1, 2, vec![wrong, 1.0]);
            let sum = sum_of(&net, &row, 1.0, ONE);
            let square: f64 = sum.iter().map(|&x| (x as f64).powi(2)).sum();
            assert!(square <= ONE * ONE, "{wrong}: {square}");
        }
    }

    proptest! {
        #[test]
        fn a_user_more_adds_one_at_most_and_changes_nothing_else(
            seed in 0_u64..1000,
            users in 0_usize..40,
            place in 0_usize..40,
            size in prop::sample::select(vec![0.01_f32, 1.0, 30.0]),
            bound in 0.001_f64..10.0,
            exponent in 12_i32..25,
        ) {
            let (net, one) = (layers(&[6, 5, 1], seed), 2.0_f64.powi(exponent));
            let all = normal(users + 1, 6, size, Seed(seed));
            let place = place.min(users);
            let mut others = all.data.clone();
            let own: Vec<f32> = others.drain(place * 6..place * 6 + 6).collect();
            let others = Matrix::from_vec(users, 6, others);
            let own = Matrix::from_vec(1, 6, own);
            let (with, without) = (
                sum_of(&net, &all, bound, one),
                sum_of(&net, &others, bound, one),
            );
            let change: Vec<i64> = with.iter().zip(&without).map(|(a, b)| a - b).collect();
            let square: i128 = change.iter().map(|&x| i128::from(x).pow(2)).sum();
            prop_assert!(square <= 1_i128 << (2 * exponent), "{}", square);
            prop_assert_eq!(change, sum_of(&net, &own, bound, one));
        }
    }
}
