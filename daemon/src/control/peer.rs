//! Who is at the other end: user, groups and process from the kernel, names from the system.

use std::{
    collections::HashMap,
    fs, io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::net::UnixStream;
use zlink_core::connection::socket::{FetchPeerCredentials, UnixSocket};

use super::access::Credentials;

/// How long the system may take to tell a user's name; a directory server that is down must not hold up an answer.
const NAME_PATIENCE: Duration = Duration::from_millis(500);

/// How long the kernel may take to tell a peer's groups; it takes microseconds.
const KERNEL_PATIENCE: Duration = Duration::from_secs(1);
/// Most groups that the wrapper of `SO_PEERGROUPS` can cope with.
const MOST_GROUPS: usize = 128;

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
///
/// The only safe wrapper of `SO_PEERGROUPS` (zlink-core 0.8) never returns for a peer with more than 128 groups.
/// Therefore it is asked on a thread of its own, with a deadline; the first time it is missed, that thread is lost and
/// the wrapper is never asked again. Peers with that many groups, and all peers from then on, are looked up in `/proc`,
/// which tells the groups of now, not of the connecting; see [`groups_of_process`] for what is checked. Root and our
/// own user are administrators whatever their groups, so nobody can lock them out this way.
#[derive(Debug, Clone, Copy, Default)]
pub struct KernelPeers;

/// One for the process: the thread that may be lost is lost for all of it.
static KERNEL: GroupSource = GroupSource {
    ask: ask_kernel,
    stuck: AtomicBool::new(false),
};

struct GroupSource {
    ask: fn(OwnedFd) -> io::Result<Vec<u32>>,
    stuck: AtomicBool,
}

impl Peers for KernelPeers {
    fn identify(&self, stream: &UnixStream) -> io::Result<Credentials> {
        let told = stream.peer_cred()?;
        // A process of another pid namespace has no number here.
        let (uid, gid, pid) = (told.uid(), told.gid(), told.pid().unwrap_or(0));
        let groups = if uid == 0 || uid == rustix::process::geteuid().as_raw() {
            Vec::new()
        } else {
            KERNEL.groups(stream, uid, gid, pid)?
        };
        Ok(Credentials { uid, gid, groups, pid })
    }
}

impl GroupSource {
    fn groups(&self, stream: &UnixStream, uid: u32, gid: u32, pid: i32) -> io::Result<Vec<u32>> {
        let of_process = groups_of_process(Path::new("/proc"), pid, uid, gid);
        let many = of_process.as_ref().is_ok_and(|groups| groups.len() > MOST_GROUPS);
        if many || self.stuck.load(Ordering::Acquire) {
            return of_process;
        }
        let descriptor = stream.as_fd().try_clone_to_owned()?;
        let ask = self.ask;
        let (tell, told) = std::sync::mpsc::sync_channel(1);
        std::thread::Builder::new()
            .name("peer-groups".to_owned())
            .spawn(move || {
                // Nobody listens any more once the deadline has passed.
                let _ = tell.send(ask(descriptor));
            })?;
        match told.recv_timeout(KERNEL_PATIENCE) {
            Ok(groups) => groups,
            Err(_) => {
                self.stuck.store(true, Ordering::Release);
                tracing::error!(
                    uid,
                    pid,
                    "the kernel's list of a peer's groups could not be read; from now on they are read from /proc, and one thread stays busy until callsyncd is restarted"
                );
                of_process
            }
        }
    }
}

fn ask_kernel(descriptor: OwnedFd) -> io::Result<Vec<u32>> {
    // Async in form only: it never waits.
    let asked = Connected(descriptor.as_fd());
    let credentials = futures_util::FutureExt::now_or_never(asked.fetch_peer_credentials())
        .unwrap_or_else(|| Err(io::ErrorKind::WouldBlock.into()))?;
    Ok(credentials
        .unix_supplementary_group_ids()
        .iter()
        .map(|group| group.as_raw())
        .collect())
}

/// The supplementary groups that a process has now.
///
/// A process may have put another program in its place since it connected, or another process may have its number.
/// So all its user and group ids must be those of the connecting, and it must be the same process before and after:
/// then it is at least a process of the same user that holds these groups rightfully, no set-user-id program in
/// between. With `/proc` hidden from us (`hidepid`) this fails, and the peer is refused.
fn groups_of_process(proc: &Path, pid: i32, uid: u32, gid: u32) -> io::Result<Vec<u32>> {
    let directory = proc.join(pid.to_string());
    let started = start_time(&directory)?;
    let status = fs::read_to_string(directory.join("status"))?;
    let numbers = |name: &str| -> Option<Vec<u32>> {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().map(|number| number.parse().ok()).collect()
    };
    let same =
        |name: &str, id: u32| numbers(name).is_some_and(|ids| !ids.is_empty() && ids.iter().all(|other| *other == id));
    let groups = numbers("Groups:");
    if same("Uid:", uid)
        && same("Gid:", gid)
        && start_time(&directory)? == started
        && let Some(groups) = groups
    {
        return Ok(groups);
    }
    Err(io::Error::new(
        io::ErrorKind::PermissionDenied,
        "the process is not the one that connected",
    ))
}

/// When a process started, in clock ticks since boot. Its name, which comes before, may hold anything.
fn start_time(directory: &Path) -> io::Result<String> {
    let stat = fs::read_to_string(directory.join("stat"))?;
    stat.rsplit_once(')')
        .and_then(|(_, rest)| rest.split_whitespace().nth(19))
        .map(str::to_owned)
        .ok_or_else(|| io::ErrorKind::InvalidData.into())
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

    fn own() -> (u32, u32, i32, Vec<u32>) {
        let mut groups: Vec<u32> = rustix::process::getgroups()
            .expect("our groups")
            .iter()
            .map(|group| group.as_raw())
            .collect();
        groups.sort_unstable();
        let pid = i32::try_from(std::process::id()).expect("a pid");
        (
            rustix::process::geteuid().as_raw(),
            rustix::process::getegid().as_raw(),
            pid,
            groups,
        )
    }

    fn sorted(mut groups: Vec<u32>) -> Vec<u32> {
        groups.sort_unstable();
        groups
    }

    #[tokio::test]
    async fn kernel_tells_our_own_credentials() {
        let (uid, gid, pid, groups) = own();
        let (ours, _theirs) = UnixStream::pair().expect("a pair");
        let peer = KernelPeers.identify(&ours).expect("credentials");
        assert_eq!((peer.uid, peer.gid, peer.pid), (uid, gid, pid));
        let told = KERNEL.groups(&ours, uid, gid, pid).expect("groups");
        assert_eq!(sorted(told), groups);
    }

    #[tokio::test]
    async fn kernel_is_asked_only_once_when_it_does_not_answer() {
        static ASKED: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
        let (uid, gid, pid, groups) = own();
        let (ours, _theirs) = UnixStream::pair().expect("a pair");
        let never = |_| {
            ASKED.fetch_add(1, Ordering::SeqCst);
            loop {
                std::thread::park();
            }
        };
        let peers = GroupSource {
            ask: never,
            stuck: AtomicBool::new(false),
        };
        for _ in 0..2 {
            assert_eq!(
                sorted(peers.groups(&ours, uid, gid, pid).expect("groups from /proc")),
                groups
            );
        }
        assert_eq!(ASKED.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn process_that_is_not_the_peer_lends_it_no_groups() {
        let (uid, gid, pid, groups) = own();
        let proc = Path::new("/proc");
        assert_eq!(groups_of_process(proc, pid, uid, gid).map(sorted).ok(), Some(groups));
        assert!(groups_of_process(proc, pid, uid + 1, gid).is_err());
        assert!(groups_of_process(proc, pid, uid, gid + 1).is_err());
        assert!(groups_of_process(proc, 0, uid, gid).is_err());
    }

    #[test]
    fn process_that_runs_a_set_user_id_program_lends_no_groups() {
        let directory = tempfile::tempdir().expect("a directory");
        let process = directory.path().join("7");
        fs::create_dir(&process).expect("a directory");
        let stat = format!(
            "7 (a) b) S {}",
            (0..30).map(|number| number.to_string()).collect::<Vec<_>>().join(" ")
        );
        fs::write(process.join("stat"), stat).expect("a file");
        let status = |uids: &str| format!("Name:\tx\nUid:\t{uids}\nGid:\t5\t5\t5\t5\nGroups:\t10 11 \n");
        fs::write(process.join("status"), status("5\t5\t5\t5")).expect("a file");
        assert_eq!(groups_of_process(directory.path(), 7, 5, 5).ok(), Some(vec![10, 11]));
        fs::write(process.join("status"), status("5\t0\t0\t0")).expect("a file");
        assert!(groups_of_process(directory.path(), 7, 5, 5).is_err());
    }

    #[tokio::test]
    async fn user_without_a_name_is_told_by_number() {
        let names = UserNames::default();
        assert_eq!(names.name(0).await, "root");
        assert_eq!(names.name(4_123_456_789).await, "4123456789");
    }
}
