//! Page tokens: bound to their query, good for 15 minutes.

use crate::random::Rng;
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::Arc;

const LIFE_SECONDS: i64 = 15 * 60;

/// Where a listing goes on.
#[derive(Clone, Debug)]
pub(crate) struct Bookmark {
    pub account: usize,
    pub path: String,
    pub query: String,
    pub offset: usize,
    /// The rows of the listing when it began, unless tokens only hold an offset.
    pub snapshot: Option<Arc<Vec<usize>>>,
    pub issued_at: Timestamp,
}

#[derive(Debug, Default)]
pub(crate) struct Bookmarks(HashMap<String, Bookmark>);

impl Bookmarks {
    pub fn issue(&mut self, rng: &mut Rng, bookmark: Bookmark) -> String {
        // Forgetting here keeps a long rehearsal from growing without end.
        if self.0.len() > 10_000 {
            let now = bookmark.issued_at;
            self.0
                .retain(|_, old| now.duration_since(old.issued_at).as_secs() <= LIFE_SECONDS);
        }
        let token = rng.text(35);
        self.0.insert(token.clone(), bookmark);
        token
    }

    /// The bookmark, if the token is known, young enough, and asked with the query it was made for.
    pub fn open(&self, token: &str, account: usize, path: &str, query: &str, now: Timestamp) -> Option<&Bookmark> {
        self.0.get(token).filter(|mark| {
            mark.account == account
                && mark.path == path
                && mark.query == query
                && now.duration_since(mark.issued_at).as_secs() <= LIFE_SECONDS
        })
    }

    pub fn expire_all(&mut self) {
        self.0.clear();
    }
}

/// The slice of a listing that one answer carries.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub size: usize,
    pub total: usize,
    pub number: usize,
    pub rows: std::ops::Range<usize>,
    pub next_page_token: String,
}

impl Page {
    pub fn count(&self) -> usize {
        self.total.div_ceil(self.size.max(1))
    }
}
