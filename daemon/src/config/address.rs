//! Paths and URLs as typed: absolute and well-formed, or refused.

use std::path::PathBuf;

use url::Url;

use super::{
    error::ConfigError,
    load::{Placed, Source},
};

/// An absolute path.
pub(super) fn absolute(source: &Source<'_>, key: &str, typed: &Placed<String>) -> Result<PathBuf, ConfigError> {
    let path = PathBuf::from(&typed.value);
    if path.is_absolute() {
        return Ok(path);
    }
    let message = format!("`{key}` must be an absolute path, \"{}\" is relative", typed.value);
    Err(source.refuse(typed, message, "write the whole path, from / on"))
}

/// A text that is neither empty nor padded with blanks.
pub(super) fn named(source: &Source<'_>, key: &str, typed: &Placed<String>) -> Result<String, ConfigError> {
    let text = &typed.value;
    if text.is_empty() || text.trim() != text || text.chars().any(char::is_control) {
        let message = format!("`{key}` must not be empty, begin or end with blanks, or hold control characters");
        return Err(source.refuse(typed, message, format!("give `{key}` a value, or remove the line")));
    }
    Ok(text.clone())
}

/// An `http` or `https` URL with a host. The text is not repeated in errors: it may hold a password.
pub(super) fn web(source: &Source<'_>, key: &str, typed: &Placed<String>) -> Result<Url, ConfigError> {
    let hint = format!("write `{key}` as https://host or http://host:port");
    let url = Url::parse(&typed.value)
        .map_err(|error| source.refuse(typed, format!("`{key}` is not a URL: {error}"), hint.clone()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(source.refuse(
            typed,
            format!("`{key}` must be http or https, not {}", url.scheme()),
            hint,
        ));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(source.refuse(typed, format!("`{key}` has no host"), hint));
    }
    Ok(url)
}

/// A [`web`] URL that paths are appended to: without query and fragment.
pub(super) fn base(source: &Source<'_>, key: &str, typed: &Placed<String>) -> Result<Url, ConfigError> {
    let url = web(source, key, typed)?;
    if url.query().is_some() || url.fragment().is_some() {
        let message = format!("`{key}` must have neither ?query nor #fragment: paths are appended to it");
        return Err(source.refuse(typed, message, "remove what follows the path"));
    }
    Ok(url)
}

/// One word of a fixed list.
pub(super) fn choice<T: Copy>(
    source: &Source<'_>,
    key: &str,
    typed: &Placed<String>,
    allowed: &[(&'static str, T)],
) -> Result<T, ConfigError> {
    if let Some((_, value)) = allowed.iter().find(|(word, _)| *word == typed.value) {
        return Ok(*value);
    }
    let words: Vec<&str> = allowed.iter().map(|(word, _)| *word).collect();
    let message = format!("\"{}\" is not a value of `{key}`", typed.value);
    Err(source.refuse(typed, message, super::load::choose(&typed.value, &words, "allowed")))
}
