//! Which names a database may have.

use super::error::Error;

/// Longest name of a file, in characters.
const LONGEST_FILE: usize = 63;
/// Longest name on a server: 128 less what SQL Server appends for the name of the log.
const LONGEST: usize = 123;

/// What a file may be called.
const FILE_RULE: &str = "use 1 to 63 of the letters a-z and A-Z, digits, _, -, . and space, not starting with a dot";
/// What a database of a server may be called.
const SERVER_RULE: &str = "use 1 to 123 characters without control characters, not starting or ending with a space, and none of master, model, msdb, tempdb";

/// The server's own.
const SYSTEM: [&str; 4] = ["master", "model", "msdb", "tempdb"];

fn refused(name: &str, rule: &'static str) -> Error {
    Error::NameInvalid {
        name: name.to_owned(),
        rule,
    }
}

/// Checks a name for the embedded engine. Letters and digits are ASCII: the name becomes a file name, and two spellings
/// of one letter would be two files.
///
/// # Errors
/// [`Error::NameInvalid`].
pub(super) fn as_file(name: &str) -> Result<(), Error> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ');
    if (1..=LONGEST_FILE).contains(&name.len()) && !name.starts_with('.') && name.chars().all(allowed) {
        Ok(())
    } else {
        Err(refused(name, FILE_RULE))
    }
}

/// Checks a name for a database server. It is always written in brackets, so any text may be in it; what is refused
/// could not be told apart: a server ignores spaces at the end, and a line break would end a comment of the script that
/// an administrator is given.
///
/// # Errors
/// [`Error::NameInvalid`].
pub(super) fn on_server(name: &str) -> Result<(), Error> {
    let system = SYSTEM.iter().any(|own| own.eq_ignore_ascii_case(name));
    let units = name.encode_utf16().count();
    if !(1..=LONGEST).contains(&units) || name.trim() != name || name.chars().any(char::is_control) || system {
        return Err(refused(name, SERVER_RULE));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_names_are_allowed() {
        for name in ["calls", "Sales 2026", "a.b-c_d", "x", &"n".repeat(63)] {
            assert!(as_file(name).is_ok(), "{name}");
            assert!(on_server(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn names_that_could_leave_the_directory_are_refused() {
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
            assert!(as_file(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn a_server_takes_any_name_that_a_bracket_can_hold() {
        for name in ["a]b;--", "it's", "Vertrieb Köln", "[x]", "電話", &"n".repeat(123)] {
            assert!(on_server(name).is_ok(), "{name:?}");
        }
        for name in ["", " x", "x ", "a\nGO", "a\0b", "Master", "tempdb", &"n".repeat(124)] {
            assert!(on_server(name).is_err(), "{name:?}");
        }
    }
}
