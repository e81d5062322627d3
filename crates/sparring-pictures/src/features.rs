//! A small network of features, trained on the real pictures from a fixed seed and kept in a cache.
//!
//! It learns the classes where there are labels, else which of the eight turns and reflections of the
//! square a picture has undergone (after Gidaris et al., 2018). Inception's weights, which published
//! Frechet distances rest on, are not used: figures compare only under the same network.

use std::fs;
use std::path::Path;

use rand::seq::SliceRandom;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use sparring::data::write_atomically;
use sparring::recommend::{Cancel, FitError};
use sparring_deep::{Noise, Stack, features};
use sparring_wide::{Adam, AdamState, Matrix, Seed};

use crate::augment::Changes;
use crate::error::PictureError;
use crate::set::Pictures;

/// Numbers that describe a picture.
pub(crate) const WIDTH: usize = 128;

/// How much a network learns.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    /// Pictures that it learns from, at most.
    pictures: usize,
    /// Passes over them.
    epochs: u64,
    /// Places by which a picture it learns from is moved at most.
    moved: i32,
    /// What its file begins with.
    name: &'static str,
}

/// Enough to describe pictures.
pub(crate) const DESCRIBE: Effort = Effort {
    pictures: 20_000,
    epochs: 4,
    moved: 0,
    name: "",
};
/// Enough to say what a picture shows.
pub(crate) const JUDGE: Effort = Effort {
    pictures: 200_000,
    epochs: 14,
    moved: 2,
    name: "judge-14-",
};
const BATCH: usize = 64;
/// Turns and reflections of a square.
const TURNS: u32 = 8;
/// One in so many pictures tells how good the network is.
const SHARE: usize = 10;
/// The fixed seed.
const SEED: Seed = Seed(2026);
/// Changes whenever what a network learns does.
const VERSION: u32 = 1;

/// The network.
#[derive(Debug, Clone)]
pub(crate) struct Features {
    body: Stack,
    head: Stack,
    /// What it learnt to tell.
    pub(crate) task: &'static str,
    /// Share of held-out pictures that it gets right.
    pub(crate) accuracy: f64,
}

/// Pictures with what is to be told of them.
struct Lessons<'a> {
    pictures: &'a Pictures,
    classes: usize,
    turned: bool,
}

impl Lessons<'_> {
    fn batch(&self, which: &[u32], step: u64) -> (Matrix, Vec<u32>) {
        let mut rows = self.pictures.rows(which);
        if let Some(labels) = self.pictures.labels_of(which).filter(|_| !self.turned) {
            return (rows, labels);
        }
        let shape = self.pictures.shape;
        let turns: Vec<u32> = (0_u32..)
            .zip(which)
            .map(|(at, which)| (at + which + u32::try_from(step % 8).unwrap_or(0)) % TURNS)
            .collect();
        for (row, turn) in rows.data.chunks_mut(shape.size()).zip(&turns) {
            let from = row.to_vec();
            let last = shape.side - 1;
            for y in 0..shape.side {
                for x in 0..shape.side {
                    let (mut a, mut b) = (y, x);
                    if turn & 1 == 1 {
                        (a, b) = (b, a);
                    }
                    if turn & 2 == 2 {
                        a = last - a;
                    }
                    if turn & 4 == 4 {
                        b = last - b;
                    }
                    let (to, at) = ((y * shape.side + x), (a * shape.side + b));
                    let c = shape.channels;
                    row[to * c..][..c].copy_from_slice(&from[at * c..][..c]);
                }
            }
        }
        (rows, turns)
    }
}

impl Features {
    /// The network of these pictures, from the cache if it is there.
    pub(crate) fn of(
        real: &Pictures,
        effort: Effort,
        (cache, cancel): (&Path, &Cancel),
    ) -> Result<Self, PictureError> {
        let print = real.fingerprint();
        let name = effort.name;
        let path = cache.join(format!("{name}{}-v{VERSION}.safetensors", &print[..16]));
        let classes = real.classes();
        let turned = classes < 2;
        let lessons = Lessons {
            pictures: real,
            classes: if turned { TURNS as usize } else { classes },
            turned,
        };
        let (body, head) = features(real.shape, WIDTH, lessons.classes, SEED);
        let mut new = Self {
            body,
            head,
            task: if turned {
                "turns and reflections"
            } else {
                "classes"
            },
            accuracy: 0.0,
        };
        if let Ok(bytes) = fs::read(&path)
            && new.load(&bytes)
        {
            return Ok(new);
        }
        new.learn(&lessons, effort, cancel)?;
        write_atomically(&path, &new.to_bytes())?;
        Ok(new)
    }

    fn learn(
        &mut self,
        lessons: &Lessons<'_>,
        effort: Effort,
        cancel: &Cancel,
    ) -> Result<(), PictureError> {
        let n = u32::try_from(lessons.pictures.len()).expect("pictures fit u32");
        let mut order: Vec<u32> = (0..n).collect();
        order.shuffle(&mut SEED.stream("held out"));
        order.truncate(effort.pictures + effort.pictures / SHARE);
        let held_out = order.split_off(order.len() - (order.len() / SHARE).max(1));
        let mut adam: Vec<AdamState> = self
            .weights()
            .map(|w| AdamState::new(w.data.len()))
            .collect();
        let mut step = 0;
        let total = effort.epochs * (order.len().div_ceil(BATCH)) as u64;
        for epoch in 0..effort.epochs {
            order.shuffle(&mut SEED.stream_at("order", epoch));
            for which in order.chunks(BATCH) {
                if cancel.is_requested() {
                    return Err(FitError::Cancelled { model: "features" }.into());
                }
                let (mut rows, told) = lessons.batch(which, step);
                step += 1;
                if effort.moved > 0 {
                    rows = Changes::moves(
                        lessons.pictures.shape,
                        (rows.rows, effort.moved),
                        (SEED, step),
                    )
                    .apply(&rows);
                }
                let rate = 1e-3 * (1.05 - step as f32 / total as f32);
                self.step(rows, &told, &mut adam, rate);
            }
        }
        let (mut right, mut all) = (0, 0);
        for which in held_out.chunks(256) {
            let (rows, told) = lessons.batch(which, 0);
            let said = self.said(rows);
            right += said.iter().zip(&told).filter(|(a, b)| a == b).count();
            all += told.len();
        }
        self.accuracy = right as f64 / all as f64;
        Ok(())
    }

