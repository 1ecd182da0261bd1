//! `version`.

use callsync_shared::{API_VERSION, VERSION, api::status::Version, build_info};

use crate::control::{
    answer::{Answer, Answered},
    call::Call,
};

/// Versions of the daemon and of the protocol.
pub async fn show(_: Call) -> Answered {
    Answer::document(Version {
        version: VERSION.to_owned(),
        api_version: API_VERSION,
        commit: build_info::COMMIT.map(str::to_owned),
        commit_date: build_info::DATE.map(str::to_owned),
    })
}
