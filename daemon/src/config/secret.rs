//! Secrets: where they come from, who may read them, and their values.

use std::{
    fs::{File, Metadata, OpenOptions},
    io::{ErrorKind, Read},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use rustix::fs::OFlags;
use secrecy::{
    SecretString,
    zeroize::{Zeroize, Zeroizing},
};
use serde::Deserialize;

use super::{
    address,
    error::ConfigError,
    load::{Placed, Source},
    model::SecretSource,
};

/// Longest secret in bytes; more is a wrong path.
const LONGEST: u64 = 64 * 1024;

/// `{file: PATH}` or `{credential: NAME}` as typed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSecret {
    file: Option<Placed<String>>,
    credential: Option<Placed<String>>,
}

/// Checks where a secret comes from, and reads it.
pub(super) fn check(
    source: &Source<'_>,
    key: &str,
    typed: &Placed<RawSecret>,
) -> Result<(SecretSource, SecretString), ConfigError> {
    let from = match (&typed.value.file, &typed.value.credential) {
        (Some(file), None) => SecretSource::File(address::absolute(source, "file", file)?),
        (None, Some(name)) => {
            let text = address::named(source, "credential", name)?;
            if text.contains('/') || matches!(text.as_str(), "." | "..") {
                let hint = "give the name after LoadCredential=, not a path; for a path use {file: PATH}";
                return Err(source.refuse(name, "`credential` must be a plain name", hint));
            }
            SecretSource::Credential(text)
        }
        _ => {
            let message = format!("`{key}` needs exactly one of `file` and `credential`");
            return Err(source.refuse(typed, message, "write {file: PATH} or {credential: NAME}"));
        }
    };
    let value = source
        .credentials
        .read(&from)
        .map_err(|error| source.locate(typed, error))?;
    Ok((from, value))
}

/// Reads a secret now.
///
/// # Errors
/// When it is missing, unreadable, empty, not text, or readable by group or others.
pub fn read(from: &SecretSource) -> Result<SecretString, ConfigError> {
    Credentials::from_environment().read(from)
}

/// A secret as `config show` prints it: its source, never its value.
#[must_use]
pub fn source_as_json(from: &SecretSource) -> serde_json::Value {
    match from {
        SecretSource::File(path) => serde_json::json!({ "file": path.display().to_string() }),
        SecretSource::Credential(name) => serde_json::json!({ "credential": name }),
    }
}

/// Where systemd put the unit's credentials.
pub(super) struct Credentials {
    directory: Option<PathBuf>,
}

impl Credentials {
    /// `$CREDENTIALS_DIRECTORY`, which systemd sets for a unit that has credentials.
    pub(super) fn from_environment() -> Self {
        Self {
            directory: std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from),
        }
    }

    #[cfg(test)]
    pub(super) fn in_directory(directory: Option<&Path>) -> Self {
        Self {
            directory: directory.map(Path::to_path_buf),
        }
    }

    /// Whether systemd gave the unit a credential of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.directory
            .as_ref()
            .is_some_and(|directory| directory.join(name).exists())
    }

    pub(super) fn read(&self, from: &SecretSource) -> Result<SecretString, ConfigError> {
        match from {
            SecretSource::File(path) => read_file(path, owner_only),
            SecretSource::Credential(name) => {
                let Some(directory) = &self.directory else {
                    return Err(ConfigError::secret(
                        format!("the credential \"{name}\" cannot be read: CREDENTIALS_DIRECTORY is not set"),
                        format!(
                            "credentials exist only inside the unit: add LoadCredential={name}:PATH to callsyncd.service \
                             and start it with systemctl, or use {{file: PATH}}"
                        ),
                    ));
                };
                read_file(&directory.join(name), systemd_only)
            }
        }
    }
}

fn read_file(
    path: &Path,
    allowed: fn(&Path, &Metadata) -> Result<(), ConfigError>,
) -> Result<SecretString, ConfigError> {
    // Non-blocking, so that a FIFO in this place cannot hang the start; checked on the open file, so that it cannot
    // be exchanged in between.
    let nonblocking = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
    let unreadable = |error: std::io::Error| unreadable(path, &error);
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(nonblocking)
        .open(path)
        .map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        let message = format!("the secret {} is not a regular file", path.display());
        return Err(ConfigError::secret(
            message,
            "put the secret, and nothing else, in a file of mode 0600",
        ));
    }
    allowed(path, &metadata)?;
    text(path, &file, metadata.len())
}

fn text(path: &Path, file: &File, length: u64) -> Result<SecretString, ConfigError> {
    if length > LONGEST {
        let message = format!("the secret {} has {length} bytes; {LONGEST} at most", path.display());
        return Err(ConfigError::secret(message, "check the path: this is not a secret"));
    }
    // Room for all of it at once: growing would leave copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(LONGEST).unwrap_or_default() + 1));
    file.take(LONGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(path, &error))?;
    let mut text = std::str::from_utf8(&bytes)
        .map_err(|_| {
            let message = format!("the secret {} is not UTF-8 text", path.display());
            ConfigError::secret(message, "write the secret as plain text")
        })?
        .trim_end_matches(['\n', '\r'])
        .to_owned();
    if text.trim().is_empty() {
        text.zeroize();
        let message = format!("the secret {} is empty", path.display());
        return Err(ConfigError::secret(message, "write the secret into it"));
    }
    if text.contains(['\n', '\r']) {
        text.zeroize();
        let message = format!("the secret {} has more than one line", path.display());
        let hint = "write the secret, and nothing else, in one line; perhaps something was appended to it";
        return Err(ConfigError::secret(message, hint));
    }
    Ok(SecretString::from(text))
}

fn unreadable(path: &Path, error: &std::io::Error) -> ConfigError {
    let hint = match error.kind() {
        ErrorKind::NotFound => "create it with the secret in it, mode 0600, owned by the daemon's user".to_owned(),
        ErrorKind::PermissionDenied => format!("chown callsync {0} && chmod 0600 {0}", path.display()),
        _ => format!("check {}", path.display()),
    };
    ConfigError::secret(format!("cannot read the secret {}: {error}", path.display()), hint)
}

/// Files: nobody but the owner may do anything with them.
fn owner_only(path: &Path, metadata: &Metadata) -> Result<(), ConfigError> {
    let mode = metadata.mode() & 0o7777;
    if mode & 0o077 == 0 {
        Ok(())
    } else {
        Err(too_open(path, mode))
    }
}

/// Credentials: systemd makes them 0400 or, with an access list, 0440, owned by root or the unit's user, in a
/// directory that only the unit can enter.
fn systemd_only(path: &Path, metadata: &Metadata) -> Result<(), ConfigError> {
    let mode = metadata.mode() & 0o7777;
    let ours = metadata.uid() == 0 || metadata.uid() == rustix::process::geteuid().as_raw();
    if mode & 0o077 == 0 || (mode & 0o037 == 0 && ours) {
        Ok(())
    } else {
        Err(too_open(path, mode))
    }
}

fn too_open(path: &Path, mode: u32) -> ConfigError {
    ConfigError::secret(
        format!(
            "the secret {} has mode {mode:04o}: group or others can use it",
            path.display()
        ),
        format!("chmod 0600 {}", path.display()),
    )
}
