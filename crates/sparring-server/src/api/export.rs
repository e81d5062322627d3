//! All events at once, while they are read.

use std::io::{self, Write};
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use tokio::sync::mpsc;

use super::App;
use super::streams::Arriving;
use crate::export::{ExportFormat, write_to};

/// Bytes that are sent together.
const CHUNK: usize = 1 << 16;

type Part = Result<Bytes, io::Error>;

/// Sends what is written, and waits where the client is slow.
struct Sending {
    to: mpsc::Sender<Part>,
    kept: Vec<u8>,
}

impl Write for Sending {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.kept.extend_from_slice(bytes);
        if self.kept.len() >= CHUNK {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let bytes = Bytes::from(std::mem::take(&mut self.kept));
        let sent = self.to.blocking_send(Ok(bytes));
        sent.map_err(|_| io::Error::new(io::ErrorKind::BrokenPipe, "the client has gone"))
    }
}

pub(super) async fn csv(State(app): State<Arc<App>>) -> Response {
    send(
        &app,
        ExportFormat::Csv,
        "text/csv; charset=utf-8",
        "events.csv",
    )
}

pub(super) async fn parquet(State(app): State<Arc<App>>) -> Response {
    let kind = "application/vnd.apache.parquet";
    send(&app, ExportFormat::Parquet, kind, "events.parquet")
}

fn send(app: &Arc<App>, format: ExportFormat, kind: &'static str, name: &str) -> Response {
    let (to, from) = mpsc::channel::<Part>(4);
    let store = Arc::clone(&app.store);
    tokio::task::spawn_blocking(move || {
        let mut out = Sending {
            to: to.clone(),
            kept: Vec::with_capacity(CHUNK),
        };
        let written = write_to(&*store, format, &mut out).map_err(io::Error::other);
        if let Err(error) = written.and_then(|_| out.flush()) {
            // A body that breaks off is no whole file to the client.
            tracing::warn!(%error, "an export ended early");
            let _ = to.blocking_send(Err(error));
        }
    });
    let saved = format!("attachment; filename=\"{name}\"");
    let headers = [
        (CONTENT_TYPE, kind.to_owned()),
        (CONTENT_DISPOSITION, saved),
    ];
    (headers, Body::from_stream(Arriving(from))).into_response()
}
