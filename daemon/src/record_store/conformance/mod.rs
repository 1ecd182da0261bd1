//! What every engine must promise, as tests over the ports. `cases!` lists all of them for the macro of an engine.

mod backfill;
mod calls;
mod databases;
mod deletion;
mod directory;
mod elements;
mod ledger;
mod ledger_entries;
mod placement;
mod retention;
mod search;
mod sqlite;
mod sqlite_creation;
mod sqlite_files;
mod sqlite_model;
mod sqlite_views;
mod sqlserver;
mod sqlserver_outages;
mod sqlserver_promises;
mod sqlserver_reaching;
mod tds_proxy;

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::{
    domain::{
        account::AccountId,
        call::{CALL_ELEMENT, CALL_HISTORY},
        clock::ManualClock,
        failure::{Failure, Outcome},
        table::{Digest, Rejected, Row, Table, Value},
        window::Window,
    },
    ports::records::{CallBatch, Comparison, Owner, Record, RecordServers, RecordStore, ZoomTotal},
};

/// An engine under test, with a clock that the test owns.
#[async_trait]
pub(super) trait Fixture: Send + Sync {
    /// A server named `test` of this engine.
    fn servers(&self) -> &dyn RecordServers;

    /// The clock of the server.
    fn clock(&self) -> &ManualClock;

    /// The database `calls` of [`owner`]`("one")` as the next start would find it if the daemon were killed now.
    async fn after_kill(&self) -> Arc<dyn RecordStore>;

    /// The first column of what a query of the database `calls` answers, as a reporting tool sees it; without NULLs.
    async fn look(&self, sql: &str) -> Vec<String>;

    /// Runs statements in the database `calls` as an administrator would.
    async fn alter(&self, statements: &[&str]);

    /// The time of the clock as text.
    fn clock_text(&self) -> String {
        crate::domain::clock::Clock::now(self.clock()).to_string()
    }

    /// The database `calls` of [`owner`]`("one")`, created when it is not there.
    async fn store(&self) -> Arc<dyn RecordStore> {
        let owner = owner("one");
        self.servers()
            .create("test", "calls", &owner, false)
            .await
            .expect("created");
        self.servers()
            .open("test", "calls", &owner.account)
            .await
            .expect("opened")
    }
}

