//! How the house recommender is tuned: branch by branch, each as a complement of those before, since
//! the best branch by itself may say what another says already.

use super::SparringConfig;
use crate::recommend::{Dimension, Part, Tune, Values};

/// Weights beside that of the regression.
const WEIGHTS: Values = Values::Weights(&[0.5, 1.0, 2.0, 4.0, 8.0]);

const POPULARITY: Values = Values::Uniform(0.0, 0.5);

impl Tune for SparringConfig {
    fn space() -> Vec<Dimension> {
        Self::parts()
            .into_iter()
            .flat_map(|part| part.space)
            .collect()
    }

    fn parts() -> Vec<Part> {
        let dimension = |key, values| Dimension { key, values };
        let linear = Part {
            name: "linear",
            needs: Some("linear_weight"),
            held: &[("factor_weight", 0.0), ("neural_weight", 0.0)],
            space: vec![
                dimension("linear.l2", Values::LogUniform(1.0, 2000.0)),
                dimension("linear.dropout", Values::Uniform(0.0, 0.8)),
                dimension("linear.activity_exponent", Values::Uniform(0.0, 1.0)),
                dimension("linear.penalty_exponent", Values::Uniform(0.0, 0.8)),
                dimension("linear.popularity_exponent", POPULARITY),
            ],
            resource: None,
        };
        let factors = Part {
            name: "factors",
            needs: Some("factor_weight"),
            held: &[("neural_weight", 0.0)],
            space: vec![
                dimension("factor_weight", WEIGHTS),
                // The regression leaves what is popular to the factors, more than it would alone.
                dimension("linear.popularity_exponent", POPULARITY),
                dimension("factors.embedding_dim", Values::LogInteger(64, 256)),
                dimension("factors.unobserved_weight", Values::LogUniform(0.01, 0.5)),
                dimension("factors.l2", Values::LogUniform(0.005, 0.05)),
            ],
            resource: Some("factors.epochs"),
        };
        let neural = Part {
            name: "neural",
            needs: Some("neural_weight"),
            held: &[],
            space: vec![
                dimension("neural_weight", WEIGHTS),
                dimension("neural.steps", Values::LogInteger(500, 3000)),
                dimension("neural.hidden", Values::LogInteger(128, 512)),
                dimension("neural.mask", Values::Uniform(0.3, 0.7)),
                dimension("neural.dropout", Values::Uniform(0.3, 0.7)),
                dimension("neural.temperature", Values::LogUniform(0.7, 10.0)),
                dimension("neural.l2", Values::LogUniform(5e-7, 2e-5)),
            ],
            resource: Some("neural.steps"),
        };
        vec![linear, factors, neural]
    }
}
