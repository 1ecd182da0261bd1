//! What a person should know of a configuration although it is good.

use url::{Host, Url};

use super::model::Config;

/// One sentence each.
#[must_use]
pub fn warnings(config: &Config) -> Vec<String> {
    let zoom = [
        ("oauth_url", Some(&config.zoom.oauth_url)),
        ("api_url", config.zoom.api_url.as_ref()),
    ];
    zoom.into_iter()
        .filter_map(|(key, url)| Some((key, url?)))
        .filter(|(_, url)| url.scheme() == "http" && !stays_here(url))
        .map(|(key, url)| {
            format!(
                "zoom: {key}: the client secret and all tokens go to {} unencrypted; write https://…",
                url.host_str().unwrap_or_default()
            )
        })
        .collect()
}

fn stays_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}
