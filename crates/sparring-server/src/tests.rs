//! Requests against the whole server, without a network.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use sparring::Seed;
use sparring::artifact::{Artifact, Provenance};
use sparring::data::{ItemIx, PlantedConfig};
use sparring::models::ModelConfig;
use sparring::recommend::{Cancel, Query, Run, top_k};
use tower::ServiceExt;

use crate::api::{App, Limits, router};
use crate::retrain::Retrain;
use crate::server::{Options, open};
use crate::state::Reads;
use crate::store::SqliteOptions;

mod contract;
mod drawing;
mod pages;
mod tls;
mod training;

struct Server {
    folder: tempfile::TempDir,
    app: Arc<App>,
}

fn save(folder: &Path, seed: u64) {
    save_as(folder, seed, "ease");
}

fn save_as(folder: &Path, seed: u64, name: &str) {
    let config = ModelConfig::named(name).unwrap();
    save_of(folder, &PlantedConfig::default(), (seed, config));
}

fn save_of(folder: &Path, planted: &PlantedConfig, (seed, config): (u64, ModelConfig)) {
    let data = planted.generate(Seed(seed)).data;
    let model = config
        .fit(&data, &Run::quiet(Seed(1), &Cancel::new()))
        .unwrap();
    let artifact = Artifact {
        config,
        seed: 1,
        data: Provenance::of(&data, None, None),
        model,
        users: Arc::clone(data.users()),
        items: Arc::clone(data.items()),
    };
    artifact.save(folder).unwrap();
}

/// What a test serves: the model and the data of a folder.
fn options(folder: &Path, limits: Limits) -> Options {
    Options {
        model: folder.join("model"),
        shelf: None,
        reports: Vec::new(),
        pictures: None,
        data: folder.join("data"),
        database: None,
        host: [127, 0, 0, 1].into(),
        port: 0,
        limits,
        reads: Reads::default(),
        threads: 1,
        retrain: Retrain::default(),
        tls: None,
    }
}

impl Server {
    async fn start(limits: Limits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        save(&folder.path().join("model"), 1);
        Self::open(folder, limits).await
    }

    async fn open(folder: tempfile::TempDir, limits: Limits) -> Self {
        let options = options(folder.path(), limits);
        let busy = Duration::from_millis(50);
        let app = open(&options, SqliteOptions { busy }).await.unwrap();
        Self { folder, app }
    }

    async fn send(
        &self,
        method: &str,
        path: &str,
        key: &str,
        body: Vec<u8>,
    ) -> (StatusCode, Value) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("x-api-key", key)
            .body(Body::from(body))
            .unwrap();
        let response = router(&self.app).oneshot(request).await.unwrap();
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
        let status = response.status();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let value = serde_json::from_slice(&bytes);
        (
            status,
            value.unwrap_or_else(|_| json!(String::from_utf8_lossy(&bytes))),
        )
    }

    async fn get(&self, path: &str) -> Value {
        let (status, value) = self.send("GET", path, "", Vec::new()).await;
        assert_eq!(status, StatusCode::OK, "{path}: {value}");
        value
    }

    async fn put(&self, method: &str, path: &str, body: Value) -> Value {
        let (status, value) = self.send(method, path, "", body.to_string().into()).await;
        assert_eq!(status, StatusCode::OK, "{path}: {value}");
        value
    }

    async fn like(&self, user: &str, item: &str) {
        let done = self
            .put("POST", "/api/feedback", json!([event("like", user, item)]))
            .await;
        assert_eq!(done, json!({"RowAffected": 1}));
    }

    /// The status and the code of a request that fails.
    async fn fails(&self, method: &str, path: &str, body: impl Into<Vec<u8>>) -> (u16, String) {
        let (status, value) = self.send(method, path, "", body.into()).await;
        let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
        assert!(
            !text("message").is_empty() && !text("remedy").is_empty(),
            "{path}: {value}"
        );
        (status.as_u16(), text("code"))
    }

    /// Items of the model.
    fn items(&self) -> Vec<String> {
        let model = self.app.engine.model();
        model.artifact.items.iter().map(str::to_owned).collect()
    }
}

fn event(kind: &str, user: &str, item: &str) -> Value {
    json!({"FeedbackType": kind, "UserId": user, "ItemId": item, "Timestamp": "2022-11-20T13:55:27Z"})
}

