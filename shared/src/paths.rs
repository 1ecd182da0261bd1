//! Where things are by default on a Linux system; both programs read them from here.

/// The configuration file read when `--config` is absent.
pub const CONFIG_FILE: &str = "/etc/callsyncd/callsyncd.yaml";
/// The daemon's own durable state.
pub const STATE_DIRECTORY: &str = "/var/lib/callsyncd";
/// Embedded databases of the default server `local`.
pub const DATABASE_DIRECTORY: &str = "/var/lib/callsyncd/databases";
/// The control socket.
pub const CONTROL_SOCKET: &str = "/run/callsyncd/control.sock";
/// Environment variable that names another control socket.
pub const SOCKET_ENV: &str = "CALLSYNC_SOCKET";
