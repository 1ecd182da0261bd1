//! A configured server of kind `sqlserver` as a database server.

use std::sync::Arc;

use async_trait::async_trait;

use super::{SqlServerStore, migrate, place, pool::Pool, removal, report};
use crate::{
    domain::{account::AccountId, clock::SharedClock},
    ports::records::{Created, Owner, ServerReport},
    record_store::{
        engine::{Engine, OpenDatabase},
        error::Error,
    },
};

/// A configured server of kind `sqlserver`.
pub(in crate::record_store) struct SqlServerEngine {
    pool: Arc<Pool>,
    clock: SharedClock,
}

impl SqlServerEngine {
    /// The server that the connections of a pool lead to.
    pub fn new(pool: Arc<Pool>, clock: SharedClock) -> Self {
        Self { pool, clock }
    }
}

#[async_trait]
impl Engine for SqlServerEngine {
    async fn test(&self) -> Result<ServerReport, Error> {
        report::test(&self.pool, &self.clock).await
    }

    fn ddl(&self, database: &str) -> Result<String, Error> {
        Ok(migrate::script(database, self.pool.location()))
    }

    async fn create(&self, database: &str, owner: &Owner, adopt: bool) -> Result<Created, Error> {
        place::create(&self.pool, database, owner, adopt, &self.clock).await
    }

    async fn open(&self, database: &str, owner: &AccountId) -> Result<Arc<dyn OpenDatabase>, Error> {
        let store = SqlServerStore::open(Arc::clone(&self.pool), database, owner, self.clock.clone()).await?;
        Ok(Arc::new(store))
    }

    async fn remove(&self, database: &str, owner: &AccountId) -> Result<(), Error> {
        removal::remove(&self.pool, database, owner).await
    }
}
