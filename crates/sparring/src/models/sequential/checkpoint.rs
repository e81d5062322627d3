//! The state of a training on disk, so that an interrupted one goes on to the same bits.

use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use sparring_wide::{AdamState, Matrix, Seed};

use super::training::{Learner, State};
use crate::data::{Dataset, ItemIx, write_atomically};
use crate::recommend::FitError;

/// The file in the folder of checkpoints.
const FILE: &str = "checkpoint.safetensors";

/// Where a training keeps its state, and what it is the state of.
pub(super) struct Checkpoint {
    path: PathBuf,
    model: &'static str,
    settings: String,
    seed: String,
    catalogue: String,
    log: String,
}

impl Checkpoint {
    pub(super) fn new(
        folder: &Path,
        model: &'static str,
        (settings, seed): (String, Seed),
        train: &Dataset,
    ) -> Self {
        let items = train.items().iter();
        let mut catalogue = items.fold(Seed(1), Seed::derive);
        if let Some(features) = train.features() {
            for item in 0..u32::try_from(train.n_items()).expect("fewer than 2^32 items") {
                catalogue = catalogue.derive("item");
                for feature in features.of_item(ItemIx(item)) {
                    catalogue = catalogue.at((*feature).into());
                }
            }
        }
        let mut log = Seed(2);
        for user in train.user_indices() {
            log = log.derive("user");
            for item in train.history(user) {
                log = log.at(item.0.into());
            }
        }
        let hex = |seed: Seed| format!("{:016x}", seed.0);
        Self {
            path: folder.join(FILE),
            model,
            settings,
            seed: hex(seed),
            catalogue: hex(catalogue),
            log: hex(log),
        }
    }

    fn wrong(&self, finding: String, remedy: &'static str) -> FitError {
        FitError::Checkpoint {
            model: self.model,
            path: self.path.clone(),
            finding,
            remedy,
        }
    }

    fn facts(&self) -> [(&'static str, &str); 5] {
        [
            ("model", self.model),
            ("catalogue", &self.catalogue),
            ("log", &self.log),
            ("seed", &self.seed),
            ("settings", &self.settings),
        ]
    }

    /// Writes the state; an earlier one stays whole until this one is.
    pub(super) fn save<N: Learner>(&self, state: &State<N>) -> Result<(), FitError> {
        let mut arrays: Vec<(String, [usize; 2], &[f32])> = Vec::new();
        let names = state.network.names();
        for (at, (name, weight)) in names.iter().zip(state.network.weights()).enumerate() {
            let shape = [weight.rows, weight.cols];
            let (mean, square, _) = state.adam[at].parts();
            arrays.push((format!("weights.{name}"), shape, &weight.data));
            arrays.push((format!("mean.{name}"), shape, mean));
            arrays.push((format!("square.{name}"), shape, square));
            if let Some(average) = state.average.get(at) {
                arrays.push((format!("average.{name}"), shape, &average.data));
            }
        }
        if let Some((_, best)) = &state.best {
            for (name, weight) in names.iter().zip(best.weights()) {
                let shape = [weight.rows, weight.cols];
                arrays.push((format!("best.{name}"), shape, &weight.data));
            }
        }
        let bytes: Vec<Vec<u8>> = arrays
            .iter()
            .map(|(_, _, data)| data.iter().flat_map(|x| x.to_le_bytes()).collect())
            .collect();
        let views = arrays.iter().zip(&bytes).map(|((name, shape, _), bytes)| {
            let view = TensorView::new(Dtype::F32, shape.to_vec(), bytes);
            (name.as_str(), view.expect("bytes were made for this shape"))
        });
        let facts = self
            .facts()
            .map(|(key, value)| (key.to_owned(), value.to_owned()));
        let mut about: std::collections::HashMap<String, String> = facts.into_iter().collect();
        for (key, value) in state.counters() {
            about.insert(key.to_owned(), format!("{value:016x}"));
        }
        let bytes = safetensors::serialize(views, Some(about)).expect("valid views serialize");
        write_atomically(&self.path, &bytes)
            .map_err(|error| self.wrong(error.to_string(), "make room or name another folder"))
    }

    /// The state that was saved, laid over a fresh one; `false` if there is none.
    pub(super) fn load<N: Learner>(&self, state: &mut State<N>) -> Result<bool, FitError> {
        let damaged = |finding: String| {
            self.wrong(
                finding,
                "delete the file, or name another folder, to train from the start",
            )
        };
        let bytes = match std::fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(damaged(format!("cannot be read: {error}"))),
        };
        let (_, header) = SafeTensors::read_metadata(&bytes)
            .map_err(|error| damaged(format!("is damaged: {error}")))?;
        let about = header.metadata().clone().unwrap_or_default();
        for (key, expected) in self.facts() {
            let found = about.get(key).map_or("", String::as_str);
            if found != expected {
                let finding = match key {
                    "model" => format!("is of the model `{found}`"),
                    "catalogue" => "is of another catalogue of items".to_owned(),
                    "log" => "is of another training log".to_owned(),
                    "seed" => "is of another seed".to_owned(),
                    _ => format!("is of other settings: {found}"),
                };
                return Err(self.wrong(
                    finding,
                    "train on what it was made of, or name another folder to train from the start",
                ));
            }
        }
        let file = SafeTensors::deserialize(&bytes)
            .map_err(|error| damaged(format!("is damaged: {error}")))?;
        let array = |name: String, rows: usize, cols: usize| {
            let view = file
                .tensor(&name)
                .map_err(|_| damaged(format!("lacks `{name}`")))?;
            if view.shape() != [rows, cols] || view.dtype() != Dtype::F32 {
                return Err(damaged(format!("`{name}` has another shape")));
            }
            let words = view.data().as_chunks::<4>().0.iter();
            let data = words.map(|word| f32::from_le_bytes(*word)).collect();
            Ok(Matrix::from_vec(rows, cols, data))
        };
        let counter = |key: &str| {
            let text = about.get(key).map_or("", String::as_str);
            u64::from_str_radix(text, 16).map_err(|_| damaged(format!("lacks the number `{key}`")))
        };
        let step = counter("step")?;
        let steps = i32::try_from(step).map_err(|_| damaged("has too many steps".to_owned()))?;
        let has_best = counter("has_best")? == 1;
        let mut best = has_best.then(|| state.network.clone());
        let names = state.network.names();
        for (at, (name, weight)) in names.iter().zip(state.network.weights_mut()).enumerate() {
            let (rows, cols) = weight.shape();
            let of = |part: &str| array(format!("{part}.{name}"), rows, cols);
            *weight = of("weights")?;
            state.adam[at] = AdamState::from_parts(of("mean")?.data, of("square")?.data, steps);
            if let Some(average) = state.average.get_mut(at) {
                *average = of("average")?;
            }
            if let Some(best) = &mut best {
                *best.weights_mut()[at] = of("best")?;
            }
        }
        state.step = step;
        state.epoch = counter("epoch")?;
        state.at = counter("at")?;
        state.loss = f64::from_bits(counter("loss")?);
        state.worse = counter("worse")?;
        state.best = best
            .map(|best| Ok::<_, FitError>((f64::from_bits(counter("best")?), best)))
            .transpose()?;
        Ok(true)
    }
}
