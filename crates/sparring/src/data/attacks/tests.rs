use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::data::{PlantedConfig, Vocabulary};

/// A log without ratings and times over `n_items` items, one slice of items a user.
fn log(ids: &[&str], n_items: u32, rows: &[&[u32]]) -> Dataset {
    let mut builder = InteractionsBuilder::new();
    for (user, row) in (0..).map(UserIx).zip(rows) {
        for &item in *row {
            builder.push(user, ItemIx(item), None, None);
        }
    }
    let items: Vocabulary = (0..n_items).map(|item| format!("i{item}")).collect();
    let users: Vocabulary = ids.iter().collect();
    Dataset::new(Arc::new(users), Arc::new(items), builder.build(rows.len()))
}

fn planted(seed: u64) -> Dataset {
    let config = PlantedConfig {
        n_users: 50,
        n_items: 60,
        mean_events: 9.0,
        ..Default::default()
    };
    config.generate(Seed(seed)).data
}

/// Training and test: every fourth event of a row is held out.
fn parts(seed: u64) -> (Dataset, Dataset) {
    let data = planted(seed);
    let held_out = |position: usize| position % 4 == 3;
    (
        data.filter(|_, position| !held_out(position)),
        data.filter(|_, position| held_out(position)),
    )
}

fn rate(share: f64) -> Rate {
    Rate::new(share).unwrap()
}

/// The rows of the real users with ratings and times, as text.
fn real_rows(log: &Dataset, n_users: usize) -> String {
    let text = log.filter(|user, _| user.at() < n_users).to_csv();
    let ids: Vec<&str> = log.users().iter().take(n_users).collect();
    format!("{ids:?}\n{text}")
}

#[test]
fn targets_are_of_the_less_popular_half() {
    // Counts: item 0 three, 1 two, 2 two, 3 one, 4 one, 5 none. Of five known items the less
    // popular half are 3 and 4.
    let train = log(&["a", "b", "c"], 6, &[&[0, 1, 2], &[0, 1, 3], &[0, 2, 4]]);
    assert_eq!(
        draw_targets(&train, 2, Seed(1)).unwrap(),
        [ItemIx(3), ItemIx(4)]
    );
    let error = draw_targets(&train, 3, Seed(1)).unwrap_err();
    assert!(
        matches!(
            error,
            AttackError::TooFewItems {
                wanted: 3,
                found: 2
            }
        ),
        "{error}"
    );
    assert!(!error.is_wrong_use());
}

#[test]
fn profiles_worked_by_hand() {
    // All histories have three items, so a profile has the two targets and one filler item; of the
    // three users a third, one, is added; `fake-1` is taken.
    let train = log(
        &["a", "fake-1", "c"],
        6,
        &[&[0, 1, 2], &[0, 1, 3], &[0, 2, 4]],
    );
    let ground = Ground {
        train: &train,
        held_out: &train,
        targets: &[ItemIx(3), ItemIx(4)],
    };
    for attack in [Attack::Random, Attack::Average, Attack::Bandwagon] {
        let found = attack.inject(ground, rate(1.0 / 3.0), Seed(1));
        assert_eq!((found.amount, found.log.n_users()), (1, 4));
        assert_eq!(found.log.users().id(3), "fake-2");
        let profile = distinct(&found.log, UserIx(3));
        assert_eq!((profile.len(), &profile[1..]), (3, ground.targets));
        assert!(profile[0] < ItemIx(3), "item 5 is known to nobody");
    }
    // Targets longer than any history stand alone.
    let ground = Ground {
        targets: &[ItemIx(1), ItemIx(2), ItemIx(3), ItemIx(4)],
        ..ground
    };
    let found = Attack::Random.inject(ground, rate(1.0), Seed(1));
    assert_eq!(found.amount, 3);
    assert_eq!(distinct(&found.log, UserIx(5)), ground.targets);
}

