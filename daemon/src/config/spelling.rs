//! Which known word a misspelled one was meant to be, and which words name something secret.

/// Keys whose value is a secret's source.
const SECRET_KEYS: [&str; 5] = ["client_secret", "webhook_secret", "master_key", "password", "secret"];

/// What stands in place of something that may be secret.
const HIDDEN: &str = "[hidden]";

/// The known word nearest to `typed`, when it is near enough to be meant.
pub(super) fn nearest<'a>(typed: &str, known: &[&'a str]) -> Option<&'a str> {
    let plain = typed.to_lowercase().replace(['-', ' '], "_");
    known
        .iter()
        .map(|word| (distance(&plain, word), *word))
        .filter(|(distance, word)| *distance <= 1 + word.len() / 5)
        .min()
        .map(|(_, word)| word)
}

/// Optimal string alignment: insertions, deletions, replacements and swaps of neighbours.
fn distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.chars().collect();
    let right: Vec<char> = right.chars().collect();
    let mut rows = vec![vec![0; right.len() + 1]; left.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    for (j, cell) in rows[0].iter_mut().enumerate() {
        *cell = j;
    }
    for i in 1..=left.len() {
        for j in 1..=right.len() {
            let same = usize::from(left[i - 1] != right[j - 1]);
            let mut best = (rows[i - 1][j] + 1)
                .min(rows[i][j - 1] + 1)
                .min(rows[i - 1][j - 1] + same);
            if i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[left.len()][right.len()]
}

/// Whether a key, also a misspelled one, may stand before a secret.
pub(super) fn sounds_secret(key: &str) -> bool {
    let key = key.to_lowercase();
    nearest(&key, &SECRET_KEYS).is_some()
        || ["secret", "pass", "token", "key", "credential", "code"]
            .iter()
            .any(|part| key.contains(part))
}

/// Whether `line` gives a value to a key that holds a secret's source.
pub(super) fn names_secret(line: &str) -> bool {
    secret_value_start(line, 0, None).is_some()
}

/// Byte position after the colon of the first secret key in `line` at or behind `from`. `other` is one more such key.
fn secret_value_start(line: &str, from: usize, other: Option<&str>) -> Option<usize> {
    let bytes = line.as_bytes();
    SECRET_KEYS
        .into_iter()
        .chain(other.filter(|other| !other.is_empty()))
        .flat_map(|key| line.match_indices(key).map(move |(at, _)| (at, at + key.len())))
        .filter(|(start, _)| *start >= from && (*start == 0 || !is_word(bytes[start - 1])))
        .filter_map(|(_, end)| {
            let rest = line[end..].trim_start_matches(['"', '\'']).trim_start();
            rest.starts_with(':').then(|| line.len() - rest.len() + 1)
        })
        .min()
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The line as it may be shown: a person may have typed a secret where its source belongs. `{file: …}` and
/// `{credential: …}` say where a secret is and are shown.
///
/// `above` is the last line before it that says anything, `other` an unknown key whose value may be a secret.
pub(super) fn presentable(line: &str, above: Option<&str>, other: Option<&str>) -> String {
    let opens_secret = |above: &str| {
        secret_value_start(above, 0, None)
            .is_some_and(|at| above[at..].trim().trim_matches(['|', '>', '-', '+']).is_empty())
    };
    if above.is_some_and(opens_secret) && !is_source(line.trim()) {
        return hide_value(line);
    }
    if other.is_some() && secret_value_start(line, 0, other).is_none() {
        // The key is spelled in some way that we do not find again.
        return hide_value(line);
    }
    let mut from = 0;
    while let Some(at) = secret_value_start(line, from, other) {
        match source_end(&line[at..]) {
            Some(length) => from = at + length,
            None => return hide_userinfo(&format!("{} {HIDDEN}", &line[..at])),
        }
    }
    hide_userinfo(line)
}

/// `file: …` or `credential: …`, in a line of its own.
fn is_source(text: &str) -> bool {
    text.split_once(':')
        .is_some_and(|(key, _)| matches!(key.trim(), "file" | "credential"))
}

/// How much of `value` is a secret's source in braces and nothing else, or nothing at all up to the end of the line.
fn source_end(value: &str) -> Option<usize> {
    let text = value.trim_start();
    let blanks = value.len() - text.len();
    if text.is_empty() || text.starts_with('#') {
        return Some(value.len());
    }
    let inside = text.strip_prefix('{')?;
    let (inside, behind) = match inside.split_once('}') {
        Some((inside, _)) => (inside, blanks + inside.len() + 2),
        // The rest of it is in the next line.
        None => (inside.split(" #").next().unwrap_or(inside), value.len()),
    };
    (is_source(inside.trim()) && !inside.contains(',')).then_some(behind)
}

/// Keeps the key of a line and hides the rest.
pub(super) fn hide_value(line: &str) -> String {
    match line.split_once(':') {
        Some((key, _)) => format!("{key}: {HIDDEN}"),
        None => format!("{}{HIDDEN}", &line[..line.len() - line.trim_start().len()]),
    }
}

/// Hides the password of `scheme://user:password@host`.
pub(super) fn hide_userinfo(text: &str) -> String {
    let Some((before, rest)) = text.split_once("://") else {
        return text.to_owned();
    };
    let authority = rest.split(['/', ' ', '"', '\'']).next().unwrap_or(rest);
    match authority
        .rsplit_once('@')
        .and_then(|(userinfo, _)| userinfo.split_once(':'))
    {
        Some((user, password)) => {
            let after = &rest[user.len() + 1 + password.len()..];
            format!("{before}://{user}:{HIDDEN}{after}")
        }
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_offered_and_far_ones_are_not() {
        let known = ["state_directory", "control", "zoom", "servers", "listen"];
        assert_eq!(nearest("stat_directory", &known), Some("state_directory"));
        assert_eq!(nearest("state-directory", &known), Some("state_directory"));
        assert_eq!(nearest("contorl", &known), Some("control"));
        assert_eq!(nearest("frobnicate", &known), None);
    }

    #[test]
    fn a_secret_typed_in_place_of_its_source_is_not_shown() {
        for (line, above) in [
            ("  client_secret: hunter2", None),
            ("  - {name: a, password: hunter2}", None),
            ("  \"password\": 'hunter2'", None),
            ("  client_secret: {file: /x, value: hunter2}", None),
            ("    hunter2", Some("  client_secret: |")),
            ("    value: hunter2", Some("  client_secret:")),
            ("  proxy: http://user:hunter2@proxy:3128", None),
            ("  smtp_url: \"smtps://me:hunter2@mail:465\"", None),
            ("  - {password: {file: F}, secret: hunter2, tls: off}", None),
            ("  - {password: {file: F, hunter2}, tls: off}", None),
            ("  - {password: {hunter2}, tls: {file: F}}", None),
            ("email: {smtp_url: \"smtps://me:hunter2@mail\", password: x}", None),
        ] {
            let shown = presentable(line, above, None);
            assert!(!shown.contains("hunter2"), "{shown}");
        }
        for line in [
            "secrets: {masterkey: hunter2}",
            "  masterkey: {value: hunter2}",
            "secrets: {\"master\\x6bey\": hunter2}",
        ] {
            let shown = presentable(line, None, Some("masterkey"));
            assert!(!shown.contains("hunter2"), "{shown}");
        }
    }

    #[test]
    fn lines_without_a_secret_are_shown_as_they_are() {
        for line in [
            "  client_secret: {file: /etc/callsyncd/zoom-client-secret}",
            "  - {name: sql1, password: {credential: sql1-password}}",
            "  webhook_secret:   # below",
            "plan: entreprise",
            "  redirect_uri: \"http://127.0.0.1:8460/oauth/callback\"",
        ] {
            assert_eq!(presentable(line, None, None), line);
        }
        assert_eq!(
            presentable("    file: /x", Some("  client_secret:"), None),
            "    file: /x"
        );
        let line = "secrets: {masterkey: {file: /x}}";
        assert_eq!(presentable(line, None, Some("masterkey")), line);
        let line = "  - {name: a, user: x, password: {file: F}, tls: maybe}";
        assert_eq!(presentable(line, None, None), line);
    }
}
