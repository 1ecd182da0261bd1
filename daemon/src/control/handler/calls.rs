//! Collected calls: list, show, stream.

use axum::body::Bytes;
use callsync_shared::{
    ExitCode, Problem,
    api::call::{Call as CallView, CallDetail, CallFilter as Typed},
};
use futures_util::stream;

use crate::{
    collect::span::parse_time,
    control::{
        answer::{Answer, Answered},
        call::Call,
        handler::data,
        problem::usage,
        view,
    },
    domain::call::{CALL_ELEMENT, CALL_HISTORY},
    ports::records::{CallCursor, CallFilter, Record},
    retention::both::{Both, place},
};

/// Calls listed unless asked otherwise, and at most; `calls export` has no limit.
const USUAL: u64 = 50;
const MOST: u64 = 10_000;
/// Calls read at once by the stream: bounds memory.
const PAGE: usize = 1_000;

/// Calls, newest first.
pub async fn list(call: Call) -> Answered {
    let typed: Typed = call.filter()?;
    let store = data::calls(&call, typed.archive).await?;
    let limit = typed.limit.unwrap_or(USUAL);
    if limit > MOST {
        return Err(usage("limit_too_high", format!("A list holds {MOST} calls at most."))
            .hint("callsyncctl calls export streams as many as there are."));
    }
    let records = store
        .calls(&filter(typed)?, None, usize::try_from(limit).unwrap_or(PAGE))
        .await?;
    Answer::list(records.iter().map(view).collect())
}

/// One call with its elements.
pub async fn show(call: Call) -> Answered {
    let store = data::calls(&call, call.parsed("archive", "true")?.unwrap_or(false)).await?;
    let id = call.path("call_history_uuid");
    let Some((record, elements)) = store.call(id).await? else {
        return Err(Problem::new(
            ExitCode::NotFound,
            "call_not_found",
            format!("There is no call \"{}\".", id.escape_debug()),
        )
        .hint("callsyncctl calls list shows the call_history_uuid of each call with --json."));
    };
    let elements = elements
        .iter()
        .map(|element| CallView {
            fields: view::record::fields(&CALL_ELEMENT, element),
        })
        .collect();
    Answer::document(CallDetail {
        call: view(&record),
        elements,
    })
}

struct Export {
    store: Both,
    filter: CallFilter,
    cursor: Option<CallCursor>,
    left: Option<u64>,
    is_done: bool,
}

/// All calls, streamed.
pub async fn export(call: Call) -> Answered {
    let typed: Typed = call.filter()?;
    let store = data::calls(&call, typed.archive).await?;
    let left = typed.limit;
    let export = Export {
        store,
        filter: filter(typed)?,
        cursor: None,
        left,
        is_done: false,
    };
    // Every page is a read of its own: a long export never holds a snapshot that would keep the journal growing.
    let lines = stream::try_unfold(export, |mut export| async move {
        if export.is_done {
            return Ok::<_, std::io::Error>(None);
        }
        let limit = export
            .left
            .and_then(|left| usize::try_from(left).ok())
            .map_or(PAGE, |left| left.min(PAGE));
        let records = export
            .store
            .calls(&export.filter, export.cursor.take(), limit)
            .await
            .map_err(std::io::Error::other)?;
        let mut lines = Vec::with_capacity(records.len() * 1_200);
        for record in &records {
            serde_json::to_writer(&mut lines, &view(record))?;
            lines.push(b'\n');
        }
        export.left = export.left.map(|left| left.saturating_sub(records.len() as u64));
        export.is_done = records.len() < limit || export.left == Some(0);
        export.cursor = records.last().map(place);
        Ok(Some((Bytes::from(lines), export)))
    });
    Ok(Answer::lines(lines))
}

fn view(record: &Record) -> CallView {
    CallView {
        fields: view::record::fields(&CALL_HISTORY, record),
    }
}

fn filter(typed: Typed) -> Result<CallFilter, Problem> {
    let from = typed.from.as_deref().map(parse_time).transpose()?;
    let to = typed.to.as_deref().map(parse_time).transpose()?;
    if from.zip(to).is_some_and(|(from, to)| from >= to) {
        return Err(usage("span_invalid", "The range is empty: it ends before it begins.")
            .hint("Give a --from that is earlier than --to."));
    }
    Ok(CallFilter {
        from,
        to,
        number: typed.number,
        user: typed.user,
        queue: typed.queue,
        site: typed.site,
        direction: typed.direction,
        result: typed.result,
        min_duration: typed.min_duration,
    })
}
