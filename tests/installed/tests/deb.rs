//! The .deb on a booted Debian 12: everything that an administrator sees between installing and purging it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use installed::{
    container::Machine,
    packages::{NEXT, packages},
    skipping,
};
use rusqlite::Connection;

/// What the first version wrote, as files; see `fixtures`.
fn left_by_the_first_version(place: &Path) -> Vec<(PathBuf, &'static str)> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let load = |name: &str, file: &Path, further: &str| {
        let sql = fs::read_to_string(fixtures.join(name)).expect("a fixture");
        Connection::open(file)
            .and_then(|connection| connection.execute_batch(&format!("{sql}{further}")))
            .expect("the fixture as a database");
    };
    let (state, newer, records) = (place.join("state"), place.join("newer"), place.join("records"));
    load("state-1.sql", &state, "");
    load("state-1.sql", &newer, "PRAGMA user_version = 999;");
    load("records-1.sql", &records, "");
    vec![
        (state, "old-state.db"),
        (newer, "newer-state.db"),
        (records, "old-records.db"),
        (fixtures.join("master.key"), "old-master.key"),
    ]
}

#[test]
fn the_deb_installs_runs_survives_upgrades_and_leaves_the_calls() {
    if !skipping::have(&["dpkg-deb", "rpmbuild", "objcopy"]) || !skipping::can_boot() {
        return;
    }
    let packages = packages();
    let present = env!("CARGO_PKG_VERSION");
    let place = tempfile::tempdir().expect("a directory");
    let mut files = left_by_the_first_version(place.path());
    files.extend([
        (packages.find("callsyncd", present, ".deb"), "callsyncd.deb"),
        (packages.find("callsyncd", NEXT, ".deb"), "next.deb"),
        (packages.find("callsync-rehearsal", present, ".deb"), "rehearsal.deb"),
    ]);
    Machine::new("deb.bash", &files).run().assert_good(200);
}
