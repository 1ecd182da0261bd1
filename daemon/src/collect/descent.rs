//! The way down of a backfill: windows newest first, several read at once, progress that never passes over a hole.

use std::{
    collections::VecDeque,
    pin::pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::{StreamExt as _, stream::FuturesOrdered};
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::window::{Reading, Report};
use crate::{
    domain::{
        account::AccountId,
        clock::SharedClock,
        failure::{Failure, Outcome},
        quota::Purpose,
        window::{Window, horizon},
    },
    ports::{
        records::{BackfillRequest, CallBatch, Proof, RecordStore},
        zoom::ZoomData,
    },
};

/// First window; later ones adapt to how many calls there are.
const FIRST: SignedDuration = SignedDuration::from_hours(24);
pub(super) const SHORTEST: SignedDuration = SignedDuration::from_hours(1);
pub(super) const LONGEST: SignedDuration = SignedDuration::from_hours(24 * 7);
/// Records a window should have: few requests are wasted on quiet days, and a crash repeats little.
pub(super) const AIM: u64 = 3_000;
/// Windows that are read at the same time. Zoom takes a good part of a second for a page, and its tokens lead from one
/// page to the next: one walk alone would leave most of Zoom's limit unused. While one is committed the others go on.
const AT_ONCE: usize = 4;
/// A walk that takes longer is held up by the pace we keep, not by Zoom: company would only bring its tokens closer to
/// their end.
const LONG_WALK: Duration = Duration::from_secs(120);

/// One account's source and store, and how to read them.
pub(super) struct Source<'a> {
    /// Zoom.
    pub zoom: &'a Arc<dyn ZoomData>,
    /// The primary database.
    pub store: &'a Arc<dyn RecordStore>,
    /// The account.
    pub account: &'a AccountId,
    /// See [`Reading::name`].
    pub name: &'a str,
    /// See [`Reading::lists_all`].
    pub lists_all: Option<bool>,
    /// Put new and changed calls on the element backlog.
    pub want_elements: bool,
    /// The clock.
    pub clock: &'a SharedClock,
    /// Ends the work at the next commit.
    pub stop: &'a CancellationToken,
}

/// One request being worked off.
pub(super) struct Descent<'a> {
    source: Source<'a>,
    request: &'a BackfillRequest,
    /// How far down everything is read and committed, as the database has it.
    done_until: Mutex<Timestamp>,
    /// Records received so far by all windows, those that are still under way among them.
    records: AtomicU64,
    on_records: &'a (dyn Fn(u64) + Send + Sync),
}

/// A window that was read and committed.
struct Read {
    window: Window,
    report: Report,
    /// Its own commit has moved the progress down to its beginning.
    is_noted: bool,
    took: Duration,
}

impl<'a> Descent<'a> {
    /// Over what is left of a request. `on_records` hears of every page: `received` and the records of this descent.
    pub fn new(
        source: Source<'a>,
        request: &'a BackfillRequest,
        received: u64,
        on_records: &'a (dyn Fn(u64) + Send + Sync),
    ) -> Self {
        Self {
            source,
            request,
            done_until: Mutex::new(request.done_until),
            records: AtomicU64::new(received),
            on_records,
        }
    }

