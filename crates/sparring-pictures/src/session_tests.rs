//! Whole trainings on small planted pictures.

use std::fs;

use sparring::gan::BoutConfig;
use sparring::recommend::{Cancel, Observer, Progress};
use sparring_deep::PictureShape;

use super::*;
use crate::config::Recipe;
use crate::saved::Saved;

/// Bright squares at one of two places, which are the classes.
fn squares(n: usize) -> Pictures {
    let mut bytes = vec![0; n * 784];
    for (at, picture) in bytes.chunks_mut(784).enumerate() {
        let left = if at.is_multiple_of(2) { 3 } else { 15 };
        let (top, shade) = (6 + at % 8, 255 - u8::try_from(at % 50).unwrap_or(0));
        for y in top..top + 10 {
            picture[y * 28 + left..y * 28 + left + 10].fill(shade);
        }
    }
    Pictures {
        shape: PictureShape {
            side: 28,
            channels: 1,
        },
        bytes,
        labels: Some((0..n).map(|at| u32::from(!at.is_multiple_of(2))).collect()),
    }
}

fn config(recipe: Recipe, epochs: usize) -> PictureConfig {
    let of = PictureConfig::of(recipe);
    PictureConfig {
        noise_dim: 8,
        width: 4,
        bout: BoutConfig {
            epochs,
            batch_size: 16,
            ..of.bout.clone()
        },
        ..of
    }
}

fn train(
    config: &PictureConfig,
    pictures: &Pictures,
    folder: &Path,
    seed: u64,
) -> Result<Outcome, PictureError> {
    trained(config, (pictures, None), folder, seed)
}

fn trained(
    config: &PictureConfig,
    (pictures, told): (&Pictures, Option<&Told>),
    folder: &Path,
    seed: u64,
) -> Result<Outcome, PictureError> {
    let cancel = Cancel::new();
    let session = Session {
        config: config.clone(),
        pictures,
        told,
        name: "squares",
        folder,
    };
    session.run(&Run::quiet(Seed(seed), &cancel))
}

/// Asks for a stop after two epochs.
struct Impatient(Cancel);

impl Observer for Impatient {
    fn progress(&self, progress: Progress<'_>) {
        if progress.done == 2 {
            self.0.request();
        }
    }
    fn point(&self, _: &str, _: u64, _: f64) {}
    fn diagnosis(&self, _: Diagnosis) {}
}

#[test]
fn a_training_that_is_stopped_goes_on_to_the_same_bits() {
    let pictures = squares(80);
    for recipe in [Recipe::Reference, Recipe::Modern] {
        let place = tempfile::tempdir().unwrap();
        let config = config(recipe, 3);
        let classes = Told::classes(&pictures, "squares").unwrap();
        let told = (recipe == Recipe::Modern).then_some(&classes);
        let (whole, parts) = (place.path().join("whole"), place.path().join("parts"));
        let end = trained(&config, (&pictures, told), &whole, 7).unwrap();
        assert_eq!((end.epochs, end.resumed_from, end.rows), (3, 0, 72));
        let cancel = Cancel::new();
        let session = Session {
            config: config.clone(),
            pictures: &pictures,
            told,
            name: "squares",
            folder: &parts,
        };
        let observer = Impatient(cancel.clone());
        let run = Run {
            observer: &observer,
            ..Run::quiet(Seed(7), &cancel)
        };
        assert_eq!(session.run(&run).unwrap().stopped, Stopped::Request);
        // The second epoch was not kept, as it was stopped in.
        let one = rayon::ThreadPoolBuilder::new()
            .num_threads(1)
            .build()
            .unwrap();
        let rest = one
            .install(|| trained(&config, (&pictures, told), &parts, 7))
            .unwrap();
        assert_eq!((rest.epochs, rest.resumed_from), (3, 1));
        let (a, b) = (Saved::load(&whole).unwrap(), Saved::load(&parts).unwrap());
        let draw = |saved: &Saved| saved.sample(5, None, Seed(1)).unwrap();
        assert_eq!(draw(&a), draw(&b));
        for file in [
            FILE,
            "curves.json",
            "film.png",
            "interpolation.png",
            "epochs/0003.png",
            "report.html",
        ] {
            let both = [&whole, &parts].map(|folder| fs::read(folder.join(file)).unwrap());
            assert!(both[0] == both[1], "{file}");
        }
    }
}