#[test]
fn filler_is_as_popular_as_the_attack_says() {
    // 40 users; item 0 is in every row, items 1 to 40 in one row each.
    let rows: Vec<[u32; 2]> = (1..=40).map(|item| [0, item]).collect();
    let rows: Vec<&[u32]> = rows.iter().map(|row| &row[..]).collect();
    let ids: Vec<String> = (0..40).map(|user| format!("u{user}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let train = log(&ids, 41, &rows);
    let ground = Ground {
        train: &train,
        held_out: &train,
        targets: &[ItemIx(40)],
    };
    // One filler item a profile: popular with probability 1/40, 40/79 and 1/10 (of the ten most
    // popular one is drawn). 40 profiles for each of 50 seeds.
    let share = |attack: Attack| {
        let n = (0..50).map(|seed| {
            let found = attack.inject(ground, rate(1.0), Seed(seed));
            found.log.item_counts()[0] - 40
        });
        f64::from(n.sum::<u32>()) / 2000.0
    };
    for (attack, expected) in [
        (Attack::Random, 1.0 / 40.0),
        (Attack::Average, 40.0 / 79.0),
        (Attack::Bandwagon, 0.1),
    ] {
        let (found, sd) = (
            share(attack),
            f64::sqrt(expected * (1.0 - expected) / 2000.0),
        );
        assert!((found - expected).abs() < 4.0 * sd, "{attack:?}: {found}");
    }
}

#[test]
fn half_of_a_bandwagon_is_most_popular() {
    let (train, held_out) = parts(3);
    let targets = draw_targets(&train, 2, Seed(3)).unwrap();
    let top: Vec<ItemIx> = by_popularity(&train)[..10].iter().map(|k| k.0).collect();
    let ground = Ground {
        train: &train,
        held_out: &held_out,
        targets: &targets,
    };
    let found = Attack::Bandwagon.inject(ground, rate(1.0), Seed(3));
    for user in found.log.user_indices().skip(train.n_users()) {
        let profile = distinct(&found.log, user);
        let filler = profile.len() - 2;
        let popular = profile.iter().filter(|item| top.contains(item)).count();
        assert!(
            popular >= filler.div_ceil(2).min(10),
            "{popular} of {filler}"
        );
    }
}

#[test]
fn an_event_of_a_user_who_has_everything_stays() {
    // User 0 has both known items; user 1 has item 0 and the test holds item 2 out, which is
    // known to nobody in training: only item 1 can come in.
    let train = log(&["a", "b"], 3, &[&[0, 1], &[0]]);
    let held_out = log(&["a", "b"], 3, &[&[], &[2]]);
    let ground = Ground {
        train: &train,
        held_out: &held_out,
        targets: &[],
    };
    let found = Attack::Noise.inject(ground, rate(1.0), Seed(1));
    assert_eq!(found.amount, 1);
    assert_eq!(found.log.history(UserIx(0)), [ItemIx(0), ItemIx(1)]);
    assert_eq!(found.log.history(UserIx(1)), [ItemIx(1)]);
}

#[test]
fn an_attack_is_found_by_its_name() {
    for attack in Attack::ALL {
        assert_eq!(Attack::named(attack.name()).unwrap(), attack);
    }
    let error = Attack::named("bandwagn").unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no attack `bandwagn`, did you mean `bandwagon`?"
    );
    assert!(error.is_wrong_use());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn fake_profiles_keep_their_promises(seed in 0_u64..1000, share in 0.001_f64..1.0, at in 0_usize..3) {
        let (train, held_out) = parts(seed);
        let targets = draw_targets(&train, 5, Seed(seed)).unwrap();
        let ground = Ground { train: &train, held_out: &held_out, targets: &targets };
        let attack = [Attack::Random, Attack::Average, Attack::Bandwagon][at];
        let found = attack.inject(ground, rate(share), Seed(seed));
        let n = train.n_users();
        prop_assert_eq!(found.amount, rate(share).of(n));
        prop_assert_eq!(found.log.n_users(), n + found.amount);
        prop_assert_eq!(found.log.items(), train.items());
        prop_assert_eq!(real_rows(&found.log, n), real_rows(&train, n));
        let lengths: Vec<usize> = train.user_indices().map(|u| train.history(u).len().max(5)).collect();
        let counts = train.item_counts();
        for user in found.log.user_indices().skip(n) {
            let profile = distinct(&found.log, user);
            prop_assert_eq!(profile.len(), found.log.history(user).len());
            prop_assert!(lengths.contains(&profile.len()));
            prop_assert!(targets.iter().all(|target| profile.contains(target)));
            prop_assert!(profile.iter().all(|item| counts[item.at()] > 0));
            prop_assert!(train.users().get(found.log.users().id(user.0)).is_none());
        }
        let again = attack.inject(ground, rate(share), Seed(seed));
        prop_assert_eq!(&again.log, &found.log);
        // A lower rate injects the first of the same profiles.
        let half = attack.inject(ground, rate(share / 2.0), Seed(seed));
        prop_assert_eq!(real_rows(&half.log, half.log.n_users()), real_rows(&found.log, half.log.n_users()));
    }

    #[test]
    fn noise_keeps_its_promises(seed in 0_u64..1000, share in 0.001_f64..0.5) {
        let (train, held_out) = parts(seed);
        let ground = Ground { train: &train, held_out: &held_out, targets: &[] };
        let found = Attack::Noise.inject(ground, rate(share), Seed(seed));
        prop_assert_eq!(found.amount, rate(share).of(train.n_interactions()));
        prop_assert_eq!(found.log.users(), train.users());
        let mut replaced = 0;
        for user in train.user_indices() {
            let (before, after) = (train.history(user), found.log.history(user));
            prop_assert_eq!(before.len(), after.len());
            prop_assert_eq!(distinct(&found.log, user).len(), after.len());
            for (old, new) in before.iter().zip(after).filter(|(old, new)| old != new) {
                prop_assert!(!before.contains(new) && !held_out.history(user).contains(new), "{old:?}");
                replaced += 1;
            }
            for position in 0..before.len() {
                prop_assert_eq!(train.interactions().time(user, position), found.log.interactions().time(user, position));
            }
            prop_assert_eq!(train.interactions().ratings(user), found.log.interactions().ratings(user));
        }
        prop_assert_eq!(replaced, found.amount);
        prop_assert_eq!(&Attack::Noise.inject(ground, rate(share), Seed(seed)).log, &found.log);
        let other = Attack::Noise.inject(ground, rate(share), Seed(seed + 1));
        prop_assert!(found.amount < 5 || other.log != found.log);
    }
}
