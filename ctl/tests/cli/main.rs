//! The real binary against a daemon made of paper: exit codes, streams, documents.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod authorizing;
mod documents;
mod exit_codes;
mod exporting;
mod fake_daemon;
mod help;
mod printing;
mod waiting;
