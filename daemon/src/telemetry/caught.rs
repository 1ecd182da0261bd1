//! Catches notable events on their way to the log, for the durable journal: whatever the level of logging is.

use std::fmt;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{Layer, layer::Context};

use crate::domain::clock::{Clock as _, SystemClock};

/// Target of notable events.
pub(super) const TARGET: &str = "callsyncd::event";
/// Events that wait for the journal; beyond it they are only logged.
const WAITING: usize = 4_096;

/// A notable event as it was logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caught {
    /// When.
    pub at: Timestamp,
    /// How serious.
    pub level: Level,
    /// Stable name.
    pub name: String,
    /// Name of the account.
    pub account: Option<String>,
    /// Id of the job.
    pub job: Option<String>,
    /// The line a person reads.
    pub message: String,
    /// What to type or check next.
    pub hint: Option<String>,
}

/// The layer that catches them.
pub(super) struct Catcher(mpsc::Sender<Caught>);

/// A catcher and where its catch arrives.
pub(super) fn catcher() -> (Catcher, mpsc::Receiver<Caught>) {
    let (sender, receiver) = mpsc::channel(WAITING);
    (Catcher(sender), receiver)
}

impl<S: Subscriber> Layer<S> for Catcher {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let caught = Caught {
            at: SystemClock.now(),
            level: *event.metadata().level(),
            name: fields.name,
            account: fields.account,
            job: fields.job,
            message: fields.message,
            hint: fields.hint,
        };
        // Never waits: whoever logs must not be held up by a slow disk.
        let _ = self.0.try_send(caught);
    }
}

#[derive(Default)]
struct Fields {
    name: String,
    account: Option<String>,
    job: Option<String>,
    message: String,
    hint: Option<String>,
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        let value = value.to_owned();
        match field.name() {
            "event" => self.name = value,
            "account" => self.account = Some(value),
            "job" => self.job = Some(value),
            "hint" => self.hint = Some(value),
            "message" => self.message = value,
            _ => {}
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.message = format!("{value:?}");
        }
    }
}
