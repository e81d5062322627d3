//! How the bout stands: who wins, and whether the opponent still picks widely.

use sparring_wide::NO_ITEM;

use super::opponent::{Opponent, Round};
use crate::recommend::{Diagnosis, Observer};

/// An opponent that wins more pairs than this leaves the network nothing to learn from.
const TOO_STRONG: f64 = 0.9;
/// An opponent that picks fewer different items than this share of its picks, and of the
/// catalogue, has collapsed.
const TOO_FEW: f64 = 0.01;

/// Counts between two reports.
#[derive(Debug)]
pub(super) struct Form {
    rounds: Vec<Round>,
    picked: Vec<bool>,
    picks: usize,
}

impl Form {
    pub(super) fn new(n_items: usize) -> Self {
        Self {
            rounds: Vec::new(),
            picked: vec![false; n_items],
            picks: 0,
        }
    }

    /// Counts a round and the items picked in it.
    pub(super) fn add(&mut self, round: Round, picks: &[u32]) {
        self.rounds.push(round);
        for &pick in picks.iter().filter(|&&pick| pick != NO_ITEM) {
            self.picked[pick as usize] = true;
            self.picks += 1;
        }
    }

    /// Tells the observer and starts anew.
    pub(super) fn report(&mut self, step: u64, opponent: Opponent, observer: &dyn Observer) {
        let rounds = self.rounds.len().max(1) as f64;
        let mean = |of: fn(&Round) -> f64| self.rounds.iter().map(of).sum::<f64>() / rounds;
        observer.point("loss", step, mean(|round| round.loss));
        if opponent != Opponent::None {
            let (wins, distinct) = (mean(|round| round.wins), self.distinct());
            let coverage = distinct as f64 / self.picked.len().max(1) as f64;
            observer.point("opponent wins", step, wins);
            observer.point("opponent coverage", step, coverage);
            observer.diagnosis(self.diagnosis(step, wins, distinct));
        }
        *self = Self::new(self.picked.len());
    }

    fn distinct(&self) -> usize {
        self.picked.iter().filter(|picked| **picked).count()
    }

    fn diagnosis(&self, step: u64, wins: f64, distinct: usize) -> Diagnosis {
        let possible = self.picked.len().min(self.picks);
        let narrow = (distinct as f64) < TOO_FEW * possible as f64;
        let (verdict, remedies) = if narrow {
            ("mode collapse", vec!["raise neural.temperature".to_owned()])
        } else if wins > TOO_STRONG {
            let remedies = ["raise neural.temperature", "lower neural.learning_rate"];
            (
                "discriminator too strong",
                remedies.map(str::to_owned).to_vec(),
            )
        } else {
            ("healthy", Vec::new())
        };
        Diagnosis {
            step,
            verdict: verdict.to_owned(),
            evidence: vec![
                format!(
                    "the opponent's picks outscore hidden items in {:.0} % of pairs",
                    100.0 * wins
                ),
                format!(
                    "it picked {distinct} different items of {}",
                    self.picked.len()
                ),
            ],
            remedies,
            applied: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recommend::Recorder;

    fn verdict(wins: f64, picks: &[u32]) -> String {
        let recorder = Recorder::new();
        let mut form = Form::new(1000);
        form.add(Round { loss: 1.0, wins }, picks);
        form.report(7, Opponent::Own, &recorder);
        let (curves, health) = recorder.into_parts();
        assert_eq!(curves["opponent wins"], [(7, wins)]);
        health[0].verdict.clone()
    }

    #[test]
    fn planted_illnesses_are_named() {
        let wide: Vec<u32> = (0..500).collect();
        assert_eq!(verdict(0.4, &wide), "healthy");
        assert_eq!(verdict(0.95, &wide), "discriminator too strong");
        assert_eq!(verdict(0.4, &[3; 500]), "mode collapse");
    }

    #[test]
    fn without_an_opponent_there_is_no_verdict() {
        let recorder = Recorder::new();
        let mut form = Form::new(10);
        form.add(
            Round {
                loss: 2.0,
                wins: 0.0,
            },
            &[],
        );
        form.report(1, Opponent::None, &recorder);
        let (curves, health) = recorder.into_parts();
        assert_eq!(curves["loss"], [(1, 2.0)]);
        assert!(health.is_empty());
    }
}
