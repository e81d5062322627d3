//! An encoder of the BERT family in a folder, small enough to be worked out by hand.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::collections::HashMap;
use std::path::Path;

use candle_core::{Device, Tensor};
use sparring_words::Encoder;

/// Width of its vectors.
const WIDTH: usize = 4;

/// Writes an encoder whose layer adds nothing: the vector of a token is its embedding, less its mean and over its
/// standard deviation.
fn write(folder: &Path) {
    let config = r#"{
        "vocab_size": 5, "hidden_size": 4, "num_hidden_layers": 1, "num_attention_heads": 2,
        "intermediate_size": 8, "hidden_act": "gelu", "hidden_dropout_prob": 0.1,
        "max_position_embeddings": 16, "type_vocab_size": 2, "initializer_range": 0.02,
        "layer_norm_eps": 1e-12, "pad_token_id": 0, "model_type": "bert"
    }"#;
    let tokens = r###"{
        "version": "1.0", "truncation": null, "added_tokens": [], "decoder": null, "post_processor": null,
        "padding": {
            "strategy": {"Fixed": 12}, "direction": "Right", "pad_to_multiple_of": null,
            "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]"
        },
        "normalizer": {
            "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null,
            "lowercase": true
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "model": {
            "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": {"[PAD]": 0, "[UNK]": 1, "red": 2, "shoe": 3, "##s": 4}
        }
    }"###;
    std::fs::write(folder.join("config.json"), config).unwrap();
    std::fs::write(folder.join("tokenizer.json"), tokens).unwrap();
    let mut weights = HashMap::new();
    let mut put = |name: &str, shape: &[usize], values: Vec<f32>| {
        let tensor = Tensor::from_vec(values, shape, &Device::Cpu).unwrap();
        weights.insert(name.to_owned(), tensor);
    };
    let words = [
        [9.0, 9.0, 0.0, 0.0],
        [0.0, 1.0, 0.0, -1.0],
        [1.0, -1.0, 0.0, 0.0],
        [0.0, 0.0, 1.0, -1.0],
        [0.0, 0.0, 1.0, -1.0],
    ];
    put(
        "embeddings.word_embeddings.weight",
        &[5, WIDTH],
        words.concat(),
    );
    put(
        "embeddings.position_embeddings.weight",
        &[16, WIDTH],
        vec![0.0; 16 * WIDTH],
    );
    put(
        "embeddings.token_type_embeddings.weight",
        &[2, WIDTH],
        vec![0.0; 2 * WIDTH],
    );
    let layer = "encoder.layer.0";
    for (name, out, width) in [
        ("attention.self.query", WIDTH, WIDTH),
        ("attention.self.key", WIDTH, WIDTH),
        ("attention.self.value", WIDTH, WIDTH),
        ("attention.output.dense", WIDTH, WIDTH),
        ("intermediate.dense", 8, WIDTH),
        ("output.dense", WIDTH, 8),
    ] {
        put(
            &format!("{layer}.{name}.weight"),
            &[out, width],
            vec![0.0; out * width],
        );
        put(&format!("{layer}.{name}.bias"), &[out], vec![0.0; out]);
    }
    for name in [
        "embeddings",
        "encoder.layer.0.attention.output",
        "encoder.layer.0.output",
    ] {
        put(
            &format!("{name}.LayerNorm.weight"),
            &[WIDTH],
            vec![1.0; WIDTH],
        );
        put(
            &format!("{name}.LayerNorm.bias"),
            &[WIDTH],
            vec![0.0; WIDTH],
        );
    }
    candle_core::safetensors::save(&weights, folder.join("model.safetensors")).unwrap();
}

#[test]
fn the_vector_of_a_text_is_the_mean_of_its_tokens() {
    let place = tempfile::tempdir().unwrap();
    write(place.path());
    let encoder = Encoder::open(Some(place.path())).unwrap();
    assert_eq!(encoder.dim(), WIDTH);
    assert!(encoder.name().starts_with("sha256:"));
    let vectors = encoder.encode(&["Red shoe", "shoes", "red"]).unwrap();
    // `shoes` is two tokens of one direction. What fills up to a fixed length is not told.
    let half = 0.5_f32;
    let diagonal = half.sqrt();
    let expected = [
        [half, -half, half, -half],
        [0.0, 0.0, diagonal, -diagonal],
        [diagonal, -diagonal, 0.0, 0.0],
    ];
    for (found, expected) in vectors.data.iter().zip(expected.as_flattened()) {
        assert!((found - expected).abs() < 1e-5, "{vectors:?}");
    }
    assert!(encoder.doubt("red shoe").is_none());
    let doubt = encoder.doubt("red zzz yyy").unwrap();
    assert!(
        doubt.starts_with("67 % of its tokens are unknown to it"),
        "{doubt}"
    );
}

#[test]
fn a_folder_with_other_weights_is_another_encoder() {
    let place = tempfile::tempdir().unwrap();
    write(place.path());
    let name = Encoder::open(Some(place.path())).unwrap().name().to_owned();
    let file = place.path().join("model.safetensors");
    let mut bytes = std::fs::read(&file).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&file, &bytes).unwrap();
    assert_ne!(Encoder::open(Some(place.path())).unwrap().name(), name);
    std::fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
    let error = Encoder::open(Some(place.path())).unwrap_err().to_string();
    assert!(error.contains("model.safetensors"), "{error}");
}
