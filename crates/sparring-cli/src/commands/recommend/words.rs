//! Words as a query: items whose titles and kinds mean something near come first.

use sparring::artifact::Artifact;
use sparring::data::{ItemFacts, Vocabulary};
use sparring_words::Encoder;

use super::because::beside;
use crate::cli::Recommend;
use crate::context::Context;
use crate::failure::WrongUse;

/// How near the words are to what is known of each item.
#[derive(Debug)]
pub(super) struct Words {
    /// Cosines in standard deviations over the items with words; none for the others.
    near: Vec<Option<f32>>,
    weight: f32,
}

impl Words {
    /// The words of `--text`, if there are any.
    pub(super) fn of(
        context: &Context,
        args: &Recommend,
        (artifact, items): (&Artifact, &Vocabulary),
    ) -> anyhow::Result<Option<Self>> {
        let Some(text) = &args.text else {
            return Ok(None);
        };
        if !(0.0..=1.0).contains(&args.text_weight) {
            return Err(WrongUse {
                finding: format!(
                    "--text-weight {}: a share lies between 0 and 1",
                    args.text_weight
                ),
                hint: "0 is taste alone, 1 is words alone",
            }
            .into());
        }
        let sentences = sentences(context, args, (artifact, items))?;
        let encoder = Encoder::open(args.encoding.encoder.as_deref())?;
        if let Some(doubt) = encoder.doubt(text) {
            context.out.note(doubt);
        }
        let query = encoder.encode(&[text])?;
        let told: Vec<usize> = (0..sentences.len())
            .filter(|item| sentences[*item].chars().any(char::is_alphanumeric))
            .collect();
        let known: Vec<&str> = told.iter().map(|item| sentences[*item].as_str()).collect();
        let vectors = encoder.encode(&known)?;
        let cosine = |row: &[f32]| {
            row.iter()
                .zip(query.row(0))
                .map(|(a, b)| a * b)
                .sum::<f32>()
        };
        let mut cosines: Vec<f32> = vectors.rows_iter().map(cosine).collect();
        standardise(&mut cosines);
        let mut near = vec![None; sentences.len()];
        for (item, cosine) in told.into_iter().zip(cosines) {
            near[item] = Some(cosine);
        }
        let weight = args.text_weight;
        Ok(Some(Self { near, weight }))
    }

    /// `(1 - w) taste + w words`, both in standard deviations over the items; an item without words has
    /// the mean of the others.
    pub(super) fn mix(&self, scores: &mut [f32]) {
        standardise(scores);
        for (score, near) in scores.iter_mut().zip(&self.near) {
            *score = (1.0 - self.weight) * *score + self.weight * near.unwrap_or(0.0);
        }
    }
}

/// What is known of each item in words.
fn sentences(
    context: &Context,
    args: &Recommend,
    (artifact, items): (&Artifact, &Vocabulary),
) -> anyhow::Result<Vec<String>> {
    if let Some(file) = &args.facts {
        return Ok(ItemFacts::sentences(file, items)?);
    }
    let titles = beside(context, args, artifact);
    let title = |id: &str| titles.get(artifact.items.get(id)? as usize).cloned();
    let found: Vec<String> = items
        .iter()
        .map(|id| title(id).unwrap_or_default())
        .collect();
    if found.iter().all(String::is_empty) {
        return Err(WrongUse {
            finding: "--text: nothing is known of the items in words".to_owned(),
            hint: "name a table of the items with --facts: movies.dat, u.item, or CSV with item, title, genres",
        }
        .into());
    }
    Ok(found)
}

/// Brings numbers to mean 0 and variance 1.
fn standardise(numbers: &mut [f32]) {
    let n = numbers.len().max(1) as f64;
    let mean = numbers.iter().map(|v| f64::from(*v)).sum::<f64>() / n;
    let square = numbers.iter().map(|v| (f64::from(*v) - mean).powi(2));
    let scale = (square.sum::<f64>() / n).sqrt().max(1e-12);
    #[expect(clippy::cast_possible_truncation, reason = "a few standard deviations")]
    for v in numbers {
        *v = ((f64::from(*v) - mean) / scale) as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_taste_are_mixed_on_one_scale() {
        let words = Words {
            near: vec![Some(1.0), None, Some(-1.0)],
            weight: 0.25,
        };
        // Mean 10, standard deviation 10 sqrt(2 / 3).
        let mut scores = [0.0, 10.0, 20.0];
        words.mix(&mut scores);
        let sd = (1.5_f32).sqrt();
        for (found, expected) in scores.iter().zip([0.25 - 0.75 * sd, 0.0, 0.75 * sd - 0.25]) {
            assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        }
        let mut even = [3.0, 3.0];
        standardise(&mut even);
        assert!(even.iter().all(|v| v.abs() < 1e-9));
    }
}
