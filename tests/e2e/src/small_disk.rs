//! A file system of a few megabytes in memory, to be filled up by a test.

use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

use crate::skipping;

const FILLER: &str = "filler";

/// It goes away with this.
#[derive(Debug)]
pub struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Over a directory, which is made when it is not there. Absent where this user may not mount, and then the test is
    /// skipped.
    ///
    /// # Panics
    /// When the directory cannot be made.
    #[must_use]
    pub fn mount(place: PathBuf) -> Option<Self> {
        fs::create_dir_all(&place).expect("a directory");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=16m,mode=0700", "callsync"])
            .arg(&place)
            .output();
        if !mounted.is_ok_and(|output| output.status.success()) {
            skipping::without_root("a file system of its own needs root");
            return None;
        }
        Some(Self(place))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Fills it until not even a page can be written.
    ///
    /// # Panics
    /// When it was full before.
    pub fn fill(&self) {
        let mut file = File::create(self.0.join(FILLER)).expect("a file");
        while file.write_all(&[0; 4_096]).is_ok() {}
    }

    /// Makes room again.
    ///
    /// # Panics
    /// When it was not filled.
    pub fn make_room(&self) {
        fs::remove_file(self.0.join(FILLER)).expect("room");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: the daemon may still have its database open.
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}
