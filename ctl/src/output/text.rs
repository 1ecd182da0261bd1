//! Text that others wrote, made safe for a terminal, and small texts about quantities.

use std::borrow::Cow;

/// One line: control characters become visible escapes, line ends and tabs become spaces.
///
/// Names and numbers come from Zoom, where anybody can call himself `\x1b]0;…`.
pub fn one_line(text: &str) -> Cow<'_, str> {
    clean(text, |character| match character {
        '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => Some(' '),
        _ => None,
    })
}

/// Several lines: as [`one_line`], but line ends stay.
pub fn block(text: &str) -> Cow<'_, str> {
    clean(text, |character| match character {
        '\n' => Some('\n'),
        '\r' | '\t' | '\u{2028}' | '\u{2029}' => Some(' '),
        _ => None,
    })
}

fn clean(text: &str, harmless: impl Fn(char) -> Option<char>) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if !is_unsafe(character) {
            clean.push(character);
        } else if let Some(replacement) = harmless(character) {
            clean.push(replacement);
        } else {
            clean.extend(character.escape_unicode());
        }
    }
    Cow::Owned(clean)
}

/// Control characters, and the invisible ones that reorder or split what a person reads.
fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `1 item`, `2 items`.
pub fn count(number: u64, noun: &str) -> String {
    if number == 1 {
        format!("1 {noun}")
    } else {
        format!("{number} {noun}s")
    }
}

/// A list of names, or `none`.
pub fn names(names: &[String]) -> String {
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

/// `12.3 ms`.
pub fn milliseconds(seconds: f64) -> String {
    format!("{:.1} ms", seconds * 1000.0)
}

/// `1.5 GiB`.
#[allow(clippy::cast_precision_loss)]
pub fn bytes(number: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if number < 1024 {
        return format!("{number} B");
    }
    let mut size = number as f64 / 1024.0;
    let mut unit = 0;
    while size >= 1024.0 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    format!("{size:.1} {}", UNITS[unit])
}

/// A name as a word of a shell command that we tell somebody to type.
pub fn shell_word(word: &str) -> String {
    let plain = !word.is_empty()
        && word
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_./:@%+=,".contains(&byte));
    if plain {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::{block, bytes, one_line, shell_word};

    #[test]
    fn escape_sequences_never_reach_the_terminal() {
        assert_eq!(one_line("\u{1b}[31mred\u{9b}2J\u{7}\n"), r"\u{1b}[31mred\u{9b}2J\u{7} ");
        assert_eq!(one_line("safe\u{202e}gnp"), r"safe\u{202e}gnp");
        assert_eq!(one_line("Jürgen 李"), "Jürgen 李");
        assert_eq!(block("line 1\nline 2\u{8}"), "line 1\nline 2\\u{8}");
    }

    #[test]
    fn names_are_quoted_for_the_shell() {
        assert_eq!(shell_word("sales-emea"), "sales-emea");
        assert_eq!(shell_word("Bob's desk"), r"'Bob'\''s desk'");
        assert_eq!(shell_word(""), "''");
    }

    #[test]
    fn sizes_are_readable() {
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(1_610_612_736), "1.5 GiB");
    }
}
