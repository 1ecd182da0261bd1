//! The packages under test, built once a test process by `cargo xtask dist` from programs of the development profile; or
//! those that are to be published, in the directory that `CALLSYNC_TEST_PACKAGES` names.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

/// The version after the present one, to upgrade to.
pub const NEXT: &str = "99.0.0";

/// Names a directory with packages of the release profile, of this version and of [`NEXT`].
const GIVEN: &str = "CALLSYNC_TEST_PACKAGES";

/// Whether the packages under test are those that are to be published.
#[must_use]
pub fn are_released() -> bool {
    std::env::var_os(GIVEN).is_some()
}

/// Where packages are.
#[derive(Debug)]
pub struct Packages {
    /// The present version, and [`NEXT`].
    pub directory: PathBuf,
}

/// The packages; the first caller builds them.
pub fn packages() -> &'static Packages {
    static PACKAGES: OnceLock<Packages> = OnceLock::new();
    PACKAGES.get_or_init(|| {
        if let Some(given) = std::env::var_os(GIVEN) {
            let directory = PathBuf::from(given);
            return Packages { directory };
        }
        let directory = scratch().join("packages");
        build(&directory, &[]);
        build(&directory, &["--version", NEXT]);
        Packages { directory }
    })
}

/// Builds packages into a directory.
///
/// # Panics
/// When they do not build.
pub fn build(directory: &Path, arguments: &[&str]) {
    let done = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args([
            "run",
            "--quiet",
            "--package",
            "xtask",
            "--",
            "dist",
            "--profile",
            if are_released() { "release" } else { "dev" },
            "--out",
        ])
        .arg(directory)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .expect("cargo runs");
    assert!(done.success(), "the packages do not build");
}

impl Packages {
    /// The package of this name and version whose file ends so.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn find(&self, name: &str, version: &str, ending: &str) -> PathBuf {
        let start = format!("{name}{}{version}-", if ending == ".rpm" { '-' } else { '_' });
        std::fs::read_dir(&self.directory)
            .expect("the directory of the packages")
            .filter_map(|entry| Some(entry.ok()?.path()))
            .find(|path| {
                let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                file.starts_with(&start) && file.ends_with(ending)
            })
            .unwrap_or_else(|| panic!("no package {start}…{ending} in {}", self.directory.display()))
    }
}

/// `target/installed`, found from the path of the test itself.
fn scratch() -> PathBuf {
    let own = std::env::current_exe().expect("the path of this program");
    let target = own
        .ancestors()
        .find(|directory| directory.join("CACHEDIR.TAG").is_file())
        .expect("the target directory");
    target.join("installed")
}
