//! What a page draws of the logs: few numbers, so that the page stays small.

use rand::seq::SliceRandom;
use sparring_wide::Seed;

use super::cooccurrence::Pairs;
use super::logs::{Crowd, Logs};
use super::neighbours::nearest;
use super::resemblance::Points;
use super::sample::drawn;
use crate::data::Vocabulary;

/// The most pairs of items, and the most users of a kind, that are drawn.
const DOTS: usize = 1_000;
/// Bins of the lengths.
const BINS: u32 = 30;
/// Places on the curve of popularity.
const RANKS: u32 = 150;
/// Synthetic users beside their nearest real ones.
const PROFILES: usize = 6;
/// Items that are named of a profile.
const NAMED: usize = 12;

/// The data of the charts.
#[derive(Debug, Clone, PartialEq)]
pub struct Pictures {
    /// Lengths of profiles, a curve a log: length and share of the users about there.
    pub lengths: Vec<Drawn>,
    /// Popularity: rank and share of the users who have the item of that rank.
    pub popularity: Vec<Drawn>,
    /// Pairs of popular items: how they go together among real and among synthetic users.
    pub pairs: Vec<(f64, f64)>,
    /// Users on two principal directions.
    pub map: Vec<Drawn>,
    /// Synthetic users beside the real users nearest to them.
    pub profiles: Vec<SideBySide>,
}

/// The points of one log.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn {
    /// `real`, `synthetic` or `holdout`.
    pub log: &'static str,
    /// The points.
    pub points: Vec<(f64, f64)>,
}

/// A synthetic user and the real user nearest to it.
#[derive(Debug, Clone, PartialEq)]
pub struct SideBySide {
    /// Cosine of the two profiles.
    pub cosine: f64,
    /// Items that both have.
    pub common: usize,
    /// Number of items of each.
    pub lengths: (usize, usize),
    /// What some items of the synthetic user are called, and whether the real one has them; those
    /// first.
    pub synthetic: Vec<(String, bool)>,
    /// The same of the real user.
    pub real: Vec<(String, bool)>,
}

impl Pictures {
    /// Of these logs; an item without a title is called by its id.
    pub fn of(logs: &Logs, points: &Points, titles: &[String], seed: Seed) -> Self {
        let crowds = [
            Some(("real", &logs.real)),
            Some(("synthetic", &logs.synthetic)),
            logs.holdout.as_ref().map(|crowd| ("holdout", crowd)),
        ];
        let crowds: Vec<(&'static str, &Crowd)> = crowds.into_iter().flatten().collect();
        let draw = |curve: fn(&Crowd) -> Vec<(f64, f64)>| {
            let one = |&(log, crowd): &(&'static str, &Crowd)| Drawn {
                log,
                points: curve(crowd),
            };
            crowds.iter().map(one).collect()
        };
        let [real, synthetic] = points.map();
        let dots = |log, points: Vec<(f64, f64)>| Drawn {
            log,
            points: some(points, seed.derive(log)),
        };
        let pairs = Pairs::phi(&logs.real, &logs.synthetic, 0);
        let names = Names {
            titles,
            ids: logs.real.data.items(),
        };
        Self {
            lengths: draw(lengths),
            popularity: draw(popularity),
            pairs: some(
                pairs.real.into_iter().zip(pairs.other).collect(),
                seed.derive("pairs"),
            ),
            map: vec![dots("real", real), dots("synthetic", synthetic)],
            profiles: profiles(logs, &names, seed),
        }
    }
}

/// What items are called.
struct Names<'a> {
    titles: &'a [String],
    ids: &'a Vocabulary,
}

impl Names<'_> {
    fn of(&self, item: u32) -> String {
        let title = self.titles.get(item as usize).filter(|t| !t.is_empty());
        title.map_or_else(|| self.ids.id(item).to_owned(), Clone::clone)
    }
}

/// At most [`DOTS`] of them, drawn by lot.
fn some(mut points: Vec<(f64, f64)>, seed: Seed) -> Vec<(f64, f64)> {
    points.shuffle(&mut seed.stream("dots"));
    points.truncate(DOTS);
    points
}

