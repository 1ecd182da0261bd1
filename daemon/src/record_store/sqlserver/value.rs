//! Values on their way to the server and back: parameters, text that a column cannot hold as it is, stored rows.
//!
//! Ids are `varchar` with a binary collation: half the bytes of `nvarchar` in every key and index, compared byte by
//! byte. Such a column holds the code page of its collation only, so what is not ASCII is written as an escape. Zoom's
//! ids are ASCII; the escape is for what is not supposed to happen, and must not be lost either.

use std::borrow::Cow;

use jiff::Timestamp;
use tiberius::{
    ColumnData, Row, ToSql,
    time::{Date, DateTime2, Time},
};

use crate::{
    domain::{
        table::{Digest, Kind, Value},
        window::whole_second,
    },
    ports::records::Record,
    record_store::schema::{Storage, TableModel},
};

/// Longest id, in bytes as stored.
pub(super) const ID_LIMIT: usize = 255;
/// Longest text, in UTF-16 units as stored.
pub(super) const TEXT_LIMIT: usize = 400;

/// Starts an escape. Babelfish cannot store U+0000 at all.
const ESCAPE: char = '\u{10}';

/// Days from 0001-01-01 to 1970-01-01.
const EPOCH_DAYS: i64 = 719_162;
const DAY: i64 = 86_400;

/// A bound value.
#[derive(Debug, Clone)]
pub(super) enum Parameter<'a> {
    /// An id, escaped.
    Id(Cow<'a, str>),
    /// Text, escaped.
    Text(Cow<'a, str>),
    /// Absent text. It travels as `''`, which the statement turns into NULL: Babelfish refuses the driver's NULL, which
    /// has no type.
    NoText,
    /// An instant.
    Time(Timestamp),
    /// A whole number.
    Integer(i64),
    /// An absent whole number.
    NoInteger,
    /// True or false.
    Boolean(bool),
    /// A digest.
    Digest(&'a [u8]),
}

impl<'a> Parameter<'a> {
    /// An id.
    pub fn id(text: &'a str) -> Self {
        Self::Id(escaped_id(text))
    }

    /// Text.
    pub fn text(text: &'a str) -> Self {
        Self::Text(escaped(text))
    }

    /// Text or nothing.
    pub fn maybe_text(text: Option<&'a str>) -> Self {
        text.map_or(Self::NoText, Self::text)
    }

    /// A count.
    pub fn count(count: u64) -> Self {
        Self::Integer(i64::try_from(count).unwrap_or(i64::MAX))
    }
}

impl ToSql for Parameter<'_> {
    fn to_sql(&self) -> ColumnData<'_> {
        match self {
            Self::Id(text) | Self::Text(text) => ColumnData::String(Some(Cow::Borrowed(text))),
            Self::NoText => ColumnData::String(Some(Cow::Borrowed(""))),
            Self::Time(time) => ColumnData::DateTime2(date_time(*time)),
            Self::Integer(number) => ColumnData::I64(Some(*number)),
            Self::NoInteger => ColumnData::I64(None),
            Self::Boolean(value) => ColumnData::Bit(Some(*value)),
            Self::Digest(bytes) => ColumnData::Binary(Some(Cow::Borrowed(bytes))),
        }
    }
}

/// Text as stored: U+0000 and the escape itself are escaped.
pub(super) fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(['\0', ESCAPE]) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if matches!(c, '\0' | ESCAPE) {
            push_escape(&mut out, c)
        } else {
            out.push(c)
        }
    }
    Cow::Owned(out)
}

/// An id as stored: ASCII only.
pub(super) fn escaped_id(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return escaped(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if !c.is_ascii() || matches!(c, '\0' | ESCAPE) {
            push_escape(&mut out, c)
        } else {
            out.push(c)
        }
    }
    Cow::Owned(out)
}

fn push_escape(out: &mut String, c: char) {
    out.push(ESCAPE);
    out.push_str(&format!("{:x};", u32::from(c)));
}

/// Text as it was sent. What is no escape of ours stays as it is.
pub(super) fn unescaped(stored: &str) -> String {
    let mut parts = stored.split(ESCAPE);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let escape = part.split_once(';').and_then(|(hex, rest)| {
            let c = u32::from_str_radix(hex, 16).ok().and_then(char::from_u32)?;
            Some((c, rest))
        });
        match escape {
            Some((c, rest)) => {
                out.push(c);
                out.push_str(rest);
            }
            None => {
                out.push(ESCAPE);
                out.push_str(part);
            }
        }
    }
    out
}

