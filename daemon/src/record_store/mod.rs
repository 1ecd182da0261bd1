//! Record databases: where calls and directory entries are kept, one database an account.
//!
//! [`schema`] says what every engine stores; [`sqlite`] is the embedded engine, [`sqlserver`] the one for SQL Server, Azure
//! SQL and Babelfish; [`Servers`] picks the engine of a configured server. The conformance suite holds what any engine must
//! promise.

mod database_name;
mod engine;
mod error;
mod placement;
mod schema;
mod search;
mod selection;
mod servers;
mod sqlite;
mod sqlserver;

#[cfg(test)]
mod conformance;

pub use servers::Servers;
