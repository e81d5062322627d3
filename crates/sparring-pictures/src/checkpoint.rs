//! A training between two epochs as one file of named arrays, with all that resuming needs.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use serde::{Deserialize, Serialize};
use sparring::data::write_atomically;
use sparring::gan::Standing;
use sparring_deep::{Generator, Network, PictureCritic, PictureShape};
use sparring_wide::{AdamState, Matrix, Seed};

use crate::config::PictureConfig;
use crate::error::PictureError;
use crate::gan::{Kept, PictureGan, Trained, Treated};
use crate::record::Record;
use crate::told::{Kind, Table};

/// The file in the folder of a model.
pub const FILE: &str = "pictures.safetensors";
/// The key of what is not an array.
const ABOUT: &str = "about";

/// What stands beside the arrays.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct About {
    pub(crate) config: PictureConfig,
    pub(crate) seed: u64,
    pub(crate) side: usize,
    pub(crate) channels: usize,
    pub(crate) told: Option<AboutTold>,
    pub(crate) pictures: String,
    pub(crate) standing: Option<Standing>,
    pub(crate) treated: Treated,
    pub(crate) steps: u64,
    pub(crate) adam_steps: [i32; 2],
    pub(crate) record: Record,
}

impl About {
    pub(crate) fn shape(&self) -> PictureShape {
        PictureShape {
            side: self.side,
            channels: self.channels,
        }
    }
}

/// What stands beside the vectors that can be told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AboutTold {
    kind: Kind,
    width: usize,
    width_before: usize,
    groups: Vec<u32>,
    pictures: Vec<u32>,
    sha256: String,
}

impl AboutTold {
    pub(crate) fn of(table: &Table) -> Self {
        Self {
            kind: table.kind.clone(),
            width: table.width(),
            width_before: table.width_before(),
            groups: table.groups.clone(),
            pictures: table.pictures.clone(),
            sha256: table.fingerprint(),
        }
    }
}

/// Arrays by name.
#[derive(Default)]
struct Arrays(Vec<(String, Dtype, Vec<usize>, Vec<u8>)>);

impl Arrays {
    fn floats(&mut self, name: String, data: &[f32]) {
        let bytes = data.iter().flat_map(|x| x.to_le_bytes()).collect();
        self.0.push((name, Dtype::F32, vec![data.len()], bytes));
    }

    fn network(&mut self, prefix: &str, net: &impl Network) {
        for (name, weights) in net.names().iter().zip(net.weights()) {
            self.floats(format!("{prefix}.{name}"), &weights.data);
        }
    }

    fn running(&mut self, prefix: &str, generator: &Generator) {
        for (at, moments) in generator.running().iter().enumerate() {
            self.floats(format!("{prefix}.running.{at}"), &moments.data);
        }
    }

    fn trained<N: Network>(&mut self, prefix: &str, trained: &Trained<N>) {
        self.network(prefix, &trained.net);
        for (name, state) in trained.net.names().iter().zip(&trained.adam) {
            let (mean, square, _) = state.parts();
            self.floats(format!("{prefix}.mean.{name}"), mean);
            self.floats(format!("{prefix}.square.{name}"), square);
        }
    }
}

/// Writes the state of a training, whole or not at all.
pub(crate) fn save(
    path: &Path,
    gan: &PictureGan<'_>,
    about: &About,
    film: &[u8],
) -> Result<(), PictureError> {
    let mut arrays = Arrays::default();
    arrays.trained("generator", &gan.generator);
    arrays.running("generator", &gan.generator.net);
    arrays.trained("critic", &gan.critic);
    arrays.network("averaged", &gan.averaged);
    arrays.running("averaged", &gan.averaged);
    if let Some(kept) = &gan.kept {
        arrays.network("kept", &kept.generator);
        arrays.running("kept", &kept.generator);
        arrays.network("kept-averaged", &kept.averaged);
        arrays.running("kept-averaged", &kept.averaged);
        arrays.network("kept", &kept.critic);
    }
    if let Some(told) = gan.told {
        arrays.floats("told.vectors".to_owned(), &told.table.vectors.data);
        arrays.floats("told.centre".to_owned(), &told.table.centre);
        arrays.floats("told.regression".to_owned(), &told.table.regression.data);
    }
    arrays.0.push((
        "film".to_owned(),
        Dtype::U8,
        vec![film.len()],
        film.to_vec(),
    ));
    let views = arrays.0.iter().map(|(name, dtype, shape, bytes)| {
        let view = TensorView::new(*dtype, shape.clone(), bytes);
        (name.as_str(), view.expect("bytes were made for this shape"))
    });
    // Not JSON: its reader may give another last digit, and no number that is not finite.
    let text = toml::to_string(about).expect("settings are a table");
    let header = HashMap::from([(ABOUT.to_owned(), text)]);
    let bytes = safetensors::serialize(views, Some(header)).expect("valid views serialize");
    write_atomically(path, &bytes)?;
    Ok(())
}

/// A file that was read.
pub(crate) struct Loaded<'a> {
    path: &'a Path,
    bytes: Vec<u8>,
    pub(crate) about: About,
}

