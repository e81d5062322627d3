//! How well reactions are foreseen: ratings of a test part, beside what needs no sequence.

use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};
use sparring_wide::Seed;

use crate::data::Dataset;
use crate::fidelity::Auc;
use crate::recommend::{Behaviour, Event, ScoreError};

/// Width of the factors.
const WIDTH: usize = 16;
/// Passes over the ratings at most.
const EPOCHS: usize = 40;
/// Learning rate.
const RATE: f32 = 0.01;
/// Strengths of the regularisation that are tried.
const L2: [f32; 3] = [0.02, 0.05, 0.1];
/// One rating in so many is held out to choose strength and passes.
const HELD: usize = 20;
/// How much a mean is drawn to that above it, in ratings.
const DAMPING: f64 = 5.0;

/// How one model foresees ratings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Foreseen {
    /// Its name.
    pub model: String,
    /// Root of the mean squared error.
    pub rmse: f64,
    /// The area under the curve of the chance of a like, or of the rating where a model knows no chances.
    pub auc: Option<f64>,
}

/// What models say of the ratings of a test part: a model of events, the mean of an item, and biased
/// matrix factorisation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReactionFigures {
    /// Ratings in the test part.
    pub ratings: usize,
    /// Ratings from here on are likes.
    pub liked: f32,
    /// The models.
    pub models: Vec<Foreseen>,
}

/// One rating.
#[derive(Debug, Clone, Copy)]
struct Rated {
    user: usize,
    item: usize,
    rating: f32,
}

fn rated(log: &Dataset) -> Vec<Rated> {
    let mut all = Vec::new();
    for user in log.user_indices() {
        let Some(ratings) = log.interactions().ratings(user) else {
            return Vec::new();
        };
        let pairs = log.history(user).iter().zip(ratings);
        all.extend(pairs.map(|(item, &rating)| Rated {
            user: user.at(),
            item: item.at(),
            rating,
        }));
    }
    all
}

/// Measures a model of events on the ratings of `test`, given the events of `train`, both by the items of
/// the model. None if a part has no ratings or the model knows none.
///
/// # Errors
/// [`ScoreError`] if the model does not know an item.
pub fn reactions(
    behaviour: &dyn Behaviour,
    (train, test): (&Dataset, &Dataset),
    (liked, seed): (f32, Seed),
) -> Result<Option<ReactionFigures>, ScoreError> {
    let (known, asked) = (rated(train), rated(test));
    if known.is_empty() || asked.is_empty() {
        return Ok(None);
    }
    let (mut model, mut likes) = (Vec::new(), Vec::new());
    for user in test.user_indices() {
        let items = test.history(user);
        if items.is_empty() {
            continue;
        }
        let found = behaviour.reactions(&Event::history(train, user), items)?;
        if found.levels.is_empty() {
            return Ok(None);
        }
        model.extend(found.means());
        likes.extend(found.at_least(liked));
    }
    let mean = means(&known, train.n_items());
    let factors = Factors::fitted(&known, (train.n_users(), train.n_items()), seed);
    let of_mean: Vec<f64> = asked.iter().map(|r| mean[r.item]).collect();
    let of_factors: Vec<f64> = asked.iter().map(|r| factors.rating(r).into()).collect();
    let foreseen = |name: &str, found: &[f64], likes: &[f64]| Foreseen {
        model: name.to_owned(),
        rmse: rmse(found, &asked),
        auc: auc(likes, &asked, liked),
    };
    let models = vec![
        foreseen("events", &model, &likes),
        foreseen("item mean", &of_mean, &of_mean),
        foreseen("biased factors", &of_factors, &of_factors),
    ];
    Ok(Some(ReactionFigures {
        ratings: asked.len(),
        liked,
        models,
    }))
}

fn rmse(found: &[f64], asked: &[Rated]) -> f64 {
    let squares = found
        .iter()
        .zip(asked)
        .map(|(x, r)| (x - f64::from(r.rating)).powi(2));
    (squares.sum::<f64>() / asked.len() as f64).sqrt()
}

fn auc(found: &[f64], asked: &[Rated], liked: f32) -> Option<f64> {
    let of = |likes: bool| -> Vec<f64> {
        let pairs = found.iter().zip(asked);
        let own = pairs.filter(|(_, r)| (r.rating >= liked) == likes);
        own.map(|(x, _)| *x).collect()
    };
    Auc::of(&of(true), &of(false)).map(|auc| auc.value)
}

/// The mean rating of each item, drawn to that of all.
fn means(known: &[Rated], n_items: usize) -> Vec<f64> {
    let all = known.iter().map(|r| f64::from(r.rating)).sum::<f64>() / known.len() as f64;
    let mut sums = vec![(DAMPING * all, DAMPING); n_items];
    for r in known {
        sums[r.item].0 += f64::from(r.rating);
        sums[r.item].1 += 1.0;
    }
    sums.into_iter().map(|(sum, n)| sum / n).collect()
}

