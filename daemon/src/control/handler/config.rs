//! The configuration: what is in force, and whether the file would be accepted.

use std::{path::PathBuf, sync::Arc};

use callsync_shared::{
    ExitCode, Problem,
    api::config::{ConfigCheck, ConfigView},
};

use crate::control::{
    answer::{Answer, Answered},
    call::Call,
};

/// The configuration in force.
pub async fn show(call: Call) -> Answered {
    let config = &call.handles.config;
    Answer::document(ConfigView {
        file: config.file(),
        config: config.show(),
    })
}

/// Whether a reload would accept the file on disk, or another one that the query names. Only for those who may see the
/// whole configuration: the daemon reads the file with its own rights.
pub async fn check(call: Call) -> Answered {
    let config = Arc::clone(&call.handles.config);
    let other = call.parameter("file").map(PathBuf::from);
    let file = other
        .as_ref()
        .map(|other| other.display().to_string())
        .or_else(|| config.file());
    let checked = tokio::task::spawn_blocking(move || config.check(other.as_deref()))
        .await
        .map_err(|error| {
            Problem::new(
                ExitCode::Failed,
                "internal",
                format!("checking the configuration failed: {error}"),
            )
            .hint("See journalctl -u callsyncd.")
        })?;
    Answer::document(ConfigCheck {
        file,
        valid: checked.is_ok(),
        error: checked.err(),
    })
}
