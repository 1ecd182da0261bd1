//! Names in statements: the only text that is put into a statement, and only in brackets.

/// A name in brackets; a closing bracket within it is doubled, so that nothing in a name can end it.
pub(super) fn quoted(name: &str) -> String {
    format!("[{}]", name.replace(']', "]]"))
}

/// A name in double quotes, which sessions of ours read as a name too: what Babelfish takes where a closing bracket is
/// part of the name, since it does not know the doubled one.
pub(super) fn double_quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Text in a statement that is itself text, as after `sp_executesql`.
pub(super) fn literal(text: &str) -> String {
    format!("N'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_end_its_brackets() {
        assert_eq!(quoted("Sales 2026"), "[Sales 2026]");
        assert_eq!(quoted("a]b;--"), "[a]]b;--]");
        assert_eq!(quoted("]]"), "[]]]]]");
        assert_eq!(double_quoted("a]b\";--"), "\"a]b\"\";--\"");
        assert_eq!(literal("it's"), "N'it''s'");
    }
}
