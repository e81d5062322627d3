//! Training again, and what comes next.

use std::sync::Mutex;

use axum::http::StatusCode;
use serde_json::json;
use sparring::Seed;
use sparring::artifact::Artifact;
use sparring::data::PlantedConfig;
use sparring::models::ModelConfig;
use sparring::recommend::{Diagnosis, Observer, Progress, Silent};

use super::{Server, event, options, save, save_as, save_of};
use crate::api::Limits;
use crate::retrain::train;
use crate::server::{Import, import as import_of, serve};

#[tokio::test]
async fn the_new_model_serves_if_it_wins_and_only_then() {
    let folder = tempfile::tempdir().unwrap();
    // The old model has learnt from others, who like other things.
    save_as(&folder.path().join("model"), 2, "ease");
    let server = Server::open(folder, Limits::default()).await;
    let data = PlantedConfig::default().generate(Seed(1)).data;
    import_of(&server.app, &data, &Silent).await.unwrap();
    train(&server.app).await;
    let told = server.get("/api/v1/training").await;
    let decision = told["decision"].as_str().unwrap();
    assert!(decision.starts_with("The new model serves"), "{decision}");
    let serving = server.app.engine.model();
    assert_eq!(serving.artifact.data.interactions, data.n_interactions());
    let place = server.folder.path().join("model");
    assert_eq!(Artifact::load(&place).unwrap().data.users, data.n_users());
    let before = Artifact::load(&server.folder.path().join("model.before")).unwrap();
    assert_ne!(before.data.sha256, serving.artifact.data.sha256);
    assert!(
        !server.app.engine.has_news(),
        "what was saved here is not loaded twice"
    );
    // Now the old one knows the latest events, and the new one is asked to foresee them.
    let generation = serving.generation;
    train(&server.app).await;
    let told = server.get("/api/v1/training").await;
    let decision = told["decision"].as_str().unwrap();
    assert!(decision.starts_with("The old model stays"), "{decision}");
    assert_eq!(server.app.engine.model().generation, generation);
    // A model that was trained after a user went has not seen them.
    let gone = data.users().id(0);
    server
        .put("DELETE", &format!("/api/user/{gone}"), json!(null))
        .await;
    save_as(&place, 2, "ease");
    server
        .put("POST", "/api/v1/models/reload", json!(null))
        .await;
    train(&server.app).await;
    let model = server.app.engine.model();
    assert_eq!(model.artifact.users.len(), data.n_users() - 1);
    assert_eq!(model.artifact.users.get(gone), None);
}

#[derive(Default)]
struct Counting(Mutex<Vec<(u64, u64)>>);

impl Observer for Counting {
    fn progress(&self, progress: Progress<'_>) {
        let mut told = self.0.lock().unwrap();
        told.push((progress.done, progress.total));
    }
    fn point(&self, _: &str, _: u64, _: f64) {}
    fn diagnosis(&self, _: Diagnosis) {}
}

#[tokio::test]
async fn an_import_is_told_can_be_ended_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    save(&folder.path().join("model"), 2);
    let planted = PlantedConfig {
        n_users: 1500,
        ..PlantedConfig::default()
    };
    let data = planted.generate(Seed(1)).data;
    let total = data.n_interactions();
    let observer = Counting::default();
    // Asked to end before it has begun: it does not listen, and lets go of the folder.
    let import = Import {
        data: data.clone(),
        observer: &observer,
    };
    let options = options(folder.path(), Limits::default());
    let listening = |address| panic!("it listens at {address}");
    serve(options, Some(import), listening, async {})
        .await
        .unwrap();
    observer.0.lock().unwrap().clear();
    let server = Server::open(folder, Limits::default()).await;
    import_of(&server.app, &data, &observer).await.unwrap();
    assert_eq!(server.app.engine.state.read().unwrap().n_events(), total);
    let told = observer.0.into_inner().unwrap();
    assert!(!told.is_empty() && told.is_sorted(), "{told:?}");
    assert!(
        told.iter()
            .all(|&(done, of)| done >= 10_000 && done <= of && of == total as u64),
        "{told:?}"
    );
}

