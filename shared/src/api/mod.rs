//! The documents and requests of the control socket, one file a noun.
//!
//! Every document is a [`Document`]: `"schema":"callsync/<noun>/v1"` beside the noun's own fields.

pub mod account;
pub mod alert;
pub mod audit;
pub mod call;
pub mod cdr;
pub mod config;
pub mod directory;
pub mod event;
pub mod group;
pub mod health;
pub mod job;
pub mod removal;
pub mod retention;
pub mod schedule;
pub mod server;
pub mod status;
pub mod sync;

use serde::{Deserialize, Serialize};

/// Name of the document of `noun`, as in `callsync/account/v1`.
#[must_use]
pub fn schema(noun: &str) -> String {
    format!("callsync/{noun}/v1")
}

/// A noun that has a document of its own.
pub trait Noun: Serialize {
    /// The name in the schema, for example `account`.
    const NOUN: &'static str;
}

/// One thing with its schema.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Document<T> {
    /// `callsync/<noun>/v1`.
    pub schema: String,
    /// Present and true when nothing was changed because `--dry-run` was asked for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
    /// The thing.
    #[serde(flatten)]
    pub body: T,
}

impl<T: Noun> Document<T> {
    /// Wraps a body that describes the present.
    pub fn new(body: T) -> Self {
        Self {
            schema: schema(T::NOUN),
            dry_run: false,
            body,
        }
    }

    /// Wraps a body that describes what a change makes, or would make.
    pub fn changed(body: T, dry_run: bool) -> Self {
        Self {
            schema: schema(T::NOUN),
            dry_run,
            body,
        }
    }
}

/// A list: `callsync/<noun>-list/v1` with `items`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct List<T> {
    /// `callsync/<noun>-list/v1`.
    pub schema: String,
    /// The things, in the order the verb documents.
    pub items: Vec<T>,
}

impl<T: Noun> List<T> {
    /// Wraps the items.
    pub fn new(items: Vec<T>) -> Self {
        Self {
            schema: schema(&format!("{}-list", T::NOUN)),
            items,
        }
    }
}
