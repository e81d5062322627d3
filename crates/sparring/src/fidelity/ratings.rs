//! How items are rated.

use serde::{Deserialize, Serialize};

use super::divergence::total_variation;
use super::logs::Crowd;
use crate::data::tenths;

/// The most values that are told apart; beyond them the range is cut into so many bins.
const BINS: usize = 20;

/// The ratings of real users and of others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ratings {
    /// Total variation of the shares of the ratings.
    pub total_variation: f64,
    /// The same inside each tenth of the events, most popular items first; none where one of the
    /// logs has no rating there.
    pub by_decile: Vec<Option<f64>>,
}

/// Where a rating is counted.
enum Bins {
    Values(Vec<f32>),
    Width { least: f32, width: f32 },
}

impl Ratings {
    /// Of real users and others; none unless both logs have ratings.
    pub fn of(real: &Crowd, other: &Crowd) -> Option<Self> {
        let bins = Bins::of(real, other)?;
        let tenth = tenths(&real.counts());
        let real = bins.count(real, &tenth)?;
        let other = bins.count(other, &tenth)?;
        let by_decile = real.iter().zip(&other).map(|(a, b)| total_variation(a, b));
        Some(Self {
            total_variation: total_variation(&sum(&real), &sum(&other)).expect("both have events"),
            by_decile: by_decile.collect(),
        })
    }
}

fn sum(rows: &[Vec<f64>]) -> Vec<f64> {
    (0..rows[0].len())
        .map(|bin| rows.iter().map(|row| row[bin]).sum())
        .collect()
}

/// Every rating of a log and its item; none if the log has no ratings.
fn rated(crowd: &Crowd) -> Option<impl Iterator<Item = (usize, f32)>> {
    let log = crowd.data.interactions();
    log.has_ratings().then(|| {
        crowd.data.user_indices().flat_map(|user| {
            let ratings = log.ratings(user).unwrap_or_default();
            let items = log.row(user).iter().map(|item| item.at());
            items.zip(ratings.iter().copied())
        })
    })
}

impl Bins {
    fn of(real: &Crowd, other: &Crowd) -> Option<Self> {
        let all = || Some(rated(real)?.chain(rated(other)?).map(|(_, rating)| rating));
        let mut values: Vec<f32> = Vec::new();
        for rating in all()? {
            if let Err(at) = values.binary_search_by(|value| value.total_cmp(&rating)) {
                values.insert(at, rating);
            }
            if values.len() > BINS {
                let least = all()?.fold(f32::INFINITY, f32::min);
                let largest = all()?.fold(f32::NEG_INFINITY, f32::max);
                let width = (largest - least) / BINS as f32;
                return Some(Self::Width { least, width });
            }
        }
        Some(Self::Values(values))
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "from 0 to the number of bins"
    )]
    fn at(&self, rating: f32) -> usize {
        match self {
            Self::Values(values) => values.partition_point(|value| *value < rating),
            Self::Width { least, width } => (((rating - least) / width) as usize).min(BINS - 1),
        }
    }

    /// Ratings by tenth and bin.
    fn count(&self, crowd: &Crowd, tenth: &[usize]) -> Option<Vec<Vec<f64>>> {
        let mut counts = vec![vec![0.0; BINS]; 10];
        for (item, rating) in rated(crowd)? {
            counts[tenth[item]][self.at(rating)] += 1.0;
        }
        Some(counts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Dataset, InteractionsBuilder, ItemIx, UserIx};
    use crate::fidelity::checks::close;
    use crate::fidelity::logs::tests::crowd;
    use crate::split::contract::log;

    fn rated(events: &[(u32, f32)]) -> Crowd {
        let mut builder = InteractionsBuilder::new();
        for &(item, rating) in events {
            builder.push(UserIx(0), ItemIx(item), Some(rating), None);
        }
        let ids: Dataset = log(&[&[0, 1]]);
        Crowd::of(ids.with_interactions(builder.build(1)))
    }

    #[test]
    fn worked_by_hand() {
        // Item 0 is in tenth 0, item 1 in tenth 5 (equal counts, one event before it of two).
        let real = rated(&[(0, 1.0), (1, 5.0)]);
        let other = rated(&[(0, 1.0), (0, 2.0), (0, 1.0), (0, 5.0)]);
        let found = Ratings::of(&real, &other).unwrap();
        // (1/2, 0, 1/2) against (1/2, 1/4, 1/4); in tenth 0 (1, 0, 0) against it.
        close(Some(found.total_variation), 0.25);
        close(found.by_decile[0], 0.5);
        assert_eq!(found.by_decile[5], None);
        assert_eq!(Ratings::of(&real, &crowd(&[&[0, 1]], 2)), None);
    }

    #[test]
    fn equal_ratings_are_equal_and_many_are_binned() {
        let one = rated(&[(0, 3.0), (1, 3.0)]);
        close(Some(Ratings::of(&one, &one).unwrap().total_variation), 0.0);
        // 0 to 40 in 20 bins of 2; the other has half its ratings in the last.
        let many: Vec<(u32, f32)> = (0..=40_u8).map(|r| (0, f32::from(r))).collect();
        let found = Ratings::of(&rated(&many), &rated(&[(0, 40.0), (0, 0.0)])).unwrap();
        // Bins 0 and 19 have 2 and 3 of 41, all others 2.
        let expected = (0.5 - 2.0 / 41.0) + (0.5 - 3.0 / 41.0);
        assert!((found.total_variation - expected).abs() < 1e-9, "{found:?}");
    }
}
