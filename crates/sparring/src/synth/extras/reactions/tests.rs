use super::*;
use crate::data::{InteractionsBuilder, ItemIx};
use rand::RngExt;
use std::sync::Arc;

const FIRST: i64 = 800_000_000;
const DAY: i64 = 86_400;

fn extras() -> Extras {
    Extras {
        ratings: vec![1.0, 2.0, 3.0, 4.0, 5.0],
        times: vec![FIRST, FIRST + 640 * DAY],
        ..Extras::default()
    }
}

/// 2,000 users of 12 items, the first 6 of which have ratings of 4 or 5 and the others of 1 or 2; users
/// begin within ten days from day 100 and act every minute.
fn rated() -> Dataset {
    let mut builder = InteractionsBuilder::new();
    for user in 0..2000_u32 {
        for item in 0..12 {
            let best = if item < 6 { 4.0 } else { 1.0 };
            let rating = best + f64::from((user + item) % 2);
            let time = FIRST + 100 * DAY + i64::from(user % 10) * DAY + 60 * i64::from(item);
            #[expect(clippy::cast_possible_truncation, reason = "a small number")]
            builder.push(UserIx(user), ItemIx(item), Some(rating as f32), Some(time));
        }
    }
    let ids = |n: usize| Arc::new((0..n).map(|id| id.to_string()).collect());
    Dataset::new(ids(2000), ids(12), builder.build(2000))
}

fn bands_of() -> Vec<usize> {
    (0..12).map(|item| if item < 6 { 0 } else { 3 }).collect()
}

#[test]
fn a_user_adds_one_at_most() {
    // In each part, whatever the events: the squares of the entries of a user.
    let mut stream = Seed(1).stream("users");
    let (extras, bands) = (extras(), 5);
    for turn in 0..300 {
        let n = 1 + stream.random_range(0..30_usize);
        let one = turn % 3 == 0;
        let events: Vec<(usize, f64)> = (0..n)
            .map(|_| {
                let rating = if one {
                    5.0
                } else {
                    stream.random_range(1..6_i32).into()
                };
                (
                    if one {
                        0
                    } else {
                        stream.random_range(0..bands)
                    },
                    rating,
                )
            })
            .collect();
        let mut times: Vec<i64> = (0..n)
            .map(|_| {
                if one {
                    FIRST
                } else {
                    stream.random_range(extras.times[0]..=extras.times[1])
                }
            })
            .collect();
        times.sort_unstable();
        let (parts, places) = parts(&extras);
        let total: f64 = parts.iter().map(|part| part.square).sum();
        assert!((total - 1.0).abs() < 1e-12);
        let mut sums = Sums::new(parts, 2.0);
        add_ratings(&mut sums, places.ratings.unwrap(), &extras, &events);
        add_times(&mut sums, places.times.unwrap(), &extras, &times);
        let norm = sums.square();
        assert!(norm <= 1.0, "{norm} of {n} events");
        assert!(norm > 0.2, "a user tells something: {norm}");
    }
}

#[test]
fn ratings_and_times_come_through_the_noise() {
    let layer = released(&extras(), 3.0, &rated(), &bands_of());
    assert_eq!(layer.rating_values(), [1.0, 2.0, 3.0, 4.0, 5.0]);
    let profile: Vec<ItemIx> = (0..12).map(ItemIx).collect();
    let (mut right, mut all, mut near, mut short) = (0, 0, 0, 0);
    for user in 0..500 {
        let events = layer.events(user, &profile, Seed(4));
        for event in &events {
            let good = event.rating.unwrap() > 3.0;
            right += usize::from(good == (event.item.0 < 6));
            all += 1;
        }
        let times: Vec<i64> = events.iter().map(|event| event.time.unwrap()).collect();
        assert!(times.is_sorted() && times[0] >= FIRST && times[11] <= FIRST + 640 * DAY);
        // Parts of the range have 10 days; a session is moved by 84 hours at most.
        let day = (times[0] - FIRST) / DAY;
        near += usize::from((90..=114).contains(&day));
        short += times
            .windows(2)
            .filter(|pair| (32..64).contains(&(pair[1] - pair[0])))
            .count();
    }
    let share = right as f64 / f64::from(all);
    assert!(share > 0.95, "{share}");
    assert!(near > 450, "{near}");
    assert!(short as f64 / 5500.0 > 0.9, "{short}");
}

#[test]
fn columns_that_were_not_declared_are_left_out() {
    let only = |ratings: bool| {
        let all = extras();
        Extras {
            ratings: if ratings { all.ratings } else { vec![] },
            times: if ratings { vec![] } else { all.times },
            ..Extras::default()
        }
    };
    let layer = released(&only(true), 3.0, &rated(), &bands_of());
    assert!(layer.has_ratings() && !layer.has_times());
    let layer = released(&only(false), 3.0, &rated(), &bands_of());
    assert!(!layer.has_ratings() && layer.has_times());
}

#[test]
fn ratings_are_taken_for_the_nearest_declared_one() {
    let values = [1.0, 2.0, 5.0];
    let found = [-3.0, 1.0, 1.4, 1.6, 3.4, 3.6, 9.0].map(|rating| nearest(&values, rating));
    assert_eq!(found, [0, 0, 0, 1, 1, 2, 2]);
    assert_eq!((place(0, 3), place(1, 3), place(2, 3)), (-0.5, 0.0, 0.5));
}

#[test]
fn habits_by_hand() {
    // Two users of two events: 1 and 5, 5 and 5. Places -1/2, 1/2: mean 0, variance 1/2, v / n = 1/4;
    // 1/2, 1/2: mean 1/2, variance 0. Means 1/4 +- 1/4: second moment 1/8, less 1/16, less 1/8.
    let (parts, places) = parts(&extras());
    let at = places.ratings.unwrap();
    let mut sums = Sums::new(parts, 1e-7);
    add_ratings(&mut sums, at, &extras(), &[(0, 1.0), (1, 5.0)]);
    add_ratings(&mut sums, at, &extras(), &[(0, 5.0), (1, 5.0)]);
    let found = sums.release();
    let root = 3.0_f64.sqrt();
    for (cell, expected) in [2.0, 1.0, 1.0, 1.0].into_iter().enumerate() {
        assert!(
            (found[at + 1].sums[cell] * root - expected).abs() < 1e-3,
            "{cell}"
        );
    }
    let shares = rating_shares(5, &found[at], &found[at + 1]);
    assert!(
        shares.between <= 0.0,
        "chance explains it: {}",
        shares.between
    );
    assert!((shares.all[4] - 0.75).abs() < 1e-3 && (shares.bands[0][0] - 0.5).abs() < 1e-2);
}

#[test]
fn bands_are_those_of_the_users_that_are_drawn() {
    #[derive(Debug)]
    struct Two;
    impl Synthesizer for Two {
        fn n_items(&self) -> usize {
            3
        }
        fn draw(&self, block: crate::synth::Block, _seed: Seed) -> crate::synth::Profiles {
            let mut profiles = crate::synth::Profiles::new();
            for user in block.users() {
                let rare = (user % 4 == 0).then_some(ItemIx(0));
                profiles.push([ItemIx(2)].into_iter().chain(rare));
            }
            profiles
        }
    }
    // Item 2 has 4 of 5 events; item 0 comes after 8 tenths, item 1 after all.
    assert_eq!(bands(&Two, Seed(1)), [4, 4, 0]);
}
