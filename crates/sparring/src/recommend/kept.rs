//! Parts of models that are fitted once where many fits have them in common.

use std::any::{Any, TypeId};
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

use super::run::Run;
use super::traits::{Fit, FitError};
use crate::data::Dataset;

/// Fitted parts of each kind that are kept, the latest.
const EACH: usize = 2;

/// The latest fitted parts over one training log, by their settings and seed.
///
/// A search that changes one part of a model alone would fit the others again and again to the same bits.
#[derive(Default)]
pub struct Kept(Mutex<VecDeque<Entry>>);

struct Entry {
    kind: TypeId,
    settings: String,
    model: Arc<dyn Any + Send + Sync>,
}

impl Kept {
    /// With nothing kept yet.
    pub fn new() -> Self {
        Self::default()
    }

    fn find<M: Clone + 'static>(&self, kind: TypeId, settings: &str) -> Option<M> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |entry: &&Entry| entry.kind == kind && entry.settings == settings;
        entries.iter().find(same)?.model.downcast_ref().cloned()
    }

    fn keep(&self, entry: Entry) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_kind = entries.iter().filter(|old| old.kind == entry.kind).count();
        if of_kind >= EACH
            && let Some(oldest) = entries.iter().position(|old| old.kind == entry.kind)
        {
            entries.remove(oldest);
        }
        entries.push_back(entry);
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.0.lock().unwrap_or_else(PoisonError::into_inner).len();
        write!(f, "Kept({n})")
    }
}

/// Fits a part of a model, or takes it from what the run has [kept](Run::kept).
///
/// # Errors
/// As the part's own fit.
pub fn fit_part<C>(config: &C, train: &Dataset, run: &Run<'_>) -> Result<C::Model, FitError>
where
    C: Fit + Serialize + 'static,
    C::Model: Clone + Send + Sync + 'static,
{
    let Some(kept) = run.kept else {
        return config.fit(train, run);
    };
    let table = toml::Table::try_from(config).expect("settings are plain values");
    let settings = format!("{} {} {table}", run.seed.0, train.n_interactions());
    let kind = TypeId::of::<C>();
    if let Some(model) = kept.find(kind, &settings) {
        return Ok(model);
    }
    let model = config.fit(train, run)?;
    // A fit that was stopped is not the one that was asked for.
    if !run.cancel.is_requested() {
        let model: Arc<dyn Any + Send + Sync> = Arc::new(model.clone());
        kept.keep(Entry {
            kind,
            settings,
            model,
        });
    }
    Ok(model)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recommend::{Cancel, Query, Recommender, ScoreError};
    use crate::split::contract::log;
    use sparring_wide::Seed;
    use std::sync::atomic::{AtomicUsize, Ordering};

    static FITS: AtomicUsize = AtomicUsize::new(0);

    #[derive(Serialize)]
    struct Config {
        number: u32,
    }

    #[derive(Debug, Clone, PartialEq)]
    struct Model(u32, u64);

    impl Fit for Config {
        type Model = Model;
        fn fit(&self, _: &Dataset, run: &Run<'_>) -> Result<Model, FitError> {
            FITS.fetch_add(1, Ordering::Relaxed);
            Ok(Model(self.number, run.seed.0))
        }
    }

    impl Recommender for Model {
        fn n_items(&self) -> usize {
            1
        }
        fn score_into(&self, _: &[Query<'_>], _: &mut [f32]) -> Result<(), ScoreError> {
            Ok(())
        }
    }

    #[test]
    fn the_latest_two_are_kept_by_settings_and_seed() {
        let (kept, data, cancel) = (Kept::new(), log(&[&[0], &[0]]), Cancel::new());
        let run = Run {
            kept: Some(&kept),
            ..Run::quiet(Seed(1), &cancel)
        };
        let fits = |number, run: &Run<'_>| {
            let before = FITS.load(Ordering::Relaxed);
            let model = fit_part(&Config { number }, &data, run).unwrap();
            assert_eq!(model, Model(number, run.seed.0));
            FITS.load(Ordering::Relaxed) - before
        };
        assert_eq!([fits(1, &run), fits(1, &run), fits(2, &run)], [1, 0, 1]);
        assert_eq!([fits(1, &run), fits(2, &run)], [0, 0]);
        assert_eq!(fits(1, &run.with_seed(Seed(2))), 1, "another seed");
        assert_eq!([fits(2, &run), fits(1, &run)], [0, 1], "the oldest went");
        cancel.request();
        assert_eq!([fits(7, &run), fits(7, &run)], [1, 1], "stopped");
        let plain = Run::quiet(Seed(1), &cancel);
        assert_eq!([fits(1, &plain), fits(1, &plain)], [1, 1]);
    }
}
