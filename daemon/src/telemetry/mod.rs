//! Logging: the journal, human text or JSON; the level can be changed while the daemon runs.
//!
//! Levels say what an operator must do: `error` act, `warn` look, `info` nothing, `debug` and `trace` are for
//! whoever mends the program. No secret at any level; no call party's number at `info` or above.

mod bound;
mod caught;
mod destination;
mod journal;

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::mpsc;
use tracing::{Level, Subscriber};
use tracing_subscriber::{
    Layer, Registry,
    filter::{LevelFilter, Targets},
    fmt,
    fmt::MakeWriter,
    layer::SubscriberExt,
    reload,
};

use crate::config::model::Logging;
use destination::{Destination, Surroundings};

pub use caught::Caught;

/// Changes the level of a running daemon, and hands out the notable events.
#[derive(Clone)]
pub struct Handle {
    caught: Arc<Mutex<Option<mpsc::Receiver<Caught>>>>,
    filter: reload::Handle<Targets, Registry>,
    started_with: Logging,
}

impl Handle {
    /// Puts the level in force. Returns whether the format differs from the one the daemon started with: that one
    /// takes a restart.
    pub fn apply(&self, logging: &Logging) -> bool {
        // Fails only when the subscriber is gone, and then nobody logs.
        let _ = self.filter.reload(targets(logging.level));
        logging.format != self.started_with.format
    }

    /// Where notable events arrive, whatever the level; the first who asks gets it.
    #[must_use]
    pub fn caught(&self) -> Option<mpsc::Receiver<Caught>> {
        self.caught.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

type Output = Box<dyn Layer<Registry> + Send + Sync>;

/// Sets up logging for the whole process. Later calls change nothing for it.
pub fn init(logging: &Logging) -> Handle {
    let surroundings = Surroundings::of_this_process();
    let (output, complaint) = match destination::choose(logging.format, &surroundings) {
        Destination::Journal => match journal::Journal::connect(std::path::Path::new(journal::SOCKET)) {
            Ok(journal) => (journal.boxed(), None),
            Err(error) => (human(io::stderr, surroundings.colour()), Some(error)),
        },
        Destination::Human => (human(io::stderr, surroundings.colour()), None),
        Destination::Json => (json(io::stderr), None),
    };
    let (subscriber, handle) = build(logging, output);
    // Fails only when logging has been set up before.
    let _ = tracing::subscriber::set_global_default(subscriber);
    if let Some(error) = complaint {
        tracing::warn!(%error, "the journal at {} does not answer: logging to stderr", journal::SOCKET);
    }
    handle
}

fn build(logging: &Logging, output: Output) -> (impl Subscriber + Send + Sync, Handle) {
    let (filter, handle) = reload::Layer::new(targets(logging.level));
    let (catcher, caught) = caught::catcher();
    let notable = Targets::new().with_target(caught::TARGET, LevelFilter::INFO);
    let subscriber = Registry::default()
        .with(output.with_filter(bound::Bound::default()).with_filter(filter))
        .with(catcher.with_filter(notable));
    (
        subscriber,
        Handle {
            caught: Arc::new(Mutex::new(Some(caught))),
            filter: handle,
            started_with: logging.clone(),
        },
    )
}

/// Our own code at `level`, everything else from `warn` on.
fn targets(level: Level) -> Targets {
    let ours = LevelFilter::from_level(level);
    Targets::new()
        .with_default(ours.min(LevelFilter::WARN))
        // It repeats at every connection what the configuration says, and its errors reach us as errors.
        .with_target("tiberius", LevelFilter::OFF)
        .with_target("callsyncd", ours)
        .with_target("callsync_shared", ours)
}

fn human<W>(writer: W, colour: bool) -> Output
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    fmt::layer()
        .with_writer(writer)
        .with_ansi(colour)
        .with_target(false)
        .boxed()
}

fn json<W>(writer: W) -> Output
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_writer(writer)
        .boxed()
}

#[cfg(test)]
mod tests;
