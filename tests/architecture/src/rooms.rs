//! The rooms of the daemon and the arrows between them. What is not listed here is forbidden.

use crate::imports::Import;

/// A room of `daemon/src`: whom of ours it may know, and which foreign crates are not its business.
#[derive(Debug)]
pub struct Room {
    pub name: &'static str,
    pub may_know: &'static [&'static str],
    pub not_its_business: &'static [&'static str],
}

const SQL: &str = "rusqlite";
const HTTP: &[&str] = &[SQL, "reqwest", "axum", "hyper", "hyper_util", "tower"];
const PURE: &[&str] = &[
    SQL,
    "reqwest",
    "axum",
    "hyper",
    "hyper_util",
    "tower",
    "http",
    "tokio",
    "tokio_util",
    "serde",
    "serde_json",
    "serde_saphyr",
];
const SERVED: &[&str] = &[SQL, "reqwest"];
const STORED: &[&str] = &["reqwest", "axum", "hyper", "hyper_util", "tower"];
const ASKING: &[&str] = &[SQL, "axum", "hyper_util", "tower"];

const fn room(
    name: &'static str,
    may_know: &'static [&'static str],
    not_its_business: &'static [&'static str],
) -> Room {
    Room {
        name,
        may_know,
        not_its_business,
    }
}

/// What every room may know: it knows nobody and, in the shipped program, does nothing.
const EVERYBODYS: &str = "crash_points";

/// Everything, for the one room that wires all others.
const ALL: &[&str] = &["*"];

/// Every room. `shared` is the crate `callsync_shared`; `main` is the binary.
pub static ROOMS: &[Room] = &[
    room("domain", &[], PURE),
    room("crash_points", &[], HTTP),
    room("ports", &["domain"], HTTP),
    room("collect", &["domain", "ports"], HTTP),
    room("directory", &["domain", "ports"], HTTP),
    room("enrolment", &["domain", "ports"], HTTP),
    room("retention", &["domain", "ports"], HTTP),
    room("removal", &["domain", "ports"], HTTP),
    room("monitor", &["domain", "ports"], HTTP),
    room("jobs", &["domain", "ports"], HTTP),
    room("zoom", &["domain", "ports", "config"], ASKING),
    room("record_store", &["domain", "ports", "config"], STORED),
    room("state_store", &["domain", "ports", "config"], STORED),
    room("notify", &["domain", "ports", "config"], ASKING),
    room("telemetry", &["domain", "config"], HTTP),
    // Exit codes and default paths are the interface of both programs.
    room("config", &["domain", "shared"], HTTP),
    room(
        "control",
        // Of the configuration only its own section.
        &[
            "domain",
            "ports",
            "config",
            "shared",
            "collect",
            "directory",
            "enrolment",
            "retention",
            "removal",
            "monitor",
            "jobs",
        ],
        SERVED,
    ),
    room(
        "listener",
        &["domain", "ports", "shared", "enrolment", "removal", "monitor"],
        SERVED,
    ),
    room("app", ALL, &[]),
    room("main", &["app", "config", "shared"], HTTP),
    room("main_with_crash_points", &["app"], HTTP),
];

/// Crates of the workspace other than the daemon itself, as they are spelled in `use`.
const OUR_CRATES: &[(&str, &str)] = &[
    ("callsync_shared", "shared"),
    ("callsyncctl", "ctl"),
    ("zoom_sim", "zoom-sim"),
];

/// What is wrong with one import, or nothing.
#[must_use]
pub fn objection(from: &str, import: &Import) -> Option<String> {
    let Some(room) = ROOMS.iter().find(|room| room.name == from) else {
        return Some(format!(
            "{import}: the room {from} has no arrows yet; give it some in rooms.rs"
        ));
    };
    let target = match import {
        Import::Own { room, .. } => room.as_str(),
        Import::Foreign { name, .. } => match OUR_CRATES.iter().find(|(spelled, _)| spelled == name) {
            Some((_, ours)) => ours,
            None if room.not_its_business.contains(&name.as_str()) => {
                return Some(format!("{import}: {from} must not know the crate {name}"));
            }
            None => return None,
        },
    };
    let known = target == from || target == EVERYBODYS || room.may_know == ALL || room.may_know.contains(&target);
    (!known).then(|| format!("{import}: {from} must not know {target}"))
}

