//! What an engine has to offer beside the records themselves: making, opening and closing databases.

use std::sync::Arc;

use async_trait::async_trait;

use super::error::Error;
use crate::{
    domain::account::AccountId,
    ports::records::{Created, Owner, RecordStore, ServerReport},
};

/// A configured server, as its engine sees it.
#[async_trait]
pub(super) trait Engine: Send + Sync {
    /// Whether it can be used.
    async fn test(&self) -> Result<ServerReport, Error>;

    /// The statements that create the database; needs no server.
    fn ddl(&self, database: &str) -> Result<String, Error>;

    /// Creates the database for `owner`, or finds that it is there already.
    async fn create(&self, database: &str, owner: &Owner, adopt: bool) -> Result<Created, Error>;

    /// Opens the database of `owner`; migrates an older schema.
    async fn open(&self, database: &str, owner: &AccountId) -> Result<Arc<dyn OpenDatabase>, Error>;

    /// Removes the database of `owner`, which nobody has open.
    async fn remove(&self, database: &str, owner: &AccountId) -> Result<(), Error>;
}

/// A database while it is open.
#[async_trait]
pub(super) trait OpenDatabase: RecordStore {
    /// Whether it can still be used: false when its file was moved away or its writer died.
    fn is_good(&self) -> bool;

    /// Why another account cannot have it.
    fn taken(&self) -> Error;

    /// Writes everything back and releases it. Later calls fail as closed.
    async fn close(&self);
}
