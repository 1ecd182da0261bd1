//! The vocabulary of the trade: calls, directory entities, windows, accounts, time. Imports nothing of ours.

pub mod account;
pub mod alert;
pub mod call;
pub mod clock;
pub mod command;
pub mod directory;
pub mod event;
pub mod explanation;
pub mod failure;
pub mod ledger;
pub mod paging;
pub mod phone_number;
pub mod quota;
pub mod retention;
pub mod schedule;
pub mod scope;
pub mod settings;
pub mod table;
pub mod window;
