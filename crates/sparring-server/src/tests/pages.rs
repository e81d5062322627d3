//! The pages and what they ask for.

use axum::body::{Body, to_bytes};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG};
use axum::http::{Request, Response, StatusCode};
use serde_json::json;
use tower::ServiceExt;

use super::{Server, event, save};
use crate::api::{Limits, router};

async fn asked(server: &Server, request: axum::http::request::Builder) -> Response<Body> {
    let request = request.body(Body::empty()).unwrap();
    router(&server.app).oneshot(request).await.unwrap()
}

async fn text(response: Response<Body>) -> String {
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn pages_need_no_key_no_network_and_no_script_in_the_document() {
    let limits = Limits {
        api_key: Some("key".to_owned()),
        ..Limits::default()
    };
    let server = Server::start(limits).await;
    let mut left = vec!["/".to_owned()];
    let mut met = Vec::new();
    // Whatever a page or a module loads is there, too.
    while let Some(path) = left.pop() {
        let response = asked(&server, Request::get(&path)).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let headers = response.headers();
        let policy = headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(
            policy.contains("script-src 'self';") && !policy.contains("unsafe"),
            "{policy}"
        );
        assert_eq!(headers[CACHE_CONTROL], "no-cache");
        let tag = headers[ETAG].clone();
        let again = Request::get(&path).header("if-none-match", tag);
        assert_eq!(
            asked(&server, again).await.status(),
            StatusCode::NOT_MODIFIED
        );
        let text = text(response).await;
        for loaded in text
            .split('"')
            .filter(|part| part.starts_with("/ui/") || part.starts_with("./"))
        {
            let address = loaded.replace("./", "/ui/");
            if !met.contains(&address) {
                met.push(address.clone());
                left.push(address);
            }
        }
        if path == "/" {
            assert!(
                !text.contains("<script>") && !text.contains("style=") && !text.contains(" on")
            );
        }
        let elsewhere = text.matches("http").count() - text.matches("http://www.w3.org").count();
        assert_eq!(elsewhere, 0, "{path} names another host");
    }
    assert_eq!(met.len() + 1, crate::api::pages_in_the_binary());
    let refused = server.send("GET", "/api/v1/live", "", Vec::new()).await;
    assert_eq!(refused.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn who_watches_is_told_each_second_until_the_end() {
    let server = Server::start(Limits::default()).await;
    server.app.look();
    server.app.look();
    let response = asked(&server, Request::get("/api/v1/live")).await;
    assert_eq!(response.headers()[CONTENT_TYPE], "text/event-stream");
    let items = server.items();
    server.like("u", &items[0]).await;
    server.app.look();
    server.app.live.tell(crate::api::END, &());
    let told = text(response).await;
    let names: Vec<&str> = told
        .lines()
        .filter_map(|line| line.strip_prefix("event: "))
        .collect();
    assert_eq!(names, ["history", "training", "sample"], "{told}");
    let sample = told
        .lines()
        .rfind(|line| line.starts_with("data: "))
        .unwrap();
    let sample: serde_json::Value = serde_json::from_str(&sample[6..]).unwrap();
    assert!(sample["events_per_sec"].as_f64().unwrap() > 0.0, "{sample}");
    assert!(sample["p99_ms"].as_f64().unwrap() > 0.0, "{sample}");
}

#[tokio::test]
async fn reports_are_listed_and_drawn_alone() {
    let folder = tempfile::tempdir().unwrap();
    save(&folder.path().join("model"), 1);
    std::fs::write(folder.path().join("leaderboard.json"), "{\"rows\": []}").unwrap();
    std::fs::create_dir(folder.path().join("made")).unwrap();
    std::fs::write(folder.path().join("made/report.html"), "<script>1</script>").unwrap();
    let server = Server::open(folder, Limits::default()).await;
    let listed = server.get("/api/v1/reports").await;
    let ids: Vec<&str> = listed["reports"]
        .as_array()
        .unwrap()
        .iter()
        .map(|report| report["id"].as_str().unwrap())
        .collect();
    assert!(
        ids.contains(&"0/leaderboard.json") && ids.contains(&"0/made/report.html"),
        "{ids:?}"
    );
    let board = server
        .get("/api/v1/reports/file?id=0%2Fleaderboard.json")
        .await;
    assert_eq!(board, json!({"rows": []}));
    let page = asked(
        &server,
        Request::get("/api/v1/reports/file?id=0/made/report.html"),
    )
    .await;
    let policy = page.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(
        policy.starts_with("sandbox allow-scripts; default-src 'none'"),
        "{policy}"
    );
    let path = "/api/v1/reports/file?id=0/../../etc/passwd";
    assert_eq!(
        server.fails("GET", path, "").await,
        (404, "unknown_report".to_owned())
    );
}

#[tokio::test]
async fn models_are_loaded_by_name_compared_and_rolled_back() {
    let server = Server::start(Limits::default()).await;
    let items = server.items();
    server.like("u", &items[0]).await;
    let first = server.get("/api/recommend/u").await;
    save(&server.folder.path().join("other"), 2);
    let shelf = server.get("/api/v1/models/shelf").await;
    let names: Vec<_> = shelf["models"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["name"])
        .collect();
    assert_eq!(names, ["model", "other"]);
    assert_eq!(
        server.fails("POST", "/api/v1/models/rollback", "").await,
        (409, "no_earlier_model".to_owned())
    );
    let body = json!({"with": "other", "user": "u"});
    let compared = server.put("POST", "/api/v1/models/compare", body).await;
    assert_eq!(compared["now"]["items"][0]["item"], first[0]);
    let theirs = compared["other"]["items"].clone();
    assert_ne!(compared["now"]["items"], theirs);
    let same = server
        .put(
            "POST",
            "/api/v1/models/compare",
            json!({"with": "model", "user": "u"}),
        )
        .await;
    assert_eq!(same["shared"], 10);
    let loaded = server
        .put("POST", "/api/v1/models/load", json!({"name": "other"}))
        .await;
    assert!(loaded["folder"].as_str().unwrap().ends_with("other"));
    assert_eq!(server.get("/api/recommend/u").await[0], theirs[0]["item"]);
    server
        .put("POST", "/api/v1/models/rollback", json!(null))
        .await;
    assert_eq!(server.get("/api/recommend/u").await, first);
    for name in ["../model", "nothing", ""] {
        let body = json!({ "name": name }).to_string();
        let refused = server.fails("POST", "/api/v1/models/load", body).await;
        assert_eq!(refused, (404, "unknown_model".to_owned()), "{name}");
    }
}

#[tokio::test]
async fn health_asks_the_database() {
    let server = Server::start(Limits::default()).await;
    let well = server.get("/api/health").await;
    assert!(well["ready"] == true && well["database_ms"].as_f64().unwrap() > 0.0);
    let path = server.folder.path().join("data/sparring.db");
    let other = rusqlite::Connection::open(path).unwrap();
    other
        .execute_batch("alter table users rename to lost")
        .unwrap();
    assert_eq!(server.fails("GET", "/api/health", "").await.0, 503);
    let (status, told) = server
        .send("GET", "/api/health/ready", "", Vec::new())
        .await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(told["Ready"] == false && told["DataStoreError"].is_string());
    assert_eq!(server.get("/api/health/live").await["Ready"], true);
    let refused = json!([event("like", "u", "i")]).to_string();
    assert_eq!(server.fails("POST", "/api/feedback", refused).await.0, 500);
}
