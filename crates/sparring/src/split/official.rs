//! Parts that come with a data set, and a validation part where none comes.

use sparring_wide::Seed;

use super::error::SplitError;
use super::parts::{Holdout, Split, Splitter, Stage, check_size};
use crate::data::{Dataset, InteractionsBuilder, ItemIx, UserIx};

impl Split {
    /// The split of given parts, which share one vocabulary.
    ///
    /// A validation part may be disjoint from training, or a part of it, as in the data of GANMF.
    /// Either way [`Split::train`] is what is left of training without it, [`Split::tuning`] fits
    /// on that, and [`Split::report`] fits on both together. Test interactions that are known
    /// already are kept here; an evaluation does not count them.
    ///
    /// # Errors
    /// [`SplitError`] if a part has other ids or is empty, if validation lies in training only in
    /// part, or if it shares an interaction with the test.
    pub fn official(
        train: &Dataset,
        validation: Option<&Dataset>,
        test: &Dataset,
    ) -> Result<Self, SplitError> {
        same_vocabulary("test", train, test)?;
        check_size(train)?;
        SplitError::if_empty("training", train)?;
        SplitError::if_empty("test", test)?;
        let Some(validation) = validation else {
            return Ok(Self {
                train: train.clone(),
                validation: None,
                test: Holdout::new(train.clone(), test.clone()),
            });
        };
        same_vocabulary("validation", train, validation)?;
        let (shared, total) = (n_inside(validation, test), validation.n_interactions());
        if shared > 0 {
            return Err(SplitError::TestSeen { shared, total });
        }
        let (rest, known) = apart(train, validation)?;
        Ok(Self {
            validation: Some(Holdout::new(rest.clone(), validation.clone())),
            train: rest,
            test: Holdout::new(known, test.clone()),
        })
    }

    /// The same split with a validation part carved out of training if it has none: the test part
    /// of `splitter` applied to it.
    ///
    /// [`Split::report`] still fits on all of training.
    ///
    /// # Errors
    /// As the splitter.
    pub fn validate_inside(self, splitter: &dyn Splitter, seed: Seed) -> Result<Self, SplitError> {
        if self.validation.is_some() {
            return Ok(self);
        }
        let inner = splitter.split(&self.train, seed.derive("inside"))?.report();
        Ok(Self {
            train: inner.train,
            validation: Some(inner.holdout),
            test: self.test,
        })
    }
}

impl Stage {
    /// What tuning does with given parts: [`Split::tuning`] of [`Split::official`], where no test
    /// part is at hand.
    ///
    /// # Errors
    /// As [`Split::official`], but for the test.
    pub fn official(train: &Dataset, validation: &Dataset) -> Result<Self, SplitError> {
        check_size(train)?;
        SplitError::if_empty("training", train)?;
        same_vocabulary("validation", train, validation)?;
        let (rest, _) = apart(train, validation)?;
        Ok(Self {
            holdout: Holdout::new(rest.clone(), validation.clone()),
            train: rest,
        })
    }
}

impl Stage {
    /// A stage whose users are new to training: of each some events are known when scoring, and the
    /// others are to be predicted.
    ///
    /// # Errors
    /// [`SplitError`] if a part has other ids or is empty, or such a user is in training.
    pub fn of_new_users(
        train: &Dataset,
        known: &Dataset,
        relevant: &Dataset,
    ) -> Result<Self, SplitError> {
        check_size(train)?;
        SplitError::if_empty("training", train)?;
        SplitError::if_empty("known", known)?;
        SplitError::if_empty("held-out", relevant)?;
        same_vocabulary("known", train, known)?;
        same_vocabulary("held-out", train, relevant)?;
        let has = |data: &Dataset, user: UserIx| !data.history(user).is_empty();
        let mut held: Vec<UserIx> = train.user_indices().collect();
        held.retain(|&user| has(relevant, user));
        let total = held.len();
        held.retain(|&user| has(train, user));
        if !held.is_empty() {
            let known = held.len();
            return Err(SplitError::KnownUser { known, total });
        }
        Ok(Self {
            train: train.clone(),
            holdout: Holdout::of_new_users(train.clone(), known.clone(), relevant.clone()),
        })
    }
}

