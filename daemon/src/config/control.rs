//! `control:`: the socket and who may connect.

use std::os::unix::ffi::OsStrExt;

use serde::Deserialize;

use super::{
    address, defaults,
    error::ConfigError,
    load::{Placed, Source},
    model::{Control, Viewers},
};

/// Longest path of a Unix socket in bytes (`sun_path` of `sockaddr_un`, less its terminator).
const LONGEST_SOCKET_PATH: usize = 107;

/// `control:` as typed.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawControl {
    socket: Option<Placed<String>>,
    group: Option<Placed<String>>,
    admin_group: Option<Placed<String>>,
    viewers: Option<Vec<Placed<RawViewers>>>,
}

/// An entry of `viewers:` as typed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawViewers {
    group: Option<Placed<String>>,
    enterprise_groups: Option<Vec<Placed<String>>>,
}

pub(super) fn check(source: &Source<'_>, raw: RawControl) -> Result<Control, ConfigError> {
    let mut control = defaults::control();
    if let Some(typed) = &raw.socket {
        control.socket = address::absolute(source, "socket", typed)?;
        let length = control.socket.as_os_str().as_bytes().len();
        if length > LONGEST_SOCKET_PATH {
            let message =
                format!("`socket` has {length} bytes; a Unix socket's path has {LONGEST_SOCKET_PATH} at most");
            return Err(source.refuse(
                typed,
                message,
                "choose a shorter path, for example under /run/callsyncd",
            ));
        }
    }
    if let Some(typed) = &raw.group {
        control.group = address::named(source, "group", typed)?;
    }
    if let Some(typed) = &raw.admin_group {
        control.admin_group = address::named(source, "admin_group", typed)?;
    }
    control.viewers = raw
        .viewers
        .map(|entries| {
            entries
                .iter()
                .map(|entry| viewers(source, entry))
                .collect::<Result<Vec<_>, _>>()
        })
        .transpose()?;
    Ok(control)
}

fn viewers(source: &Source<'_>, typed: &Placed<RawViewers>) -> Result<Viewers, ConfigError> {
    const HINT: &str = "write {group: UNIX-GROUP, enterprise_groups: [\"NAME\"]}";
    let entry = &typed.value;
    let Some(group) = &entry.group else {
        return Err(source.refuse(typed, "an entry of `viewers` needs `group`", HINT));
    };
    let Some(names) = &entry.enterprise_groups else {
        return Err(source.refuse(typed, "an entry of `viewers` needs `enterprise_groups`", HINT));
    };
    Ok(Viewers {
        group: address::named(source, "group", group)?,
        enterprise_groups: names
            .iter()
            .map(|name| address::named(source, "enterprise_groups", name))
            .collect::<Result<_, _>>()?,
    })
}
