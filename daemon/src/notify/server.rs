//! Which mail server, how the way to it is protected, and as whom.

use url::{Host, Url};

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// TLS from the first byte.
    Tls,
    /// TLS after `STARTTLS`; without it nothing is sent.
    StartTls,
    /// None.
    Plain,
}

/// A mail server as `alerts: email: smtp_url` names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailServer {
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Protection.
    pub protection: Protection,
    /// Login.
    pub user: Option<String>,
    loopback: bool,
}

impl MailServer {
    /// From a URL that the configuration has checked.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(url: &str) -> Result<Self, String> {
        let url = Url::parse(url).map_err(|error| format!("smtp_url: {error}"))?;
        let (protection, port) = match (url.scheme(), url.query()) {
            ("smtps", _) => (Protection::Tls, 465),
            (_, Some("tls=required")) => (Protection::StartTls, 587),
            _ => (Protection::Plain, 25),
        };
        let text = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        // `smtp` is no special scheme, so addresses come as domains.
        let loopback = match Host::parse(&text) {
            Ok(Host::Ipv4(address)) => address.is_loopback(),
            Ok(Host::Ipv6(address)) => address.is_loopback(),
            _ => {
                text == "localhost"
                    || text
                        .parse::<std::net::IpAddr>()
                        .is_ok_and(|address| address.is_loopback())
            }
        };
        let user = percent_decoded(url.username())?;
        Ok(Self {
            host: text,
            port: url.port().unwrap_or(port),
            protection,
            user: (!user.is_empty()).then_some(user),
            loopback,
        })
    }

    /// What a person should know of an unprotected way.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        (self.protection == Protection::Plain && !self.loopback).then(|| {
            format!(
                "alerts: email: mail to {} goes unencrypted; write smtps://… or smtp://…?tls=required",
                self.host
            )
        })
    }
}

impl std::fmt::Display for MailServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

fn percent_decoded(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte == b'%' {
            let decoded = rest.get(..2).and_then(|digits| hex::decode(digits).ok());
            let [byte] = decoded.as_deref().unwrap_or_default() else {
                return Err("smtp_url: the user holds a % that is no escape; write %25".to_owned());
            };
            bytes.push(*byte);
            rest = &rest[2..];
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).map_err(|_| "smtp_url: the user is not UTF-8".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_and_protection_follow_the_url() {
        let of = |url| MailServer::parse(url).map(|server| (server.to_string(), server.protection));
        assert_eq!(
            of("smtps://mail.example"),
            Ok(("mail.example:465".to_owned(), Protection::Tls))
        );
        assert_eq!(
            of("smtp://mail.example?tls=required"),
            Ok(("mail.example:587".to_owned(), Protection::StartTls))
        );
        assert_eq!(
            of("smtp://mail.example:2525"),
            Ok(("mail.example:2525".to_owned(), Protection::Plain))
        );
        let user = MailServer::parse("smtps://ops%40mail.example@mail.example:465").map(|server| server.user);
        assert_eq!(user, Ok(Some("ops@mail.example".to_owned())));
        assert!(MailServer::parse("smtp://a%zz@mail.example").is_err());
    }

    #[test]
    fn plain_mail_that_leaves_the_host_warns() {
        let warns = |url| MailServer::parse(url).map(|server| server.warning().is_some());
        for quiet in [
            "smtp://127.0.0.1:25",
            "smtp://[::1]:25",
            "smtp://localhost",
            "smtps://mail.example",
        ] {
            assert_eq!(warns(quiet), Ok(false), "{quiet}");
        }
        assert_eq!(warns("smtp://mail.example"), Ok(true));
        assert_eq!(warns("smtp://192.0.2.1"), Ok(true));
        assert_eq!(warns("smtp://mail.example?tls=required"), Ok(false));
    }
}
