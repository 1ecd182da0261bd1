//! What goes back over the wire, and the error bodies Zoom documents.

use bytes::Bytes;
use serde_json::{Value, json};

/// An answer before it meets the socket.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Bytes,
    pub delivery: Delivery,
}

/// How the answer reaches the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    Whole,
    /// Half of the announced length, then the connection ends.
    Truncated,
    /// Nothing: the connection is reset.
    Reset,
}

impl Answer {
    pub fn json(status: u16, body: &Value) -> Self {
        Self::text(status, "application/json;charset=UTF-8", body.to_string())
    }

    pub fn ok(body: &Value) -> Self {
        Self::json(200, body)
    }

    pub fn text(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers: vec![("content-type", content_type.to_owned())],
            body: body.into(),
            delivery: Delivery::Whole,
        }
    }

    pub fn redirect(location: String) -> Self {
        Self {
            status: 302,
            headers: vec![("location", location)],
            body: Bytes::new(),
            delivery: Delivery::Whole,
        }
    }

    pub fn reset() -> Self {
        Self {
            status: 0,
            headers: Vec::new(),
            body: Bytes::new(),
            delivery: Delivery::Reset,
        }
    }

    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// An API error: `{"code":…,"message":…}`.
    pub fn error(status: u16, code: i64, message: &str) -> Self {
        Self::json(status, &json!({"code": code, "message": message}))
    }

    pub fn validation(field: &str, message: &str) -> Self {
        Self::json(
            400,
            &json!({"code": 300, "message": "Validation Failed.", "errors": [{"field": field, "message": message}]}),
        )
    }
}
