//! What a person should know of a configuration although it is good.

use url::{Host, Url};

use super::{
    ca_file::check_ca_file,
    model::{Config, ServerKind},
};

/// One sentence each.
#[must_use]
pub fn warnings(config: &Config) -> Vec<String> {
    let zoom = [
        ("oauth_url", Some(&config.zoom.oauth_url)),
        ("api_url", config.zoom.api_url.as_ref()),
    ];
    let zoom = zoom
        .into_iter()
        .filter_map(|(key, url)| Some((key, url?)))
        .filter(|(_, url)| url.scheme() == "http" && !stays_here(url))
        .map(|(key, url)| {
            format!(
                "zoom: {key}: the client secret and all tokens go to {} unencrypted; write https://…",
                url.host_str().unwrap_or_default()
            )
        });
    let authorities = config.servers.iter().filter_map(|server| {
        let ServerKind::SqlServer(sql) = &server.kind else {
            return None;
        };
        let path = sql.ca_file.as_ref()?;
        let why = check_ca_file(path).err()?;
        Some(format!(
            "servers: {}: ca_file cannot be used: {}: {why}; make it a PEM file (.pem or .crt) with the authority's \
             certificate, readable for the daemon's user",
            server.name,
            path.display()
        ))
    });
    zoom.chain(authorities).collect()
}

fn stays_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}
