//! Any bytes in place of a synthesizer's files are either a synthesizer that draws users or an error with
//! a remedy.
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
use sparring::artifact::{Provenance, SynthArtifact};
use sparring::data::{Columns, PlantedConfig, UserTable};
use sparring::recommend::{Cancel, Run};
use sparring::synth::{Layer, SynthConfig};

const FILES: [&str; 3] = ["manifest.json", "vocabulary.json", "model.safetensors"];

/// A small synthesizer on disk, made once.
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
            let config = SynthConfig::named("independent").expect("it exists");
            let cancel = Cancel::new();
            let model = config.fit(&data, &Run::quiet(Seed(1), &cancel)).expect("it fits");
            let folder = tempfile::tempdir().expect("the temporary folder can be written");
            let rows: String = (0..20).map(|user| format!("u{user},{}\n", user % 3)).collect();
            let path = folder.path().join("users.csv");
            std::fs::write(&path, "user,kind\n".to_owned() + &rows).expect("room for a file");
            let table = UserTable::load(&path, data.users()).expect("it is a table");
            let artifact = SynthArtifact {
                config,
                seed: 1,
                data: Provenance::of(&data, None, None),
                columns: Columns::default(),
                model,
                layer: Layer::fit(&data, Some(&table)),
                items: Arc::clone(data.items()),
                ledger: None,
                ledger_file: None,
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
    match SynthArtifact::load(to.path()) {
        Ok(synthesizer) => {
            let users = synthesizer.model.generate(0..3, Seed(1));
            for (user, profile) in (0..).zip(users.iter()) {
                synthesizer.layer.events(user, profile, Seed(1));
                synthesizer.layer.attributes(user, profile, Seed(1));
            }
        }
        Err(error) => assert!(!error.hint().is_empty() && !error.to_string().is_empty()),
    }
});
