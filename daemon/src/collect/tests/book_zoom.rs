//! A Zoom that holds a book of calls and answers queries of it, with troubles on order.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use crate::{
    domain::{
        account::AccountId,
        call::CALL_HISTORY,
        failure::{Cause, Failure, Fault, Outcome},
        table::{Digest, Parsed, Rejected, Row, Value},
        window::Window,
    },
    ports::zoom::{CallPage, CallQuery, Identity, ListPage, Listing, QuotaUse, ZoomData},
};

/// Records a page.
pub const PAGE: usize = 300;

/// A call at Zoom.
#[derive(Debug, Clone)]
pub struct Entry {
    pub key: String,
    pub end: Timestamp,
    pub edition: u8,
    /// From when on it is listed.
    pub listed_at: Timestamp,
    /// Not listed, but still there under its key.
    pub hidden: bool,
}

/// What happens to the next request that can suffer it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// So many rows of the page are left out.
    Short(usize),
    /// The next page begins so many rows too early.
    Duplicate(usize),
    /// The page token that was sent is refused.
    Expired,
    /// The token that was sent is handed out again.
    RepeatedToken,
    /// The range is cut to so many seconds before its end, silently.
    Clamped(i64),
    /// The total is off by this.
    WrongTotal(i64),
    /// Nothing there at all, as if the list had been lost.
    Empty,
    /// No answer.
    Unreachable,
}

#[derive(Debug)]
struct Book {
    entries: Vec<Entry>,
    keyless: Vec<Timestamp>,
    troubles: VecDeque<Trouble>,
    now: Timestamp,
    requests: u64,
    details: u64,
    asked: Vec<Window>,
}

/// A Zoom that holds a book of calls.
#[derive(Debug)]
pub struct BookZoom(Mutex<Book>);

impl BookZoom {
    pub fn new(now: Timestamp) -> Self {
        Self(Mutex::new(Book {
            entries: Vec::new(),
            keyless: Vec::new(),
            troubles: VecDeque::new(),
            now,
            requests: 0,
            details: 0,
            asked: Vec::new(),
        }))
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn set_now(&self, now: Timestamp) {
        self.book().now = now;
    }

    /// Adds a call that is listed from `listed_at` on.
    pub fn add(&self, key: &str, end: Timestamp, listed_at: Timestamp) {
        self.book().entries.push(Entry {
            key: key.to_owned(),
            end,
            edition: 0,
            listed_at,
            hidden: false,
        });
    }

    /// Adds so many calls that end every few seconds from `from` on.
    pub fn add_many(&self, prefix: &str, count: usize, from: Timestamp, seconds: i64) {
        for number in 0..count {
            let place = i64::try_from(number).expect("few");
            let end = from + SignedDuration::from_secs(place * seconds);
            self.add(&format!("{prefix}{number:05}"), end, end);
        }
    }

    /// Adds a record without a key.
    pub fn add_keyless(&self, end: Timestamp) {
        self.book().keyless.push(end);
    }

    pub fn remove(&self, key: &str) {
        self.book().entries.retain(|entry| entry.key != key);
    }

    pub fn hide(&self, hidden: bool) {
        self.book().entries.iter_mut().for_each(|entry| entry.hidden = hidden);
    }

    pub fn edit(&self, key: &str) {
        let mut book = self.book();
        let found = book.entries.iter_mut().filter(|entry| entry.key == key);
        found.for_each(|entry| entry.edition += 1);
    }

    pub fn trouble(&self, trouble: Trouble) {
        self.book().troubles.push_back(trouble);
    }

    pub fn troubles(&self) -> usize {
        self.book().troubles.len()
    }

    pub fn clear_troubles(&self) {
        self.book().troubles.clear();
    }

    /// Requests for pages since the last question.
    pub fn requests(&self) -> u64 {
        std::mem::take(&mut self.book().requests)
    }

    pub fn asked(&self) -> Vec<Window> {
        std::mem::take(&mut self.book().asked)
    }

    /// Keys of the calls that are listed now, sorted.
    pub fn truth(&self) -> Vec<String> {
        let book = self.book();
        let listed = book.entries.iter().filter(|entry| entry.listed_at <= book.now);
        let mut keys: Vec<String> = listed.map(|entry| entry.key.clone()).collect();
        keys.sort();
        keys
    }

    pub fn edition(&self, key: &str) -> Option<Digest> {
        let book = self.book();
        let found = book.entries.iter().find(|entry| entry.key == key);
        found.map(|entry| [entry.edition; 16])
    }
}

impl Book {
    fn take(&mut self, wanted: impl Fn(Trouble) -> bool) -> Option<Trouble> {
        let place = self.troubles.iter().position(|trouble| wanted(*trouble))?;
        self.troubles.remove(place)
    }

