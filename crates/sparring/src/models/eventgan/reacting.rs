//! The heads of reactions, learnt anew once the network knows users: it is held, and so are the factors
//! of items, which what it says of a user is added to.

use sparring_deep::EventNet;
use sparring_wide::{Adam, AdamState, Matrix, Seed};

use super::LikingConfig;
use super::coding::CodedLog;
use super::liking::Liking;
use super::rows::Rows;
use crate::data::Dataset;
use crate::models::sequential::{Course, Learner, Window, newest, steps, windows};
use crate::recommend::{FitError, Progress, Run};

/// Steps that a small log is gone through for.
const LEAST_STEPS: usize = 600;
/// Decay of the average of the weights.
const DECAY: f32 = 0.99;

/// Trains the heads; `false` if a stop was requested before the end.
pub(super) fn react(
    net: &mut EventNet,
    (log, train, liking): (&CodedLog, &Dataset, &Liking),
    (config, course): (&LikingConfig, &Course),
    run: &Run<'_>,
) -> Result<bool, FitError> {
    let seed = run.seed.derive("reactions");
    net.renew_reactions(seed.derive("weights"));
    let mut adams: Vec<AdamState> = net
        .reaction_weights_mut()
        .iter()
        .map(|weight| AdamState::new(weight.data.len()))
        .collect();
    let mut averages: Vec<Matrix> = net.reaction_weights_mut().to_vec();
    let mut step = 0_u64;
    let events: usize = train
        .user_indices()
        .map(|user| EventNet::targets(log.of(user).len()))
        .sum();
    let in_epoch = events.div_ceil(course.batch_events).max(1);
    let epochs = config.epochs.max(LEAST_STEPS.div_ceil(in_epoch));
    for epoch in 0..epochs {
        let seed = seed.derive("epoch").at(epoch as u64);
        let windows = windows(train, (course.longest, EventNet::targets), seed);
        let steps = steps(&windows, course.batch_events);
        let total = (steps.len() * epochs) as u64;
        let mut losses = 0.0;
        for windows in &steps {
            if run.cancel.is_requested() {
                return Ok(false);
            }
            let loss = one_step(
                net,
                (log, liking),
                windows,
                (config, seed, step, total),
                &mut adams,
            );
            if !loss.is_finite() {
                return Err(FitError::Diverged {
                    model: course.model,
                    step,
                    evidence: format!("loss {loss} of reactions alone"),
                });
            }
            losses += loss;
            step += 1;
            let share = newest(DECAY, step);
            for (average, weight) in averages.iter_mut().zip(net.reaction_weights_mut()) {
                for (a, w) in average.data.iter_mut().zip(&weight.data) {
                    *a += share * (w - *a);
                }
            }
            run.observer.progress(Progress {
                unit: "step of reactions",
                done: step,
                total,
            });
        }
        let at = epoch as u64 + 1;
        run.observer
            .point("loss of reactions", at, losses / steps.len().max(1) as f64);
    }
    for (weight, average) in net.reaction_weights_mut().iter_mut().zip(averages) {
        *weight = average;
    }
    Ok(true)
}

/// A step on some windows; its loss.
fn one_step(
    net: &mut EventNet,
    (log, liking): (&CodedLog, &Liking),
    windows: &[Window],
    (config, seed, step, total): (&LikingConfig, Seed, u64, u64),
    adams: &mut [AdamState],
) -> f64 {
    let mut stream = seed.stream_at("rows", step);
    let mut rows = Rows::new(net.sizes());
    for window in windows {
        let part = (window.from, window.to);
        let given = (log.start, Some(liking));
        rows.window(log.of(window.user), part, given, &mut stream);
    }
    let (loss, found) = net.differentiate_reactions(&rows.finish(), config.l2);
    let done = step as f64 / total as f64;
    #[expect(clippy::cast_possible_truncation, reason = "a rate, rounded to f32")]
    let rate = (f64::from(config.learning_rate) * 0.5 * (1.0 + (std::f64::consts::PI * done).cos()))
        as f32;
    let adam = Adam {
        learning_rate: rate,
        beta2: 0.99,
        ..Adam::default()
    };
    let weights = net.reaction_weights_mut();
    for ((state, weight), by) in adams.iter_mut().zip(weights).zip(&found) {
        state.step(&adam, &mut weight.data, &by.data);
    }
    loss
}
