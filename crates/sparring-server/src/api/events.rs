//! Feedback.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::App;
use super::read::{Asked, Bodies, check_id, not_ahead, time};
use super::users::{Rows, write};
use crate::fault::Fault;
use crate::moment::Moment;
use crate::store::{Change, Feedback, Filter, Page};

/// An event as clients see one.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Shown {
    feedback_type: String,
    #[serde(default)]
    user_id: String,
    pub(super) item_id: String,
    #[serde(default)]
    value: f64,
    #[serde(default)]
    timestamp: Option<String>,
    #[serde(default)]
    comment: Option<String>,
}

impl Shown {
    /// The time, now if there is none.
    pub(super) fn time(&self) -> Result<Moment, Fault> {
        Ok(time(self.timestamp.as_deref())?.unwrap_or_else(Moment::now))
    }
}

fn read(shown: Shown) -> Result<Feedback, Fault> {
    for id in [&shown.feedback_type, &shown.user_id, &shown.item_id] {
        check_id(id)?;
    }
    Ok(Feedback {
        time: not_ahead(shown.time()?)?,
        kind: shown.feedback_type,
        user: shown.user_id,
        item: shown.item_id,
        value: shown.value,
        comment: shown.comment.unwrap_or_default(),
    })
}

fn show(event: Feedback) -> Shown {
    Shown {
        feedback_type: event.kind,
        user_id: event.user,
        item_id: event.item,
        value: event.value,
        timestamp: Some(event.time.to_string()),
        comment: Some(event.comment),
    }
}

pub(super) async fn insert(
    State(app): State<Arc<App>>,
    Bodies(events): Bodies<Shown>,
) -> Result<Json<Rows>, Fault> {
    put(&app, events, false).await
}

pub(super) async fn overwrite(
    State(app): State<Arc<App>>,
    Bodies(events): Bodies<Shown>,
) -> Result<Json<Rows>, Fault> {
    put(&app, events, true).await
}

async fn put(app: &App, events: Vec<Shown>, overwrite: bool) -> Result<Json<Rows>, Fault> {
    let events = events.into_iter().map(read).collect::<Result<_, _>>()?;
    write(app, Change::Feedback { events, overwrite }).await
}

/// Which events, with ids that outlive the request.
#[derive(Default)]
struct Wanted {
    user: Option<String>,
    item: Option<String>,
    kind: Option<String>,
    after: Option<String>,
    n: usize,
}

async fn find(app: &Arc<App>, wanted: Wanted) -> Result<(Vec<Shown>, Option<String>), Fault> {
    if let (None, Some(item)) = (&wanted.user, &wanted.item) {
        return find_of_item(app, item.clone(), wanted).await;
    }
    let found = app.stored(move |store| {
        let filter = Filter {
            user: wanted.user.as_deref(),
            item: wanted.item.as_deref(),
            kind: wanted.kind.as_deref(),
            until: Some(Moment::now()),
        };
        let page = Page {
            after: wanted.after.as_deref(),
            n: wanted.n,
            ..Page::default()
        };
        store.feedback(&filter, &page)
    });
    let (events, next) = found.await?;
    Ok((events.into_iter().map(show).collect(), next))
}

/// The events on an item, user by user: the storage has no index by item, the state knows who they are.
async fn find_of_item(
    app: &Arc<App>,
    item: String,
    wanted: Wanted,
) -> Result<(Vec<Shown>, Option<String>), Fault> {
    let engine = Arc::clone(app);
    let found = app.stored(move |store| {
        let users = {
            let state = engine.engine.read();
            let item = state.find_item(&item);
            item.map(|item| state.users_of(item)).unwrap_or_default()
        };
        let mut events = Vec::new();
        for user in &users {
            let filter = Filter {
                user: Some(user),
                item: Some(&item),
                kind: wanted.kind.as_deref(),
                until: Some(Moment::now()),
            };
            let page = Page {
                n: wanted.n - events.len(),
                ..Page::default()
            };
            events.extend(store.feedback(&filter, &page)?.0);
            if events.len() == wanted.n {
                break;
            }
        }
        Ok(events)
    });
    let events = found.await?;
    Ok((events.into_iter().map(show).collect(), None))
}

/// Feedback of all kinds or of one, page after page.
pub(super) async fn page(State(app): State<Arc<App>>, asked: Asked) -> Result<Json<Value>, Fault> {
    let wanted = Wanted {
        kind: asked.part_or_none("kind").map(str::to_owned),
        after: asked.cursor().map(str::to_owned),
        n: asked.n(&app)?,
        ..Wanted::default()
    };
    let (events, next) = find(&app, wanted).await?;
    Ok(Json(
        json!({ "Cursor": next.unwrap_or_default(), "Feedback": events }),
    ))
}

/// Everything between the ids of the path.
async fn found(app: &Arc<App>, asked: &Asked) -> Result<Vec<Shown>, Fault> {
    let part = |name| asked.part_or_none(name).map(str::to_owned);
    let wanted = Wanted {
        user: part("user"),
        item: part("item"),
        kind: part("kind"),
        n: app.limits.page,
        ..Wanted::default()
    };
    Ok(find(app, wanted).await?.0)
}

/// The feedback of a user, on an item, or between both.
pub(super) async fn all(
    State(app): State<Arc<App>>,
    asked: Asked,
) -> Result<Json<Vec<Shown>>, Fault> {
    Ok(Json(found(&app, &asked).await?))
}

/// The one event of a kind between a user and an item.
pub(super) async fn one(State(app): State<Arc<App>>, asked: Asked) -> Result<Json<Shown>, Fault> {
    let event = found(&app, &asked).await?.pop();
    event.map(Json).ok_or_else(|| {
        let (message, remedy) = ("there is no such event", "send it first");
        Fault::new(
            axum::http::StatusCode::NOT_FOUND,
            "unknown_event",
            message,
            remedy,
        )
    })
}

/// Deletes what is between a user and an item, of all kinds or of one.
pub(super) async fn delete(State(app): State<Arc<App>>, asked: Asked) -> Result<Json<Rows>, Fault> {
    let change = Change::DeleteFeedback {
        user: asked.part("user").to_owned(),
        item: asked.part("item").to_owned(),
        kind: asked.part_or_none("kind").map(str::to_owned),
    };
    write(&app, change).await
}