#[cfg(test)]
mod tests {
    use super::{ROOMS, objection};
    use crate::imports;

    fn objections(path: &[&str], source: &str) -> Vec<String> {
        let room = path.first().copied().unwrap_or("main");
        let file = syn::parse_file(source).expect("a source of this test");
        imports::of(&file, path)
            .iter()
            .filter_map(|import| objection(room, import))
            .collect()
    }

    #[test]
    fn every_spelling_of_a_forbidden_arrow_is_seen() {
        let forbidden = [
            (&["domain", "call"][..], "use crate::zoom::client::Client;"),
            (&["domain", "call"], "use serde::Serialize;"),
            (&["domain", "call"], "#[derive(serde::Serialize)] struct Call;"),
            (
                &["collect", "poll"],
                "use crate::{domain::call::CALL_HISTORY, directory::sync};",
            ),
            (&["collect", "poll"], "fn f() { crate::enrolment::start(); }"),
            (&["collect", "poll"], "fn f() -> crate::jobs::queue::Queue { todo() }"),
            (&["collect", "poll"], "use super::super::directory::sync::Sync;"),
            (&["collect"], "use super::jobs;"),
            (&["jobs", "queue"], "fn f() { assert!(crate::collect::ready()); }"),
            (&["jobs", "queue"], "impl crate::state_store::Table for Queue {}"),
            (&["zoom", "client"], "use crate::record_store::sqlite;"),
            (&["zoom", "client"], "use crate::state_store as s;"),
            (&["record_store"], "use crate::{self as root, zoom};"),
            (&["record_store", "sqlite", "writer"], "use super::super::super::zoom;"),
            (&["state_store"], "pub use crate::app::Wiring;"),
            (&["control", "handler"], "use crate::zoom::client;"),
            (&["control", "handler"], "use crate::state_store::StateStore;"),
            (&["control"], "mod inner { use super::super::record_store; }"),
            (&["telemetry"], "use crate::ports::state;"),
            (&["config"], "use crate::telemetry;"),
            (&["ports"], "use crate::config;"),
            (&["enrolment"], "use zoom_sim::Simulator;"),
            (&["enrolment"], "use callsync_shared::Problem;"),
            (&["enrolment"], "extern crate rusqlite;"),
            (&["collect"], "use crate::*;"),
            (&["brand_new"], "use crate::domain::call;"),
            (&[], "use callsyncd::zoom;"),
        ];
        for (path, source) in forbidden {
            assert_ne!(objections(path, source), Vec::<String>::new(), "{path:?}: {source}");
        }
    }

    #[test]
    fn allowed_arrows_pass() {
        let allowed = [
            (
                &["collect", "poll"][..],
                "use crate::{domain::call, ports::zoom::Zoom}; use super::window;",
            ),
            (
                &["zoom", "client"],
                "use crate::{config::Zoom, ports, zoom::wire}; use reqwest::Client;",
            ),
            (
                &["control", "handler"],
                "use callsync_shared::api; use crate::{collect, jobs::queue};",
            ),
            (
                &["app", "build"],
                "use crate::{zoom, record_store, state_store, control};",
            ),
            (
                &["collect", "poll"],
                "#[cfg(test)] mod tests { use crate::state_store::memory; }",
            ),
            (&["collect", "poll"], "#[cfg(all(test, unix))] use crate::directory;"),
            (&["domain", "call"], "#[test] fn f() { crate::zoom::parse(); }"),
            (&["domain", "call"], "/// [`crate::zoom`] fills it.\nstruct Call;"),
            (&[], "use callsyncd::app; fn main() { app::run() }"),
        ];
        for (path, source) in allowed {
            assert_eq!(objections(path, source), Vec::<String>::new(), "{path:?}: {source}");
        }
    }

    #[test]
    fn rooms_that_are_named_exist_among_the_rooms() {
        let known = |name: &str| name == "*" || name == "shared" || ROOMS.iter().any(|room| room.name == name);
        for room in ROOMS {
            assert!(room.may_know.iter().all(|name| known(name)), "{}", room.name);
        }
    }
}
