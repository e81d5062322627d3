use super::*;
use crate::data::InteractionsBuilder;
use crate::synth::contract;

fn bare(log: &Dataset) -> Dataset {
    let mut builder = InteractionsBuilder::new();
    for user in log.user_indices() {
        for &item in log.history(user) {
            builder.push(user, item, None, None);
        }
    }
    log.with_interactions(builder.build(log.n_users()))
}

const PROFILE: [ItemIx; 4] = [ItemIx(0), ItemIx(3), ItemIx(20), ItemIx(79)];

#[test]
fn events_hold_every_item_once_with_real_ratings_and_rising_times() {
    let layer = Layer::fit(&contract::planted(), None);
    assert_eq!(layer.rating_values(), [1.0, 2.0, 3.0, 4.0, 5.0]);
    for user in 0..50 {
        let events = layer.events(user, &PROFILE, Seed(1));
        let mut items: Vec<ItemIx> = events.iter().map(|event| event.item).collect();
        items.sort_unstable();
        assert_eq!(items, PROFILE);
        assert!(events.is_sorted_by_key(|event| event.time.unwrap()));
        let real = |event: &Event| (1.0..=5.0).contains(&event.rating.unwrap());
        assert!(events.iter().all(real));
    }
}

#[test]
fn events_depend_on_the_seed_and_the_user() {
    let layer = Layer::fit(&contract::planted(), None);
    let events = |user, seed| layer.events(user, &PROFILE, Seed(seed));
    assert_eq!(events(5, 1), events(5, 1));
    assert_ne!(events(5, 1), events(6, 1));
    assert_ne!(events(5, 1), events(5, 2));
}

#[test]
fn the_layer_is_the_same_at_any_number_of_threads() {
    let fit = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap()
            .install(|| Layer::fit(&contract::planted(), None).weights())
    };
    let one = fit(1);
    assert!(one == fit(2) && one == fit(3));
}

#[test]
fn weights_round_trip_and_a_log_of_pairs_has_none() {
    let layer = Layer::fit(&contract::planted(), None);
    let loaded = Layer::from_weights(&layer.weights(), None, 80).unwrap();
    assert_eq!(
        layer.events(9, &PROFILE, Seed(3)),
        loaded.events(9, &PROFILE, Seed(3))
    );
    assert!(Layer::from_weights(&layer.weights(), None, 79).is_err());
    let pairs = Layer::fit(&bare(&contract::planted()), None);
    assert_eq!(pairs, Layer::default());
    assert!(pairs.weights().0.is_empty());
    let events = pairs.events(0, &PROFILE, Seed(1));
    let of = |item: &ItemIx| Event {
        item: *item,
        rating: None,
        time: None,
    };
    assert_eq!(events, PROFILE.iter().map(of).collect::<Vec<_>>());
}
