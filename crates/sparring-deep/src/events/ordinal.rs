//! How an item is liked, in ordered classes.

use sparring_wide::{Beta, Matrix, gemm, gemm_nt, gemm_tn, sigmoid};

use super::batch::START;

/// What the head of reactions gives back.
#[derive(Debug, Clone, PartialEq)]
pub struct OrdinalGradient {
    /// Sum over rows of `weight * -ln p(class)`.
    pub loss: f64,
    /// Derivatives by the hidden rows `[N, K]`.
    pub hidden: Matrix,
    /// Derivatives by what lifts them `[K, D + 1]`.
    pub lift: Matrix,
    /// Derivatives by the tastes of items `[I, D + 1]`.
    pub taste: Matrix,
    /// Derivatives by the thresholds' parameters `[1, R - 1]`.
    pub steps: Matrix,
    /// Derivative by the weight of leanings `[1, 1]`.
    pub lean: Matrix,
}

/// The thresholds `t_1 < ... < t_(R-1)` from their parameters: the first, then logarithms of the
/// steps.
pub fn thresholds(steps: &Matrix) -> Vec<f32> {
    let mut at = 0.0;
    let each = steps.data.iter().enumerate();
    each.map(|(k, step)| {
        at += if k == 0 { *step } else { step.exp() };
        at
    })
    .collect()
}

/// `sum_d u_d t_d + t_D + u_D`: agreement, and how well item and user are liked anyway.
fn score(u: &[f32], t: &[f32]) -> f32 {
    let d = t.len() - 1;
    let agreement: f32 = u[..d].iter().zip(&t[..d]).map(|(u, t)| u * t).sum();
    agreement + t[d] + u[d]
}

/// The chances of the classes of a reaction to an item, given a lifted row `u [D + 1]` and what a leaning
/// adds to the score.
pub fn ordinal_chances((u, taste): (&[f32], &[f32]), leaning: f32, thresholds: &[f32]) -> Vec<f32> {
    let s = score(u, taste) + leaning;
    let mut above = 1.0;
    let mut chances: Vec<f32> = thresholds
        .iter()
        .map(|t| {
            let next = sigmoid(s - t);
            let chance = above - next;
            above = next;
            chance.max(0.0)
        })
        .collect();
    chances.push(above);
    chances
}

