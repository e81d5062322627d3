//! What happens at the moment, second by second, for whoever watches.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::broadcast;

/// Seconds that are remembered.
const KEPT: usize = 180;
/// Buckets of times: eight for each doubling, from a microsecond on.
const BUCKETS: usize = 8 * 32;
/// News that a slow watcher may be behind before some are left out.
const BEHIND: usize = 64;

/// Counts since the start.
#[derive(Debug)]
pub(crate) struct Live {
    took: [AtomicU64; BUCKETS],
    failed: AtomicU64,
    seen: Mutex<Seen>,
    news: broadcast::Sender<News>,
}

/// Something that watchers are told: the name of the event, and its JSON.
#[derive(Debug, Clone)]
pub(crate) struct News {
    pub(crate) name: &'static str,
    pub(crate) json: Arc<str>,
}

/// What a second brought.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Sample {
    /// When it ended, in seconds since 1970.
    pub(crate) at: f64,
    pub(crate) events_per_sec: f64,
    pub(crate) lists_per_sec: f64,
    pub(crate) requests_per_sec: f64,
    /// Answers with a status of 500 or more.
    pub(crate) failures_per_sec: f64,
    /// Of the requests of this second; none if there were none.
    pub(crate) p50_ms: Option<f64>,
    pub(crate) p99_ms: Option<f64>,
    pub(crate) resident_bytes: u64,
}

/// Counts that only grow.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Totals {
    pub(crate) events: u64,
    pub(crate) lists: u64,
    pub(crate) resident_bytes: u64,
}

/// What was there at the last look.
#[derive(Debug)]
struct Seen {
    at: f64,
    totals: Totals,
    failed: u64,
    took: [u64; BUCKETS],
    samples: VecDeque<Sample>,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            took: std::array::from_fn(|_| AtomicU64::new(0)),
            failed: AtomicU64::new(0),
            seen: Mutex::new(Seen {
                at: 0.0,
                totals: Totals::default(),
                failed: 0,
                took: [0; BUCKETS],
                samples: VecDeque::new(),
            }),
            news: broadcast::channel(BEHIND).0,
        }
    }
}

impl Live {
    /// Counts an answer.
    pub(crate) fn count(&self, status: u16, took: Duration) {
        self.took[bucket(took)].fetch_add(1, Ordering::Relaxed);
        if status >= 500 {
            self.failed.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Looks at what has changed since the last look, and tells the watchers.
    pub(crate) fn look(&self, at: f64, totals: Totals) {
        let sample = {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            let secs = (at - seen.at).max(1e-3);
            let took = std::array::from_fn(|i| self.took[i].load(Ordering::Relaxed));
            let failed = self.failed.load(Ordering::Relaxed);
            let fresh: Vec<u64> = took.iter().zip(seen.took).map(|(n, o)| n - o).collect();
            let rate = |now: u64, before: u64| now.saturating_sub(before) as f64 / secs;
            let sample = Sample {
                at,
                events_per_sec: rate(totals.events, seen.totals.events),
                lists_per_sec: rate(totals.lists, seen.totals.lists),
                requests_per_sec: rate(fresh.iter().sum(), 0),
                failures_per_sec: rate(failed, seen.failed),
                p50_ms: quantile(&fresh, 0.5),
                p99_ms: quantile(&fresh, 0.99),
                resident_bytes: totals.resident_bytes,
            };
            let first = seen.at == 0.0;
            (seen.at, seen.totals, seen.failed, seen.took) = (at, totals, failed, took);
            if first {
                // There is nothing yet to compare with.
                return;
            }
            if seen.samples.len() == KEPT {
                seen.samples.pop_front();
            }
            seen.samples.push_back(sample.clone());
            sample
        };
        self.tell("sample", &sample);
    }

    /// The seconds that are remembered, oldest first.
    pub(crate) fn samples(&self) -> Vec<Sample> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.samples.iter().cloned().collect()
    }

    /// Tells the watchers something.
    pub(crate) fn tell(&self, name: &'static str, what: &impl Serialize) {
        let json = serde_json::to_string(what).expect("what is told has JSON");
        // Nobody may be watching.
        let _ = self.news.send(News {
            name,
            json: json.into(),
        });
    }

    /// What comes from now on.
    pub(crate) fn watch(&self) -> broadcast::Receiver<News> {
        self.news.subscribe()
    }
}

fn bucket(took: Duration) -> usize {
    let micros = (took.as_secs_f64() * 1e6).max(1.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a small number, not below 0"
    )]
    let at = (micros.log2() * 8.0) as usize;
    at.min(BUCKETS - 1)
}

/// Milliseconds that a share of the requests stayed below, to a twelfth; none without requests.
fn quantile(counts: &[u64], share: f64) -> Option<f64> {
    let all: u64 = counts.iter().sum();
    let wanted = share * all as f64;
    let mut sum = 0;
    let at = counts.iter().position(|count| {
        sum += count;
        sum > 0 && sum as f64 >= wanted
    })?;
    Some(((at + 1) as f64 / 8.0).exp2() / 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_is_what_came_since_the_last_look() {
        let live = Live::default();
        let mut news = live.watch();
        live.count(200, Duration::from_micros(900));
        live.look(100.0, Totals::default());
        assert!(live.samples().is_empty(), "nothing to compare with");
        for _ in 0..98 {
            live.count(200, Duration::from_millis(1));
        }
        live.count(503, Duration::from_millis(64));
        live.count(200, Duration::from_millis(64));
        let totals = Totals {
            events: 10,
            lists: 4,
            resident_bytes: 7,
        };
        live.look(102.0, totals);
        let sample = live.samples().pop().unwrap();
        let rates = (
            sample.events_per_sec,
            sample.lists_per_sec,
            sample.requests_per_sec,
            sample.failures_per_sec,
        );
        assert!((sample.at - 102.0).abs() < 1e-9 && sample.resident_bytes == 7);
        assert_eq!(rates, (5.0, 2.0, 50.0, 0.5));
        // 1 ms to 9 %, and the 99th of a hundred is one of the slow ones.
        let (p50, p99) = (sample.p50_ms.unwrap(), sample.p99_ms.unwrap());
        assert!(
            (1.0..1.1).contains(&p50) && (64.0..71.0).contains(&p99),
            "{p50} {p99}"
        );
        let told = news.try_recv().unwrap();
        assert!(told.name == "sample" && told.json.contains("\"lists_per_sec\":2.0"));
        live.look(103.0, totals);
        assert_eq!(live.samples()[1].p50_ms, None);
    }
}
