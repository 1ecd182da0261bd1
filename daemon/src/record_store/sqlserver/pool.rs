//! The connections of one server: a few, taken, used, and returned only after success.

use std::{
    ops::{Deref, DerefMut},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{
    connection::{Connection, location},
    failure::{Kind, SqlFailure},
    patience::Limits,
};
use crate::config::model::{SqlServer, Tls};

/// Connections in use at a time, whatever the number of databases.
const AT_ONCE: usize = 12;
/// Idle connections that are kept. Making one costs 40 to 130 ms, keeping one costs the server memory.
const KEPT: usize = 8;
/// An idle connection older than this is closed: firewalls forget quiet ones without telling.
const STALE: Duration = Duration::from_secs(240);
/// The least and the longest wait after a server was not reached before the next connect is tried.
const UNREACHED: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));
/// The same after a refused login: a hundred accounts with one wrong password would lock the login out.
const REFUSED: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(60));

/// The connections of a configured server.
pub(in crate::record_store) struct Pool {
    server: SqlServer,
    limits: Limits,
    location: String,
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<Idle>>,
    gate: Mutex<Gate>,
    retired: AtomicBool,
}

struct Idle {
    database: String,
    since: Instant,
    connection: Connection,
}

/// Keeps a hundred accounts from knocking at a server that is down.
#[derive(Default)]
struct Gate {
    closed_until: Option<Instant>,
    wait: Duration,
    reason: Option<SqlFailure>,
}

/// A connection in use. Dropped without [`Lease::give_back`] it is closed, and the server undoes what was not committed.
pub(super) struct Lease {
    connection: Option<Connection>,
    database: String,
    pool: Arc<Pool>,
    /// It was idle before: the server may have gone and come back since.
    pub used_before: bool,
    _permit: OwnedSemaphorePermit,
}

impl Pool {
    /// A pool without connections.
    pub fn new(server: SqlServer, limits: Limits) -> Self {
        let location = location(&server);
        if server.tls == Tls::Off {
            tracing::warn!(server = %location, "tls: off sends the password and every record in plain text");
        }
        Self {
            location,
            server,
            limits,
            permits: Arc::new(Semaphore::new(AT_ONCE)),
            idle: Mutex::default(),
            gate: Mutex::default(),
            retired: AtomicBool::new(false),
        }
    }

    /// Host and port, for people.
    pub fn location(&self) -> &str {
        &self.location
    }

    /// The server's configuration.
    pub fn server(&self) -> &SqlServer {
        &self.server
    }

    /// The configuration changed: databases that are open through this pool are opened anew.
    pub fn retire(&self) {
        self.retired.store(true, Ordering::Release);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Whether a newer configuration has taken its place.
    pub fn is_retired(&self) -> bool {
        self.retired.load(Ordering::Acquire)
    }

    /// Closes the idle connections to a database: it cannot be dropped or restored while there are any.
    pub fn release(&self, database: &str) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|one| one.database != database);
    }

    /// A connection to a database, idle or new.
    pub(super) async fn take(self: &Arc<Self>, database: &str) -> Result<Lease, SqlFailure> {
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(|_| SqlFailure::new(&self.location, Kind::Lost, "the daemon is ending"))?;
        let idle = self.take_idle(database);
        let used_before = idle.is_some();
        let connection = match idle {
            Some(connection) => connection,
            None => self.connect(database).await?,
        };
        Ok(Lease {
            connection: Some(connection),
            database: database.to_owned(),
            pool: Arc::clone(self),
            used_before,
            _permit: permit,
        })
    }

    fn take_idle(&self, database: &str) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|one| one.since.elapsed() < STALE);
        let newest = idle.iter().rposition(|one| one.database == database)?;
        Some(idle.remove(newest).connection)
    }

    async fn connect(&self, database: &str) -> Result<Connection, SqlFailure> {
        if let Some(reason) = self.closed() {
            return Err(reason);
        }
        self.open(Some(database)).await
    }

    /// A new connection, whatever became of the last attempt; its outcome opens the gate or closes it.
    pub(super) async fn open(&self, database: Option<&str>) -> Result<Connection, SqlFailure> {
        let opened = Connection::open(&self.server, database, self.limits).await;
        let mut gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        let bounds = match &opened {
            Err(failure) => match failure.kind {
                Kind::Unreachable | Kind::Lost | Kind::InstanceUnknown => Some((UNREACHED, failure)),
                Kind::Login => Some((REFUSED, failure)),
                _ => None,
            },
            Ok(_) => None,
        };
        match bounds {
            Some(((least, longest), failure)) => {
                gate.wait = (gate.wait * 2).clamp(least, longest);
                gate.closed_until = Some(Instant::now() + gate.wait);
                gate.reason = Some(failure.clone());
            }
            None => *gate = Gate::default(),
        }
        opened
    }

    /// Why nobody connects at the moment.
    fn closed(&self) -> Option<SqlFailure> {
        let gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        gate.closed_until
            .filter(|until| *until > Instant::now())
            .and(gate.reason.clone())
    }
}

impl Lease {
    /// Returns the connection after work that succeeded and left no transaction open: whoever began one has committed
    /// it, and [`Connection::commit`] has seen that none is left.
    pub fn give_back(mut self) {
        let Some(connection) = self.connection.take() else {
            return;
        };
        if self.pool.is_retired() {
            return;
        }
        let mut idle = self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() >= KEPT {
            idle.remove(0);
        }
        idle.push(Idle {
            database: std::mem::take(&mut self.database),
            since: Instant::now(),
            connection,
        });
    }
}

impl Deref for Lease {
    type Target = Connection;

    #[expect(clippy::expect_used, reason = "only give_back takes it, and consumes the lease")]
    fn deref(&self) -> &Connection {
        self.connection.as_ref().expect("a lease holds its connection")
    }
}

impl DerefMut for Lease {
    #[expect(clippy::expect_used, reason = "only give_back takes it, and consumes the lease")]
    fn deref_mut(&mut self) -> &mut Connection {
        self.connection.as_mut().expect("a lease holds its connection")
    }
}
