use sparring_wide::{Matrix, SparseRows};

use super::tests::{fit, only_neural, tiny};
use super::*;
use crate::models::contract::{planted, scores};
use opponent::Opponent;

const HISTORY: [ItemIx; 4] = [ItemIx(31), ItemIx(4), ItemIx(9), ItemIx(18)];

fn told(model: &dyn Recommender, item: u32) -> Vec<f32> {
    let told = model.explain(&Query::new_user(&HISTORY), ItemIx(item));
    told.unwrap().expect("it can tell")
}

/// The network's score of `item` for these inputs.
fn network(neural: &Neural, inputs: &[(u32, f32)], item: usize) -> f32 {
    let mut input = SparseRows::new();
    input.push_row_with(inputs.iter().copied());
    let (mut hidden, mut logits) = (Matrix::default(), Matrix::default());
    neural.hidden(&input, &mut hidden);
    neural.head.forward(&hidden, &mut logits);
    logits.data[item]
}

#[test]
fn the_network_tells_its_gradient_times_its_input() {
    let model = fit(&only_neural(Opponent::Own), &planted()).unwrap();
    let (_, neural) = model.neural.as_ref().unwrap();
    let step = 0.01;
    for item in [0, 4, 59] {
        for (at, told) in told(neural, item).into_iter().enumerate() {
            let moved = |by: f32| {
                let inputs: Vec<(u32, f32)> = HISTORY
                    .iter()
                    .enumerate()
                    .map(|(to, item)| (item.0, if to == at { 0.5 + by } else { 0.5 }))
                    .collect();
                network(neural, &inputs, item as usize)
            };
            let slope = (moved(step) - moved(-step)) / (2.0 * step);
            let expected = 0.5 * slope;
            assert!(told.abs() > 1e-3, "a flat place proves nothing: {told}");
            assert!(
                (told - expected).abs() < 1e-3 * (1.0 + expected.abs()),
                "{told} {expected}"
            );
        }
    }
}

#[test]
fn without_the_network_contributions_differ_between_items_as_their_scores_do() {
    let config = SparringConfig {
        factor_weight: 2.0,
        neural_weight: 0.0,
        ..tiny()
    };
    let model = fit(&config, &planted()).unwrap();
    let scores = scores(&model, &[Query::new_user(&HISTORY)]);
    let sum = |item| told(&model, item).iter().sum::<f32>();
    let first = sum(0);
    for item in 1..60 {
        let (found, expected) = (sum(item) - first, scores[item as usize] - scores[0]);
        assert!((found - expected).abs() < 1e-4, "{found} {expected}");
    }
}

#[test]
fn branches_are_weighted_and_brought_to_one_scale() {
    let model = fit(
        &SparringConfig {
            linear_weight: 0.5,
            factor_weight: 2.0,
            neural_weight: 3.0,
            ..tiny()
        },
        &planted(),
    )
    .unwrap();
    let query = [Query::new_user(&HISTORY)];
    let part = |branch: &dyn Recommender, weight: f32| -> Vec<f32> {
        let mut own = vec![0.0; 60];
        branch.score_into(&query, &mut own).unwrap();
        let mean = own.iter().sum::<f32>() / 60.0;
        let variance = own.iter().map(|s| (s - mean).powi(2)).sum::<f32>() / 60.0;
        let told = told(branch, 7).into_iter();
        told.map(|part| weight * part / variance.sqrt()).collect()
    };
    let linear = part(&model.linear.as_ref().unwrap().1, 0.5);
    let factors = part(&model.factors.as_ref().unwrap().1, 2.0);
    let neural = part(&model.neural.as_ref().unwrap().1, 3.0);
    for (at, found) in told(&model, 7).into_iter().enumerate() {
        let expected = linear[at] + factors[at] + neural[at];
        assert!((found - expected).abs() < 1e-4, "{found} {expected}");
    }
}
