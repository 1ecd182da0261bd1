//! The way from a request for collected data to the account's database.

use std::sync::Arc;

use callsync_shared::Problem;

use crate::{control::call::Call, ports::records::RecordStore};

/// The database of the account that the path names. The router has refused accounts without consent.
///
/// # Errors
/// `account_not_found`, `cdr_unconfigured`, or the database does not open.
pub(super) async fn store(call: &Call) -> Result<Arc<dyn RecordStore>, Problem> {
    let account = call.account().await?;
    Ok(call.handles.primary.open(&account).await?)
}
