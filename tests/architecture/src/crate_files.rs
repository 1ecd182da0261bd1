//! The files of a crate as the compiler finds them: from its root, along `mod x;`.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use syn::Item;

use crate::imports::only_for_tests;

/// One module file.
#[derive(Debug)]
pub struct ModuleFile {
    /// Where it is.
    pub file: PathBuf,
    /// The path of the module below the crate: empty for the root.
    pub path: Vec<String>,
    /// It, or a module around it, is compiled for tests only.
    pub only_for_tests: bool,
    /// What it says.
    pub syntax: syn::File,
}

/// Every file that belongs to the crate with this root.
///
/// # Errors
/// A file that is missing or does not parse, named.
pub fn of_root(root: &Path) -> io::Result<Vec<ModuleFile>> {
    let mut files = Vec::new();
    read(
        root,
        Vec::new(),
        root.parent().unwrap_or(Path::new("")),
        false,
        &mut files,
    )?;
    Ok(files)
}

fn read(file: &Path, path: Vec<String>, below: &Path, tests: bool, files: &mut Vec<ModuleFile>) -> io::Result<()> {
    let wrong = |what: &dyn std::fmt::Display| io::Error::other(format!("{}: {what}", file.display()));
    let text = fs::read_to_string(file).map_err(|error| wrong(&error))?;
    let syntax = syn::parse_file(&text).map_err(|error| wrong(&error))?;
    let tests = tests || only_for_tests(&syntax.attrs);
    follow(&syntax.items, &path, below, tests, files)?;
    files.push(ModuleFile {
        file: file.to_owned(),
        path,
        only_for_tests: tests,
        syntax,
    });
    Ok(())
}

fn follow(items: &[Item], path: &[String], below: &Path, tests: bool, files: &mut Vec<ModuleFile>) -> io::Result<()> {
    for item in items {
        let Item::Mod(module) = item else { continue };
        let name = module.ident.to_string();
        let mut inner = path.to_vec();
        inner.push(name.clone());
        let tests = tests || only_for_tests(&module.attrs);
        let directory = below.join(&name);
        match &module.content {
            Some((_, items)) => follow(items, &inner, &directory, tests, files)?,
            None => {
                let flat = below.join(format!("{name}.rs"));
                let file = if flat.is_file() { flat } else { directory.join("mod.rs") };
                read(&file, inner, &directory, tests, files)?;
            }
        }
    }
    Ok(())
}

/// Every file below `directory` whose name ends in `ending`, sorted.
///
/// # Errors
/// The directory cannot be read.
pub fn below(directory: &Path, ending: &str) -> io::Result<BTreeSet<PathBuf>> {
    let mut found = BTreeSet::new();
    let mut waiting = vec![directory.to_owned()];
    while let Some(directory) = waiting.pop() {
        for entry in fs::read_dir(&directory)? {
            let path = entry?.path();
            let hidden = path
                .file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with('.'));
            if path.is_dir() && !hidden && !path.ends_with("target") {
                waiting.push(path);
            } else if path.is_file() && path.to_string_lossy().ends_with(ending) {
                found.insert(path);
            }
        }
    }
    Ok(found)
}
