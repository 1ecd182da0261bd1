//! The arrows between the rooms of the real workspace.

use std::{collections::BTreeMap, fs, path::Path};

use architecture::{
    crate_files::{self, ModuleFile},
    imports::{self, Import},
    rooms, workspace,
};

fn files(root: &str) -> Vec<ModuleFile> {
    crate_files::of_root(&workspace().join(root)).expect("sources that parse")
}

fn manifest(directory: &str) -> toml::Table {
    let path = workspace().join(directory).join("Cargo.toml");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.parse()
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn objections(root: &str, room_of: impl Fn(&ModuleFile) -> Option<String>) -> Vec<String> {
    let mut objections = Vec::new();
    for module in files(root).iter().filter(|module| !module.only_for_tests) {
        let Some(room) = room_of(module) else { continue };
        let path: Vec<&str> = module.path.iter().map(String::as_str).collect();
        let found = imports::of(&module.syntax, &path);
        objections.extend(
            found
                .iter()
                .filter_map(|import| rooms::objection(&room, import))
                .map(|objection| format!("{}: {objection}", module.file.display())),
        );
    }
    objections.sort();
    objections.dedup();
    objections
}

#[test]
fn rooms_of_the_daemon_know_only_whom_they_may() {
    // The library's root only declares the rooms.
    let found = objections("daemon/src/lib.rs", |module| module.path.first().cloned());
    assert_eq!(found, Vec::<String>::new());
    let found = objections("daemon/src/main.rs", |module| {
        Some(module.path.first().cloned().unwrap_or_else(|| "main".to_owned()))
    });
    assert_eq!(found, Vec::<String>::new());
    let found = objections("daemon/src/main_with_crash_points.rs", |_| {
        Some("main_with_crash_points".to_owned())
    });
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn the_control_program_knows_only_what_is_shared() {
    assert_eq!(
        strangers("ctl/src/lib.rs", &["callsyncd", "zoom_sim"]),
        Vec::<String>::new()
    );
    assert_eq!(
        strangers("ctl/src/main.rs", &["callsyncd", "zoom_sim"]),
        Vec::<String>::new()
    );
}

#[test]
fn what_is_shared_knows_nothing_of_ours() {
    assert_eq!(
        strangers("shared/src/lib.rs", &["callsyncd", "callsyncctl", "zoom_sim"]),
        Vec::<String>::new()
    );
}

fn strangers(root: &str, forbidden: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for module in files(root) {
        for import in imports::of(&module.syntax, &[]) {
            if let Import::Foreign { name, .. } = &import
                && forbidden.contains(&name.as_str())
            {
                found.push(format!("{}: {import}", module.file.display()));
            }
        }
    }
    found
}

/// Which of our packages each product may be built from; the simulator is none of them.
#[test]
fn products_depend_on_nothing_but_what_is_shared() {
    let ours = [
        "callsyncd",
        "callsyncctl",
        "callsync-shared",
        "zoom-sim",
        "hostile",
        "e2e",
        "callsync-demo",
        "bench",
        "architecture",
    ];
    let allowed: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("daemon", &["callsync-shared"][..]),
        ("ctl", &["callsync-shared"][..]),
        ("shared", &[][..]),
    ]);
    for (directory, allowed) in allowed {
        let manifest = manifest(directory);
        for name in runtime_dependencies(&manifest) {
            let fine = !ours.contains(&name.as_str()) || allowed.contains(&name.as_str());
            assert!(fine, "{directory} must not depend on {name}, except for its tests");
        }
    }
}

/// Names of the packages behind `[dependencies]` and `[build-dependencies]`, also of `[target.….]`.
fn runtime_dependencies(manifest: &toml::Table) -> Vec<String> {
    let mut tables = vec![manifest.clone()];
    if let Some(toml::Value::Table(targets)) = manifest.get("target") {
        tables.extend(targets.values().filter_map(toml::Value::as_table).cloned());
    }
    let mut names = Vec::new();
    for table in tables {
        for section in ["dependencies", "build-dependencies"] {
            let Some(toml::Value::Table(dependencies)) = table.get(section) else {
                continue;
            };
            for (name, how) in dependencies {
                let package = how.get("package").and_then(toml::Value::as_str);
                names.push(package.unwrap_or(name).to_owned());
            }
        }
    }
    names
}

#[test]
fn dependencies_are_found_wherever_a_manifest_hides_them() {
    let manifest: toml::Table = "[dependencies]\na = \"1\"\nx = { package = \"zoom-sim\", path = \"y\" }\n\
         [target.'cfg(unix)'.build-dependencies]\nb = \"1\"\n[dev-dependencies]\nc = \"1\""
        .parse()
        .expect("a manifest of this test");
    assert_eq!(runtime_dependencies(&manifest), ["a", "zoom-sim", "b"]);
}

#[test]
fn every_source_of_the_daemon_is_part_of_it() {
    let mut compiled = Vec::new();
    for root in [
        "daemon/src/lib.rs",
        "daemon/src/main.rs",
        "daemon/src/main_with_crash_points.rs",
    ] {
        compiled.extend(files(root).into_iter().map(|module| canonical(&module.file)));
    }
    let present = crate_files::below(&workspace().join("daemon/src"), ".rs").expect("the sources");
    let forgotten: Vec<_> = present
        .iter()
        .filter(|file| !compiled.contains(&canonical(file)))
        .collect();
    assert!(forgotten.is_empty(), "no mod declares {forgotten:?}");
}

fn canonical(file: &Path) -> std::path::PathBuf {
    file.canonicalize().expect("a file that exists")
}
