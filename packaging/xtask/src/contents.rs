//! The table of contents: which file of the tree goes where, in both formats.

/// Where a file comes from.
#[derive(Debug, Clone, Copy)]
pub enum From {
    /// A file of the tree.
    Tree(&'static str),
    /// A prepared program or its list of dependencies.
    Built(&'static str),
    /// What `callsyncctl completions SHELL` prints.
    Completions(&'static str),
    /// The changelog in Debian's form.
    Changelog,
    /// The version of the package.
    Version,
}

/// How package managers treat a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Replaced by every upgrade.
    Plain,
    /// What an administrator changed is kept.
    Config,
    /// Documentation.
    Doc,
}

/// Which formats have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Both.
    Any,
    /// Only one.
    Deb,
    /// Only one.
    Rpm,
}

/// One file of a package.
#[derive(Debug)]
pub struct Entry {
    /// Source.
    pub from: From,
    /// Path on the system; `.gz` at its end compresses.
    pub to: &'static str,
    /// Mode.
    pub mode: u32,
    /// Kind.
    pub kind: Kind,
    /// Formats.
    pub format: Format,
}

/// A package: the same name in both formats.
#[derive(Debug)]
pub struct Package {
    /// Name.
    pub name: &'static str,
    /// One line.
    pub summary: &'static str,
    /// Paragraphs, wrapped.
    pub description: &'static [&'static str],
    /// Other packages it needs, in Debian's spelling (without the libraries, which are found out).
    pub needs_deb: &'static [&'static str],
    /// The same for rpm.
    pub needs_rpm: &'static [&'static str],
    /// What it is of little use without, in both formats' spelling.
    pub recommends: &'static [&'static str],
    /// Files.
    pub files: &'static [Entry],
    /// Directories beside those of its files, with mode and group: owned by root or, when the mode lets nobody else
    /// in, by that user.
    pub directories: &'static [(&'static str, u32, &'static str, &'static str)],
}

const fn entry(from: From, to: &'static str, mode: u32, kind: Kind, format: Format) -> Entry {
    Entry {
        from,
        to,
        mode,
        kind,
        format,
    }
}

const fn file(from: &'static str, to: &'static str) -> Entry {
    entry(From::Tree(from), to, 0o644, Kind::Plain, Format::Any)
}

const fn config(from: &'static str, to: &'static str) -> Entry {
    entry(From::Tree(from), to, 0o644, Kind::Config, Format::Any)
}

const fn program(name: &'static str, to: &'static str) -> Entry {
    entry(From::Built(name), to, 0o755, Kind::Plain, Format::Any)
}

const fn doc(from: From, to: &'static str, format: Format) -> Entry {
    entry(from, to, 0o644, Kind::Doc, format)
}

const fn completions(shell: &'static str, to: &'static str, format: Format) -> Entry {
    entry(From::Completions(shell), to, 0o644, Kind::Plain, format)
}

