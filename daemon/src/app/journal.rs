//! Writes what happened into the durable journal: notable events as they are logged, and every start and end of a job.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::{Mutex, mpsc, watch};
use tokio_util::sync::CancellationToken;
use tracing::{Level, error};

use crate::{
    domain::clock::SharedClock,
    ports::{
        events::{EventBook, EventFeed, Happening, Written},
        jobs::Witness,
        state::{Job, JobState, Registry},
    },
    telemetry::Caught,
};

/// Happenings that wait to be written; beyond it starts and ends of jobs are only in their history.
const WAITING: usize = 4_096;
/// Happenings written in one transaction.
const BATCH: usize = 256;

/// The writer of the journal.
pub struct Journal {
    book: Arc<dyn EventBook>,
    registry: Arc<dyn Registry>,
    clock: SharedClock,
    sender: mpsc::Sender<Happening>,
    inbox: Mutex<Inbox>,
    written: watch::Sender<Written>,
}

struct Inbox {
    jobs: mpsc::Receiver<Happening>,
    caught: Option<mpsc::Receiver<Caught>>,
}

impl Journal {
    /// Over the durable book.
    #[must_use]
    pub fn new(book: Arc<dyn EventBook>, registry: Arc<dyn Registry>, clock: SharedClock) -> Self {
        let (sender, jobs) = mpsc::channel(WAITING);
        Self {
            book,
            registry,
            clock,
            sender,
            inbox: Mutex::new(Inbox { jobs, caught: None }),
            written: watch::Sender::default(),
        }
    }

    /// For those who read and follow it.
    #[must_use]
    pub fn feed(&self) -> EventFeed {
        EventFeed {
            book: Arc::clone(&self.book),
            written: self.written.subscribe(),
        }
    }

    /// Writes until told to stop; what comes after that is for [`Self::flush`].
    pub async fn run(self: Arc<Self>, caught: Option<mpsc::Receiver<Caught>>, stop: CancellationToken) {
        let mut inbox = self.inbox.lock().await;
        inbox.caught = caught;
        loop {
            let mut batch = Vec::new();
            let Inbox { jobs, caught } = &mut *inbox;
            tokio::select! {
                count = jobs.recv_many(&mut batch, BATCH) => if count == 0 { break },
                event = next(caught) => batch.extend(event.map(happening)),
                () = stop.cancelled() => break,
            }
            while let Some(event) = caught.as_mut().and_then(|caught| caught.try_recv().ok()) {
                batch.push(happening(event));
            }
            self.write(batch).await;
        }
        // Whoever follows would hold up the end of the daemon.
        self.written.send_modify(|written| written.closing = true);
    }

    /// Writes what is left, before the state store is closed.
    pub async fn flush(&self) {
        let mut inbox = self.inbox.lock().await;
        let mut batch = Vec::new();
        while let Ok(job) = inbox.jobs.try_recv() {
            batch.push(job);
        }
        while let Some(event) = inbox.caught.as_mut().and_then(|caught| caught.try_recv().ok()) {
            batch.push(happening(event));
        }
        self.write(batch).await;
    }

    /// Dying before this is done loses the last moments of the journal; the jobs themselves are in their history.
    async fn write(&self, mut batch: Vec<Happening>) {
        if batch.is_empty() {
            return;
        }
        batch.sort_by_key(|happening| happening.at);
        self.identify(&mut batch).await;
        match self.book.append_events(batch).await {
            Ok(last) => self.written.send_modify(|written| written.last = last),
            Err(failure) => error!(error = %failure, "the journal of events could not be written"),
        }
    }

    /// Log lines name accounts, or tell their ids; the journal keeps both, so that a renamed account is still known.
    async fn identify(&self, batch: &mut [Happening]) {
        if batch.iter().all(|happening| happening.account_name.is_none()) {
            return;
        }
        let accounts = self.registry.accounts().await.unwrap_or_default();
        for happening in batch {
            if let Some(name) = &happening.account_name {
                let known = accounts
                    .iter()
                    .find(|account| account.name == *name || account.id.as_str() == name);
                happening.account = known.map(|account| account.id.clone());
            }
        }
    }

    fn tell(&self, job: &Job, name: &'static str, at: Option<Timestamp>) {
        let message = match &job.error {
            _ if job.state == JobState::Running => format!("{} started", job.kind),
            None => format!("{} {}", job.kind, job.state),
            Some(fault) => format!("{} {}: {}", job.kind, job.state, fault.message),
        };
        let happening = Happening {
            at: at.unwrap_or_else(|| self.clock.now()),
            level: if job.state == JobState::Failed { "warn" } else { "info" },
            name: name.to_owned(),
            account: job.account.clone(),
            account_name: None,
            job: Some(job.id.clone()),
            job_state: Some((job.kind.to_string(), job.state.to_string())),
            message,
            hint: job
                .error
                .as_ref()
                .map(|fault| fault.hint.clone())
                .filter(|hint| !hint.is_empty()),
        };
        // Never waits; see `WAITING`.
        let _ = self.sender.try_send(happening);
    }
}

impl Witness for Journal {
    fn started(&self, job: &Job) {
        self.tell(job, "job.started", job.started_at);
    }

    fn ended(&self, job: &Job) {
        self.tell(job, "job.ended", job.finished_at);
    }
}

/// The next one; never without a receiver.
async fn next(caught: &mut Option<mpsc::Receiver<Caught>>) -> Option<Caught> {
    match caught {
        Some(caught) => match caught.recv().await {
            Some(event) => Some(event),
            None => std::future::pending().await,
        },
        None => std::future::pending().await,
    }
}

fn happening(event: Caught) -> Happening {
    Happening {
        at: event.at,
        level: match event.level {
            Level::ERROR => "error",
            Level::WARN => "warn",
            _ => "info",
        },
        name: event.name,
        account: None,
        account_name: event.account,
        job: event.job,
        job_state: None,
        message: event.message,
        hint: event.hint,
    }
}
