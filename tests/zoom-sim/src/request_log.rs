//! What was asked of the simulator, for tests that count requests.

use jiff::Timestamp;
use serde::Serialize;

/// One request and how it was answered. `status` 0 means the connection was reset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LoggedRequest {
    pub at: Timestamp,
    pub method: String,
    pub path: String,
    pub query: String,
    /// The account of the token, or of the credentials in a token request; `None` when the request named none.
    pub account: Option<String>,
    pub status: u16,
    pub tracking_id: String,
}
