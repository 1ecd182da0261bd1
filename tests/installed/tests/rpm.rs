//! The .rpm installed by rpm itself: into a Debian, because rpm's own systems are not at hand, with its scriptlets, and
//! then booted. Dependencies are those of another distribution and are left out (`--nodeps`).

use std::{
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::Path,
    process::Command,
};

use installed::{
    container::Machine,
    packages::{NEXT, packages},
    skipping,
};

/// rpm, at work in the file system of the machine; the answer is whether it succeeded and what it said.
fn rpm(root: &Path, arguments: &[&str]) -> (bool, String) {
    let out = Command::new("rpm")
        .env("LC_ALL", "C.UTF-8")
        .arg("--root")
        .arg(root)
        .args(["--dbpath", "/var/lib/rpm"])
        .args(arguments)
        .output()
        .expect("rpm runs");
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&out.stdout),
        String::from_utf8_lossy(&out.stderr)
    );
    (out.status.success(), said)
}

/// What differs from the package: of every file its digest, size, mode, owner and group.
fn differing(root: &Path) -> String {
    rpm(root, &["-V", "--nodeps", "callsyncd"]).1
}

/// The id of a user or group.
fn id(root: &Path, file: &str, name: &str) -> u32 {
    let text = fs::read_to_string(root.join("etc").join(file)).expect("users or groups");
    text.lines()
        .find_map(|line| line.strip_prefix(&format!("{name}:"))?.split(':').nth(1)?.parse().ok())
        .unwrap_or_else(|| panic!("no {name} in {file}"))
}

/// Mode, user and group.
fn owned(path: &Path) -> (u32, u32, u32) {
    let meta = fs::metadata(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    (meta.permissions().mode() & 0o7777, meta.uid(), meta.gid())
}

#[test]
fn the_rpm_installs_runs_upgrades_and_leaves_the_calls() {
    if !skipping::have(&["dpkg-deb", "rpmbuild", "objcopy", "rpm"]) || !skipping::can_boot() {
        return;
    }
    let packages = packages();
    let path = |version: &str| packages.find("callsyncd", version, ".rpm").display().to_string();
    let (present, next) = (path(env!("CARGO_PKG_VERSION")), path(NEXT));
    let machine = Machine::new("rpm.bash", &[]);
    let root = machine.root();

    let (done, said) = rpm(&root, &["-i", "--nodeps", &present]);
    assert!(done && !said.contains("scriptlet failed"), "{said}");
    assert_eq!(differing(&root), "", "what is installed is what is in the package");
    let (user, group) = (id(&root, "passwd", "callsync"), id(&root, "group", "callsync"));
    let _ = id(&root, "group", "callsync-admin");
    let state = root.join("var/lib/callsyncd");
    assert_eq!(owned(&root.join("etc/callsyncd")), (0o750, 0, group));
    assert_eq!(owned(&state), (0o700, user, group));
    assert_eq!(owned(&root.join("usr/bin/callsyncd")), (0o755, 0, 0));
    assert!(
        root.join("etc/systemd/system/multi-user.target.wants/callsyncd.service")
            .is_symlink(),
        "enabled by its preset"
    );
    assert!(
        !state.join("master.key").exists(),
        "an image holds no key that its copies would share"
    );

    // A life of its own: the service starts, makes its key, and takes a group.
    machine.run().assert_good(8);
    assert_eq!(differing(&root), "", "running changes nothing of the package");
    let calls = state.join("databases/acme.db");
    fs::create_dir_all(state.join("databases")).expect("a directory");
    fs::write(&calls, "calls").expect("written");
    let configuration = root.join("etc/callsyncd/callsyncd.yaml");
    let text = fs::read_to_string(&configuration).expect("the configuration");
    fs::write(&configuration, format!("{text}# changed by the administrator\n")).expect("written");

    let (done, said) = rpm(&root, &["-U", "--nodeps", &next]);
    assert!(done && !said.contains("scriptlet failed"), "{said}");
    let changed = fs::read_to_string(&configuration).expect("the configuration");
    assert!(changed.contains("changed by the administrator"), "an upgrade keeps it");
    assert!(rpm(&root, &["-q", "callsyncd"]).1.contains(NEXT));

    let (done, said) = rpm(&root, &["-U", "--nodeps", "--oldpackage", &present]);
    assert!(!done && said.contains("refusing to replace version 99.0.0"), "{said}");
    assert!(
        rpm(&root, &["-q", "callsyncd"]).1.contains(NEXT),
        "the newer version stays"
    );

    let (done, said) = rpm(&root, &["-e", "callsyncd"]);
    assert!(done && said.contains("the call databases stay"), "{said}");
    assert!(!root.join("usr/bin/callsyncd").exists());
    assert!(
        !root
            .join("etc/systemd/system/multi-user.target.wants/callsyncd.service")
            .is_symlink(),
        "no link is left behind"
    );
    assert_eq!(
        fs::read_to_string(&calls).expect("the calls"),
        "calls",
        "erasing keeps the calls"
    );
    assert!(state.join("state.db").exists(), "and the state");
    let kept = root.join("etc/callsyncd/callsyncd.yaml.rpmsave");
    assert!(
        fs::read_to_string(kept).is_ok_and(|text| text.contains("changed by the administrator")),
        "and a changed configuration"
    );
}
