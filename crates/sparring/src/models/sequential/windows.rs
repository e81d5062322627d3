//! Histories cut into windows, so that every event is a target once an epoch.

use rand::RngExt;
use rand::seq::SliceRandom;
use sparring_deep::Batch;
use sparring_wide::Seed;

use crate::data::{Dataset, UserIx};

/// Targets `from..to` of a user's history, counted as the model counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::models) struct Window {
    pub(in crate::models) user: UserIx,
    pub(in crate::models) from: usize,
    pub(in crate::models) to: usize,
}

/// The windows of an epoch, shuffled.
///
/// `targets` says how many targets a history of so many events has. One with at most `longest` is one
/// window. A longer one is cut at a place drawn anew every epoch and then every `longest` targets.
pub(in crate::models) fn windows(
    data: &Dataset,
    (longest, targets): (usize, fn(usize) -> usize),
    seed: Seed,
) -> Vec<Window> {
    let mut stream = seed.stream("windows");
    let mut windows = Vec::new();
    for user in data.user_indices() {
        let inputs = targets(data.history(user).len());
        let mut from = 0;
        let mut to = if inputs > longest {
            stream.random_range(1..=longest)
        } else {
            inputs
        };
        while from < to {
            windows.push(Window { user, from, to });
            from = to;
            to = inputs.min(to + longest);
        }
    }
    windows.shuffle(&mut stream);
    windows
}

/// Windows in steps of about `events` events: a step ends with the window that reaches it.
pub(in crate::models) fn steps(windows: &[Window], events: usize) -> Vec<&[Window]> {
    let (mut steps, mut start, mut count) = (Vec::new(), 0, 0);
    for (at, window) in windows.iter().enumerate() {
        count += window.to - window.from;
        if count >= events || at + 1 == windows.len() {
            steps.push(&windows[start..=at]);
            (start, count) = (at + 1, 0);
        }
    }
    steps
}

/// Every event but the first is a target.
pub(super) fn after_the_first(events: usize) -> usize {
    events.saturating_sub(1)
}

/// The batch of a step.
pub(super) fn batch(data: &Dataset, windows: &[Window]) -> Batch {
    let mut batch = Batch::default();
    let (mut items, mut targets) = (Vec::new(), Vec::new());
    for window in windows {
        let history = &data.history(window.user)[window.from..=window.to];
        items.clear();
        targets.clear();
        items.extend(history[..history.len() - 1].iter().map(|item| item.0));
        targets.extend(history[1..].iter().map(|item| item.0));
        batch.push(&items, &targets);
    }
    batch
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::split::contract::log;

    #[test]
    fn every_event_but_the_first_is_a_target_once() {
        let data = log(&[&[0, 1, 2, 3, 4, 5, 6], &[3], &[1, 0]]);
        let windows = windows(&data, (3, after_the_first), Seed(5));
        let mut seen: Vec<(u32, usize)> = windows
            .iter()
            .flat_map(|window| (window.from..window.to).map(|at| (window.user.0, at + 1)))
            .collect();
        seen.sort_unstable();
        let expected: Vec<_> = (1..7).map(|at| (0, at)).chain([(2, 1)]).collect();
        assert_eq!(seen, expected);
        assert!(windows.iter().all(|window| window.to - window.from <= 3));
        let steps = steps(&windows, 4);
        assert_eq!(steps.concat(), windows);
        let events = |step: &&[Window]| step.iter().map(|w| w.to - w.from).sum::<usize>();
        assert!(steps.iter().rev().skip(1).all(|step| events(step) >= 4));
    }

    #[test]
    fn targets_are_the_events_after() {
        let data = log(&[&[4, 1, 2]]);
        let batch = batch(&data, &windows(&data, (9, after_the_first), Seed(1)));
        assert_eq!((batch.items, batch.targets), (vec![4, 1], vec![1, 2]));
    }
}
