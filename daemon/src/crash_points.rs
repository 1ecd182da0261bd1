//! Crash points: named instants at which a program built for the crash suite dies when it is told to. The shipped
//! program has none of it: without the feature `crash-points` a point is an empty function.
//!
//! `CALLSYNC_CRASH_AT=NAME` kills the process, as `kill -9` would, at the first time it gets there; the name is added to
//! the file `CALLSYNC_CRASH_LOG` before, so that the suite knows that it was this point.

/// Names of all points, in the one place where they are written down.
macro_rules! crash_points {
    ($($(#[doc = $doc:literal])+ $point:ident = $name:literal,)+) => {
        /// An instant at which the suite kills the daemon.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum CrashPoint {
            $($(#[doc = $doc])+ $point,)+
        }

        #[cfg(feature = "crash-points")]
        impl CrashPoint {
            /// Every point.
            pub const ALL: &[Self] = &[$(Self::$point,)+];

            /// What it is called in `CALLSYNC_CRASH_AT`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$point => $name,)+
                }
            }
        }
    };
}

crash_points! {
    /// A step of the state store's schema is executed, not committed.
    StateSchemaWritten = "state_schema_written",
    /// A step of the state store's schema is committed, the next one not begun.
    StateSchemaCommitted = "state_schema_committed",
    /// All tables of a new record database are made, not committed.
    RecordDatabaseWritten = "record_database_written",
    /// A version of an older record database's schema is executed, not committed.
    RecordSchemaWritten = "record_schema_written",
    /// A version of an older record database's schema is committed.
    RecordSchemaCommitted = "record_schema_committed",
    /// A job is in the history, nobody runs it.
    JobQueued = "job_queued",
    /// A job has done its work, its end is not in the history.
    JobEnding = "job_ending",
    /// It is in the vault that a refresh token is about to be spent.
    RotationBegun = "rotation_begun",
    /// Zoom has answered with new tokens, nobody has written them down.
    RotationAnswered = "rotation_answered",
    /// New tokens are in the vault, nothing has used them.
    RotationStored = "rotation_stored",
    /// A page of calls has arrived.
    PageReceived = "page_received",
    /// Calls and what they prove are written, not committed.
    CallsWritten = "calls_written",
    /// Calls and what they prove are committed, nobody was told.
    CallsCommitted = "calls_committed",
    /// A window of a backfill is proven, the next one not begun.
    BackfillAdvanced = "backfill_advanced",
    /// Everything a backfill asked for is read, the request is not marked as done.
    BackfillEnding = "backfill_ending",
    /// Elements and the backlog are written, not committed.
    ElementsWritten = "elements_written",
    /// Elements and the backlog are committed, nobody was told.
    ElementsCommitted = "elements_committed",
    /// A directory listing is merged, not committed.
    SnapshotWritten = "snapshot_written",
    /// A directory listing is committed, the next one not begun.
    SnapshotCommitted = "snapshot_committed",
    /// A purge has its record and the ledger knows of it, no row is gone.
    PurgeBegun = "purge_begun",
    /// A batch of a purge is committed.
    PurgeBatchGone = "purge_batch_gone",
    /// Everything too old is gone, the purge's record is still open.
    PurgeEnding = "purge_ending",
    /// Calls are in the archive, nobody has read them back.
    ArchiveCopied = "archive_copied",
    /// The copies are what was copied, the originals are still there.
    ArchiveCompared = "archive_compared",
    /// The originals are gone.
    ArchiveMoved = "archive_moved",
    /// Everything old is in the archive, its record is still open.
    ArchiveEnding = "archive_ending",
}

/// The shipped program walks past.
#[cfg(not(feature = "crash-points"))]
#[inline]
pub const fn reach(_: CrashPoint) {}

/// Dies here when it was told to.
#[cfg(feature = "crash-points")]
pub fn reach(point: CrashPoint) {
    static TOLD: std::sync::LazyLock<Option<String>> =
        std::sync::LazyLock::new(|| std::env::var("CALLSYNC_CRASH_AT").ok());
    if TOLD.as_deref() == Some(point.name()) {
        die(point);
    }
}

#[cfg(feature = "crash-points")]
fn die(point: CrashPoint) {
    use std::io::Write as _;

    // The suite misses the name when it cannot be written; the kernel keeps what a dead process has written.
    if let Some(file) = std::env::var_os("CALLSYNC_CRASH_LOG")
        && let Ok(mut log) = std::fs::OpenOptions::new().create(true).append(true).open(file)
    {
        let _ = writeln!(log, "{}", point.name());
    }
    // A process may always kill itself; should it not, the suite sees that no crash came.
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
}
