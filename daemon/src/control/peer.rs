//! Who is at the other end: user, groups and process from the kernel, names from the system.

use std::{
    collections::HashMap,
    io,
    os::fd::{AsFd, BorrowedFd},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::net::UnixStream;
use zlink_core::connection::socket::{FetchPeerCredentials, UnixSocket};

use super::access::Credentials;

/// How long the system may take to tell a user's name; a directory server that is down must not hold up an answer.
const NAME_PATIENCE: Duration = Duration::from_millis(500);

/// Tells who is at the other end of a connection.
pub trait Peers: Send + Sync {
    /// The peer's credentials as of its connecting.
    ///
    /// # Errors
    /// The kernel does not tell; the connection is then dropped.
    fn identify(&self, stream: &UnixStream) -> io::Result<Credentials>;
}

/// `SO_PEERCRED` and `SO_PEERGROUPS`: what the kernel noted when the peer connected. What becomes of the process
/// afterwards, or who else inherits its descriptor, makes no difference.
#[derive(Debug, Clone, Copy, Default)]
pub struct KernelPeers;

impl Peers for KernelPeers {
    fn identify(&self, stream: &UnixStream) -> io::Result<Credentials> {
        // zlink-core has the one maintained safe wrapper of SO_PEERGROUPS; it is async in form only and never waits.
        let asked = Connected(stream.as_fd());
        let credentials = futures_util::FutureExt::now_or_never(asked.fetch_peer_credentials())
            .unwrap_or_else(|| Err(io::ErrorKind::WouldBlock.into()))?;
        Ok(Credentials {
            uid: credentials.unix_user_id().as_raw(),
            gid: credentials.unix_primary_group_id().as_raw(),
            groups: credentials
                .unix_supplementary_group_ids()
                .iter()
                .map(|group| group.as_raw())
                .collect(),
            // From tokio: it gives nothing instead of an impossible number for a process of another namespace.
            pid: stream.peer_cred()?.pid().unwrap_or(0),
        })
    }
}

#[derive(Debug)]
struct Connected<'a>(BorrowedFd<'a>);

impl AsFd for Connected<'_> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0
    }
}

impl UnixSocket for Connected<'_> {}

/// Names of users, for the audit log.
#[derive(Debug, Default)]
pub struct UserNames(Mutex<HashMap<u32, String>>);

impl UserNames {
    /// The name of a user; the number as text when the system knows none or takes too long.
    pub async fn name(&self, uid: u32) -> String {
        if let Some(name) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&uid) {
            return name.clone();
        }
        let asked = tokio::task::spawn_blocking(move || {
            uzers::get_user_by_uid(uid).map(|user| user.name().to_string_lossy().into_owned())
        });
        match tokio::time::timeout(NAME_PATIENCE, asked).await {
            Ok(Ok(Some(name))) => {
                self.0
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .insert(uid, name.clone());
                name
            }
            _ => uid.to_string(),
        }
    }
}

/// The id of a Unix group. Blocks on the system's user database.
#[must_use]
pub fn group_id(name: &str) -> Option<u32> {
    uzers::get_group_by_name(name).map(|group| group.gid())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn kernel_tells_our_own_credentials() {
        let (ours, _theirs) = UnixStream::pair().expect("a pair");
        let peer = KernelPeers.identify(&ours).expect("credentials");
        assert_eq!(peer.uid, rustix::process::geteuid().as_raw());
        assert_eq!(peer.gid, rustix::process::getegid().as_raw());
        assert_eq!(peer.pid, i32::try_from(std::process::id()).expect("a pid"));
        let mut groups: Vec<u32> = rustix::process::getgroups()
            .expect("our groups")
            .iter()
            .map(|group| group.as_raw())
            .collect();
        let mut told = peer.groups;
        groups.sort_unstable();
        told.sort_unstable();
        assert_eq!(told, groups);
    }

    #[tokio::test]
    async fn user_without_a_name_is_told_by_number() {
        let names = UserNames::default();
        assert_eq!(names.name(0).await, "root");
        assert_eq!(names.name(4_123_456_789).await, "4123456789");
    }
}
