//! The first stage: the likelihood of real events.

use sparring_deep::{EventNet, Noise, Shared};
use sparring_wide::Matrix;

use super::coding::CodedLog;
use super::rows::Rows;
use crate::models::sequential::{Learner, Window};

impl Learner for EventNet {
    type Log = CodedLog;

    /// Every event, and the end.
    fn targets(events: usize) -> usize {
        if events == 0 { 0 } else { events + 1 }
    }

    fn differentiate(
        &self,
        log: &CodedLog,
        windows: &[Window],
        shared: Option<&Shared>,
        noise: Noise,
    ) -> (f64, Vec<Matrix>) {
        let mut stream = noise.seed.stream_at("rows", noise.step);
        let mut rows = Rows::new(self.sizes());
        for window in windows {
            let part = (window.from, window.to);
            rows.window(log.of(window.user), part, (log.start, None), &mut stream);
        }
        let found = self.differentiate(&rows.finish(), shared, noise);
        (found.losses.iter().sum(), found.by_weights)
    }
}
