//! What may be the name of a group or account, a contact's e-mail and a term end.

use jiff::civil::Date;

use crate::domain::failure::{Cause, Fault};

/// Longest name, in characters.
const LONGEST_NAME: usize = 128;
/// Longest e-mail address, RFC 5321.
const LONGEST_EMAIL: usize = 254;

/// The name without surrounding white space.
///
/// # Errors
/// `invalid_name` when nothing is left, it is longer than 128 characters or holds a control character.
pub fn check_name(what: &str, name: &str) -> Result<String, Fault> {
    let name = name.trim();
    let wrong = |why: &str| {
        Err(
            Fault::new(Cause::Usage, "invalid_name", format!("The {what} name {why}."))
                .hint("Use 1 to 128 characters without control characters."),
        )
    };
    if name.is_empty() {
        return wrong("is empty");
    }
    if name.chars().count() > LONGEST_NAME {
        return wrong("is longer than 128 characters");
    }
    if name.chars().any(is_unprintable) {
        return wrong("holds a control character");
    }
    Ok(name.to_owned())
}

/// Control characters, and those that reorder or hide text on a terminal.
fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// A contact's e-mail; an empty text clears it.
///
/// # Errors
/// `invalid_email` when it cannot be an address. Whether mail arrives is not checked.
pub fn check_email(what: &str, text: &str) -> Result<Option<String>, Fault> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    if plausible_email(text) {
        return Ok(Some(text.to_owned()));
    }
    Err(Fault::new(
        Cause::Usage,
        "invalid_email",
        format!("The {what} contact is not an e-mail address: {}", text.escape_debug()),
    )
    .hint("Give one address such as ops@example.com, or an empty text to clear it."))
}

fn plausible_email(text: &str) -> bool {
    if text.len() > LONGEST_EMAIL || text.chars().any(|c| c.is_whitespace() || is_unprintable(c)) {
        return false;
    }
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    !local.is_empty()
        && local.len() <= 64
        && !local.contains(['@', '<', '>', ',', ';', '"'])
        && domain.split('.').all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        })
}

/// The end of an agreement; an empty text clears it.
///
/// # Errors
/// `invalid_date` when it is not a calendar date.
pub fn check_date(text: &str) -> Result<Option<Date>, Fault> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    // Only the plain form: jiff would also take a date with a time and drop the time.
    if text.len() == 10
        && let Ok(date) = text.parse::<Date>()
    {
        return Ok(Some(date));
    }
    Err(Fault::new(
        Cause::Usage,
        "invalid_date",
        format!("The term end is not a date: {}", text.escape_debug()),
    )
    .hint("Give it as YYYY-MM-DD, for example 2027-12-31, or an empty text to clear it."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_and_bounded() {
        assert_eq!(check_name("group", "  Nörd/Süd \t").as_deref(), Ok("Nörd/Süd"));
        assert_eq!(
            check_name("group", &"ü".repeat(128)).map(|name| name.chars().count()),
            Ok(128)
        );
        for bad in ["", "   ", &"a".repeat(129), "a\nb", "a\u{7}b", "a\u{202e}b"] {
            assert_eq!(
                check_name("group", bad).map_err(|fault| fault.code),
                Err("invalid_name"),
                "{bad:?}"
            );
        }
    }

    #[test]
    fn contacts_are_plausible_addresses_or_cleared() {
        assert_eq!(check_email("main", ""), Ok(None));
        for good in [
            "ops@example.com",
            "a.b+c@sub.example.org",
            "root@localhost",
            "jürgen@müller.de",
        ] {
            assert_eq!(
                check_email("main", good).map(|email| email.is_some()),
                Ok(true),
                "{good}"
            );
        }
        for bad in [
            "ops",
            "@example.com",
            "ops@",
            "a b@c.de",
            "a@b@c.de",
            "a@b..c",
            "Ops <ops@example.com>",
            "a@-b.de",
        ] {
            assert_eq!(
                check_email("main", bad).map_err(|fault| fault.code),
                Err("invalid_email"),
                "{bad}"
            );
        }
    }

    #[test]
    fn term_end_is_a_calendar_date() {
        assert_eq!(check_date(""), Ok(None));
        assert_eq!(
            check_date("2027-12-31").map(|date| date.map(|date| date.to_string())),
            Ok(Some("2027-12-31".into()))
        );
        for bad in ["2027-02-30", "31.12.2027", "soon", "2027-12-31T10:00:00"] {
            assert_eq!(
                check_date(bad).map_err(|fault| fault.code),
                Err("invalid_date"),
                "{bad}"
            );
        }
    }
}
