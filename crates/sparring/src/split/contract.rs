//! What every splitter must keep, as tests.

use std::sync::Arc;

use sparring_wide::Seed;

use super::{Holdout, SplitError, Splitter};
use crate::data::{Dataset, InteractionsBuilder, ItemIx, PlantedConfig, UserIx};

/// A log without times, one slice of items a user.
pub(crate) fn log(rows: &[&[u32]]) -> Dataset {
    let mut builder = InteractionsBuilder::new();
    for (user, row) in rows.iter().enumerate() {
        for &item in *row {
            builder.push(UserIx(user.try_into().unwrap()), ItemIx(item), None, None);
        }
    }
    let n_items = rows
        .iter()
        .flat_map(|row| row.iter())
        .max()
        .map_or(0, |m| m + 1);
    let users = (0..rows.len()).map(|user| format!("u{user}")).collect();
    let items = (0..n_items).map(|item| format!("i{item}")).collect();
    Dataset::new(Arc::new(users), Arc::new(items), builder.build(rows.len()))
}

pub(crate) fn planted(seed: u64) -> Dataset {
    let config = PlantedConfig {
        n_users: 60,
        n_items: 40,
        mean_events: 9.0,
        ..Default::default()
    };
    config.generate(Seed(seed)).data
}

/// The pairs of some parts, sorted.
fn pairs<'a>(parts: impl IntoIterator<Item = &'a Dataset>) -> Vec<(UserIx, ItemIx)> {
    let mut pairs = Vec::new();
    for part in parts {
        for user in part.user_indices() {
            pairs.extend(part.history(user).iter().map(|&item| (user, item)));
        }
    }
    pairs.sort_unstable();
    pairs
}

pub(crate) fn parts_partition_the_log(splitter: &dyn Splitter) {
    for seed in 0..5 {
        let data = planted(seed);
        let split = splitter.split(&data, Seed(seed)).unwrap();
        let mut parts = vec![&split.train];
        for holdout in split.validation.iter().chain([&split.test]) {
            parts.push(&holdout.relevant);
            if holdout.has_new_users() {
                parts.push(&holdout.known);
            }
        }
        // Planted pairs are distinct, so that equal sorted lists mean disjoint parts that cover.
        assert_eq!(pairs(parts.iter().copied()), pairs([&data]));
        for part in parts {
            assert!(part.n_interactions() > 0);
        }
    }
}

pub(crate) fn holdouts_know_what_came_before(splitter: &dyn Splitter) {
    let data = planted(7);
    let split = splitter.split(&data, Seed(7)).unwrap();
    let train = split.train.clone();
    if let Some(stage) = split.tuning() {
        assert_eq!(stage.train, train);
        assert_eq!(*stage.holdout.train(), train);
        check_holdout(&stage.holdout);
    }
    let stage = split.report();
    assert_eq!(*stage.holdout.train(), stage.train);
    check_holdout(&stage.holdout);
    if stage.holdout.has_new_users() {
        assert_eq!(stage.train, train);
    } else {
        let validation = split.validation.as_ref().map(|holdout| &holdout.relevant);
        assert_eq!(
            pairs([&stage.train]),
            pairs(validation.into_iter().chain([&train]))
        );
    }
}

fn check_holdout(holdout: &Holdout) {
    for user in holdout.relevant.user_indices() {
        let known = holdout.known.history(user);
        for item in holdout.relevant.history(user) {
            assert!(!known.contains(item), "a relevant item is not known");
        }
        if let Some(train) = &holdout.absent_from
            && !holdout.relevant.history(user).is_empty()
        {
            assert!(train.history(user).is_empty());
            assert!(!known.is_empty(), "a new user brings a history");
        }
    }
}

pub(crate) fn ids_are_shared(splitter: &dyn Splitter) {
    let data = planted(1);
    let split = splitter.split(&data, Seed(1)).unwrap();
    let holdouts = || split.validation.iter().chain([&split.test]);
    let parts = holdouts()
        .flat_map(|holdout| [&holdout.known, &holdout.relevant])
        .chain([&split.train]);
    for part in parts {
        assert!(Arc::ptr_eq(part.users(), data.users()));
        assert!(Arc::ptr_eq(part.items(), data.items()));
    }
}

pub(crate) fn same_seed_same_split(splitter: &dyn Splitter) {
    let data = planted(2);
    let split = splitter.split(&data, Seed(3)).unwrap();
    assert_eq!(split, splitter.split(&data, Seed(3)).unwrap());
}

pub(crate) fn tiny_logs_are_refused(splitter: &dyn Splitter) {
    for rows in [&[&[0_u32, 1, 2][..]][..], &[&[0], &[0], &[0]], &[]] {
        let error = splitter.split(&log(rows), Seed(1)).unwrap_err();
        assert!(matches!(error, SplitError::TooFew { .. }), "{error}");
        assert!(!error.hint().is_empty());
    }
}

/// The tests of a splitter whose validation part is asked for.
macro_rules! splitter_contract {
    ($splitter:expr) => {
        mod splitter_contract {
            use crate::split::contract;

            #[test]
            fn parts_partition_the_log() {
                contract::parts_partition_the_log(&$splitter);
            }

            #[test]
            fn holdouts_know_what_came_before() {
                contract::holdouts_know_what_came_before(&$splitter);
            }

            #[test]
            fn ids_are_shared() {
                contract::ids_are_shared(&$splitter);
            }

            #[test]
            fn same_seed_same_split() {
                contract::same_seed_same_split(&$splitter);
            }

            #[test]
            fn tiny_logs_are_refused() {
                contract::tiny_logs_are_refused(&$splitter);
            }
        }
    };
}
