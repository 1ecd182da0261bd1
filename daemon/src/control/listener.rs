//! The socket file: made, guarded against a second daemon, given to its group, removed at the end.

use std::{
    fs::{self, File, Permissions},
    io,
    os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use rustix::fs::{FlockOperation, flock};
use tokio::net::{UnixListener, UnixStream};

use super::peer;
use crate::{
    config::model::Control,
    domain::failure::{Cause, Fault},
};

/// Why there is no socket.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// Another daemon answers there.
    #[error("{} is in use by another process{}", path.display(), pid.map(|pid| format!(" ({pid})")).unwrap_or_default())]
    InUse {
        /// The socket.
        path: PathBuf,
        /// Process that listens, when the kernel tells.
        pid: Option<i32>,
    },
    /// Something else has that name.
    #[error("{} exists and is not a socket", path.display())]
    NotASocket {
        /// The path.
        path: PathBuf,
    },
    /// The system refused.
    #[error("cannot {action} {}: {source}", path.display())]
    System {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl SocketError {
    fn system(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::System { action, path, source }
    }
}

impl From<SocketError> for Fault {
    fn from(error: SocketError) -> Self {
        let message = error.to_string();
        match error {
            SocketError::InUse { .. } => Self::new(Cause::Conflict, "socket_in_use", message).hint(
                "Another callsyncd runs: systemctl status callsyncd. Stop it, or set control.socket to another path.",
            ),
            SocketError::NotASocket { .. } => Self::new(Cause::Config, "not_a_socket", message)
                .hint("Move it away, or set control.socket to another path."),
            SocketError::System { .. } => Self::new(Cause::Internal, "socket_failed", message)
                .hint("Check owner and mode of the directory, or set control.socket to another path."),
        }
    }
}

/// The open socket. Dropping it removes its file.
#[derive(Debug)]
pub struct ControlSocket {
    listener: UnixListener,
    path: PathBuf,
    file: (u64, u64),
    notice: Option<String>,
    _lock: File,
}

impl ControlSocket {
    /// Opens the socket. A file left by a daemon that died is replaced; a daemon that answers is left alone.
    ///
    /// # Errors
    /// See [`SocketError`].
    pub async fn open(control: &Control) -> Result<Self, SocketError> {
        Self::open_for(&control.socket, &control.group, peer::group_id(&control.group)).await
    }

    pub(super) async fn open_for(path: &Path, group: &str, group_id: Option<u32>) -> Result<Self, SocketError> {
        if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
            fs::DirBuilder::new()
                .recursive(true)
                .mode(0o755)
                .create(directory)
                .map_err(SocketError::system("create the directory", directory))?;
        }
        let lock = take_lock(path)?;
        clear(path).await?;
        let listener = UnixListener::bind(path).map_err(SocketError::system("listen on", path))?;
        // Until here the mode is what umask left; whoever connects meanwhile is judged by the kernel's credentials.
        let notice = share(path, group, group_id)?;
        if let Some(notice) = &notice {
            tracing::warn!("{notice}");
        }
        let metadata = fs::symlink_metadata(path).map_err(SocketError::system("look at", path))?;
        Ok(Self {
            listener,
            path: path.to_owned(),
            file: (metadata.dev(), metadata.ino()),
            notice,
            _lock: lock,
        })
    }

    /// What `status` should tell about the socket.
    #[must_use]
    pub fn notice(&self) -> Option<&str> {
        self.notice.as_deref()
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(super) async fn accept(&self) -> io::Result<UnixStream> {
        self.listener.accept().await.map(|(stream, _)| stream)
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        // Only our own file: an operator may have moved it away and started another daemon.
        let ours = fs::symlink_metadata(&self.path).is_ok_and(|metadata| (metadata.dev(), metadata.ino()) == self.file);
        if ours && let Err(error) = fs::remove_file(&self.path) {
            tracing::debug!(path = %self.path.display(), %error, "the socket file stays; the next start replaces it");
        }
    }
}

/// Held as long as the socket: two daemons that start at once would otherwise both find a dead file and both replace it.
fn take_lock(path: &Path) -> Result<File, SocketError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let name = PathBuf::from(name);
    let mut options = File::options();
    std::os::unix::fs::OpenOptionsExt::mode(options.read(true).write(true).create(true).truncate(false), 0o600);
    let file = options.open(&name).map_err(SocketError::system("open", &name))?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(SocketError::InUse {
            path: path.to_owned(),
            pid: listening_pid(path),
        }),
        Err(error) => Err(SocketError::system("lock", &name)(error.into())),
    }
}

fn listening_pid(path: &Path) -> Option<i32> {
    let stream = std::os::unix::net::UnixStream::connect(path).ok()?;
    stream.set_nonblocking(true).ok()?;
    UnixStream::from_std(stream).ok()?.peer_cred().ok()?.pid()
}

/// Removes a socket that nobody listens on.
async fn clear(path: &Path) -> Result<(), SocketError> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(SocketError::system("look at", path)(error)),
        Ok(metadata) if !metadata.file_type().is_socket() => {
            return Err(SocketError::NotASocket { path: path.to_owned() });
        }
        Ok(_) => {}
    }
    match UnixStream::connect(path).await {
        Ok(stream) => Err(SocketError::InUse {
            path: path.to_owned(),
            pid: stream.peer_cred().ok().and_then(|peer| peer.pid()),
        }),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            fs::remove_file(path).map_err(SocketError::system("replace", path))
        }
        // Its queue is full: somebody listens, however slowly.
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(SocketError::InUse {
            path: path.to_owned(),
            pid: None,
        }),
        Err(error) => Err(SocketError::system("connect to", path)(error)),
    }
}

/// Gives the socket to its group; to nobody but the owner when that is not possible, with a notice that says so. The
/// group of the process needs no gift, and the unit's sandbox allows none.
fn share(path: &Path, group: &str, group_id: Option<u32>) -> Result<Option<String>, SocketError> {
    let owning = fs::symlink_metadata(path)
        .map_err(SocketError::system("look at", path))?
        .gid();
    let why = match group_id {
        None => Some(format!(
            "the unix group {group} does not exist. Create it (groupadd --system {group}) and restart callsyncd."
        )),
        Some(id) if id == owning => None,
        Some(id) => std::os::unix::fs::chown(path, None, Some(id)).err().map(|error| {
            format!(
                "the socket cannot be given to the unix group {group} ({error}). In the unit that takes                  SupplementaryGroups={group} and SystemCallFilter=@chown (systemctl edit callsyncd)."
            )
        }),
    };
    let mode = if why.is_none() { 0o660 } else { 0o600 };
    fs::set_permissions(path, Permissions::from_mode(mode)).map_err(SocketError::system("set the mode of", path))?;
    Ok(why.map(|why| format!("Only root and the daemon's own user can use the control socket, because {why}")))
}
