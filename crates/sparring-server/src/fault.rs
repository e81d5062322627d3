//! What a request is told when it fails: a status, a code, what was found, what to do.

use std::sync::Arc;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::engine::LoadError;
use crate::store::StoreError;

/// A failed request.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fault {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) remedy: &'static str,
}

/// The body as clients read it.
#[derive(Serialize)]
struct Body<'a> {
    code: &'a str,
    message: &'a str,
    remedy: &'a str,
}

impl Fault {
    pub(crate) fn new(
        status: StatusCode,
        code: &'static str,
        message: impl Into<String>,
        remedy: &'static str,
    ) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            remedy,
        }
    }

    /// 400.
    pub(crate) fn bad(
        code: &'static str,
        message: impl Into<String>,
        remedy: &'static str,
    ) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message, remedy)
    }

    pub(crate) fn no_user() -> Self {
        let remedy = "insert the user, or send an event of theirs first";
        Self::new(
            StatusCode::NOT_FOUND,
            "unknown_user",
            "there is no such user",
            remedy,
        )
    }

    pub(crate) fn no_item() -> Self {
        let remedy = "insert the item, or send an event on it first";
        Self::new(
            StatusCode::NOT_FOUND,
            "unknown_item",
            "there is no such item",
            remedy,
        )
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let body = Body {
            code: self.code,
            message: &self.message,
            remedy: self.remedy,
        };
        (self.status, Json(body)).into_response()
    }
}

impl From<&StoreError> for Fault {
    fn from(error: &StoreError) -> Self {
        let (status, code) = match error {
            StoreError::Cursor { .. } => (StatusCode::BAD_REQUEST, "bad_cursor"),
            StoreError::TooMany { .. } => (StatusCode::BAD_REQUEST, "too_many"),
            StoreError::Locked => (StatusCode::SERVICE_UNAVAILABLE, "storage_locked"),
            StoreError::Full => (StatusCode::SERVICE_UNAVAILABLE, "storage_full"),
            StoreError::ReadOnly => (StatusCode::SERVICE_UNAVAILABLE, "storage_read_only"),
            StoreError::Closed => (StatusCode::SERVICE_UNAVAILABLE, "shutting_down"),
            _ => (StatusCode::INTERNAL_SERVER_ERROR, "storage_failed"),
        };
        Self::new(status, code, error.to_string(), error.hint())
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::from(&error)
    }
}

impl From<Arc<StoreError>> for Fault {
    fn from(error: Arc<StoreError>) -> Self {
        Self::from(&*error)
    }
}

impl From<LoadError> for Fault {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Store(error) => error.into(),
            LoadError::Artifact(error) => {
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                Self::new(status, "model_refused", error.to_string(), error.hint())
            }
        }
    }
}