/// Every package.
pub const PACKAGES: &[Package] = &[
    Package {
        name: "callsyncd",
        summary: "collector of Zoom Phone call records",
        description: &[
            "callsyncd collects the call records and the directory of Zoom Phone",
            "accounts into SQL databases that you own: embedded SQLite, or SQL Server.",
            "It proves that what it collected is complete. callsyncctl controls it.",
        ],
        needs_deb: &["init-system-helpers (>= 1.54~)", "systemd (>= 250)"],
        needs_rpm: &["systemd >= 250"],
        // Zoom is reached over HTTPS; a site may have roots of its own.
        recommends: &["ca-certificates"],
        files: &[
            program("callsyncd", "/usr/bin/callsyncd"),
            program("callsyncctl", "/usr/bin/callsyncctl"),
            entry(
                From::Tree("packaging/setup/setup"),
                "/usr/libexec/callsyncd/setup",
                0o755,
                Kind::Plain,
                Format::Any,
            ),
            file("systemd/callsyncd.service", "/usr/lib/systemd/system/callsyncd.service"),
            file(
                "packaging/preset/80-callsyncd.preset",
                "/usr/lib/systemd/system-preset/80-callsyncd.preset",
            ),
            file(
                "packaging/sysusers/callsyncd.conf",
                "/usr/lib/sysusers.d/callsyncd.conf",
            ),
            file(
                "packaging/tmpfiles/callsyncd.conf",
                "/usr/lib/tmpfiles.d/callsyncd.conf",
            ),
            file(
                "packaging/catalog/callsyncd.catalog",
                "/usr/lib/systemd/catalog/callsyncd.catalog",
            ),
            config("etc/callsyncd.yaml", "/etc/callsyncd/callsyncd.yaml"),
            config(
                "packaging/apparmor/usr.bin.callsyncd",
                "/etc/apparmor.d/usr.bin.callsyncd",
            ),
            doc(
                From::Tree("packaging/man/callsyncctl.1"),
                "/usr/share/man/man1/callsyncctl.1.gz",
                Format::Any,
            ),
            doc(
                From::Tree("packaging/man/callsyncd.yaml.5"),
                "/usr/share/man/man5/callsyncd.yaml.5.gz",
                Format::Any,
            ),
            doc(
                From::Tree("packaging/man/callsync.7"),
                "/usr/share/man/man7/callsync.7.gz",
                Format::Any,
            ),
            doc(
                From::Tree("packaging/man/callsyncd.8"),
                "/usr/share/man/man8/callsyncd.8.gz",
                Format::Any,
            ),
            completions(
                "bash",
                "/usr/share/bash-completion/completions/callsyncctl",
                Format::Any,
            ),
            completions("zsh", "/usr/share/zsh/vendor-completions/_callsyncctl", Format::Deb),
            completions("zsh", "/usr/share/zsh/site-functions/_callsyncctl", Format::Rpm),
            completions(
                "fish",
                "/usr/share/fish/vendor_completions.d/callsyncctl.fish",
                Format::Any,
            ),
            file(
                "packaging/prometheus/callsyncd.rules.yml",
                "/usr/share/callsyncd/prometheus/callsyncd.rules.yml",
            ),
            file(
                "packaging/grafana/callsyncd.json",
                "/usr/share/callsyncd/grafana/callsyncd.json",
            ),
            entry(
                From::Version,
                "/usr/share/callsyncd/version",
                0o644,
                Kind::Plain,
                Format::Any,
            ),
            doc(
                From::Tree("README.md"),
                "/usr/share/doc/callsyncd/README.md",
                Format::Any,
            ),
            doc(
                From::Built("callsyncd.dependencies.json"),
                "/usr/share/doc/callsyncd/callsyncd.dependencies.json.gz",
                Format::Any,
            ),
            doc(
                From::Built("callsyncctl.dependencies.json"),
                "/usr/share/doc/callsyncd/callsyncctl.dependencies.json.gz",
                Format::Any,
            ),
            doc(
                From::Changelog,
                "/usr/share/doc/callsyncd/changelog.Debian.gz",
                Format::Deb,
            ),
            doc(
                From::Tree("packaging/deb/copyright"),
                "/usr/share/doc/callsyncd/copyright",
                Format::Deb,
            ),
            doc(
                From::Tree("LICENSE"),
                "/usr/share/licenses/callsyncd/LICENSE",
                Format::Rpm,
            ),
            entry(
                From::Tree("packaging/deb/callsyncd.lintian-overrides"),
                "/usr/share/lintian/overrides/callsyncd",
                0o644,
                Kind::Plain,
                Format::Deb,
            ),
        ],
        directories: &[
            ("/etc/callsyncd", 0o750, "root", "callsync"),
            ("/var/lib/callsyncd", 0o700, "callsync", "callsync"),
        ],
    },
    Package {
        name: "callsync-rehearsal",
        summary: "simulated Zoom platform to rehearse with callsyncd",
        description: &[
            "zoom-sim plays the parts of the Zoom platform that callsyncd uses, with",
            "invented accounts and calls, so that an installation can be tried and",
            "practised before a real account is connected. Not for production.",
        ],
        needs_deb: &[],
        needs_rpm: &["systemd >= 250"],
        recommends: &[],
        files: &[
            program("zoom-sim", "/usr/bin/zoom-sim"),
            file(
                "packaging/rehearsal/callsync-rehearsal.service",
                "/usr/lib/systemd/system/callsync-rehearsal.service",
            ),
            doc(
                From::Tree("packaging/man/zoom-sim.1"),
                "/usr/share/man/man1/zoom-sim.1.gz",
                Format::Any,
            ),
            doc(
                From::Tree("tests/zoom-sim/README.md"),
                "/usr/share/doc/callsync-rehearsal/README.md",
                Format::Any,
            ),
            doc(
                From::Built("zoom-sim.dependencies.json"),
                "/usr/share/doc/callsync-rehearsal/zoom-sim.dependencies.json.gz",
                Format::Any,
            ),
            doc(
                From::Changelog,
                "/usr/share/doc/callsync-rehearsal/changelog.Debian.gz",
                Format::Deb,
            ),
            doc(
                From::Tree("packaging/deb/copyright"),
                "/usr/share/doc/callsync-rehearsal/copyright",
                Format::Deb,
            ),
            doc(
                From::Tree("LICENSE"),
                "/usr/share/licenses/callsync-rehearsal/LICENSE",
                Format::Rpm,
            ),
            entry(
                From::Tree("packaging/deb/callsync-rehearsal.lintian-overrides"),
                "/usr/share/lintian/overrides/callsync-rehearsal",
                0o644,
                Kind::Plain,
                Format::Deb,
            ),
        ],
        directories: &[],
    },
];

impl Package {
    /// Its files in one format.
    pub fn files_for(&self, format: Format) -> impl Iterator<Item = &'static Entry> {
        self.files
            .iter()
            .filter(move |entry| entry.format == Format::Any || entry.format == format)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{From, PACKAGES};

    #[test]
    fn every_file_of_the_table_is_in_the_tree() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        for entry in PACKAGES.iter().flat_map(|package| package.files) {
            if let From::Tree(path) = entry.from {
                assert!(root.join(path).is_file(), "{path}");
            }
        }
    }

    #[test]
    fn alert_rules_and_dashboard_ask_for_metrics_that_the_daemon_has() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let read = |path: &str| std::fs::read_to_string(root.join(path)).expect(path);
        let told = read("daemon/src/monitor/metrics.rs");
        for path in [
            "packaging/prometheus/callsyncd.rules.yml",
            "packaging/grafana/callsyncd.json",
        ] {
            let text = read(path);
            let asked: Vec<&str> = text
                .split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
                .filter(|word| word.starts_with("callsync_"))
                .collect();
            assert!(asked.len() > 8, "{path}: {asked:?}");
            for metric in asked {
                assert!(
                    told.contains(&format!("\"{metric}\"")),
                    "{path}: there is no metric {metric}"
                );
            }
        }
    }

    #[test]
    fn the_dashboard_is_json() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let text = std::fs::read_to_string(root.join("packaging/grafana/callsyncd.json")).expect("the dashboard");
        let dashboard: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert!(dashboard["panels"].as_array().is_some_and(|panels| panels.len() > 5));
    }
}
