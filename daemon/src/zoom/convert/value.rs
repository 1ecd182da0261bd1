//! One raw JSON value becomes the value of a column of a given kind, or is kept as it is.

use jiff::Timestamp;

use crate::{
    domain::{
        table::{Kind, Value},
        window::whole_second,
    },
    zoom::wire::scalar,
};

/// A decoded value.
#[derive(Debug, PartialEq, Eq)]
pub struct Decoded {
    /// For the column.
    pub value: Value,
    /// The column does not say it all: keep the JSON in `extra` too.
    pub keep: bool,
}

const NOTHING: Decoded = Decoded {
    value: Value::Null,
    keep: false,
};
const WRONG_TYPE: Decoded = Decoded {
    value: Value::Null,
    keep: true,
};

const fn exactly(value: Value) -> Decoded {
    Decoded { value, keep: false }
}

/// Decodes `raw`, one JSON value without white space around it.
#[must_use]
pub fn decode(kind: Kind, raw: &str) -> Decoded {
    if raw == "null" {
        return NOTHING;
    }
    match kind {
        Kind::Id | Kind::Text => scalar::string(raw).map_or(WRONG_TYPE, |text| exactly(Value::Text(text.into_owned()))),
        Kind::Time => match scalar::string(raw) {
            None => WRONG_TYPE,
            Some(text) if text.is_empty() => NOTHING,
            Some(text) => text.parse().map_or(WRONG_TYPE, |time: Timestamp| Decoded {
                value: Value::Time(whole_second_down(time)),
                keep: time.subsec_nanosecond() != 0,
            }),
        },
        Kind::Integer => raw.parse().map_or(WRONG_TYPE, |number| exactly(Value::Integer(number))),
        Kind::Boolean => match raw {
            "true" => exactly(Value::Boolean(true)),
            "false" => exactly(Value::Boolean(false)),
            _ => WRONG_TYPE,
        },
        Kind::Json => exactly(Value::Text(scalar::compact(raw))),
    }
}

/// Instants before 1970 have negative fractions; they too are cut towards the past.
fn whole_second_down(time: Timestamp) -> Timestamp {
    let cut = whole_second(time);
    if cut > time {
        Timestamp::from_second(cut.as_second() - 1).unwrap_or(cut)
    } else {
        cut
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Value {
        Value::Time(text.parse().expect("a time"))
    }

    #[test]
    fn times_have_any_offset_and_fraction() {
        let cases = [
            ("\"2021-10-08T16:12:04Z\"", exactly(time("2021-10-08T16:12:04Z"))),
            (
                "\"2019-06-01T07:58:03.0000000\\u002B00:00\"",
                exactly(time("2019-06-01T07:58:03Z")),
            ),
            ("\"2021-10-08T18:12:04+02:00\"", exactly(time("2021-10-08T16:12:04Z"))),
            (
                "\"2021-10-08T16:12:04.250Z\"",
                Decoded {
                    value: time("2021-10-08T16:12:04Z"),
                    keep: true,
                },
            ),
            (
                "\"1969-12-31T23:59:58.5Z\"",
                Decoded {
                    value: time("1969-12-31T23:59:58Z"),
                    keep: true,
                },
            ),
            ("\"\"", NOTHING),
            ("null", NOTHING),
            ("\"yesterday\"", WRONG_TYPE),
            ("\"2021-10-08\"", WRONG_TYPE),
            ("1633709524", WRONG_TYPE),
        ];
        for (raw, expected) in cases {
            assert_eq!(decode(Kind::Time, raw), expected, "{raw}");
        }
    }

    #[test]
    fn integers_are_whole_and_fit_64_bits() {
        assert_eq!(
            decode(Kind::Integer, "26000026001"),
            exactly(Value::Integer(26_000_026_001))
        );
        assert_eq!(
            decode(Kind::Integer, "-9223372036854775808"),
            exactly(Value::Integer(i64::MIN))
        );
        for raw in ["9223372036854775808", "1.0", "1e3", "\"1\"", "true", "[1]"] {
            assert_eq!(decode(Kind::Integer, raw), WRONG_TYPE, "{raw}");
        }
    }

    #[test]
    fn text_is_kept_as_sent() {
        for (raw, text) in [
            ("\"\"", ""),
            ("\" a \"", " a "),
            ("\"\\u002B1\"", "+1"),
            ("\"żółć\"", "żółć"),
        ] {
            assert_eq!(decode(Kind::Text, raw), exactly(Value::Text(text.to_owned())));
        }
        for raw in ["7018317023722949162", "true", "{}", "\"\\ud800\""] {
            assert_eq!(decode(Kind::Id, raw), WRONG_TYPE, "{raw}");
        }
    }

    #[test]
    fn booleans_are_only_booleans() {
        assert_eq!(decode(Kind::Boolean, "true"), exactly(Value::Boolean(true)));
        assert_eq!(decode(Kind::Boolean, "1"), WRONG_TYPE);
        assert_eq!(decode(Kind::Boolean, "\"true\""), WRONG_TYPE);
    }

    #[test]
    fn json_is_compacted() {
        assert_eq!(decode(Kind::Json, "[ 1 ]"), exactly(Value::Text("[1]".to_owned())));
        assert_eq!(
            decode(Kind::Json, "\"United States\""),
            exactly(Value::Text("\"United States\"".to_owned()))
        );
    }
}
