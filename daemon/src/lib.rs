//! `callsyncd`: collects Zoom Phone call records and directory metadata into databases you own.
//!
//! The rooms and the way data walks through them are in `ARCHITECTURE.md`; a test enforces the arrows.

pub mod app;
pub mod collect;
pub mod config;
pub mod control;
pub mod crash_points;
pub mod directory;
pub mod domain;
pub mod enrolment;
pub mod jobs;
pub mod listener;
pub mod monitor;
pub mod notify;
pub mod ports;
pub mod record_store;
pub mod removal;
pub mod retention;
pub mod state_store;
pub mod telemetry;
pub mod zoom;
