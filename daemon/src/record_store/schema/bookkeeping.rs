//! Tables of our own: the ledger, backlogs, counters, and whose database it is.

use super::{ColumnModel, IndexModel, Storage, TableModel, column, later};

const REQUIRED: bool = true;
const OPTIONAL: bool = false;

/// What a backlog entry or window is in while it matters; indexes hold only such rows.
pub(crate) const PENDING: &str = "pending";
/// The backlog entry stays for its reason, nothing is tried any more.
pub(crate) const GIVEN_UP: &str = "given_up";
/// Fewer calls than Zoom's total: a gap.
const INCOMPLETE: &str = "incomplete";
/// A gap that Zoom cannot fill any more.
const LOST: &str = "lost";

fn table(
    name: &'static str,
    purpose: &'static str,
    key: &[&'static str],
    columns: Vec<ColumnModel>,
    clustered: bool,
    indexes: Vec<IndexModel>,
) -> TableModel {
    TableModel {
        name,
        purpose,
        columns,
        key: key.to_vec(),
        clustered,
        indexes,
        since: 1,
    }
}

/// Every table of our own.
pub(super) fn tables() -> Vec<TableModel> {
    let mut tables = collection();
    tables.extend(housekeeping());
    tables
}

fn collection() -> Vec<TableModel> {
    vec![
        table(
            "rejected_record",
            "Records that Zoom sent without a key, as they came. The same record is kept once.",
            &["id"],
            vec![
                column("id", Storage::RowNumber, REQUIRED),
                column("entity", Storage::ID, REQUIRED),
                column("reason", Storage::TEXT, REQUIRED),
                column("json", Storage::JSON, REQUIRED),
                column("digest", Storage::Digest, REQUIRED),
                column("first_seen_at", Storage::TIME, REQUIRED),
            ],
            false,
            vec![IndexModel {
                name: "rejected_record_by_digest".to_owned(),
                columns: &["digest"],
                unique: true,
                only: None,
                reason: "A record that is rejected at every poll is kept once.",
                since: 1,
            }],
        ),
        table(
            "collection_window",
            "The ledger: per window [window_from, window_to) of call end times what Zoom has and what is held here. \
             state: complete, incomplete (a gap), unverified (Zoom named no total), superseded (a complete window covers it).",
            &["window_from", "window_to"],
            vec![
                column("window_from", Storage::TIME, REQUIRED),
                column("window_to", Storage::TIME, REQUIRED),
                column("zoom_total", Storage::INTEGER, OPTIONAL),
                column("received", Storage::INTEGER, REQUIRED),
                column("held", Storage::INTEGER, REQUIRED),
                column("state", Storage::ID, REQUIRED),
                column("clamped", Storage::BOOLEAN, REQUIRED),
                column("first_collected_at", Storage::TIME, REQUIRED),
                column("compared_at", Storage::TIME, REQUIRED),
                later("stage", Storage::INTEGER, 2),
                later("next_compare_at", Storage::TIME, 2),
                later("attempts", Storage::INTEGER, 2),
                later("deleted", Storage::INTEGER, 2),
                later("note", Storage::TEXT, 2),
            ],
            true,
            vec![
                IndexModel {
                    name: "collection_window_gaps".to_owned(),
                    columns: &["window_to"],
                    unique: false,
                    only: Some(("state", INCOMPLETE)),
                    reason: "Gaps are counted at every status and there are few of them.",
                    since: 1,
                },
                IndexModel {
                    name: "collection_window_lost".to_owned(),
                    columns: &["window_to"],
                    unique: false,
                    only: Some(("state", LOST)),
                    reason: "Gaps that Zoom cannot fill any more are counted with the others.",
                    since: 2,
                },
                IndexModel {
                    name: "collection_window_due".to_owned(),
                    columns: &["next_compare_at", "window_from", "window_to"],
                    unique: false,
                    only: None,
                    reason: "What is to be compared next, and when.",
                    since: 2,
                },
            ],
        ),
        table(
            "element_backlog",
            "Calls whose elements are still to be fetched (state pending), or will not be (given_up, with the reason).",
            &["call_history_uuid"],
            vec![
                column("call_history_uuid", Storage::ID, REQUIRED),
                column("call_end_time", Storage::TIME, OPTIONAL),
                column("state", Storage::ID, REQUIRED),
                column("attempts", Storage::INTEGER, REQUIRED),
                column("next_attempt_at", Storage::TIME, REQUIRED),
                column("queued_at", Storage::TIME, REQUIRED),
                column("reason", Storage::TEXT, OPTIONAL),
            ],
            true,
            vec![
                IndexModel {
                    name: "element_backlog_newest".to_owned(),
                    columns: &["call_end_time", "next_attempt_at"],
                    unique: false,
                    only: Some(("state", PENDING)),
                    reason: "The newest calls come first; what is not due is skipped within the index.",
                    since: 1,
                },
                IndexModel {
                    name: "element_backlog_due".to_owned(),
                    columns: &["next_attempt_at"],
                    unique: false,
                    only: Some(("state", PENDING)),
                    reason: "When the next one is due.",
                    since: 1,
                },
            ],
        ),
        table(
            "collection_watermark",
            "Polling has seen every call that ended before seen_until and was published by then.",
            &["id"],
            vec![
                column("id", Storage::INTEGER, REQUIRED),
                column("seen_until", Storage::TIME, REQUIRED),
                column("written_at", Storage::TIME, REQUIRED),
                later("accounted_from", Storage::TIME, 2),
            ],
            false,
            Vec::new(),
        ),
        table(
            "backfill_request",
            "Requests for the past. Work goes from span_to down; everything from done_until to span_to is collected.",
            &["id"],
            vec![
                column("id", Storage::RowNumber, REQUIRED),
                column("span_from", Storage::TIME, REQUIRED),
                column("span_to", Storage::TIME, REQUIRED),
                column("done_until", Storage::TIME, REQUIRED),
                column("state", Storage::ID, REQUIRED),
                column("requested_at", Storage::TIME, REQUIRED),
                column("changed_at", Storage::TIME, REQUIRED),
            ],
            false,
            Vec::new(),
        ),
        table(
            "collection_counter",
            "Row counts of large tables, kept in the same transactions as the rows.",
            &["name"],
            vec![
                column("name", Storage::ID, REQUIRED),
                column("value", Storage::INTEGER, REQUIRED),
            ],
            true,
            Vec::new(),
        ),
    ]
}

fn housekeeping() -> Vec<TableModel> {
    vec![
        TableModel {
            since: 3,
            ..table(
                "disposal",
                "Runs that disposed of rows (kind purge, archive, restore, erase) with what they took; no personal data.",
                &["id"],
                vec![
                    column("id", Storage::ID, REQUIRED),
                    column("kind", Storage::ID, REQUIRED),
                    column("started_at", Storage::TIME, REQUIRED),
                    column("finished_at", Storage::TIME, OPTIONAL),
                    column("calls_before", Storage::TIME, OPTIONAL),
                    column("elements_before", Storage::TIME, OPTIONAL),
                    column("directory_before", Storage::TIME, OPTIONAL),
                    column("history_before", Storage::TIME, OPTIONAL),
                    column("calls", Storage::INTEGER, REQUIRED),
                    column("elements", Storage::INTEGER, REQUIRED),
                    column("rejected", Storage::INTEGER, REQUIRED),
                    column("directory", Storage::INTEGER, REQUIRED),
                    column("history", Storage::INTEGER, REQUIRED),
                    column("held", Storage::INTEGER, REQUIRED),
                ],
                false,
                Vec::new(),
            )
        },
        table(
            "sync_run",
            "The newest thousand runs of directory sync.",
            &["id"],
            vec![
                column("id", Storage::ID, REQUIRED),
                column("started_at", Storage::TIME, REQUIRED),
                column("finished_at", Storage::TIME, REQUIRED),
                column("outcome", Storage::ID, REQUIRED),
                column("entities", Storage::JSON, REQUIRED),
                column("error", Storage::TEXT, OPTIONAL),
            ],
            false,
            Vec::new(),
        ),
        table(
            "write_probe",
            "Written and deleted again to prove that collection can write.",
            &["id"],
            vec![
                column("id", Storage::INTEGER, REQUIRED),
                column("written_at", Storage::TIME, REQUIRED),
            ],
            false,
            Vec::new(),
        ),
        table(
            "database_identity",
            "Whose database this is. One row.",
            &["id"],
            vec![
                column("id", Storage::INTEGER, REQUIRED),
                column("owner_account", Storage::ID, REQUIRED),
                column("zoom_account_id", Storage::ID, OPTIONAL),
                column("created_at", Storage::TIME, REQUIRED),
                column("owned_since", Storage::TIME, REQUIRED),
            ],
            false,
            Vec::new(),
        ),
        table(
            "schema_migration",
            "Versions of this schema and when each was applied.",
            &["version"],
            vec![
                column("version", Storage::INTEGER, REQUIRED),
                column("applied_at", Storage::TIME, REQUIRED),
                column("description", Storage::TEXT, REQUIRED),
            ],
            false,
            Vec::new(),
        ),
    ]
}
