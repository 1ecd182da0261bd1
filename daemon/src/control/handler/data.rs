//! The way from a request for collected data to the account's database.

use std::sync::Arc;

use callsync_shared::Problem;

use crate::{control::call::Call, ports::records::RecordStore, retention::both::Both};

/// The database of the account that the path names. The router has refused accounts without consent.
///
/// # Errors
/// `account_not_found`, `cdr_unconfigured`, or the database does not open.
pub(super) async fn store(call: &Call) -> Result<Arc<dyn RecordStore>, Problem> {
    let account = call.account().await?;
    Ok(call.handles.primary.open(&account).await?)
}

/// The calls of the account that the path names: those of its database, and with `archive` those of its archive too.
///
/// # Errors
/// As [`store`]; without an archive there is nothing more to read, which is no error.
pub(super) async fn calls(call: &Call, archive: bool) -> Result<Both, Problem> {
    let primary = store(call).await?;
    let archive = if archive {
        call.handles.retention.archive(&call.account().await?).await?
    } else {
        None
    };
    Ok(Both { primary, archive })
}
