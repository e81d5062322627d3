//! Recommendations, what is popular and new, and what is beside what.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::App;
use super::events::Shown;
use super::read::{Asked, Bodies};
use crate::engine::{Listed, Shared, Who, Wish};
use crate::fault::Fault;
use crate::moment::Moment;
use crate::store::{Change, Feedback};

/// An entry of a list.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Scored {
    id: String,
    score: f64,
}

type Scores = Json<Vec<Scored>>;

pub(super) fn wish(app: &App, asked: &Asked) -> Result<Wish, Fault> {
    Ok(Wish {
        n: asked.n(app)?,
        offset: asked.offset(app)?,
        categories: asked.categories(),
        ..Wish::default()
    })
}

fn scored(list: Vec<(String, f64)>) -> Scores {
    let entries = list.into_iter().map(|(id, score)| Scored { id, score });
    Json(entries.collect())
}

fn of_answer(items: Vec<Listed>) -> Scores {
    let pairs = items
        .into_iter()
        .map(|entry| (entry.item, f64::from(entry.score)));
    scored(pairs.collect())
}

pub(super) async fn recommend(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    asked: Asked,
) -> Result<Response, Fault> {
    let delay = asked.delay("write-back-delay")?;
    let user = asked.part("user");
    let who = Who::User(user.to_owned());
    let answer = app.engine.recommend(&who, &wish(&app, &asked)?).await;
    if let Some(kind) = asked.text("write-back-type")
        && !answer.items.is_empty()
    {
        super::read::check_id(kind)?;
        let time = Moment::now().plus_micros(delay);
        let events = answer.items.iter().map(|entry| Feedback {
            kind: kind.to_owned(),
            user: user.to_owned(),
            item: entry.item.clone(),
            value: 0.0,
            time,
            comment: String::new(),
        });
        let events = events.collect();
        let overwrite = false;
        app.writer
            .write(vec![Change::Feedback { events, overwrite }])
            .await?;
    }
    // The second version of the address gives scores, the first ids alone.
    if headers
        .get("x-api-version")
        .is_some_and(|version| version == "2")
    {
        return Ok(of_answer(answer.items).into_response());
    }
    let ids: Vec<String> = answer.items.into_iter().map(|entry| entry.item).collect();
    Ok(Json(ids).into_response())
}

pub(super) async fn session(
    State(app): State<Arc<App>>,
    asked: Asked,
    Bodies(events): Bodies<Shown>,
) -> Result<Scores, Fault> {
    let mut timed = events
        .into_iter()
        .map(|event| Ok((event.time()?, event.item_id)))
        .collect::<Result<Vec<_>, Fault>>()?;
    timed.sort_by_key(|(time, _)| *time);
    let history = timed.into_iter().map(|(_, item)| item).collect();
    let (who, wish) = (Who::History(history), wish(&app, &asked)?);
    Ok(of_answer(app.engine.recommend(&who, &wish).await.items))
}

pub(super) async fn popular(State(app): State<Arc<App>>, asked: Asked) -> Result<Scores, Fault> {
    shared(&app, &asked, Shared::Popular)
}

pub(super) async fn latest(State(app): State<Arc<App>>, asked: Asked) -> Result<Scores, Fault> {
    shared(&app, &asked, Shared::Latest)
}

fn shared(app: &App, asked: &Asked, which: Shared) -> Result<Scores, Fault> {
    let list = app
        .engine
        .shared(which, &wish(app, asked)?, asked.text("user-id"));
    Ok(scored(list))
}

pub(super) async fn item_neighbours(
    State(app): State<Arc<App>>,
    asked: Asked,
) -> Result<Scores, Fault> {
    let wish = wish(&app, &asked)?;
    Ok(scored(
        app.engine.item_neighbours(asked.part("item"), &wish).await,
    ))
}

pub(super) async fn user_neighbours(
    State(app): State<Arc<App>>,
    asked: Asked,
) -> Result<Scores, Fault> {
    let wish = wish(&app, &asked)?;
    Ok(scored(
        app.engine.user_neighbours(asked.part("user"), &wish).await,
    ))
}
