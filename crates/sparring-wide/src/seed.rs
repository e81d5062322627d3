//! One seed, many independent random streams.
//!
//! Every purpose draws from a stream of its own, so that adding a consumer of randomness never
//! shifts the numbers of another, and parallel blocks draw the same numbers at any thread count.

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// The generator behind every stream: xoshiro256++ (Blackman and Vigna, 2021).
pub type Stream = Xoshiro256PlusPlus;

/// The seed of a run; the only source of randomness outside privacy noise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Seed(pub u64);

impl Seed {
    /// The generator for one purpose, named by `label`.
    ///
    /// ```
    /// use rand::Rng;
    /// use sparring_wide::Seed;
    /// let mut a = Seed(7).stream("negatives");
    /// let mut b = Seed(7).stream("negatives");
    /// assert_eq!(a.next_u64(), b.next_u64());
    /// assert_ne!(Seed(7).stream("noise").next_u64(), Seed(7).stream("negatives").next_u64());
    /// ```
    pub fn stream(self, label: &str) -> Stream {
        Stream::seed_from_u64(self.derive(label).0)
    }

    /// The generator for one purpose at one position, for example a step or a parallel block.
    pub fn stream_at(self, label: &str, index: u64) -> Stream {
        Stream::seed_from_u64(self.derive(label).at(index).0)
    }

    /// A seed for a part of the work, named by `label`.
    #[must_use]
    pub fn derive(self, label: &str) -> Self {
        Self(xxh3_64_with_seed(label.as_bytes(), self.0))
    }

    /// A seed for the `index`-th repetition of some work.
    #[must_use]
    pub fn at(self, index: u64) -> Self {
        Self(xxh3_64_with_seed(&index.to_le_bytes(), self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    #[test]
    fn streams_differ_by_label_index_and_seed() {
        let first = |mut stream: Stream| stream.next_u64();
        let base = first(Seed(1).stream("a"));
        assert_ne!(base, first(Seed(1).stream("b")));
        assert_ne!(base, first(Seed(2).stream("a")));
        assert_ne!(
            first(Seed(1).stream_at("a", 0)),
            first(Seed(1).stream_at("a", 1))
        );
        assert_eq!(base, first(Seed(1).stream("a")));
    }
}
