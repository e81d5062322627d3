//! External ids and the dense indices that stand for them.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

/// Dense index of a user, a row of the interaction matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserIx(pub u32);

/// Dense index of an item, a column of the interaction matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemIx(pub u32);

impl UserIx {
    /// The index as a position in a slice.
    pub const fn at(self) -> usize {
        self.0 as usize
    }
}

impl ItemIx {
    /// The index as a position in a slice.
    pub const fn at(self) -> usize {
        self.0 as usize
    }
}

/// External ids in the order of their first appearance; position is the dense index.
///
/// All ids lie in one string, so that an id costs its own bytes and about ten more.
#[derive(Debug, Clone, Default)]
pub struct Vocabulary {
    text: String,
    ends: Vec<u32>,
    index: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Vocabulary {
    /// An empty vocabulary.
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of ids.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no id.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The external id at a dense index.
    ///
    /// # Panics
    /// If `index` is not below [`len`](Self::len).
    pub fn id(&self, index: u32) -> &str {
        slice(&self.text, &self.ends, index)
    }

    /// The dense index of an external id, if it is known.
    pub fn get(&self, id: &str) -> Option<u32> {
        let hash = self.hasher.hash_one(id);
        self.index
            .find(hash, |&at| slice(&self.text, &self.ends, at) == id)
            .copied()
    }

    /// The dense index of an external id, added at the end if it is new.
    ///
    /// # Panics
    /// If the ids together exceed 4 GiB.
    pub fn intern(&mut self, id: &str) -> u32 {
        let hash = self.hasher.hash_one(id);
        let (text, ends, hasher) = (&mut self.text, &mut self.ends, &self.hasher);
        if let Some(&at) = self.index.find(hash, |&at| slice(text, ends, at) == id) {
            return at;
        }
        let at = u32::try_from(ends.len()).expect("fewer than 2^32 ids");
        text.push_str(id);
        ends.push(u32::try_from(text.len()).expect("ids fit in 4 GiB"));
        self.index
            .insert_unique(hash, at, |&other| hasher.hash_one(slice(text, ends, other)));
        at
    }

    /// All ids by dense index.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        (0..self.ends.len()).map(|at| self.id(u32::try_from(at).expect("index fits u32")))
    }
}

impl<S: AsRef<str>> FromIterator<S> for Vocabulary {
    fn from_iter<T: IntoIterator<Item = S>>(ids: T) -> Self {
        let mut vocabulary = Self::new();
        for id in ids {
            vocabulary.intern(id.as_ref());
        }
        vocabulary
    }
}

impl PartialEq for Vocabulary {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.ends == other.ends
    }
}

fn slice<'a>(text: &'a str, ends: &[u32], index: u32) -> &'a str {
    let at = index as usize;
    let start = if at == 0 { 0 } else { ends[at - 1] as usize };
    &text[start..ends[at] as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_survive_a_round_trip() {
        let mut ids = Vocabulary::new();
        assert_eq!(
            (
                ids.intern("b"),
                ids.intern("a"),
                ids.intern("b"),
                ids.intern("")
            ),
            (0, 1, 0, 2)
        );
        assert_eq!((ids.id(0), ids.id(1), ids.id(2)), ("b", "a", ""));
        assert_eq!((ids.get("a"), ids.get("c")), (Some(1), None));
        assert_eq!(ids.iter().collect::<Vec<_>>(), ["b", "a", ""]);
    }
}
