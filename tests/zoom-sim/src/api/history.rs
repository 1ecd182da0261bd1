//! `/phone/call_history`, one record of it, and one element.

use super::{Call, Outcome, listing};
use crate::answer::Answer;
use crate::calls::book::CallBook;
use crate::calls::filter::Filter;
use crate::calls::range::{self, Range};
use crate::clock::shift;
use crate::fault::Effect;
use crate::options::{HistoryArrays, Paging};
use crate::paging::Page;
use crate::world::World;
use serde_json::json;
use std::sync::Arc;

pub(crate) fn list(world: &mut World, call: &Call<'_>) -> Outcome {
    let params = &call.request.params;
    let asked = listing::page_size(call)?;
    let size = world.options.page_cap.map_or(asked, |cap| cap.clamp(1, asked));
    let name = world.accounts[call.account].name.clone();
    let now = world.now();
    let forced = world
        .faults
        .take(&call.request.path, Some(&name), now, |effect| match effect {
            Effect::ClampRange { seconds } => Some(*seconds),
            _ => None,
        });
    let range = range::read(params, now, world.options.history_months, forced)?;
    let mut position = listing::position(world, call)?;
    let rows = match &position.snapshot {
        Some(rows) => Arc::clone(rows),
        None => {
            let by_end = params.get("time_type") == Some("end_time");
            let filter = Filter::of(params, world.options.recorded_by_default);
            let book = &mut world.accounts[call.account].calls;
            let rows = Arc::new(matching(book, now, &range, by_end, &filter));
            if world.options.paging == Paging::Snapshot {
                position.snapshot = Some(Arc::clone(&rows));
            }
            rows
        }
    };
    let page = listing::cut(world, call, size, rows.len(), position);
    let arrays = world.options.history_arrays;
    let omit = world.options.omit_empty_lists;
    let shown = &rows[page.rows.clone()];
    let book = &mut world.accounts[call.account].calls;
    let body = body(book, &page, &range, shown, arrays, omit);
    book.forget_written(shown.iter().copied(), now, world.options.keep_written);
    Ok(Answer::text(200, "application/json;charset=UTF-8", body))
}

/// Newest first; both ends of the range included. Zoom documents neither.
fn matching(book: &mut CallBook, now: jiff::Timestamp, range: &Range, by_end: bool, filter: &Filter<'_>) -> Vec<usize> {
    let visible = book.visible(now);
    visible
        .into_iter()
        .filter(|position| {
            let entry = book.get(*position);
            let at = if by_end { entry.end } else { entry.start };
            (range.first..=range.last).contains(&at) && filter.accepts(entry)
        })
        .collect()
}

/// The rows were serialised when they were first served; here they are only strung together.
fn body(
    book: &mut CallBook,
    page: &Page,
    range: &Range,
    rows: &[usize],
    arrays: HistoryArrays,
    omit_empty: bool,
) -> Vec<u8> {
    let head = json!({
        "next_page_token": page.next_page_token,
        "page_count": page.count(),
        "page_size": page.size,
        "total_records": page.total,
        "from": range.from,
        "to": range.to,
    });
    let mut out = head.to_string().into_bytes();
    out.pop();
    let wanted = match arrays {
        HistoryArrays::Both => &[HistoryArrays::CallLogsOnly, HistoryArrays::CallHistoryOnly][..],
        HistoryArrays::CallHistoryOnly => &[HistoryArrays::CallHistoryOnly],
        HistoryArrays::CallLogsOnly => &[HistoryArrays::CallLogsOnly],
    };
    for array in wanted.iter().filter(|_| !(rows.is_empty() && omit_empty)) {
        let name: &[u8] = if *array == HistoryArrays::CallLogsOnly {
            b",\"call_logs\":["
        } else {
            b",\"call_history\":["
        };
        out.extend_from_slice(name);
        for (number, row) in rows.iter().enumerate() {
            if number > 0 {
                out.push(b',');
            }
            out.extend_from_slice(&book.text(*row, *array));
        }
        out.push(b']');
    }
    out.push(b'}');
    out
}

/// Right after the record appeared its detail is not there yet.
pub(crate) fn detail(world: &mut World, call: &Call<'_>) -> Outcome {
    let now = world.now();
    let lag = world.options.detail_lag;
    let book = &mut world.accounts[call.account].calls;
    let found = book.find(&call.subject).filter(|position| {
        let entry = book.get(*position);
        entry.visible(now) && shift(entry.publish_at, lag) <= now
    });
    match found {
        Some(position) => Ok(Answer::ok(&book.detail(position))),
        None => Err(Box::new(Answer::error(404, 404, "Not Found"))),
    }
}

pub(crate) fn element(world: &mut World, call: &Call<'_>) -> Outcome {
    let now = world.now();
    let book = &mut world.accounts[call.account].calls;
    let found = book.element(&call.subject, now);
    found
        .map(|element| Answer::ok(&element))
        .ok_or_else(|| Box::new(Answer::error(404, 404, "Not Found")))
}