    /// Reads everything down to the beginning of the span. `on_window` hears of each window once everything newer is
    /// committed too, with the records received so far.
    ///
    /// # Errors
    /// Zoom or the database failed, or the work was told to stop. What was committed stays.
    pub async fn run(&self, mut on_window: impl FnMut(Window, Report, u64) + Send) -> Outcome<()> {
        let begin = self.request.span.from;
        let mut length = FIRST;
        let mut planned_until = self.request.done_until;
        let mut under_way = FuturesOrdered::new();
        let mut ready = VecDeque::new();
        // One more after each that was read: the first windows tell how long those after them should be.
        let mut at_once = 1;
        loop {
            while under_way.len() + ready.len() < at_once && planned_until > begin {
                let (window, _) = Window::new(begin, planned_until).newest(length);
                // What Zoom has forgotten meanwhile cannot be asked for any more.
                let oldest = horizon(self.source.clock.now());
                let asked = Window::new(window.from.max(oldest), window.to);
                if asked.is_empty() {
                    planned_until = begin;
                    break;
                }
                planned_until = window.from;
                under_way.push_back(self.window(window, asked));
            }
            let next = match ready.pop_front() {
                Some(read) => Some(read),
                None => under_way.next().await,
            };
            let Some(read) = next else { return Ok(()) };
            let Read {
                window,
                report,
                is_noted,
                took,
            } = read?;
            // The others go on meanwhile: one of them may have been given the store's turn to write, and nobody gets it
            // while that one stands still.
            let mut noting = pin!(self.done_to(window, is_noted));
            loop {
                tokio::select! {
                    biased;
                    noted = &mut noting => break noted?,
                    Some(read) = under_way.next(), if !under_way.is_empty() => ready.push_back(read),
                }
            }
            length = adapt(length, report.received);
            at_once = if took > LONG_WALK {
                1
            } else {
                (at_once + 1).min(AT_ONCE)
            };
            on_window(window, report, self.records());
        }
    }

    /// Reads `asked`, which is what is left of `window`.
    async fn window(&self, window: Window, asked: Window) -> Outcome<Read> {
        if self.source.stop.is_cancelled() {
            // `running` in the database makes the next start carry on; a person's cancellation says otherwise.
            return Err(Failure::Cancelled);
        }
        let started = Instant::now();
        let received = AtomicU64::new(0);
        let is_noted = AtomicBool::new(false);
        let reading = Reading {
            zoom: self.source.zoom,
            store: self.source.store,
            account: self.source.account,
            name: self.source.name,
            clock: self.source.clock,
            lists_all: self.source.lists_all,
            want_elements: self.source.want_elements,
            purpose: Purpose::Backfill,
            stop: self.source.stop,
            on_records: &|records, _| {
                // A walk that starts over counts from nothing again.
                let before = received.swap(records, Ordering::Relaxed);
                self.records.fetch_add(records.wrapping_sub(before), Ordering::Relaxed);
                (self.on_records)(self.records());
            },
        };
        let report = reading
            .collect(asked, |report: &Report| {
                let mut proofs = report.proofs(asked, self.source.clock.now());
                // Progress is one instant: a window may move it only when everything newer is committed.
                if self.done_until() == window.to {
                    proofs.push(self.proof(window));
                    is_noted.store(true, Ordering::Relaxed);
                }
                proofs
            })
            .await?;
        Ok(Read {
            window,
            report,
            is_noted: is_noted.into_inner(),
            took: started.elapsed(),
        })
    }

    /// Everything down to the beginning of `window` is committed. Where the window's own commit could not say so yet it
    /// is said now; if we die before, the window is read once more.
    async fn done_to(&self, window: Window, is_noted: bool) -> Outcome<()> {
        if !is_noted {
            let batch = CallBatch {
                proves: vec![self.proof(window)],
                ..CallBatch::default()
            };
            self.source.store.commit_calls(batch).await?;
        }
        *self.done_until.lock().unwrap_or_else(PoisonError::into_inner) = window.from;
        Ok(())
    }

    fn proof(&self, window: Window) -> Proof {
        Proof::BackfilledTo {
            id: self.request.id,
            done_until: window.from,
        }
    }

    fn done_until(&self) -> Timestamp {
        *self.done_until.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn records(&self) -> u64 {
        self.records.load(Ordering::Relaxed)
    }
}

fn adapt(length: SignedDuration, received: u64) -> SignedDuration {
    if received > AIM * 2 {
        (length / 2).max(SHORTEST)
    } else if received < AIM / 2 {
        length.saturating_add(length).min(LONGEST)
    } else {
        length
    }
}
