//! `zoom:`: the app, its URLs and our share of Zoom's rate limits.

use serde::Deserialize;

use super::{
    address, defaults,
    error::ConfigError,
    load::{Placed, Source},
    model::{Limit, Limits, Plan, Zoom},
    secret::{self, RawSecret},
};

/// `zoom:` as typed.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawZoom {
    client_id: Option<Placed<String>>,
    client_secret: Option<Placed<RawSecret>>,
    redirect_uri: Option<Placed<String>>,
    oauth_url: Option<Placed<String>>,
    api_url: Option<Placed<String>>,
    plan: Option<Placed<String>>,
    limits: Option<RawLimits>,
    proxy: Option<Placed<String>>,
}

/// `limits:` as typed.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawLimits {
    heavy: Option<RawLimit>,
    medium: Option<RawLimit>,
    light: Option<RawLimit>,
}

/// One label's limits as typed.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawLimit {
    per_second: Option<Placed<f64>>,
    per_day: Option<Placed<i64>>,
}

/// Names of `plan`.
pub(super) const PLANS: [(&str, Plan); 2] = [("business", Plan::Business), ("pro", Plan::Pro)];

pub(super) fn check(source: &Source<'_>, raw: RawZoom) -> Result<Zoom, ConfigError> {
    let mut zoom = defaults::zoom();
    zoom.client_id = raw
        .client_id
        .map(|typed| address::named(source, "client_id", &typed))
        .transpose()?;
    if let Some(typed) = &raw.client_secret {
        let (from, value) = secret::check(source, "client_secret", typed)?;
        zoom.client_secret = Some(value);
        zoom.client_secret_source = Some(from);
    }
    if let Some(typed) = &raw.redirect_uri {
        let url = address::web(source, "redirect_uri", typed)?;
        if url.fragment().is_some() {
            let hint = "remove what follows the #; it must equal the app's redirect URL at Zoom";
            return Err(source.refuse(typed, "`redirect_uri` must not have a #fragment", hint));
        }
        // Kept as typed: Zoom compares it letter by letter with the registered one.
        zoom.redirect_uri.clone_from(&typed.value);
    }
    if let Some(typed) = &raw.oauth_url {
        zoom.oauth_url = address::base(source, "oauth_url", typed)?;
    }
    zoom.api_url = raw
        .api_url
        .map(|typed| address::base(source, "api_url", &typed))
        .transpose()?;
    if let Some(typed) = &raw.plan {
        zoom.plan = address::choice(source, "plan", typed, &PLANS)?;
    }
    let limits = raw.limits.unwrap_or_default();
    zoom.limits = Limits {
        heavy: limit(source, limits.heavy.unwrap_or_default())?,
        medium: limit(source, limits.medium.unwrap_or_default())?,
        light: limit(source, limits.light.unwrap_or_default())?,
    };
    zoom.proxy = raw
        .proxy
        .map(|typed| address::web(source, "proxy", &typed))
        .transpose()?;
    Ok(zoom)
}

fn limit(source: &Source<'_>, raw: RawLimit) -> Result<Limit, ConfigError> {
    const HINT: &str = "give a number above 0, or remove the line for the documented default";
    const QUOTES: &str = "remove the quotes";
    if let Some(typed) = raw.per_second.as_ref().filter(|typed| source.is_quoted(typed)) {
        return Err(source.refuse(typed, "a number is expected, and this is a text", QUOTES));
    }
    if let Some(typed) = raw.per_day.as_ref().filter(|typed| source.is_quoted(typed)) {
        return Err(source.refuse(typed, "a whole number is expected, and this is a text", QUOTES));
    }
    if let Some(typed) = raw
        .per_second
        .as_ref()
        .filter(|typed| !(typed.value.is_finite() && typed.value > 0.0))
    {
        return Err(source.refuse(typed, "`per_second` must be above 0", HINT));
    }
    let per_day = match &raw.per_day {
        Some(typed) => match u64::try_from(typed.value) {
            Ok(count) if count > 0 => Some(count),
            _ => return Err(source.refuse(typed, "`per_day` must be above 0", HINT)),
        },
        None => None,
    };
    Ok(Limit {
        per_second: raw.per_second.map(|typed| typed.value),
        per_day,
    })
}
