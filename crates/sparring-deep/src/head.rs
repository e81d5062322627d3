//! The head over the catalogue: softmax cross-entropy fused with its products, backward by hand.

use rayon::prelude::*;
use sparring_wide::{Beta, Matrix, exp, gemm, gemm_nt, gemm_tn, vectorised};

/// Events of a block, so that its logits stay in the cache.
const BLOCK: usize = 256;

/// What a head gives back.
#[derive(Debug, Clone, PartialEq)]
pub struct HeadGradient {
    /// Sum over events of `weight * -ln p(target)`.
    pub loss: f64,
    /// Derivatives by the hidden rows `[N, K]`.
    pub hidden: Matrix,
    /// Derivatives by the embeddings `[I, K]`.
    pub items: Matrix,
}

/// Cross-entropy over all items, with one weight an event.
///
/// ```text
/// z_n = W h_n        L = sum_n w_n (ln sum_i exp z_ni - z_n,t(n))
/// dz_n = w_n (softmax(z_n) - e_t(n))        dh = dz W        dW = dz' h
/// ```
///
/// Logits live in blocks of 256 events and never all at once.
///
/// # Shapes
/// `hidden [N, K]`, `items [I, K]`, `targets` and `weights` `[N]`.
///
/// # Panics
/// If the shapes do not fit or a target is not an item.
pub fn cross_entropy(
    hidden: &Matrix,
    items: &Matrix,
    targets: &[u32],
    weights: &[f32],
) -> HeadGradient {
    assert_eq!(hidden.rows, targets.len(), "one target an event");
    assert_eq!(hidden.rows, weights.len(), "one weight an event");
    let width = hidden.cols;
    let mut gradient = HeadGradient {
        loss: 0.0,
        hidden: Matrix::zeros(hidden.rows, width),
        items: Matrix::zeros(items.rows, width),
    };
    let [mut logits, mut block, mut d_block] = [(); 3].map(|()| Matrix::default());
    for start in (0..hidden.rows).step_by(BLOCK) {
        let end = hidden.rows.min(start + BLOCK);
        take_rows(hidden, start, end, &mut block);
        gemm_nt(&block, items, Beta::Replace, &mut logits);
        let losses: Vec<f64> = logits
            .data
            .par_chunks_mut(items.rows)
            .zip(&targets[start..end])
            .zip(&weights[start..end])
            .map(|((z, &target), &weight)| slope(z, target as usize, weight))
            .collect();
        gradient.loss += losses.iter().sum::<f64>();
        gemm(&logits, items, Beta::Replace, &mut d_block);
        gradient.hidden.data[start * width..end * width].copy_from_slice(&d_block.data);
        gemm_tn(&logits, &block, Beta::Add, &mut gradient.items);
    }
    gradient
}

/// Items drawn as negatives for all events of a step, without repetition.
#[derive(Debug, Clone, PartialEq)]
pub struct Shared {
    /// The drawn items.
    pub items: Vec<u32>,
    /// What is added to their logits: `ln` of how many items each of them stands for.
    pub correction: f32,
}

