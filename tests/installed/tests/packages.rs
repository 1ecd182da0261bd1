//! The packages as files: reproducible, accepted by the linters of the distributions, with the right contents and modes.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use installed::{
    packages::{self, packages},
    skipping,
};

const BUILDERS: &[&str] = &["dpkg-deb", "rpmbuild", "rpm", "objcopy"];
const PRESENT: &str = env!("CARGO_PKG_VERSION");

/// What a program prints, however it ends.
fn said(program: &str, arguments: &[&str]) -> String {
    let out = Command::new(program)
        .env("LC_ALL", "C.UTF-8")
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    format!(
        "{}{}",
        String::from_utf8_lossy(&out.stdout),
        String::from_utf8_lossy(&out.stderr)
    )
}

fn path(name: &str, ending: &str) -> String {
    packages().find(name, PRESENT, ending).display().to_string()
}

#[test]
fn the_same_commit_gives_the_same_bytes() {
    if !skipping::have(BUILDERS) {
        return;
    }
    let again = tempfile::tempdir().expect("a directory");
    packages::build(again.path(), &[]);
    let mut compared = 0;
    for entry in fs::read_dir(again.path()).expect("packages") {
        let second = entry.expect("a package").path();
        let first = packages().directory.join(second.file_name().expect("a name"));
        let same = fs::read(&first).expect("the first") == fs::read(&second).expect("the second");
        assert!(same, "{} differs from one built before", second.display());
        compared += 1;
    }
    assert_eq!(compared, 4, "two packages in two formats");
}

#[test]
fn lintian_has_nothing_to_say() {
    if !skipping::have(BUILDERS) || !skipping::have(&["lintian"]) {
        return;
    }
    for name in ["callsyncd", "callsync-rehearsal"] {
        let findings = said(
            "lintian",
            &[
                "--allow-root",
                "--info",
                "--display-info",
                "--fail-on",
                "none",
                &path(name, ".deb"),
            ],
        );
        let bad: Vec<&str> = findings
            .lines()
            .filter(|line| ["E: ", "W: ", "I: "].iter().any(|mark| line.starts_with(mark)))
            // Whether random letters of a binary look like a word depends on the build.
            .filter(|line| !line.contains("unused-override spelling-error-in-binary"))
            .collect();
        assert!(bad.is_empty(), "{findings}");
    }
}

#[test]
fn rpmlint_has_nothing_to_say() {
    if !skipping::have(BUILDERS) || !skipping::have(&["rpmlint"]) {
        return;
    }
    let reasons = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging/rpm/rpmlint.toml");
    let reasons = reasons.display().to_string();
    for name in ["callsyncd", "callsync-rehearsal"] {
        let findings = said("rpmlint", &["--config", &reasons, &path(name, ".rpm")]);
        assert!(findings.contains("0 errors, 0 warnings"), "{findings}");
    }
}

#[test]
fn the_rpm_has_the_modes_owners_and_scriptlets_that_it_should() {
    if !skipping::have(BUILDERS) {
        return;
    }
    let rpm = path("callsyncd", ".rpm");
    let query = "[%{FILENAMES} %{FILEMODES:perms} %{FILEUSERNAME} %{FILEGROUPNAME}\\n]";
    let listed = said("rpm", &["-qp", "--queryformat", query, &rpm]);
    let files: BTreeMap<&str, &str> = listed.lines().filter_map(|line| line.split_once(' ')).collect();
    for (file, expected) in [
        ("/usr/bin/callsyncd", "-rwxr-xr-x root root"),
        ("/usr/bin/callsyncctl", "-rwxr-xr-x root root"),
        ("/usr/libexec/callsyncd/setup", "-rwxr-xr-x root root"),
        ("/etc/callsyncd", "drwxr-x--- root callsync"),
        ("/etc/callsyncd/callsyncd.yaml", "-rw-r--r-- root root"),
        ("/var/lib/callsyncd", "drwx------ callsync callsync"),
        ("/usr/lib/systemd/system/callsyncd.service", "-rw-r--r-- root root"),
        (
            "/usr/lib/systemd/system-preset/80-callsyncd.preset",
            "-rw-r--r-- root root",
        ),
        ("/usr/lib/sysusers.d/callsyncd.conf", "-rw-r--r-- root root"),
        ("/usr/lib/tmpfiles.d/callsyncd.conf", "-rw-r--r-- root root"),
        ("/usr/lib/systemd/catalog/callsyncd.catalog", "-rw-r--r-- root root"),
        ("/usr/share/man/man7/callsync.7.gz", "-rw-r--r-- root root"),
        ("/usr/share/zsh/site-functions/_callsyncctl", "-rw-r--r-- root root"),
        ("/usr/share/licenses/callsyncd/LICENSE", "-rw-r--r-- root root"),
    ] {
        assert_eq!(files.get(file), Some(&expected), "{file}\n{listed}");
    }
    for (file, meta) in &files {
        let special = meta[..10].contains(['s', 't', 'S', 'T']) || meta.as_bytes()[8] == b'w';
        assert!(!special, "{file} {meta}");
    }
    let configuration = said("rpm", &["-qpc", &rpm]);
    assert!(
        configuration
            .lines()
            .any(|line| line == "/etc/callsyncd/callsyncd.yaml"),
        "{configuration}"
    );
    let needs = said("rpm", &["-qpR", &rpm]);
    assert!(
        needs.contains("systemd >= 250") && needs.contains("libc.so.6"),
        "{needs}"
    );
    let scripts = said("rpm", &["-qp", "--scripts", &rpm]);
    for (scriptlet, does) in [
        ("preinstall", "refusing to replace version"),
        ("preinstall", "systemd-sysusers"),
        ("postinstall", "/usr/libexec/callsyncd/setup first"),
        ("preuninstall", "disable --now callsyncd.service"),
        ("postuninstall", "the call databases stay"),
    ] {
        let part = scripts
            .split(&format!("{scriptlet} scriptlet"))
            .nth(1)
            .expect(scriptlet);
        let part = part.split(" scriptlet (").next().unwrap_or(part);
        assert!(part.contains(does), "{scriptlet}: {does}\n{part}");
    }
    assert!(!scripts.contains("@VERSION@") && !scripts.contains("%%"), "{scripts}");
    let other = said("rpm", &["-qpl", &path("callsync-rehearsal", ".rpm")]);
    assert!(
        other.contains("/usr/bin/zoom-sim") && !listed.contains("zoom-sim"),
        "{other}"
    );
}

