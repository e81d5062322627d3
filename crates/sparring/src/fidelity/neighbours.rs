//! The nearest profile of another crowd, through an inverted index.

use rayon::prelude::*;

use super::logs::Crowd;
use crate::models::Profiles;

/// How near the nearest profile is, by two measures, each with its own nearest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Nearest {
    /// Largest `|x and y| / sqrt(|x| |y|)`.
    pub(crate) cosine: f64,
    /// Largest `|x and y| / |x or y|`: 1 for the same profile.
    pub(crate) jaccard: f64,
    /// The profile of the largest cosine, the first of several.
    pub(crate) at: usize,
}

/// For each user of `of`, the nearest user of `among`.
///
/// Overlaps are counted item by item through the index of `among`, so that only profiles with
/// something in common are looked at.
pub(crate) fn nearest(of: &Crowd, among: &Crowd) -> Vec<Nearest> {
    let index = among.profiles.transpose();
    let lengths = among.lengths();
    let search = Search {
        index: &index,
        lengths: &lengths,
    };
    (0..of.n_users())
        .into_par_iter()
        .map_init(
            || (vec![0_u32; among.n_users()], Vec::new()),
            |(overlaps, touched), user| search.nearest(of.profiles.row(user), overlaps, touched),
        )
        .collect()
}

struct Search<'a> {
    /// Users by item.
    index: &'a Profiles,
    lengths: &'a [u32],
}

impl Search<'_> {
    fn nearest(&self, profile: &[u32], overlaps: &mut [u32], touched: &mut Vec<u32>) -> Nearest {
        for &item in profile {
            for &user in self.index.row(item as usize) {
                let overlap = &mut overlaps[user as usize];
                if *overlap == 0 {
                    touched.push(user);
                }
                *overlap += 1;
            }
        }
        let mut best = Nearest {
            cosine: 0.0,
            jaccard: 0.0,
            at: 0,
        };
        touched.sort_unstable();
        let own = profile.len() as f64;
        for user in touched.drain(..) {
            let common = f64::from(std::mem::take(&mut overlaps[user as usize]));
            let length = f64::from(self.lengths[user as usize]);
            let cosine = common / (own * length).sqrt();
            if cosine > best.cosine {
                best.cosine = cosine;
                best.at = user as usize;
            }
            best.jaccard = best.jaccard.max(common / (own + length - common));
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fidelity::logs::tests::crowd;
    use proptest::prelude::*;

    #[test]
    fn worked_by_hand() {
        let among = crowd(&[&[0, 1, 2, 3], &[4], &[0, 1]], 6);
        let of = crowd(&[&[0, 1, 2], &[5], &[4]], 6);
        let found = nearest(&of, &among);
        // 3 / sqrt(12) and 3 / 4 beat 2 / sqrt(6) and 2 / 3.
        assert!((found[0].cosine - 0.75_f64.sqrt()).abs() < 1e-12);
        assert!((found[0].jaccard - 0.75).abs() < 1e-12);
        assert_eq!(found[0].at, 0);
        assert!(found[1].cosine.abs() < 1e-12);
        assert_eq!(
            (found[2].at, found[2].jaccard.to_bits()),
            (1, 1.0_f64.to_bits())
        );
    }

    proptest! {
        #[test]
        fn equals_a_look_at_every_pair(
            rows in proptest::collection::vec(proptest::collection::btree_set(0_u32..8, 1..6), 2..9)
        ) {
            let rows: Vec<Vec<u32>> = rows.into_iter().map(|row| row.into_iter().collect()).collect();
            let rows: Vec<&[u32]> = rows.iter().map(Vec::as_slice).collect();
            let (of, among) = rows.split_at(1);
            let found = nearest(&crowd(of, 8), &crowd(among, 8));
            let jaccard = |a: &[u32], b: &[u32]| {
                let common = a.iter().filter(|item| b.contains(item)).count() as f64;
                common / (a.len() as f64 + b.len() as f64 - common)
            };
            let expected = among.iter().map(|row| jaccard(of[0], row)).fold(0.0, f64::max);
            prop_assert!((found[0].jaccard - expected).abs() < 1e-12);
        }
    }
}
