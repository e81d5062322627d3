//! An encoder of the BERT family from a folder.

use std::fs;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use sha2::{Digest, Sha256};
use tokenizers::{Tokenizer, TruncationParams};

use crate::encoder::hex;
use crate::error::WordsError;

/// Tokens that are read at most, where the encoder has as many places.
const TOKENS: usize = 256;

/// Tokens, places and layers as a folder has them.
pub(crate) struct Folder {
    model: BertModel,
    tokenizer: Tokenizer,
    unknown: Option<u32>,
    /// Width of its vectors.
    pub(crate) dim: usize,
    /// SHA-256 of its three files.
    pub(crate) sha256: String,
}

impl Folder {
    /// Reads `config.json`, `tokenizer.json` and `model.safetensors`.
    pub(crate) fn open(folder: &Path) -> Result<Self, WordsError> {
        let mut hash = Sha256::new();
        let mut read = |name: &str| {
            let path = folder.join(name);
            match fs::read(&path) {
                Ok(bytes) => {
                    hash.update(&bytes);
                    Ok(bytes)
                }
                Err(source) => Err(WordsError::Io { path, source }),
            }
        };
        let (config, tokens, weights) = (
            read("config.json")?,
            read("tokenizer.json")?,
            read("model.safetensors")?,
        );
        let damaged = |name: &str, error: &dyn std::fmt::Display| WordsError::Damaged {
            path: folder.join(name),
            finding: format!("is not one of an encoder of the BERT family: {error}"),
        };
        let config: Config =
            serde_json::from_slice(&config).map_err(|e| damaged("config.json", &e))?;
        let of_tokens = |e: tokenizers::Error| damaged("tokenizer.json", &e);
        let mut tokenizer = Tokenizer::from_bytes(tokens).map_err(of_tokens)?;
        tokenizer.with_padding(None);
        let truncation = TruncationParams {
            max_length: TOKENS.min(config.max_position_embeddings),
            ..TruncationParams::default()
        };
        tokenizer
            .with_truncation(Some(truncation))
            .map_err(of_tokens)?;
        let unknown = ["[UNK]", "<unk>"]
            .iter()
            .find_map(|token| tokenizer.token_to_id(token));
        let weights = VarBuilder::from_buffered_safetensors(weights, DType::F32, &Device::Cpu)
            .map_err(|e| damaged("model.safetensors", &e))?;
        let dim = config.hidden_size;
        let model =
            BertModel::load(weights, &config).map_err(|e| damaged("model.safetensors", &e))?;
        let sha256 = hex(&hash.finalize());
        Ok(Self {
            model,
            tokenizer,
            unknown,
            dim,
            sha256,
        })
    }

    /// The mean over the tokens of a text, not yet of unit length.
    pub(crate) fn encode(&self, text: &str) -> Result<Vec<f32>, WordsError> {
        let failed = |finding: String| WordsError::Failed { finding };
        let tokens = self
            .tokenizer
            .encode(text, true)
            .map_err(|e| failed(e.to_string()))?;
        let pooled = || -> candle_core::Result<Vec<f32>> {
            let row = |numbers: &[u32]| Tensor::new(numbers, &Device::Cpu)?.unsqueeze(0);
            let (ids, types) = (row(tokens.get_ids())?, row(tokens.get_type_ids())?);
            let hidden = self.model.forward(&ids, &types, None)?;
            hidden.mean(1)?.squeeze(0)?.to_vec1()
        };
        pooled().map_err(|e| failed(e.to_string()))
    }

    /// Share of the tokens of a text that are unknown.
    pub(crate) fn unknown(&self, text: &str) -> f64 {
        let Ok(tokens) = self.tokenizer.encode(text, false) else {
            return 1.0;
        };
        let ids = tokens.get_ids();
        let unknown = ids.iter().filter(|id| Some(**id) == self.unknown).count();
        unknown as f64 / ids.len().max(1) as f64
    }
}
