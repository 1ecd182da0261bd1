//! What a handler answers with, and how it goes out: documents, streams of lines, problems.

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, Response, StatusCode, header::CONTENT_TYPE},
};
use callsync_shared::{
    API_VERSION, Problem, VERSION,
    api::{Document, List, Noun},
    problem::MEDIA_TYPE,
    routes::{API_VERSION_HEADER, VERSION_HEADER},
};
use futures_util::Stream;
use serde::Serialize;
use serde_json::Value;

/// Result of a handler.
pub type Answered = Result<Answer, Problem>;

/// A good answer.
pub struct Answer(Body, HeaderValue);

impl Answer {
    /// One thing.
    ///
    /// # Errors
    /// The view is no JSON: a defect.
    pub fn document<T: Noun>(body: T) -> Answered {
        Self::json(&Document::new(body))
    }

    /// One thing as a change made it, or would make it.
    ///
    /// # Errors
    /// The view is no JSON: a defect.
    pub fn changed<T: Noun>(body: T, dry_run: bool) -> Answered {
        Self::json(&Document::changed(body, dry_run))
    }

    /// A list.
    ///
    /// # Errors
    /// A view is no JSON: a defect.
    pub fn list<T: Noun>(items: Vec<T>) -> Answered {
        Self::json(&List::new(items))
    }

    /// Plain JSON without a schema.
    ///
    /// # Errors
    /// It is no JSON: a defect.
    pub fn value(value: &Value) -> Answered {
        Self::json(value)
    }

    /// A stream of lines, each ended by its sender. An error ends the connection without the last chunk, so that the
    /// client notices that the stream is not whole. A stream that is silent for long should send an empty line now and
    /// then: clients skip it.
    pub fn lines<E>(lines: impl Stream<Item = Result<Bytes, E>> + Send + 'static) -> Self
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>> + 'static,
    {
        Self(
            Body::from_stream(lines),
            HeaderValue::from_static("application/x-ndjson"),
        )
    }

    /// Text in a media type of its own.
    #[must_use]
    pub fn text(text: String, media_type: &'static str) -> Self {
        Self(Body::from(text), HeaderValue::from_static(media_type))
    }

    fn json(document: &impl Serialize) -> Answered {
        let bytes = serde_json::to_vec(document).map_err(|error| {
            Problem::new(
                callsync_shared::ExitCode::Failed,
                "internal",
                format!("the answer is no JSON: {error}"),
            )
            .hint("This is a defect of callsyncd; please report it.")
        })?;
        Ok(Self(Body::from(bytes), HeaderValue::from_static("application/json")))
    }
}

/// The HTTP answer.
pub(super) fn respond(answered: Answered) -> Response<Body> {
    let (status, body, media_type) = match answered {
        Ok(Answer(body, media_type)) => (StatusCode::OK, body, media_type),
        Err(problem) => {
            let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            // A problem is texts and numbers; it always is JSON.
            let body = serde_json::to_vec(&problem).unwrap_or_default();
            (status, Body::from(body), HeaderValue::from_static(MEDIA_TYPE))
        }
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, media_type);
    response
}

/// Names our versions in an answer, whatever it is.
pub(super) fn sign(response: &mut Response<Body>) {
    let headers = response.headers_mut();
    headers.insert(API_VERSION_HEADER, HeaderValue::from(API_VERSION));
    headers.insert(VERSION_HEADER, HeaderValue::from_static(VERSION));
}
