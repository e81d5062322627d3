//! Saved synthesizers survive the disk with their layer, and damage behind the checksums is refused.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use sparring::Seed;
use sparring::artifact::{Provenance, SynthArtifact};
use sparring::data::{Columns, Dataset, PlantedConfig, UserTable};
use sparring::recommend::{Cancel, Run};
use sparring::synth::{Layer, SynthConfig};

fn planted() -> Dataset {
    PlantedConfig {
        n_users: 40,
        n_items: 20,
        mean_events: 6.0,
        ..Default::default()
    }
    .generate(Seed(1))
    .data
}

/// A synthesizer of pairs alone, or of a whole log with attributes.
fn fitted(whole: bool, place: &Path) -> SynthArtifact {
    let (data, cancel) = (planted(), Cancel::new());
    let config = SynthConfig::named("independent").unwrap();
    let model = config.fit(&data, &Run::quiet(Seed(1), &cancel)).unwrap();
    let rows: Vec<String> = (0..40)
        .map(|user| format!("u{user},{}", user % 3))
        .collect();
    let path = place.join("users.csv");
    fs::write(&path, "user,kind\n".to_owned() + &rows.join("\n")).unwrap();
    let table = UserTable::load(&path, data.users()).unwrap();
    SynthArtifact {
        config,
        seed: 1,
        data: Provenance::of(&data, None, None),
        columns: Columns::default(),
        model,
        layer: if whole {
            Layer::fit(&data, Some(&table))
        } else {
            Layer::default()
        },
        items: Arc::clone(data.items()),
        ledger: None,
        ledger_file: None,
    }
}

#[test]
fn the_layer_survives_the_disk() {
    let place = tempfile::tempdir().unwrap();
    for whole in [false, true] {
        let (artifact, folder) = (fitted(whole, place.path()), place.path().join("m"));
        artifact.save(&folder).unwrap();
        let loaded = SynthArtifact::load(&folder).unwrap();
        assert_eq!(loaded.layer, artifact.layer);
        assert_eq!(loaded.layer.has_times(), whole);
        let names: &[&str] = if whole { &["user", "kind"] } else { &[] };
        assert_eq!(loaded.layer.attribute_names(), names);
    }
}

/// Replaces a text in the vocabulary and mends the checksums, so that only the readers can tell.
fn spoil(folder: &Path, from: &str, to: &str) {
    use sha2::{Digest, Sha256};
    let hex = |bytes: &[u8]| {
        let digest = Sha256::digest(bytes);
        let pairs: Vec<String> = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        pairs.concat()
    };
    let path = folder.join("vocabulary.json");
    let old = fs::read_to_string(&path).unwrap();
    assert!(old.contains(from), "{old}");
    let new = old.replace(from, to);
    fs::write(&path, &new).unwrap();
    let path = folder.join("manifest.json");
    let manifest = fs::read_to_string(&path).unwrap();
    let manifest = manifest.replace(&hex(old.as_bytes()), &hex(new.as_bytes()));
    let value: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    let sum = value["checksum"].as_str().unwrap();
    // The checksum is that of the compact manifest, its fields in their order.
    let mut compact = String::new();
    let mut inside = false;
    for mark in manifest.trim_end().replace(sum, "").chars() {
        inside ^= mark == '"';
        if inside || !mark.is_whitespace() {
            compact.push(mark);
        }
    }
    fs::write(&path, manifest.replace(sum, &hex(compact.as_bytes()))).unwrap();
}

#[test]
fn texts_that_do_not_fit_the_weights_are_refused() {
    let place = tempfile::tempdir().unwrap();
    let artifact = fitted(true, place.path());
    for (from, to) in [
        ("[\"0\",\"1\",\"2\"]", "[\"0\",\"1\"]"),
        ("[\"0\",\"1\",\"2\"]", "[]"),
        ("[[\"kind\",", "[[\"more\",[\"a\"]],[\"kind\","),
    ] {
        let folder = place.path().join("m");
        artifact.save(&folder).unwrap();
        spoil(&folder, from, to);
        let error = SynthArtifact::load(&folder).unwrap_err();
        let told = error.to_string();
        assert!(
            told.contains("model.safetensors") && !told.contains("SHA"),
            "{told}"
        );
        assert!(!error.hint().is_empty());
    }
}
