//! The configured database servers: picks the engine, and keeps databases open.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use async_trait::async_trait;

use super::{
    database_name,
    engine::{Engine, OpenDatabase},
    error::Error,
    sqlite::SqliteServer,
    sqlserver::{Limits, Pool, SqlServerEngine, location},
};
use crate::{
    config::model::{Server, ServerKind, SqlServer},
    domain::{account::AccountId, clock::SharedClock, failure::Outcome},
    ports::records::{Created, Owner, RecordServers, RecordStore, ServerInfo, ServerReport},
};

/// Every server of the configuration.
pub struct Servers {
    configured: RwLock<Vec<Server>>,
    clock: SharedClock,
    limits: Limits,
    databases: Mutex<HashMap<Address, Arc<Database>>>,
    /// Connections of servers of kind `sqlserver`, by name of the server.
    pools: Mutex<HashMap<String, Arc<Pool>>>,
}

/// Server and database, in one case: `Sales` and `sales` are the same database.
type Address = (String, String);

/// A database that may be open. Its lock is held while it is created, opened or closed.
#[derive(Default)]
struct Database {
    open: tokio::sync::Mutex<Option<Opened>>,
}

struct Opened {
    store: Arc<dyn OpenDatabase>,
    owner: AccountId,
}

impl Servers {
    /// Servers of `configured`; nothing is opened yet.
    #[must_use]
    pub fn new(configured: Vec<Server>, clock: SharedClock) -> Self {
        Self {
            configured: RwLock::new(configured),
            clock,
            limits: Limits::default(),
            databases: Mutex::default(),
            pools: Mutex::default(),
        }
    }

    /// Waits for servers over the network no longer than that.
    #[cfg(test)]
    pub(super) fn within(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Takes over a reloaded configuration. Databases that are open stay open where they are; those of a server of kind
    /// `sqlserver` are opened anew at their next use, with the password and TLS of the new configuration.
    pub fn reconfigure(&self, configured: Vec<Server>) {
        *self.configured.write().unwrap_or_else(PoisonError::into_inner) = configured;
        self.retire_pools();
    }

    /// Lets go of every idle connection.
    fn retire_pools(&self) {
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        for (_, pool) in pools.drain() {
            pool.retire();
        }
    }

    /// Closes every open database; at the end of the program.
    pub async fn close_all(&self) {
        let databases: Vec<Arc<Database>> = {
            let mut databases = self.databases.lock().unwrap_or_else(PoisonError::into_inner);
            databases.drain().map(|(_, database)| database).collect()
        };
        for database in databases {
            if let Some(opened) = database.open.lock().await.take() {
                opened.store.close().await;
            }
        }
        self.retire_pools();
    }

    fn kind(&self, server: &str) -> Result<ServerKind, Error> {
        let configured = self.configured.read().unwrap_or_else(PoisonError::into_inner);
        configured
            .iter()
            .find(|known| known.name == server)
            .map(|known| known.kind.clone())
            .ok_or_else(|| Error::ServerUnknown {
                name: server.to_owned(),
            })
    }

    fn check(&self, server: &str, database: &str) -> Result<(), Error> {
        match self.kind(server)? {
            ServerKind::Sqlite { .. } => database_name::as_file(database),
            ServerKind::SqlServer(_) => database_name::on_server(database),
        }
    }

    fn engine(&self, server: &str) -> Result<Box<dyn Engine>, Error> {
        match self.kind(server)? {
            ServerKind::Sqlite { directory } => Ok(Box::new(SqliteServer::new(directory, self.clock.clone()))),
            ServerKind::SqlServer(configured) => {
                let pool = self.pool(server, configured);
                Ok(Box::new(SqlServerEngine::new(pool, self.clock.clone())))
            }
        }
    }

    fn pool(&self, server: &str, configured: SqlServer) -> Arc<Pool> {
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        let pool = pools.entry(server.to_owned());
        Arc::clone(pool.or_insert_with(|| Arc::new(Pool::new(configured, self.limits))))
    }

    fn database(&self, server: &str, database: &str) -> Arc<Database> {
        let address = (server.to_owned(), database.to_lowercase());
        let mut databases = self.databases.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(databases.entry(address).or_default())
    }
}

#[async_trait]
impl RecordServers for Servers {
    fn list(&self) -> Vec<ServerInfo> {
        let configured = self.configured.read().unwrap_or_else(PoisonError::into_inner);
        let info = |server: &Server| {
            let (kind, location) = match &server.kind {
                ServerKind::Sqlite { directory } => ("sqlite", directory.display().to_string()),
                ServerKind::SqlServer(sql_server) => ("sqlserver", location(sql_server)),
            };
            ServerInfo {
                name: server.name.clone(),
                kind,
                location,
            }
        };
        configured.iter().map(info).collect()
    }

    async fn test(&self, server: &str) -> Outcome<ServerReport> {
        Ok(self.engine(server)?.test().await?)
    }

    fn check_name(&self, server: &str, database: &str) -> Outcome<()> {
        self.check(server, database)?;
        Ok(())
    }

    fn ddl(&self, server: &str, database: &str) -> Outcome<String> {
        self.check(server, database)?;
        let engine = self.engine(server)?;
        Ok(engine.ddl(database)?)
    }

    async fn create(&self, server: &str, database: &str, owner: &Owner, adopt: bool) -> Outcome<Created> {
        self.check(server, database)?;
        let engine = self.engine(server)?;
        let slot = self.database(server, database);
        let mut open = slot.open.lock().await;
        if let Some(opened) = open.take_if(|opened| adopt && opened.owner != owner.account) {
            opened.store.close().await;
        }
        Ok(engine.create(database, owner, adopt).await?)
    }

    async fn open(&self, server: &str, database: &str, owner: &AccountId) -> Outcome<Arc<dyn RecordStore>> {
        self.check(server, database)?;
        let engine = self.engine(server)?;
        let slot = self.database(server, database);
        let mut open = slot.open.lock().await;
        if let Some(opened) = open.take() {
            if opened.store.is_good() {
                let answer = if opened.owner == *owner {
                    Ok(Arc::clone(&opened.store) as Arc<dyn RecordStore>)
                } else {
                    Err(opened.store.taken().into())
                };
                *open = Some(opened);
                return answer;
            }
            // Its file was moved away or its writer died: let go of it and look at what is there now.
            opened.store.close().await;
        }
        let store = engine.open(database, owner).await?;
        *open = Some(Opened {
            store: Arc::clone(&store),
            owner: owner.clone(),
        });
        Ok(store)
    }

    async fn close(&self, server: &str, database: &str) {
        let slot = self.database(server, database);
        if let Some(opened) = slot.open.lock().await.take() {
            opened.store.close().await;
        }
    }

    async fn remove(&self, server: &str, database: &str, owner: &AccountId) -> Outcome<()> {
        self.check(server, database)?;
        let engine = self.engine(server)?;
        let slot = self.database(server, database);
        // The lock is held to the end: nobody opens what is going.
        let mut open = slot.open.lock().await;
        if let Some(opened) = open.take() {
            if opened.owner != *owner {
                let taken = opened.store.taken();
                *open = Some(opened);
                return Err(taken.into());
            }
            opened.store.close().await;
        }
        Ok(engine.remove(database, owner).await?)
    }
}