/// An instant as `datetime2(0)`; none for one before the year 1.
pub(super) fn date_time(time: Timestamp) -> Option<DateTime2> {
    let seconds = whole_second(time).as_second();
    let days = u32::try_from(seconds.div_euclid(DAY) + EPOCH_DAYS).ok()?;
    let of_day = u64::try_from(seconds.rem_euclid(DAY)).ok()?;
    Some(DateTime2::new(Date::new(days), Time::new(of_day, 0)))
}

fn timestamp(stored: DateTime2) -> Option<Timestamp> {
    let scale = u32::from(stored.time().scale());
    let of_day = stored.time().increments() / 10_u64.checked_pow(scale)?;
    let days = i64::from(stored.date().days()) - EPOCH_DAYS;
    Timestamp::from_second(days * DAY + i64::try_from(of_day).ok()?).ok()
}

/// A column of text.
pub(super) fn text(row: &Row, column: usize) -> Option<String> {
    match row.get_column_data(column) {
        Ok(ColumnData::String(Some(text))) => Some(unescaped(text)),
        _ => None,
    }
}

/// A column of a whole number, of whichever width.
pub(super) fn integer(row: &Row, column: usize) -> Option<i64> {
    match row.get_column_data(column) {
        Ok(ColumnData::I64(Some(number))) => Some(*number),
        Ok(ColumnData::I32(Some(number))) => Some(i64::from(*number)),
        Ok(ColumnData::I16(Some(number))) => Some(i64::from(*number)),
        Ok(ColumnData::U8(Some(number))) => Some(i64::from(*number)),
        Ok(ColumnData::Bit(Some(value))) => Some(i64::from(*value)),
        _ => None,
    }
}

/// A column that counts something; absent counts as none.
pub(super) fn count(row: &Row, column: usize) -> u64 {
    integer(row, column)
        .and_then(|number| u64::try_from(number).ok())
        .unwrap_or(0)
}

/// A column of an instant.
pub(super) fn time(row: &Row, column: usize) -> Option<Timestamp> {
    match row.get_column_data(column) {
        Ok(ColumnData::DateTime2(Some(stored))) => timestamp(*stored),
        _ => None,
    }
}

/// A record of a SELECT whose columns are those of the model, in its order.
pub(super) fn record(model: &'static TableModel, row: &Row) -> Record {
    let value = |position: usize, storage: Storage| match row.get_column_data(position) {
        Ok(ColumnData::String(Some(text))) => Value::Text(unescaped(text)),
        Ok(ColumnData::Binary(Some(bytes))) => Value::Text(hex::encode(bytes)),
        Ok(ColumnData::Bit(Some(value))) => Value::Boolean(*value),
        Ok(ColumnData::DateTime2(Some(stored))) => timestamp(*stored).map_or(Value::Null, Value::Time),
        _ => match (integer(row, position), storage) {
            (Some(number), Storage::Fact(Kind::Boolean)) => Value::Boolean(number != 0),
            (Some(number), _) => Value::Integer(number),
            (None, _) => Value::Null,
        },
    };
    let columns = model.columns.iter().enumerate();
    columns
        .map(|(position, column)| (column.name.as_str(), value(position, column.storage)))
        .collect()
}

/// The bulk form of a digest.
pub(super) fn digest(digest: &Digest) -> ColumnData<'_> {
    ColumnData::Binary(Some(Cow::Borrowed(digest.as_slice())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_column_cannot_hold_comes_back_as_it_was() {
        for sent in [
            "",
            "plain",
            "a\0b",
            "\u{10}",
            "\u{10}0;",
            "Jörg \u{1f4a9}\0",
            "\0\0",
            "x;y\u{10}zz",
        ] {
            assert_eq!(unescaped(&escaped(sent)), sent);
            assert_eq!(unescaped(&escaped_id(sent)), sent);
            assert!(escaped_id(sent).is_ascii(), "{sent:?}");
            assert!(!escaped(sent).contains('\0'), "{sent:?}");
        }
        assert!(
            matches!(escaped("Jörg"), Cow::Borrowed(_)),
            "ordinary text is not copied"
        );
    }

    #[test]
    fn foreign_control_characters_are_left_alone() {
        assert_eq!(unescaped("a\u{10}b"), "a\u{10}b");
    }

    #[test]
    fn instants_keep_their_second() {
        for text in [
            "1970-01-01T00:00:00Z",
            "2026-06-01T12:34:56Z",
            "0001-01-01T00:00:00Z",
            "1969-12-31T23:59:59Z",
        ] {
            let time: Timestamp = text.parse().expect("a time");
            assert_eq!(date_time(time).and_then(timestamp), Some(time), "{text}");
        }
        let before: Timestamp = "0000-12-31T23:59:59Z".parse().expect("a time");
        assert_eq!(date_time(before), None);
    }
}
