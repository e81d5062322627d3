//! Whether pictures show what was asked for, by a classifier that learnt from real ones.

use std::path::Path;

use serde::Serialize;
use sparring::recommend::Cancel;
use sparring_wide::{Matrix, Seed};

use crate::captions::Captions;
use crate::error::PictureError;
use crate::features::{Features, JUDGE};
use crate::manifold::Manifold;
use crate::saved::Saved;
use crate::set::Pictures;

/// Real and drawn pictures of a class that variety is measured on, at most.
const VARIETY: usize = 1_000;
/// Pictures of a class of which variety can be measured.
const FEWEST: usize = 10;

/// A classifier of the classes of real pictures.
#[derive(Debug)]
pub struct Judge<'a> {
    real: &'a Pictures,
    features: Features,
}

/// What the pictures of some prompts show.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Prompted {
    /// Share of held-out real pictures that the judge gets right.
    pub accuracy: f64,
    /// Pictures of each prompt.
    pub each: usize,
    /// Share of drawn pictures that show the class asked for.
    pub right: f64,
    /// Mean over classes of the share of real pictures of the class that have drawn ones around them; none
    /// where too few pictures are drawn.
    pub recall: Option<f64>,
    /// A row a class.
    pub classes: Vec<PromptedClass>,
    /// Share of right pictures of each prompt.
    pub prompts: Vec<(String, f64)>,
}

/// What the pictures of the prompts of a class show.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PromptedClass {
    /// Its name.
    pub class: String,
    /// Share that shows the class.
    pub right: f64,
    /// Share of its real pictures that have drawn ones around them, and the same of real pictures in place
    /// of the drawn ones; none where there are too few.
    pub recall: Option<[f64; 2]>,
}

impl<'a> Judge<'a> {
    /// Learns from real pictures with labels, or takes what was learnt from `cache`.
    ///
    /// # Errors
    /// [`PictureError::Classes`] if there are no labels.
    pub fn new(real: &'a Pictures, cache: &Path, cancel: &Cancel) -> Result<Self, PictureError> {
        if real.classes() < 2 {
            return Err(PictureError::Classes {
                finding: "the real pictures have no labels to judge by".to_owned(),
            });
        }
        let features = Features::of(real, JUDGE, (cache, cancel))?;
        Ok(Self { real, features })
    }

    /// Share of held-out real pictures that it gets right.
    pub fn accuracy(&self) -> f64 {
        self.features.accuracy
    }

    /// The class that it takes each picture for.
    pub fn classes(&self, pictures: &Pictures) -> Vec<u32> {
        self.features.classes(pictures)
    }

    /// Share of real pictures of a class that have some of these around them, and the same with other
    /// real ones in their place (Kynkaanniemi et al., 2019, eq. 3); none of fewer than ten pictures.
    pub fn recall(&self, drawn: &Pictures, class: u32) -> Option<[f64; 2]> {
        let labels = self.real.labels.iter().flatten();
        let of_class: Vec<u32> = (0_u32..)
            .zip(labels)
            .filter_map(|(at, label)| (*label == class).then_some(at))
            .collect();
        let n = drawn.len().min(of_class.len() / 2).min(VARIETY);
        if n < FEWEST {
            return None;
        }
        let stride = drawn.len() / n;
        let spread: Vec<u32> = (0..n)
            .map(|at| u32::try_from(at * stride).expect("pictures fit u32"))
            .collect();
        let reference = self.features.describe(self.real, &of_class[..n]);
        let others = [
            self.features.describe(drawn, &spread),
            self.features.describe(self.real, &of_class[n..2 * n]),
        ];
        Some(others.map(|others| Manifold::of(&reference, &others).recall))
    }

    /// Draws `each` pictures of each prompt, of `candidates` each, and judges them; `vectors` are those of the prompts.
    ///
    /// # Errors
    /// [`PictureError`] if the generator is told something else, or prompts are not about classes.
    pub fn prompts(
        &self,
        saved: &Saved,
        (prompts, vectors): (&Captions, &Matrix),
        ((each, candidates), names, seed): ((usize, usize), &[String], Seed),
    ) -> Result<Prompted, PictureError> {
        if !prompts.of_classes {
            return Err(PictureError::Classes {
                finding: "the prompts are about single pictures: a judge knows classes".to_owned(),
            });
        }
        let (mut classes, mut by_prompt) = (Vec::new(), Vec::new());
        let mut hits = 0.0;
        for (class, name) in (0_u32..).zip(names) {
            let mut drawn = Pictures {
                shape: saved.shape,
                bytes: Vec::new(),
                labels: None,
            };
            let before = by_prompt.len();
            let of_class = (0..prompts.of.len()).filter(|at| prompts.of[*at] == class);
            for at in of_class {
                let asked = Matrix::from_vec(1, vectors.cols, vectors.row(at).to_vec());
                let pictures = saved.imagine(&asked, (each, candidates), seed.at(at as u64))?;
                let said = self.classes(&pictures);
                let right = said.iter().filter(|said| **said == class).count() as f64;
                by_prompt.push((prompts.texts[at].clone(), right / each as f64));
                drawn.bytes.extend(pictures.bytes);
            }
            let of_class = &by_prompt[before..];
            if of_class.is_empty() {
                continue;
            }
            let right: f64 = of_class.iter().map(|(_, right)| right).sum();
            let recall = self.recall(&drawn, class);
            hits += right;
            classes.push(PromptedClass {
                class: name.clone(),
                right: right / of_class.len() as f64,
                recall,
            });
        }
        let recalls: Vec<f64> = classes.iter().filter_map(|c| Some(c.recall?[0])).collect();
        let n = recalls.len() as f64;
        Ok(Prompted {
            accuracy: self.accuracy(),
            each,
            right: hits / by_prompt.len().max(1) as f64,
            recall: (n > 0.0).then(|| recalls.iter().sum::<f64>() / n),
            classes,
            prompts: by_prompt,
        })
    }
}
