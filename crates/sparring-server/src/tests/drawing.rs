//! Pictures on request.

use serde_json::{Value, json};
use sparring::Seed;
use sparring::recommend::{Cancel, Run};
use sparring_deep::PictureShape;
use sparring_pictures::{Captions, Names, PictureConfig, Pictures, Session, Told};
use sparring_words::Encoder;

use super::{Server, options, save};
use crate::api::Limits;
use crate::server::open;
use crate::store::SqliteOptions;

/// A generator that has hardly learnt, told sentences about two classes or the classes themselves.
fn generator(folder: &std::path::Path, words: bool) {
    let pictures = Pictures {
        shape: PictureShape {
            side: 28,
            channels: 1,
        },
        bytes: (0..40 * 784_u32)
            .map(|at| u8::from(at % 3 == 0) * 200)
            .collect(),
        labels: Some((0..40).map(|at| at % 2).collect()),
    };
    let told = if words {
        let file = folder.with_extension("csv");
        std::fs::write(&file, "class,caption\n0,a cat\n1,a dog\n").unwrap();
        let names = Names {
            classes: vec!["0".to_owned(), "1".to_owned()],
            pictures: Vec::new(),
        };
        let captions = Captions::read(file.to_str().unwrap(), &names).unwrap();
        let encoder = Encoder::open(None).unwrap();
        let vectors = encoder.encode(&captions.texts).unwrap();
        captions.told(&vectors, encoder.name(), &pictures).unwrap()
    } else {
        Told::classes(&pictures, "p").unwrap()
    };
    let mut config = PictureConfig {
        width: 2,
        noise_dim: 4,
        ..PictureConfig::default()
    };
    config.bout.epochs = 1;
    let session = Session {
        config,
        pictures: &pictures,
        told: Some(&told),
        name: "p",
        folder,
    };
    session.run(&Run::quiet(Seed(1), &Cancel::new())).unwrap();
}

async fn drawing(words: bool) -> Server {
    let folder = tempfile::tempdir().unwrap();
    save(&folder.path().join("model"), 1);
    let gan = folder.path().join("gan");
    generator(&gan, words);
    let mut options = options(folder.path(), Limits::default());
    options.pictures = Some(gan);
    let app = open(&options, SqliteOptions::default()).await.unwrap();
    Server { folder, app }
}

async fn drawn(server: &Server, body: Value) -> (String, Value) {
    let answer = server.put("POST", "/api/v1/imagine", body).await;
    let image = answer["image"].as_str().unwrap().to_owned();
    assert!(image.starts_with("data:image/png;base64,iVBOR"), "{image}");
    (image, answer["notes"].clone())
}

#[tokio::test]
async fn words_are_drawn_and_what_cannot_be_is_told() {
    let server = drawing(true).await;
    let shown = server.get("/api/v1/imagine").await;
    assert_eq!(shown["generator"]["words"], true, "{shown}");
    let (cat, notes) = drawn(&server, json!({"text": "a cat", "n": 3})).await;
    assert_eq!(notes, json!([]));
    assert_eq!(
        drawn(&server, json!({"text": "a cat", "n": 3})).await.0,
        cat
    );
    assert_ne!(
        drawn(&server, json!({"text": "a dog", "n": 3})).await.0,
        cat
    );
    let (_, notes) = drawn(&server, json!({"text": "кошка"})).await;
    assert!(notes[0].as_str().unwrap().contains("not Latin"), "{notes}");
    for (body, status, code) in [
        (json!({"text": "?"}), 422, "bad_text"),
        (json!({"text": "a cat", "n": 65}), 400, "bad_number"),
        (json!({"n": 0}), 400, "bad_number"),
        (json!({"class": 9}), 422, "not_drawn"),
        (json!({"words": "a cat"}), 400, "bad_json"),
        (json!(["a cat", null, 3, 1]), 400, "bad_json"),
    ] {
        let found = server
            .fails("POST", "/api/v1/imagine", body.to_string())
            .await;
        assert_eq!(found, (status, code.to_owned()), "{body}");
    }
    assert!(server.folder.path().join("gan").is_dir());
}

#[tokio::test]
async fn classes_are_drawn_and_no_generator_is_told() {
    let server = drawing(false).await;
    let shown = server.get("/api/v1/imagine").await;
    assert_eq!(shown["generator"]["classes"], 2, "{shown}");
    let (first, _) = drawn(&server, json!({"class": 0})).await;
    assert_ne!(drawn(&server, json!({"class": 1})).await.0, first);
    let body = json!({"text": "a cat"}).to_string();
    let found = server.fails("POST", "/api/v1/imagine", body.clone()).await;
    assert_eq!(found, (409, "not_told_sentences".to_owned()));
    let without = Server::start(Limits::default()).await;
    assert_eq!(
        without.get("/api/v1/imagine").await["generator"],
        Value::Null
    );
    let found = without.fails("POST", "/api/v1/imagine", body).await;
    assert_eq!(found, (404, "no_generator".to_owned()));
    let mut options = options(without.folder.path(), Limits::default());
    options.pictures = Some(without.folder.path().join("nowhere"));
    options.data = without.folder.path().join("other");
    let refused = open(&options, SqliteOptions::default())
        .await
        .err()
        .unwrap();
    assert!(refused.to_string().contains("nowhere"), "{refused}");
}
