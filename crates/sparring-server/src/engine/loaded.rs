//! A model as it serves: its indices beside those of the state, and what is worked out once.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use sparring::artifact::Artifact;
use sparring::data::ItemIx;
use sparring::recommend::{Factored, Query, Scan, ScoreError, top_k};

use crate::moment::Moment;
use crate::state::State;

/// Neighbours that are kept of an item.
pub(super) const NEIGHBOURS: usize = 100;
/// Items whose neighbours are worked out together.
const TOGETHER: usize = 32;

/// Items beside an item, nearest first, by the model's indices.
pub(super) type Beside = Arc<[(ItemIx, f32)]>;

/// Items from which on a catalogue is scanned in bytes instead of scored.
const SCANNED: usize = 16_384;

/// A model that answers.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) artifact: Artifact,
    /// Its items in bytes, where there are many.
    scan: Option<Scan>,
    /// Where it was read.
    pub(crate) folder: PathBuf,
    /// Counts the models since the start of the server.
    pub(crate) generation: u64,
    pub(crate) since: Moment,
    /// The state's index of each of the model's items.
    outward: Vec<u32>,
    /// The model's index of each item of the state, as far as there is one.
    inward: Vec<Option<ItemIx>>,
    /// Items that are not to be listed, at one state of the shelf.
    blocked: Mutex<Option<(u64, Arc<[ItemIx]>)>>,
    neighbours: Mutex<HashMap<ItemIx, Beside>>,
}

impl Loaded {
    /// A model all of whose items the state has.
    pub(super) fn new(artifact: Artifact, folder: PathBuf, generation: u64, state: &State) -> Self {
        let find = |id: &str| state.items.get(id).expect("the catalogue was added");
        let outward: Vec<u32> = artifact.items.iter().map(find).collect();
        let mut inward = vec![None; state.items.len()];
        for (&outside, item) in outward.iter().zip(0..) {
            inward[outside as usize] = Some(ItemIx(item));
        }
        let many = artifact.model.n_items() >= SCANNED;
        let scan = artifact.model.factored().filter(|_| many).map(Scan::of);
        Self {
            artifact,
            scan,
            folder,
            generation,
            since: Moment::now(),
            outward,
            inward,
            blocked: Mutex::new(None),
            neighbours: Mutex::new(HashMap::new()),
        }
    }

    /// Its items in bytes and as they are, where there are many.
    pub(crate) fn scan(&self) -> Option<(&Scan, &dyn Factored)> {
        Some((self.scan.as_ref()?, self.artifact.model.factored()?))
    }

    /// The model's index of an item of the state.
    pub(super) fn known(&self, item: u32) -> Option<ItemIx> {
        self.inward.get(item as usize).copied().flatten()
    }

    /// The state's index of an item of the model.
    pub(super) fn state_index(&self, item: ItemIx) -> u32 {
        self.outward[item.at()]
    }

    /// Items that are hidden or deleted.
    pub(super) fn blocked(&self, state: &State) -> Arc<[ItemIx]> {
        let mut kept = self.blocked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((shelf, blocked)) = &*kept
            && *shelf == state.shelf
        {
            return Arc::clone(blocked);
        }
        let blocked: Arc<[ItemIx]> = self
            .items(|item| state.facts(item).blocked.is_some())
            .collect();
        *kept = Some((state.shelf, Arc::clone(&blocked)));
        blocked
    }

    /// Items that are not in all of these categories.
    pub(super) fn outside<'a>(
        &'a self,
        state: &'a State,
        categories: &'a [u32],
    ) -> impl Iterator<Item = ItemIx> + 'a {
        self.items(|item| !state.in_all(item, categories))
    }

    fn items<'a>(&'a self, keep: impl Fn(u32) -> bool + 'a) -> impl Iterator<Item = ItemIx> + 'a {
        let all = self.outward.iter().zip(0..);
        all.filter(move |(item, _)| keep(**item))
            .map(|(_, item)| ItemIx(item))
    }

    /// What the model lists for a history of one of these items alone.
    pub(super) fn beside(&self, items: &[ItemIx]) -> Result<Vec<Beside>, ScoreError> {
        let missing: Vec<ItemIx> = {
            let kept = self
                .neighbours
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            let new = items.iter().filter(|item| !kept.contains_key(item));
            new.copied().collect()
        };
        let n = self.artifact.model.n_items();
        for items in missing.chunks(TOGETHER) {
            let queries: Vec<Query<'_>> = items
                .iter()
                .map(|item| Query::new_user(std::slice::from_ref(item)))
                .collect();
            let mut scores = vec![0.0; items.len() * n];
            self.artifact.model.score_into(&queries, &mut scores)?;
            let mut kept = self
                .neighbours
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            for (item, scores) in items.iter().zip(scores.chunks(n)) {
                let best = top_k(scores, &[*item], NEIGHBOURS);
                let best = best.into_iter().map(|other| (other, scores[other.at()]));
                kept.insert(*item, best.collect());
            }
        }
        let kept = self
            .neighbours
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let each = items.iter().map(|item| Arc::clone(&kept[item]));
        Ok(each.collect())
    }
}