/// The ordered logit over a product of user and item (`McCullagh`, 1980, section 2; the score is that
/// of Koren and Sill, 2011, eq. 1, with the row of a network for the user).
///
/// ```text
/// u_n = h_n L        s_n = <u_n, t_i> + b_i + b_n + a f_n        p(class > k) = sigmoid(s_n - t_k)
/// d(-ln p)/ds = a + b - 1,   a, b = sigmoid(s - t) at the thresholds below and above the class
/// ```
///
/// `f` are leanings: what other evidence says of the item. Rows without an item or with a class that is none are passed over.
///
/// # Shapes
/// `hidden [N, K]`, `lift [K, D + 1]`, `taste [I, D + 1]`, `steps [1, R - 1]`, `lean [1, 1]`; items, classes,
/// leanings and weights `[N]`.
///
/// # Panics
/// If the shapes do not fit.
pub fn ordinal(
    hidden: &Matrix,
    [lift, taste, steps, lean]: [&Matrix; 4],
    (items, classes, leanings): (&[u32], &[u32], &[f32]),
    weights: &[f32],
) -> OrdinalGradient {
    assert_eq!(hidden.rows, items.len(), "one item a row");
    assert_eq!(hidden.rows, weights.len(), "one weight a row");
    assert_eq!(hidden.rows, leanings.len(), "one leaning a row");
    let (cuts, a) = (thresholds(steps), lean.data[0]);
    let mut by_lean = 0.0;
    let mut lifted = Matrix::default();
    gemm(hidden, lift, Beta::Replace, &mut lifted);
    let mut by_lifted = Matrix::zeros(lifted.rows, lifted.cols);
    let mut by_taste = Matrix::zeros(taste.rows, taste.cols);
    let mut by_cuts = vec![0.0_f32; cuts.len()];
    let d = taste.cols - 1;
    let mut loss = 0.0;
    for (n, (&item, &class)) in items.iter().zip(classes).enumerate() {
        let (class, weight) = (class as usize, weights[n]);
        if item == START || class > cuts.len() || weight == 0.0 {
            continue;
        }
        let (u, t) = (lifted.row(n), taste.row(item as usize));
        let s = score(u, t) + a * leanings[n];
        let from = class
            .checked_sub(1)
            .map_or(1.0, |below| sigmoid(s - cuts[below]));
        let to = cuts.get(class).map_or(0.0, |above| sigmoid(s - above));
        let p = (from - to).max(1e-7);
        loss -= f64::from(weight) * f64::from(p).ln();
        let slope = weight * (from + to - 1.0);
        by_lean += slope * leanings[n];
        if let Some(below) = class.checked_sub(1) {
            by_cuts[below] += weight * from * (1.0 - from) / p;
        }
        if let Some(above) = by_cuts.get_mut(class) {
            *above -= weight * to * (1.0 - to) / p;
        }
        for (to, t) in by_lifted.row_mut(n)[..d].iter_mut().zip(t) {
            *to = slope * t;
        }
        by_lifted.row_mut(n)[d] = slope;
        let to = by_taste.row_mut(item as usize);
        for (to, u) in to[..d].iter_mut().zip(u) {
            *to += slope * u;
        }
        to[d] += slope;
    }
    let mut by_steps = Matrix::zeros(1, cuts.len());
    let mut rest = 0.0;
    for k in (0..cuts.len()).rev() {
        rest += by_cuts[k];
        by_steps.data[k] = if k == 0 {
            rest
        } else {
            rest * steps.data[k].exp()
        };
    }
    let [mut by_hidden, mut by_lift] = [Matrix::default(), Matrix::default()];
    gemm_nt(&by_lifted, lift, Beta::Replace, &mut by_hidden);
    gemm_tn(hidden, &by_lifted, Beta::Replace, &mut by_lift);
    OrdinalGradient {
        loss,
        hidden: by_hidden,
        lift: by_lift,
        taste: by_taste,
        steps: by_steps,
        lean: Matrix::from_vec(1, 1, vec![by_lean]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::differences::check;
    use sparring_wide::{Seed, normal};

    #[test]
    fn chances_by_hand() {
        // s = 1 * 2 + 0.5 + 0.5 = 3, thresholds 1 and 1 + e^0 = 2.
        let steps = Matrix::from_vec(1, 2, vec![1.0, 0.0]);
        let found = ordinal_chances((&[1.0, 0.5], &[2.0, 0.5]), 0.0, &thresholds(&steps));
        let less = ordinal_chances((&[1.0, 0.5], &[2.0, 0.5]), -1.0, &thresholds(&steps));
        assert!(
            (less[0] - 1.0 / (1.0 + 1.0_f32.exp())).abs() < 1e-6,
            "{less:?}"
        );
        let s = |x: f32| 1.0 / (1.0 + (-x).exp());
        let expected = [1.0 - s(2.0), s(2.0) - s(1.0), s(1.0)];
        for (a, b) in found.iter().zip(expected) {
            assert!((a - b).abs() < 1e-6, "{found:?}");
        }
    }

    #[test]
    fn derivatives_are_those_of_differences() {
        let hidden = normal(6, 4, 1.0, Seed(1));
        let lift = normal(4, 3, 0.7, Seed(2));
        let taste = normal(5, 3, 0.7, Seed(3));
        let steps = Matrix::from_vec(1, 3, vec![-1.0, 0.2, -0.1]);
        let items = [0, 4, 4, START, 2, 1];
        let classes = [0, 3, 1, 2, 2, 4];
        let weights = [1.0, 0.5, 2.0, 1.0, -0.5, 1.0];
        let leanings = [0.5, -1.0, 0.0, 2.0, 1.5, 0.7];
        let lean = Matrix::from_vec(1, 1, vec![0.6]);
        let with = |h: &Matrix, l: &Matrix, t: &Matrix, s: &Matrix, a: &Matrix| {
            ordinal(h, [l, t, s, a], (&items, &classes, &leanings), &weights)
        };
        let of = |h: &Matrix, l: &Matrix, t: &Matrix, s: &Matrix| with(h, l, t, s, &lean);
        let found = of(&hidden, &lift, &taste, &steps);
        check(&lean, &found.lean, |m| {
            with(&hidden, &lift, &taste, &steps, m).loss
        });
        check(&hidden, &found.hidden, |m| {
            of(m, &lift, &taste, &steps).loss
        });
        check(&lift, &found.lift, |m| of(&hidden, m, &taste, &steps).loss);
        check(&taste, &found.taste, |m| of(&hidden, &lift, m, &steps).loss);
        check(&steps, &found.steps, |m| of(&hidden, &lift, &taste, m).loss);
        assert!(found.hidden.row(3).iter().all(|g| *g == 0.0), "no item");
        assert!(found.hidden.row(5).iter().all(|g| *g == 0.0), "no reaction");
    }
}