/// Cross-entropy over each event's target and items drawn evenly for the whole step.
///
/// ```text
/// L = sum_n w_n (ln (exp z_nt + sum_{j drawn, j != t} exp(z_nj + c)) - z_nt),   c = ln ((I - 1) / drawn)
/// ```
///
/// With `c` the sum estimates that over all items without bias (the logQ correction of Bengio and
/// Senécal, 2008, eq. 11, for an even proposal). Derivatives by items that were neither drawn nor a
/// target are zero.
///
/// # Panics
/// If the shapes do not fit or an index is not an item.
pub fn sampled_cross_entropy(
    hidden: &Matrix,
    items: &Matrix,
    (targets, weights): (&[u32], &[f32]),
    shared: &Shared,
) -> HeadGradient {
    assert_eq!(hidden.rows, targets.len(), "one target an event");
    assert_eq!(hidden.rows, weights.len(), "one weight an event");
    let width = hidden.cols;
    let mut negatives = Matrix::zeros(shared.items.len(), width);
    for (row, &item) in shared.items.iter().enumerate() {
        negatives
            .row_mut(row)
            .copy_from_slice(items.row(item as usize));
    }
    let mut places = vec![u32::MAX; items.rows];
    for (place, &item) in (0_u32..).zip(&shared.items) {
        places[item as usize] = place;
    }
    let mut gradient = HeadGradient {
        loss: 0.0,
        hidden: Matrix::zeros(hidden.rows, width),
        items: Matrix::zeros(items.rows, width),
    };
    let mut d_negatives = Matrix::zeros(negatives.rows, width);
    let [mut logits, mut block, mut d_block] = [(); 3].map(|()| Matrix::default());
    for start in (0..hidden.rows).step_by(BLOCK) {
        let end = hidden.rows.min(start + BLOCK);
        take_rows(hidden, start, end, &mut block);
        gemm_nt(&block, &negatives, Beta::Replace, &mut logits);
        let found: Vec<(f64, f32)> = logits
            .data
            .par_chunks_mut(negatives.rows.max(1))
            .zip(block.data.par_chunks(width))
            .zip(targets[start..end].par_iter().zip(&weights[start..end]))
            .map(|((z, h), (&target, &weight))| {
                let own = dot(h, items.row(target as usize));
                let place = places[target as usize] as usize;
                if let Some(hit) = z.get_mut(place) {
                    *hit = f32::NEG_INFINITY;
                }
                sampled_slope(z, own, shared.correction, weight)
            })
            .collect();
        gemm(&logits, &negatives, Beta::Replace, &mut d_block);
        for (at, ((loss, slope), &target)) in found.iter().zip(&targets[start..end]).enumerate() {
            gradient.loss += loss;
            let target = target as usize;
            add_scaled(d_block.row_mut(at), *slope, items.row(target));
            add_scaled(gradient.items.row_mut(target), *slope, block.row(at));
        }
        gradient.hidden.data[start * width..end * width].copy_from_slice(&d_block.data);
        gemm_tn(&logits, &block, Beta::Add, &mut d_negatives);
    }
    for (row, &item) in shared.items.iter().enumerate() {
        add_scaled(
            gradient.items.row_mut(item as usize),
            1.0,
            d_negatives.row(row),
        );
    }
    gradient
}

/// Copies rows `start..end`.
fn take_rows(from: &Matrix, start: usize, end: usize, to: &mut Matrix) {
    to.reshape(end - start, from.cols);
    to.data
        .copy_from_slice(&from.data[start * from.cols..end * from.cols]);
}

pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[inline]
pub(crate) fn add_scaled(to: &mut [f32], factor: f32, from: &[f32]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += factor * from;
    }
}

/// `max z`, then exponentials over it in place; returns both the maximum and their sum.
fn exponentials(z: &mut [f32]) -> (f32, f64) {
    vectorised(|| {
        let mut most = [f32::NEG_INFINITY; 8];
        for eight in z.chunks(8) {
            for (most, z) in most.iter_mut().zip(eight) {
                *most = most.max(*z);
            }
        }
        let most = most.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let mut sums = [0.0_f32; 8];
        for eight in z.chunks_mut(8) {
            for (x, sum) in eight.iter_mut().zip(&mut sums) {
                *x = exp(*x - most);
                *sum += *x;
            }
        }
        (most, sums.iter().map(|sum| f64::from(*sum)).sum())
    })
}

/// Logits become derivatives; returns the weighted loss.
#[expect(clippy::cast_possible_truncation, reason = "a factor, rounded to f32")]
fn slope(z: &mut [f32], target: usize, weight: f32) -> f64 {
    let own = f64::from(z[target]);
    let (most, sum) = exponentials(z);
    let factor = (f64::from(weight) / sum) as f32;
    vectorised(|| z.iter_mut().for_each(|z| *z *= factor));
    z[target] -= weight;
    f64::from(weight) * (f64::from(most) + sum.ln() - own)
}

