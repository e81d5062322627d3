//! From what is known of a user to a list: the model scores the history, filters and rankings do the rest.

mod alike;
mod answer;
mod because;
mod diverse;
mod fill;
mod kept;
mod loaded;
mod models;
mod next;
mod scorer;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use sparring::artifact::ArtifactError;
use sparring::data::{ItemIx, UserIx};
use sparring::recommend::top_k;

use crate::moment::Moment;
use crate::state::{History, Rankings, State};
use crate::store::StoreError;

pub(crate) use answer::{Answer, Because, Listed, Source, Who, Wish};
pub(crate) use because::Explained;
pub(crate) use fill::Shared;
use kept::Kept;
pub(crate) use loaded::Loaded;
use models::{Candidate, Serving};
pub(crate) use models::{Stamp, load, stamp};
pub(crate) use next::Foreseen;
use scorer::{Job, Scorer};

/// The latest items of a history that are scored; what lies further back tells little and costs as much.
const LONGEST: usize = 1000;

/// Everything that answers; shared by all requests.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) state: Arc<RwLock<State>>,
    serving: RwLock<Serving>,
    folder: PathBuf,
    /// What the folder was like when it was last read.
    seen: Mutex<Option<Stamp>>,
    candidate: Mutex<Option<Candidate>>,
    generations: AtomicU64,
    /// Lists made so far.
    lists: AtomicU64,
    rankings: Rankings,
    scorer: Scorer,
    kept: Kept,
}

/// Why another model could not take over.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The folder does not hold a sound model.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// The items of the model could not be stored.
    #[error(transparent)]
    Store(#[from] Arc<StoreError>),
}

fn read(state: &RwLock<State>) -> RwLockReadGuard<'_, State> {
    state.read().unwrap_or_else(PoisonError::into_inner)
}

/// What a list is made from, by the model's indices and the state's.
struct Ground {
    user: Option<UserIx>,
    /// What is scored.
    taste: Vec<ItemIx>,
    /// What the model must not list.
    out: Vec<ItemIx>,
    /// Items that the user knows, by the state's indices.
    met: Vec<u32>,
    categories: Vec<u32>,
    /// Where the whole list may be kept: the user, and what it depends on.
    key: Option<(u32, kept::Stamp)>,
}

impl Engine {
    pub(crate) fn new(
        state: Arc<RwLock<State>>,
        model: Loaded,
        seen: Option<Stamp>,
        threads: usize,
    ) -> Self {
        Self {
            state,
            generations: AtomicU64::new(model.generation),
            folder: model.folder.clone(),
            serving: RwLock::new(Serving::new(model)),
            seen: Mutex::new(seen),
            candidate: Mutex::default(),
            lists: AtomicU64::new(0),
            rankings: Rankings::new(Duration::from_secs(1)),
            scorer: Scorer::start(threads),
            kept: Kept::default(),
        }
    }

    pub(crate) fn read(&self) -> RwLockReadGuard<'_, State> {
        read(&self.state)
    }

    /// The folder that is watched for another model.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Lists made so far.
    pub(crate) fn lists(&self) -> u64 {
        self.lists.load(Ordering::Relaxed)
    }

    /// Lets go of what is kept for a user.
    pub(crate) fn forget(&self, user: &str) {
        let user = self.read().users.get(user);
        if let Some(user) = user {
            self.kept.forget(user);
        }
    }

    /// The list of a user or a history.
    pub(crate) async fn recommend(&self, who: &Who, wish: &Wish) -> Answer {
        self.recommend_by(&self.model(), who, wish).await
    }

    /// The list that a model would give.
    pub(crate) async fn recommend_by(&self, model: &Arc<Loaded>, who: &Who, wish: &Wish) -> Answer {
        self.lists.fetch_add(1, Ordering::Relaxed);
        let Some(ground) = self.ground(model, who, wish) else {
            return Answer::empty(model);
        };
        let needed = wish.offset + wish.n;
        let best = match &ground.key {
            Some((user, stamp)) if let Some(kept) = self.kept.find(*user, *stamp, needed) => kept,
            _ => self.best(model, &ground, wish).await,
        };
        let ranked: Vec<(u32, f32)> = best.iter().copied().take(needed).collect();
        let mut answer = self.fill(model, &ground, wish, ranked);
        if wish.reasons > 0 {
            self.explain_all(model, ground, wish.reasons, &mut answer)
                .await;
        }
        answer
    }

    /// What a list is made from; `None` if a category is asked for that no item has.
    fn ground(&self, model: &Loaded, who: &Who, wish: &Wish) -> Option<Ground> {
        let state = self.read();
        let (index, history) = match who {
            Who::User(id) => match state.find_user(id) {
                Some(user) => (Some(user), state.history(user, Moment::now())),
                None => (None, History::default()),
            },
            Who::History(ids) => {
                let items = ids.iter().filter_map(|id| state.find_item(id));
                let history = History {
                    taste: items.collect(),
                    ..History::default()
                };
                (None, history)
            }
        };
        let categories = state.find_categories(&wish.categories)?;
        let mut met = history.taste.clone();
        met.extend(&history.seen);
        met.extend(wish.exclude.iter().filter_map(|id| state.items.get(id)));
        let mut taste: Vec<ItemIx> = history
            .taste
            .iter()
            .filter_map(|&item| model.known(item))
            .collect();
        taste.drain(..taste.len().saturating_sub(LONGEST));
        let mut out: Vec<ItemIx> = met.iter().filter_map(|&item| model.known(item)).collect();
        out.extend(model.blocked(&state).iter());
        if !categories.is_empty() {
            out.extend(model.outside(&state, &categories));
        }
        let user = match who {
            Who::User(id) => model.artifact.users.get(id).map(UserIx),
            Who::History(_) => None,
        };
        let plain = categories.is_empty() && wish.exclude.is_empty() && wish.diversity == 0.0;
        let key = index
            .filter(|_| plain && !history.unsettled)
            .map(|user| (user, (history.version, model.generation, state.shelf)));
        Some(Ground {
            user,
            taste,
            out,
            met,
            categories,
            key,
        })
    }

    /// The model's list by the state's indices, empty if the model knows nothing of the history.
    async fn best(&self, model: &Arc<Loaded>, ground: &Ground, wish: &Wish) -> Arc<[(u32, f32)]> {
        if ground.taste.is_empty() {
            return Arc::from([]);
        }
        let needed = wish.offset + wish.n;
        let (k, keep) = match ground.key {
            Some(key) if needed <= kept::LENGTH => (kept::LENGTH, Some(key)),
            _ if wish.diversity > 0.0 => (diverse::pool(needed), None),
            _ => (needed, None),
        };
        let (out, diversity) = (ground.out.clone(), wish.diversity);
        let with = Arc::clone(model);
        let chosen = self.scorer.score(
            Job::new(model, ground.user, ground.taste.clone()),
            move |scores| {
                let best = top_k(scores, &out, k);
                let best: Vec<_> = best.iter().map(|&i| (i, scores[i.at()])).collect();
                if diversity > 0.0 {
                    diverse::reorder(&with, best, diversity, needed)
                } else {
                    best
                }
            },
        );
        let chosen = match chosen.await {
            Ok(chosen) => chosen,
            Err(error) => {
                // A model of its training users alone: others get what is popular.
                tracing::debug!(%error, "no scores");
                Vec::new()
            }
        };
        let list: Arc<[(u32, f32)]> = chosen
            .into_iter()
            .map(|(item, score)| (model.state_index(item), score))
            .collect();
        if let Some((user, stamp)) = keep {
            self.kept.keep(user, stamp, Arc::clone(&list));
        }
        list
    }
}
