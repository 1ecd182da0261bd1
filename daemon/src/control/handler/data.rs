//! The way from a request for collected data to the account's database.

use std::sync::Arc;

use callsync_shared::Problem;

use crate::{
    control::call::Call,
    domain::{
        command::quoted,
        failure::{Cause, Fault},
    },
    ports::records::RecordStore,
};

/// The database of the account that the path names. Data of a deauthorized account is not served.
///
/// # Errors
/// `account_not_found`, `deauthorized`, `cdr_unconfigured`, or the database does not open.
pub(super) async fn store(call: &Call) -> Result<Arc<dyn RecordStore>, Problem> {
    let account = call.account().await?;
    if account.state.is_withdrawn() {
        let message = format!("{} is {}; its data is not served", account.name, account.state);
        return Err(Fault::new(Cause::Blocked, "deauthorized", message)
            .hint(format!("callsyncctl account show {}", quoted(&account.name)))
            .into());
    }
    Ok(call.handles.primary.open(&account).await?)
}
