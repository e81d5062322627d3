//! What stands before every request.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{AUTHORIZATION, HeaderValue};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use subtle::ConstantTimeEq;

use super::App;
use crate::fault::Fault;

/// Lets those with the key or the admin key pass.
pub(super) async fn user(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let limits = &app.limits;
    let keys = [&limits.api_key, &limits.admin_key];
    let open = limits.api_key.is_none();
    pass(&app, open, &keys, request, next).await
}

/// Lets those with the admin key pass, or with the key if there is no other.
pub(super) async fn admin(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let limits = &app.limits;
    let key = limits
        .admin_key
        .as_ref()
        .or(limits.api_key.as_ref())
        .cloned();
    let open = key.is_none();
    pass(&app, open, &[&key], request, next).await
}

async fn pass(
    app: &App,
    open: bool,
    keys: &[&Option<String>],
    request: Request,
    next: Next,
) -> Response {
    let given = given(request.headers());
    if !open {
        // All are compared, each in a time that does not depend on where it differs.
        let right = keys.iter().fold(0, |right, key| match key {
            Some(key) => right | key.as_bytes().ct_eq(given).unwrap_u8(),
            None => right,
        });
        if right == 0 {
            let (message, remedy) = ("the key is missing or wrong", "send it as X-API-Key");
            return Fault::new(StatusCode::UNAUTHORIZED, "unauthorized", message, remedy)
                .into_response();
        }
    }
    if !app
        .rate
        .take(if open { b"" } else { given }, Instant::now())
    {
        let (message, remedy) = ("too many requests with this key", "wait a second");
        let fault = Fault::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_requests",
            message,
            remedy,
        );
        return ([("retry-after", "1")], fault).into_response();
    }
    next.run(request).await
}

fn given(headers: &HeaderMap) -> &[u8] {
    if let Some(key) = headers.get("x-api-key") {
        return key.as_bytes();
    }
    let bearer = headers
        .get(AUTHORIZATION)
        .map_or(&b""[..], HeaderValue::as_bytes);
    bearer.strip_prefix(b"Bearer ").unwrap_or_default()
}

/// Ends what takes too long, counts, and logs without ids or keys.
pub(super) async fn around(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let begin = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let answer = tokio::time::timeout(app.limits.timeout, next.run(request)).await;
    let response = answer.unwrap_or_else(|_| {
        let (message, remedy) = ("the request took too long", "send less at once");
        Fault::new(StatusCode::REQUEST_TIMEOUT, "timeout", message, remedy).into_response()
    });
    let route = route.as_ref().map_or("none", |route| route.as_str());
    let status = response.status().as_u16();
    let took = begin.elapsed();
    app.metrics.count(&method, route, status, took);
    app.live.count(status, took);
    tracing::info!(%method, route, status, micros = took.as_micros(), "answered");
    response
}

/// What a page may load: its own scripts and styles, none that stand in a document.
pub(super) const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Headers that keep browsers careful. There is none that lets other origins in.
pub(super) async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Pages and reports have their own.
    for (name, value) in [
        ("cache-control", "no-store"),
        ("content-security-policy", POLICY),
    ] {
        let entry = headers.entry(name);
        entry.or_insert(HeaderValue::from_static(value));
    }
    response
}

/// A bucket of requests for each key, filled again every second.
pub(crate) struct Buckets {
    rate: f64,
    left: Mutex<HashMap<Vec<u8>, (f64, Instant)>>,
}

impl Buckets {
    pub(crate) fn new(rate: u32) -> Self {
        Self {
            rate: f64::from(rate),
            left: Mutex::new(HashMap::new()),
        }
    }

    /// Whether there is one left. Only keys that passed get here, so that there are few buckets.
    fn take(&self, key: &[u8], now: Instant) -> bool {
        if self.rate == 0.0 {
            return true;
        }
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = left.entry(key.to_vec()).or_insert((self.rate, now));
        let filled = bucket.0 + self.rate * (now - bucket.1).as_secs_f64();
        *bucket = (filled.min(self.rate), now);
        let any = bucket.0 >= 1.0;
        bucket.0 -= f64::from(u8::from(any));
        any
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_bucket_is_emptied_and_filled_again() {
        let (buckets, start) = (Buckets::new(4), Instant::now());
        let took = |key: &[u8], millis| buckets.take(key, start + Duration::from_millis(millis));
        assert_eq!(
            [0; 5].map(|_| took(b"a", 0)),
            [true, true, true, true, false]
        );
        assert!(took(b"b", 0), "another key has a bucket of its own");
        // A quarter of a second is one request.
        assert!(!took(b"a", 200));
        assert!(took(b"a", 260) && !took(b"a", 270));
        // It holds no more than a second's worth.
        assert_eq!(
            [0; 5].map(|_| took(b"a", 60_000)),
            [true, true, true, true, false]
        );
        let free = Buckets::new(0);
        assert!((0..1000).all(|_| free.take(b"a", start)));
    }
}
