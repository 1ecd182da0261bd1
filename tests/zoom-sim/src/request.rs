//! One request as the simulator sees it: method, path segments, parameters, credentials.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub method: String,
    pub path: String,
    pub query: String,
    pub params: Params,
    pub authorization: Option<String>,
    pub body: Vec<u8>,
}

/// Parameters in the order they were sent; a name may occur more than once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    pub fn parse(text: &[u8]) -> Self {
        Self(form_urlencoded::parse(text).into_owned().collect())
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// An array parameter: `a=1&a=2`, `a[]=1` and `a=1,2` are all taken, since no style is declared.
    pub fn all(&self, name: &str) -> Vec<&str> {
        let bracketed = format!("{name}[]");
        self.0
            .iter()
            .filter(|(key, _)| key == name || *key == bracketed)
            .flat_map(|(_, value)| value.split(','))
            .filter(|value| !value.is_empty())
            .collect()
    }

    /// What a page token is bound to: everything but the token itself, in a canonical order.
    pub fn fingerprint(&self) -> String {
        let mut rest: Vec<_> = self
            .0
            .iter()
            .filter(|(key, _)| key != "next_page_token")
            .cloned()
            .collect();
        rest.sort();
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(rest)
            .finish()
    }
}

impl Request {
    pub fn segments(&self) -> Vec<String> {
        self.path
            .split('/')
            .filter(|part| !part.is_empty())
            .map(percent_decoded)
            .collect()
    }

    pub fn bearer(&self) -> Option<&str> {
        self.credentials("bearer")
    }

    /// The pair of an `Authorization: Basic` header.
    pub fn basic(&self) -> Option<(String, String)> {
        let decoded = STANDARD.decode(self.credentials("basic")?).ok()?;
        let text = String::from_utf8(decoded).ok()?;
        text.split_once(':')
            .map(|(id, secret)| (id.to_owned(), secret.to_owned()))
    }

    /// Query and form body together: Zoom takes OAuth parameters from either place.
    pub fn oauth_params(&self) -> Params {
        let mut params = self.params.clone();
        params.0.extend(Params::parse(&self.body).0);
        params
    }

    fn credentials(&self, scheme: &str) -> Option<&str> {
        let (found, rest) = self.authorization.as_deref()?.split_once(' ')?;
        found.eq_ignore_ascii_case(scheme).then(|| rest.trim())
    }
}

/// A path segment is not a form: `+`, `=` and `&` stay what they are, as in the address `a+b@example.com`.
fn percent_decoded(segment: &str) -> String {
    let kept = segment.replace('+', "%2B").replace('=', "%3D").replace('&', "%26");
    form_urlencoded::parse(kept.as_bytes())
        .next()
        .map_or_else(String::new, |(name, _)| name.into_owned())
}

#[cfg(test)]
mod tests {
    use super::{Params, percent_decoded};

    #[test]
    fn a_path_segment_is_decoded_as_a_path_and_not_as_a_form() {
        assert_eq!(percent_decoded("a+b=c&d%2Fe%20f"), "a+b=c&d/e f");
        assert_eq!(percent_decoded("=x"), "=x");
    }

    #[test]
    fn array_parameters_take_every_style() {
        let params = Params::parse(b"d=a&d=b&d[]=c&d=e,f");
        assert_eq!(params.all("d"), ["a", "b", "c", "e", "f"]);
    }

    #[test]
    fn the_fingerprint_ignores_order_and_the_page_token() {
        let one = Params::parse(b"page_size=3&from=x&next_page_token=abc");
        let two = Params::parse(b"from=x&page_size=3");
        assert_eq!(one.fingerprint(), two.fingerprint());
        assert_ne!(one.fingerprint(), Params::parse(b"from=x&page_size=4").fingerprint());
    }
}
