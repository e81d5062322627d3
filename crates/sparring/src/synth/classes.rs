//! The values of a column in few classes, so that a law has few outcomes.
//!
//! A column with at most `most` values has a class for each. Beyond that (listening counts) they share
//! classes of about equal size with their neighbours. A value of a class is drawn as often as it
//! occurs in it.

use rand::RngExt;
use sparring_wide::Stream;

use crate::recommend::{NamedTensors, WeightsError};

/// Class and number of occurrences of every value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Classes {
    /// By value.
    class: Vec<u32>,
    /// By value.
    counts: Vec<u32>,
    /// The values of each class, and how many occurrences those up to each have.
    members: Vec<Vec<(u32, u64)>>,
}

impl Classes {
    /// Values in their order, of which neighbours may share a class.
    pub(super) fn ordered(counts: Vec<u32>, most: usize) -> Self {
        let total: u64 = counts.iter().map(|&count| u64::from(count)).sum();
        if counts.len() <= most {
            return Self::of((0..index(counts.len())).collect(), counts);
        }
        let (mut before, mut last, mut class) = (0, 0, Vec::with_capacity(counts.len()));
        let mut next = 0;
        for &count in &counts {
            // The middle of the value's occurrences decides.
            let middle = 2 * before + u64::from(count);
            let wanted = (middle * most as u64).checked_div(2 * total).unwrap_or(0);
            if !class.is_empty() && wanted != last {
                next += 1;
            }
            last = wanted;
            class.push(next);
            before += u64::from(count);
        }
        Self::of(class, counts)
    }

    fn of(class: Vec<u32>, counts: Vec<u32>) -> Self {
        let n = class.iter().max().map_or(0, |&last| last as usize + 1);
        let mut members: Vec<Vec<(u32, u64)>> = vec![Vec::new(); n];
        for (value, (&class, &count)) in (0..).zip(class.iter().zip(&counts)) {
            let row = &mut members[class as usize];
            let before = row.last().map_or(0, |&(_, before)| before);
            row.push((value, before + u64::from(count)));
        }
        Self {
            class,
            counts,
            members,
        }
    }

    /// Number of classes.
    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    /// The class of a value.
    pub(super) fn class(&self, value: usize) -> usize {
        self.class[value] as usize
    }

    /// How often each class occurs.
    pub(super) fn sizes(&self) -> Vec<u64> {
        let size = |row: &Vec<(u32, u64)>| row.last().map_or(0, |&(_, all)| all);
        self.members.iter().map(size).collect()
    }

    /// A value of a class.
    pub(super) fn draw(&self, class: usize, stream: &mut Stream) -> usize {
        let members = &self.members[class];
        let [.., (last, all)] = members[..] else {
            unreachable!("every class has a value that occurs");
        };
        if members.len() == 1 {
            return last as usize;
        }
        let place = stream.random_range(0..all);
        let at = members.partition_point(|&(_, before)| before <= place);
        members[at].0 as usize
    }

    pub(super) fn weights(&self) -> NamedTensors {
        NamedTensors::new()
            .with_indices("class", &[self.class.len()], self.class.clone())
            .with_indices("count", &[self.counts.len()], self.counts.clone())
    }

    /// The classes of `n` values.
    pub(super) fn from_weights(weights: &NamedTensors, n: usize) -> Result<Self, WeightsError> {
        let (class, counts) = (weights.indices("class")?, weights.indices("count")?);
        let wrong = |name: &str, expected, found: String| WeightsError::Value {
            name: name.to_owned(),
            expected,
            found,
        };
        for (name, numbers) in [("class", class), ("count", counts)] {
            if numbers.len() != n {
                let found = format!("{} numbers", numbers.len());
                return Err(wrong(name, "a number for each value", found));
            }
        }
        if n == 0 || counts.contains(&0) {
            return Err(wrong("count", "values that occur", "none".to_owned()));
        }
        let mut used = vec![false; n];
        for &class in class {
            match used.get_mut(class as usize) {
                Some(used) => *used = true,
                None => return Err(wrong("class", "classes of values", class.to_string())),
            }
        }
        let classes = used.iter().take_while(|used| **used).count();
        if used[classes..].contains(&true) {
            return Err(wrong("class", "classes without a gap", "a gap".to_owned()));
        }
        Ok(Self::of(class.to_vec(), counts.to_vec()))
    }
}

fn index(n: usize) -> u32 {
    u32::try_from(n).expect("fewer than 2^32 values")
}

#[cfg(test)]
mod tests {
    use super::*;
    use sparring_wide::Seed;

    #[test]
    fn few_values_have_a_class_each() {
        let classes = Classes::ordered(vec![5, 1, 9], 3);
        assert_eq!((classes.len(), classes.sizes()), (3, vec![5, 1, 9]));
        assert_eq!(classes.draw(1, &mut Seed(1).stream("x")), 1);
    }

    #[test]
    fn neighbours_share_classes_of_about_equal_size() {
        // Middles of 12 in three parts of 4: 1, 3, 4.5, 5.5, 9.
        let classes = Classes::ordered(vec![2, 2, 1, 1, 6], 3);
        let found: Vec<usize> = (0..5).map(|value| classes.class(value)).collect();
        assert_eq!(found, [0, 0, 1, 1, 2]);
        assert_eq!(classes.sizes(), [4, 2, 6]);
        // A value that fills more than a class leaves no class empty.
        let classes = Classes::ordered(vec![100, 1, 1, 1], 3);
        assert_eq!((classes.len(), classes.class(0)), (2, 0));
    }

    #[test]
    fn damaged_classes_are_refused() {
        let weights = Classes::ordered(vec![2, 2, 1, 1, 6], 3).weights();
        assert!(Classes::from_weights(&weights, 5).is_ok());
        assert!(Classes::from_weights(&weights, 4).is_err());
        for (name, numbers) in [
            ("class", vec![0, 0, 1, 1, 5]),
            ("class", vec![0, 0, 1, 1, 3]),
            ("count", vec![2, 2, 0, 1, 6]),
            ("count", vec![2, 2]),
        ] {
            let damaged = weights
                .clone()
                .with_indices(name, &[numbers.len()], numbers);
            let error = Classes::from_weights(&damaged, 5).unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
        }
    }
}
