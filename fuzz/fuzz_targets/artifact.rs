//! Any bytes in place of a model's files are either a model or an error with a remedy.
//!
//! The first byte picks the file that is replaced; the manifest's hashes are made to fit, so that the
//! bytes reach the readers behind the check.

#![no_main]

#[path = "../replaced.rs"]
mod replaced;

use std::path::Path;
use std::sync::{Arc, OnceLock};

use libfuzzer_sys::fuzz_target;
use sparring::Seed;
use sparring::artifact::{Artifact, Provenance};
use sparring::data::PlantedConfig;
use sparring::models::ModelConfig;
use sparring::recommend::{Cancel, Run};

const FILES: [&str; 3] = ["manifest.json", "vocabulary.json", "model.safetensors"];

/// A small model on disk, made once.
fn whole() -> &'static Path {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    FOLDER
        .get_or_init(|| {
            let planted = PlantedConfig {
                n_users: 20,
                n_items: 12,
                mean_events: 5.0,
                ..PlantedConfig::default()
            };
            let data = planted.generate(Seed(1)).data;
            let config = ModelConfig::from_table("ease", toml::Table::new()).expect("it exists");
            let cancel = Cancel::new();
            let model = config.fit(&data, &Run::quiet(Seed(1), &cancel)).expect("it fits");
            let folder = tempfile::tempdir().expect("the temporary folder can be written");
            let artifact = Artifact {
                config,
                seed: 1,
                data: Provenance::of(&data, None, None),
                model,
                users: Arc::clone(data.users()),
                items: Arc::clone(data.items()),
            };
            artifact.save(&folder.path().join("m")).expect("the folder is new");
            folder
        })
        .path()
}

fuzz_target!(|input: &[u8]| {
    let Some(to) = replaced::copy(&whole().join("m"), FILES, input) else {
        return;
    };
    if let Err(error) = Artifact::load(to.path()) {
        assert!(!error.hint().is_empty() && !error.to_string().is_empty());
    }
});
