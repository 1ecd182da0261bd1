//! Directory listings of many pages, written down once: rows of fifty thousand people would otherwise be written anew for
//! every page, and a benchmark would measure that.

use super::Call;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;

/// Shorter ones are written anew for every page, so that a change between two pages shows as it does at Zoom.
const LONG: usize = 2_000;
/// Listings that are remembered at a time.
const KEPT: usize = 8;

/// Rows by account, path and query.
#[derive(Debug, Default)]
pub(crate) struct LongListings(HashMap<(usize, String, String), Arc<Vec<Value>>>);

impl LongListings {
    /// The rows of a long listing that this request goes on with.
    pub fn begun(&self, call: &Call<'_>) -> Option<Arc<Vec<Value>>> {
        let token = call.request.params.get("next_page_token")?;
        self.0.get(&key(call)).filter(|_| !token.is_empty()).cloned()
    }

    /// Takes the rows of a listing, and remembers them when it is long.
    pub fn begin(&mut self, call: &Call<'_>, rows: Vec<Value>) -> Arc<Vec<Value>> {
        let rows = Arc::new(rows);
        if rows.len() > LONG {
            if self.0.len() >= KEPT {
                self.0.clear();
            }
            self.0.insert(key(call), Arc::clone(&rows));
        }
        rows
    }
}

fn key(call: &Call<'_>) -> (usize, String, String) {
    (
        call.account,
        call.request.path.clone(),
        call.request.params.fingerprint(),
    )
}
