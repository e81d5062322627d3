//! What is learnt of planted behaviour: order, gaps, reactions, ends.

use std::sync::Arc;

use super::*;
use crate::data::{InteractionsBuilder, ItemIx, UserIx, Vocabulary};
use crate::recommend::{Behaviour, Cancel, Draw, Event, Recommender};

fn tiny() -> EventganConfig {
    EventganConfig {
        embedding_dim: count(16),
        feedforward: count(32),
        longest: count(12),
        noise_dim: 2,
        epochs: count(3),
        batch_events: count(256),
        liking: LikingConfig {
            learning_rate: 3e-2,
            ..LikingConfig::default()
        },
        ..EventganConfig::default()
    }
}

pub(in crate::models) fn with_adversary() -> EventganConfig {
    EventganConfig {
        adversary: AdversaryConfig {
            epochs: 1,
            rollout: count(4),
            context: 4,
            critic_dim: count(8),
            ..AdversaryConfig::default()
        },
        ..tiny()
    }
}

recommender_contract!(super::with_adversary());

/// Users who walk around a ring of items for eight events: an hour between even items and the next, a
/// second otherwise; even items are liked.
fn walks() -> Dataset {
    let (users, items) = (200_u32, 20_u32);
    let mut builder = InteractionsBuilder::new();
    for user in 0..users {
        let mut time = 1_000_000_000 + i64::from(user) * 100;
        for event in 0..8 {
            let item = (user * 3 + event) % items;
            let rating = if item % 2 == 0 { 5.0 } else { 1.0 };
            builder.push(UserIx(user), ItemIx(item), Some(rating), Some(time));
            time += if item % 2 == 0 { 3_600 } else { 1 };
        }
    }
    let names = |n: u32| Arc::new((0..n).map(|i| i.to_string()).collect::<Vocabulary>());
    Dataset::new(names(users), names(items), builder.build(users as usize))
}

fn fitted(config: &EventganConfig) -> Eventgan {
    let cancel = Cancel::new();
    config.fit(&walks(), &Run::quiet(Seed(2), &cancel)).unwrap()
}

fn learnt() -> Eventgan {
    fitted(&EventganConfig {
        epochs: count(60),
        learning_rate: 1e-2,
        dropout: 0.0,
        ..tiny()
    })
}

#[test]
fn knows_what_comes_when_and_how_it_is_liked() {
    let model = learnt();
    let data = walks();
    let user = UserIx(4);
    let history = Event::history(&data, user);
    let outlook = &model.outlooks(&[&history[..5]]).unwrap()[0];
    let next = history[5].item;
    assert!(outlook.items[next.at()] > 0.8, "{:?}", outlook.items);
    assert!(outlook.stop < 0.1, "{}", outlook.stop);
    let gap = history[5].time.unwrap() - history[4].time.unwrap();
    let found = outlook.median_gap().unwrap();
    let class = crate::data::gap_class(gap.unsigned_abs());
    assert_eq!(crate::data::gap_class(found), class, "{gap} and {found}");
    let likes = model.reactions(&history[..5], &[next]).unwrap();
    assert_eq!(likes.levels, [1.0, 5.0]);
    assert!(likes.means()[0] < 1.5, "{next:?}: {likes:?}");
    let other = Event::history(&data, UserIx(5));
    let likes = model.reactions(&other[..5], &[other[5].item]).unwrap();
    assert!(likes.means()[0] > 4.5, "{:?}: {likes:?}", other[5].item);
    let outlook = &model.outlooks(&[&history]).unwrap()[0];
    assert!(outlook.stop > 0.9, "after eight events: {}", outlook.stop);
}

#[test]
fn users_from_nothing_behave_as_the_real_ones() {
    let model = learnt();
    let given = vec![Vec::new(); 150];
    let draw = Draw {
        given: &given,
        most: Some(30),
        temperature: 1.0,
        candidates: 1,
        seed: Seed(7),
        cancel: &Cancel::new(),
    };
    let drawn = model.draw(&draw).unwrap();
    let eight = drawn.iter().filter(|events| events.len() == 8).count();
    assert!(eight > 100, "{eight} of 150 have eight events");
    let (mut steps, mut right) = (0, 0);
    for events in &drawn {
        for pair in events.windows(2) {
            steps += 1;
            let on = (pair[0].item.0 + 1) % 20 == pair[1].item.0;
            let liked = pair[0].rating == Some(if pair[0].item.0 % 2 == 0 { 5.0 } else { 1.0 });
            right += usize::from(on && liked);
        }
    }
    assert!(right * 10 > steps * 8, "{right} of {steps}");
    let pool = |n| {
        rayon::ThreadPoolBuilder::new()
            .num_threads(n)
            .build()
            .unwrap()
    };
    let one = pool(1).install(|| model.draw(&draw).unwrap());
    assert_eq!(drawn, one, "the same at any number of threads");
}