    fn page(&mut self, query: &CallQuery, token: Option<&str>) -> Outcome<CallPage> {
        self.requests += 1;
        self.asked.push(query.window);
        if self.take(|trouble| trouble == Trouble::Unreachable).is_some() {
            return Err(Failure::Retry {
                fault: Fault::new(Cause::Zoom, "zoom_unreachable", "no route").hint("wait"),
                after: None,
            });
        }
        if token.is_some() && self.take(|trouble| trouble == Trouble::Expired).is_some() {
            return Err(Failure::PageTokenExpired);
        }
        // A token is the range and the offset, as the first page decided them.
        let (from, offset) = match token.and_then(|token| token.split_once('+')) {
            Some((from, offset)) => (
                from.parse().expect("a time"),
                offset.parse::<usize>().expect("an offset"),
            ),
            None => (self.clamp(query.window), 0),
        };
        let clamped_to = (from > query.window.from).then(|| Window::new(from, query.window.to));
        let mut rows: Vec<Entry> = self.entries.clone();
        rows.retain(|entry| {
            !entry.hidden && entry.listed_at <= self.now && entry.end >= from && entry.end <= query.window.to
        });
        rows.sort_by(|a, b| (b.end, &b.key).cmp(&(a.end, &a.key)));
        let keyless: Vec<Timestamp> = self.keyless.clone();
        let mut rejected: Vec<Rejected> = Vec::new();
        if offset == 0 {
            let inside = keyless.iter().filter(|end| **end >= from && **end <= query.window.to);
            rejected.extend(inside.map(|end| Rejected {
                table: "call_history",
                reason: "no key".to_owned(),
                digest: i128::from(end.as_second()).to_le_bytes(),
                json: format!("{{\"end_time\":\"{end}\"}}"),
            }));
        }
        let kept_aside = keyless
            .iter()
            .filter(|end| **end >= from && **end <= query.window.to)
            .count();
        let mut total = i64::try_from(rows.len() + kept_aside).expect("few");
        if token.is_none() && self.take(|trouble| trouble == Trouble::Empty).is_some() {
            rows.clear();
            total = 0;
        }
        if let Some(Trouble::WrongTotal(delta)) = self.take(|trouble| matches!(trouble, Trouble::WrongTotal(_))) {
            total += delta;
        }
        let end = (offset + PAGE).min(rows.len());
        let is_last = end >= rows.len();
        let mut next_offset = end;
        if !is_last
            && let Some(Trouble::Duplicate(count)) = self.take(|trouble| matches!(trouble, Trouble::Duplicate(_)))
        {
            next_offset = end.saturating_sub(count);
        }
        let mut next = (!is_last).then(|| format!("{from}+{next_offset}"));
        if let (Some(_), Some(sent)) = (&next, token)
            && self.take(|trouble| trouble == Trouble::RepeatedToken).is_some()
        {
            next = Some(sent.to_owned());
        }
        let mut shown = rows[offset.min(rows.len())..end].to_vec();
        if !shown.is_empty()
            && let Some(Trouble::Short(count)) = self.take(|trouble| matches!(trouble, Trouble::Short(_)))
        {
            shown.truncate(shown.len().saturating_sub(count));
        }
        let mut digest: Digest = [0; 16];
        for (place, byte) in shown.iter().flat_map(|entry| entry.key.bytes()).enumerate() {
            digest[place % 16] = digest[place % 16].rotate_left(3) ^ byte;
        }
        Ok(CallPage {
            parsed: Parsed {
                rows: shown.iter().map(row).collect(),
                rejected,
            },
            total_records: u64::try_from(total.max(0)).ok(),
            next,
            clamped_to,
            digest,
        })
    }

    fn clamp(&mut self, asked: Window) -> Timestamp {
        match self.take(|trouble| matches!(trouble, Trouble::Clamped(_))) {
            Some(Trouble::Clamped(seconds)) => asked.from.max(asked.to - SignedDuration::from_secs(seconds)),
            _ => asked.from,
        }
    }
}

fn row(entry: &Entry) -> Row {
    let mut values = vec![Value::Null; CALL_HISTORY.columns.len()];
    values[0] = Value::Text(entry.key.clone());
    if let Some(place) = CALL_HISTORY.position("end_time") {
        values[place] = Value::Time(entry.end);
    }
    Row {
        values,
        extra: None,
        digest: [entry.edition; 16],
    }
}

#[async_trait]
impl ZoomData for BookZoom {
    async fn call_page(&self, _: &AccountId, query: &CallQuery, token: Option<&str>) -> Outcome<CallPage> {
        self.book().page(query, token)
    }

    async fn call_elements(&self, _: &AccountId, key: &str) -> Outcome<Parsed> {
        let mut book = self.book();
        book.details += 1;
        if book.entries.iter().any(|entry| entry.key == key) {
            Ok(Parsed::default())
        } else {
            Err(Failure::NotFound)
        }
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
