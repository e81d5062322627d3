//! The regression of every item on all the others, in closed form.
//!
//! ```text
//! min over B, diag(B) = 0:  sum_u w_u |x_u - x_u B|^2 + sum_j L_j |B_j|^2
//! P = (X' D X + diag(L))^-1,  D = diag(w),  B_jk = -P_jk / P_kk  for j != k
//! ```
//!
//! Three forms: two exact ones, from the smaller of the items' and the users' Gram matrix, and one
//! of low rank where neither has room.

mod by_items;
mod by_rank;
mod by_users;

use super::item_item::ItemItem;
use super::memory::Room;
use super::profiles::Profiles;
use super::subspace;
use crate::recommend::{FitError, Run};

use by_items::by_items;
use by_rank::by_rank;
use by_users::by_users;

/// Ranks to choose from where there is no room for an exact form: few, so that a little more or
/// less memory mostly changes nothing.
const RANKS: [usize; 5] = [1024, 512, 256, 128, 64];

/// What is regressed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ridge<'a> {
    /// The model that asks.
    pub(super) model: &'static str,
    /// `X`, `[U, I]`.
    pub(super) profiles: &'a Profiles,
    /// `w`, positive.
    pub(super) weights: &'a [f64],
    /// `L`, positive.
    pub(super) penalties: &'a [f64],
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Form {
    Items,
    Users,
    Rank(usize),
}

/// The matrix `B`: exact where there is room, else of the largest rank that has room; of the given
/// rank in any case, unless it is 0.
///
/// # Errors
/// If no form has room, the matrix to invert is not positive definite, or a stop is requested.
pub(super) fn regression(
    ridge: &Ridge<'_>,
    rank: usize,
    run: &Run<'_>,
) -> Result<ItemItem, FitError> {
    let room = Room::of(run);
    let form = choose(ridge, rank, room)?;
    match form {
        Form::Items => by_items(ridge).ok_or_else(|| ridge.not_positive_definite()),
        Form::Users => by_users(ridge).ok_or_else(|| ridge.not_positive_definite()),
        Form::Rank(used) => {
            if rank == 0 {
                run.observer.note(&format!(
                    "{}: the exact form {}, so the {used} leading directions are used instead",
                    ridge.model,
                    room.exceeded(memory_of(ridge.profiles, exact(ridge.profiles)))
                ));
            }
            by_rank(ridge, used, run)
        }
    }
}

fn choose(ridge: &Ridge<'_>, rank: usize, room: Room) -> Result<Form, FitError> {
    let profiles = ridge.profiles;
    let most = profiles.n_rows().min(profiles.n_columns());
    let forms = match rank {
        0 => {
            let ranks = RANKS.iter().map(|&rank| Form::Rank(rank.min(most)));
            [exact(profiles)].into_iter().chain(ranks).collect()
        }
        rank => vec![Form::Rank(rank.min(most))],
    };
    let bytes = |form: &&Form| memory_of(profiles, **form);
    let fitting = forms.iter().find(|form| room.holds(bytes(form)));
    let form = *fitting
        .or_else(|| forms.iter().min_by_key(bytes))
        .expect("there is a form");
    room.enough(ridge.model, memory_of(profiles, form))?;
    Ok(form)
}

fn exact(profiles: &Profiles) -> Form {
    // The eigenvectors of U users take as long as the inverse of about 2 U items.
    if 2 * profiles.n_rows() <= profiles.n_columns() {
        Form::Users
    } else {
        Form::Items
    }
}

/// Bytes that a form takes at its peak: the exact ones hold double-precision matrices of the smaller
/// side and the weights in single precision.
fn memory_of(profiles: &Profiles, form: Form) -> u64 {
    let (users, items) = (profiles.n_rows() as u64, profiles.n_columns() as u64);
    match form {
        Form::Items => 20 * items * items,
        Form::Users => 32 * users * users + 12 * users * items,
        Form::Rank(rank) => subspace::memory_of((users, items, profiles.len() as u64), rank as u64),
    }
}