/// The same where the target stands apart; returns the loss and the derivative by its logit.
#[expect(clippy::cast_possible_truncation, reason = "factors, rounded to f32")]
fn sampled_slope(z: &mut [f32], own: f32, correction: f32, weight: f32) -> (f64, f32) {
    let (most, sum) = exponentials(z);
    // Both parts over the larger of their maxima.
    let top = f64::from((most + correction).max(own));
    let rest = sum * (f64::from(most + correction) - top).exp();
    let mine = (f64::from(own) - top).exp();
    let total = mine + rest;
    let factor = if sum > 0.0 {
        (f64::from(weight) * rest / (sum * total)) as f32
    } else {
        0.0
    };
    vectorised(|| z.iter_mut().for_each(|z| *z *= factor));
    let loss = f64::from(weight) * (top + total.ln() - f64::from(own));
    (loss, (f64::from(weight) * (mine / total - 1.0)) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::differences::check;
    use sparring_wide::{Seed, normal};

    #[test]
    fn worked_by_hand() {
        // Logits 0 and ln 3: the chance of the second item is 3/4.
        let hidden = Matrix::from_vec(1, 1, vec![1.0]);
        let items = Matrix::from_vec(2, 1, vec![0.0, 3_f32.ln()]);
        let found = cross_entropy(&hidden, &items, &[1], &[2.0]);
        assert!((found.loss + 2.0 * 0.75_f64.ln()).abs() < 1e-6);
        // dz = 2 (1/4, -1/4)
        assert!((found.items.data[0] - 0.5).abs() < 1e-6);
        assert!((found.hidden.data[0] + 0.5 * 3_f32.ln()).abs() < 1e-6);
    }

    fn problem() -> (Matrix, Matrix, Vec<u32>, Vec<f32>) {
        let n = BLOCK + 3;
        let targets = (0..n).map(|i| u32::try_from(i * 7 % 11).expect("small"));
        let weights = (0..n).map(|i| (i % 3) as f32);
        let (hidden, items) = (normal(n, 3, 1.0, Seed(1)), normal(11, 3, 1.0, Seed(2)));
        (hidden, items, targets.collect(), weights.collect())
    }

    #[test]
    fn derivatives_are_those_of_differences() {
        let (hidden, items, targets, weights) = problem();
        let found = cross_entropy(&hidden, &items, &targets, &weights);
        check(&hidden, &found.hidden, |h| {
            cross_entropy(h, &items, &targets, &weights).loss
        });
        check(&items, &found.items, |w| {
            cross_entropy(&hidden, w, &targets, &weights).loss
        });
    }

    #[test]
    fn derivatives_of_the_sampled_loss_are_those_of_differences() {
        let (hidden, items, targets, weights) = problem();
        let shared = Shared {
            items: vec![2, 5, 9],
            correction: (10_f32 / 3.0).ln(),
        };
        let given = (targets.as_slice(), weights.as_slice());
        let found = sampled_cross_entropy(&hidden, &items, given, &shared);
        check(&hidden, &found.hidden, |h| {
            sampled_cross_entropy(h, &items, given, &shared).loss
        });
        check(&items, &found.items, |w| {
            sampled_cross_entropy(&hidden, w, given, &shared).loss
        });
    }

    #[test]
    fn drawing_all_items_gives_the_whole_loss() {
        let (hidden, items, targets, weights) = problem();
        let shared = Shared {
            items: (0..11).collect(),
            correction: 0.0,
        };
        let whole = cross_entropy(&hidden, &items, &targets, &weights);
        let found = sampled_cross_entropy(&hidden, &items, (&targets, &weights), &shared);
        assert!((whole.loss - found.loss).abs() < 1e-4 * whole.loss);
        for (a, b) in whole.items.data.iter().zip(&found.items.data) {
            assert!((a - b).abs() < 1e-3, "{a} {b}");
        }
    }
}
