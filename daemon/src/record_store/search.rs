//! What a search compares, whatever the engine: text without regard to case, numbers by their digits.

use crate::domain::table::{Kind, Table};

/// Fewer digits than this are text like any other: a `3` would meet every number.
const FEWEST_DIGITS: usize = 3;

/// Text in one case. By way of upper case, so that `ß` meets `SS` and both Greek sigmas are one.
pub(super) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.chars()
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .collect()
}

/// Whether text has a folded part, without regard to case.
pub(super) fn contains(text: &str, folded: &str) -> bool {
    if text.is_ascii() && folded.is_ascii() {
        let part = folded.as_bytes();
        return part.is_empty()
            || text
                .as_bytes()
                .windows(part.len())
                .any(|window| window.eq_ignore_ascii_case(part));
    }
    fold(text).contains(folded)
}

/// The digits of a number.
pub(super) fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// Names, e-mails, numbers, extensions and ids; also what a device is known by.
fn is_searched(name: &str) -> bool {
    ["name", "email", "number", "extension", "mac_address"]
        .iter()
        .any(|part| name.contains(part))
        || name == "id"
        || (name.ends_with("_id") && name != "role_id")
}

/// Columns of a directory table that are looked through; `nested` also those that hold JSON, and what has no column.
pub(super) fn searched(table: &Table, nested: bool) -> Vec<&'static str> {
    let columns = table.columns.iter();
    let mut names: Vec<&str> = columns
        .filter(|column| is_searched(column.name) || (nested && column.kind == Kind::Json))
        .map(|column| column.name)
        .collect();
    if nested {
        names.push("extra");
    }
    names
}

/// Whether a searched text is a number, whose digits are compared beside the text itself.
pub(super) fn looks_like_number(text: &str) -> bool {
    digits(text).len() >= FEWEST_DIGITS && text.chars().all(|c| c.is_ascii_digit() || "+-.() \u{a0}".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_is_ignored_in_every_script() {
        for (text, part) in [
            ("Jörg Müller", "MÜLL"),
            ("STRASSE", "straße"),
            ("ΟΔΟΣ", "οδος"),
            ("Иван", "ИВА"),
            ("plain", "LAI"),
        ] {
            assert!(contains(text, &fold(part)), "{text} has {part}");
        }
        assert!(!contains("100 %", &fold("100_")), "no character is a wildcard");
        assert!(contains("anything", ""));
    }
}
