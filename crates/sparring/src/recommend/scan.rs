//! The best of a large catalogue whose scores are inner products, by a scan of bytes.

use pulp::{Arch, NullaryFnOnce};

use super::query::Query;
use super::traits::{Recommender, ScoreError};

/// Items of a block, of which the scan keeps the largest score.
const BLOCK: usize = 64;
/// Scores that are compared at once.
const LANES: usize = 8;
/// Items that are scored again in single precision, at least.
const AGAIN: usize = 256;

/// A recommender whose scores are inner products of a user's vector with vectors of items.
pub trait Factored: Recommender {
    /// Width `K` of the vectors.
    fn width(&self) -> usize;

    /// The vectors of the items, row-major `[I, K]`.
    fn vectors(&self) -> &[f32];

    /// Writes the vector of a user, `[K]`.
    ///
    /// # Errors
    /// [`ScoreError`] if the query cannot be scored by this model.
    fn vector_of(&self, query: &Query<'_>, vector: &mut [f32]) -> Result<(), ScoreError>;
}

/// The items in bytes, a quarter of the memory to read for each user.
///
/// ```text
/// h_i ~ s_i q_i,  s_i = max |h_i| / 127,  q_i in whole numbers from -127 to 127; the user's vector alike
/// ```
///
/// All items are scored by the products of these numbers, and at least the best 256 again in single
/// precision: rounding moves a score by little beside the lengths of the vectors, so that the best few are
/// among those.
#[derive(Debug, Clone, PartialEq)]
pub struct Scan {
    width: usize,
    codes: Vec<i8>,
    scales: Vec<f32>,
}

/// What scans use again and again.
#[derive(Debug, Clone, Default)]
pub struct ScanMemory {
    vector: Vec<f32>,
    code: Vec<i8>,
    largest: Vec<f32>,
    ranked: Vec<f32>,
}

impl Scan {
    /// The items of a model in bytes.
    pub fn of(model: &dyn Factored) -> Self {
        let width = model.width();
        let mut codes = vec![0; model.vectors().len()];
        let rows = model.vectors().chunks(width.max(1));
        let scales = rows
            .zip(codes.chunks_mut(width.max(1)))
            .map(|(row, code)| quantise(row, code))
            .collect();
        Self {
            width,
            codes,
            scales,
        }
    }

    /// Writes the scores of all items `[I]`, those of the best exactly.
    ///
    /// # Errors
    /// [`ScoreError`] if the query cannot be scored by this model.
    ///
    /// # Panics
    /// If the model is not the one that the scan was made of.
    pub fn score_into(
        &self,
        model: &dyn Factored,
        query: &Query<'_>,
        (scores, memory): (&mut [f32], &mut ScanMemory),
    ) -> Result<(), ScoreError> {
        assert_eq!(model.vectors().len(), self.codes.len(), "the same model");
        assert_eq!(scores.len(), self.scales.len(), "scores [I]");
        let ScanMemory {
            vector,
            code,
            largest,
            ranked,
        } = memory;
        vector.resize(self.width, 0.0);
        code.resize(self.width, 0);
        model.vector_of(query, vector)?;
        let own = quantise(vector, code);
        largest.clear();
        Arch::new().dispatch(Pass {
            scan: self,
            user: (code, own),
            scores,
            largest,
        });
        // As many blocks reach this as are scored again, so at least as many items do.
        ranked.clone_from(largest);
        let least = match ranked.len().checked_sub(AGAIN) {
            Some(below) if below > 0 => *ranked.select_nth_unstable_by(below, f32::total_cmp).1,
            _ => f32::NEG_INFINITY,
        };
        let rows = model.vectors().chunks(BLOCK * self.width.max(1));
        let blocks = scores.chunks_mut(BLOCK).zip(rows).zip(&*largest);
        for ((scores, rows), _) in blocks.filter(|(_, most)| **most >= least) {
            for (score, row) in scores.iter_mut().zip(rows.chunks(self.width.max(1))) {
                if *score >= least {
                    *score = row.iter().zip(&*vector).map(|(a, b)| a * b).sum();
                }
            }
        }
        Ok(())
    }
}

/// One pass over the bytes: the scores of all items, and the largest one of each block.
struct Pass<'a> {
    scan: &'a Scan,
    /// The user's vector in bytes, and what one of them stands for.
    user: (&'a [i8], f32),
    scores: &'a mut [f32],
    largest: &'a mut Vec<f32>,
}

impl NullaryFnOnce for Pass<'_> {
    type Output = ();

    // A closure of this length is not inlined into what is compiled for the vector unit.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "compiled for the vector unit found at run time"
    )]
    fn call(self) {
        let (code, own) = self.user;
        let codes = self.scan.codes.chunks(BLOCK * code.len().max(1));
        let blocks = codes.zip(self.scan.scales.chunks(BLOCK));
        for ((codes, scales), scores) in blocks.zip(self.scores.chunks_mut(BLOCK)) {
            products(codes, code, scores);
            self.largest.push(scale(scores, scales, own));
        }
    }
}

/// Writes whole numbers from -127 to 127 and returns what one of them stands for.
fn quantise(row: &[f32], code: &mut [i8]) -> f32 {
    let largest = row.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
    if largest == 0.0 || !largest.is_finite() {
        code.fill(0);
        return 0.0;
    }
    let scale = largest / 127.0;
    for (to, x) in code.iter_mut().zip(row) {
        #[expect(clippy::cast_possible_truncation, reason = "from -127 to 127")]
        let whole = (x / scale).round() as i8;
        *to = whole;
    }
    scale
}

