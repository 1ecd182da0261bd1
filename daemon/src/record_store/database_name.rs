//! Which names a database may have.

use super::error::Error;

/// Longest name, in characters.
const LONGEST: usize = 63;

/// Checks a name for the embedded engine. Letters and digits are ASCII: the name becomes a file name, and two spellings
/// of one letter would be two files.
///
/// # Errors
/// [`Error::NameInvalid`].
pub(super) fn check(name: &str) -> Result<(), Error> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ');
    if (1..=LONGEST).contains(&name.len()) && !name.starts_with('.') && name.chars().all(allowed) {
        Ok(())
    } else {
        Err(Error::NameInvalid { name: name.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn ordinary_names_are_allowed() {
        for name in ["calls", "Sales 2026", "a.b-c_d", "x", &"n".repeat(63)] {
            assert!(check(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn names_that_could_leave_the_directory_or_a_statement_are_refused() {
        for name in [
            "",
            ".",
            "..",
            ".hidden",
            "../x",
            "a/b",
            "a\\b",
            "a]b;--",
            "a'b",
            "a\"b",
            "a\0b",
            "a\nb",
            "é",
            &"n".repeat(64),
        ] {
            assert!(check(name).is_err(), "{name:?}");
        }
    }
}