impl<'a> Loaded<'a> {
    /// Reads a file and what stands beside its arrays.
    pub(crate) fn read(path: &'a Path) -> Result<Self, PictureError> {
        let bytes = fs::read(path).map_err(|source| PictureError::Io {
            path: path.to_path_buf(),
            action: "read",
            source,
        })?;
        let wrong = |finding: String| PictureError::Checkpoint {
            path: path.to_path_buf(),
            finding,
        };
        let damaged = |error: &dyn std::fmt::Display| {
            wrong(format!("is not a model of pictures, or damaged: {error}"))
        };
        let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|e| damaged(&e))?;
        SafeTensors::deserialize(&bytes).map_err(|e| damaged(&e))?;
        let about = header.metadata().as_ref().and_then(|m| m.get(ABOUT));
        let about = about.ok_or_else(|| damaged(&"it does not say what it is"))?;
        let about: About = toml::from_str(about).map_err(|e| damaged(&e))?;
        about.config.check()?;
        Ok(Self { path, bytes, about })
    }

    fn wrong(&self, finding: String) -> PictureError {
        PictureError::Checkpoint {
            path: self.path.to_path_buf(),
            finding,
        }
    }

    fn tensor(&self, name: &str) -> Result<Vec<u8>, PictureError> {
        let file = SafeTensors::deserialize(&self.bytes);
        let view = file.as_ref().ok().and_then(|file| file.tensor(name).ok());
        let view = view.ok_or_else(|| self.wrong(format!("array `{name}` is missing")))?;
        Ok(view.data().to_vec())
    }

    fn floats(&self, name: &str, expected: usize) -> Result<Vec<f32>, PictureError> {
        let bytes = self.tensor(name)?;
        let (words, _) = bytes.as_chunks::<4>();
        if words.len() != expected {
            let finding = format!(
                "array `{name}` has {} numbers, expected {expected}",
                words.len()
            );
            return Err(self.wrong(finding));
        }
        Ok(words.iter().map(|word| f32::from_le_bytes(*word)).collect())
    }

    fn network(&self, prefix: &str, net: &mut impl Network) -> Result<(), PictureError> {
        for (name, weights) in net.names().iter().zip(net.weights_mut()) {
            weights.data = self.floats(&format!("{prefix}.{name}"), weights.data.len())?;
        }
        Ok(())
    }

    fn running(&self, prefix: &str, generator: &mut Generator) -> Result<(), PictureError> {
        for (at, moments) in generator.running_mut().iter_mut().enumerate() {
            let name = format!("{prefix}.running.{at}");
            moments.data = self.floats(&name, moments.data.len())?;
        }
        Ok(())
    }

    fn trained<N: Network>(
        &self,
        prefix: &str,
        trained: &mut Trained<N>,
        steps: i32,
    ) -> Result<(), PictureError> {
        self.network(prefix, &mut trained.net)?;
        let sizes: Vec<usize> = trained
            .net
            .weights()
            .iter()
            .map(|w: &&Matrix| w.data.len())
            .collect();
        for (at, name) in trained.net.names().iter().enumerate() {
            let mean = self.floats(&format!("{prefix}.mean.{name}"), sizes[at])?;
            let square = self.floats(&format!("{prefix}.square.{name}"), sizes[at])?;
            trained.adam[at] = AdamState::from_parts(mean, square, steps);
        }
        Ok(())
    }

    /// Puts the state of a training back; the frames of its film.
    pub(crate) fn restore(&self, gan: &mut PictureGan<'_>) -> Result<Vec<u8>, PictureError> {
        let [of_generator, of_critic] = self.about.adam_steps;
        self.trained("generator", &mut gan.generator, of_generator)?;
        self.running("generator", &mut gan.generator.net)?;
        self.trained("critic", &mut gan.critic, of_critic)?;
        self.network("averaged", &mut gan.averaged)?;
        self.running("averaged", &mut gan.averaged)?;
        let mut kept: Kept = gan.blank();
        self.network("kept", &mut kept.generator)?;
        self.running("kept", &mut kept.generator)?;
        self.network("kept-averaged", &mut kept.averaged)?;
        self.running("kept-averaged", &mut kept.averaged)?;
        self.network("kept", &mut kept.critic)?;
        gan.kept = Some(kept);
        gan.treated = self.about.treated.clone();
        gan.steps = self.about.steps;
        self.tensor("film")
    }

    /// What can be told to the generator.
    pub(crate) fn table(&self) -> Result<Option<Table>, PictureError> {
        let Some(about) = &self.about.told else {
            return Ok(None);
        };
        let (rows, width, before) = (about.groups.len(), about.width, about.width_before);
        let regression = self.tensor("told.regression")?;
        let regression = if regression.is_empty() {
            Matrix::default()
        } else {
            let weights = self.floats("told.regression", before * width)?;
            Matrix::from_vec(before, width, weights)
        };
        let vectors = self.floats("told.vectors", rows * width)?;
        let table = Table {
            kind: about.kind.clone(),
            vectors: Matrix::from_vec(rows, width, vectors),
            centre: self.floats("told.centre", before)?,
            regression,
            groups: about.groups.clone(),
            pictures: about.pictures.clone(),
        };
        if rows == 0 || table.fingerprint() != about.sha256 {
            return Err(self.wrong("what can be told is damaged".to_owned()));
        }
        Ok(Some(table))
    }

    /// The critic.
    pub(crate) fn critic(&self) -> Result<PictureCritic, PictureError> {
        let config = &self.about.config;
        let told = self.about.told.as_ref().map_or(0, |told| told.width);
        let of = config.recipe.architecture();
        let sizes = (told, config.width);
        let mut critic = PictureCritic::new(self.about.shape(), of, sizes, Seed(0));
        self.network("critic", &mut critic)?;
        Ok(critic)
    }

    /// The generator that draws.
    pub(crate) fn generator(&self) -> Result<Generator, PictureError> {
        let config = &self.about.config;
        let told = self.about.told.as_ref().map_or(0, |told| told.width);
        let sizes = (config.noise_dim, told, config.width);
        let of = config.recipe.architecture();
        let mut generator = Generator::new(self.about.shape(), of, sizes, Seed(0));
        self.network("averaged", &mut generator)?;
        self.running("averaged", &mut generator)?;
        Ok(generator)
    }
}
