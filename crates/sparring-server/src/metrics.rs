//! Counts and times of requests, as Prometheus reads them.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::http::Method;

/// Upper ends of the buckets in microseconds.
const ENDS: [u32; 13] = [
    100, 250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000,
    10_000_000,
];

/// Requests by method, route and status.
#[derive(Debug, Default)]
pub(crate) struct Metrics(Mutex<BTreeMap<(String, String, u16), Series>>);

#[derive(Debug, Default, Clone)]
struct Series {
    buckets: [u64; ENDS.len()],
    count: u64,
    micros: u128,
}

impl Metrics {
    pub(crate) fn count(&self, method: &Method, route: &str, status: u16, took: Duration) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Methods are free text; only those that exist get a series.
        let known = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
        let method = if known.contains(&method.as_str()) {
            method.as_str()
        } else {
            "other"
        };
        let key = (method.to_owned(), route.to_owned(), status);
        let series = all.entry(key).or_default();
        series.count += 1;
        series.micros += took.as_micros();
        if let Some(at) = ENDS
            .iter()
            .position(|end| took.as_micros() <= u128::from(*end))
        {
            series.buckets[at] += 1;
        }
    }

    /// Requests so far.
    pub(crate) fn total(&self) -> u64 {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.values().map(|series| series.count).sum()
    }

    /// The text of `/metrics`, with gauges after it.
    pub(crate) fn text(&self, gauges: &[(&str, f64)]) -> String {
        let all = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let mut out = String::from("# TYPE sparring_request_seconds histogram\n");
        let name = "sparring_request_seconds";
        for ((method, route, status), series) in &all {
            let labels = format!("method=\"{method}\",route=\"{route}\",status=\"{status}\"");
            let mut sum = 0;
            for (end, count) in ENDS.iter().zip(&series.buckets) {
                sum += count;
                let end = f64::from(*end) / 1e6;
                let _ = writeln!(out, "{name}_bucket{{{labels},le=\"{end}\"}} {sum}");
            }
            let _ = writeln!(
                out,
                "{name}_bucket{{{labels},le=\"+Inf\"}} {}",
                series.count
            );
            let _ = writeln!(out, "{name}_sum{{{labels}}} {}", series.micros as f64 / 1e6);
            let _ = writeln!(out, "{name}_count{{{labels}}} {}", series.count);
        }
        for (name, value) in gauges {
            let _ = writeln!(out, "# TYPE sparring_{name} gauge\nsparring_{name} {value}");
        }
        out
    }
}
