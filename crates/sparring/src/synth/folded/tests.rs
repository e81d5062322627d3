use super::*;
use crate::recommend::Cancel;
use crate::synth::contract;
use crate::synth::gaussian::GaussianConfig;

/// The planted log of 80 items in 30 columns, by the gaussian.
#[derive(Debug)]
struct InColumns;

impl Synthesize for InColumns {
    type Model = Folded<<GaussianConfig as Synthesize>::Model>;

    fn fit(&self, real: &Dataset, run: &Run<'_>) -> Result<Self::Model, SynthError> {
        let limits = Limits {
            items: 10,
            columns: 30,
            users: 250,
        };
        let config = GaussianConfig {
            rank: std::num::NonZeroUsize::new(8).unwrap(),
            ..GaussianConfig::default()
        };
        fit_within(limits, &config, real, run)
    }
}

synthesizer_contract!(InColumns);

#[test]
fn taste_is_kept_across_columns() {
    // 40 items in 30 columns; items by popularity alone would give .66.
    let found = contract::one_sided(&InColumns);
    assert!(found > 0.8, "{found}");
}

#[test]
fn what_is_done_is_said() {
    let (cancel, recorder) = (Cancel::new(), crate::recommend::Recorder::new());
    let run = Run {
        observer: &recorder,
        ..Run::quiet(Seed(1), &cancel)
    };
    InColumns.fit(&contract::planted(), &run).unwrap();
    let notes = recorder.notes().join("\n");
    assert!(
        notes.contains("80 items is learnt from in 30 columns"),
        "{notes}"
    );
    assert!(notes.contains("250 of 300 users"), "{notes}");
}

#[test]
fn a_narrow_catalogue_is_left_alone() {
    let cancel = Cancel::new();
    let run = Run::quiet(Seed(1), &cancel);
    let fitted = fit(&GaussianConfig::default(), &contract::planted(), &run).unwrap();
    assert!(fitted.tensors().part("fold").is_none());
}

#[test]
fn a_law_of_other_columns_is_refused() {
    let weights = contract::fit_on(&InColumns, 2).weights();
    let other = contract::fit_on(&GaussianConfig::default(), 2).weights();
    let mixed = NamedTensors::new()
        .with_part("fold", weights.part("fold").unwrap())
        .with_part("law", other);
    let error = load::<<GaussianConfig as Synthesize>::Model>(&mixed).unwrap_err();
    assert!(error.to_string().contains("fold.ends"), "{error}");
    let whole = load::<<GaussianConfig as Synthesize>::Model>(&weights).unwrap();
    assert_eq!(whole.n_items(), 80);
}

#[test]
fn damaged_columns_are_refused() {
    let weights = contract::fit_on(&InColumns, 2).fold.weights();
    assert!(Fold::from_weights(&weights).is_ok());
    let items = weights.indices("items").unwrap().len();
    for (name, damaged) in [
        (
            "items",
            weights
                .clone()
                .with_indices("items", &[items], vec![80; items]),
        ),
        (
            "ends",
            weights.clone().with_indices("ends", &[2], vec![5, 5]),
        ),
        (
            "ends",
            weights.clone().with_indices("ends", &[2], vec![5, 6]),
        ),
        (
            "catalogue",
            weights
                .clone()
                .with_indices("catalogue", &[2], vec![80, 80]),
        ),
        (
            "users",
            weights
                .clone()
                .with("users", &[items], vec![f32::NAN; items]),
        ),
        (
            "eager",
            weights.clone().with("eager", &[16], vec![-1.0; 16]),
        ),
    ] {
        let error = Fold::from_weights(&damaged).unwrap_err().to_string();
        assert!(error.contains(name), "{name}: {error}");
    }
}
