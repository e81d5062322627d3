//! Which model answers: loading another, going back, and one beside it to compare with.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use sparring::artifact::Artifact;

use super::{Engine, LoadError, Loaded, read};
use crate::state::State;
use crate::store::Change;
use crate::writer::Writer;

/// What changes when another model is put into a folder.
pub(crate) type Stamp = (SystemTime, u64);

/// The model that answers, and the one before it.
#[derive(Debug)]
pub(super) struct Serving {
    now: Arc<Loaded>,
    /// Kept in memory, so that going back takes no time and needs no folder.
    before: Option<Arc<Loaded>>,
}

/// A model that was loaded to be looked at.
#[derive(Debug)]
pub(super) struct Candidate {
    stamp: Option<Stamp>,
    model: Arc<Loaded>,
}

impl Serving {
    pub(super) fn new(model: Loaded) -> Self {
        Self {
            now: Arc::new(model),
            before: None,
        }
    }
}

/// The stamp of a folder; none if it holds no model.
pub(crate) fn stamp(folder: &Path) -> Option<Stamp> {
    let about = std::fs::metadata(folder.join("manifest.json")).ok()?;
    Some((about.modified().ok()?, about.len()))
}

/// Reads a model and makes its items known to the storage.
pub(crate) async fn load(
    folder: &Path,
    generation: u64,
    state: &RwLock<State>,
    writer: &Writer,
) -> Result<Loaded, LoadError> {
    let place = folder.to_path_buf();
    let artifact = tokio::task::spawn_blocking(move || Artifact::load(&place))
        .await
        .expect("loading a model does not panic")?;
    let missing: Vec<String> = {
        let state = read(state);
        let new = |id: &&str| state.items.get(id).is_none();
        artifact
            .items
            .iter()
            .filter(new)
            .map(str::to_owned)
            .collect()
    };
    if !missing.is_empty() {
        writer.write(vec![Change::Catalogue(missing)]).await?;
    }
    let folder = folder.to_path_buf();
    Ok(Loaded::new(artifact, folder, generation, &read(state)))
}

impl Engine {
    /// The model that answers now; who holds it goes on with it, whatever is loaded meanwhile.
    pub(crate) fn model(&self) -> Arc<Loaded> {
        let serving = self.serving.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&serving.now)
    }

    /// The model that answered before.
    pub(crate) fn before(&self) -> Option<Arc<Loaded>> {
        let serving = self.serving.read().unwrap_or_else(PoisonError::into_inner);
        serving.before.clone()
    }

    /// Reads the model's folder again. The old model goes on serving until the new one is whole, and if it is not.
    pub(crate) async fn reload(&self, writer: &Writer) -> Result<Arc<Loaded>, LoadError> {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = stamp(&self.folder);
        let folder = self.folder.clone();
        self.take(&folder, writer).await
    }

    /// Whether the model's folder has changed since it was last read.
    pub(crate) fn has_news(&self) -> bool {
        let now = stamp(&self.folder);
        now.is_some() && now != *self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the model of a folder answer from now on.
    pub(crate) async fn take(
        &self,
        folder: &Path,
        writer: &Writer,
    ) -> Result<Arc<Loaded>, LoadError> {
        let model = Arc::new(self.load(folder, writer).await?);
        let mut serving = self.serving.write().unwrap_or_else(PoisonError::into_inner);
        serving.before = Some(std::mem::replace(&mut serving.now, Arc::clone(&model)));
        Ok(model)
    }

    /// Lets the model before answer again, and keeps the present one in its place; none if there was no other.
    pub(crate) fn roll_back(&self) -> Option<Arc<Loaded>> {
        let mut serving = self.serving.write().unwrap_or_else(PoisonError::into_inner);
        let before = serving.before.take()?;
        serving.before = Some(std::mem::replace(&mut serving.now, Arc::clone(&before)));
        Some(before)
    }

    /// The model of a folder, beside the one that answers. The last one is kept until its folder changes.
    pub(crate) async fn beside(
        &self,
        folder: &Path,
        writer: &Writer,
    ) -> Result<Arc<Loaded>, LoadError> {
        let stamp = stamp(folder);
        {
            let kept = self.candidate.lock();
            let kept = kept.unwrap_or_else(PoisonError::into_inner);
            if let Some(kept) = &*kept
                && kept.model.folder == folder
                && kept.stamp == stamp
            {
                return Ok(Arc::clone(&kept.model));
            }
        }
        let model = Arc::new(self.load(folder, writer).await?);
        let mut kept = self
            .candidate
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *kept = Some(Candidate {
            stamp,
            model: Arc::clone(&model),
        });
        Ok(model)
    }

    async fn load(&self, folder: &Path, writer: &Writer) -> Result<Loaded, LoadError> {
        let generation = self.generations.fetch_add(1, Ordering::Relaxed) + 1;
        load(folder, generation, &self.state, writer).await
    }
}
