//! Groups of like taste among the less popular items.
//!
//! ```text
//! t_i = (mean of V' u over the users of i - mean over all users) n_i / (n_i + 5)
//! ```
//!
//! with the leading directions `V` of the popular items alone. The items are halved along the
//! coordinate of `t` that varies most, each half holding its part of the events, until there are as
//! many groups as wanted.

use rayon::prelude::*;

use super::fold::{NONE, folded};
use crate::models::{Directions, Profiles as Rows};
use crate::recommend::{FitError, Run};

/// Directions of taste.
const WIDTH: usize = 24;
/// Users without taste that are added to those of an item.
const PRIOR: f32 = 5.0;

/// What tells the tastes of items apart: `t`, `[N, K]`, row after row.
pub(super) struct Tastes {
    width: usize,
    values: Vec<f32>,
}

/// The tastes of `rest`, told by the items that stand alone and by so many users at most.
///
/// # Errors
/// If a stop is requested.
pub(super) fn tastes(
    rows: &Rows,
    by_item: &Rows,
    (alone, rest): (&[u32], &[u32]),
    users: usize,
    run: &Run<'_>,
) -> Result<Tastes, FitError> {
    let mut columns = vec![NONE; by_item.n_rows()];
    for (column, &item) in (0..).zip(alone) {
        columns[item as usize] = column;
    }
    let popular = Rows::of(&folded(rows, &columns, alone.len(), users)).without_empty_rows();
    let run = run.with_seed(run.seed.derive("fold"));
    let directions = Directions::of(&popular, WIDTH, &run)?;
    let width = directions.width();
    let mut places = vec![0.0; rows.n_rows() * width];
    places
        .par_chunks_mut(width.max(1))
        .enumerate()
        .for_each(|(user, place)| {
            let known = rows.row(user).iter().map(|&item| columns[item as usize]);
            let known: Vec<u32> = known.filter(|column| *column != NONE).collect();
            if !known.is_empty() {
                let projected = directions.project(&known);
                place
                    .iter_mut()
                    .zip(projected)
                    .for_each(|(to, x)| *to = single(x));
            }
        });
    let all: Vec<u32> = (0..u32::try_from(rows.n_rows()).expect("fewer than 2^32 users")).collect();
    let middle = mean(&places, width, &all);
    let mut values = vec![0.0; rest.len() * width];
    values
        .par_chunks_mut(width.max(1))
        .zip(rest)
        .for_each(|(taste, &item)| {
            let users = by_item.row(item as usize);
            let n = users.len() as f32;
            let found = mean(&places, width, users);
            for ((taste, x), middle) in taste.iter_mut().zip(found).zip(&middle) {
                *taste = (x - middle) * n / (n + PRIOR);
            }
        });
    Ok(Tastes { width, values })
}

/// At most `wanted` groups of `items`, the most popular item of each first.
pub(super) fn of(items: &[u32], tastes: &Tastes, counts: &[u32], wanted: usize) -> Vec<Vec<u32>> {
    let mut members: Vec<Member<'_>> = items
        .iter()
        .enumerate()
        .map(|(at, &item)| Member {
            item,
            users: f64::from(counts[item as usize]),
            taste: &tastes.values[at * tastes.width..(at + 1) * tastes.width],
        })
        .collect();
    let mut groups = Vec::with_capacity(wanted);
    halve(&mut members, wanted, &mut groups);
    for group in &mut groups {
        group.sort_by_key(|&item| (std::cmp::Reverse(counts[item as usize]), item));
    }
    groups
}

#[derive(Debug, Clone, Copy)]
struct Member<'a> {
    item: u32,
    users: f64,
    taste: &'a [f32],
}

fn halve(members: &mut [Member<'_>], wanted: usize, groups: &mut Vec<Vec<u32>>) {
    let wanted = wanted.min(members.len());
    if wanted <= 1 {
        if !members.is_empty() {
            groups.push(members.iter().map(|member| member.item).collect());
        }
        return;
    }
    if let Some(along) = widest(members) {
        members.sort_by(|a, b| {
            let order = a.taste[along].total_cmp(&b.taste[along]);
            order.then(a.item.cmp(&b.item))
        });
    }
    let (left, right) = (wanted / 2, wanted - wanted / 2);
    let all: f64 = members.iter().map(|member| member.users).sum();
    let share = all * left as f64 / wanted as f64;
    let mut sum = 0.0;
    let before = members.iter().position(|member| {
        sum += member.users;
        sum > share
    });
    // Neither half may have fewer items than groups.
    let cut = before
        .unwrap_or(members.len())
        .clamp(left, members.len() - right);
    let (low, high) = members.split_at_mut(cut);
    halve(low, left, groups);
    halve(high, right, groups);
}

/// The coordinate that varies most over events; `None` where there is none.
fn widest(members: &[Member<'_>]) -> Option<usize> {
    let width = members.first()?.taste.len();
    let all: f64 = members.iter().map(|member| member.users).sum();
    let spread = |along: usize| {
        let (mut sum, mut squares) = (0.0, 0.0);
        for member in members {
            let x = f64::from(member.taste[along]);
            sum += member.users * x;
            squares += member.users * x * x;
        }
        squares - sum * sum / all
    };
    let spreads: Vec<f64> = (0..width).map(spread).collect();
    (0..width).max_by(|&a, &b| spreads[a].total_cmp(&spreads[b]).then(b.cmp(&a)))
}

/// The mean place of some users, `[K]`.
fn mean(places: &[f32], width: usize, users: &[u32]) -> Vec<f32> {
    let mut sums = vec![0.0_f64; width];
    for &user in users {
        let place = &places[user as usize * width..][..width];
        for (sum, &x) in sums.iter_mut().zip(place) {
            *sum += f64::from(x);
        }
    }
    let n = users.len().max(1) as f64;
    sums.into_iter().map(|sum| single(sum / n)).collect()
}

#[expect(clippy::cast_possible_truncation, reason = "kept in single precision")]
fn single(x: f64) -> f32 {
    x as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_hold_like_items_and_like_shares_of_the_events() {
        // Along one taste: 0 and 1 below, 2 to 5 above; the two below have half of the events.
        let tastes = Tastes {
            width: 2,
            values: vec![
                -1.0, 0.3, -0.9, -0.3, 1.0, 0.3, 1.1, -0.3, 0.9, 0.2, 1.2, -0.2,
            ],
        };
        let counts = [10, 12, 6, 5, 5, 6];
        let groups = of(&[0, 1, 2, 3, 4, 5], &tastes, &counts, 2);
        assert_eq!(groups, [vec![1, 0], vec![2, 5, 3, 4]]);
        // Once more: the two below along their second taste, the others by their shares.
        let groups = of(&[0, 1, 2, 3, 4, 5], &tastes, &counts, 4);
        assert_eq!(groups.len(), 4);
        assert_eq!(groups[..2], [vec![1], vec![0]]);
        let mut all = groups.concat();
        all.sort_unstable();
        assert_eq!(all, [0, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn no_more_groups_than_items_and_none_is_empty() {
        let tastes = Tastes {
            width: 0,
            values: Vec::new(),
        };
        assert_eq!(of(&[3, 4], &tastes, &[0, 0, 0, 9, 1], 7), [[3], [4]]);
        assert!(of(&[], &tastes, &[], 3).is_empty());
    }
}
