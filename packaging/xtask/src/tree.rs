//! The files of a package, laid out as they will lie on the system, all of one date.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    contents::{Format, From, Kind, Package},
    dist::Release,
    run,
};

/// Lays a package out below `target`, which is emptied first.
///
/// # Errors
/// A source is missing, or a tool failed.
pub fn lay_out(release: &Release, package: &Package, format: Format, target: &Path) -> Result<(), String> {
    if target.exists() {
        fs::remove_dir_all(target).map_err(|error| format!("cannot empty {}: {error}", target.display()))?;
    }
    make_directory(target)?;
    for entry in package.files_for(format) {
        let bytes = source(release, package, entry.from)?;
        let plain = entry.to.strip_suffix(".gz");
        let path = below(target, plain.unwrap_or(entry.to));
        make_directory(path.parent().unwrap_or(target))?;
        fs::write(&path, bytes).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        let mut path = path;
        if plain.is_some() {
            run::output(Command::new("gzip").args(["-9n"]).arg(&path))?;
            path = below(target, entry.to);
        }
        set_mode(&path, entry.mode)?;
    }
    date(release, target)
}

/// Everything below gets the date of the commit.
///
/// # Errors
/// The tools failed.
pub fn date(release: &Release, target: &Path) -> Result<(), String> {
    let epoch = format!("@{}", release.commit.epoch);
    run::output(
        Command::new("find")
            .arg(target)
            .args(["-exec", "touch", "-h", "-d", &epoch, "{}", "+"]),
    )
    .map(drop)
}

/// Configuration files, as package managers want to know them.
pub fn configuration(package: &Package, format: Format) -> impl Iterator<Item = &'static str> {
    package
        .files_for(format)
        .filter(|entry| entry.kind == Kind::Config)
        .map(|entry| entry.to)
}

/// A path of the system, below another root.
pub fn below(target: &Path, path: &str) -> PathBuf {
    target.join(path.trim_start_matches('/'))
}

/// Makes a directory that everybody may enter, whatever the umask.
///
/// # Errors
/// The system refuses.
pub fn make_directory(path: &Path) -> Result<(), String> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        make_directory(parent)?;
    }
    fs::create_dir(path).map_err(|error| format!("cannot make {}: {error}", path.display()))?;
    set_mode(path, 0o755)
}

/// Sets a mode.
///
/// # Errors
/// The system refuses.
pub fn set_mode(path: &Path, mode: u32) -> Result<(), String> {
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
        .map_err(|error| format!("cannot set the mode of {}: {error}", path.display()))
}

fn source(release: &Release, package: &Package, from: From) -> Result<Vec<u8>, String> {
    let read = |path: PathBuf| fs::read(&path).map_err(|error| format!("cannot read {}: {error}", path.display()));
    match from {
        From::Tree(path) => read(release.root.join(path)),
        From::Built(name) => read(release.programs.join(name)),
        From::Completions(shell) => {
            let control = release.programs.join("callsyncctl");
            run::output(Command::new(control).args(["completions", shell])).map(String::into_bytes)
        }
        From::Changelog => Ok(release.changelog(package.name)?.into_bytes()),
        From::Version => Ok(format!("{}\n", release.version).into_bytes()),
    }
}
