//! The suite on the embedded engine.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use rusqlite::types::ValueRef;

use super::{Fixture, at, cases, owner};
use crate::{
    config::model::{Server, ServerKind},
    domain::clock::ManualClock,
    ports::records::{RecordServers, RecordStore, sqlite_path},
    record_store::Servers,
};

/// A server in a directory that goes away with the test.
pub(super) struct Sqlite {
    directory: tempfile::TempDir,
    clock: ManualClock,
    servers: Servers,
    /// Copies made by [`Fixture::after_kill`], which must outlive their stores.
    killed: Mutex<Vec<Sqlite>>,
}

impl Sqlite {
    pub fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let clock = ManualClock::new(at("2026-06-01T12:00:00Z"));
        let kind = ServerKind::Sqlite {
            directory: directory.path().join("databases"),
        };
        let servers = Servers::new(
            vec![Server {
                name: "test".to_owned(),
                kind,
            }],
            Arc::new(clock.clone()),
        );
        Self {
            directory,
            clock,
            servers,
            killed: Mutex::default(),
        }
    }

    /// Where the databases are.
    pub fn databases(&self) -> PathBuf {
        self.directory.path().join("databases")
    }

    /// The file of the database `calls`.
    pub fn file(&self) -> PathBuf {
        sqlite_path(&self.databases(), "calls")
    }

    /// Looks into the file as an outsider.
    pub fn outside(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.file()).expect("opened")
    }
}

/// What the disk holds while the daemon is at work is what a kill leaves: committed transactions may be in the log only.
fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("a directory").flatten() {
        let name = entry.file_name();
        // The shared memory of the log does not survive its last process.
        if !name.to_string_lossy().ends_with("-shm") {
            std::fs::copy(entry.path(), to.join(name)).expect("copied");
        }
    }
}

#[async_trait]
impl Fixture for Sqlite {
    fn servers(&self) -> &dyn RecordServers {
        &self.servers
    }

    fn clock(&self) -> &ManualClock {
        &self.clock
    }

    async fn look(&self, sql: &str) -> Vec<String> {
        let connection = self.outside();
        let mut statement = connection.prepare(sql).expect("prepared");
        let cell = |row: &rusqlite::Row<'_>| {
            Ok(match row.get_ref(0)? {
                ValueRef::Text(text) => Some(String::from_utf8_lossy(text).into_owned()),
                ValueRef::Integer(number) => Some(number.to_string()),
                _ => None,
            })
        };
        let rows = statement.query_map([], cell).expect("queried");
        rows.filter_map(|row| row.expect("read")).collect()
    }

    async fn alter(&self, statements: &[&str]) {
        let connection = self.outside();
        for statement in statements {
            connection.execute(statement, []).expect("executed");
        }
    }

    async fn after_kill(&self) -> Arc<dyn RecordStore> {
        let next = Self::new();
        std::fs::create_dir_all(next.databases()).expect("made");
        copy(&self.databases(), &next.databases());
        let store = next
            .servers
            .open("test", "calls", &owner("one").account)
            .await
            .expect("opened");
        self.killed.lock().expect("not poisoned").push(next);
        store
    }
}

/// The suite's tests, each in a module of its chapter.
macro_rules! chapters {
    ($($module:ident { $($test:ident),+ $(,)? })+) => {
        $(mod $module {
            $(#[tokio::test]
            async fn $test() {
                super::super::$module::$test(&super::Sqlite::new()).await;
            })+
        })+
    };
}
cases!(chapters);
