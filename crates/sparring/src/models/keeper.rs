//! Keeps the best model that a validation metric has seen.

use crate::recommend::{Recommender, Run};

/// Looks at a training model every few epochs, keeps the best and says when to stop.
pub(super) struct Keeper<'a, M> {
    run: Run<'a>,
    check_every: usize,
    patience: usize,
    best: Option<(f64, M)>,
    worse: usize,
}

impl<'a, M: Recommender> Keeper<'a, M> {
    pub(super) fn new(run: &Run<'a>, check_every: usize, patience: usize) -> Self {
        Self {
            run: *run,
            check_every,
            patience,
            best: None,
            worse: 0,
        }
    }

    /// Looks at the model after an epoch, from 1; `true` means stop.
    pub(super) fn look(&mut self, epoch: usize, model: impl FnOnce() -> M) -> bool {
        if let Some(monitor) = self.run.monitor
            && epoch.is_multiple_of(self.check_every)
        {
            let model = model();
            let score = monitor.score(&model);
            self.run.observer.point("validation", epoch as u64, score);
            if self.best.as_ref().is_none_or(|(best, _)| score > *best) {
                self.best = Some((score, model));
                self.worse = 0;
            } else {
                self.worse += 1;
            }
        }
        self.worse >= self.patience || self.run.cancel.is_requested()
    }

    /// The best model seen, if there was a look.
    pub(super) fn best(self) -> Option<M> {
        self.best.map(|(_, model)| model)
    }
}
