//! A trained generator, and what it draws.

use std::path::Path;

use sparring_deep::{Generator, PictureCritic, PictureShape};
use sparring_wide::{Matrix, Seed};

use crate::checkpoint::{FILE, Loaded};
use crate::config::PictureConfig;
use crate::error::PictureError;
use crate::gan::draw;
use crate::set::{Pictures, to_bytes};
use crate::told::Table;

/// Groups that a picture is held against, at most.
const OTHERS: usize = 64;

/// A saved generator.
#[derive(Debug)]
pub struct Saved {
    generator: Generator,
    critic: PictureCritic,
    /// What it can be told.
    pub table: Option<Table>,
    /// Size of its pictures.
    pub shape: PictureShape,
    /// Its settings.
    pub config: PictureConfig,
    /// SHA-256 of the pictures it was trained on.
    pub trained_on: String,
}

impl Saved {
    /// Loads the generator of a folder.
    ///
    /// # Errors
    /// [`PictureError`] if there is none, or it is damaged.
    pub fn load(folder: &Path) -> Result<Self, PictureError> {
        let path = if folder.is_dir() {
            folder.join(FILE)
        } else {
            folder.to_path_buf()
        };
        let loaded = Loaded::read(&path)?;
        Ok(Self {
            generator: loaded.generator()?,
            critic: loaded.critic()?,
            table: loaded.table()?,
            shape: loaded.about.shape(),
            config: loaded.about.config,
            trained_on: loaded.about.pictures,
        })
    }

    /// Draws `n` pictures, of one class if one is given and of classes drawn by lot if not; the `i`-th
    /// depends on the seed and `i` alone.
    ///
    /// # Errors
    /// [`PictureError::Classes`] if the generator does not know the class.
    pub fn sample(
        &self,
        n: usize,
        class: Option<u32>,
        seed: Seed,
    ) -> Result<Pictures, PictureError> {
        let groups = self.table.as_ref().map_or(0, Table::groups);
        if let Some(class) = class
            && class as usize >= groups
        {
            let finding = match groups {
                0 => "this generator knows no classes".to_owned(),
                groups => format!("class {class}: this generator knows 0 to {}", groups - 1),
            };
            return Err(PictureError::Classes { finding });
        }
        let told = self.table.as_ref().map(|table| {
            let groups = match class {
                Some(class) => vec![class; n],
                None => table.lot(n, seed),
            };
            table.draw(groups, (seed, 0))
        });
        Ok(self.draw(n, told.as_ref(), seed))
    }

    /// Draws `candidates` pictures for each of `n`, told some vectors in turn, such as the embedding of a
    /// sentence, and keeps those that fit the mean of these vectors best by the critic's word:
    ///
    /// ```text
    /// a . phi(x) - ln sum_g exp(t_g . phi(x)),  a the mean's direction, t_g those of 64 groups at most
    /// ```
    ///
    /// # Errors
    /// [`PictureError::Classes`] if the generator is told nothing, or vectors of another width.
    pub fn imagine(
        &self,
        vectors: &Matrix,
        (n, candidates): (usize, usize),
        seed: Seed,
    ) -> Result<Pictures, PictureError> {
        let before = self.table.as_ref().map_or(0, Table::width_before);
        let table = self.table.as_ref().filter(|_| before == vectors.cols);
        let table = table.ok_or_else(|| PictureError::Classes {
            finding: format!(
                "this generator is told something by {before} numbers, not {}",
                vectors.cols
            ),
        })?;
        let width = table.width();
        let all = n.saturating_mul(candidates.max(1));
        let tellings: Vec<Vec<f32>> = vectors.rows_iter().map(|v| table.telling(v)).collect();
        let rows = tellings.iter().cycle().take(all).flatten().copied();
        let told = Matrix::from_vec(all, width, rows.collect());
        let drawn = draw(&self.generator, all, Some(&told), seed);
        let mut order: Vec<usize> = (0..all).collect();
        if candidates > 1 {
            let fit = self.fit(table, &tellings, drawn.clone());
            order.sort_by(|&a, &b| fit[b].total_cmp(&fit[a]).then(a.cmp(&b)));
        }
        let kept = order[..n].iter().flat_map(|&at| to_bytes(drawn.row(at)));
        Ok(Pictures {
            shape: self.shape,
            bytes: kept.collect(),
            labels: None,
        })
    }

    /// How much better pictures fit the mean of what is told than anything else that could be.
    fn fit(&self, table: &Table, tellings: &[Vec<f32>], pictures: Matrix) -> Vec<f32> {
        let width = table.width();
        let mut aim = vec![0.0; width];
        for telling in tellings {
            let share = 1.0 / tellings.len() as f32;
            aim.iter_mut()
                .zip(telling)
                .for_each(|(a, t)| *a += share * t);
        }
        let others = table.draw(table.spread(OTHERS.min(table.groups())), (Seed(0), 0));
        let told = Matrix::from_vec(1 + others.rows, width, [aim, others.data].concat());
        let fits = self.critic.agreement(pictures, &told);
        let log_share = |row: &[f32]| {
            let most = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let sum: f32 = row.iter().map(|v| (v - most).exp()).sum();
            row[0] - most - sum.ln()
        };
        fits.rows_iter().map(log_share).collect()
    }

    fn draw(&self, n: usize, told: Option<&Matrix>, seed: Seed) -> Pictures {
        let rows = draw(&self.generator, n, told, seed);
        Pictures {
            shape: self.shape,
            bytes: to_bytes(&rows.data),
            labels: None,
        }
    }
}