/// Lengths from `2^(b/3)` to below `2^((b+1)/3)`, drawn at the middle; empty bins between others
/// too.
fn lengths(crowd: &Crowd) -> Vec<(f64, f64)> {
    let lengths = crowd.lengths();
    let edge = |bin: u32| (f64::from(bin) / 3.0).exp2();
    let share = |bin: u32| {
        let inside = |&&n: &&u32| (edge(bin)..edge(bin + 1)).contains(&(f64::from(n) + 1e-9));
        lengths.iter().filter(inside).count() as f64 / lengths.len() as f64
    };
    let mut bins: Vec<(f64, f64)> = (0..BINS)
        .map(|bin| ((edge(bin) * edge(bin + 1)).sqrt(), share(bin)))
        .collect();
    let last = bins.iter().rposition(|bin| bin.1 > 0.0).unwrap_or(0);
    bins.truncate(last + 2);
    bins
}

/// Ranks evenly spread in the logarithm.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rank"
)]
fn popularity(crowd: &Crowd) -> Vec<(f64, f64)> {
    let mut counts = crowd.counts();
    counts.retain(|&count| count > 0);
    counts.sort_unstable_by(|a, b| b.cmp(a));
    let rank = |step: u32| {
        let place = f64::from(step) / f64::from(RANKS);
        (counts.len() as f64).powf(place).round() as usize
    };
    let mut ranks: Vec<usize> = (0..=RANKS).map(rank).collect();
    ranks.dedup();
    let users = crowd.n_users() as f64;
    let point = |rank: usize| (rank as f64, f64::from(counts[rank - 1]) / users);
    ranks.into_iter().map(point).collect()
}

fn profiles(logs: &Logs, names: &Names<'_>, seed: Seed) -> Vec<SideBySide> {
    let n = logs.synthetic.n_users();
    let chosen = logs
        .synthetic
        .only(&drawn(n, PROFILES, seed.derive("shown")));
    let found = nearest(&chosen, &logs.real);
    let side = |(row, nearest): (&[u32], &super::neighbours::Nearest)| {
        let real = logs.real.profiles.row(nearest.at);
        let listed = |items: &[u32], other: &[u32]| {
            let mut items: Vec<(bool, u32)> = items
                .iter()
                .map(|item| (other.binary_search(item).is_err(), *item))
                .collect();
            items.sort_unstable();
            items.truncate(NAMED);
            let named = items
                .into_iter()
                .map(|(alone, item)| (names.of(item), !alone));
            named.collect()
        };
        let shared = row.iter().filter(|item| real.binary_search(item).is_ok());
        SideBySide {
            cosine: nearest.cosine,
            common: shared.count(),
            lengths: (row.len(), real.len()),
            synthetic: listed(row, real),
            real: listed(real, row),
        }
    };
    chosen.profiles.rows().zip(&found).map(side).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fidelity::checks::close;
    use crate::fidelity::logs::tests::crowd;

    #[test]
    fn curves_by_hand() {
        let all = crowd(&[&[0], &[0], &[0, 1], &[0, 1, 2, 3]], 5);
        // Bins 1 to 1.26, ..., 2 to 2.52 (the fourth), ..., 4 to 5.04 (the seventh), one more.
        let found = lengths(&all);
        assert_eq!(found.len(), 8);
        for (bin, expected) in [(0, 0.5), (3, 0.25), (6, 0.25), (7, 0.0)] {
            close(Some(found[bin].1), expected);
        }
        let shares = [(1.0, 1.0), (2.0, 0.5), (3.0, 0.25), (4.0, 0.25)];
        assert_eq!(popularity(&all), shares);
    }

    #[test]
    fn users_stand_beside_their_nearest() {
        let logs = Logs {
            real: crowd(&[&[0, 1], &[2, 3]], 5),
            synthetic: crowd(&[&[1, 2, 3]], 5),
            holdout: None,
        };
        let titles: Vec<String> = vec![String::new(), "One".to_owned()];
        let names = Names {
            titles: &titles,
            ids: logs.real.data.items(),
        };
        let found = &profiles(&logs, &names, Seed(1))[0];
        let listed = |items: &[(&str, bool)]| -> Vec<(String, bool)> {
            let owned = |&(name, common): &(&str, bool)| (name.to_owned(), common);
            items.iter().map(owned).collect()
        };
        let common = [("i2", true), ("i3", true), ("One", false)];
        assert_eq!(found.synthetic, listed(&common));
        assert_eq!(found.real, listed(&common[..2]));
        assert_eq!((found.common, found.lengths), (2, (3, 2)));
    }
}
