//! What systemd would hear: a real datagram socket behind `NOTIFY_SOCKET`.

use std::{
    os::unix::net::UnixDatagram,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use crate::patience::PATIENCE;

/// The receiving end of the notifications.
#[derive(Debug)]
pub struct ServiceManager {
    socket: UnixDatagram,
    path: PathBuf,
    heard: Vec<String>,
}

impl ServiceManager {
    /// Listens in `home`.
    ///
    /// # Panics
    /// When the socket cannot be made.
    #[must_use]
    pub fn listen(home: &Path) -> Self {
        let path = home.join("notify.sock");
        let socket = UnixDatagram::bind(&path).expect("a notification socket");
        socket
            .set_read_timeout(Some(Duration::from_millis(100)))
            .expect("a read timeout");
        Self {
            socket,
            path,
            heard: Vec::new(),
        }
    }

    /// For `NOTIFY_SOCKET`.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Waits for a message that has a line beginning with `prefix`; the answer is that line.
    ///
    /// # Panics
    /// When none comes.
    pub fn hear(&mut self, prefix: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        let mut buffer = [0_u8; 4096];
        loop {
            if let Ok(length) = self.socket.recv(&mut buffer) {
                let message = String::from_utf8_lossy(&buffer[..length]).into_owned();
                let line = message.lines().find(|line| line.starts_with(prefix)).map(str::to_owned);
                self.heard.push(message);
                if let Some(line) = line {
                    return line;
                }
            }
            assert!(
                Instant::now() < deadline,
                "systemd was never told {prefix}; it heard {:?}",
                self.heard
            );
        }
    }

    /// Every message so far, oldest first.
    #[must_use]
    pub fn heard(&self) -> &[String] {
        &self.heard
    }
}
