//! Normalised discounted cumulative gain (Järvelin and Kekäläinen, 2002).

use crate::eval::metric::{Judged, Metric};

/// nDCG at `k`; by default with binary gains, ideal over `min(|R|, k)` places.
///
/// ```text
/// dcg@k  = sum over hits at place p <= k (from 1) of gain / log2(p + 1)
/// ndcg@k = dcg@k / ideal
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ndcg {
    /// Length of the list.
    pub k: usize,
    /// What a hit is worth.
    pub gain: Gain,
    /// How places are discounted.
    pub discount: Discount,
    /// What the sum is divided by.
    pub ideal: Ideal,
}

/// What a hit is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gain {
    /// 1.
    Binary,
    /// The rating (Järvelin and Kekäläinen, 2002).
    Rating,
    /// `2^rating - 1` (Burges et al., 2005).
    Exponential,
}

/// How the place `p`, from 1, is discounted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Discount {
    /// Divided by `log2(p + 1)`.
    Shifted,
    /// Divided by `log2(max(p, 2))`, so that the first two places are worth the same.
    Clipped,
}

/// What the discounted gains are divided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ideal {
    /// The sum of the best list of this user: `min(|R|, k)` places, best gains first.
    Achievable,
    /// The sum of a list of `k` hits with gain 1.
    Full,
    /// Nothing: the DCG itself.
    One,
}

impl Ndcg {
    /// Binary gains, `log2(p + 1)`, ideal over `min(|R|, k)` places.
    pub fn at(k: usize) -> Self {
        Self {
            k,
            gain: Gain::Binary,
            discount: Discount::Shifted,
            ideal: Ideal::Achievable,
        }
    }

    fn ideal(&self, list: &Judged) -> f64 {
        let places = |n: usize| 0..n.min(self.k);
        match self.ideal {
            Ideal::One => 1.0,
            Ideal::Full => places(self.k).map(|place| self.discount.of(place)).sum(),
            Ideal::Achievable => places(list.n_relevant())
                .map(|place| self.gain.of(list.ideal[place]) * self.discount.of(place))
                .sum(),
        }
    }
}

impl Metric for Ndcg {
    fn label(&self) -> String {
        let name = if self.ideal == Ideal::One {
            "dcg"
        } else {
            "ndcg"
        };
        format!("{name}@{}", self.k)
    }

    fn score(&self, list: &Judged) -> Option<f64> {
        let places = list.first(self.k).iter().zip(&list.gains).enumerate();
        let dcg: f64 = places
            .filter(|&(_, (&hit, _))| hit)
            .map(|(place, (_, &gain))| self.gain.of(gain) * self.discount.of(place))
            .sum();
        let ideal = self.ideal(list);
        // Without any gain to be had, as with ratings of 0, no list is worth anything.
        Some(if ideal > 0.0 { dcg / ideal } else { 0.0 })
    }
}

impl Gain {
    fn of(self, rating: f32) -> f64 {
        match self {
            Self::Binary => 1.0,
            Self::Rating => f64::from(rating),
            Self::Exponential => f64::from(rating).exp2() - 1.0,
        }
    }
}

impl Discount {
    /// The worth of a place, counted from 0.
    fn of(self, place: usize) -> f64 {
        let place = place as f64;
        match self {
            Self::Shifted => (place + 2.0).log2().recip(),
            Self::Clipped => (place + 1.0).max(2.0).log2().recip(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::per_user::checks::{assert_close, of_hits, score};

    metric_contract!(crate::eval::per_user::Ndcg::at(4));

    mod clipped {
        metric_contract!(crate::eval::per_user::Ndcg {
            discount: crate::eval::per_user::Discount::Clipped,
            ..crate::eval::per_user::Ndcg::at(4)
        });
    }

    const HITS: [bool; 5] = [false, true, false, true, true];

    #[test]
    fn worked_by_hand() {
        // dcg = 1/log2(3) + 1/log2(5) = .6309298 + .4306766 = 1.0616063
        // ideal over 3 places = 1 + .6309298 + .5 = 2.1309298; 1.0616063 / 2.1309298 = .4981892
        assert_close(score(&Ndcg::at(4), &HITS, 3), 0.498_189_25);
        // ideal over min(9, 1) = 1 place.
        assert_close(score(&Ndcg::at(1), &[true], 9), 1.0);
    }

    #[test]
    fn other_ideals_and_discounts() {
        let with = |ideal, discount| Ndcg {
            discount,
            ideal,
            ..Ndcg::at(4)
        };
        // Ideal over 4 places: 2.1309298 + .4306766 = 2.5616063
        let full = with(Ideal::Full, Discount::Shifted);
        assert_close(score(&full, &HITS, 3), 1.061_606_31 / 2.561_606_31);
        let none = with(Ideal::One, Discount::Shifted);
        assert_close(score(&none, &HITS, 3), 1.061_606_31);
        // Places 2 and 4 clipped: 1/1 + 1/2; ideal over 3 places: 1 + 1 + 1/log2(3).
        let clipped = with(Ideal::Achievable, Discount::Clipped);
        assert_close(score(&clipped, &HITS, 3), 1.5 / 2.630_929_75);
    }

    #[test]
    fn ratings_as_gains() {
        let mut list = of_hits(&[true, false, true], 3);
        list.gains = vec![2.0, 0.0, 1.0];
        list.ideal = vec![3.0, 2.0, 1.0];
        let with = |gain| {
            Ndcg {
                gain,
                ..Ndcg::at(2)
            }
            .score(&list)
            .unwrap()
        };
        // Two places: 2 / (3 + 2 * .6309298); 3 / (7 + 3 * .6309298).
        assert_close(with(Gain::Rating), 2.0 / 4.261_859_51);
        assert_close(with(Gain::Exponential), 3.0 / 8.892_789_26);
        list.ideal = vec![0.0; 3];
        list.gains = vec![0.0; 3];
        let gain = Gain::Rating;
        assert_close(
            Ndcg {
                gain,
                ..Ndcg::at(2)
            }
            .score(&list)
            .unwrap(),
            0.0,
        );
    }
}
