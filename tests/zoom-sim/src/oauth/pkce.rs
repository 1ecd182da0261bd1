//! The proof that the one who redeems a code is the one who asked for it (RFC 7636).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

/// Whether `verifier` is what the challenge was made from.
pub(crate) fn matches(challenge: &str, s256: bool, verifier: &str) -> bool {
    if s256 {
        URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())) == challenge
    } else {
        challenge == verifier
    }
}

/// 43 to 128 unreserved characters.
pub(crate) fn well_formed(verifier: &str) -> bool {
    (43..=128).contains(&verifier.len())
        && verifier
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::{matches, well_formed};

    #[test]
    fn the_example_of_rfc_7636_matches() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert!(well_formed(verifier));
        assert!(matches("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", true, verifier));
        assert!(!matches("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", false, verifier));
    }
}
