//! A hash that names a log.

use sha2::{Digest, Sha256};

use crate::data::{Dataset, hex};

/// SHA-256 of a log: its ids, rows, ratings and times, in order, as 64 hexadecimal digits.
pub fn fingerprint(data: &Dataset) -> String {
    let mut hash = Sha256::new();
    for vocabulary in [data.users(), data.items()] {
        hash.update((vocabulary.len() as u64).to_le_bytes());
        for id in vocabulary.iter() {
            hash.update((id.len() as u64).to_le_bytes());
            hash.update(id.as_bytes());
        }
    }
    let log = data.interactions();
    for user in data.user_indices() {
        let row = data.history(user);
        hash.update((row.len() as u64).to_le_bytes());
        for (position, item) in row.iter().enumerate() {
            hash.update(item.0.to_le_bytes());
            if let Some(time) = log.time(user, position) {
                hash.update(time.to_le_bytes());
            }
        }
        for rating in log.ratings(user).into_iter().flatten() {
            hash.update(rating.to_le_bytes());
        }
    }
    hex(&hash.finalize())
}

/// SHA-256 of some bytes, as hexadecimal digits.
pub(super) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_standard_one() {
        // FIPS 180-2, appendix B.1.
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256(b"abc"), expected);
    }
}