/// Biased matrix factorisation (Koren, Bell and Volinsky, 2009, eq. 5), by stochastic gradient descent.
///
/// ```text
/// r = m + b_u + b_i + <p_u, q_i>
/// ```
///
/// Strength of the regularisation and number of passes are chosen on one rating in twenty, held out of
/// the first fits; the last fit has all.
#[derive(Debug, Clone)]
struct Factors {
    mean: f32,
    /// A bias and factors a row.
    users: Vec<[f32; WIDTH + 1]>,
    items: Vec<[f32; WIDTH + 1]>,
}

impl Factors {
    fn fitted(known: &[Rated], shape: (usize, usize), seed: Seed) -> Self {
        let mut order = known.to_vec();
        order.shuffle(&mut seed.stream("held out"));
        let (held, rest) = order.split_at((known.len() / HELD).max(1));
        let mut best = (f64::INFINITY, L2[0], 1);
        for l2 in L2 {
            let mut factors = Self::new(rest, shape, seed);
            for epoch in 1..=EPOCHS {
                factors.pass(rest, l2, seed.derive("pass").at(epoch as u64));
                let found: Vec<f64> = held.iter().map(|r| factors.rating(r).into()).collect();
                let error = rmse(&found, held);
                if error < best.0 {
                    best = (error, l2, epoch);
                }
                if epoch > best.2 + 3 && (l2 - best.1).abs() < f32::EPSILON {
                    break;
                }
            }
        }
        let mut factors = Self::new(known, shape, seed);
        for epoch in 1..=best.2 {
            factors.pass(known, best.1, seed.derive("pass").at(epoch as u64));
        }
        factors
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "a mean in single precision"
    )]
    fn new(known: &[Rated], (users, items): (usize, usize), seed: Seed) -> Self {
        let mean =
            known.iter().map(|r| f64::from(r.rating)).sum::<f64>() / known.len().max(1) as f64;
        let rows = |n: usize, label: &str| -> Vec<[f32; WIDTH + 1]> {
            let drawn = sparring_wide::normal(n, WIDTH + 1, 0.1, seed.derive(label));
            let mut rows = drawn.data.as_chunks::<{ WIDTH + 1 }>().0.to_vec();
            for row in &mut rows {
                row[0] = 0.0;
            }
            rows
        };
        Self {
            mean: mean as f32,
            users: rows(users, "users"),
            items: rows(items, "items"),
        }
    }

    fn rating(&self, r: &Rated) -> f32 {
        let (p, q) = (&self.users[r.user], &self.items[r.item]);
        let product: f32 = p[1..].iter().zip(&q[1..]).map(|(p, q)| p * q).sum();
        self.mean + p[0] + q[0] + product
    }

    fn pass(&mut self, known: &[Rated], l2: f32, seed: Seed) {
        let mut order: Vec<usize> = (0..known.len()).collect();
        order.shuffle(&mut seed.stream("order"));
        for at in order {
            let r = &known[at];
            let error = r.rating - self.rating(r);
            let (p, q) = (&mut self.users[r.user], &mut self.items[r.item]);
            p[0] += RATE * (error - l2 * p[0]);
            q[0] += RATE * (error - l2 * q[0]);
            for (p, q) in p[1..].iter_mut().zip(&mut q[1..]) {
                let before = *p;
                *p += RATE * (error * *q - l2 * before);
                *q += RATE * (error * before - l2 * *q);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Users of even numbers like items of even numbers, and so on.
    fn tastes() -> Vec<Rated> {
        let mut all = Vec::new();
        for user in 0..300 {
            for item in (0..40).filter(|item| (user + item) % 3 != 0) {
                let rating = if user % 2 == item % 2 { 5.0 } else { 1.0 };
                all.push(Rated { user, item, rating });
            }
        }
        all
    }

    #[test]
    fn factors_learn_tastes_and_means_cannot() {
        let known = tastes();
        let factors = Factors::fitted(&known, (300, 40), Seed(1));
        // Pairs that are not known: (user + 39) is a multiple of 3.
        let asked: Vec<Rated> = (0..60)
            .step_by(3)
            .map(|user| Rated {
                user,
                item: 39,
                rating: if user % 2 == 1 { 5.0 } else { 1.0 },
            })
            .collect();
        let found: Vec<f64> = asked.iter().map(|r| factors.rating(r).into()).collect();
        assert!(rmse(&found, &asked) < 1.0, "{}", rmse(&found, &asked));
        assert!(auc(&found, &asked, 4.0).unwrap() > 0.95);
        let mean = means(&known, 40);
        let found: Vec<f64> = asked.iter().map(|r| mean[r.item]).collect();
        assert!(rmse(&found, &asked) > 1.5);
    }

    #[test]
    fn means_by_hand() {
        let known = [(0, 4.0), (0, 2.0), (1, 3.0)];
        let known = known.map(|(item, rating)| Rated {
            user: 0,
            item,
            rating,
        });
        // (5 * 3 + 4 + 2) / 7 and (5 * 3 + 3) / 6
        assert_eq!(means(&known, 2), [3.0, 3.0]);
    }
}