#[test]
fn every_program_carries_the_list_of_what_it_is_made_of() {
    if !skipping::have(BUILDERS) {
        return;
    }
    let root = tempfile::tempdir().expect("a directory");
    let place = root.path().display().to_string();
    for (package, program, part) in [
        ("callsyncd", "callsyncd", "rusqlite"),
        ("callsyncd", "callsyncctl", "clap_complete"),
        ("callsync-rehearsal", "zoom-sim", "hyper"),
    ] {
        said("dpkg-deb", &["-x", &path(package, ".deb"), &place]);
        let binary = root.path().join("usr/bin").join(program).display().to_string();
        let section = root.path().join("list").display().to_string();
        said("objcopy", &["--dump-section", &format!(".dep-v0={section}"), &binary]);
        let list = fs::read(&section).expect("the section");
        assert_eq!(list[0], 0x78, "zlib");
        let text = String::from_utf8_lossy(&list);
        assert!(text.contains(&format!("\"name\":\"{part}\"")), "{program}: {text}");
        assert!(text.contains("\"root\":true"), "{program}");
        fs::remove_file(&section).expect("removed");
    }
}

/// Only what is published is built so: programs of the development profile name their sources for backtraces.
#[test]
fn released_programs_say_what_they_are_and_nothing_of_where_they_were_built() {
    if !packages::are_released() {
        skipping::skip("CALLSYNC_TEST_PACKAGES names no packages of the release profile");
        return;
    }
    let root = tempfile::tempdir().expect("a directory");
    let place = root.path().display().to_string();
    let tree = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let tree = tree.canonicalize().expect("the tree").display().to_string();
    let commit = said("git", &["-C", &tree, "rev-parse", "--short=12", "HEAD"]);
    for (package, program) in [
        ("callsyncd", "callsyncd"),
        ("callsyncd", "callsyncctl"),
        ("callsync-rehearsal", "zoom-sim"),
    ] {
        said("dpkg-deb", &["-x", &path(package, ".deb"), &place]);
        let binary = root.path().join("usr/bin").join(program);
        let bytes = fs::read(&binary).expect("the program");
        let home = std::env::var("HOME").unwrap_or_default();
        for word in [tree.as_str(), &format!("{home}/.cargo"), &format!("{home}/.rustup")] {
            let found = bytes.windows(word.len()).any(|part| part == word.as_bytes());
            assert!(!found, "{program} tells where it was built: {word}");
        }
        let version = said(&binary.display().to_string(), &["--version"]);
        assert!(
            version.contains(PRESENT) && version.contains(commit.trim()),
            "{version}"
        );
    }
}

#[test]
fn the_apparmor_profile_parses() {
    if !skipping::have(&["apparmor_parser"]) {
        return;
    }
    let profile = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging/apparmor/usr.bin.callsyncd");
    let done = Command::new("apparmor_parser")
        .args(["-Q", "-K"])
        .arg(profile)
        .output()
        .expect("it runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}
