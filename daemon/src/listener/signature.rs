//! Zoom's webhook signature: HMAC-SHA256 over version, timestamp and the raw body, compared in constant time.

use ring::hmac;
use secrecy::{ExposeSecret, SecretString};

/// Longest challenge token that is answered, in bytes.
const LONGEST_TOKEN: usize = 128;

/// The secret token of the app, as a key.
pub struct Secret(hmac::Key);

impl Secret {
    /// From the token that Zoom shows.
    #[must_use]
    pub fn new(token: &SecretString) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, token.expose_secret().as_bytes()))
    }

    /// Whether `header` (`v0=…`) signs this body at this timestamp.
    #[must_use]
    pub fn signs(&self, timestamp: &str, body: &[u8], header: &str) -> bool {
        let Some(Ok(tag)) = header.strip_prefix("v0=").map(hex::decode) else {
            return false;
        };
        let message = [b"v0:", timestamp.as_bytes(), b":", body].concat();
        hmac::verify(&self.0, &message, &tag).is_ok()
    }

    /// What Zoom wants to hear when it validates the URL; nothing for a token that is not of Zoom's kind.
    ///
    /// The challenge may come unsigned, so anybody can have a token signed. A token that looked like `v0:…:…` would
    /// make its answer the signature of a forged event; Zoom's tokens are base64url and hold no colon.
    #[must_use]
    pub fn answer(&self, token: &str) -> Option<String> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_=+/".contains(&byte);
        let is_token = !token.is_empty() && token.len() <= LONGEST_TOKEN && token.bytes().all(plain);
        is_token.then(|| hex::encode(hmac::sign(&self.0, token.as_bytes())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::new(&SecretString::from(text))
    }

    #[test]
    fn the_published_vectors_pass() {
        let vectors: serde_json::Value =
            serde_json::from_str(include_str!("signature_vectors.json")).expect("the vectors");
        let vectors = vectors["vectors"].as_array().expect("a list");
        assert_eq!(vectors.len(), 6);
        for vector in vectors {
            let text = |name: &str| vector[name].as_str().unwrap_or_default();
            let secret = secret(text("secret"));
            if text("kind") == "crc" {
                assert_eq!(secret.answer(text("message")).as_deref(), Some(text("hex_hmac_sha256")));
                continue;
            }
            let (timestamp, body) = text("message")
                .strip_prefix("v0:")
                .and_then(|rest| rest.split_once(':'))
                .expect("v0:timestamp:body");
            assert!(secret.signs(timestamp, body.as_bytes(), text("header")), "{vector}");
            for (timestamp, body, header) in [
                ("1", body.to_owned(), text("header").to_owned()),
                (timestamp, format!("{body} "), text("header").to_owned()),
                (timestamp, body.to_owned(), text("hex_hmac_sha256").to_owned()),
                (timestamp, body.to_owned(), text("header").replace('a', "b")),
                (timestamp, body.to_owned(), "v0=".to_owned()),
                (timestamp, body.to_owned(), "v0=zz".to_owned()),
            ] {
                assert!(!secret.signs(timestamp, body.as_bytes(), &header), "{vector} {header}");
            }
        }
    }

    #[test]
    fn a_challenge_never_signs_an_event() {
        let secret = secret("s");
        for token in ["", "v0:1710000000:{}", "a:b", "{", "a b", "ü", &"x".repeat(129)] {
            assert_eq!(secret.answer(token), None, "{token}");
        }
    }
}
