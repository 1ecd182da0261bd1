//! `alerts:`: the channels that alerts go to.

use jiff::civil::Date;
use serde::Deserialize;
use url::Url;

use super::{
    address,
    error::ConfigError,
    load::{Placed, Source},
    model::{AlertEmail, AlertWebhook, Alerts, SecretSource},
    secret::{self, RawSecret},
};

/// `alerts:` as typed.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAlerts {
    email: Option<Placed<RawEmail>>,
    webhook: Option<Placed<RawWebhook>>,
    holidays: Option<Vec<Placed<String>>>,
}

/// `email:` as typed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEmail {
    smtp_url: Option<Placed<String>>,
    password: Option<Placed<RawSecret>>,
    from: Option<Placed<String>>,
    to: Option<Placed<Vec<Placed<String>>>>,
}

/// `webhook:` as typed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWebhook {
    url: Option<Placed<String>>,
    secret: Option<Placed<RawSecret>>,
}

pub(super) fn check(source: &Source<'_>, raw: RawAlerts) -> Result<Alerts, ConfigError> {
    Ok(Alerts {
        email: raw.email.map(|typed| email(source, &typed)).transpose()?,
        webhook: raw.webhook.map(|typed| webhook(source, &typed)).transpose()?,
        holidays: raw
            .holidays
            .unwrap_or_default()
            .iter()
            .map(|typed| holiday(source, typed))
            .collect::<Result<_, _>>()?,
    })
}

fn email(source: &Source<'_>, typed: &Placed<RawEmail>) -> Result<AlertEmail, ConfigError> {
    const HINT: &str = "`email` needs smtp_url, from and to; password is for servers that ask for one";
    let raw = &typed.value;
    let (Some(smtp_url), Some(from), Some(to)) = (&raw.smtp_url, &raw.from, &raw.to) else {
        let missing = [
            ("smtp_url", raw.smtp_url.is_none()),
            ("from", raw.from.is_none()),
            ("to", raw.to.is_none()),
        ];
        let missing: Vec<&str> = missing
            .iter()
            .filter(|(_, missing)| *missing)
            .map(|(key, _)| *key)
            .collect();
        return Err(source.refuse(typed, format!("`email` lacks {}", missing.join(" and ")), HINT));
    };
    if to.value.is_empty() {
        return Err(source.refuse(
            to,
            "`to` names nobody",
            "list at least one address, for example [ops@example.com]",
        ));
    }
    Ok(AlertEmail {
        smtp_url: smtp(source, smtp_url)?,
        password: source_of(source, "password", raw.password.as_ref())?,
        from: mailbox(source, "from", from)?,
        to: to
            .value
            .iter()
            .map(|typed| mailbox(source, "to", typed))
            .collect::<Result<_, _>>()?,
    })
}

/// `smtps://…`, `smtp://…?tls=required`, `smtp://…`. The text is not repeated in errors: it may hold a password.
fn smtp(source: &Source<'_>, typed: &Placed<String>) -> Result<String, ConfigError> {
    const HINT: &str = "write smtps://user@host:465, smtp://host:587?tls=required or smtp://host:25";
    let url = Url::parse(&typed.value)
        .map_err(|error| source.refuse(typed, format!("`smtp_url` is not a URL: {error}"), HINT))?;
    if !matches!(url.scheme(), "smtp" | "smtps") {
        return Err(source.refuse(
            typed,
            format!("`smtp_url` must be smtp or smtps, not {}", url.scheme()),
            HINT,
        ));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(source.refuse(typed, "`smtp_url` has no host", HINT));
    }
    if url.password().is_some() {
        let hint = "put it in a file of mode 0600 and write password: {file: PATH}";
        return Err(source.refuse(typed, "`smtp_url` must not hold the password", hint));
    }
    match url.query() {
        None => {}
        Some("tls=required") if url.scheme() == "smtp" => {}
        Some(_) => return Err(source.refuse(typed, "`smtp_url` knows only ?tls=required, with smtp", HINT)),
    }
    Ok(typed.value.clone())
}

fn mailbox(source: &Source<'_>, key: &str, typed: &Placed<String>) -> Result<String, ConfigError> {
    let address = address::named(source, key, typed)?;
    match address.split_once('@') {
        Some((local, domain)) if !local.is_empty() && !domain.is_empty() => Ok(address),
        _ => Err(source.refuse(
            typed,
            format!("`{key}`: \"{address}\" is not a mail address"),
            "write it as ops@example.com",
        )),
    }
}

fn webhook(source: &Source<'_>, typed: &Placed<RawWebhook>) -> Result<AlertWebhook, ConfigError> {
    let Some(url) = &typed.value.url else {
        return Err(source.refuse(
            typed,
            "`webhook` lacks url",
            "write webhook: {url: https://…, secret: {file: PATH}}",
        ));
    };
    address::web(source, "url", url)?;
    Ok(AlertWebhook {
        url: url.value.clone(),
        secret: source_of(source, "secret", typed.value.secret.as_ref())?,
    })
}

fn holiday(source: &Source<'_>, typed: &Placed<String>) -> Result<Date, ConfigError> {
    typed.value.parse().map_err(|_| {
        source.refuse(
            typed,
            format!("`holidays`: \"{}\" is not a day", typed.value),
            "write days as holidays: [2026-12-25, 2026-12-26]",
        )
    })
}

fn source_of(
    source: &Source<'_>,
    key: &str,
    typed: Option<&Placed<RawSecret>>,
) -> Result<Option<SecretSource>, ConfigError> {
    typed
        .map(|typed| secret::check(source, key, typed).map(|(from, _)| from))
        .transpose()
}
