//! Sealing: XChaCha20-Poly1305 with the master key, a random nonce for each value, bound to its account and field.

use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit, Payload},
};
use secrecy::{ExposeSecret, SecretString, zeroize::Zeroizing};

use super::error::StateError;
use crate::config::MasterKey;

/// First byte of a sealed value: which cipher and layout.
const LAYOUT: u8 = 1;
/// Bytes of the nonce that follows it; random nonces of this length do not repeat.
const NONCE: usize = 24;

/// What the key check seals.
const CHECK: &str = "callsyncd key check";

/// Seals and opens values. The cipher wipes its key when dropped.
pub(super) struct Seal(XChaCha20Poly1305);

impl Seal {
    pub(super) fn new(key: &MasterKey) -> Self {
        Self(XChaCha20Poly1305::new(key.expose().into()))
    }

    /// Seals a value of an account's field. A sealed value moved to another account or field does not open.
    pub(super) fn seal(&self, account: &str, field: &'static str, value: &SecretString) -> Result<Vec<u8>, StateError> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(StateError::Random)?;
        let payload = Payload {
            msg: value.expose_secret().as_bytes(),
            aad: &bound_to(account, field),
        };
        let hidden = self
            .0
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| StateError::Seal(field))?;
        let mut sealed = Vec::with_capacity(1 + NONCE + hidden.len());
        sealed.push(LAYOUT);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&hidden);
        Ok(sealed)
    }

    pub(super) fn open(&self, account: &str, field: &'static str, sealed: &[u8]) -> Result<SecretString, StateError> {
        let damaged = || StateError::Seal(field);
        let (layout, rest) = sealed.split_first().ok_or_else(damaged)?;
        if *layout != LAYOUT {
            return Err(damaged());
        }
        let (nonce, hidden) = rest.split_first_chunk::<NONCE>().ok_or_else(damaged)?;
        let payload = Payload {
            msg: hidden,
            aad: &bound_to(account, field),
        };
        let value = Zeroizing::new(self.0.decrypt(&XNonce::from(*nonce), payload).map_err(|_| damaged())?);
        let text = std::str::from_utf8(&value).map_err(|_| damaged())?;
        Ok(SecretString::from(text))
    }

    /// A value that only the same key opens, to notice another key at start.
    pub(super) fn key_check(&self) -> Result<Vec<u8>, StateError> {
        self.seal("", "key check", &SecretString::from(CHECK))
    }

    pub(super) fn is_same_key(&self, check: &[u8]) -> bool {
        self.open("", "key check", check)
            .is_ok_and(|value| value.expose_secret() == CHECK)
    }
}

/// Associated data: account id and field name, parted by a byte that neither holds.
fn bound_to(account: &str, field: &str) -> Vec<u8> {
    [account.as_bytes(), &[0], field.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_opens_only_with_its_key_account_and_field() {
        let seal = Seal::new(&MasterKey::from_bytes([7; 32]));
        let value = SecretString::from("hunter2");
        let sealed = seal.seal("a", "access token", &value).expect("sealed");
        assert_eq!(
            seal.open("a", "access token", &sealed).expect("opened").expose_secret(),
            "hunter2"
        );
        assert!(seal.open("b", "access token", &sealed).is_err(), "another account");
        assert!(seal.open("a", "refresh token", &sealed).is_err(), "another field");
        let other = Seal::new(&MasterKey::from_bytes([8; 32]));
        assert!(other.open("a", "access token", &sealed).is_err(), "another key");
        for position in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[position] ^= 1;
            assert!(
                seal.open("a", "access token", &altered).is_err(),
                "byte {position} altered"
            );
        }
        for length in 0..sealed.len() {
            assert!(
                seal.open("a", "access token", &sealed[..length]).is_err(),
                "cut at {length}"
            );
        }
    }

    #[test]
    fn the_same_value_never_looks_the_same() {
        let seal = Seal::new(&MasterKey::from_bytes([7; 32]));
        let value = SecretString::from("hunter2");
        let first = seal.seal("a", "access token", &value).expect("sealed");
        assert_ne!(first, seal.seal("a", "access token", &value).expect("sealed"));
    }

    #[test]
    fn the_key_check_tells_keys_apart() {
        let check = Seal::new(&MasterKey::from_bytes([7; 32])).key_check().expect("sealed");
        assert!(Seal::new(&MasterKey::from_bytes([7; 32])).is_same_key(&check));
        assert!(!Seal::new(&MasterKey::from_bytes([8; 32])).is_same_key(&check));
    }
}