/// Training without the validation part, and both together.
fn apart(train: &Dataset, validation: &Dataset) -> Result<(Dataset, Dataset), SplitError> {
    SplitError::if_empty("validation", validation)?;
    let (inside, total) = (n_inside(validation, train), validation.n_interactions());
    let (rest, known) = match inside {
        0 => (train.clone(), union(train, validation)),
        _ if inside == total => (without(train, validation), train.clone()),
        _ => return Err(SplitError::PartlyInside { inside, total }),
    };
    SplitError::if_empty("training", &rest)?;
    Ok((rest, known))
}

fn same_vocabulary(part: &'static str, train: &Dataset, data: &Dataset) -> Result<(), SplitError> {
    if same_ids(train, data) {
        Ok(())
    } else {
        Err(SplitError::Vocabulary { part })
    }
}

fn same_ids(a: &Dataset, b: &Dataset) -> bool {
    let users = std::sync::Arc::ptr_eq(a.users(), b.users()) || a.users() == b.users();
    users && (std::sync::Arc::ptr_eq(a.items(), b.items()) || a.items() == b.items())
}

/// The items of a user, sorted.
fn sorted(data: &Dataset, user: UserIx) -> Vec<ItemIx> {
    let mut items = data.history(user).to_vec();
    items.sort_unstable();
    items
}

/// How many interactions of `part` have their pair in `whole`.
fn n_inside(part: &Dataset, whole: &Dataset) -> usize {
    let count = |user| {
        let whole = sorted(whole, user);
        let items = part.history(user).iter();
        items
            .filter(|item| whole.binary_search(item).is_ok())
            .count()
    };
    part.user_indices().map(count).sum()
}

/// The interactions of `whole` whose pair is not in `part`.
fn without(whole: &Dataset, part: &Dataset) -> Dataset {
    let mut row = (UserIx(u32::MAX), Vec::new());
    whole.filter(|user, position| {
        if row.0 != user {
            row = (user, sorted(part, user));
        }
        row.1.binary_search(&whole.history(user)[position]).is_err()
    })
}

