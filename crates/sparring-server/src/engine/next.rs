//! What a user does next, by a model that knows the chances of it.

use std::sync::Arc;

use serde::Serialize;
use sparring::data::ItemIx;
use sparring::models::ModelConfig;
use sparring::recommend::{Event, Query, ScoreError};

use super::{Engine, LONGEST, Loaded};
use crate::store::Feedback;

/// What is foreseen for a user.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Foreseen {
    pub(crate) model: &'static str,
    pub(crate) generation: u64,
    /// One event after the other, each given those before.
    pub(crate) next: Vec<Coming>,
}

/// An event that may come.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Coming {
    pub(crate) item: String,
    /// Among the items that the user has not had.
    pub(crate) probability: f64,
    /// When, in seconds since 1970, if the model knows times in seconds: after the gap that half of such users exceed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) time: Option<i64>,
    /// The rating to be expected, if the model knows ratings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rating: Option<f64>,
    /// The chance that nothing comes any more, if the model knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stopped: Option<f64>,
}

impl Engine {
    /// The next `steps` events after a history, oldest first; `None` if the model knows no chances.
    pub(crate) async fn foresee(
        &self,
        history: &[Feedback],
        steps: usize,
    ) -> Option<Result<Foreseen, ScoreError>> {
        let model = self.model();
        if !ModelConfig::NEXT.contains(&model.artifact.config.name()) {
            return None;
        }
        let known = history.iter().filter_map(|event| {
            let item = model.artifact.items.get(&event.item).map(ItemIx)?;
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a rating in single precision"
            )]
            let rating = Some(event.value as f32);
            let time = Some(event.time.0.div_euclid(1_000_000));
            Some(Event { item, rating, time })
        });
        let mut past: Vec<Event> = known.collect();
        past.drain(..past.len().saturating_sub(LONGEST));
        let with = Arc::clone(&model);
        let made = self.scorer.work(move || ahead(&with, past, steps)).await;
        Some(made.map(|next| Foreseen {
            model: model.artifact.config.name(),
            generation: model.generation,
            next,
        }))
    }
}

fn ahead(model: &Loaded, mut past: Vec<Event>, steps: usize) -> Result<Vec<Coming>, ScoreError> {
    let artifact = &model.artifact;
    let mut logits = vec![0.0_f32; artifact.model.n_items()];
    let mut coming = Vec::new();
    for _ in 0..steps {
        let (mut time, mut stopped) = (None, None);
        if let Some(behaviour) = artifact.model.behaviour() {
            let outlook = behaviour.outlooks(&[&past])?.swap_remove(0);
            for (logit, chance) in logits.iter_mut().zip(&outlook.items) {
                *logit = chance.max(f32::MIN_POSITIVE).ln();
            }
            let last = past.last().and_then(|event| event.time);
            time = last
                .zip(outlook.median_gap())
                .map(|(last, gap)| last.saturating_add_unsigned(gap));
            stopped = Some(outlook.stop);
        } else {
            let items: Vec<ItemIx> = past.iter().map(|event| event.item).collect();
            let query = Query::new_user(&items);
            artifact.model.score_into(&[query], &mut logits)?;
        }
        for event in &past {
            logits[event.item.at()] = f32::NEG_INFINITY;
        }
        let Some((item, probability)) = likeliest(&logits) else {
            break;
        };
        let mut rating = None;
        if let Some(behaviour) = artifact.model.behaviour() {
            let reactions = behaviour.reactions(&past, &[item])?;
            rating = reactions.means().first().copied();
            rating = rating.filter(|_| !reactions.levels.is_empty());
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a rating in single precision"
        )]
        past.push(Event {
            item,
            rating: rating.map(|rating| rating as f32),
            time,
        });
        coming.push(Coming {
            item: artifact.items.id(item.0).to_owned(),
            probability,
            time,
            rating,
            stopped,
        });
    }
    Ok(coming)
}

/// The item with the largest logit and its chance by their softmax; none if nothing is left.
fn likeliest(logits: &[f32]) -> Option<(ItemIx, f64)> {
    let best = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if best == f32::NEG_INFINITY {
        return None;
    }
    let at = logits.iter().position(|logit| *logit >= best)?;
    let total: f64 = logits
        .iter()
        .map(|logit| f64::from(logit - best).exp())
        .sum();
    Some((ItemIx(u32::try_from(at).ok()?), 1.0 / total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likeliest_is_chosen_by_the_softmax() {
        // e^0 / (e^0 + e^-ln 3) = 3 / 4; what the user had does not count.
        let logits = [f32::NEG_INFINITY, -(3.0_f32.ln()), 0.0];
        let (item, chance) = likeliest(&logits).unwrap();
        assert!(item == ItemIx(2) && (chance - 0.75).abs() < 1e-6);
        assert_eq!(likeliest(&[f32::NEG_INFINITY]), None);
    }
}
