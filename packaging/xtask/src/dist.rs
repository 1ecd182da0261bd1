//! `dist`: from the tree to packages in `target/dist`.

use std::{fs, path::PathBuf};

use crate::{commit::Commit, contents::PACKAGES, deb, programs, rpm, tree::make_directory};

/// The command line.
#[derive(Debug)]
pub struct Options {
    profile: String,
    programs: Option<PathBuf>,
    out: Option<PathBuf>,
    version: Option<String>,
    deb: bool,
    rpm: bool,
}

impl Options {
    /// # Errors
    /// What is wrong with it.
    pub fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut options = Self {
            profile: "release".to_owned(),
            programs: None,
            out: None,
            version: None,
            deb: true,
            rpm: true,
        };
        let mut rest = arguments.iter();
        while let Some(flag) = rest.next() {
            let value = rest.next().ok_or_else(|| format!("{flag} needs a value"))?;
            match (flag.as_str(), value.as_str()) {
                ("--profile", "release" | "dev") => options.profile.clone_from(value),
                ("--programs", _) => options.programs = Some(PathBuf::from(value)),
                ("--out", _) => options.out = Some(PathBuf::from(value)),
                ("--version", _) => options.version = Some(value.clone()),
                ("--format", "deb") => options.rpm = false,
                ("--format", "rpm") => options.deb = false,
                _ => return Err(format!("unknown: {flag} {value}")),
            }
        }
        Ok(options)
    }
}

/// What all packages of one run share.
#[derive(Debug)]
pub struct Release {
    /// The work tree.
    pub root: PathBuf,
    /// Prepared programs.
    pub programs: PathBuf,
    /// Where trees are laid out.
    pub stage: PathBuf,
    /// Where packages go.
    pub out: PathBuf,
    /// Version of the packages, without revision.
    pub version: String,
    /// The commit.
    pub commit: Commit,
    /// Quickly rather than small: for tests.
    pub quick: bool,
}

/// Who answers for the packages.
pub const MAINTAINER: &str = "callsyncd maintainers <maintainers@callsyncd.invalid>";
/// Revision of the packaging of a version.
pub const REVISION: &str = "1";

impl Release {
    /// The changelog of a package in Debian's form. A version that the file does not know, as in rehearsals of
    /// upgrades, gets an entry of its own.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn changelog(&self, package: &str) -> Result<String, String> {
        let path = self.root.join("packaging/changelog");
        let text = fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        let text = text.replace("callsyncd (", &format!("{package} ("));
        let head = format!("{package} ({}-{REVISION})", self.version);
        if text.starts_with(&head) {
            return Ok(text);
        }
        let dated = text.lines().find(|line| line.starts_with(" -- ")).unwrap_or_default();
        Ok(format!(
            "{head} unstable; urgency=medium\n\n  * A rehearsal.\n\n{dated}\n\n{text}"
        ))
    }
}

/// Builds what was asked for and prints the paths.
///
/// # Errors
/// What failed.
#[expect(clippy::print_stdout, reason = "the answer of a command-line tool")]
pub fn run(options: &Options) -> Result<(), String> {
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let root = root
        .canonicalize()
        .map_err(|error| format!("{}: {error}", root.display()))?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let out = options.out.clone().unwrap_or_else(|| target.join("dist"));
    make_directory(&out)?;
    let out = out
        .canonicalize()
        .map_err(|error| format!("{}: {error}", out.display()))?;
    let stage = target.join("stage").join(&options.profile);
    let release = Release {
        programs: stage.join("programs"),
        stage,
        out,
        version: options
            .version
            .clone()
            .unwrap_or_else(|| env!("CARGO_PKG_VERSION").to_owned()),
        commit: Commit::of(&root)?,
        quick: options.profile == "dev",
        root,
    };
    make_directory(&release.programs)?;
    programs::prepare(
        &release.root,
        &options.profile,
        options.programs.as_deref(),
        &release.commit,
        &release.programs,
    )?;
    for package in PACKAGES {
        if options.deb {
            println!("{}", deb::build(&release, package)?.display());
        }
        if options.rpm {
            println!("{}", rpm::build(&release, package)?.display());
        }
    }
    Ok(())
}
