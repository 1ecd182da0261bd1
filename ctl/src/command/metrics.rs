//! `metrics`: the metrics as OpenMetrics text, printed or written to a file.

use std::{
    fs::{File, OpenOptions, Permissions},
    io::{self, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use callsync_shared::{ExitCode, client::routes};

use super::health::LIMIT;
use crate::{cli::MetricsArguments, context::Context, error::Failure};

/// Readable by the collector, whoever it runs as.
const MODE: u32 = 0o644;

pub async fn run(context: &Context, arguments: MetricsArguments) -> Result<ExitCode, Failure> {
    if context.output.json {
        return Err(Failure::usage(
            "Metrics are not JSON.",
            "Leave --json out, or use callsyncctl health --json.",
        ));
    }
    let Some(file) = arguments.write else {
        return print(context).await;
    };
    let answer = context.send_briefly(&routes::metrics(), LIMIT).await?;
    replace(&file, &answer.bytes)
        .map_err(|error| Failure::local("output_failed", format!("cannot write {}: {error}", file.display())))?;
    Ok(ExitCode::Ok)
}

/// Prints them.
pub async fn print(context: &Context) -> Result<ExitCode, Failure> {
    let answer = context.send_briefly(&routes::metrics(), LIMIT).await?;
    context.output.raw(&answer.bytes)?;
    Ok(ExitCode::Ok)
}

/// Replaces a file as a whole. Dying in between leaves the old one, and a hidden file that the collector does not read
/// because its name does not end in `.prom`.
fn replace(file: &Path, bytes: &[u8]) -> io::Result<()> {
    // A link keeps its place: what it points to is replaced. A pipe or device cannot be.
    let file = &std::fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    if std::fs::metadata(file).is_ok_and(|present| !present.is_file()) {
        return OpenOptions::new().write(true).open(file)?.write_all(bytes);
    }
    let name = file.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_string_lossy();
    let draft: PathBuf = file.with_file_name(format!(".{name}.{}.draft", std::process::id()));
    let written = write(&draft, bytes).and_then(|()| std::fs::rename(&draft, file));
    if written.is_err() {
        // The reason is told; what is left of the draft is in nobody's way.
        let _ = std::fs::remove_file(&draft);
    }
    written
}

fn write(draft: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file: File = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(MODE)
        .open(draft)?;
    // Whatever the umask made of it.
    file.set_permissions(Permissions::from_mode(MODE))?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::replace;

    #[test]
    fn a_file_is_replaced_as_a_whole_and_readable() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("callsync.prom");
        replace(&file, b"one\n").expect("written");
        replace(&file, b"two\n").expect("written");
        assert_eq!(std::fs::read(&file).expect("read"), b"two\n");
        assert_eq!(
            std::fs::metadata(&file).expect("there").permissions().mode() & 0o777,
            0o644
        );
        assert_eq!(std::fs::read_dir(directory.path()).expect("read").count(), 1);
        assert!(replace(&directory.path().join("missing/callsync.prom"), b"x").is_err());
    }

    #[test]
    fn links_stay_links_and_devices_stay_devices() {
        let directory = tempfile::tempdir().expect("a directory");
        let (file, link) = (directory.path().join("real.prom"), directory.path().join("link.prom"));
        std::fs::write(&file, b"old\n").expect("a file");
        std::os::unix::fs::symlink(&file, &link).expect("a link");
        replace(&link, b"new\n").expect("written");
        assert!(std::fs::symlink_metadata(&link).expect("there").is_symlink());
        assert_eq!(std::fs::read(&file).expect("read"), b"new\n");
        replace(std::path::Path::new("/dev/null"), b"x").expect("swallowed");
        assert!(!std::fs::metadata("/dev/null").expect("there").is_file());
        assert!(replace(directory.path(), b"x").is_err(), "a directory is no file");
    }
}
