//! The step of the schema that brought withdrawals, the webhook's memory, and an audit log that can be redacted.

/// Audit entries of version 2 are chained over the digests of what was before and after, not over the texts: clearing
/// a text leaves the chain whole, and nothing else can be changed.
pub(super) const LIFECYCLE: &str = r"
ALTER TABLE audit ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE audit ADD COLUMN before_digest TEXT;
ALTER TABLE audit ADD COLUMN after_digest TEXT;
DROP TRIGGER audit_is_never_changed;
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
WHEN NOT (OLD.version = 2 AND NEW.before IS NULL AND NEW.after IS NULL AND NEW.version IS OLD.version
    AND NEW.seq IS OLD.seq AND NEW.at IS OLD.at AND NEW.uid IS OLD.uid AND NEW.user IS OLD.user
    AND NEW.pid IS OLD.pid AND NEW.role IS OLD.role AND NEW.action IS OLD.action AND NEW.object IS OLD.object
    AND NEW.outcome IS OLD.outcome AND NEW.hash IS OLD.hash AND NEW.before_digest IS OLD.before_digest
    AND NEW.after_digest IS OLD.after_digest)
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TABLE audit_head (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    sealed_head BLOB NOT NULL
) STRICT;

CREATE TABLE withdrawal (
    account_id TEXT PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    noticed_by TEXT NOT NULL,
    zoom_user_id TEXT,
    may_keep INTEGER,
    cdr_state TEXT NOT NULL,
    settled INTEGER NOT NULL,
    intended INTEGER,
    confirmed_by TEXT,
    note TEXT,
    confirmed_at INTEGER,
    not_before INTEGER,
    removal_at INTEGER,
    ground TEXT,
    warned_days INTEGER,
    begun_at INTEGER,
    begun_by INTEGER,
    found TEXT,
    certificate TEXT
) STRICT;

CREATE TABLE removal_consent (
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    uid INTEGER NOT NULL,
    user TEXT NOT NULL,
    given_by TEXT NOT NULL,
    letter_sha256 TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (account_id, role)
) STRICT, WITHOUT ROWID;

CREATE TABLE removal_certificate (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    issued_at INTEGER NOT NULL,
    document TEXT NOT NULL
) STRICT;

CREATE TABLE webhook_seen (
    digest BLOB PRIMARY KEY,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_seen_by_time ON webhook_seen (at);

CREATE TABLE webhook_inbox (
    id INTEGER PRIMARY KEY,
    received_at INTEGER NOT NULL,
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    keys TEXT NOT NULL
) STRICT;
";
