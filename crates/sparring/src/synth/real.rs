//! The real users that a synthesizer is fitted to.

use crate::data::Dataset;
use crate::models::Profiles as Rows;
use crate::recommend::{FitError, Run};

/// Fewer users than these are too few to hide among.
pub(super) const FEWEST: usize = 20;

/// The sets of items of the real users that have any.
pub(super) struct Real {
    /// `x_ui`, `[U, I]`.
    pub(super) rows: Rows,
    /// Number of items of each user, `[U]`.
    pub(super) sizes: Vec<usize>,
}

impl Real {
    /// Reads a log; users without items are left out, which is noted.
    ///
    /// # Errors
    /// If fewer than 20 users or two items are left.
    pub(super) fn of(
        synthesizer: &'static str,
        log: &Dataset,
        run: &Run<'_>,
    ) -> Result<Self, FitError> {
        let rows = Rows::of(log).without_empty_rows();
        let too_small = |needed, found| FitError::TooSmall {
            model: synthesizer,
            needed,
            found,
        };
        if rows.n_rows() < FEWEST {
            return Err(too_small("20 users with items", rows.n_rows()));
        }
        let used = rows
            .transpose()
            .rows()
            .filter(|row| !row.is_empty())
            .count();
        if used < 2 {
            return Err(too_small("two items that someone has", used));
        }
        let empty = log.n_users() - rows.n_rows();
        if empty > 0 {
            run.observer
                .note(&format!("{empty} users without items are left out"));
        }
        let sizes = rows.rows().map(<[u32]>::len).collect();
        Ok(Self { rows, sizes })
    }

    /// Share of the users that have each item, `[I]`.
    pub(super) fn popularity(&self) -> Vec<f64> {
        let users = self.rows.n_rows() as f64;
        let columns = self.rows.transpose();
        columns.rows().map(|row| row.len() as f64 / users).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::log;
    use crate::recommend::{Cancel, Recorder};
    use sparring_wide::Seed;

    fn read(log: &Dataset) -> Result<(Real, Vec<String>), String> {
        let (cancel, recorder) = (Cancel::new(), Recorder::new());
        let run = Run {
            observer: &recorder,
            ..Run::quiet(Seed(1), &cancel)
        };
        let real = Real::of("test", log, &run).map_err(|error| error.to_string())?;
        Ok((real, recorder.notes()))
    }

    #[test]
    fn too_few_users_or_items_are_refused() {
        let nineteen = log(19, 2, (0..19).map(|user| (user, user % 2)));
        let error = read(&nineteen).err().unwrap();
        assert_eq!(error, "test: needs 20 users with items, the log has 19");
        let one = log(30, 3, (0..30).map(|user| (user, 1)));
        let error = read(&one).err().unwrap();
        assert_eq!(
            error,
            "test: needs two items that someone has, the log has 1"
        );
    }

    #[test]
    fn users_without_items_are_left_out_and_noted() {
        // 25 users, of whom 5 have nothing; user 0 has both items, the others item 0 or 1.
        let pairs = (0..20).map(|user| (user, user % 2)).chain([(0, 1)]);
        let (real, notes) = read(&log(25, 2, pairs)).unwrap();
        assert_eq!(notes, ["5 users without items are left out"]);
        assert_eq!((real.sizes.len(), real.sizes[0], real.sizes[1]), (20, 2, 1));
        assert_eq!(real.popularity(), [10.0 / 20.0, 11.0 / 20.0]);
        let four = log(24, 2, (0..19).map(|user| (user, user % 2)));
        assert!(read(&four).is_err(), "users without items do not count");
    }
}
