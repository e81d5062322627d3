use super::*;
use crate::data::{InteractionsBuilder, UserIx};
use std::sync::Arc;

const START: i64 = 1_000_000_800; // Sunday, 2001-09-09 02:00 UTC

/// A log whose user `u` has the items 0, 1, 2, ... at these times.
fn timed(rows: &[Vec<i64>]) -> Dataset {
    let mut builder = InteractionsBuilder::new();
    for (user, row) in (0..).zip(rows) {
        for (item, &time) in (0..).zip(row) {
            builder.push(UserIx(user), ItemIx(item), None, Some(time));
        }
    }
    let longest = rows.iter().map(Vec::len).max().unwrap_or(0);
    let ids = |n: usize| Arc::new((0..n).map(|id| id.to_string()).collect());
    Dataset::new(ids(rows.len()), ids(longest), builder.build(rows.len()))
}

fn items(n: u32) -> Vec<ItemIx> {
    (0..n).map(ItemIx).collect()
}

/// 200 users who begin within a year; eight events ten seconds apart, then two a day later at ten.
fn evenings() -> Dataset {
    let rows: Vec<Vec<i64>> = (0..200_i64)
        .map(|user| {
            let start = START + 8 * 3600 + (user * 37 % 365) * 86_400 + user;
            let mut row: Vec<i64> = (0..8).map(|at| start + 10 * at).collect();
            row.extend([start + 86_400, start + 86_410]);
            row
        })
        .collect();
    timed(&rows)
}

#[test]
fn sessions_gaps_and_hours_are_real_ones() {
    let log = evenings();
    let law = Times::of(&log).unwrap();
    let (mut short, mut long, mut at_ten, mut outside) = (0, 0, 0, 0);
    for user in 0..1000 {
        let drawn = law.draw(user, &items(10), Seed(1));
        let mut order: Vec<u32> = drawn.iter().map(|(at, _)| *at).collect();
        order.sort_unstable();
        assert_eq!(order, (0..10).collect::<Vec<_>>());
        for pair in drawn.windows(2) {
            match pair[1].1 - pair[0].1 {
                10 => short += 1,
                3600..=260_000 => long += 1,
                other => panic!("no such gap: {other}"),
            }
        }
        for (_, time) in drawn {
            at_ten += i32::from(time.rem_euclid(86_400) / 3600 == 10);
            outside += i32::from(!(law.ends.0..=law.ends.1).contains(&time));
        }
    }
    // One gap in nine is long; 9,000 gaps, three standard errors of about 30 by chance.
    assert!(
        (long - 1000_i32).abs() < 150 && short + long == 9000,
        "{long}"
    );
    assert!(at_ten > 9_700 && outside == 0, "{at_ten} of 10,000 at ten");
}

#[test]
fn starts_are_spread_as_real_ones_and_are_no_second_of_a_user() {
    let law = Times::of(&evenings()).unwrap();
    let day = |time: &i64| (time - law.ends.0) / 86_400;
    let mut starts: Vec<i64> = (0..2000)
        .map(|user| day(&law.draw(user, &items(10), Seed(3))[0].1))
        .collect();
    starts.sort_unstable();
    for (share, expected) in [(500, 91), (1000, 182), (1500, 273)] {
        assert!((starts[share] - expected).abs() < 20, "{}", starts[share]);
    }
    assert!(
        law.starts
            .iter()
            .all(|start| (start - law.ends.0) % 86_400 == 0)
    );
}

#[test]
fn positions_have_no_rhythm_and_come_one_by_one() {
    let rows: Vec<Vec<i64>> = (0..30).map(|user| (0..5 + user % 7).collect()).collect();
    let law = Times::of(&timed(&rows)).unwrap();
    assert_eq!(law.week, None);
    let times: Vec<i64> = law
        .draw(4, &items(6), Seed(1))
        .iter()
        .map(|e| e.1)
        .collect();
    assert_eq!(times, [0, 1, 2, 3, 4, 5]);
}

#[test]
fn equal_and_distant_times_are_no_obstacle() {
    let law = Times::of(&timed(&vec![vec![START; 3]; 25])).unwrap();
    let drawn = law.draw(0, &items(3), Seed(1));
    assert!(drawn.iter().all(|(_, time)| *time == START), "{drawn:?}");
    let far = timed(&vec![vec![i64::MIN, 0, i64::MAX]; 25]);
    let drawn = Times::of(&far).unwrap().draw(0, &items(3), Seed(1));
    assert!(drawn.windows(2).all(|pair| pair[0].1 <= pair[1].1));
    let none = Times::of(&crate::split::contract::log(&[&[0, 1]]));
    assert!(none.is_none());
}

#[test]
fn milliseconds_stay_milliseconds() {
    let rows: Vec<Vec<i64>> = (0..40)
        .map(|user| {
            vec![
                1000 * (START + 7_000 * user),
                1000 * (START + 7_000 * user) + 250,
            ]
        })
        .collect();
    let law = Times::of(&timed(&rows)).unwrap();
    assert_eq!(law.week.as_ref().unwrap().hour(), 3_600_000);
    let drawn = law.draw(1, &items(2), Seed(1));
    assert_eq!(drawn[1].1 - drawn[0].1, 250);
}

#[test]
fn what_takes_too_long_is_shortened_alike() {
    let mut gaps = [10, 30, 0, 60];
    assert_eq!((squeezed(&mut gaps, 100), gaps), (100, [10, 30, 0, 60]));
    assert_eq!((squeezed(&mut gaps, 50), gaps), (50, [5, 15, 0, 30]));
    let mut huge = [u64::MAX; 3];
    assert!(squeezed(&mut huge, 99) <= 99);
    // A user with more events than there is time for.
    let law = Times::of(&evenings()).unwrap();
    let room = law.ends.1 - law.ends.0;
    let times = law.times(20_000, &mut Seed(1).stream("x"));
    assert!(times.is_sorted() && times[19_999] - times[0] <= room);
}

#[test]
fn weights_survive_and_damage_is_refused() {
    let law = Times::of(&evenings()).unwrap();
    let weights = law.weights();
    assert_eq!(Times::from_weights(&weights, 10).unwrap(), law);
    assert!(Times::from_weights(&weights, 11).is_err());
    for name in weights.0.keys() {
        let mut broken = weights.clone();
        broken.0.remove(name);
        assert!(Times::from_weights(&broken, 10).is_err(), "{name}");
    }
    for (name, numbers) in [
        ("ends", vec![1, 0, 0, 0]),
        ("ends", vec![0, 0]),
        ("starts", vec![0; 2 * KNOTS]),
        ("starts", vec![u32::MAX; 2 * KNOTS]),
    ] {
        let damaged = weights
            .clone()
            .with_indices(name, &[numbers.len()], numbers);
        let error = Times::from_weights(&damaged, 10).unwrap_err().to_string();
        assert!(error.contains("ends") || error.contains(name), "{error}");
    }
    let numbers = [i64::MIN, -1, 0, 7, i64::MAX];
    let weights = NamedTensors::new().with_wholes("n", &numbers);
    assert_eq!(wholes(&weights, "n", 5).unwrap(), numbers);
}