#[test]
fn a_checkpoint_of_something_else_is_refused_and_stays() {
    let (pictures, place) = (squares(40), tempfile::tempdir().unwrap());
    let config = config(Recipe::Modern, 1);
    let classes = Told::classes(&pictures, "squares").unwrap();
    train(&config, &pictures, place.path(), 7).unwrap();
    let path = place.path().join(FILE);
    let before = fs::read(&path).unwrap();
    let wider = PictureConfig {
        width: 6,
        ..config.clone()
    };
    let refused = [
        (train(&config, &pictures, place.path(), 8), "another seed"),
        (train(&wider, &pictures, place.path(), 7), "other settings"),
        (
            trained(&config, (&pictures, Some(&classes)), place.path(), 7),
            "told something else",
        ),
        (
            train(&config, &squares(42), place.path(), 7),
            "other pictures",
        ),
    ];
    for (result, words) in refused {
        let error = result.unwrap_err().to_string();
        assert!(error.ends_with(words), "{error}");
    }
    assert!(fs::read(&path).unwrap() == before);
    fs::write(&path, &before[..before.len() / 2]).unwrap();
    for error in [
        train(&config, &pictures, place.path(), 7).unwrap_err(),
        Saved::load(place.path()).unwrap_err(),
    ] {
        assert!(
            error
                .to_string()
                .contains("is not a model of pictures, or damaged"),
            "{error}"
        );
    }
    assert!(Saved::load(&place.path().join("nowhere")).is_err());
}

#[test]
fn classes_are_drawn_as_they_are_told() {
    let (pictures, place) = (squares(64), tempfile::tempdir().unwrap());
    let mut config = config(Recipe::Modern, 60);
    config.augmentation = crate::augment::Augmentation::Off;
    let told = Told::classes(&pictures, "squares").unwrap();
    trained(&config, (&pictures, Some(&told)), place.path(), 3).unwrap();
    let saved = Saved::load(place.path()).unwrap();
    // The left half is bright for class 0, the right one for class 1.
    for class in [0, 1] {
        let drawn = saved.sample(20, Some(class), Seed(1)).unwrap();
        let right = |picture: &[u8]| {
            let (mut halves, width) = ([0_u32; 2], 28);
            for (at, byte) in picture.iter().enumerate() {
                halves[usize::from(at % width >= width / 2)] += u32::from(*byte);
            }
            halves[class as usize] > halves[1 - class as usize]
        };
        let hits = (0..20).filter(|at| right(drawn.picture(*at))).count();
        assert!(hits >= 18, "class {class}: {hits} of 20");
    }
    let error = saved.sample(1, Some(2), Seed(1)).unwrap_err();
    assert!(error.is_wrong_use(), "{error}");
    // The first pictures do not depend on how many follow.
    let (few, many) = (
        saved.sample(3, None, Seed(2)).unwrap(),
        saved.sample(70, None, Seed(2)).unwrap(),
    );
    assert_eq!(few.bytes, many.bytes[..few.bytes.len()]);
}

#[test]
fn what_cannot_be_learnt_is_told() {
    let place = tempfile::tempdir().unwrap();
    let mut plain = squares(40);
    plain.labels = None;
    let error = Told::classes(&plain, "squares").unwrap_err();
    assert_eq!(error.to_string(), "squares has no labels to be told");
    let error = train(&config(Recipe::Modern, 1), &squares(3), place.path(), 1).unwrap_err();
    assert!(error.to_string().contains("has 3 pictures"), "{error}");
    assert!(!place.path().join(FILE).exists());
}
