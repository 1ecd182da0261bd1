//! Small decisions on raw JSON text: strings, integers, quoting, compact form.

use std::borrow::Cow;

/// The string that a raw JSON value is; nothing when it is no string, or one that is not Unicode.
#[must_use]
pub fn string(raw: &str) -> Option<Cow<'_, str>> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') {
        serde_json::from_str::<String>(raw).ok().map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(inner))
    }
}

/// A whole number, sent as one or as a string of digits: Zoom is not consistent in counts and account numbers.
#[must_use]
pub fn lenient_integer(raw: &str) -> Option<i64> {
    let text = string(raw).unwrap_or(Cow::Borrowed(raw));
    text.trim().parse().ok()
}

/// Appends `text` as a JSON string.
pub fn push_quoted(out: &mut String, text: &str) {
    use std::fmt::Write as _;
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // Writing to a String cannot fail.
            c if c < ' ' => drop(write!(out, "\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// The same JSON without white space between its parts.
#[must_use]
pub fn compact(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let (mut in_string, mut escaped) = (false, false);
    for c in json.chars() {
        if in_string {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => in_string = false,
                _ => {}
            }
        } else if matches!(c, ' ' | '\t' | '\n' | '\r') {
            continue;
        } else if c == '"' {
            in_string = true;
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compact_keeps_strings_as_they_are() {
        assert_eq!(
            compact("{ \"a b\" : [ 1,\n 2 ], \"c\\\" \": \" x \" }"),
            "{\"a b\":[1,2],\"c\\\" \":\" x \"}"
        );
    }

    #[test]
    fn quoting_gives_back_the_same_text() {
        for text in ["plain", "quo\"te", "back\\slash", "line\nfeed\t\u{1}", "żółć"] {
            let mut json = String::new();
            push_quoted(&mut json, text);
            assert_eq!(serde_json::from_str::<String>(&json).ok().as_deref(), Some(text));
        }
    }

    #[test]
    fn account_numbers_come_as_numbers_or_digits() {
        assert_eq!(lenient_integer("10010370036"), Some(10_010_370_036));
        assert_eq!(lenient_integer("\"10010370036\""), Some(10_010_370_036));
        assert_eq!(lenient_integer("\"ten\""), None);
        assert_eq!(lenient_integer("null"), None);
    }
}
