//! The commit that is packaged: its name and its date, which is the date of everything in the packages.

use std::{path::Path, process::Command};

use crate::run;

/// What the packages say they are made from.
#[derive(Debug, Clone)]
pub struct Commit {
    /// Abbreviated name; with `+` when the work tree differs from it.
    pub name: String,
    /// Seconds since 1970: `SOURCE_DATE_EPOCH`.
    pub epoch: u64,
    /// `2026-01-31`.
    pub day: String,
}

impl Commit {
    /// Asks git; `SOURCE_DATE_EPOCH` of the environment wins, as everywhere.
    ///
    /// # Errors
    /// This is no git work tree.
    pub fn of(root: &Path) -> Result<Self, String> {
        let git = |arguments: &[&str]| {
            run::output(Command::new("git").arg("-C").arg(root).args(arguments)).map(|text| text.trim().to_owned())
        };
        let name = git(&["rev-parse", "--short=12", "HEAD"])?;
        let changed = git(&["status", "--porcelain", "--untracked-files=no"])?;
        let epoch = match std::env::var("SOURCE_DATE_EPOCH") {
            Ok(given) => given,
            Err(_) => git(&["log", "-1", "--format=%ct"])?,
        };
        let epoch: u64 = epoch
            .parse()
            .map_err(|_| format!("SOURCE_DATE_EPOCH is not a number: {epoch}"))?;
        let day = run::output(Command::new("date").args(["-u", "+%Y-%m-%d", "-d", &format!("@{epoch}")]))?;
        Ok(Self {
            name: format!("{name}{}", if changed.is_empty() { "" } else { "+" }),
            epoch,
            day: day.trim().to_owned(),
        })
    }
}
