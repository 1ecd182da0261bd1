//! The master key that seals tokens at rest: read from its source, or generated once.

use std::{
    fmt,
    fs::{File, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use secrecy::{
    ExposeSecret, SecretBox, SecretString,
    zeroize::{Zeroize, Zeroizing},
};
use serde::Deserialize;

use super::{
    error::ConfigError,
    load::{Placed, Source},
    model::{Config, SecretSource},
    secret::{self, Credentials, RawSecret},
};

/// File name in the state directory of a generated key.
const FILE_NAME: &str = "master.key";
/// The credential that the package makes on installation.
const CREDENTIAL: &str = "callsyncd-master-key";
/// Its name while it is being written.
const UNFINISHED_NAME: &str = "master.key.new";

/// `secrets:` as typed.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSecrets {
    master_key: Option<Placed<RawSecret>>,
}

/// Checks `secrets:`; the key is parsed and dropped, so that a bad one is found now.
pub(super) fn check(source: &Source<'_>, raw: RawSecrets) -> Result<Option<SecretSource>, ConfigError> {
    let Some(typed) = raw.master_key else { return Ok(None) };
    let (from, value) = secret::check(source, "master_key", &typed)?;
    MasterKey::parse(&value, &described(&from)).map_err(|error| source.locate(&typed, error))?;
    Ok(Some(from))
}

/// 256 bits that seal tokens; wiped from memory when dropped, never shown.
pub struct MasterKey(SecretBox<[u8; 32]>);

impl MasterKey {
    /// A key from its bytes.
    #[must_use]
    pub fn from_bytes(mut bytes: [u8; 32]) -> Self {
        let key = Self(SecretBox::init_with(|| bytes));
        bytes.zeroize();
        key
    }

    /// The bytes, for the cipher.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        self.0.expose_secret()
    }

    fn parse(text: &SecretString, place: &str) -> Result<Self, ConfigError> {
        let text = text.expose_secret().trim();
        let hint = "make one with: openssl rand -hex 32 (never replace a key that is in use)";
        if let Some(position) = text.chars().position(|c| !c.is_ascii_hexdigit()) {
            // The character itself is not shown: it is part of what was meant as the key.
            let message = format!(
                "the master key in {place} has something else than a hex digit at position {}",
                position + 1
            );
            return Err(ConfigError::master_key(message, hint));
        }
        if text.len() != 64 {
            let message = format!("the master key in {place} has {} hex digits; 64 are needed", text.len());
            return Err(ConfigError::master_key(message, hint));
        }
        let mut bytes = Zeroizing::new([0; 32]);
        hex::decode_to_slice(text, &mut *bytes)
            .map_err(|_| ConfigError::master_key(format!("the master key in {place} is not hex"), hint))?;
        Ok(Self::from_bytes(*bytes))
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey([hidden])")
    }
}

/// Where the key in force came from; a generated one deserves a notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyOrigin {
    /// `secrets: master_key` of the configuration, or the unit's own credential.
    Configured(SecretSource),
    /// Generated at an earlier start.
    Kept(PathBuf),
    /// Generated just now: whoever loses this file has to authorize every account again.
    Generated(PathBuf),
}

/// Whether the state store holds something that an earlier key sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SealedState {
    /// Nothing yet: a key may be generated.
    Absent,
    /// A new key would be of no use: the old one is needed.
    Present,
}

/// The master key: from its configured source, else from `state_directory/master.key`, else from the credential that
/// the package makes; else it is generated, when nothing has been sealed yet. The file comes before the credential: a
/// key that is in use stays in use when the package is installed over it. The caller holds the lock on the state directory, and the directory exists.
///
/// # Errors
/// When it is unreadable, malformed, or gone although something is sealed with it.
pub fn master_key(config: &Config, sealed: SealedState) -> Result<(MasterKey, KeyOrigin), ConfigError> {
    if let Some(from) = &config.master_key {
        let key = MasterKey::parse(&secret::read(from)?, &described(from))?;
        return Ok((key, KeyOrigin::Configured(from.clone())));
    }
    unconfigured(config, sealed, &Credentials::from_environment())
}

pub(super) fn unconfigured(
    config: &Config,
    sealed: SealedState,
    credentials: &Credentials,
) -> Result<(MasterKey, KeyOrigin), ConfigError> {
    let path = config.state_directory.join(FILE_NAME);
    match std::fs::symlink_metadata(&path) {
        Ok(_) => {
            let text = secret::read(&SecretSource::File(path.clone()))?;
            let key = MasterKey::parse(&text, &path.display().to_string())?;
            Ok((key, KeyOrigin::Kept(path)))
        }
        Err(error) if error.kind() == ErrorKind::NotFound && credentials.has(CREDENTIAL) => {
            let from = SecretSource::Credential(CREDENTIAL.to_owned());
            let key = MasterKey::parse(&credentials.read(&from)?, &described(&from))?;
            Ok((key, KeyOrigin::Configured(from)))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => match sealed {
            SealedState::Absent => {
                let key = generate(&config.state_directory, &path)?;
                Ok((key, KeyOrigin::Generated(path)))
            }
            SealedState::Present => Err(ConfigError::master_key(
                format!(
                    "the master key {} is gone, and the stored tokens are sealed with it",
                    path.display()
                ),
                format!(
                    "restore {} from backup, or set secrets: master_key to the key in use; without it move the state \
                     store {} away and authorize every account again",
                    path.display(),
                    config.state_directory.join("state.db").display()
                ),
            )),
        },
        Err(error) => Err(cannot_write(&path, &error)),
    }
}

/// Writes a new key under another name and links it into place: if we die in between, no half key is left under
/// the real name, and an existing key is never overwritten.
fn generate(directory: &Path, path: &Path) -> Result<MasterKey, ConfigError> {
    let mut bytes = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *bytes).map_err(|error| {
        let message = format!("the system gives no random numbers for the master key: {error}");
        ConfigError::master_key(message, "check getrandom(2) in the unit's system-call filter")
    })?;
    let mut line = Zeroizing::new(hex::encode(*bytes));
    line.push('\n');
    write_new(directory, path, line.as_bytes()).map_err(|error| cannot_write(path, &error))?;
    Ok(MasterKey::from_bytes(*bytes))
}

fn write_new(directory: &Path, path: &Path, line: &[u8]) -> std::io::Result<()> {
    let unfinished = directory.join(UNFINISHED_NAME);
    match std::fs::remove_file(&unfinished) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&unfinished)?;
    file.write_all(line)?;
    file.sync_all()?;
    std::fs::hard_link(&unfinished, path)?;
    std::fs::remove_file(&unfinished)?;
    File::open(directory)?.sync_all()
}

fn cannot_write(path: &Path, error: &std::io::Error) -> ConfigError {
    ConfigError::master_key(
        format!("cannot make the master key {}: {error}", path.display()),
        "the daemon's user must be able to write state_directory; or set secrets: master_key",
    )
}

fn described(from: &SecretSource) -> String {
    match from {
        SecretSource::File(path) => path.display().to_string(),
        SecretSource::Credential(name) => format!("the credential \"{name}\""),
    }
}
