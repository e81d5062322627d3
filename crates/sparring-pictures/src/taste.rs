//! Whom items would please, as what both networks are told of their pictures (Kang et al., 2017, who have a
//! generator told a class and moved towards a user's taste; here the place of the item itself is told).

use std::path::PathBuf;

use sha2::{Digest, Sha256};
use sparring::data::{ItemIx, Vocabulary, hex};
use sparring::recommend::{Factored, Query, ScoreError, top_k};
use sparring_wide::Matrix;

use crate::error::PictureError;
use crate::told::{Kind, Table, Told};

/// A recommender whose items have places, and the ids of its items.
#[derive(Clone, Copy)]
pub struct Taste<'a> {
    /// The recommender.
    pub model: &'a dyn Factored,
    /// Its items.
    pub items: &'a Vocabulary,
}

impl std::fmt::Debug for Taste<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Taste")
            .field("items", &self.items.len())
            .finish_non_exhaustive()
    }
}

impl Taste<'_> {
    /// What a generator keeps to know this recommender again.
    pub fn kind(&self) -> Kind {
        let mut hash = Sha256::new();
        for v in self.model.vectors() {
            hash.update(v.to_le_bytes());
        }
        Kind::Taste {
            model: hex(&hash.finalize()),
        }
    }

    fn place(&self, item: usize) -> &[f32] {
        let width = self.model.width();
        &self.model.vectors()[item * width..][..width]
    }

    /// The pictures whose names are items that somebody has, and what is told of each of these.
    ///
    /// # Errors
    /// [`PictureError::Empty`] if there are none.
    pub fn told(&self, names: &[String]) -> Result<(Vec<u32>, Told), PictureError> {
        let (mut which, mut places) = (Vec::new(), Vec::new());
        for (at, name) in (0_u32..).zip(names) {
            let item = self.items.get(name).map(|item| self.place(item as usize));
            if let Some(place) = item.filter(|place| place.iter().any(|v| *v != 0.0)) {
                which.push(at);
                places.extend_from_slice(place);
            }
        }
        if which.is_empty() {
            let first = names.first().map_or("", String::as_str);
            return Err(PictureError::Empty {
                path: PathBuf::from("--taste"),
                finding: format!(
                    "no picture has the name of an item of the model; the first is called `{first}`"
                ),
            });
        }
        let places = Matrix::from_vec(which.len(), self.model.width(), places);
        let groups: Vec<u32> = (0..u32::try_from(which.len()).expect("pictures fit u32")).collect();
        let table = Table::new(self.kind(), &places, groups.clone());
        Ok((which, Told::new(table, groups)))
    }

    /// The places of the `n` items that a user with this history would like best, of those that are not
    /// in it, `[n, K]`.
    ///
    /// # Errors
    /// [`ScoreError`] if the history cannot be scored.
    pub fn wanted(&self, history: &[ItemIx], n: usize) -> Result<Matrix, ScoreError> {
        let mut scores = vec![0.0; self.items.len()];
        self.model
            .score_into(&[Query::new_user(history)], &mut scores)?;
        let best = top_k(&scores, history, n);
        let places = best.iter().flat_map(|item| self.place(item.at()));
        let data: Vec<f32> = places.copied().collect();
        Ok(Matrix::from_vec(best.len(), self.model.width(), data))
    }
}
