//! Training again in the background, on all events so far: the old model serves until the new one wins.
//!
//! Both are asked for the latest events, which the new one was not trained on at first: the same settings are fitted on
//! what came before them, and once more on everything if the first fit ranks them better (ndcg@10).

mod gather;
mod tail;
mod told;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sparring::Seed;
use sparring::artifact::{Artifact, Provenance};
use sparring::data::Dataset;
use sparring::experiment::{Fitted, Host, fit};

use crate::api::App;
use crate::engine::Loaded;
use gather::Gathered;
use told::Heard;

pub(crate) use told::{Trainer, Training};

/// How often it is asked whether it is time.
const LOOK: Duration = Duration::from_millis(500);

/// When a model is trained again.
#[derive(Debug, Clone, Copy, Default, serde::Serialize)]
pub struct Retrain {
    /// Whenever this has gone by since the last time.
    pub every: Option<Duration>,
    /// Whenever so many events were stored since the last time.
    pub after: Option<u64>,
}

impl Retrain {
    fn is_due(&self, since: Duration, events: u64) -> bool {
        self.every.is_some_and(|every| since >= every)
            || self.after.is_some_and(|after| events >= after)
    }
}

/// Trains whenever it is time or someone asks, until the server ends.
pub(crate) async fn run(app: Arc<App>) {
    let mut last = (Instant::now(), app.writer.events());
    loop {
        tokio::time::sleep(LOOK).await;
        let due = app
            .training
            .plan
            .is_due(last.0.elapsed(), app.writer.events() - last.1);
        if !app.training.is_asked() && !due {
            continue;
        }
        last = (Instant::now(), app.writer.events());
        train(&app).await;
    }
}

/// What came of the first fit.
struct Match {
    old: f64,
    new: f64,
    /// Fitted on everything, if the new one won.
    winner: Option<Artifact>,
}

/// Trains once and lets the better model serve.
pub(crate) async fn train(app: &Arc<App>) {
    let model = app.engine.model();
    app.training.begin(model.artifact.config.name());
    app.tell_training();
    let decision = attempt(app, &model).await;
    app.training.end(decision);
    app.tell_training();
}

/// Why a model cannot be trained by a server.
fn untrainable(name: &str) -> Option<String> {
    sparring::models::ModelConfig::COLD.contains(&name).then(|| {
        format!(
            "Not trained: {name} places items by facts of theirs, which a server does not have. \
             Train it with --facts and put it into the folder."
        )
    })
}

async fn attempt(app: &Arc<App>, model: &Arc<Loaded>) -> String {
    if let Some(finding) = untrainable(model.artifact.config.name()) {
        return finding;
    }
    let (with, old) = (Arc::clone(app), Arc::clone(model));
    let fought = tokio::task::spawn_blocking(move || {
        let gathered = gather::gather(&with, &old);
        let gathered = gathered.map_err(|finding| format!("Not trained: {finding}."))?;
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(with.training.threads)
            .build()
            .map_err(|error| format!("Not trained: {error}."))?;
        let fought = pool.install(|| fight(&with, &old, &gathered));
        fought.map(|fought| (gathered, fought))
    });
    let (gathered, fought) = match fought.await {
        Ok(Ok(done)) => done,
        Ok(Err(finding)) => return finding,
        Err(_) => return "Training has panicked; the model stays.".to_owned(),
    };
    let beside = format!(
        "ndcg@10 of {:.4} against {:.4} on the latest {} events of {} users{}",
        fought.new,
        fought.old,
        gathered.tail.events(),
        gathered.tail.users(),
        if gathered.seen {
            ", some of which the old one may have been trained on"
        } else {
            ""
        },
    );
    let Some(winner) = fought.winner else {
        return format!("The old model stays: {beside}.");
    };
    if app.engine.read().departures() != gathered.departures {
        app.training.ask();
        return "A user was deleted meanwhile: training begins again without them.".to_owned();
    }
    match install(app, model, winner).await {
        Ok(()) => format!("The new model serves: {beside}."),
        Err(finding) => format!("The new model won with an {beside}, but cannot serve: {finding}."),
    }
}

/// Fits on what came before the tail, asks both models for the tail, and fits on everything if the new one is better.
fn fight(app: &Arc<App>, old: &Loaded, gathered: &Gathered) -> Result<Match, String> {
    let heard = Heard::new(app);
    let host = Host::new(&heard, &app.training.cancel);
    let fitted = |data: &Dataset| -> Result<Fitted, String> {
        let seed = Seed(old.artifact.seed);
        let fitted = fit(&old.artifact.config, data, seed, None, host);
        let fitted = fitted.map_err(|error| format!("The old model stays: {error}."))?;
        if fitted.stopped {
            return Err("The old model stays: the server ends.".to_owned());
        }
        Ok(fitted)
    };
    let artifact = |fitted: Fitted, data: &Dataset| Artifact {
        config: old.artifact.config.clone(),
        seed: old.artifact.seed,
        data: Provenance::of(data, Some("the events of a server".to_owned()), None),
        model: fitted.model,
        users: Arc::clone(data.users()),
        items: Arc::clone(data.items()),
    };
    heard.stage("fitting on what came before the latest events");
    let new = artifact(fitted(&gathered.head)?, &gathered.head);
    heard.stage("asking both models for the latest events");
    let score = |artifact: &Artifact| {
        let score = gathered.tail.score(artifact);
        score.map_err(|error| format!("The old model stays: {error}."))
    };
    let (old, new) = (score(&old.artifact)?, score(&new)?);
    let mut winner = None;
    if new > old {
        heard.stage("fitting on all events");
        winner = Some(artifact(fitted(&gathered.all)?, &gathered.all));
    }
    Ok(Match { old, new, winner })
}

/// Saves the new model where the old one lies, and the old one beside it, and lets the new one serve.
async fn install(app: &Arc<App>, old: &Arc<Loaded>, new: Artifact) -> Result<(), String> {
    let (folder, old) = (app.engine.folder().to_path_buf(), Arc::clone(old));
    let saved = tokio::task::spawn_blocking(move || {
        old.artifact.save(&before(&folder))?;
        new.save(&folder)
    });
    let saved = saved.await.map_err(|_| "saving has panicked".to_owned())?;
    saved.map_err(|error| format!("{error}; {}", error.hint()))?;
    let loaded = app.engine.reload(&app.writer).await;
    loaded.map(|_| ()).map_err(|error| error.to_string())
}

/// Where the model lies that a retrained one has replaced.
fn before(folder: &Path) -> PathBuf {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    folder.with_file_name(format!("{name}.before"))
}

/// A flag that is taken back by whoever sees it.
#[derive(Debug, Default)]
pub(crate) struct Asked(AtomicBool);

impl Asked {
    fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn take(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_needs_facts_is_not_trained_and_says_so() {
        let finding = untrainable("coldgan").unwrap();
        assert!(finding.contains("coldgan") && finding.contains("--facts"));
        assert_eq!(untrainable("sparring"), None);
    }

    #[test]
    fn it_is_time_by_the_clock_or_by_events() {
        let plan = Retrain {
            every: Some(Duration::from_secs(60)),
            after: Some(100),
        };
        assert!(!plan.is_due(Duration::from_secs(59), 99));
        assert!(plan.is_due(Duration::from_secs(60), 0));
        assert!(plan.is_due(Duration::ZERO, 100));
        assert!(!Retrain::default().is_due(Duration::from_secs(1 << 40), u64::MAX));
        assert_eq!(before(Path::new("a/ease")), Path::new("a/ease.before"));
    }
}
