//! What the use cases need from the outside world. Adapters implement these; use cases know nothing else.

pub mod alerts;
pub mod events;
pub mod fingerprint;
pub mod jobs;
pub mod primary;
pub mod records;
pub mod retention;
pub mod schedules;
pub mod state;
pub mod webhook;
pub mod withdrawal;
pub mod zoom;
