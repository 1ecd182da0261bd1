//! The tables of the state store, by version. A released step is never edited; changes are new steps.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::{error::StateError, schema_lifecycle::LIFECYCLE};
use crate::crash_points::{CrashPoint, reach};

/// Marks the file as ours (`PRAGMA application_id`): "csyd".
const APPLICATION_ID: i64 = 0x6373_7964;

/// Steps from an empty file to the present; step N makes schema N + 1.
///
/// Instants are INTEGER nanoseconds since 1970 (UTC), days are TEXT `YYYY-MM-DD`. `*_key` columns are lower-case
/// copies that uniqueness is judged by. `sealed_*` columns can be opened only with the master key.
const STEPS: &[&str] = &[
    r"
CREATE TABLE key_check (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    sealed_check BLOB NOT NULL
) STRICT;

CREATE TABLE enterprise_group (
    name_key TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    main_contact TEXT,
    technical_contact TEXT,
    security_contact TEXT,
    term_end TEXT,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE account (
    id TEXT PRIMARY KEY,
    name_key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    group_key TEXT NOT NULL REFERENCES enterprise_group (name_key) ON UPDATE CASCADE ON DELETE RESTRICT,
    auth TEXT NOT NULL,
    state TEXT NOT NULL,
    state_reason TEXT,
    zoom_account_id TEXT UNIQUE,
    account_number INTEGER,
    authorized_by_user_id TEXT,
    authorized_by_email TEXT,
    authorized_by_role TEXT,
    granted_scopes TEXT NOT NULL,
    pending_url TEXT,
    pending_state TEXT,
    sealed_pending_verifier BLOB,
    pending_expires_at INTEGER,
    cdr_state TEXT NOT NULL,
    cdr_server TEXT,
    cdr_database TEXT,
    cdr_server_key TEXT,
    cdr_database_key TEXT,
    cdr_archive_server_key TEXT,
    cdr_archive_database_key TEXT,
    cdr_settings TEXT NOT NULL,
    cdr_lists_all INTEGER,
    created_at INTEGER NOT NULL,
    UNIQUE (cdr_server_key, cdr_database_key)
) STRICT;
CREATE INDEX account_by_group ON account (group_key);

CREATE TABLE token (
    account_id TEXT PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    sealed_access_token BLOB NOT NULL,
    sealed_refresh_token BLOB,
    access_expires_at INTEGER NOT NULL,
    refreshed_at INTEGER NOT NULL,
    api_url TEXT,
    rotation_begun_at INTEGER
) STRICT;

CREATE TABLE quota_use (
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    label TEXT NOT NULL,
    day TEXT NOT NULL,
    used INTEGER NOT NULL,
    PRIMARY KEY (account_id, label, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE job (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    account_id TEXT REFERENCES account (id) ON DELETE CASCADE,
    state TEXT NOT NULL,
    parameters TEXT NOT NULL,
    done INTEGER NOT NULL,
    total INTEGER,
    unit TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    finished_at INTEGER,
    result TEXT NOT NULL,
    error_cause TEXT,
    error_code TEXT,
    error_message TEXT,
    error_hint TEXT,
    retryable INTEGER NOT NULL
) STRICT;
CREATE INDEX job_by_age ON job (created_at, id);
CREATE INDEX job_by_account ON job (account_id, created_at, id);
CREATE INDEX job_unfinished ON job (state) WHERE state IN ('queued', 'running');

CREATE TABLE activity (
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    last_attempt INTEGER,
    last_success INTEGER,
    last_error TEXT,
    last_outcome TEXT,
    last_duration_ms INTEGER,
    detail TEXT,
    PRIMARY KEY (account_id, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    uid INTEGER NOT NULL,
    user TEXT NOT NULL,
    pid INTEGER NOT NULL,
    role TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT NOT NULL,
    outcome TEXT NOT NULL,
    before TEXT,
    after TEXT,
    hash TEXT NOT NULL
) STRICT;
CREATE INDEX audit_by_time ON audit (at);
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_is_never_deleted BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
",
    r"
CREATE TABLE alert (
    id TEXT PRIMARY KEY,
    code TEXT NOT NULL,
    account_id TEXT REFERENCES account (id) ON DELETE CASCADE,
    severity TEXT NOT NULL,
    stage TEXT NOT NULL,
    summary TEXT NOT NULL,
    cause TEXT NOT NULL,
    hint TEXT NOT NULL,
    recipients TEXT NOT NULL,
    since INTEGER NOT NULL,
    resolved_at INTEGER
) STRICT;
CREATE UNIQUE INDEX alert_firing ON alert (code, ifnull(account_id, '')) WHERE resolved_at IS NULL;
CREATE INDEX alert_by_account ON alert (account_id);
CREATE INDEX alert_ended ON alert (resolved_at) WHERE resolved_at IS NOT NULL;

CREATE TABLE alert_delivery (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    alert_id TEXT NOT NULL REFERENCES alert (id) ON DELETE CASCADE,
    channel TEXT NOT NULL,
    occasion TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    queued_at INTEGER NOT NULL,
    next_attempt_at INTEGER,
    delivered_at INTEGER,
    last_error TEXT
) STRICT;
CREATE INDEX alert_delivery_by_alert ON alert_delivery (alert_id, channel);
CREATE INDEX alert_delivery_due ON alert_delivery (next_attempt_at) WHERE state = 'pending';
CREATE INDEX alert_delivery_troubled ON alert_delivery (state) WHERE last_error IS NOT NULL AND state <> 'delivered';

CREATE TABLE alert_mute (
    id INTEGER PRIMARY KEY,
    code TEXT NOT NULL,
    account_id TEXT REFERENCES account (id) ON DELETE CASCADE,
    until INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX alert_mute_once ON alert_mute (code, ifnull(account_id, ''));
",
    // Schedules. Marks and turns also exist for slots that the settings of an account imply, so they hang on the account.
    r"
CREATE TABLE schedule (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    days TEXT NOT NULL,
    day_mask INTEGER NOT NULL,
    times TEXT NOT NULL,
    zone TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (account_id, kind, day_mask, times, zone)
) STRICT;

CREATE TABLE schedule_mark (
    schedule_id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    looked_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX schedule_mark_by_account ON schedule_mark (account_id);

CREATE TABLE schedule_turn (
    schedule_id TEXT NOT NULL,
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    due INTEGER NOT NULL,
    at INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    job_id TEXT,
    reason TEXT,
    PRIMARY KEY (schedule_id, due)
) STRICT, WITHOUT ROWID;
CREATE INDEX schedule_turn_by_account ON schedule_turn (account_id);
",
    // What happened, bounded. It outlives accounts: what happened to one that is gone is still told to administrators.
    r"
CREATE TABLE event (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    level TEXT NOT NULL,
    name TEXT NOT NULL,
    account_id TEXT,
    account_name TEXT,
    job_id TEXT,
    job_kind TEXT,
    job_state TEXT,
    message TEXT NOT NULL,
    hint TEXT
) STRICT;
CREATE INDEX event_by_time ON event (at);
CREATE INDEX event_of_jobs ON event (seq) WHERE job_state IS NOT NULL;
",
    LIFECYCLE,
    // Legal holds; persons who were erased, by a keyed hash, and sealed until that is done.
    r"
CREATE TABLE hold (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    person_kind TEXT,
    person TEXT,
    held_from INTEGER,
    held_to INTEGER,
    reason TEXT NOT NULL,
    placed_by TEXT NOT NULL,
    placed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX hold_by_account ON hold (account_id, id);

CREATE TABLE erasure (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    person_hash BLOB NOT NULL,
    sealed_person BLOB,
    asked_at INTEGER NOT NULL
) STRICT;
CREATE INDEX erasure_by_account ON erasure (account_id);
",
    // What holds kept from a removal.
    "ALTER TABLE withdrawal ADD COLUMN kept TEXT;",
];

/// The schema that this version writes.
pub(super) const fn known() -> i64 {
    STEPS.len() as i64
}

/// Brings the file to the present schema.
///
/// Each step commits with its version: dying in between leaves the file at a whole step, and the next start goes on.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StateError> {
    let application: i64 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application != APPLICATION_ID && (tables > 0 || found > 0) {
        return Err(StateError::Foreign {
            path: path.to_path_buf(),
        });
    }
    if found > known() {
        return Err(StateError::Newer {
            path: path.to_path_buf(),
            found,
            known: known(),
        });
    }
    let done = usize::try_from(found).map_err(|_| StateError::damaged("schema version", found))?;
    for (step, version) in STEPS.iter().zip(1_i64..).skip(done) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", version)?;
        reach(CrashPoint::StateSchemaWritten);
        transaction.commit()?;
        reach(CrashPoint::StateSchemaCommitted);
    }
    if (1..known()).contains(&found) {
        tracing::info!(path = %path.display(), "the state store was brought from schema {found} to {}", known());
    }
    Ok(())
}
