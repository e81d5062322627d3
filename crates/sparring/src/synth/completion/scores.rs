//! Completion by a recommender's own scores: what a generator has to beat.
//!
//! ```text
//! l_ui = (s_ui - mean_i s_ui) / (sd_i s_ui  temperature)
//! ```

use sparring_wide::Matrix;

use super::Completer;
use crate::data::ItemIx;
use crate::recommend::{Query, Recommender, ScoreError};

/// A fitted recommender whose standardised scores are the logits.
#[derive(Debug)]
pub struct OwnScores<'a> {
    /// The recommender; every user is new to it.
    pub model: &'a dyn Recommender,
    /// Temperature, above 0.
    pub temperature: f32,
}

impl Completer for OwnScores<'_> {
    fn logits(&self, given: &[&[u32]], logits: &mut Matrix) -> Result<(), ScoreError> {
        let histories: Vec<Vec<ItemIx>> = given
            .iter()
            .map(|items| items.iter().map(|&item| ItemIx(item)).collect())
            .collect();
        let queries: Vec<Query<'_>> = histories.iter().map(|h| Query::new_user(h)).collect();
        logits.reshape(given.len(), self.model.n_items());
        self.model.score_into(&queries, &mut logits.data)?;
        for row in 0..given.len() {
            standardise(logits.row_mut(row), self.temperature);
        }
        Ok(())
    }
}

/// Mean 0 and standard deviation `1 / temperature`; a row of equal scores becomes zeros.
fn standardise(row: &mut [f32], temperature: f32) {
    let n = row.len().max(1) as f64;
    let mean = row.iter().map(|&x| f64::from(x)).sum::<f64>() / n;
    let square = row.iter().map(|&x| (f64::from(x) - mean).powi(2));
    let deviation = (square.sum::<f64>() / n).sqrt();
    let factor = if deviation > 0.0 {
        1.0 / (deviation * f64::from(temperature))
    } else {
        0.0
    };
    for x in row {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a logit in single precision"
        )]
        let logit = ((f64::from(*x) - mean) * factor) as f32;
        *x = logit;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_standardised() {
        // Mean 2, deviation sqrt(2/3) = .8165; at a temperature of one half: 2 / .8165.
        let mut row = [1.0, 2.0, 3.0];
        standardise(&mut row, 0.5);
        assert!((row[2] - 2.449_49).abs() < 1e-4 && row[1].abs() < 1e-6);
        let mut equal = [0.3; 4];
        standardise(&mut equal, 0.5);
        assert!(equal.iter().all(|x| x.abs() < 1e-9));
    }
}
