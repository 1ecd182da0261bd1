//! Requests to the control socket; its routes are functions that know the document they answer with.

pub mod routes;

use std::{fmt::Write as _, marker::PhantomData};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Method,
    header::{ACCEPT, CONTENT_TYPE, HOST},
};
use serde::Serialize;
use serde_json::Value;

use super::Error;
use crate::{
    API_VERSION, VERSION,
    routes::{API_VERSION_HEADER, CONFIRM_HEADER, VERSION_HEADER, path},
};

/// A request whose good answer is a `T`.
#[derive(Debug)]
pub struct Request<T> {
    method: Method,
    path: String,
    query: Vec<(String, String)>,
    body: Result<Option<Bytes>, String>,
    confirmed: bool,
    document: PhantomData<fn() -> T>,
}

impl<T> Request<T> {
    fn new(method: Method, segments: &[&str]) -> Self {
        Self {
            method,
            path: path(segments),
            query: Vec::new(),
            body: Ok(None),
            confirmed: false,
            document: PhantomData,
        }
    }

    fn body(mut self, body: &impl Serialize) -> Self {
        self.body = serde_json::to_vec(body)
            .map(|bytes| Some(bytes.into()))
            .map_err(|error| error.to_string());
        self
    }

    fn parameter(mut self, name: &str, value: Option<impl Into<String>>) -> Self {
        if let Some(value) = value {
            self.query.push((name.to_owned(), value.into()));
        }
        self
    }

    /// The fields of a flat structure as query parameters.
    fn parameters(mut self, fields: &impl Serialize) -> Self {
        match serde_json::to_value(fields) {
            Ok(Value::Object(fields)) => {
                for (name, value) in fields {
                    match value {
                        Value::Null => {}
                        Value::String(text) => self.query.push((name, text)),
                        other => self.query.push((name, other.to_string())),
                    }
                }
            }
            Ok(_) => self.body = Err("the parameters are not fields".to_owned()),
            Err(error) => self.body = Err(error.to_string()),
        }
        self
    }

    /// Asks only what would happen.
    #[must_use]
    pub fn dry_run(self, dry_run: bool) -> Self {
        self.parameter("dry_run", dry_run.then_some("true"))
    }

    /// Says that a person confirmed it.
    #[must_use]
    pub fn confirmed(mut self) -> Self {
        self.confirmed = true;
        self
    }

    /// Path and query, as they go over the wire.
    #[must_use]
    pub fn target(&self) -> String {
        let mut target = self.path.clone();
        for (position, (name, value)) in self.query.iter().enumerate() {
            target.push(if position == 0 { '?' } else { '&' });
            encode(&mut target, name);
            target.push('=');
            encode(&mut target, value);
        }
        target
    }

    pub(super) fn to_http(&self) -> Result<hyper::Request<Full<Bytes>>, Error> {
        let body = self.body.clone().map_err(Error::Unsendable)?;
        let mut request = hyper::Request::builder()
            .method(&self.method)
            .uri(self.target())
            .header(HOST, "localhost")
            .header(ACCEPT, "application/json")
            .header(API_VERSION_HEADER, API_VERSION)
            .header(VERSION_HEADER, VERSION);
        if self.confirmed {
            request = request.header(CONFIRM_HEADER, "yes");
        }
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        request
            .body(Full::new(body.unwrap_or_default()))
            .map_err(|error| Error::Unsendable(error.to_string()))
    }
}

fn encode(target: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            target.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(target, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::routes;
    use crate::api::call::CallFilter;

    #[test]
    fn filters_become_escaped_parameters() {
        let filter = CallFilter {
            number: Some("+1 415&x".to_owned()),
            limit: Some(5),
            ..CallFilter::default()
        };
        assert_eq!(
            routes::calls("Ä/ß", &filter).dry_run(false).target(),
            "/v1/accounts/%C3%84%2F%C3%9F/calls?number=%2B1%20415%26x&limit=5"
        );
    }

    #[test]
    fn dot_names_are_not_resolved_as_paths() {
        assert_eq!(routes::account("..").target(), "/v1/accounts/..");
    }
}
