//! A Zoom that answers from a script.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{
    domain::{
        account::AccountId,
        call::CALL_HISTORY,
        failure::{Cause, Failure, Fault, Outcome},
        table::{Digest, Parsed, Row, Value},
        window::Window,
    },
    ports::zoom::{CallPage, CallQuery, Identity, ListPage, Listing, QuotaUse, ZoomData},
};

/// What the scripted Zoom says next.
pub enum Answer {
    Page(CallPage),
    TokenExpired,
    Unreachable,
}

/// The window every test reads.
pub fn window() -> Window {
    let at = |text: &str| text.parse::<Timestamp>().expect("a time");
    Window::new(at("2026-01-01T00:00:00Z"), at("2026-01-02T00:00:00Z"))
}

/// A page of calls with these keys.
pub fn page(keys: &[&str], next: Option<&str>, total: Option<u64>) -> Answer {
    let rows = keys.iter().map(|key| row(key)).collect();
    // Distinct pages have distinct digests; the same keys with another token are another page here, as at Zoom.
    let mut digest = [0; 16];
    for (position, byte) in keys.concat().bytes().chain(next.unwrap_or("").bytes()).enumerate() {
        digest[position % 16] ^= byte.rotate_left(u32::try_from(position % 8).unwrap_or(0));
    }
    Answer::Page(CallPage {
        parsed: Parsed {
            rows,
            rejected: Vec::new(),
        },
        total_records: total,
        next: next.map(str::to_owned),
        clamped_to: None,
        digest: Digest::from(digest),
    })
}

fn row(key: &str) -> Row {
    let mut values = vec![Value::Null; CALL_HISTORY.columns.len()];
    values[0] = Value::Text(key.to_owned());
    Row {
        values,
        extra: None,
        digest: [0; 16],
    }
}

/// Zoom from a script.
pub struct ScriptedZoom {
    answers: Mutex<VecDeque<Answer>>,
    asked: Mutex<Vec<CallQuery>>,
}

impl ScriptedZoom {
    pub fn new(answers: Vec<Answer>) -> Self {
        Self {
            answers: Mutex::new(answers.into()),
            asked: Mutex::default(),
        }
    }

    pub fn windows(&self) -> Vec<Window> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.iter().map(|query| query.window).collect()
    }

    pub fn statuses(&self) -> Vec<Option<&'static str>> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.iter().map(|query| query.recording_status).collect()
    }
}

#[async_trait]
impl ZoomData for ScriptedZoom {
    async fn call_page(&self, _: &AccountId, query: &CallQuery, _: Option<&str>) -> Outcome<CallPage> {
        self.asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(query.clone());
        match self.answers.lock().unwrap_or_else(PoisonError::into_inner).pop_front() {
            Some(Answer::Page(page)) => Ok(page),
            Some(Answer::TokenExpired) => Err(Failure::PageTokenExpired),
            Some(Answer::Unreachable) => Err(Failure::Retry {
                fault: Fault::new(Cause::Zoom, "zoom_unreachable", "no route"),
                after: None,
            }),
            None => panic!("asked for more pages than the script has"),
        }
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
