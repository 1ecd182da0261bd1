//! The .deb on a booted Debian 12: everything that an administrator sees between installing and purging it.

use std::io::Write as _;

use installed::{
    container,
    packages::{NEXT, packages},
    skipping,
};

#[test]
fn the_deb_installs_runs_survives_upgrades_and_leaves_the_calls() {
    if !skipping::have(&["dpkg-deb", "rpmbuild", "objcopy"]) || !skipping::can_boot() {
        return;
    }
    let packages = packages();
    let present = env!("CARGO_PKG_VERSION");
    let findings = container::run(
        "deb.bash",
        &[
            (packages.find("callsyncd", present, ".deb"), "callsyncd.deb"),
            (packages.find("callsyncd", NEXT, ".deb"), "next.deb"),
            (packages.find("callsync-rehearsal", present, ".deb"), "rehearsal.deb"),
        ],
    );
    let good = |line: &&String| line.starts_with("ok ") || *line == "done";
    let bad: Vec<_> = findings.lines.iter().filter(|line| !good(line)).collect();
    let whole = findings.lines.last().is_some_and(|line| line == "done");
    if !bad.is_empty() || !whole {
        let _ = writeln!(std::io::stderr(), "{}", findings.output);
    }
    assert!(bad.is_empty(), "{bad:#?}");
    assert!(
        whole,
        "the script did not reach its end; its last line: {:?}",
        findings.lines.last()
    );
    assert!(
        findings.lines.len() > 90,
        "only {} checks were made",
        findings.lines.len()
    );
}
