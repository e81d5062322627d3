//! Accountants against independent programs: `tests/golden/privacy`.

use std::path::Path;

use super::{Delta, DpEvent, Neighbouring, PldAccountant, PrivacyAccountant, rdp};

/// The rows of a golden file, absent values as NaN.
fn rows(name: &str) -> Vec<Vec<f64>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/privacy");
    let mut reader = csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .from_path(folder.join(name))
        .unwrap();
    let records = reader.records().map(Result::unwrap);
    let number = |text: &str| {
        if text.is_empty() {
            f64::NAN
        } else {
            text.parse().unwrap()
        }
    };
    records
        .map(|record| record.iter().map(number).collect())
        .collect()
}

#[test]
fn losses_composed_as_by_dp_accounting() {
    let rows = rows("pld.csv");
    assert_eq!(rows.len(), 14);
    for row in rows {
        let [rate, sigma, steps, delta, interval, add_remove, replace_one] = row[..] else {
            panic!("{row:?}")
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a whole number"
        )]
        let event = DpEvent::poisson(rate, sigma).times(steps as u64);
        let delta = Delta::insisted(delta).unwrap();
        let relations = [
            (Neighbouring::AddRemove, add_remove),
            (Neighbouring::ReplaceOne, replace_one),
        ];
        for (neighbouring, expected) in relations {
            if expected.is_nan() {
                continue;
            }
            let found = PldAccountant::of(neighbouring, &event)
                .unwrap()
                .epsilon(delta);
            // The package's grid is its own upper bound; its error grows with steps times interval^2.
            let room = 1e-3_f64.max(steps * interval * interval);
            assert!(
                (found - expected).abs() < room,
                "{event} {neighbouring:?}: {found}, expected {expected}"
            );
        }
    }
}

#[test]
fn renyi_divergences_as_by_quadrature() {
    let rows = rows("renyi.csv");
    assert_eq!(rows.len(), 12);
    for row in rows {
        let [rate, sigma, order, expected] = row[..] else {
            panic!("{row:?}")
        };
        let found = rdp(&DpEvent::poisson(rate, sigma), order).unwrap();
        assert!((found / expected - 1.0).abs() < 1e-9, "{row:?}: {found}");
    }
}
