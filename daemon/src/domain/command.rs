//! Commands a person can type next, as they appear in hints.

/// A name as it is typed in a shell.
#[must_use]
pub fn quoted(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@' | '/' | ':');
    if !name.is_empty() && name.chars().all(plain) {
        name.to_owned()
    } else {
        format!("'{}'", name.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_hint_can_be_pasted_into_a_shell() {
        assert_eq!(quoted("acme"), "acme");
        assert_eq!(quoted("Acme Inc"), "'Acme Inc'");
        assert_eq!(quoted("O'Neil; rm -rf /"), r"'O'\''Neil; rm -rf /'");
    }
}