/// The products of the rows of `codes` with one, as real numbers.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "compiled for the vector unit found at run time"
)]
fn products(codes: &[i8], own: &[i8], out: &mut [f32]) {
    for (row, out) in codes.chunks_exact(own.len().max(1)).zip(out) {
        let mut sum = 0_i32;
        for (a, b) in row.iter().zip(own) {
            // 127 times 127 has room; a check of it would keep the loop from being vectorised.
            sum = sum.wrapping_add(i32::from(i16::from(*a).wrapping_mul(i16::from(*b))));
        }
        #[expect(clippy::cast_precision_loss, reason = "below 2^24 up to 1,000 columns")]
        let real = sum as f32;
        *out = real;
    }
}

/// Brings products to scores and returns the largest one.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "compiled for the vector unit found at run time"
)]
fn scale(scores: &mut [f32], scales: &[f32], own: f32) -> f32 {
    let mut most = [f32::NEG_INFINITY; LANES];
    for (scores, scales) in scores.chunks_mut(LANES).zip(scales.chunks(LANES)) {
        for ((score, scale), most) in scores.iter_mut().zip(scales).zip(&mut most) {
            *score *= own * scale;
            // No `max`, whose care for what is not a number keeps the loop from being vectorised.
            *most = if *score > *most { *score } else { *most };
        }
    }
    most.into_iter().fold(f32::NEG_INFINITY, f32::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recommend::top_k;
    use rand::RngExt;
    use rand_distr::StandardNormal;
    use sparring_wide::Seed;

    /// Normal vectors; a query has the vector of its user's index.
    #[derive(Debug)]
    struct Normal {
        items: Vec<f32>,
    }

    const K: usize = 24;

    fn normal(n: usize, label: &str) -> Vec<f32> {
        let mut stream = Seed(5).stream(label);
        (0..n * K).map(|_| stream.sample(StandardNormal)).collect()
    }

    impl Recommender for Normal {
        fn n_items(&self) -> usize {
            self.items.len() / K
        }
        fn score_into(&self, queries: &[Query<'_>], scores: &mut [f32]) -> Result<(), ScoreError> {
            let mut vector = [0.0; K];
            for (query, row) in queries.iter().zip(scores.chunks_mut(self.n_items())) {
                self.vector_of(query, &mut vector)?;
                for (score, item) in row.iter_mut().zip(self.items.chunks(K)) {
                    *score = item.iter().zip(&vector).map(|(a, b)| a * b).sum();
                }
            }
            Ok(())
        }
    }

    impl Factored for Normal {
        fn width(&self) -> usize {
            K
        }
        fn vectors(&self) -> &[f32] {
            &self.items
        }
        fn vector_of(&self, query: &Query<'_>, vector: &mut [f32]) -> Result<(), ScoreError> {
            let user = query.user.expect("known").0 as usize;
            vector.copy_from_slice(&normal(user + 1, "users")[user * K..]);
            Ok(())
        }
    }

    #[test]
    fn the_best_of_many_are_found_and_have_their_scores() {
        let model = Normal {
            items: normal(40_000, "items"),
        };
        let scan = Scan::of(&model);
        let mut memory = ScanMemory::default();
        let (mut found, mut again) = (0, 0);
        for user in 0..20 {
            let query = Query {
                user: Some(crate::data::UserIx(user)),
                history: &[],
            };
            let (mut exact, mut scanned) = (vec![0.0; 40_000], vec![0.0; 40_000]);
            model.score_into(&[query], &mut exact).unwrap();
            scan.score_into(&model, &query, (&mut scanned, &mut memory))
                .unwrap();
            let wanted = top_k(&exact, &[], 10);
            let list = top_k(&scanned, &[], 10);
            found += list.iter().filter(|item| wanted.contains(item)).count();
            for item in list {
                assert!((scanned[item.at()] - exact[item.at()]).abs() < 1e-5);
            }
            let same = exact
                .iter()
                .zip(&scanned)
                .filter(|(a, b)| (*a - *b).abs() < 1e-6);
            again += same.count();
            let worst = exact
                .iter()
                .zip(&scanned)
                .map(|(a, b)| (a - b).abs())
                .fold(0.0, f32::max);
            assert!(worst < 0.5, "{worst}");
        }
        assert_eq!(found, 200, "the best ten of 20 users");
        assert!(again < 20 * 4_000, "few are scored again: {again}");
    }

    #[test]
    fn bytes_by_hand() {
        let mut code = [0; 3];
        let scale = quantise(&[2.54, -1.27, 0.0], &mut code);
        assert!((scale - 0.02).abs() < 1e-7);
        assert_eq!(code, [127, -64, 0]);
        assert!(quantise(&[0.0, 0.0], &mut code[..2]) < f32::MIN_POSITIVE);
        assert_eq!(code, [0, 0, 0]);
        let mut out = [0.0; 2];
        products(&[127, -127, 1, 2], &[127, -127], &mut out);
        assert_eq!(
            out.map(f32::to_bits),
            [32_258.0_f32, -127.0].map(f32::to_bits)
        );
    }
}
