//! A training in a folder: checkpoints, sheets of pictures and a report after every epoch.

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use sparring::data::write_atomically;
use sparring::gan::{AdversarialStep, Bout, End, Noise, Probe, Remedy, Standing, Stopped};
use sparring::recommend::{Diagnosis, FitError, Run};
use sparring_deep::{Generator, PictureShape};
use sparring_wide::{Matrix, Seed};

use crate::canvas::grid;
use crate::checkpoint::{About, AboutTold, FILE, Loaded, save};
use crate::config::PictureConfig;
use crate::error::PictureError;
use crate::gan::{PictureGan, draw};
use crate::record::{Keeping, Record};
use crate::report::page;
use crate::set::{Pictures, to_bytes};
use crate::told::{Kind, Table, Told};

/// Pictures of a sheet.
const SHEET: usize = 64;
/// Pictures of a frame of the film.
const FRAME: usize = 12;
/// Rows of interpolations, and steps of each.
const LINES: (usize, usize) = (8, 12);
/// How large sheets are drawn.
const ZOOM: usize = 2;
/// Pictures below which a person is warned.
const FEW: usize = 100;

/// A training to be run in a folder.
#[derive(Debug)]
pub struct Session<'a> {
    /// The settings.
    pub config: PictureConfig,
    /// The pictures.
    pub pictures: &'a Pictures,
    /// What both networks are told of each; nothing for groups that look alike.
    pub told: Option<&'a Told>,
    /// Name of the pictures, for the report.
    pub name: &'a str,
    /// Where everything goes.
    pub folder: &'a Path,
}

/// How a training ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Why.
    pub stopped: Stopped,
    /// Epochs that are done.
    pub epochs: usize,
    /// Epochs that were done before, if it was resumed.
    pub resumed_from: usize,
    /// Pictures of an epoch.
    pub rows: usize,
    /// Groups of pictures that look alike, of which both networks were told; 0 where they were told something
    /// else or nothing.
    pub groups: usize,
    /// The last look at health.
    pub health: Option<Diagnosis>,
    /// Remedies that were applied, in words.
    pub applied: Vec<String>,
}

/// What the loop drives: the networks, and what is written between epochs.
struct Watched<'a, 'b> {
    gan: PictureGan<'b>,
    session: &'a Session<'b>,
    keeping: &'a Keeping<'a>,
    seed: Seed,
    film: Vec<u8>,
    fingerprint: String,
}

impl Session<'_> {
    /// Trains from the beginning, or from the checkpoint in the folder if there is one.
    ///
    /// # Errors
    /// [`PictureError`] if a setting or the checkpoint does not fit, or training fails; what was done
    /// before stays.
    pub fn run(&self, run: &Run<'_>) -> Result<Outcome, PictureError> {
        self.config.check()?;
        let found = match self.told {
            Some(_) => None,
            None => Told::alike_in_groups(self.pictures, self.config.groups, run.seed),
        };
        let session = Session {
            config: self.config.clone(),
            told: self.told.or(found.as_ref()),
            ..*self
        };
        session.train(run)
    }

    fn train(&self, run: &Run<'_>) -> Result<Outcome, PictureError> {
        let n = self.pictures.len();
        if let Some(told) = self.told.map(Told::pictures).filter(|told| *told != n) {
            return Err(PictureError::Classes {
                finding: format!("something is told of {told} pictures, and there are {n}"),
            });
        }
        if n < 2 * self.config.bout.batch_size.min(4) {
            return Err(PictureError::Empty {
                path: PathBuf::from(self.name),
                finding: format!("has {n} pictures; a GAN needs some more"),
            });
        }
        if n < FEW {
            run.observer.note(&format!(
                "there are only {n} pictures: what is drawn will be near them"
            ));
        }
        let path = self.folder.join(FILE);
        let fingerprint = self.pictures.fingerprint();
        let mut gan = PictureGan::new(self.config.clone(), self.pictures, self.told, run.seed);
        let (mut record, mut standing, mut film) = (Record::default(), None, Vec::new());
        if path.exists() {
            let loaded = Loaded::read(&path)?;
            self.same(&loaded.about, run.seed, &fingerprint, &path)?;
            film = loaded.restore(&mut gan)?;
            (record, standing) = (loaded.about.record, loaded.about.standing);
        }
        let resumed_from = standing.as_ref().map_or(0, Standing::epochs);
        let keeping = Keeping::new(record, run.observer);
        let bout = Bout {
            config: &self.config.bout,
            model: "image",
            rows: gan.rows(),
        };
        let mut watched = Watched {
            gan,
            session: self,
            keeping: &keeping,
            seed: run.seed,
            film,
            fingerprint,
        };
        let told = Run {
            observer: &keeping,
            ..*run
        };
        let end: End = match standing {
            Some(standing) => bout.resume(&mut watched, &told, standing)?,
            None => bout.run(&mut watched, &told)?,
        };
        Ok(Outcome {
            stopped: end.stopped,
            epochs: end.epochs,
            resumed_from,
            rows: watched.gan.rows(),
            groups: self.told.map_or(0, |told| match told.table.kind {
                Kind::Alike => told.table.groups(),
                _ => 0,
            }),
            health: keeping.record().health.last().cloned(),
            applied: end
                .applied
                .iter()
                .map(|remedy| remedy.words().to_owned())
                .collect(),
        })
    }

    fn about_told(&self) -> Option<AboutTold> {
        self.told.map(|told| AboutTold::of(&told.table))
    }

    /// Whether a checkpoint is one of this training.
    fn same(
        &self,
        about: &About,
        seed: Seed,
        pictures: &str,
        path: &Path,
    ) -> Result<(), PictureError> {
        let finding = match () {
            () if about.pictures != pictures => "was trained on other pictures",
            () if about.seed != seed.0 => "was trained with another seed",
            () if about.config != self.config => "was trained with other settings",
            () if about.told != self.about_told() => "was told something else",
            () => return Ok(()),
        };
        Err(PictureError::Checkpoint {
            path: path.to_path_buf(),
            finding: finding.to_owned(),
        })
    }
}

