//! The values of a column in few classes, so that a law has few outcomes.
//!
//! A column with at most `most` values has a class for each. Ordered values beyond that (ages,
//! listening counts) share classes of about equal size with their neighbours; unordered ones keep a
//! class of their own while they are frequent, and the rare ones share the last. A value of a class
//! is drawn as often as it occurs in it.

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
    ///
    /// Where the first value stands for a missing one, it shares a class with no other.
    pub(super) fn ordered(counts: Vec<u32>, most: usize, missing: bool) -> Self {
        if counts.len() <= most {
            return Self::of((0..index(counts.len())).collect(), counts);
        }
        let apart = usize::from(missing);
        let total: u64 = counts[apart..].iter().map(|&count| u64::from(count)).sum();
        let parts = (most - apart) as u64;
        let mut class: Vec<u32> = (0..index(apart)).collect();
        let (mut before, mut last, mut next) = (0, None, index(apart));
        for &count in &counts[apart..] {
            // The middle of the value's occurrences decides.
            let middle = 2 * before + u64::from(count);
            let wanted = (middle * parts).checked_div(2 * total);
            if last.is_some_and(|last| wanted != last) {
                next += 1;
            }
            last = Some(wanted);
            class.push(next);
            before += u64::from(count);
        }
        Self::of(class, counts)
    }

    /// Values without an order, of which the rare ones may share a class.
    pub(super) fn unordered(counts: Vec<u32>, most: usize) -> Self {
        if counts.len() <= most {
            return Self::of((0..index(counts.len())).collect(), counts);
        }
        let mut order: Vec<usize> = (0..counts.len()).collect();
        order.sort_by_key(|&value| std::cmp::Reverse(counts[value]));
        let mut class = vec![index(most - 1); counts.len()];
        for (rank, value) in order.into_iter().take(most - 1).enumerate() {
            class[value] = index(rank);
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

    /// How many values occur once alone.
    pub(super) fn occurring_once(&self) -> usize {
        self.counts.iter().filter(|count| **count == 1).count()
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
        for classes in [
            Classes::ordered(vec![5, 1, 9], 3, true),
            Classes::unordered(vec![5, 1, 9], 3),
        ] {
            assert_eq!((classes.len(), classes.sizes()), (3, vec![5, 1, 9]));
            assert_eq!(classes.draw(1, &mut Seed(1).stream("x")), 1);
        }
    }

    #[test]
    fn neighbours_share_classes_of_about_equal_size() {
        // Middles of 12 in three parts of 4: 1, 3, 4.5, 5.5, 9.
        let classes = Classes::ordered(vec![2, 2, 1, 1, 6], 3, false);
        let found: Vec<usize> = (0..5).map(|value| classes.class(value)).collect();
        assert_eq!(found, [0, 0, 1, 1, 2]);
        assert_eq!(classes.sizes(), [4, 2, 6]);
        // A value that fills more than a class leaves no class empty.
        let classes = Classes::ordered(vec![100, 1, 1, 1], 3, false);
        assert_eq!((classes.len(), classes.class(0)), (2, 0));
        // A missing value stands apart: of the other 12 the middles are 2 and 6 to 11 in two parts.
        let classes = Classes::ordered(vec![1, 4, 4, 2, 2], 3, true);
        assert_eq!(classes.sizes(), [1, 4, 8]);
        assert_eq!(classes.occurring_once(), 1);
    }

    #[test]
    fn rare_values_share_the_last_class_and_are_drawn_by_their_counts() {
        let classes = Classes::unordered(vec![1, 50, 3, 40], 3);
        let found: Vec<usize> = (0..4).map(|value| classes.class(value)).collect();
        assert_eq!(found, [2, 0, 2, 1]);
        let mut stream = Seed(1).stream("x");
        let drawn: Vec<usize> = (0..4000).map(|_| classes.draw(2, &mut stream)).collect();
        let share = drawn.iter().filter(|&&value| value == 2).count();
        assert!(drawn.iter().all(|value| [0, 2].contains(value)));
        // 3 of 4, give or take three standard errors of 27.
        assert!(share.abs_diff(3000) < 82, "{share}");
    }

    #[test]
    fn damaged_classes_are_refused() {
        let weights = Classes::ordered(vec![2, 2, 1, 1, 6], 3, false).weights();
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