/// The interactions of both, by time if both have times, else the second after the first.
fn union(first: &Dataset, second: &Dataset) -> Dataset {
    let both = |has: fn(&Dataset) -> bool| has(first) && has(second);
    let with_times = both(|data| data.interactions().has_times());
    let with_ratings = both(|data| data.interactions().has_ratings());
    let mut builder = InteractionsBuilder::new();
    for data in [first, second] {
        let log = data.interactions();
        for user in data.user_indices() {
            let ratings = log.ratings(user).filter(|_| with_ratings);
            for (position, &item) in data.history(user).iter().enumerate() {
                let rating = ratings.map(|ratings| ratings[position]);
                let time = log.time(user, position).filter(|_| with_times);
                builder.push(user, item, rating, time);
            }
        }
    }
    first.with_interactions(builder.build(first.n_users()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::split::contract::{log, planted};
    use crate::split::{LeaveOneOut, RandomRatio};

    /// Another part over the ids of `data`.
    fn part(data: &Dataset, rows: &[&[u32]]) -> Dataset {
        data.with_interactions(log(rows).interactions().clone())
    }

    fn items(data: &Dataset, user: u32) -> Vec<u32> {
        let history = data.history(UserIx(user)).iter();
        history.map(|item| item.0).collect()
    }

    #[test]
    fn validation_inside_training_is_taken_out_of_it() {
        let train = log(&[&[0, 5, 2], &[1, 3]]);
        let (validation, test) = (part(&train, &[&[5], &[3]]), part(&train, &[&[4], &[0]]));
        let split = Split::official(&train, Some(&validation), &test).unwrap();
        assert_eq!(items(&split.train, 0), [0, 2]);
        assert_eq!(items(&split.train, 1), [1]);
        let tuning = split.tuning().unwrap();
        assert_eq!(tuning.holdout.known, split.train);
        assert_eq!(Stage::official(&train, &validation).unwrap(), tuning);
        assert_eq!(split.report().train, train);
        assert_eq!(split.report().holdout.known, train);
    }

    #[test]
    fn validation_beside_training_joins_it_for_the_report() {
        let train = log(&[&[0, 5], &[1]]);
        let (validation, test) = (part(&train, &[&[3], &[4]]), part(&train, &[&[4], &[0]]));
        let split = Split::official(&train, Some(&validation), &test).unwrap();
        assert_eq!(split.train, train);
        assert_eq!(items(&split.report().train, 0), [0, 5, 3]);
        assert_eq!(items(&split.report().train, 1), [1, 4]);
    }

    #[test]
    fn a_union_is_in_order_of_time() {
        let data = planted(1);
        let later = data.filter(|_, position| position >= 2);
        let earlier = data.filter(|_, position| position < 2);
        assert_eq!(union(&later, &earlier), data);
    }

    #[test]
    fn unclear_parts_are_refused() {
        let train = log(&[&[0, 5, 2], &[1, 3]]);
        let test = part(&train, &[&[4], &[0]]);
        let half = part(&train, &[&[5], &[4]]);
        let (inside, total) = (1, 2);
        assert_eq!(
            Split::official(&train, Some(&half), &test),
            Err(SplitError::PartlyInside { inside, total })
        );
        assert_eq!(
            Split::official(&train, Some(&train), &test),
            Err(SplitError::Empty { part: "training" })
        );
        let (shared, total) = (1, 2);
        let seen = part(&train, &[&[4], &[3]]);
        assert_eq!(
            Split::official(&train, Some(&seen), &test),
            Err(SplitError::TestSeen { shared, total })
        );
        let none = part(&train, &[&[], &[]]);
        for (validation, test, part) in [(&none, &test, "validation"), (&half, &none, "test")] {
            let split = Split::official(&train, Some(validation), test);
            assert_eq!(split, Err(SplitError::Empty { part }));
        }
        assert_eq!(
            Split::official(&train, None, &log(&[&[0], &[1]])),
            Err(SplitError::Vocabulary { part: "test" })
        );
    }

    #[test]
    fn users_who_should_be_new_are_not_in_training() {
        let train = log(&[&[0, 5], &[1], &[], &[]]);
        let known = part(&train, &[&[], &[], &[2], &[3]]);
        let relevant = part(&train, &[&[], &[], &[4], &[5]]);
        let stage = Stage::of_new_users(&train, &known, &relevant).unwrap();
        assert!(stage.holdout.has_new_users());
        assert_eq!(
            (stage.train, stage.holdout.known),
            (train.clone(), known.clone())
        );
        let old = part(&train, &[&[2], &[], &[4], &[]]);
        let (known_users, total) = (1, 2);
        assert_eq!(
            Stage::of_new_users(&train, &known, &old),
            Err(SplitError::KnownUser {
                known: known_users,
                total
            })
        );
        let none = part(&train, &[&[], &[], &[], &[]]);
        assert!(Stage::of_new_users(&train, &none, &relevant).is_err());
    }

    #[test]
    fn a_validation_part_is_carved_out_of_training() {
        let data = planted(1);
        let split = LeaveOneOut { validation: false }.split(&data, Seed(1));
        let split = split.unwrap();
        let ratio = RandomRatio {
            validation: 0.0,
            ..Default::default()
        };
        let carved = split.clone().validate_inside(&ratio, Seed(1)).unwrap();
        let tuning = carved.tuning().unwrap();
        assert_eq!(
            tuning.train.n_interactions() + tuning.holdout.relevant.n_interactions(),
            split.train.n_interactions()
        );
        assert_eq!(carved.report(), split.report());
        // A given validation part stays.
        let kept = carved.clone().validate_inside(&ratio, Seed(2)).unwrap();
        assert_eq!(kept, carved);
    }
}