    /// What it takes each of some rows for.
    fn said(&self, rows: Matrix) -> Vec<u32> {
        let logits = self.head.infer(self.body.infer(rows));
        let best = |row: &[f32]| (0..row.len()).max_by(|&a, &b| row[a].total_cmp(&row[b]));
        logits
            .rows_iter()
            .map(|row| u32::try_from(best(row).unwrap_or(0)).expect("few classes"))
            .collect()
    }

    /// The class that it takes each picture for, where it has learnt classes.
    pub(crate) fn classes(&self, pictures: &Pictures) -> Vec<u32> {
        let which: Vec<u32> =
            (0..u32::try_from(pictures.len()).expect("pictures fit u32")).collect();
        let blocks = which.chunks(256);
        blocks
            .flat_map(|which| self.said(pictures.rows(which)))
            .collect()
    }

    fn step(&mut self, rows: Matrix, told: &[u32], adam: &mut [AdamState], rate: f32) {
        let noise = Noise {
            seed: SEED,
            step: 0,
        };
        let (hidden, body) = self.body.forward(rows, noise);
        let (mut logits, head) = self.head.forward(hidden, noise);
        // The derivatives of the mean of -ln softmax.
        let n = told.len() as f32;
        let classes = logits.cols;
        for (row, &told) in logits.data.chunks_mut(classes).zip(told) {
            let most = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            for v in &mut *row {
                *v = (*v - most).exp();
            }
            let sum: f32 = row.iter().sum();
            for v in &mut *row {
                *v /= sum * n;
            }
            row[told as usize] -= 1.0 / n;
        }
        let of_head = self.head.pull(&head, logits);
        let of_body = self.body.pull(&body, of_head.by_input.clone());
        let mut gradient = self.body.gradient(&body, &of_body, None);
        gradient.extend(self.head.gradient(&head, &of_head, None));
        let rule = Adam {
            learning_rate: rate,
            ..Adam::default()
        };
        let weights = self
            .body
            .weights_mut()
            .iter_mut()
            .chain(self.head.weights_mut());
        for ((w, state), g) in weights.zip(adam).zip(&gradient) {
            state.step(&rule, &mut w.data, &g.data);
        }
    }

    fn weights(&self) -> impl Iterator<Item = &Matrix> {
        self.body.weights().iter().chain(self.head.weights())
    }

    /// What describes some pictures `[n, WIDTH]`.
    pub(crate) fn describe(&self, pictures: &Pictures, which: &[u32]) -> Matrix {
        let mut out = Matrix::zeros(which.len(), WIDTH);
        for (which, out) in which.chunks(256).zip(out.data.chunks_mut(256 * WIDTH)) {
            out.copy_from_slice(&self.body.infer(pictures.rows(which)).data);
        }
        out
    }

    fn to_bytes(&self) -> Vec<u8> {
        let floats = |data: &[f32]| {
            data.iter()
                .flat_map(|x| x.to_le_bytes())
                .collect::<Vec<u8>>()
        };
        let mut arrays: Vec<(String, Vec<u8>)> = self
            .weights()
            .enumerate()
            .map(|(at, w)| (format!("weight.{at:02}"), floats(&w.data)))
            .collect();
        #[expect(clippy::cast_possible_truncation, reason = "a share")]
        arrays.push(("accuracy".to_owned(), floats(&[self.accuracy as f32])));
        let views = arrays.iter().map(|(name, bytes)| {
            let view = TensorView::new(Dtype::F32, vec![bytes.len() / 4], bytes);
            (name.as_str(), view.expect("four bytes a number"))
        });
        safetensors::serialize(views, None).expect("valid views serialize")
    }

    /// Takes the weights of a file; `false` if they are not those of this network.
    fn load(&mut self, bytes: &[u8]) -> bool {
        let Ok(file) = SafeTensors::deserialize(bytes) else {
            return false;
        };
        let floats = |name: &str| -> Option<Vec<f32>> {
            let view = file.tensor(name).ok()?;
            let (words, _) = view.data().as_chunks::<4>();
            Some(words.iter().map(|word| f32::from_le_bytes(*word)).collect())
        };
        let mut weights = self
            .body
            .weights_mut()
            .iter_mut()
            .chain(self.head.weights_mut());
        let whole = weights.by_ref().enumerate().all(|(at, w)| {
            let found = floats(&format!("weight.{at:02}"));
            let fits = found.filter(|data| data.len() == w.data.len());
            fits.map(|data| w.data = data).is_some()
        });
        let accuracy = floats("accuracy").and_then(|a| a.first().copied());
        self.accuracy = f64::from(accuracy.unwrap_or(0.0));
        whole && accuracy.is_some()
    }
}
