//! Models that know whole events: what users do next, when, how they like it, and when they stop.

use std::fmt::Debug;

use sparring_wide::Seed;

use super::run::{Cancel, Observer};
use super::traits::ScoreError;
use crate::data::{Dataset, ItemIx, UserIx};

/// Something that a user did.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Event {
    /// With which item.
    pub item: ItemIx,
    /// How it was rated, if that is known.
    pub rating: Option<f32>,
    /// When, if that is known, in the unit of the log.
    pub time: Option<i64>,
}

impl Event {
    /// The events of a user of a log, in order.
    pub fn history(data: &Dataset, user: UserIx) -> Vec<Self> {
        let log = data.interactions();
        let ratings = log.ratings(user);
        let each = data.history(user).iter().enumerate();
        each.map(|(at, &item)| Self {
            item,
            rating: ratings.map(|ratings| ratings[at]),
            time: log.time(user, at),
        })
        .collect()
    }
}

/// What a model expects after a history.
#[derive(Debug, Clone, PartialEq)]
pub struct Outlook {
    /// The chance that nothing comes any more.
    pub stop: f64,
    /// Chances that something comes and its gap ends in a class of gaps: the gap up to which the
    /// class goes, in the unit of the log, rising; empty if the model knows no times.
    pub gaps: Vec<(u64, f64)>,
    /// The chance of each item to be the next one, if something comes `[I]`.
    pub items: Vec<f32>,
}

/// What a model expects of reactions to some items.
#[derive(Debug, Clone, PartialEq)]
pub struct Reactions {
    /// The ratings there are, rising; empty if the model knows no ratings.
    pub levels: Vec<f32>,
    /// The chance of each of them for each item.
    pub chances: Vec<Vec<f32>>,
}

/// What is to be drawn.
#[derive(Clone, Copy)]
pub struct Draw<'a> {
    /// The events so far of each user; without any a user begins from nothing.
    pub given: &'a [Vec<Event>],
    /// New events of a user at most; without a number as many as the longest history that the model has
    /// learnt from.
    pub most: Option<usize>,
    /// Divides the logits of items: below 1 likely items become likelier.
    pub temperature: f32,
    /// Candidates among which the discriminator chooses each event; 1 for none of its guidance.
    pub candidates: usize,
    /// The only source of randomness.
    pub seed: Seed,
    /// Asked at every step whether to stop; then what was drawn so far is incomplete.
    pub cancel: &'a Cancel,
    /// Who is told how many users are drawn.
    pub observer: Option<&'a dyn Observer>,
}

/// A model of whole events.
pub trait Behaviour: Debug + Send + Sync {
    /// What comes after each history.
    ///
    /// # Errors
    /// [`ScoreError`] if a history has an item that the model does not know.
    fn outlooks(&self, histories: &[&[Event]]) -> Result<Vec<Outlook>, ScoreError>;

    /// How a user with this history would rate some items next.
    ///
    /// # Errors
    /// [`ScoreError`] if an item is not known.
    fn reactions(&self, history: &[Event], items: &[ItemIx]) -> Result<Reactions, ScoreError>;

    /// The new events of each user of a draw: the same bits at any number of threads.
    ///
    /// # Errors
    /// [`ScoreError`] if a history has an item that the model does not know.
    fn draw(&self, draw: &Draw<'_>) -> Result<Vec<Vec<Event>>, ScoreError>;

    /// Whether there is a discriminator that can choose among candidates.
    fn has_critic(&self) -> bool {
        false
    }
}

impl Reactions {
    /// The expected rating of each item.
    pub fn means(&self) -> Vec<f64> {
        let mean = |chances: &Vec<f32>| {
            let each = chances.iter().zip(&self.levels);
            each.map(|(p, level)| f64::from(*p) * f64::from(*level))
                .sum()
        };
        self.chances.iter().map(mean).collect()
    }

    /// The chance of each item to be rated `level` or more.
    pub fn at_least(&self, level: f32) -> Vec<f64> {
        let above = |chances: &Vec<f32>| {
            let each = chances.iter().zip(&self.levels);
            each.filter(|(_, l)| **l >= level)
                .map(|(p, _)| f64::from(*p))
                .sum()
        };
        self.chances.iter().map(above).collect()
    }
}

impl Outlook {
    /// The gap that half of those who go on exceed; none without times.
    pub fn median_gap(&self) -> Option<u64> {
        let all: f64 = self.gaps.iter().map(|(_, p)| p).sum();
        let mut sum = 0.0;
        let reached = |&&(_, p): &&(u64, f64)| {
            sum += p;
            sum >= 0.5 * all
        };
        self.gaps.iter().find(reached).map(|(gap, _)| *gap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reactions_mean() {
        let reactions = Reactions {
            levels: vec![1.0, 3.0, 5.0],
            chances: vec![vec![0.5, 0.25, 0.25], vec![0.0, 0.0, 1.0]],
        };
        assert_eq!(reactions.means(), [2.5, 5.0]);
        assert_eq!(reactions.at_least(3.0), [0.5, 1.0]);
    }

    #[test]
    fn the_median_is_of_those_who_go_on() {
        let outlook = Outlook {
            stop: 0.5,
            gaps: vec![(0, 0.2), (1, 0.1), (3, 0.2)],
            items: vec![],
        };
        assert_eq!(outlook.median_gap(), Some(1));
    }
}
