//! Bodies that are sent while they are made.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_core::Stream;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;

use super::App;

/// What arrives at the other end of a channel.
pub(super) struct Arriving<T>(pub(super) mpsc::Receiver<T>);

impl<T> Stream for Arriving<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        self.0.poll_recv(context)
    }
}

type Told = Result<Event, Infallible>;

/// The seconds that are remembered, then each new one and what else happens, until the client or the server ends.
pub(super) async fn live(State(app): State<Arc<App>>) -> Sse<impl Stream<Item = Told>> {
    let (send, receive) = mpsc::channel::<Told>(8);
    let mut news = app.live.watch();
    let training = serde_json::to_string(&app.training.show());
    let json = |value: serde_json::Result<String>| value.expect("what is told has JSON");
    let samples = json(serde_json::to_string(&app.live.samples()));
    tokio::spawn(async move {
        for (name, data) in [("history", samples), ("training", json(training))] {
            let event = Event::default().event(name).data(data);
            if send.send(Ok(event)).await.is_err() {
                return;
            }
        }
        loop {
            let event = match news.recv().await {
                Ok(news) if news.name == END => return,
                Ok(news) => Event::default().event(news.name).data(&*news.json),
                // A slow watcher misses some.
                Err(RecvError::Lagged(_)) => continue,
                Err(RecvError::Closed) => return,
            };
            if send.send(Ok(event)).await.is_err() {
                return;
            }
        }
    });
    Sse::new(Arriving(receive)).keep_alive(KeepAlive::default())
}

/// The last that watchers are told: the server ends, and so do they.
pub(crate) const END: &str = "end";
