//! Words as a query: items whose titles and kinds mean something near come first.

use sparring::artifact::Artifact;
use sparring::data::{ItemFacts, Vocabulary, write_atomically};
use sparring::experiment::Audience;
use sparring_wide::Matrix;
use sparring_words::Encoder;

use super::because::beside;
use crate::cli::Recommend;
use crate::context::Context;
use crate::failure::WrongUse;

/// How near the words are to what is known of each item.
#[derive(Debug)]
pub(super) struct Words {
    /// Cosines, leveled over the items with words; none for the others.
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
        let vectors = kept(context, &encoder, &known)?;
        let cosine = |row: &[f32]| {
            row.iter()
                .zip(query.row(0))
                .map(|(a, b)| a * b)
                .sum::<f32>()
        };
        let mut cosines: Vec<f32> = vectors.rows_iter().map(cosine).collect();
        level(&mut cosines);
        let mut near = vec![None; sentences.len()];
        for (item, cosine) in told.into_iter().zip(cosines) {
            near[item] = Some(cosine);
        }
        let weight = args.text_weight;
        Ok(Some(Self { near, weight }))
    }

    /// `(1 - w) taste + w words`, both leveled over the items; an item without words has the median of the
    /// others.
    pub(super) fn mix(&self, scores: &mut [f32]) {
        level(scores);
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

/// The vectors of sentences, from the cache where they were encoded before: a catalogue takes seconds.
fn kept(context: &Context, encoder: &Encoder, texts: &[&str]) -> anyhow::Result<Matrix> {
    let name = format!("{}.f32", encoder.fingerprint(texts));
    let path = context.cache.join("words").join(name);
    let shape = (texts.len(), encoder.dim());
    if let Ok(bytes) = std::fs::read(&path)
        && let (numbers, []) = bytes.as_chunks::<4>()
        && numbers.len() == shape.0 * shape.1
    {
        let numbers = numbers.iter().map(|word| f32::from_le_bytes(*word));
        return Ok(Matrix::from_vec(shape.0, shape.1, numbers.collect()));
    }
    context
        .bars
        .stage(&format!("read what is said of {} items", texts.len()));
    let vectors = encoder.encode(texts)?;
    context.bars.clear();
    let bytes: Vec<u8> = vectors.data.iter().flat_map(|v| v.to_le_bytes()).collect();
    if let Err(error) = write_atomically(&path, &bytes) {
        context
            .out
            .note(format!("not kept for the next time: {error}"));
    }
    Ok(vectors)
}

/// Puts `ln(p / (1 - p))` in the place of each number, `p` the share of numbers below it and half of those
/// equal to it: what few items have far above all others would else outweigh any words.
fn level(numbers: &mut [f32]) {
    let mut order: Vec<usize> = (0..numbers.len()).collect();
    order.sort_by(|&a, &b| numbers[a].total_cmp(&numbers[b]));
    let n = numbers.len() as f32;
    let mut at = 0;
    while at < order.len() {
        let value = numbers[order[at]];
        let equal = order[at..]
            .iter()
            .take_while(|&&other| numbers[other].total_cmp(&value).is_eq());
        let end = at + equal.count();
        let share = (at + end) as f32 / 2.0 / n;
        for &place in &order[at..end] {
            numbers[place] = (share / (1.0 - share)).ln();
        }
        at = end;
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
        // A sixth, a half and five sixths of them are below.
        let mut scores = [0.0, 10.0, 200.0];
        words.mix(&mut scores);
        let far = 5.0_f32.ln();
        for (found, expected) in scores
            .iter()
            .zip([0.25 - 0.75 * far, 0.0, 0.75 * far - 0.25])
        {
            assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        }
        let mut even = [3.0, 3.0];
        level(&mut even);
        assert!(even.iter().all(|v| v.abs() < 1e-9));
    }
}
