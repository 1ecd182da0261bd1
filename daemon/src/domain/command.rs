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

/// A hint about one thing, with its name where the hint's commands have a placeholder for it, so that they can be pasted.
/// The name stands after the two words of a verb; placeholders elsewhere are the person's to fill.
#[must_use]
pub fn about(hint: &str, name: &str) -> String {
    const PROGRAM: &str = "callsyncctl ";
    let mut told = String::with_capacity(hint.len() + name.len());
    let mut rest = hint;
    while let Some(start) = rest.find(PROGRAM) {
        let (before, command) = rest.split_at(start + PROGRAM.len());
        told.push_str(before);
        rest = command;
        let Some((verb, last)) = two_words(command) else {
            continue;
        };
        let placeholder = ["NAME", "ACCOUNT"].into_iter().find(|word| {
            let after = last.strip_prefix(word);
            after.is_some_and(|after| !after.starts_with(|next: char| next.is_ascii_uppercase() || next == '|'))
        });
        if let Some(placeholder) = placeholder {
            told.push_str(verb);
            told.push_str(&quoted(name));
            rest = &last[placeholder.len()..];
        }
    }
    told.push_str(rest);
    told
}

/// The first two words with the spaces after them, and what follows.
fn two_words(command: &str) -> Option<(&str, &str)> {
    let first = command.find(' ')? + 1;
    let second = first + command[first..].find(' ')? + 1;
    Some(command.split_at(second))
}

#[cfg(test)]
mod tests {
    use super::{about, quoted};

    #[test]
    fn a_hint_about_an_account_names_it_where_its_command_wants_it() {
        for (hint, told) in [
            ("callsyncctl cdr gaps NAME", "callsyncctl cdr gaps 'Acme Inc'"),
            (
                "see callsyncctl removal show NAME; to stop it: callsyncctl removal cancel NAME, or wait",
                "see callsyncctl removal show 'Acme Inc'; to stop it: callsyncctl removal cancel 'Acme Inc', or wait",
            ),
            (
                "choose another name with: callsyncctl cdr set ACCOUNT --database NAME",
                "choose another name with: callsyncctl cdr set 'Acme Inc' --database NAME",
            ),
            ("callsyncctl account list", "callsyncctl account list"),
            ("callsyncctl account show NAMES", "callsyncctl account show NAMES"),
            ("Give it with --by \"NAME\".", "Give it with --by \"NAME\"."),
            ("callsyncctl ", "callsyncctl "),
        ] {
            assert_eq!(about(hint, "Acme Inc"), told);
        }
    }

    #[test]
    fn a_hint_can_be_pasted_into_a_shell() {
        assert_eq!(quoted("acme"), "acme");
        assert_eq!(quoted("Acme Inc"), "'Acme Inc'");
        assert_eq!(quoted("O'Neil; rm -rf /"), r"'O'\''Neil; rm -rf /'");
    }
}
