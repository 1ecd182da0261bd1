//! Backfill reads several windows at once; what it says to have is never more than what is committed without a hole.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::memory_store::MemoryStore;
use crate::{
    collect::descent::{Descent, Source},
    domain::{
        account::AccountId,
        clock::{ManualClock, SharedClock},
        failure::{Cause, Failure, Fault, Outcome},
        table::{Digest, Parsed},
        window::Window,
    },
    ports::{
        records::{BackfillRequest, CallBatch, Proof, RecordStore},
        zoom::{CallPage, CallQuery, Identity, ListPage, Listing, QuotaUse, ZoomData},
    },
};

/// A Zoom without calls that keeps one of its answers back.
#[derive(Default)]
struct SlowZoom {
    asked: Mutex<Vec<Window>>,
    /// The position of the request whose answer waits for `go`.
    slow: usize,
    go: Notify,
    /// That answer is a failure.
    fails: bool,
}

#[async_trait]
impl ZoomData for SlowZoom {
    async fn call_page(&self, _: &AccountId, query: &CallQuery, _: Option<&str>) -> Outcome<CallPage> {
        let position = {
            let mut asked = self.asked.lock().expect("not poisoned");
            asked.push(query.window);
            asked.len() - 1
        };
        if position == self.slow {
            self.go.notified().await;
            if self.fails {
                let fault = Fault::new(Cause::Zoom, "zoom_unreachable", "no route");
                return Err(Failure::Retry { fault, after: None });
            }
        }
        Ok(CallPage {
            parsed: Parsed::default(),
            total_records: Some(0),
            next: None,
            clamped_to: None,
            digest: Digest::default(),
        })
    }
    async fn call_elements(&self, _: &AccountId, _: &str) -> Outcome<Parsed> {
        unreachable!("not part of these tests")
    }
    async fn list(&self, _: &AccountId, _: &Listing, _: Option<&str>) -> Outcome<ListPage> {
        unreachable!("not part of these tests")
    }
    async fn whoami(&self, _: &AccountId) -> Outcome<Identity> {
        unreachable!("not part of these tests")
    }
    async fn retry_authorization(&self, _: &AccountId) -> Outcome<Identity> {
        unreachable!("not part of these tests")
    }
    async fn probe_phone(&self, _: &AccountId) -> Outcome<()> {
        Ok(())
    }
    async fn refresh_token(&self, _: &AccountId) -> Outcome<()> {
        Ok(())
    }
    async fn quota(&self, _: &AccountId) -> Vec<QuotaUse> {
        Vec::new()
    }
}

struct Stage {
    zoom: Arc<SlowZoom>,
    store: Arc<MemoryStore>,
    request: BackfillRequest,
}

impl Stage {
    fn new(zoom: SlowZoom) -> Self {
        let until: Timestamp = "2026-03-01T00:00:00Z".parse().expect("a time");
        let span = Window::new(until - SignedDuration::from_hours(24 * 30), until);
        Self {
            zoom: Arc::new(zoom),
            store: Arc::default(),
            request: BackfillRequest {
                id: 7,
                span,
                done_until: until,
                state: "running".to_owned(),
            },
        }
    }

    async fn descend(&self) -> Outcome<()> {
        let zoom: Arc<dyn ZoomData> = Arc::clone(&self.zoom) as _;
        let store: Arc<dyn RecordStore> = Arc::clone(&self.store) as _;
        let clock: SharedClock = Arc::new(ManualClock::new(self.request.span.to));
        let source = Source {
            zoom: &zoom,
            store: &store,
            account: &AccountId("a".to_owned()),
            name: "Acme",
            lists_all: None,
            want_elements: false,
            clock: &clock,
            stop: &CancellationToken::new(),
        };
        Descent::new(source, &self.request, 0, &|_| {}).run(|_, _, _| {}).await
    }

    fn asked(&self) -> Vec<Window> {
        self.zoom.asked.lock().expect("not poisoned").clone()
    }

    /// What was said to be collected, in the order in which it was said.
    fn said(&self) -> Vec<Timestamp> {
        let proofs = self.store.commits().into_iter().flat_map(|commit| commit.proves);
        proofs
            .filter_map(|proof| match proof {
                Proof::BackfilledTo { id: 7, done_until } => Some(done_until),
                _ => None,
            })
            .collect()
    }

    /// Lets everything happen that can happen without the slow answer.
    async fn settle(&self) {
        for _ in 0..1_000 {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn progress_waits_for_the_newest_window_that_is_still_being_read() {
    let stage = Stage::new(SlowZoom {
        slow: 1,
        ..SlowZoom::default()
    });
    let watching = async {
        stage.settle().await;
        let asked = stage.asked();
        assert!(asked.len() > 2, "an older window was read meanwhile: {asked:?}");
        assert_eq!(stage.said(), [asked[0].from], "nothing below the one that is missing");
        stage.zoom.go.notify_one();
    };
    let (descended, ()) = tokio::join!(stage.descend(), watching);
    descended.expect("collected");
    let said = stage.said();
    assert!(said.is_sorted_by(|newer, older| newer > older), "{said:?}");
    assert_eq!(said.last(), Some(&stage.request.span.from));
}

#[tokio::test]
async fn windows_leave_no_gap_between_them() {
    let stage = Stage::new(SlowZoom {
        slow: usize::MAX,
        ..SlowZoom::default()
    });
    stage.descend().await.expect("collected");
    let mut asked = stage.asked();
    asked.sort_by_key(|window| std::cmp::Reverse(window.to));
    assert_eq!(asked.first().map(|newest| newest.to), Some(stage.request.span.to));
    assert!(asked.windows(2).all(|pair| pair[0].from == pair[1].to), "{asked:?}");
    assert_eq!(asked.last().map(|oldest| oldest.from), Some(stage.request.span.from));
}

#[tokio::test(start_paused = true)]
async fn a_window_that_has_the_turn_to_write_goes_on_while_progress_is_noted() {
    let stage = Stage::new(SlowZoom {
        slow: usize::MAX,
        ..SlowZoom::default()
    });
    // Nothing here waits for the time: it only passes when all stand still.
    let descended = tokio::time::timeout(Duration::from_secs(1), stage.descend()).await;
    descended
        .expect("the windows do not wait for each other")
        .expect("collected");
    let said_alone = |commit: &CallBatch| matches!(commit.proves[..], [Proof::BackfilledTo { .. }]);
    assert!(
        stage.store.commits().iter().any(said_alone),
        "a window was committed before a newer one, or this shows nothing"
    );
}

#[tokio::test]
async fn a_window_that_fails_stops_progress_above_it() {
    let stage = Stage::new(SlowZoom {
        slow: 2,
        fails: true,
        ..SlowZoom::default()
    });
    let watching = async {
        stage.settle().await;
        stage.zoom.go.notify_one();
    };
    let (descended, ()) = tokio::join!(stage.descend(), watching);
    assert!(matches!(descended, Err(Failure::Retry { .. })), "{descended:?}");
    let asked = stage.asked();
    assert_eq!(stage.said().last(), Some(&asked[2].to), "down to the one that failed");
}