impl Ridge<'_> {
    fn not_positive_definite(&self) -> FitError {
        FitError::NotPositiveDefinite {
            model: self.model,
            matrix: "regularised item Gram matrix",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::ItemIx;
    use crate::models::profiles::tests::log;
    use crate::recommend::{Cancel, Query, Recommender};
    use sparring_wide::Seed;

    fn profiles() -> Profiles {
        Profiles::of(&crate::models::contract::planted()).without_empty_rows()
    }

    fn ridge<'a>(profiles: &'a Profiles, weights: &'a [f64], penalties: &'a [f64]) -> Ridge<'a> {
        Ridge {
            model: "test",
            profiles,
            weights,
            penalties,
        }
    }

    fn at_rank(ridge: &Ridge<'_>, rank: usize) -> ItemItem {
        let cancel = Cancel::new();
        by_rank(ridge, rank, &Run::quiet(Seed(1), &cancel)).unwrap()
    }

    fn scores(model: &ItemItem, history: &[ItemIx]) -> Vec<f32> {
        let mut scores = vec![f32::NAN; model.n_items()];
        let query = Query::new_user(history);
        model.score_into(&[query], &mut scores).unwrap();
        scores
    }

    #[test]
    fn by_hand() {
        // X = (1 1), (1 0), L = 1: G + L = [3 1; 1 2], P = [.4 -.2; -.2 .6],
        // B_01 = .2 / .6 and B_10 = .2 / .4.
        let rows = Profiles::of(&log(2, 2, [(0, 0), (0, 1), (1, 0)]));
        let ridge = ridge(&rows, &[1.0, 1.0], &[1.0, 1.0]);
        for model in [
            by_items(&ridge).unwrap(),
            by_users(&ridge).unwrap(),
            at_rank(&ridge, 2),
        ] {
            let (from_0, from_1) = (scores(&model, &[ItemIx(0)]), scores(&model, &[ItemIx(1)]));
            for (found, expected) in [
                (from_0[0], 0.0),
                (from_0[1], 1.0 / 3.0),
                (from_1[0], 0.5),
                (from_1[1], 0.0),
            ] {
                assert!((found - expected).abs() < 1e-6, "{found} {expected}");
            }
        }
    }

    #[test]
    fn all_forms_agree_with_weights_and_penalties() {
        let rows = profiles();
        let weights: Vec<f64> = rows.rows().map(|row| 2.0 / row.len() as f64).collect();
        let penalties: Vec<f64> = (0..rows.n_columns()).map(|at| 0.5 + at as f64).collect();
        let ridge = ridge(&rows, &weights, &penalties);
        let (items, users) = (by_items(&ridge).unwrap(), by_users(&ridge).unwrap());
        let history = [ItemIx(2), ItemIx(5), ItemIx(31)];
        let expected = scores(&items, &history);
        for (a, b) in expected.iter().zip(scores(&users, &history)) {
            assert!((a - b).abs() < 1e-5, "{a} {b}");
        }
        for (a, b) in expected.iter().zip(scores(&at_rank(&ridge, 60), &history)) {
            assert!((a - b).abs() < 1e-4, "{a} {b}");
        }
        // A lower rank is something else, and nearer with every direction.
        let distances = [4, 16, 50].map(|rank| {
            let near = scores(&at_rank(&ridge, rank), &history);
            let squares = expected.iter().zip(near).map(|(a, b)| (a - b).powi(2));
            squares.sum::<f32>().sqrt()
        });
        assert!(distances.is_sorted_by(|a, b| a > b), "{distances:?}");
        assert!(distances[2] > 1e-4, "{distances:?}");
    }

    #[test]
    fn an_item_apart_from_all_others_is_no_trouble() {
        // Item 2 is alone with its user: B has nothing for it, and rounding must not make a large
        // number of it at a penalty next to nothing.
        let rows = Profiles::of(&log(3, 3, [(0, 0), (0, 1), (1, 0), (2, 2)]));
        let model = at_rank(&ridge(&rows, &[1.0; 3], &[1e-9; 3]), 3);
        let scores = scores(&model, &[ItemIx(0), ItemIx(2)]);
        assert!(scores.iter().all(|score| score.is_finite()), "{scores:?}");
        assert!(scores[2].abs() < 1e-3, "{scores:?}");
    }

    #[test]
    fn forms_by_room() {
        let rows = profiles();
        let (n_users, n_items) = (rows.n_rows(), rows.n_columns());
        let (weights, penalties) = (vec![1.0; n_users], vec![5.0; n_items]);
        let ridge = ridge(&rows, &weights, &penalties);
        let cancel = Cancel::new();
        let given = |limit: u64, rank: usize| {
            let run = Run {
                memory: Some(limit),
                ..Run::quiet(Seed(1), &cancel)
            };
            choose(&ridge, rank, Room::of(&run))
        };
        let at = |limit: u64| given(limit, 0);
        let needed = memory_of(&rows, Form::Items);
        assert_eq!(at(needed).unwrap(), Form::Items);
        // A log this small has no cheaper form.
        let error = at(needed - 1).unwrap_err();
        let told = |error: &FitError| match error {
            FitError::Memory {
                needed, available, ..
            } => Some((needed.0, available.0)),
            _ => None,
        };
        assert_eq!(told(&error), Some((needed, needed - 1)), "{error}");
        assert_eq!(given(1 << 30, 7).unwrap(), Form::Rank(7));
        assert_eq!(given(1 << 30, 9_999).unwrap(), Form::Rank(60));
    }

    #[test]
    fn the_gradient_vanishes_at_the_solution() {
        // For k != j: sum_u w_u x_uj (x_uk - sum_l x_ul B_lk) = L_j B_jk.
        let rows = profiles();
        let n = rows.n_columns();
        let weights: Vec<f64> = rows.rows().map(|row| 1.0 / row.len() as f64).collect();
        let model = by_items(&ridge(&rows, &weights, &vec![3.0; n])).unwrap();
        let k = 4;
        let column: Vec<f64> = (0..n)
            .map(|j| f64::from(scores(&model, &[ItemIx(u32::try_from(j).unwrap())])[k]))
            .collect();
        let mut gradient = vec![0.0; n];
        for (row, weight) in rows.rows().zip(&weights) {
            let predicted: f64 = row.iter().map(|&l| column[l as usize]).sum();
            let error = f64::from(u8::from(row.contains(&4))) - predicted;
            for &j in row {
                gradient[j as usize] += weight * error;
            }
        }
        for j in (0..n).filter(|&j| j != k) {
            let left = gradient[j] - 3.0 * column[j];
            assert!(left.abs() < 1e-4, "item {j}: {left}");
        }
    }
}
