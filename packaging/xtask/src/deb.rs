//! The .deb, made by dpkg-deb, which honours `SOURCE_DATE_EPOCH`.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    contents::{Format, From, Package},
    dist::{MAINTAINER, REVISION, Release},
    run, tree,
};

/// Builds one package.
///
/// # Errors
/// What failed.
pub fn build(release: &Release, package: &Package) -> Result<PathBuf, String> {
    let target = release.stage.join("deb").join(package.name);
    tree::lay_out(release, package, Format::Deb, &target)?;
    let meta = target.join("DEBIAN");
    let sums = run::output(
        Command::new("sh")
            .current_dir(&target)
            .env("LC_ALL", "C")
            .args(["-c", "find . -type f -printf '%P\\0' | sort -z | xargs -0 md5sum"]),
    )?;
    tree::make_directory(&meta)?;
    let write = |name: &str, text: &str, mode: u32| {
        let path = meta.join(name);
        fs::write(&path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        tree::set_mode(&path, mode)
    };
    write("md5sums", &sums, 0o644)?;
    write("control", &control(release, package, &target)?, 0o644)?;
    let mut conffiles = String::new();
    for path in tree::configuration(package, Format::Deb) {
        let _ = writeln!(conffiles, "{path}");
    }
    if !conffiles.is_empty() {
        write("conffiles", &conffiles, 0o644)?;
    }
    for script in ["preinst", "postinst", "prerm", "postrm"] {
        let source = release.root.join(format!("packaging/deb/{}.{script}", package.name));
        if let Ok(text) = fs::read_to_string(&source) {
            write(script, &release.script(&text)?, 0o755)?;
        }
    }
    tree::date(release, &target)?;
    let out = release.out.join(format!(
        "{}_{}-{REVISION}_{}.deb",
        package.name,
        release.version,
        architecture()
    ));
    let packing: &[&str] = if release.quick {
        &["-Zgzip", "-z1"]
    } else {
        &["-Zxz", "-z6", "--threads-max=1"]
    };
    run::output(
        Command::new("dpkg-deb")
            .env("SOURCE_DATE_EPOCH", release.commit.epoch.to_string())
            .arg("--root-owner-group")
            .args(packing)
            .arg("--build")
            .arg(&target)
            .arg(&out),
    )?;
    Ok(out)
}

impl Release {
    /// A maintainer script with its placeholders filled in.
    ///
    /// # Errors
    /// A part cannot be read.
    pub fn script(&self, text: &str) -> Result<String, String> {
        let read = |path: &str| {
            let path = self.root.join(path);
            fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))
        };
        let users = read("packaging/sysusers/callsyncd.conf")?;
        Ok(text
            .replace("@REFUSE_DOWNGRADE@\n", &read("packaging/setup/refuse-downgrade")?)
            .replace("@SYSUSERS@\n", &users)
            .replace("@VERSION@", &self.version))
    }
}

fn control(release: &Release, package: &Package, target: &Path) -> Result<String, String> {
    let size = run::output(Command::new("du").args(["-k", "-s", "--apparent-size"]).arg(target))?;
    let mut needs = libraries(release, package)?;
    needs.extend(package.needs_deb.iter().map(|need| (*need).to_owned()));
    let mut text = format!(
        "Package: {}\nVersion: {}-{REVISION}\nSection: net\nPriority: optional\nArchitecture: {}\nMaintainer: {MAINTAINER}\n\
         Installed-Size: {}\nDepends: {}\n{}Description: {}\n",
        package.name,
        release.version,
        architecture(),
        size.split_whitespace().next().unwrap_or("0"),
        needs.join(", "),
        match package.recommends {
            [] => String::new(),
            wanted => format!("Recommends: {}\n", wanted.join(", ")),
        },
        package.summary,
    );
    for line in package.description {
        let _ = writeln!(text, " {line}");
    }
    Ok(text)
}

/// The libraries that the programs are linked with, and the C library's version whose symbols they use.
fn libraries(release: &Release, package: &Package) -> Result<Vec<String>, String> {
    let mut glibc = Vec::new();
    let mut gcc = false;
    for entry in package.files {
        let From::Built(name) = entry.from else { continue };
        if entry.mode & 0o111 == 0 {
            continue;
        }
        let said = run::output(Command::new("objdump").arg("-p").arg(release.programs.join(name)))?;
        gcc |= said.contains("libgcc_s.so.1");
        let versions = said.split_whitespace().filter_map(|word| word.strip_prefix("GLIBC_"));
        glibc.extend(versions.map(|version| {
            version
                .split('.')
                .filter_map(|part| part.parse().ok())
                .collect::<Vec<u32>>()
        }));
    }
    let newest = glibc
        .into_iter()
        .max()
        .ok_or("the programs need no version of the C library")?;
    let newest: Vec<String> = newest.iter().map(ToString::to_string).collect();
    let mut needs = vec![format!("libc6 (>= {})", newest.join("."))];
    if gcc {
        needs.push("libgcc-s1 (>= 3.3)".to_owned());
    }
    Ok(needs)
}

fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}
