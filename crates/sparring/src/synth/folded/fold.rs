//! From items to columns and back.
//!
//! ```text
//! a user with a column has 1 + k of its items,  k geometric with mean m_c e_l
//! ```
//!
//! with the mean number `m_c` of further items among the real users who have column `c`, and a factor
//! `e_l` for users with `2^l` to `2^(l + 1) - 1` columns: active users have more of a column. The
//! items are drawn by their numbers of users, none twice.

use std::sync::Arc;

use rand::RngExt;
use sparring_wide::Stream;

use super::{bundles, spread};
use crate::data::{Dataset, InteractionsBuilder, ItemIx, UserIx};
use crate::models::Profiles as Rows;
use crate::recommend::{FitError, NamedTensors, Run, WeightsError};
use crate::synth::decoder::finite;

/// Classes of users by the number of their columns.
const CLASSES: usize = 16;
/// The column of an item that nobody has.
pub(super) const NONE: u32 = u32::MAX;

/// The columns of a catalogue.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fold {
    n_items: usize,
    /// Items with users, column after column.
    items: Vec<u32>,
    /// Where each column ends among them, `[C]`.
    ends: Vec<u32>,
    /// Number of users of each of them.
    users: Vec<f32>,
    /// `m`, `[C]`.
    further: Vec<f32>,
    /// `e`.
    eager: Vec<f32>,
}

impl Fold {
    /// The catalogue of a log in so many columns; taste is told by so many users at most.
    ///
    /// # Errors
    /// If a stop is requested.
    pub(super) fn of(
        rows: &Rows,
        (columns, users): (usize, usize),
        run: &Run<'_>,
    ) -> Result<Self, FitError> {
        let by_item = rows.transpose();
        let counts: Vec<u32> = by_item
            .rows()
            .map(|users| u32::try_from(users.len()).expect("fewer than 2^32 users"))
            .collect();
        let all = 0..u32::try_from(counts.len()).expect("items fit u32");
        let mut order: Vec<u32> = all.filter(|&item| counts[item as usize] > 0).collect();
        order.sort_by_key(|&item| (std::cmp::Reverse(counts[item as usize]), item));
        let (alone, rest) = order.split_at(order.len().min(columns / 2));
        let tastes = bundles::tastes(rows, &by_item, (alone, rest), users, run)?;
        let bundles = bundles::of(rest, &tastes, &counts, columns - alone.len());
        let (mut items, mut ends) = (alone.to_vec(), Vec::new());
        ends.extend((1..=alone.len()).map(index));
        for bundle in bundles {
            items.extend(bundle);
            ends.push(index(items.len()));
        }
        let mut fold = Self {
            n_items: counts.len(),
            users: items
                .iter()
                .map(|&item| counts[item as usize] as f32)
                .collect(),
            further: vec![0.0; ends.len()],
            eager: vec![1.0; CLASSES],
            items,
            ends,
        };
        fold.count_further(rows);
        Ok(fold)
    }

    /// Number of items, those without users included.
    pub(super) fn n_items(&self) -> usize {
        self.n_items
    }

    /// Number of columns.
    pub(super) fn n_columns(&self) -> usize {
        self.ends.len()
    }

    /// Number of columns that are one item.
    pub(super) fn n_alone(&self) -> usize {
        (0..self.n_columns())
            .filter(|&column| self.range(column).len() == 1)
            .count()
    }

    /// The log in columns, of `most` users spread evenly.
    pub(super) fn log(&self, rows: &Rows, most: usize) -> Dataset {
        let columns = self.column_of();
        folded(rows, &columns, self.n_columns(), most)
    }

    /// The items of a user with these columns.
    pub(super) fn items(&self, columns: &[ItemIx], stream: &mut Stream) -> Vec<ItemIx> {
        let eager = f64::from(self.eager[class(columns.len())]);
        let mut items = Vec::with_capacity(columns.len() + columns.len() / 2);
        for column in columns {
            let range = self.range(column.at());
            let (bundle, users) = (&self.items[range.clone()], &self.users[range]);
            let mean = eager * f64::from(self.further[column.at()]);
            let wanted = if bundle.len() == 1 {
                1
            } else {
                (1 + geometric(mean, stream.random())).min(bundle.len())
            };
            add_distinct(bundle, users, wanted, stream, &mut items);
        }
        items
    }

    fn range(&self, column: usize) -> std::ops::Range<usize> {
        let start = if column == 0 {
            0
        } else {
            self.ends[column - 1]
        };
        start as usize..self.ends[column] as usize
    }

    /// The column of each item, `[I]`.
    fn column_of(&self) -> Vec<u32> {
        let mut columns = vec![NONE; self.n_items];
        for column in 0..self.n_columns() {
            for &item in &self.items[self.range(column)] {
                columns[item as usize] = index(column);
            }
        }
        columns
    }

    /// Counts how many items of a column users have beyond the first.
    fn count_further(&mut self, rows: &Rows) {
        let columns = self.column_of();
        let mut further = vec![0.0; self.n_columns()];
        let mut touched = vec![0.0; self.n_columns()];
        each_user(rows, &columns, |found| {
            for &(column, n) in found {
                touched[column as usize] += 1.0;
                further[column as usize] += f64::from(n - 1);
            }
        });
        for (further, touched) in further.iter_mut().zip(&touched) {
            *further /= f64::max(*touched, 1.0);
        }
        let (mut observed, mut expected) = ([0.0; CLASSES], [0.0; CLASSES]);
        each_user(rows, &columns, |found| {
            let class = class(found.len());
            for &(column, n) in found {
                observed[class] += f64::from(n - 1);
                expected[class] += further[column as usize];
            }
        });
        self.further = further.into_iter().map(single).collect();
        for (class, eager) in self.eager.iter_mut().enumerate() {
            if expected[class] > 0.0 {
                *eager = single(observed[class] / expected[class]);
            }
        }
    }

