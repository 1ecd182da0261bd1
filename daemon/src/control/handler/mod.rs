//! What answers the routes, one file a noun.
//!
//! A handler is `pub async fn verb(call: Call) -> Answered`, and a row of [`super::table`] that names it; nothing else
//! registers it. By the time it runs, the role, the confirmation, the parameters' names and the size of the body have
//! been checked. Then, in this order:
//!
//! 1. **Find** what the path names with [`Call::account`](super::call::Call::account) or `group`: they hide what the
//!    caller may not see. Lists go through [`Call::accounts`](super::call::Call::accounts) or are filtered with
//!    [`Call::sees`](super::call::Call::sees). `call.path("id")`, `call.parsed("limit", "50")?` and
//!    `call.filter::<CallFilter>()?` read the rest; `call.json()?` and `call.json_or_default()?` the body.
//! 2. **Do** it by a use case from [`Handles`](super::Handles), with `call.dry_run`. Failures become problems by `?`.
//! 3. **Note** for the audit log, in what changes something: `call.before(&view)`, `call.after(&view)` with views that
//!    hold no secret (`view::account::audited`), `call.about(name)` when the object is not the first name in the path,
//!    `call.unchanged()` when nothing was changed after all. Whether an entry is written is not the handler's concern:
//!    the table says so, and dry runs leave none.
//! 4. **Answer** with `Answer::document`, `Answer::list`, `Answer::changed(view, call.dry_run)` for changes, or
//!    `Answer::lines` for a stream. Views are made in [`super::view`].
//!
//! Changes run to their end even when the client hangs up. Reads are dropped with their client.

pub mod account;
pub mod alert;
pub mod archive;
pub mod audit;
pub mod calls;
pub mod cdr;
pub mod config;
mod data;
pub mod directory;
pub mod event;
pub mod group;
pub mod health;
pub mod hold;
pub mod job;
pub mod openapi;
pub mod purge;
pub mod removal;
pub mod schedule;
pub mod scopes;
pub mod server;
pub mod status;
pub mod subject;
pub mod sync;
pub mod version;
