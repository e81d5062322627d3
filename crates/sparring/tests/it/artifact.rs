//! Artifacts survive the disk, and damage is noticed.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use sparring::Seed;
use sparring::artifact::{Artifact, ArtifactError, Provenance};
use sparring::data::{Dataset, ItemIx, PlantedConfig, UserIx, Vocabulary};
use sparring::models::ModelConfig;
use sparring::recommend::{Cancel, Query, Recommender, Run};

fn fitted(data: &Dataset) -> Artifact {
    fitted_as("pop", data)
}

fn fitted_as(name: &str, data: &Dataset) -> Artifact {
    let config = ModelConfig::named(name).unwrap();
    let cancel = Cancel::new();
    let model = config.fit(data, &Run::quiet(Seed(1), &cancel)).unwrap();
    Artifact {
        config,
        seed: 1,
        data: Provenance::of(data, Some("planted".to_owned()), None),
        model,
        users: Arc::clone(data.users()),
        items: Arc::clone(data.items()),
    }
}

fn planted() -> Dataset {
    PlantedConfig {
        n_users: 30,
        n_items: 20,
        mean_events: 5.0,
        ..Default::default()
    }
    .generate(Seed(1))
    .data
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 0x20;
    fs::write(path, bytes).unwrap();
}

#[test]
fn an_artifact_survives_the_disk_and_is_the_same_bytes_twice() {
    let (data, place) = (planted(), tempfile::tempdir().unwrap());
    let artifact = fitted(&data);
    let (a, b) = (place.path().join("a"), place.path().join("deep/b"));
    artifact.save(&a).unwrap();
    artifact.save(&a).unwrap();
    artifact.save(&b).unwrap();
    for file in ["manifest.json", "model.safetensors", "vocabulary.json"] {
        assert_eq!(
            fs::read(a.join(file)).unwrap(),
            fs::read(b.join(file)).unwrap()
        );
    }
    let loaded = Artifact::load(&a).unwrap();
    assert_eq!(
        (loaded.config, loaded.data),
        (artifact.config, artifact.data)
    );
    assert_eq!(loaded.items, artifact.items);
    assert_eq!(loaded.model.tensors(), artifact.model.tensors());
    assert_eq!(
        fs::read_dir(place.path()).unwrap().count(),
        2,
        "nothing half-written stays"
    );
}

#[test]
fn a_flipped_byte_is_noticed_in_every_file() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("model");
    for file in ["manifest.json", "model.safetensors", "vocabulary.json"] {
        let size = {
            fitted(&planted()).save(&folder).unwrap();
            fs::metadata(folder.join(file)).unwrap().len()
        };
        for at in (0..usize::try_from(size).unwrap()).step_by(13) {
            flip(&folder.join(file), at);
            let error = Artifact::load(&folder).expect_err("a flipped byte");
            let text = error.to_string();
            assert!(
                text.contains("manifest.json") || text.contains(file),
                "{text}"
            );
            assert!(!error.hint().is_empty());
            flip(&folder.join(file), at);
        }
        assert!(Artifact::load(&folder).is_ok());
    }
}

#[test]
fn another_format_is_named() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("model");
    fitted(&planted()).save(&folder).unwrap();
    let path = folder.join("manifest.json");
    let text = fs::read_to_string(&path)
        .unwrap()
        .replace("\"format\": 1", "\"format\": 99");
    fs::write(&path, text).unwrap();
    let error = Artifact::load(&folder).expect_err("format 99");
    assert!(
        matches!(error, ArtifactError::Version { found: 99, .. }),
        "{error}"
    );
}

#[test]
fn foreign_files_are_not_overwritten() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("thesis.tex"), "years of work").unwrap();
    let error = fitted(&planted())
        .save(place.path())
        .expect_err("a foreign file");
    assert!(matches!(error, ArtifactError::Occupied { .. }), "{error}");
    assert!(place.path().join("thesis.tex").exists());
    let error = fitted(&planted())
        .save(Path::new("/dev/null/model"))
        .expect_err("no folder");
    assert!(matches!(error, ArtifactError::Io { .. }), "{error}");
    let error = Artifact::load(&place.path().join("absent")).expect_err("no artifact");
    assert!(matches!(error, ArtifactError::NoArtifact { .. }), "{error}");
}

#[test]
fn a_model_follows_the_ids_of_another_log() {
    let data = planted();
    let artifact = fitted(&data);
    let mut ids: Vec<&str> = data.items().iter().collect();
    ids.reverse();
    ids.push("brand new");
    let items: Vocabulary = ids.into_iter().collect();
    let last = u32::try_from(items.len() - 2).unwrap();
    let mut builder = sparring::data::InteractionsBuilder::new();
    builder.push(UserIx(0), sparring::data::ItemIx(last), None, None);
    let users: Vocabulary = ["u0"].into_iter().collect();
    let other = Dataset::new(Arc::new(users), Arc::new(items), builder.build(1));
    let bound = artifact.bind(&other);
    let mut scores = vec![0.0; bound.n_items()];
    bound
        .score_into(&[Query::known(&other, UserIx(0))], &mut scores)
        .unwrap();
    assert_eq!(bound.unknown_items(), 1);
    let counts = data.item_counts();
    assert!(scores.pop().unwrap().is_infinite());
    let expected: Vec<f32> = counts.iter().rev().map(|&count| count as f32).collect();
    assert_eq!(scores, expected);
}

#[test]
fn explanations_follow_the_ids_of_another_log() {
    let data = planted();
    let artifact = fitted_as("ease", &data);
    // Item `i` of the model is item `20 - i` of the log at hand, whose item 0 is new.
    let mut ids: Vec<&str> = data.items().iter().collect();
    ids.push("brand new");
    ids.reverse();
    let items: Vocabulary = ids.into_iter().collect();
    let users: Vocabulary = ["u0"].into_iter().collect();
    let empty = sparring::data::InteractionsBuilder::new().build(1);
    let other = Dataset::new(Arc::new(users), Arc::new(items), empty);
    let bound = artifact.bind(&other);
    let there = [ItemIx(18), ItemIx(0), ItemIx(13)];
    let here = [ItemIx(2), ItemIx(7)];
    let told = bound.explain(&Query::new_user(&there), ItemIx(16));
    let own = artifact
        .model
        .explain(&Query::new_user(&here), ItemIx(4))
        .unwrap()
        .unwrap();
    assert!(own[0] != 0.0 && (own[0] - own[1]).abs() > 1e-6, "{own:?}");
    assert_eq!(told.unwrap().unwrap(), [own[0], 0.0, own[1]]);
    let error = bound.explain(&Query::new_user(&there), ItemIx(0));
    assert!(error.is_err(), "the model does not know this item");
    let pop = fitted(&data);
    let told = pop
        .bind(&other)
        .explain(&Query::new_user(&there), ItemIx(16));
    assert!(told.unwrap().is_none());
}
