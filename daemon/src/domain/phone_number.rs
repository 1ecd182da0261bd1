//! Phone numbers in E.164, where that is certain.

/// The number in E.164, or nothing when it would be a guess.
///
/// Certain is only a number that was sent in international form: a leading `+`, then 8 to 15 digits that do not
/// start with 0; spaces, dashes, dots and brackets between them are dropped. A national number, an extension
/// or a number without `+` is not guessed at: a wrong number is worse than none.
#[must_use]
pub fn e164(number: &str) -> Option<String> {
    let rest = number.trim().strip_prefix('+')?;
    let mut out = String::with_capacity(16);
    out.push('+');
    for c in rest.chars() {
        match c {
            '0'..='9' => out.push(c),
            ' ' | '-' | '.' | '(' | ')' | '\u{a0}' => {}
            _ => return None,
        }
    }
    ((9..=16).contains(&out.len()) && !out.starts_with("+0")).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::e164;

    #[test]
    fn international_form_is_certain() {
        assert_eq!(e164("+12059300920").as_deref(), Some("+12059300920"));
        assert_eq!(e164("+49 (30) 1234-567").as_deref(), Some("+49301234567"));
    }

    #[test]
    fn everything_else_is_not_guessed() {
        for number in [
            "",
            "14232058798",
            "101229",
            "+0123456789",
            "+1800FLOWERS",
            "+1",
            "anonymous",
            "+1234567890123456",
        ] {
            assert_eq!(e164(number), None, "{number}");
        }
    }
}
