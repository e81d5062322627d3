//! The opponent: negatives picked where the network is weakest, and the loss of a round.
//!
//! ```text
//! L_u = mean over held-out p and picked n of ln(1 + exp(s_n - s_p))
//! q_u(i) ~ exp(s_ui / temperature)  over the items that u does not have       (opponent = "own")
//! ```
//!
//! `q_u` is the best answer of an adversary that picks items to raise the scores of what is not
//! wanted plus `temperature` times the entropy of its picks: the generator of IRGAN (Wang et al.,
//! 2017, eq. 6) in closed form, so that it is never behind and never has to be trained.

use rand::RngExt;
use rand::seq::SliceRandom;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sparring_wide::{Matrix, NO_ITEM, Seed, SparseRows, log1p_exp, sigmoid, softmax_draws};

use super::masking::Batch;

/// Who picks the negatives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Opponent {
    /// The softmax of the network's own scores: what it would recommend by mistake.
    Own,
    /// Chance: all items alike.
    Uniform,
    /// Nobody: the multinomial likelihood of the held-out items instead.
    None,
}

/// How a round is played.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    pub(super) opponent: Opponent,
    pub(super) positives: usize,
    pub(super) negatives: usize,
    pub(super) temperature: f32,
}

/// What a round gave: means over users.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Round {
    pub(super) loss: f64,
    /// Share of pairs in which the pick scored higher than the held-out item.
    pub(super) wins: f64,
}

/// The items that the opponent picks for each row, `[B, negatives]`; [`NO_ITEM`] where there is
/// none.
pub(super) fn picks(
    logits: &Matrix,
    batch: &Batch,
    rules: &Rules,
    seed: Seed,
    picks: &mut Vec<u32>,
) {
    let count = rules.negatives;
    if rules.opponent == Opponent::Own {
        let how = (count, rules.temperature);
        return softmax_draws(logits, &batch.known, how, seed, picks);
    }
    let n_items = u32::try_from(logits.cols).expect("fewer than 2^32 items");
    picks.clear();
    picks.resize(logits.rows * count, NO_ITEM);
    for (row, picks) in picks.chunks_mut(count).enumerate() {
        let mut stream = seed.stream_at("uniform", row as u64);
        let known = batch.known.row(row).0;
        for pick in picks {
            let item = stream.random_range(0..n_items);
            if known.binary_search(&item).is_err() {
                *pick = item;
            }
        }
    }
}

/// Overwrites `gradient` with the derivatives of the mean loss by the logits of the held-out and
/// picked items.
pub(super) fn compete(
    logits: &Matrix,
    batch: &Batch,
    (picks, rules): (&[u32], &Rules),
    seed: Seed,
    gradient: &mut SparseRows,
) -> Round {
    let rows = logits.rows;
    let each: Vec<(Vec<(u32, f32)>, Round)> = (0..rows)
        .into_par_iter()
        .map(|row| {
            let mut positives = batch.held.row(row).0.to_vec();
            if positives.len() > rules.positives {
                let mut stream = seed.stream_at("positives", row as u64);
                let (chosen, _) = positives.partial_shuffle(&mut stream, rules.positives);
                positives = chosen.to_vec();
            }
            let picks = &picks[row * rules.negatives..][..rules.negatives];
            pairs(logits.row(row), &positives, picks, 1.0 / rows as f32)
        })
        .collect();
    gradient.clear();
    let mut sum = Round::default();
    for (entries, round) in each {
        gradient.push_row_with(entries);
        sum.loss += round.loss / rows as f64;
        sum.wins += round.wins / rows as f64;
    }
    sum
}

/// All pairs of one row; `share` is the row's weight in the mean.
fn pairs(scores: &[f32], positives: &[u32], picks: &[u32], share: f32) -> (Vec<(u32, f32)>, Round) {
    let picks = || picks.iter().copied().filter(|&pick| pick != NO_ITEM);
    let count = positives.len() * picks().count();
    let mut entries: Vec<(u32, f32)> = Vec::with_capacity(positives.len() + picks().count());
    entries.extend(positives.iter().map(|&item| (item, 0.0)));
    entries.extend(picks().map(|item| (item, 0.0)));
    let (held, picked) = entries.split_at_mut(positives.len());
    let weight = share / count.max(1) as f32;
    let (mut loss, mut wins) = (0.0, 0_usize);
    for (pick, d_pick) in picked {
        for (item, d_item) in &mut *held {
            let lead = scores[*pick as usize] - scores[*item as usize];
            let slope = weight * sigmoid(lead);
            *d_pick += slope;
            *d_item -= slope;
            loss += f64::from(log1p_exp(lead));
            wins += usize::from(lead > 0.0);
        }
    }
    let pairs = count.max(1) as f64;
    (
        entries,
        Round {
            loss: loss / pairs,
            wins: wins as f64 / pairs,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_by_hand() {
        // Scores 0 and ln 3 for held-out items 0 and 1, pick 2 scores 0:
        // losses ln 2 and ln(4/3), slopes 1/2 and 1/4 halved by two pairs.
        let scores = [0.0, 3.0_f32.ln(), 0.0];
        let (entries, round) = pairs(&scores, &[0, 1], &[2, NO_ITEM], 1.0);
        let expected = f64::midpoint(2.0_f64.ln(), (4.0_f64 / 3.0).ln());
        assert!((round.loss - expected).abs() < 1e-6);
        assert!(round.wins.abs() < 1e-12, "a draw is no win");
        let expected = [(0, -0.25), (1, -0.125), (2, 0.375)];
        for ((item, d), (wanted, slope)) in entries.iter().zip(expected) {
            assert!(*item == wanted && (d - slope).abs() < 1e-6, "{item} {d}");
        }
    }

    #[test]
    fn derivatives_are_differences() {
        let scores = [0.3, -0.2, 0.9, 0.1];
        let loss = |scores: &[f32]| pairs(scores, &[0, 3], &[1, 2, 2], 1.0).1.loss;
        let (entries, _) = pairs(&scores, &[0, 3], &[1, 2, 2], 1.0);
        for item in 0..4 {
            let (mut above, mut below) = (scores, scores);
            above[item] += 0.01;
            below[item] -= 0.01;
            let difference = (loss(&above) - loss(&below)) / 0.02;
            let found: f32 = entries
                .iter()
                .filter(|e| e.0 as usize == item)
                .map(|e| e.1)
                .sum();
            assert!(
                (f64::from(found) - difference).abs() < 1e-4,
                "{item}: {found} {difference}"
            );
        }
    }

    #[test]
    fn without_a_pick_there_is_no_round() {
        let (entries, round) = pairs(&[1.0, 2.0], &[0], &[NO_ITEM], 1.0);
        assert_eq!(entries, [(0, 0.0)]);
        assert!(round.loss.abs() < 1e-12);
    }
}