#[tokio::test]
async fn curves_and_verdict_stay_to_be_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = ModelConfig::named("irgan").unwrap();
    let ModelConfig::Irgan(settings) = &mut config else {
        panic!("it is {config:?}");
    };
    (settings.pretrain_epochs, settings.epochs) = (1, 1);
    let planted = PlantedConfig::default();
    save_of(&folder.path().join("model"), &planted, (2, config));
    let server = Server::open(folder, Limits::default()).await;
    let data = PlantedConfig::default().generate(Seed(1)).data;
    import_of(&server.app, &data, &Silent).await.unwrap();
    train(&server.app).await;
    let told = server.get("/api/v1/training").await;
    assert_eq!(told["state"], "waiting");
    assert!(!told["curves"].as_object().unwrap().is_empty(), "{told}");
    assert!(!told["health"].as_array().unwrap().is_empty(), "{told}");
}

#[tokio::test]
async fn without_events_nothing_is_trained() {
    let server = Server::start(Limits::default()).await;
    train(&server.app).await;
    let told = server.get("/api/v1/training").await;
    assert_eq!(told["state"], "waiting");
    assert_eq!(
        told["decision"],
        "Not trained: there are no events that tell a taste."
    );
    server.like("u", "i").await;
    train(&server.app).await;
    let told = server.get("/api/v1/training").await;
    assert!(
        told["decision"]
            .as_str()
            .unwrap()
            .contains("are needed to decide"),
        "{told}"
    );
    let asked = server
        .put("POST", "/api/v1/training/start", json!(null))
        .await;
    assert_eq!(asked["state"], "waiting");
}

#[tokio::test]
async fn what_comes_next_needs_a_model_that_knows_chances() {
    let folder = tempfile::tempdir().unwrap();
    save_as(&folder.path().join("model"), 1, "markov");
    let server = Server::open(folder, Limits::default()).await;
    let items = server.items();
    for item in &items[..3] {
        server.like("u", item).await;
    }
    assert_eq!(server.get("/api/v1/models").await[0]["foresees"], true);
    let told = server.get("/api/v1/predict/u?n=4").await;
    assert_eq!(told["model"], "markov");
    let next = told["next"].as_array().unwrap();
    assert_eq!(next.len(), 4);
    for event in next {
        let chance = event["probability"].as_f64().unwrap();
        assert!(chance > 0.0 && chance <= 1.0, "{event}");
        assert!(!items[..3].contains(&event["item"].as_str().unwrap().to_owned()));
    }
    assert_eq!(
        server.fails("GET", "/api/v1/predict/nobody", "").await,
        (404, "unknown_user".to_owned())
    );
    assert_eq!(
        server.fails("GET", "/api/v1/predict/u?n=99", "").await,
        (400, "bad_number".to_owned())
    );
    let other = Server::start(Limits::default()).await;
    other.like("u", &other.items()[0]).await;
    assert_eq!(other.get("/api/v1/models").await[0]["foresees"], false);
    assert_eq!(
        other.fails("GET", "/api/v1/predict/u", "").await,
        (422, "no_next_model".to_owned())
    );
}

#[tokio::test]
async fn events_are_exported_to_the_admin_alone_and_deleted_users_are_not_in_it() {
    let limits = Limits {
        api_key: Some("key".to_owned()),
        admin_key: Some("admin".to_owned()),
        ..Limits::default()
    };
    let server = Server::start(limits).await;
    let body = json!([event("like", "stays", "i"), event("like", "goes", "i")]).to_string();
    server
        .send("POST", "/api/feedback", "key", body.into())
        .await;
    let (status, _) = server
        .send("GET", "/api/v1/events.csv", "key", Vec::new())
        .await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    server
        .send("DELETE", "/api/user/goes", "key", Vec::new())
        .await;
    let (status, text) = server
        .send("GET", "/api/v1/events.csv", "admin", Vec::new())
        .await;
    assert_eq!(status, StatusCode::OK);
    let expected = "user,item,rating,timestamp,kind,comment\nstays,i,0,1668952527000000,like,\n";
    assert_eq!(text, json!(expected));
    let (status, text) = server
        .send("GET", "/api/v1/events.parquet", "admin", Vec::new())
        .await;
    assert!(status == StatusCode::OK && text.as_str().unwrap().starts_with("PAR1"));
    let item = server
        .send("GET", "/api/item/i/feedback", "key", Vec::new())
        .await
        .1;
    assert!(item.as_array().unwrap().len() == 1 && item[0]["UserId"] == "stays");
}
