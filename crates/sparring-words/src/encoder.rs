//! Texts to unit vectors.

use std::path::Path;

use sha2::{Digest, Sha256};
use sparring_wide::Matrix;

use crate::error::WordsError;
use crate::folder::Folder;

/// Bytes of a text at most.
const LONGEST: usize = 4_096;
/// Words beyond which the built-in encoder, which reads 128 tokens, does not see the end.
const READ: usize = 126;

/// A sentence encoder: texts that mean the same have nearly the same direction.
pub struct Encoder {
    kind: Kind,
    name: String,
    dim: usize,
}

enum Kind {
    BuiltIn(pocket_encoder::Encoder),
    Folder(Box<Folder>),
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Encoder")
            .field("name", &self.name)
            .field("dim", &self.dim)
            .finish_non_exhaustive()
    }
}

impl Encoder {
    /// The encoder of a folder, or the one that is built in: three layers of a `MiniLM` trained on
    /// paraphrases (Reimers and Gurevych, 2019), in English, 384 numbers.
    ///
    /// # Errors
    /// [`WordsError`] if the folder has none, or it is damaged.
    pub fn open(folder: Option<&Path>) -> Result<Self, WordsError> {
        let Some(folder) = folder else {
            let encoder = pocket_encoder::Encoder::new().map_err(failed)?;
            let about = pocket_encoder::model_info();
            return Ok(Self {
                kind: Kind::BuiltIn(encoder),
                name: about.id,
                dim: about.dimensions,
            });
        };
        let folder = Folder::open(folder)?;
        Ok(Self {
            name: format!("sha256:{}", folder.sha256),
            dim: folder.dim,
            kind: Kind::Folder(Box::new(folder)),
        })
    }

    /// What tells it from other encoders, whose vectors are not to be mixed with its own.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Numbers of a vector.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// The vectors of some texts, of unit length, `[N, dim]`.
    ///
    /// # Errors
    /// [`WordsError`] if a text says nothing or is too long.
    pub fn encode<S: AsRef<str>>(&self, texts: &[S]) -> Result<Matrix, WordsError> {
        let mut data = Vec::with_capacity(texts.len() * self.dim);
        for text in texts {
            let text = checked(text.as_ref())?;
            let vector = match &self.kind {
                Kind::BuiltIn(encoder) => encoder.embed(&[text]).map_err(failed)?.remove(0),
                Kind::Folder(folder) => folder.encode(text)?,
            };
            let length = vector.iter().map(|v| v * v).sum::<f32>().sqrt();
            data.extend(vector.iter().map(|v| v / length.max(1e-12)));
        }
        Ok(Matrix::from_vec(texts.len(), self.dim, data))
    }

    /// What names the vectors of some texts: a hash of them and of the encoder.
    pub fn fingerprint<S: AsRef<str>>(&self, texts: &[S]) -> String {
        let mut hash = Sha256::new();
        let texts = texts.iter().map(AsRef::as_ref);
        for text in std::iter::once(self.name.as_str()).chain(texts) {
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text.as_bytes());
        }
        hex(&hash.finalize())
    }

    /// Why the vector of a text may say little, if there is a reason.
    pub fn doubt(&self, text: &str) -> Option<String> {
        let words = text.split_whitespace().count();
        if words > READ {
            return Some(format!(
                "the text has {words} words: the encoder reads no more than the first {READ}"
            ));
        }
        let (share, what) = match &self.kind {
            // Its tokens cannot be looked at; it was trained on English alone.
            Kind::BuiltIn(_) => (foreign(text), "letters are not Latin"),
            Kind::Folder(folder) => (folder.unknown(text), "tokens are unknown to it"),
        };
        (share > 0.5).then(|| {
            format!(
                "{:.0} % of its {what}: the encoder hardly knows this language, and what follows is a guess",
                100.0 * share
            )
        })
    }
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter();
    digits.fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn failed(error: pocket_encoder::Error) -> WordsError {
    WordsError::Failed {
        finding: error.to_string(),
    }
}

