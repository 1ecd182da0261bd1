//! The .rpm, made by rpmbuild from a spec file that is written from the same table.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    contents::{Format, Kind, Package},
    dist::{MAINTAINER, REVISION, Release},
    run, tree,
};

/// Builds one package.
///
/// # Errors
/// What failed.
pub fn build(release: &Release, package: &Package) -> Result<PathBuf, String> {
    let target = release.stage.join("rpm").join(package.name);
    tree::lay_out(release, package, Format::Rpm, &target)?;
    let top = release.stage.join("rpmbuild").join(package.name);
    tree::make_directory(&top)?;
    let spec = top.join(format!("{}.spec", package.name));
    fs::write(&spec, specification(release, package, &target)?)
        .map_err(|error| format!("cannot write {}: {error}", spec.display()))?;
    let arch = std::env::consts::ARCH;
    let mut rpmbuild = Command::new("rpmbuild");
    rpmbuild
        .env("SOURCE_DATE_EPOCH", release.commit.epoch.to_string())
        .env("LC_ALL", "C")
        .args(["-bb", "--target", &format!("{arch}-linux")]);
    for (name, value) in [
        ("_topdir", top.to_string_lossy().as_ref()),
        ("_rpmdir", top.join("out").to_string_lossy().as_ref()),
        ("_rpmfilename", "%{NAME}.rpm"),
        // The same bytes from the same commit, wherever and whenever.
        ("_buildhost", "reproducible"),
        ("use_source_date_epoch_as_buildtime", "1"),
        ("clamp_mtime_to_source_date_epoch", "1"),
        ("_binary_payload", if release.quick { "w1.gzdio" } else { "w9.gzdio" }),
        ("_build_id_links", "none"),
        ("debug_package", "%{nil}"),
        // The programs are stripped and the pages compressed already.
        ("__os_install_post", "%{nil}"),
        ("_docdir_fmt", "%%{NAME}"),
    ] {
        rpmbuild.arg("--define").arg(format!("{name} {value}"));
    }
    run::output(rpmbuild.arg(&spec))?;
    let made = top.join("out").join(format!("{}.rpm", package.name));
    let out = release
        .out
        .join(format!("{}-{}-{REVISION}.{arch}.rpm", package.name, release.version));
    fs::copy(&made, &out).map_err(|error| format!("cannot copy {}: {error}", made.display()))?;
    Ok(out)
}

fn specification(release: &Release, package: &Package, target: &Path) -> Result<String, String> {
    let mut spec = format!(
        "Name: {}\nVersion: {}\nRelease: {REVISION}\nSummary: {}\nLicense: Apache-2.0\nVendor: callsyncd maintainers\nPackager: {MAINTAINER}\n",
        package.name,
        release.version,
        capitalised(package.summary),
    );
    for need in package.needs_rpm {
        let _ = writeln!(
            spec,
            "Requires: {need}\nRequires(pre): {need}\nRequires(post): {need}\nRequires(preun): {need}"
        );
    }
    for wanted in package.recommends {
        let _ = writeln!(spec, "Recommends: {wanted}");
    }
    let _ = writeln!(spec, "\n%description\n{}", package.description.join("\n"));
    let _ = writeln!(spec, "\n%install\ncp -a \"{}/.\" \"%{{buildroot}}\"", target.display());
    for (directory, ..) in package.directories {
        let _ = writeln!(spec, "mkdir -p \"%{{buildroot}}{directory}\"");
    }
    for script in ["pre", "post", "preun", "postun"] {
        let source = release.root.join(format!("packaging/rpm/{}.{script}", package.name));
        if let Ok(text) = fs::read_to_string(&source) {
            // A percent sign would be a macro.
            let text = release.script(&text)?.replace('%', "%%");
            let _ = writeln!(
                spec,
                "\n%{script}\n{}",
                text.trim_start_matches("#!/bin/sh\n").trim_end()
            );
        }
    }
    let _ = writeln!(spec, "\n%files");
    for (directory, mode, user, group) in package.directories {
        let _ = writeln!(spec, "%dir %attr({mode:04o},{user},{group}) \"{directory}\"");
    }
    for directory in own_directories(package) {
        let _ = writeln!(spec, "%dir %attr(0755,root,root) \"{directory}\"");
    }
    for entry in package.files_for(Format::Rpm) {
        let kind = match entry.kind {
            Kind::Config => "%config(noreplace) ",
            Kind::Doc if entry.to.contains("/licenses/") => "%license ",
            Kind::Doc => "%doc ",
            Kind::Plain => "",
        };
        let _ = writeln!(spec, "{kind}%attr({:04o},root,root) \"{}\"", entry.mode, entry.to);
    }
    let _ = writeln!(
        spec,
        "\n%changelog\n{}",
        changelog(&release.changelog(package.name)?, &release.commit.day)?
    );
    Ok(spec)
}

/// Directories that only this package has.
fn own_directories(package: &Package) -> Vec<String> {
    let mut found = Vec::new();
    for entry in package.files_for(Format::Rpm) {
        let mut path = Path::new(entry.to);
        while let Some(parent) = path.parent() {
            let ours = parent.components().any(|part| part.as_os_str() == package.name);
            let text = parent.to_string_lossy().into_owned();
            let listed = package.directories.iter().any(|(directory, ..)| *directory == text);
            if ours && !listed && !found.contains(&text) {
                found.push(text);
            }
            path = parent;
        }
    }
    found.sort();
    found
}

/// Debian's changelog in the form of rpm: head line with date, then the items.
fn changelog(debian: &str, day: &str) -> Result<String, String> {
    let mut out = String::new();
    for block in debian.split("\n\n -- ").collect::<Vec<_>>().windows(2) {
        let [entry, trailer] = block else { continue };
        let version = entry
            .split(['(', ')'])
            .nth(1)
            .ok_or("the changelog has an entry without version")?;
        let date = trailer
            .split_once(">  ")
            .map_or(day, |(_, rest)| rest.lines().next().unwrap_or(day));
        let date = run::output(
            Command::new("date")
                .env("LC_ALL", "C")
                .args(["-u", "+%a %b %d %Y", "-d", date]),
        )?;
        let _ = writeln!(out, "* {} {MAINTAINER} - {version}", date.trim());
        for item in entry.lines().filter(|line| line.starts_with("  ")) {
            let _ = writeln!(out, "{}", item.trim_start_matches("  ").replacen("* ", "- ", 1));
        }
        out.push('\n');
    }
    Ok(out)
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
