//! From domain types to the documents of the socket, one file a noun. No decisions here.

pub mod account;
pub mod alert;
pub mod audit;
pub mod cdr;
pub mod event;
pub mod group;
pub mod health;
pub mod job;
pub mod record;
pub mod removal;
pub mod retention;
pub mod schedule;
pub mod scopes;
pub mod status;
pub mod sync;
