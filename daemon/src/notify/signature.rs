//! The signature by which a receiver knows that an alert is ours and fresh.

use ring::hmac;
use secrecy::{ExposeSecret, SecretString};

/// Header with the seconds since 1970 at which the body was signed.
pub const TIMESTAMP_HEADER: &str = "X-Callsync-Timestamp";
/// Header with the signature.
pub const SIGNATURE_HEADER: &str = "X-Callsync-Signature";

/// `v1=` and the hex HMAC-SHA256 of `timestamp.body`.
#[must_use]
pub fn sign(secret: &SecretString, timestamp: i64, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
    let tag = hmac::sign(&key, format!("{timestamp}.{body}").as_bytes());
    format!("v1={}", hex::encode(tag))
}

#[cfg(test)]
mod tests {
    use super::sign;

    #[test]
    fn a_receiver_recomputes_it_with_openssl() {
        // printf '1772359200.{"id":"1"}' | openssl dgst -sha256 -hmac 'top secret'
        assert_eq!(
            sign(&"top secret".into(), 1_772_359_200, r#"{"id":"1"}"#),
            "v1=23ef0ad00bd79a1df4ddde95a233ccdde0840378565c2bc34ac4862ef072e9c6"
        );
    }
}