impl Watched<'_, '_> {
    /// Writes the checkpoint last, so that sheets are never behind it.
    fn write(&mut self, standing: &Standing) -> Result<(), PictureError> {
        let (folder, shape) = (self.session.folder, self.session.pictures.shape);
        let generator = self.gan.drawer();
        let table = self.gan.told.map(|told| &told.table);
        let seed = self.seed.derive("sheet");
        let told = table.map(|table| table.draw(table.spread(SHEET), (seed, 0)));
        let sheet = draw(generator, SHEET, told.as_ref(), seed);
        let name = format!("epochs/{:04}.png", standing.epochs());
        put(&folder.join(name), &to_bytes(&sheet.data), shape, 8)?;
        self.film
            .extend(to_bytes(&sheet.data[..FRAME * shape.size()]));
        put(&folder.join("film.png"), &self.film, shape, FRAME)?;
        let lines = interpolations(generator, table, self.seed);
        put(
            &folder.join("interpolation.png"),
            &to_bytes(&lines.data),
            shape,
            LINES.1,
        )?;
        let record = self.keeping.record();
        let sheets = [
            grid(&to_bytes(&sheet.data), shape, 8, ZOOM),
            grid(&self.film, shape, FRAME, 1),
            grid(&to_bytes(&lines.data), shape, LINES.1, ZOOM),
        ];
        let text = page(self.session.name, &self.session.config, &record, &sheets);
        write_atomically(&folder.join("report.html"), text.as_bytes())?;
        let curves = serde_json::to_vec_pretty(&record).expect("curves are JSON");
        write_atomically(&folder.join("curves.json"), &curves)?;
        let steps = |state: Option<&sparring_wide::AdamState>| state.map_or(0, |s| s.parts().2);
        let about = About {
            config: self.session.config.clone(),
            seed: self.seed.0,
            side: shape.side,
            channels: shape.channels,
            told: self.session.about_told(),
            pictures: self.fingerprint.clone(),
            standing: Some(standing.clone()),
            treated: self.gan.treated.clone(),
            steps: self.gan.steps,
            adam_steps: [
                steps(self.gan.generator.adam.first()),
                steps(self.gan.critic.adam.first()),
            ],
            record,
        };
        save(&folder.join(FILE), &self.gan, &about, &self.film)
    }
}

fn put(path: &Path, bytes: &[u8], shape: PictureShape, columns: usize) -> Result<(), PictureError> {
    write_atomically(path, &grid(bytes, shape, columns, ZOOM).to_png())?;
    Ok(())
}

/// Pictures between two noises, along the sphere on which noise lies.
fn interpolations(generator: &Generator, table: Option<&Table>, seed: Seed) -> Matrix {
    let (lines, steps) = LINES;
    let mut noise = Matrix::zeros(lines * steps, generator.noise_dim());
    noise
        .data
        .par_chunks_mut(steps * generator.noise_dim())
        .enumerate()
        .for_each(|(line, rows)| {
            let mut ends = vec![0.0; 2 * generator.noise_dim()];
            Noise::Normal.fill(&mut ends, &mut seed.stream_at("interpolation", line as u64));
            let (from, to) = ends.split_at(generator.noise_dim());
            for (step, row) in rows.chunks_mut(generator.noise_dim()).enumerate() {
                let angle = step as f32 / (steps - 1) as f32 * std::f32::consts::FRAC_PI_2;
                for ((row, from), to) in row.iter_mut().zip(from).zip(to) {
                    *row = angle.cos() * from + angle.sin() * to;
                }
            }
        });
    let told = table.map(|table| {
        let of_lines = table.draw(table.spread(lines), (seed.derive("interpolation"), 0));
        let rows = of_lines.rows_iter().flat_map(|row| row.repeat(steps));
        Matrix::from_vec(noise.rows, table.width(), rows.collect())
    });
    generator.infer(&noise, told.as_ref())
}

impl AdversarialStep for Watched<'_, '_> {
    fn discriminator_step(&mut self, rows: &[u32]) -> Result<f64, FitError> {
        self.gan.discriminator_step(rows)
    }

    fn generator_step(&mut self, rows: &[u32]) -> Result<f64, FitError> {
        self.gan.generator_step(rows)
    }

    fn probe(&mut self) -> Option<Probe> {
        self.gan.probe()
    }

    fn gradient_norms(&self) -> Option<[f64; 2]> {
        self.gan.gradient_norms()
    }

    fn anneal(&mut self, share: f32) {
        self.gan.anneal(share);
    }

    fn snapshot(&mut self) {
        self.gan.snapshot();
    }

    fn restore(&mut self) {
        self.gan.restore();
    }

    fn undo(&mut self, remedy: Remedy) -> bool {
        self.gan.undo(remedy)
    }

    fn apply(&mut self, remedy: Remedy) -> bool {
        self.gan.apply(remedy)
    }

    fn epoch_done(&mut self, standing: &Standing) -> Result<(), FitError> {
        self.write(standing).map_err(|error| FitError::Checkpoint {
            path: self.session.folder.to_path_buf(),
            model: "image",
            finding: format!("cannot be written: {error}"),
            remedy: error.hint(),
        })
    }
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
