//! Maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998): each item is chosen for its score, less for its
//! likeness to those already chosen.
//!
//! ```text
//! next = argmax over i  (1 - d) s_i - d max over chosen j  sim(i, j)                    (section 2)
//! ```
//!
//! `s` is the score, scaled to 0 to 1 over the candidates. `sim(i, j)` is what the model gives `j` for a history of `i`
//! alone, or `i` for `j`, whichever is more, over what it gives the nearest item.

use std::collections::HashMap;

use sparring::data::ItemIx;

use super::Loaded;
use super::loaded::Beside;

/// Candidates for a list of `needed` items.
pub(super) fn pool(needed: usize) -> usize {
    (4 * needed).clamp(40, 400).max(needed)
}

/// The best `needed` candidates in the order of the rule; in their own if the model cannot compare items.
pub(super) fn reorder(
    model: &Loaded,
    candidates: Vec<(ItemIx, f32)>,
    diversity: f32,
    needed: usize,
) -> Vec<(ItemIx, f32)> {
    let items: Vec<ItemIx> = candidates.iter().map(|(item, _)| *item).collect();
    let Ok(beside) = model.beside(&items) else {
        return candidates;
    };
    let near: Vec<HashMap<ItemIx, f32>> = beside.iter().map(scaled).collect();
    let alike = |a: usize, b: usize| {
        let one = near[a].get(&items[b]).copied().unwrap_or(0.0);
        one.max(near[b].get(&items[a]).copied().unwrap_or(0.0))
    };
    greedy(&candidates, diversity, needed, alike)
}

fn scaled(beside: &Beside) -> HashMap<ItemIx, f32> {
    let most = beside.first().map_or(1.0, |(_, score)| score.max(1e-12));
    let positive = beside.iter().filter(|(_, score)| *score > 0.0);
    positive
        .map(|(item, score)| (*item, score / most))
        .collect()
}

fn greedy(
    candidates: &[(ItemIx, f32)],
    diversity: f32,
    needed: usize,
    alike: impl Fn(usize, usize) -> f32,
) -> Vec<(ItemIx, f32)> {
    let scores = candidates.iter().map(|(_, score)| *score);
    let (low, high) = scores.fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), score| {
        (low.min(score), high.max(score))
    });
    let relevance = |at: usize| (candidates[at].1 - low) / (high - low).max(1e-12);
    let mut left: Vec<usize> = (0..candidates.len()).collect();
    let mut nearest = vec![0.0_f32; candidates.len()];
    let mut chosen = Vec::with_capacity(needed);
    while chosen.len() < needed && !left.is_empty() {
        let value = |at: usize| (1.0 - diversity) * relevance(at) - diversity * nearest[at];
        // Of equal ones the first, which has the higher score.
        let place = (0..left.len())
            .reduce(|a, b| {
                if value(left[b]) > value(left[a]) {
                    b
                } else {
                    a
                }
            })
            .expect("some are left");
        let next = left.remove(place);
        chosen.push(candidates[next]);
        for &at in &left {
            nearest[at] = nearest[at].max(alike(next, at));
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_twin_waits() {
        // Scores 1, .9, .5 scale to 1, .8, 0; the second is the first's twin. At d = .5 the second is worth
        // .4 - .5 = -.1 and the third 0 - 0 = 0.
        let candidates = [(ItemIx(0), 1.0), (ItemIx(1), 0.9), (ItemIx(2), 0.5)];
        let alike = |a: usize, b: usize| if a + b == 1 { 1.0 } else { 0.0 };
        let order = |diversity, n| {
            let list = greedy(&candidates, diversity, n, alike);
            list.into_iter().map(|(item, _)| item.0).collect::<Vec<_>>()
        };
        assert_eq!(order(0.5, 3), [0, 2, 1]);
        assert_eq!(order(0.1, 3), [0, 1, 2]);
        assert_eq!(order(0.5, 2), [0, 2]);
        assert_eq!((pool(1), pool(20), pool(900)), (40, 80, 900));
    }
}
