//! A world for end-to-end tests: a simulated Zoom, the real daemon, the real control program, one temporary directory.

pub mod board;
pub mod browser;
pub mod comparison;
pub mod configuration;
pub mod control_program;
pub mod crash_course;
pub mod daemon;
pub mod database;
pub mod directory_truth;
pub mod faketime;
pub mod flood;
pub mod network;
pub mod nothing_lost;
pub mod patience;
pub mod programs;
pub mod service_manager;
pub mod sinks;
pub mod skipping;
pub mod small_disk;
pub mod socket;
pub mod sql_server;
pub mod steps;
pub mod time_machine;
pub mod webhook;
pub mod world;

pub use configuration::Configuration;
pub use control_program::Outcome;
pub use patience::eventually;
pub use world::World;