/// Every test of the suite, by chapter, handed to the macro of an engine: one list, so that all run the same cases.
macro_rules! cases {
    ($runner:ident) => {
        $runner! {
        databases {
            creating_twice_finds_the_first, another_accounts_database_is_not_taken_unless_adopted,
            lost_state_is_recognised_by_the_zoom_account, an_open_database_is_shared_and_not_given_to_others,
            a_missing_database_says_how_to_create_it, unknown_servers_and_impossible_names_are_refused,
            a_closed_database_is_opened_again_with_everything_in_it, a_server_can_be_tested,
        }
        calls {
            a_batch_is_stored_as_sent, the_same_batch_again_changes_nothing, a_changed_call_keeps_when_it_was_first_seen,
            the_last_of_duplicates_in_a_batch_counts_once, a_rejected_record_is_kept_once,
            quotes_and_statements_in_values_are_only_text, a_batch_is_there_after_a_kill, counts_stay_exact,
            a_large_batch_is_stored_in_one_go,
        }
        ledger {
            the_watermark_never_moves_back, an_idle_watermark_is_known_at_once_and_stored_within_the_hour,
            a_watermark_travels_with_its_rows, windows_are_gaps_until_they_are_complete,
            the_first_watermark_begins_the_account, held_counts_the_half_open_window,
        }
        ledger_entries {
            a_comparison_decides_by_what_is_held, a_comparison_keeps_what_it_does_not_know_better,
            a_short_answer_is_a_gap_whatever_is_held, what_is_due_comes_newest_first,
            a_change_of_the_ledger_counts_what_is_held, expired_windows_stay_expired,
            gaps_and_numbers_are_those_of_the_windows, the_ledger_is_there_after_a_kill,
        }
        deletion {
            a_deleted_call_is_marked_and_counted_no_more, a_call_that_zoom_lists_again_returns,
            a_deletion_travels_with_the_window_it_explains, a_deleted_element_is_marked_in_every_call,
            rows_can_be_deleted_for_good, thousands_are_marked_in_one_go,
        }
        backfill {
            the_same_span_is_continued, another_span_is_worked_off_first_and_cancels_nothing_beyond_itself, a_cancelled_span_starts_anew,
            progress_moves_down_only_and_ends_at_the_start, an_empty_span_is_refused,
        }
        elements {
            new_and_changed_calls_are_queued_newest_first, fetched_elements_leave_the_backlog,
            vanished_elements_are_kept_and_marked, what_a_wrong_clock_put_off_is_due,
            what_is_postponed_comes_due_later,
            what_is_given_up_is_not_pending_until_the_call_changes, switching_elements_on_queues_what_lacks_them,
            an_unwanted_backlog_stays_empty,
        }
        directory {
            an_identical_snapshot_changes_nothing, what_vanished_is_marked_and_what_returns_is_present,
            what_is_within_json_is_found_only_by_who_asks_for_it,
            an_incomplete_snapshot_removes_nobody, a_membership_that_returns_starts_a_new_row,
            a_membership_that_changes_stays_one_row, leaving_and_returning_within_a_second_is_one_row,
            distinct_values_are_of_present_rows, search_ignores_case_in_every_script, search_finds_numbers_by_digits,
            sync_runs_are_kept,
        }
        placement {
            calls_of_the_past_keep_the_names_and_places_of_then, a_role_member_who_moves_goes_on_in_a_new_row,
            who_left_and_came_back_has_two_placements, an_unchanged_directory_writes_no_placement,
            two_changes_within_a_second_are_one, a_purge_takes_what_is_over_except_of_those_who_are_held,
            an_erased_person_has_no_name_in_the_past_either, an_older_database_begins_with_what_it_knows,
        }
        search {
            pages_come_newest_first_and_lose_nothing, each_filter_selects_what_it_says,
            number_filters_compare_digits, user_filters_ignore_case_in_every_script, wildcards_are_plain_text,
            a_call_comes_with_its_elements_in_order, an_unknown_call_is_nothing, a_probe_leaves_no_trace,
        }
        retention {
            old_calls_come_oldest_first_page_by_page, holds_find_persons_however_they_are_written,
            deleting_takes_everything_of_a_call_and_counts_it, what_was_purged_is_not_taken_in_again,
            a_copy_in_another_database_is_the_same_call, only_what_is_still_as_copied_is_deleted,
            a_rewritten_call_keeps_its_place_and_its_counts, piles_are_cleared_in_bits_except_what_is_held,
            all_entries_of_a_directory_go_except_what_is_held,
            what_is_kept_aside_about_a_person_is_found_and_blanked,
            every_pile_can_be_counted_and_cleared, a_directory_entry_takes_the_place_of_another,
            calls_that_wait_for_elements_are_not_settled,
        }
        }
    };
}
use cases;

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn owner(account: &str) -> Owner {
    Owner {
        account: AccountId(account.to_owned()),
        zoom_account_id: Some(format!("zoom-{account}")),
    }
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

/// A row of a table with some values; the digest is over all of them.
fn row(table: &Table, values: &[(&str, Value)]) -> Row {
    let mut all = vec![Value::Null; table.columns.len()];
    for (name, value) in values {
        all[table.position(name).expect("a column")] = value.clone();
    }
    let hash = Sha256::digest(format!("{all:?}"));
    Row {
        values: all,
        extra: None,
        digest: hash[..16].try_into().expect("16 bytes"),
    }
}

/// A call that ended then, with further values.
fn call(uuid: &str, end: &str, more: &[(&str, Value)]) -> Row {
    let mut values = vec![("call_history_uuid", text(uuid))];
    if !end.is_empty() {
        values.push(("end_time", Value::Time(at(end))));
    }
    values.extend_from_slice(more);
    row(&CALL_HISTORY, &values)
}

fn element(id: &str, more: &[(&str, Value)]) -> Row {
    let mut values = vec![("call_element_id", text(id))];
    values.extend_from_slice(more);
    row(&CALL_ELEMENT, &values)
}

fn window(from: &str, to: &str) -> Window {
    Window::new(at(from), at(to))
}

/// A comparison of totals only, of a window that is then left alone for an hour, or for a minute while incomplete.
fn comparison(window: Window, zoom_total: ZoomTotal) -> Comparison {
    Comparison {
        window,
        zoom_total,
        received: None,
        short: false,
        stage: 1,
        next_if_complete: Some(at("2026-06-01T13:00:00Z")),
        next_if_incomplete: at("2026-06-01T12:01:00Z"),
        attempts: 1,
        deleted: 0,
        note: None,
    }
}

fn batch(calls: Vec<Row>) -> CallBatch {
    CallBatch {
        calls,
        ..CallBatch::default()
    }
}

fn rejected(json: &str) -> Rejected {
    Rejected {
        table: "call_history",
        reason: "no key".to_owned(),
        digest: digest_of_text(json),
        json: json.to_owned(),
    }
}

fn digest_of_text(text: &str) -> Digest {
    let mut digest = Digest::default();
    digest.copy_from_slice(&Sha256::digest(text)[..16]);
    digest
}

fn field(record: &Record, name: &str) -> Value {
    record
        .iter()
        .find(|(column, _)| *column == name)
        .map(|(_, value)| value.clone())
        .expect("a column")
}

/// The code of a failed operation.
fn code<T>(outcome: Outcome<T>) -> &'static str {
    match outcome {
        Ok(_) => "ok",
        Err(failure) => {
            let fault = Failure::fault(&failure).expect("a fault");
            assert!(!fault.hint.is_empty(), "{} has no next step", fault.code);
            fault.code
        }
    }
}
