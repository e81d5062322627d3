use super::*;
use crate::split::contract::log;

/// 400 users, even ones with the items 0 to 4, odd ones with 5 to 9, and item 10 for all.
fn halves() -> Dataset {
    let even: &[u32] = &[0, 1, 2, 3, 4, 10];
    let odd: &[u32] = &[5, 6, 7, 8, 9, 10];
    let rows: Vec<&[u32]> = (0..400)
        .map(|user| if user % 2 == 0 { even } else { odd })
        .collect();
    log(&rows)
}

fn table(value: impl Fn(usize) -> String, numeric: bool) -> UserTable {
    let all: Vec<String> = (0..400).map(value).collect();
    let mut values = all.clone();
    values.sort_by_key(|text| (text.parse::<u32>().unwrap_or(0), text.clone()));
    values.dedup();
    let at = |text: &String| values.iter().position(|value| value == text).unwrap();
    let of = all
        .iter()
        .map(|text| Some(u32::try_from(at(text)).unwrap()))
        .collect();
    UserTable {
        user: "id".to_owned(),
        columns: vec![UserColumn {
            name: "it".to_owned(),
            values,
            numeric,
            of,
        }],
        absent: 0,
        strangers: 0,
    }
}

/// How many of 1,000 users with these items have a value for which this holds.
fn drawn(law: &Attributes, profile: &[u32], hold: impl Fn(&str) -> bool) -> usize {
    let profile: Vec<ItemIx> = profile.iter().map(|&item| ItemIx(item)).collect();
    (0..1000)
        .filter(|&user| hold(law.draw(user, &profile, Seed(1))[0]))
        .count()
}

#[test]
fn evidence_by_hand() {
    // Item 0: both users of class 0, of the 5 interactions 3 are of class 0.
    let users: [(&[ItemIx], usize); 3] = [
        (&[ItemIx(0), ItemIx(1)], 0),
        (&[ItemIx(0)], 0),
        (&[ItemIx(1), ItemIx(2)], 1),
    ];
    let found = evidence(users.into_iter(), 3, 2);
    let expected = [
        (4.0_f64 / (3.0 * 0.4 + 2.0)).ln(),
        (2.0_f64 / (2.0 * 0.4 + 2.0)).ln(),
        (3.0_f64 / (3.0 * 0.4 + 2.0)).ln(),
        (3.0_f64 / (2.0 * 0.4 + 2.0)).ln(),
    ];
    for (found, expected) in found.iter().zip(expected) {
        assert!((f64::from(*found) - expected).abs() < 1e-6, "{found}");
    }
    // One item: odds of the prior times the ratio of the evidence.
    let chances = posterior(&[0.5_f64.ln(); 2], &found, &[ItemIx(0)], 1.0);
    let odds = (4.0 / 3.2) / (2.0 / 2.8);
    assert!((chances[0] / chances[1] - odds).abs() < 1e-6);
}

#[test]
fn what_the_items_tell_is_drawn_and_how_sure_it_is() {
    // Nine of ten even users are `f`, one of ten odd ones.
    let sex = |user: usize| {
        let tenth = user / 2 % 10;
        let f = if user.is_multiple_of(2) {
            tenth < 9
        } else {
            tenth < 1
        };
        (if f { "f" } else { "m" }).to_owned()
    };
    let law = Attributes::of(&halves(), &table(sex, false));
    for (profile, expected) in [([0, 1, 2, 3, 4, 10], 900), ([5, 6, 7, 8, 9, 10], 100)] {
        let found = drawn(&law, &profile, |value| value == "f");
        assert!(found.abs_diff(expected) < 60, "{found}, not {expected}");
    }
    assert_eq!(law.names(), ["id", "it"]);
}

#[test]
fn what_the_items_do_not_tell_has_the_real_shares() {
    // One in four, whatever the items; a missing value is one.
    let law = Attributes::of(
        &halves(),
        &table(
            |user| (if user / 2 % 4 == 0 { "" } else { "x" }).to_owned(),
            false,
        ),
    );
    for profile in [[0, 1, 2], [5, 6, 7]] {
        let found = drawn(&law, &profile, str::is_empty);
        assert!(found.abs_diff(250) < 60, "{found}");
    }
}

#[test]
fn many_values_are_drawn_as_they_occur() {
    // 200 zips of two users each, one from either half; every user another number.
    let law = Attributes::of(&halves(), &table(|user| format!("z{}", user / 2), false));
    assert_eq!(law.columns[0].classes.len(), MOST);
    let below = drawn(&law, &[0, 1], |zip| zip[1..].parse::<u32>().unwrap() < 100);
    assert!(below.abs_diff(500) < 80, "{below}");
    // Even users are the older ones.
    let age = |user: usize| (1 + user / 2 + 200 * (1 - user % 2)).to_string();
    let law = Attributes::of(&halves(), &table(age, true));
    let notes = law.notes();
    assert!(notes[0].starts_with("Of the 400 values of `it` 400 are of one real user alone"));
    let old = drawn(&law, &[0, 1, 2, 3, 4, 10], |age| {
        age.parse::<u32>().unwrap() > 200
    });
    let young = drawn(&law, &[5, 6, 7, 8, 9, 10], |age| {
        age.parse::<u32>().unwrap() > 200
    });
    assert!(old > 900 && young < 100, "{old} {young}");
}

#[test]
fn weights_survive_and_damage_is_refused() {
    let law = Attributes::of(&halves(), &table(|user| (user % 3).to_string(), true));
    let (weights, texts) = (law.weights(), law.texts());
    let load = |weights: &NamedTensors| Attributes::from_weights(weights, texts.clone(), 11);
    assert_eq!(load(&weights).unwrap(), law);
    assert!(Attributes::from_weights(&weights, texts.clone(), 12).is_err());
    for name in weights.0.keys() {
        let mut broken = weights.clone();
        broken.0.remove(name);
        assert!(load(&broken).is_err(), "{name}");
    }
    for (name, shape, value) in [
        ("0.weight", vec![1], f32::NAN),
        ("0.evidence", vec![11, 3], f32::NAN),
        ("0.evidence", vec![11, 3], 1e30),
    ] {
        let data = vec![value; shape.iter().product()];
        let error = load(&weights.clone().with(name, &shape, data))
            .unwrap_err()
            .to_string();
        assert!(error.contains(&name[2..]), "{error}");
    }
    let mut fewer = texts.clone();
    fewer.columns[0].1.pop();
    assert!(Attributes::from_weights(&weights, fewer, 11).is_err());
}
