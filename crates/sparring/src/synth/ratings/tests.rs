use super::*;
use crate::data::InteractionsBuilder;
use std::sync::Arc;

/// A log of these ratings, by user and item.
fn rated(n_items: usize, events: impl IntoIterator<Item = (u32, u32, f32)>) -> Dataset {
    let (mut builder, mut users) = (InteractionsBuilder::new(), 0);
    for (user, item, rating) in events {
        users = users.max(user + 1);
        builder.push(UserIx(user), ItemIx(item), Some(rating), None);
    }
    let ids = |n: usize| Arc::new((0..n).map(|id| id.to_string()).collect());
    let n = users as usize;
    Dataset::new(ids(n), ids(n_items), builder.build(n))
}

/// The shares of the values of an item over many users who have these items.
fn shares(law: &Ratings, profile: &[u32], item: usize) -> Vec<f64> {
    let profile: Vec<ItemIx> = profile.iter().map(|&item| ItemIx(item)).collect();
    let mut shares = vec![0.0; law.values.len()];
    for user in 0..20_000 {
        let rating = law.draw(user, &profile, Seed(1))[item];
        let at = law
            .values
            .iter()
            .position(|value| value.to_bits() == rating.to_bits());
        shares[at.expect("a value that occurs")] += 1.0 / 20_000.0;
    }
    shares
}

#[test]
fn chances_by_hand() {
    // Item 0: 3 of 4 events and tenth 0; item 1: tenth 7, alone in it, so that it shrinks to itself.
    let log = rated(3, [(0, 0, 1.0), (1, 0, 5.0), (2, 0, 5.0), (0, 1, 3.0)]);
    let law = Ratings::of(&log).unwrap();
    assert_eq!(law.values(), [1.0, 3.0, 5.0]);
    let third = 1.0 / 3.0;
    let expected = [third, 0.0, 2.0 * third, 0.0, 1.0, 0.0];
    let found = law.chances(&log);
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-12, "{found}");
    }
    // Item 2 has no rating, and is in the last tenth, where nobody has: it is rated as all are.
    for (found, expected) in found[6..].iter().zip([0.25, 0.25, 0.5]) {
        assert!((found - expected).abs() < 1e-12, "{found}");
    }
    // Scores of the middles 1/8, 3/8 and 3/4.
    for (found, expected) in law.scores.iter().zip([-1.150_35, -0.318_64, 0.674_49]) {
        assert!((found - expected).abs() < 1e-4, "{found}");
    }
}

/// 200 users, half of them mild and half strict, over 40 items.
fn two_kinds() -> Dataset {
    let events = (0..200_u32).flat_map(|user| {
        (0..40_u32).map(move |item| {
            let chance = (user * 7 + item * 13) % 10;
            let strict = user % 2 == 0;
            let high = if strict { chance < 2 } else { chance < 8 };
            (user, item, if high { 4.5 } else { 2.0 })
        })
    });
    rated(40, events)
}

#[test]
fn users_are_as_far_apart_as_real_ones() {
    let law = Ratings::of(&two_kinds()).unwrap();
    let profile: Vec<ItemIx> = (0..40).map(ItemIx).collect();
    let mut means: Vec<f32> = (0..1000)
        .map(|user| law.draw(user, &profile, Seed(2)).iter().sum::<f32>() / 40.0)
        .collect();
    means.sort_unstable_by(f32::total_cmp);
    // Real means are 2.5 and 4; by chance alone they would be within .2 of 3.25.
    let (low, high) = (means[250], means[750]);
    assert!(
        (low - 2.5).abs() < 0.25 && (high - 4.0).abs() < 0.25,
        "{low} {high}"
    );
    assert!(means[100] < 2.75 && means[900] > 3.75, "two kinds");
}

#[test]
fn items_keep_their_own_ratings_under_the_biases() {
    // Item 0 is rated 5 nine times in ten, item 1 one time in ten, beside forty others.
    let others = two_kinds();
    let events = (0..200_u32).flat_map(|user| {
        let high = |item: u32, tenths: u32| {
            let at = (user * 3 + item) % 10;
            (user, item, if at < tenths { 4.5 } else { 2.0 })
        };
        [high(0, 9), high(1, 1)]
    });
    let more = others.user_indices().flat_map(|user| {
        let ratings = others.interactions().ratings(user).unwrap();
        let pairs = others.history(user).iter().zip(ratings);
        pairs.map(move |(item, rating)| (user.0, item.0 + 2, *rating))
    });
    let events: Vec<_> = events.chain(more).collect();
    let law = Ratings::of(&rated(42, events)).unwrap();
    // Shrunk by ten of their tenth, which has the shares of both: (180 + 5) / 210.
    for (item, expected) in [(0, 185.0 / 210.0), (1, 25.0 / 210.0)] {
        let high = shares(&law, &[0, 1], item)[1];
        assert!((high - expected).abs() < 0.02, "{item}: {high}");
    }
}

#[test]
fn equal_ratings_stay_equal() {
    let law = Ratings::of(&rated(2, (0..30).map(|user| (user, user % 2, 4.0)))).unwrap();
    assert_eq!(law.draw(3, &[ItemIx(0), ItemIx(1)], Seed(1)), [4.0, 4.0]);
    assert_eq!(Ratings::of(&crate::split::contract::log(&[&[0, 1]])), None);
}

#[test]
fn many_values_are_drawn_as_they_occur() {
    // Listening counts of 1 to 500, of which 250 to 259 never occur.
    let plays = (1..=500).filter(|n| !(250..260).contains(n));
    let events = plays
        .zip(0_u32..)
        .map(|(n, user)| (user, user % 3, n as f32));
    let law = Ratings::of(&rated(3, events)).unwrap();
    assert_eq!((law.values().len(), law.classes.len()), (490, MOST));
    let shares = shares(&law, &[0, 1, 2], 1);
    let below: f64 = shares[..245].iter().sum();
    assert!((below - 0.5).abs() < 0.03, "{below}");
}

#[test]
fn weights_survive_and_damage_is_refused() {
    let law = Ratings::of(&two_kinds()).unwrap();
    let weights = law.weights();
    assert_eq!(Ratings::from_weights(&weights, 40).unwrap(), law);
    assert!(Ratings::from_weights(&weights, 41).is_err());
    for name in weights.0.keys() {
        let mut broken = weights.clone();
        broken.0.remove(name);
        assert!(Ratings::from_weights(&broken, 40).is_err(), "{name}");
    }
    for (name, shape, value) in [
        ("values", vec![2], f32::NAN),
        ("values", vec![2], 1.0),
        ("items", vec![40, 2], -1.0),
        ("items", vec![40, 2], 0.0),
        ("items", vec![40, 2], f32::MAX),
        ("biases", vec![KNOTS], 7.0),
        ("biases", vec![KNOTS], f32::NAN),
    ] {
        let data = vec![value; shape.iter().product()];
        let damaged = weights.clone().with(name, &shape, data);
        let error = Ratings::from_weights(&damaged, 40).unwrap_err().to_string();
        assert!(error.contains(name), "{error}");
    }
}
