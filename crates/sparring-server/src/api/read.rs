//! What is read of a request, and how it is refused.

use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, MapAccess, Visitor};

use super::App;
use crate::fault::Fault;
use crate::moment::{Moment, duration};

/// Bytes of an id, at most.
const LONGEST_ID: usize = 512;
/// How far ahead of the server's clock an event may lie.
const AHEAD: i64 = 24 * 3_600_000_000;

/// A body that is one JSON object.
pub(super) struct Body<T>(pub(super) T);

/// A body that is a JSON list of objects.
pub(super) struct Bodies<T>(pub(super) Vec<T>);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, state: &S) -> Result<Self, Fault> {
        let Object(one) = body(request, state).await?;
        Ok(Self(one))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Bodies<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, state: &S) -> Result<Self, Fault> {
        let all: Vec<Object<T>> = body(request, state).await?;
        Ok(Self(all.into_iter().map(|Object(one)| one).collect()))
    }
}

async fn body<S: Send + Sync, T: DeserializeOwned>(
    request: Request,
    state: &S,
) -> Result<T, Fault> {
    let bytes = Bytes::from_request(request, state).await;
    let bytes = bytes.map_err(|error: BytesRejection| {
        if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
            let (message, remedy) = ("the body is too large", "send it in smaller parts");
            Fault::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "body_too_large",
                message,
                remedy,
            )
        } else {
            Fault::bad("bad_body", error.body_text(), "send the request again")
        }
    })?;
    serde_json::from_slice(&bytes).map_err(|error| {
        let message = format!("the body is not what is expected here: {error}");
        Fault::bad(
            "bad_json",
            message,
            "send JSON with the fields of this address",
        )
    })
}

/// What is read from named fields alone; serde takes a list of fields in their order, too.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Named<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Named<T> {
            type Value = T;

            fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
                to.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(fields))
            }
        }

        from.deserialize_map(Named(PhantomData)).map(Self)
    }
}

/// The parts of an address and its parameters.
pub(super) struct Asked {
    path: HashMap<String, String>,
    query: Vec<(String, String)>,
}

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Fault> {
        let wrong = |message: String| {
            Fault::bad(
                "bad_address",
                message,
                "write ids and parameters in percent encoding",
            )
        };
        let path = Path::<HashMap<String, String>>::from_request_parts(parts, state).await;
        let Path(path) = path.map_err(|error| wrong(error.body_text()))?;
        let query = Query::<Vec<(String, String)>>::from_request_parts(parts, state).await;
        let Query(query) = query.map_err(|error| wrong(error.body_text()))?;
        path.values().try_for_each(|id| check_id(id))?;
        Ok(Self { path, query })
    }
}

impl Asked {
    /// A part of the path that the address has.
    pub(super) fn part(&self, name: &str) -> &str {
        self.path.get(name).map_or("", String::as_str)
    }

    pub(super) fn part_or_none(&self, name: &str) -> Option<&str> {
        self.path.get(name).map(String::as_str)
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(key, _)| key == name);
        found
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// The categories of the path and of all parameters of that name.
    pub(super) fn categories(&self) -> Vec<String> {
        let named = self.query.iter().filter(|(key, _)| key == "category");
        let named = named.map(|(_, value)| value.as_str());
        let all = self.part_or_none("category").into_iter().chain(named);
        all.filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// A whole number from 0 to `most`.
    pub(super) fn number(&self, name: &str, default: usize, most: usize) -> Result<usize, Fault> {
        let Some(text) = self.text(name) else {
            return Ok(default);
        };
        match text.parse::<usize>() {
            Ok(number) if number <= most => Ok(number),
            _ => Err(Fault::bad(
                "bad_number",
                format!("`{name}` must be a whole number from 0 to {most}, got `{text:.40}`"),
                "ask for fewer at once and go on with `offset` or `cursor`",
            )),
        }
    }

    /// How many, 10 unless told.
    pub(super) fn n(&self, app: &App) -> Result<usize, Fault> {
        self.number("n", 10, app.limits.page)
    }

    pub(super) fn offset(&self, app: &App) -> Result<usize, Fault> {
        self.number("offset", 0, app.limits.page)
    }

    /// Where a page begins; one client spells it with a capital.
    pub(super) fn cursor(&self) -> Option<&str> {
        self.text("cursor").or_else(|| self.text("Cursor"))
    }

    /// Microseconds of `1h30m`.
    pub(super) fn delay(&self, name: &str) -> Result<i64, Fault> {
        let Some(text) = self.text(name) else {
            return Ok(0);
        };
        duration(text).ok_or_else(|| {
            let message = format!("`{name}` must be a duration, got `{text:.40}`");
            Fault::bad("bad_duration", message, "write it as 10s, 5m or 1h30m")
        })
    }

    pub(super) fn diversity(&self) -> Result<f32, Fault> {
        let text = self.text("diversity").unwrap_or("0");
        check_diversity(text.parse().unwrap_or(f32::NAN))
    }
}

pub(super) fn check_diversity(diversity: f32) -> Result<f32, Fault> {
    if (0.0..=1.0).contains(&diversity) {
        return Ok(diversity);
    }
    let message = "`diversity` must be a number from 0 to 1";
    Err(Fault::bad(
        "bad_number",
        message,
        "leave it out for the order of the scores",
    ))
}

/// Ids are any text without control characters, from 1 to 512 bytes.
pub(super) fn check_id(id: &str) -> Result<(), Fault> {
    if !id.is_empty() && id.len() <= LONGEST_ID && !id.chars().any(char::is_control) {
        return Ok(());
    }
    let message = format!("an id must have 1 to {LONGEST_ID} bytes and no control characters");
    Err(Fault::bad("bad_id", message, "use another id"))
}

/// A time, or none if the text is empty.
pub(super) fn time(text: Option<&str>) -> Result<Option<Moment>, Fault> {
    match text {
        None | Some("") => Ok(None),
        Some(text) => Moment::parse(text).map(Some).ok_or_else(|| {
            let message = format!("`{text:.40}` is not a time");
            Fault::bad("bad_time", message, "write it as 2022-11-20T13:55:27Z")
        }),
    }
}

/// A time that is not beyond tomorrow.
pub(super) fn not_ahead(time: Moment) -> Result<Moment, Fault> {
    if time.0 <= Moment::now().0 + AHEAD {
        return Ok(time);
    }
    let message = format!("the event lies in the future: {time}");
    let remedy = "check the clock of the client; events may lie a day ahead at most";
    Err(Fault::bad("future_event", message, remedy))
}