fn checked(text: &str) -> Result<&str, WordsError> {
    let begin = || text.chars().take(40).collect::<String>();
    if !text.chars().any(char::is_alphanumeric) {
        return Err(WordsError::Empty { text: begin() });
    }
    if text.len() > LONGEST {
        return Err(WordsError::Long {
            begin: begin(),
            bytes: text.len(),
            most: LONGEST,
        });
    }
    Ok(text.trim())
}

/// Share of the letters that are outside Latin scripts.
fn foreign(text: &str) -> f64 {
    let letters = text.chars().filter(|c| c.is_alphabetic());
    let (mut all, mut foreign) = (0_usize, 0_usize);
    for letter in letters {
        all += 1;
        // Latin with its extensions ends at U+024F; U+1E00 to U+1EFF are further ones.
        let latin = letter < '\u{250}' || ('\u{1e00}'..='\u{1eff}').contains(&letter);
        foreign += usize::from(!latin);
    }
    foreign as f64 / all.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paraphrases_are_near_and_other_things_far() {
        let encoder = Encoder::open(None).unwrap();
        let texts = [
            "a pair of running shoes",
            "sneakers for jogging",
            "a quiet science-fiction film",
        ];
        let vectors = encoder.encode(&texts).unwrap();
        assert_eq!(vectors.shape(), (3, encoder.dim()));
        let cosine = |a: usize, b: usize| -> f32 {
            let pairs = vectors.row(a).iter().zip(vectors.row(b));
            pairs.map(|(a, b)| a * b).sum()
        };
        assert!((cosine(0, 0) - 1.0).abs() < 1e-5);
        assert!(
            cosine(0, 1) > 0.4 && cosine(0, 2) < 0.2,
            "{} {}",
            cosine(0, 1),
            cosine(0, 2)
        );
        assert_eq!(encoder.encode(&texts[..1]).unwrap().data, vectors.row(0));
        let hash = encoder.fingerprint(&texts);
        assert_eq!(hash.len(), 64);
        assert_ne!(hash, encoder.fingerprint(&texts[1..]));
        assert_ne!(
            encoder.fingerprint(&["a", "bc"]),
            encoder.fingerprint(&["ab", "c"])
        );
    }

    #[test]
    fn texts_that_say_nothing_or_too_much_are_told() {
        let encoder = Encoder::open(None).unwrap();
        for text in ["", "  \n", "?!"] {
            let error = encoder.encode(&[text]).unwrap_err();
            assert!(matches!(error, WordsError::Empty { .. }), "{error}");
        }
        let long = "word ".repeat(1_000);
        let error = encoder.encode(&[&long]).unwrap_err().to_string();
        assert!(error.contains("has 5000 bytes, and 4096"), "{error}");
        assert!(encoder.doubt("a shirt").is_none());
        assert!(encoder.doubt("une chemise à manches longues").is_none());
        let words = encoder.doubt(&"word ".repeat(200)).unwrap();
        assert!(words.contains("200 words"), "{words}");
        let other = encoder.doubt("рубашка с длинным рукавом").unwrap();
        assert!(
            other.starts_with("100 % of its letters are not Latin"),
            "{other}"
        );
        assert!(encoder.encode(&["рубашка"]).is_ok());
    }

    #[test]
    fn a_folder_without_an_encoder_is_named() {
        let place = tempfile::tempdir().unwrap();
        let error = Encoder::open(Some(place.path())).unwrap_err();
        assert!(
            error.to_string().contains("config.json: cannot read"),
            "{error}"
        );
        std::fs::write(place.path().join("config.json"), "{}").unwrap();
        std::fs::write(place.path().join("tokenizer.json"), "{}").unwrap();
        std::fs::write(place.path().join("model.safetensors"), "").unwrap();
        let error = Encoder::open(Some(place.path())).unwrap_err();
        assert!(
            error.to_string().contains("config.json: is not one"),
            "{error}"
        );
        assert!(error.hint().contains("--encoder"));
    }
}
