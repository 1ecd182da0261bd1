//! A strict simulator of the parts of the Zoom platform a call-record collector needs: OAuth, the directory and call
//! history, with clocks to move, faults to inject and a log of what was asked. A tool for development, tests and
//! rehearsals; never part of a product.

mod account;
mod account_handle;
mod answer;
mod api;
mod calls;
mod clock;
mod control;
mod control_account;
mod directory;
mod dispatch;
mod fault;
mod keeping;
mod oauth;
mod options;
mod paging;
mod random;
mod rate_limit;
mod request;
mod request_log;
pub mod samples;
mod server;
mod simulator;
mod world;

pub use account_handle::AccountHandle;
pub use calls::CallSpec;
pub use clock::{Clock, ManualClock, SystemClock};
pub use directory::Container;
pub use fault::{Effect, Fault};
pub use options::{
    AccountOptions, AppKind, CustomLimits, HistoryArrays, Lateness, Options, Paging, Plan, Quirks, RateHeaders,
    RateLimits, RefreshError, Scopes,
};
pub use request_log::LoggedRequest;
pub use simulator::{AccountKey, Direct, Grant, SimError, Simulator};
