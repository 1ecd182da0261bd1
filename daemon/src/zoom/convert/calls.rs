//! Pages of calls and the elements of a call.

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};

use crate::{
    domain::{
        call::{CALL_ELEMENT, CALL_HISTORY},
        table::{Parsed, Table},
        window::Window,
    },
    ports::zoom::{CallPage, ListPage},
    zoom::{
        convert::{digest, row::RowReader},
        wire::{
            Malformed,
            page::{self, Arrays},
        },
    },
};

/// Both generations of an answer hold the same calls: never read both.
const CALLS: Arrays = Arrays {
    current: "call_history",
    older: Some("call_logs"),
};
const ELEMENTS: Arrays = Arrays {
    current: "call_elements",
    older: Some("call_path"),
};

/// A page of calls that was asked for `window`.
///
/// # Errors
/// The body is not such a page.
pub fn call_page(body: &str, window: Window) -> Result<CallPage, Malformed> {
    let mut reader = RowReader::new(&CALL_HISTORY);
    let envelope = page::read(body, CALLS, &mut |record| reader.read(record))?;
    let parsed = reader.finish();
    Ok(CallPage {
        digest: digest::of_page(&parsed),
        parsed,
        total_records: envelope.total_records,
        next: envelope.next,
        clamped_to: clamped_to(window, envelope.from.as_deref(), envelope.to.as_deref()),
    })
}

/// The elements of the call `call_history_uuid`.
///
/// # Errors
/// The body is not such an answer.
pub fn call_elements(body: &str, call_history_uuid: &str) -> Result<Parsed, Malformed> {
    let mut reader = RowReader::new(&CALL_ELEMENT).with_parent("call_history_uuid", call_history_uuid);
    page::read(body, ELEMENTS, &mut |record| reader.read(record))?;
    Ok(reader.finish())
}

/// A page of a directory listing. Without `arrays` the body is one record.
///
/// # Errors
/// The body is not such a page.
pub fn list_page(
    body: &str,
    table: &'static Table,
    arrays: Option<Arrays>,
    parent: Option<&str>,
) -> Result<ListPage, Malformed> {
    let mut reader = RowReader::new(table);
    if let Some(parent) = parent {
        reader = reader.with_parent(table.columns[0].name, parent);
    }
    let envelope = match arrays {
        Some(arrays) => page::read(body, arrays, &mut |record| reader.read(record))?,
        None => {
            page::read_one(body, &mut |record| reader.read(record))?;
            page::Envelope::default()
        }
    };
    let parsed = reader.finish();
    Ok(ListPage {
        digest: digest::of_page(&parsed),
        parsed,
        total_records: envelope.total_records,
        next: envelope.next,
    })
}

/// What the answer really covers, when the echo is narrower than what was asked. A date without a time covers the
/// whole UTC day, so only another day counts. An echo that cannot be read says nothing.
fn clamped_to(asked: Window, from: Option<&str>, to: Option<&str>) -> Option<Window> {
    let first = from
        .and_then(|text| time_or_day(text, false))
        .filter(|from| *from > asked.from);
    let end = to.and_then(|text| time_or_day(text, true)).filter(|to| *to < asked.to);
    if first.is_none() && end.is_none() {
        return None;
    }
    Some(Window::new(first.unwrap_or(asked.from), end.unwrap_or(asked.to)))
}

fn time_or_day(text: &str, end: bool) -> Option<Timestamp> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time);
    }
    if text.contains('T') {
        return None;
    }
    let midnight = TimeZone::UTC
        .to_timestamp(text.parse::<Date>().ok()?.at(0, 0, 0, 0))
        .ok()?;
    if end {
        midnight.saturating_add(SignedDuration::from_hours(24)).ok()
    } else {
        Some(midnight)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(from: &str, to: &str) -> Window {
        Window::new(from.parse().expect("a time"), to.parse().expect("a time"))
    }

    #[test]
    fn a_narrower_echo_is_noticed() {
        let asked = window("2020-08-01T00:00:00Z", "2021-02-01T00:00:00Z");
        let narrower = window("2021-01-01T00:00:00Z", "2021-02-01T00:00:00Z");
        assert_eq!(
            clamped_to(asked, Some("2021-01-01"), Some("2021-02-01")),
            Some(narrower)
        );
        assert_eq!(
            clamped_to(asked, Some("2021-01-01T00:00:00Z"), Some("2021-02-01T00:00:00Z")),
            Some(narrower)
        );
        assert_eq!(
            clamped_to(asked, Some("2020-08-01"), Some("2021-01-15")),
            Some(window("2020-08-01T00:00:00Z", "2021-01-16T00:00:00Z"))
        );
    }

    #[test]
    fn the_same_span_or_a_wider_one_is_not_clamped() {
        let asked = window("2026-03-01T10:00:00Z", "2026-03-02T11:30:00Z");
        for (from, to) in [
            (Some("2026-03-01"), Some("2026-03-02")),
            (Some("2026-03-01T10:00:00Z"), Some("2026-03-02T11:30:00Z")),
            (Some("2026-02-28"), Some("2026-03-03")),
            (None, None),
            (Some("gibberish"), Some("")),
        ] {
            assert_eq!(clamped_to(asked, from, to), None, "{from:?} {to:?}");
        }
    }

    #[test]
    fn an_echoed_day_before_an_end_at_midnight_is_the_same_end() {
        let asked = window("2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z");
        assert_eq!(clamped_to(asked, Some("2026-03-01"), Some("2026-03-01")), None);
    }

    #[test]
    fn the_older_array_is_read_only_when_the_current_one_has_nothing() {
        let asked = window("2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z");
        let uuids = |body: &str| -> Vec<String> {
            let page = call_page(body, asked).expect("a page");
            page.parsed.rows.iter().map(|row| row.key().to_owned()).collect()
        };
        assert_eq!(
            uuids(r#"{"call_logs":[{"id":"old"}],"call_history":[{"call_history_uuid":"new"}]}"#),
            ["new"]
        );
        assert_eq!(
            uuids(r#"{"call_history":[{"call_history_uuid":"new"}],"call_logs":[{"id":"old"}]}"#),
            ["new"]
        );
        assert_eq!(uuids(r#"{"call_logs":[{"id":"old"}],"call_history":[]}"#), ["old"]);
        assert_eq!(uuids(r#"{"call_logs":[{"id":"old"}]}"#), ["old"]);
        assert_eq!(uuids(r#"{"call_logs":[{"id":"old"}],"call_history":null}"#), ["old"]);
        assert!(uuids(r#"{"total_records":0}"#).is_empty());
    }

    #[test]
    fn a_broken_page_is_an_error_and_a_broken_record_is_not() {
        let asked = window("2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z");
        for body in [
            "",
            "<html>",
            r#"{"call_history":[{"call_history_uuid":"a"}"#,
            r#"{"call_history":"x"}"#,
            "[]",
            "{} x",
        ] {
            assert!(call_page(body, asked).is_err(), "{body}");
        }
        let page = call_page(r#"{"call_history":[7,{"call_history_uuid":"a"},null,["x"]]}"#, asked).expect("a page");
        assert_eq!(page.parsed.rows.len(), 1);
        let kept: Vec<&str> = page
            .parsed
            .rejected
            .iter()
            .map(|rejected| rejected.json.as_str())
            .collect();
        assert_eq!(kept, ["7", "null", "[\"x\"]"]);
    }
}