    pub(super) fn weights(&self) -> NamedTensors {
        let (items, columns) = (self.items.len(), self.n_columns());
        NamedTensors::new()
            .with_indices("catalogue", &[1], vec![index(self.n_items)])
            .with_indices("items", &[items], self.items.clone())
            .with_indices("ends", &[columns], self.ends.clone())
            .with("users", &[items], self.users.clone())
            .with("further", &[columns], self.further.clone())
            .with("eager", &[CLASSES], self.eager.clone())
    }

    /// # Errors
    /// If a tensor is missing, does not fit the others or is out of range.
    pub(super) fn from_weights(weights: &NamedTensors) -> Result<Self, WeightsError> {
        let wrong = |name: &str, expected, found: String| WeightsError::Value {
            name: name.to_owned(),
            expected,
            found,
        };
        let catalogue = weights.indices("catalogue")?;
        let &[n_items] = catalogue else {
            return Err(wrong(
                "catalogue",
                "one number",
                format!("{}", catalogue.len()),
            ));
        };
        let (items, ends) = (weights.indices("items")?, weights.indices("ends")?);
        if let Some(item) = items.iter().find(|item| **item >= n_items) {
            return Err(wrong("items", "items of the catalogue", item.to_string()));
        }
        let rising = ends.first().is_some_and(|first| *first > 0)
            && ends.windows(2).all(|pair| pair[0] < pair[1]);
        let last = ends.last().map_or(0, |last| *last as usize);
        if !rising || last != items.len() {
            return Err(wrong("ends", "rising ends of all items", last.to_string()));
        }
        let users = weights.vector_of("users", items.len())?;
        let further = weights.vector_of("further", ends.len())?;
        let eager = weights.vector_of("eager", CLASSES)?;
        for (name, numbers) in [("users", users), ("further", further), ("eager", eager)] {
            finite(name, numbers)?;
            if let Some(found) = numbers.iter().find(|number| **number < 0.0) {
                return Err(wrong(name, "numbers of 0 and more", found.to_string()));
            }
        }
        Ok(Self {
            n_items: n_items as usize,
            items: items.to_vec(),
            ends: ends.to_vec(),
            users: users.to_vec(),
            further: further.to_vec(),
            eager: eager.to_vec(),
        })
    }
}

/// A log of `most` users spread evenly whose items are columns; those of [`NONE`] are left out.
pub(super) fn folded(rows: &Rows, columns: &[u32], n_columns: usize, most: usize) -> Dataset {
    let mut builder = InteractionsBuilder::new();
    let users = spread(rows.n_rows(), most);
    let n = users.len();
    let mut found = Vec::new();
    for (user, row) in users.enumerate() {
        found.clear();
        found.extend(rows.row(row).iter().map(|&item| columns[item as usize]));
        found.sort_unstable();
        found.dedup();
        for &column in found.iter().filter(|column| **column != NONE) {
            builder.push(UserIx(index(user)), ItemIx(column), None, None);
        }
    }
    let names = |n: usize| Arc::new((0..n).map(|at| at.to_string()).collect());
    Dataset::new(names(n), names(n_columns), builder.build(n))
}

/// Shows the columns of each user with the number of the user's items in each.
fn each_user(rows: &Rows, columns: &[u32], mut show: impl FnMut(&[(u32, u32)])) {
    let mut found = Vec::new();
    let mut counted: Vec<(u32, u32)> = Vec::new();
    for row in rows.rows() {
        found.clear();
        found.extend(row.iter().map(|&item| columns[item as usize]));
        found.sort_unstable();
        counted.clear();
        for &column in &found {
            match counted.last_mut() {
                Some((last, n)) if *last == column => *n += 1,
                _ => counted.push((column, 1)),
            }
        }
        show(&counted);
    }
}

/// The class of a user with so many columns.
fn class(columns: usize) -> usize {
    (columns.max(1).ilog2() as usize).min(CLASSES - 1)
}

/// The number `k >= 0` at which a geometric law of this mean passes `chance`.
fn geometric(mean: f64, chance: f64) -> usize {
    if mean <= 0.0 {
        return 0;
    }
    let further = (1.0 - chance).ln() / (mean / (1.0 + mean)).ln();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "0 and more; bundles are smaller than this can be large"
    )]
    let k = further as usize;
    k
}

/// Adds `wanted` items of a bundle, drawn by their numbers of users, none twice.
fn add_distinct(
    bundle: &[u32],
    users: &[f32],
    wanted: usize,
    stream: &mut Stream,
    items: &mut Vec<ItemIx>,
) {
    let first = items.len();
    let mut left: f64 = users.iter().copied().map(f64::from).sum();
    for _ in 0..wanted {
        let mut place = stream.random::<f64>() * left;
        let free = bundle
            .iter()
            .zip(users)
            .filter(|(item, _)| !items[first..].contains(&ItemIx(**item)));
        let mut picked = None;
        for (&item, &users) in free {
            picked = Some((ItemIx(item), f64::from(users)));
            place -= f64::from(users);
            if place < 0.0 {
                break;
            }
        }
        let (item, users) = picked.expect("no more are wanted than there are");
        left -= users;
        items.push(item);
    }
}

fn index(n: usize) -> u32 {
    u32::try_from(n).expect("indices fit u32")
}

#[expect(clippy::cast_possible_truncation, reason = "kept in single precision")]
fn single(x: f64) -> f32 {
    x as f32
}
