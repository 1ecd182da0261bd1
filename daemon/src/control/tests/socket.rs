//! The socket file.

use std::os::unix::{fs::PermissionsExt, net::UnixListener};

use tempfile::tempdir;

use crate::control::listener::{ControlSocket, SocketError};

fn mode(path: &std::path::Path) -> u32 {
    std::fs::metadata(path).expect("the socket").permissions().mode() & 0o777
}

fn own_group() -> u32 {
    rustix::process::getegid().as_raw()
}

#[tokio::test]
async fn socket_belongs_to_its_group() {
    let directory = tempdir().expect("a directory");
    let path = directory.path().join("missing/too/c.sock");
    let socket = ControlSocket::open_for(&path, "callsync", Some(own_group()))
        .await
        .expect("a socket");
    assert_eq!((mode(&path), socket.notice()), (0o660, None));
}

#[tokio::test]
async fn socket_without_its_group_is_private_with_a_notice() {
    let directory = tempdir().expect("a directory");
    let path = directory.path().join("c.sock");
    let socket = ControlSocket::open_for(&path, "callsync", None)
        .await
        .expect("a socket");
    assert_eq!(mode(&path), 0o600);
    assert!(
        socket
            .notice()
            .is_some_and(|notice| notice.contains("group callsync does not exist"))
    );
}

#[tokio::test]
async fn stale_socket_is_replaced() {
    let directory = tempdir().expect("a directory");
    let path = directory.path().join("c.sock");
    drop(UnixListener::bind(&path).expect("a socket"));
    assert!(path.exists(), "left behind, as by a daemon that died");
    let _socket = ControlSocket::open_for(&path, "callsync", None)
        .await
        .expect("replaced");
    tokio::net::UnixStream::connect(&path)
        .await
        .expect("somebody listens again");
}

#[tokio::test]
async fn live_socket_is_left_alone_and_its_process_named() {
    let directory = tempdir().expect("a directory");
    let path = directory.path().join("c.sock");
    let ours = i32::try_from(std::process::id()).expect("a pid");
    // Another program, without our lock.
    let foreign = UnixListener::bind(&path).expect("a socket");
    let error = ControlSocket::open_for(&path, "callsync", None)
        .await
        .expect_err("in use");
    assert!(
        matches!(error, SocketError::InUse { pid: Some(pid), .. } if pid == ours),
        "{error:?}"
    );
    drop(foreign);
    // Another daemon of ours.
    let _first = ControlSocket::open_for(&path, "callsync", None)
        .await
        .expect("a socket");
    let error = ControlSocket::open_for(&path, "callsync", None)
        .await
        .expect_err("in use");
    assert!(
        matches!(error, SocketError::InUse { pid: Some(pid), .. } if pid == ours),
        "{error:?}"
    );
    tokio::net::UnixStream::connect(&path)
        .await
        .expect("the first still listens");
}

#[tokio::test]
async fn what_is_no_socket_is_not_deleted() {
    let directory = tempdir().expect("a directory");
    let path = directory.path().join("c.sock");
    std::fs::write(&path, "precious").expect("a file");
    let error = ControlSocket::open_for(&path, "callsync", None)
        .await
        .expect_err("no socket");
    assert!(matches!(error, SocketError::NotASocket { .. }));
    assert_eq!(std::fs::read_to_string(&path).expect("the file"), "precious");
}

#[tokio::test]
async fn only_our_own_file_is_removed_at_the_end() {
    let directory = tempdir().expect("a directory");
    let path = directory.path().join("c.sock");
    let socket = ControlSocket::open_for(&path, "callsync", None)
        .await
        .expect("a socket");
    std::fs::rename(&path, directory.path().join("moved.sock")).expect("moved");
    let _other = UnixListener::bind(&path).expect("another");
    drop(socket);
    assert!(path.exists());
}
