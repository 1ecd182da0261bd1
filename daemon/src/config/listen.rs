//! `listen:`: the TCP port, if there is to be one.

use serde::Deserialize;

use super::{
    address,
    error::ConfigError,
    load::{Placed, Source},
    model::{Deletions, Listen},
    secret::{self, RawSecret},
};

/// `listen:` as typed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawListen {
    address: Option<Placed<String>>,
    webhook_secret: Option<Placed<RawSecret>>,
    deletions: Option<Placed<String>>,
}

/// Names of `listen: deletions`.
pub(super) const DELETIONS: [(&str, Deletions); 2] = [("keep", Deletions::Keep), ("delete", Deletions::Delete)];

pub(super) fn check(source: &Source<'_>, typed: &Placed<RawListen>) -> Result<Listen, ConfigError> {
    const HINT: &str = "write ADDRESS:PORT, for example 127.0.0.1:8460 or \"[::1]:8460\"; no host names";
    let Some(address) = &typed.value.address else {
        return Err(source.refuse(typed, "`listen` needs `address`", HINT));
    };
    Ok(Listen {
        address: address
            .value
            .parse()
            .map_err(|_| source.refuse(address, format!("\"{}\" is not a socket address", address.value), HINT))?,
        webhook_secret: typed
            .value
            .webhook_secret
            .as_ref()
            .map(|typed| secret::check(source, "webhook_secret", typed).map(|(from, _)| from))
            .transpose()?,
        deletions: match &typed.value.deletions {
            Some(typed) => address::choice(source, "deletions", typed, &DELETIONS)?,
            None => Deletions::default(),
        },
    })
}