#[test]
fn histories_are_gone_on_with() {
    let model = learnt();
    let data = walks();
    let given: Vec<Vec<Event>> = (0..40)
        .map(|user| Event::history(&data, UserIx(user))[..5].to_vec())
        .collect();
    let draw = Draw {
        given: &given,
        most: Some(1),
        temperature: 1.0,
        candidates: 1,
        seed: Seed(7),
        cancel: &Cancel::new(),
    };
    let drawn = model.draw(&draw).unwrap();
    let right = drawn.iter().zip(&given).filter(|(new, given)| {
        let last = given[4];
        new.iter()
            .any(|new| new.item.0 == (last.item.0 + 1) % 20 && new.time >= last.time)
    });
    let right = right.count();
    assert!(right > 30, "{right} of 40");
}

#[test]
fn the_critic_chooses_what_is_real() {
    // A generator that has hardly learnt, and a critic that has: of items alone, since one that sees
    // all of an event is content with some of it.
    let data = walks();
    let mut builder = InteractionsBuilder::new();
    for user in data.user_indices() {
        for item in data.history(user) {
            builder.push(user, *item, None, None);
        }
    }
    let config = EventganConfig {
        epochs: count(4),
        dropout: 0.0,
        adversary: AdversaryConfig {
            critic_epochs: 150,
            batch_size: count(32),
            rollout: count(1),
            context: 8,
            discriminator_rate: 3e-3,
            generator_rate: 1e-6,
            critic_dim: count(32),
            critic_dropout: 0.0,
            ..with_adversary().adversary
        },
        ..tiny()
    };
    let cancel = Cancel::new();
    let model = config
        .fit(
            &data.with_interactions(builder.build(data.n_users())),
            &Run::quiet(Seed(2), &cancel),
        )
        .unwrap();
    assert!(model.has_critic());
    let given = vec![Vec::new(); 100];
    let share = |candidates| {
        let draw = Draw {
            given: &given,
            most: Some(8),
            temperature: 1.0,
            candidates,
            seed: Seed(7),
            cancel: &cancel,
        };
        let drawn = model.draw(&draw).unwrap();
        let pairs: Vec<&[Event]> = drawn.iter().flat_map(|events| events.windows(2)).collect();
        let right = pairs
            .iter()
            .filter(|pair| (pair[0].item.0 + 1) % 20 == pair[1].item.0);
        right.count() as f64 / pairs.len() as f64
    };
    let (plain, guided) = (share(1), share(8));
    assert!(guided > plain + 0.25, "{plain} and {guided}");
}

#[test]
fn who_rates_high_is_known_from_the_ratings() {
    // Every second user gives 5 where the others give 1, whatever the item.
    let data = walks();
    let mut builder = InteractionsBuilder::new();
    for user in data.user_indices() {
        for item in data.history(user) {
            let rating = if user.0 % 2 == 0 { 5.0 } else { 1.0 };
            builder.push(user, *item, Some(rating), None);
        }
    }
    let data = data.with_interactions(builder.build(data.n_users()));
    let cancel = Cancel::new();
    let run = Run::quiet(Seed(2), &cancel);
    let model = tiny().fit(&data, &run).unwrap();
    let mean = |rating| {
        let event = |item| Event {
            item: ItemIx(item),
            rating: Some(rating),
            time: None,
        };
        let history: Vec<Event> = (0..6).map(event).collect();
        model.reactions(&history, &[ItemIx(6)]).unwrap().means()[0]
    };
    assert!(
        mean(5.0) > 4.5 && mean(1.0) < 1.5,
        "{} {}",
        mean(5.0),
        mean(1.0)
    );
    let saved = Eventgan::from_weights(&model.weights()).unwrap();
    assert_eq!(saved.liking, model.liking);
    assert_eq!(saved.weights(), model.weights());
}

#[test]
fn an_item_of_another_catalogue_is_refused() {
    let model = fitted(&tiny());
    let event = Event {
        item: ItemIx(99),
        rating: None,
        time: None,
    };
    assert!(model.outlooks(&[&[event]]).is_err());
    assert!(model.reactions(&[], &[ItemIx(99)]).is_err());
    assert!(model.behaviour().is_some() && !model.has_critic());
}
