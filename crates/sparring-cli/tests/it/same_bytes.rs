//! One seed, the same bytes at any number of threads.

use crate::sparring::Place;

/// Every model, with training cut short.
const SHORT: &str = "--set model.cfgan.epochs=2 --set model.cfgan.generator_hidden=20 \
                     --set model.ganmf.epochs=2 --set model.ganmf.embedding_dim=12 \
                     --set model.caae.epochs=2 --set model.irgan.epochs=2 \
                     --set model.irgan.pretrain_epochs=2 --set model.apr.pretrain_epochs=2 \
                     --set model.apr.epochs=2 --set model.bprmf.epochs=2 \
                     --set model.ials.epochs=2 --set model.multvae.epochs=2 \
                     --set model.multvae.hidden=32 --set model.multvae.latent=8";

const MODELS: [&str; 14] = [
    "pop", "random", "itemknn", "puresvd", "ease", "edlae", "ials", "bprmf", "multvae", "irgan",
    "cfgan", "caae", "ganmf", "apr",
];

#[test]
fn models_and_leaderboards_do_not_depend_on_threads() {
    let place = Place::with_log();
    for threads in [1, 2] {
        let models = MODELS.join(",");
        place.good(&format!(
            "compare --train train.csv --test test.csv --models {models} --trials 0 --seeds 1 \
             --out b{threads} --threads {threads} {SHORT}"
        ));
        for model in MODELS {
            place.good(&format!(
                "train --data train.csv --model {model} --out {model}{threads} --threads {threads} {SHORT}"
            ));
        }
    }
    for file in ["leaderboard.json", "leaderboard.csv"] {
        let [one, two] = [1, 2].map(|threads| place.read(&format!("b{threads}/{file}")));
        assert!(one == two, "{file} differs");
    }
    for model in MODELS {
        for file in ["model.safetensors", "vocabulary.json", "manifest.json"] {
            let [one, two] = [1, 2].map(|threads| place.read(&format!("{model}{threads}/{file}")));
            assert!(one == two, "{file} of {model} differs");
        }
    }
}

#[test]
fn another_seed_gives_another_model() {
    let place = Place::with_log();
    let train = format!("train --data train.csv --model cfgan {SHORT}");
    place.good(&format!("{train} --seed 1 --out m1"));
    place.good(&format!("{train} --seed 2 --out m2"));
    assert!(place.read("m1/model.safetensors") != place.read("m2/model.safetensors"));
}