#[tokio::test]
async fn the_next_answer_knows_an_event() {
    let server = Server::start(Limits::default()).await;
    let items = server.items();
    server.like("new", &items[3]).await;
    let first = server.get("/api/v1/recommend/new?reasons=2").await;
    let entries = first["items"].as_array().unwrap();
    assert_eq!(entries.len(), 10);
    assert_eq!(entries[0]["source"], "model");
    assert_eq!(entries[0]["because"][0]["item"], json!(items[3]));
    assert!(entries.iter().all(|entry| entry["item"] != json!(items[3])));
    // The same list as the model's own, twice: the second time it is kept.
    let ids = server.get("/api/recommend/new/").await;
    assert_eq!(ids, server.get("/api/recommend/new").await);
    assert_eq!(ids[0], entries[0]["item"]);
    let top = ids[0].as_str().unwrap().to_owned();
    server.like("new", &top).await;
    let next = server.get("/api/recommend/new").await;
    assert_ne!(next, ids);
    assert!(!next.as_array().unwrap().contains(&json!(top)));
    let why = server
        .get(&format!(
            "/api/v1/explain/new/{}",
            next[0].as_str().unwrap()
        ))
        .await;
    assert!(!why["because"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn hidden_excluded_seen_and_other_categories_are_left_out() {
    let server = Server::start(Limits::default()).await;
    let items = server.items();
    server.like("u", &items[0]).await;
    let list = server.get("/api/recommend/u?n=5").await;
    let id = |at: usize| list[at].as_str().unwrap().to_owned();
    server
        .put(
            "PATCH",
            &format!("/api/item/{}", id(0)),
            json!({"IsHidden": true}),
        )
        .await;
    server
        .put("POST", "/api/feedback", json!([event("read", "u", &id(1))]))
        .await;
    let left = server
        .get(&format!("/api/v1/recommend/u?n=2&exclude={}", id(2)))
        .await;
    let names: Vec<&Value> = left["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| &e["item"])
        .collect();
    assert_eq!(names, [&list[3], &list[4]]);
    server
        .put(
            "PUT",
            &format!("/api/item/{}/category/film", id(4)),
            json!(null),
        )
        .await;
    assert_eq!(server.get("/api/recommend/u/film").await, json!([id(4)]));
    assert_eq!(
        server
            .get("/api/recommend/u?category=film&category=none")
            .await,
        json!([])
    );
    let spread = server.get("/api/v1/recommend/u?n=5&diversity=0.9").await;
    assert_eq!(spread["items"].as_array().unwrap().len(), 5);
    let beside = server
        .get(&format!("/api/item/{}/neighbors/", items[0]))
        .await;
    assert!(beside.as_array().unwrap().len() == 10 && beside[0]["Score"].is_number());
    server.like("v", &items[0]).await;
    assert_eq!(server.get("/api/user/v/neighbors").await[0]["Id"], "u");
}

#[tokio::test]
async fn a_large_catalogue_is_scanned_to_the_lists_of_the_model() {
    let folder = tempfile::tempdir().unwrap();
    let planted = PlantedConfig {
        n_users: 400,
        n_items: 17_000,
        mean_events: 60.0,
        ..Default::default()
    };
    let place = folder.path().join("model");
    let config = ModelConfig::named("ials").unwrap();
    save_of(&place, &planted, (3, config));
    let artifact = Artifact::load(&place).unwrap();
    assert!(artifact.items.len() >= 16_384, "{}", artifact.items.len());
    let server = Server::open(folder, Limits::default()).await;
    assert!(server.app.engine.model().scan().is_some());
    let mut scores = vec![0.0; artifact.items.len()];
    for first in 0..5 {
        let history = [0, 7, 19].map(|at| ItemIx(first * 31 + at));
        let query = Query::new_user(&history);
        artifact.model.score_into(&[query], &mut scores).unwrap();
        let best = top_k(&scores, &history, 10);
        let wanted: Vec<&str> = best.iter().map(|item| artifact.items.id(item.0)).collect();
        let ids = history.map(|item| artifact.items.id(item.0));
        let asked = json!({"history": ids, "n": 10});
        let told = server.put("POST", "/api/v1/recommend", asked).await;
        let list = told["items"].as_array().unwrap().iter();
        let list: Vec<&str> = list.map(|entry| entry["item"].as_str().unwrap()).collect();
        assert_eq!(list, wanted);
    }
}

#[tokio::test]
async fn who_is_unknown_gets_what_is_popular_and_new_items_are_served() {
    let server = Server::start(Limits::default()).await;
    server.like("a", "unheard").await;
    server.like("b", "unheard").await;
    let item = json!({"ItemId": "fresh", "Timestamp": "2030-01-01"});
    server.put("POST", "/api/item", item).await;
    let list = server.get("/api/v1/recommend/stranger").await;
    assert_eq!(list["items"][0]["item"], "unheard");
    assert_eq!(list["items"][0]["source"], "popular");
    assert_eq!(list["items"][1]["item"], "fresh");
    let popular = server.get("/api/popular/?n=1").await;
    assert_eq!(popular, json!([{"Id": "unheard", "Score": 2.0}]));
    assert_eq!(server.get("/api/popular?user-id=a").await, json!([]));
    assert_eq!(server.get("/api/latest").await[0]["Id"], "fresh");
    server.put("DELETE", "/api/item/unheard", json!(null)).await;
    assert_eq!(server.get("/api/popular").await, json!([]));
}

#[tokio::test]
async fn what_gorse_clients_do() {
    let server = Server::start(Limits::default()).await;
    let item = json!({"ItemId": "100", "IsHidden": true, "Labels": ["a"], "Categories": ["d", "e"],
        "Timestamp": "2022-11-20T13:55:27Z", "Comment": "comment"});
    assert_eq!(
        server.put("POST", "/api/item", item.clone()).await,
        json!({"RowAffected": 1})
    );
    assert_eq!(server.get("/api/item/100").await, item);
    let nothing = json!({"Categories": null, "Comment": null, "IsHidden": null, "Labels": null, "Timestamp": null});
    server.put("PATCH", "/api/item/100", nothing).await;
    assert_eq!(server.get("/api/item/100").await, item);
    server.put("DELETE", "/api/item/100", json!(null)).await;
    assert_eq!(server.fails("GET", "/api/item/100", "").await.0, 404);
    let user = json!({"UserId": "7", "Labels": {"sex": "M"}, "Comment": "c"});
    server.put("POST", "/api/user", user.clone()).await;
    assert_eq!(server.get("/api/user/7").await, user);
    let events: Vec<Value> = ["1", "1060", "11"]
        .map(|item| event("watch", "7", item))
        .into();
    assert_eq!(
        server.put("POST", "/api/feedback", json!(events)).await,
        json!({"RowAffected": 3})
    );
    let listed = server.get("/api/user/7/feedback/watch").await;
    let order: Vec<&Value> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|e| &e["ItemId"])
        .collect();
    assert_eq!(order, ["1", "1060", "11"]);
    assert_eq!(
        server.put("DELETE", "/api/feedback/7/1", json!(null)).await,
        json!({"RowAffected": 1})
    );
    let page = server.get("/api/feedback?n=1").await;
    let rest = server
        .get(&format!(
            "/api/feedback?n=9&Cursor={}",
            page["Cursor"].as_str().unwrap()
        ))
        .await;
    assert_eq!(
        (
            page["Feedback"].as_array().unwrap().len(),
            rest["Feedback"].as_array().unwrap().len()
        ),
        (1, 1)
    );
    let written = server
        .get("/api/recommend/7?write-back-type=read&write-back-delay=10m")
        .await;
    // It lies ahead: the list stays until then.
    assert_eq!(server.get("/api/recommend/7").await, written);
    server.get("/api/recommend/7?write-back-type=read").await;
    let known = server.items();
    let session = json!([event("like", "0", &known[0])]);
    let list = server
        .put("POST", "/api/session/recommend?n=3", session)
        .await;
    assert!(list.as_array().unwrap().len() == 3 && list[0]["Id"].is_string());
    assert_eq!(server.get("/api/health/ready").await["Ready"], true);
    server.put("DELETE", "/api/user/7", json!(null)).await;
    assert_eq!(server.get("/api/user/7/feedback").await, json!([]));
}

#[expect(clippy::too_many_lines, reason = "a table of requests and answers")]
#[tokio::test]
async fn bad_input_has_a_status_a_code_and_a_remedy() {
    let limits = Limits {
        body: 1000,
        ..Limits::default()
    };
    let server = Server::start(limits).await;
    let future =
        json!([{"FeedbackType": "like", "UserId": "u", "ItemId": "i", "Timestamp": "2999-01-01"}]);
    for (method, path, body, status, code) in [
        (
            "GET",
            "/api/user/nobody",
            String::new(),
            404,
            "unknown_user",
        ),
        (
            "GET",
            "/api/item/nothing",
            String::new(),
            404,
            "unknown_item",
        ),
        (
            "PATCH",
            "/api/user/nobody",
            "{}".to_owned(),
            404,
            "unknown_user",
        ),
        (
            "PUT",
            "/api/item/nothing/category/c",
            String::new(),
            404,
            "unknown_item",
        ),
        (
            "GET",
            "/api/v1/explain/nobody/i",
            String::new(),
            404,
            "unknown_user",
        ),
        ("POST", "/api/feedback", "[{".to_owned(), 400, "bad_json"),
        ("POST", "/api/feedback", "{}".to_owned(), 400, "bad_json"),
        (
            "POST",
            "/api/users",
            r#"[["ann"]]"#.to_owned(),
            400,
            "bad_json",
        ),
        (
            "POST",
            "/api/user",
            r#"["ann"]"#.to_owned(),
            400,
            "bad_json",
        ),
        (
            "POST",
            "/api/feedback",
            future.to_string(),
            400,
            "future_event",
        ),
        (
            "POST",
            "/api/feedback",
            json!([event("like", "a\0b", "i")]).to_string(),
            400,
            "bad_id",
        ),
        (
            "POST",
            "/api/feedback",
            json!([event("like", "", "i")]).to_string(),
            400,
            "bad_id",
        ),
        (
            "POST",
            "/api/feedback",
            " ".repeat(2000),
            413,
            "body_too_large",
        ),
        (
            "GET",
            "/api/recommend/u?n=-1",
            String::new(),
            400,
            "bad_number",
        ),
        (
            "GET",
            "/api/recommend/u?n=99999999999999999999",
            String::new(),
            400,
            "bad_number",
        ),
        (
            "GET",
            "/api/recommend/u?write-back-delay=soon",
            String::new(),
            400,
            "bad_duration",
        ),
        (
            "GET",
            "/api/v1/recommend/u?diversity=7",
            String::new(),
            400,
            "bad_number",
        ),
        (
            "GET",
            "/api/users?cursor=x",
            String::new(),
            400,
            "bad_cursor",
        ),
        ("GET", "/api/user/%00", String::new(), 400, "bad_id"),
        ("GET", "/api/user/%ff", String::new(), 400, "bad_address"),
        (
            "GET",
            "/../../etc/passwd",
            String::new(),
            404,
            "no_such_address",
        ),
        ("DELETE", "/api/items", String::new(), 405, "wrong_method"),
    ] {
        let found = server.fails(method, path, body).await;
        assert_eq!(found, (status, code.to_owned()), "{method} {path}");
    }
    // Nothing of a refused batch was taken, and strange ids are fine.
    assert_eq!(server.get("/api/users").await["Users"], json!([]));
    for (id, path) in [
        ("a/b", "a%2Fb"),
        ("\"q'", "%22q'"),
        ("\u{1f94a}", "%F0%9F%A5%8A"),
    ] {
        server.like(id, id).await;
        assert_eq!(server.get(&format!("/api/user/{path}")).await["UserId"], id);
    }
}

#[tokio::test]
async fn keys_and_rates() {
    let limits = Limits {
        api_key: Some("key".to_owned()),
        admin_key: Some("admin".to_owned()),
        rate: 3,
        ..Limits::default()
    };
    let server = Server::start(limits).await;
    let status =
        async |method, path, key| server.send(method, path, key, Vec::new()).await.0.as_u16();
    assert_eq!(status("GET", "/api/health/live", "").await, 200);
    assert_eq!(status("GET", "/api/popular", "").await, 401);
    assert_eq!(status("GET", "/api/popular", "kez").await, 401);
    assert_eq!(status("GET", "/metrics", "").await, 401);
    assert_eq!(status("POST", "/api/v1/models/reload", "key").await, 401);
    assert_eq!(status("POST", "/api/v1/models/reload", "admin").await, 200);
    let mut all = Vec::new();
    for _ in 0..60 {
        all.push(status("GET", "/api/popular", "key").await);
    }
    assert_eq!(all[..3], [200, 200, 200]);
    // Three a second: sixty take no twenty seconds.
    assert!(all.contains(&429), "{all:?}");
    assert_eq!(
        server.send("GET", "/metrics", "admin", Vec::new()).await.0,
        200
    );
}

#[tokio::test]
async fn a_damaged_model_leaves_the_old_one_and_a_sound_one_takes_over() {
    let server = Server::start(Limits::default()).await;
    let items = server.items();
    server.like("u", &items[0]).await;
    let before = server.get("/api/recommend/u").await;
    let folder = server.folder.path().join("model");
    let weights = folder.join("model.safetensors");
    let mut bytes = std::fs::read(&weights).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&weights, bytes).unwrap();
    let refused = server.fails("POST", "/api/v1/models/reload", "").await;
    assert_eq!(refused, (422, "model_refused".to_owned()));
    assert_eq!(server.get("/api/recommend/u").await, before);
    save(&folder, 2);
    let loaded = server
        .put("POST", "/api/v1/models/reload", json!(null))
        .await;
    assert_eq!(loaded["generation"], 3);
    assert_ne!(server.get("/api/recommend/u").await, before);
}

#[tokio::test]
async fn a_locked_database_is_503_and_reads_go_on() {
    let server = Server::start(Limits::default()).await;
    let items = server.items();
    server.like("u", &items[0]).await;
    let path = server.folder.path().join("data/sparring.db");
    let other = rusqlite::Connection::open(path).unwrap();
    other.execute_batch("begin immediate").unwrap();
    let body = json!([event("like", "u", &items[1])]).to_string();
    let refused = server.fails("POST", "/api/feedback", body).await;
    assert_eq!(refused, (503, "storage_locked".to_owned()));
    assert_eq!(
        server
            .get("/api/recommend/u")
            .await
            .as_array()
            .unwrap()
            .len(),
        10
    );
    other.execute_batch("rollback").unwrap();
    server.like("u", &items[1]).await;
}
