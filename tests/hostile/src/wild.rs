//! Values that parsers stumble over.

use serde_json::{Number, Value, json};

/// Texts.
pub const TEXTS: &[&str] = &[
    "",
    " ",
    "\0",
    "\u{7f}\u{1b}[31m",
    "\r\n",
    "a\nb",
    "'",
    "\"",
    "`",
    "\\",
    "]",
    "--",
    ";",
    "%00",
    "%",
    "../../../../etc/passwd",
    "/",
    "//",
    "?x=y&z=#",
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\u{feff}",
    "\u{202e}evil",
    "\u{fffd}",
    "İi̇",
    "😀",
    "null",
    "true",
    "-1",
    "0",
    "1e400",
    "NaN",
    "inf",
    "9223372036854775808",
    "18446744073709551616",
    "00:00",
    "24:00",
    "23:59:60",
    "2026-02-30",
    "2026-02-30T25:61:61Z",
    "-009999-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "2026-03-29T02:30:00+01:00",
    "999999999999d",
    "1y2mo3w",
    "mon-fri,sun",
    "Europe/Berlin",
    "America/St_Johns",
    "Pacific/Apia",
    "UTC",
    "+14155550111",
    "*",
    "&a",
    "*a",
    "!!binary",
    "<<",
    "{",
    "[",
    ": ",
    "- ",
    "# ",
    "'; DROP TABLE call_history; --",
    "${jndi:ldap://x}",
    "<script>alert(1)</script>",
];

/// A value for any place.
#[must_use]
pub fn value(pick: usize) -> Value {
    let others = [
        Value::Null,
        json!(true),
        json!(-1),
        json!(0),
        json!(u64::MAX),
        json!(i64::MIN),
        Number::from_f64(1.5e300).map_or(Value::Null, Value::Number),
        json!([]),
        json!({}),
        json!([[[[[[[[[[null]]]]]]]]]]),
        json!({"id": {"id": {"id": null}}}),
        json!([1, "a", null, {"b": []}]),
        json!("x".repeat(70_000)),
        deep(100),
    ];
    match others.get(pick % (others.len() + TEXTS.len())) {
        Some(value) => value.clone(),
        None => json!(TEXTS[pick % TEXTS.len()]),
    }
}

fn deep(levels: usize) -> Value {
    (0..levels).fold(Value::Null, |inner, _| json!([inner]))
}
