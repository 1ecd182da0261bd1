//! Which redirect URIs an app may use.

use url::{Host, Url};

fn is_loopback(uri: &Url) -> bool {
    match uri.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Exact comparison with the registered URIs, except that a loopback URI ignores its port.
pub(crate) fn is_registered(registered: &[String], asked: &str) -> bool {
    let Ok(uri) = Url::parse(asked) else {
        return false;
    };
    if registered.is_empty() {
        return uri.scheme() == "https" || (uri.scheme() == "http" && is_loopback(&uri));
    }
    registered.iter().any(|known| {
        if known == asked {
            return true;
        }
        let Ok(mut known) = Url::parse(known) else {
            return false;
        };
        let mut asked = uri.clone();
        let loopback = is_loopback(&known) && is_loopback(&asked);
        loopback && known.set_port(None).is_ok() && asked.set_port(None).is_ok() && known == asked
    })
}

#[cfg(test)]
mod tests {
    use super::is_registered;

    #[test]
    fn only_a_loopback_uri_may_change_its_port() {
        let known = vec![
            "https://app.example.com/cb".to_owned(),
            "http://127.0.0.1:8460/oauth/callback".to_owned(),
        ];
        assert!(is_registered(&known, "https://app.example.com/cb"));
        assert!(!is_registered(&known, "https://app.example.com/cb/"));
        assert!(!is_registered(&known, "https://app.example.com:8443/cb"));
        assert!(is_registered(&known, "http://127.0.0.1:5000/oauth/callback"));
        assert!(!is_registered(&known, "http://127.0.0.1:5000/other"));
        assert!(is_registered(&[], "https://anything.example.org/cb"));
        assert!(!is_registered(&[], "http://anything.example.org/cb"));
    }
}
