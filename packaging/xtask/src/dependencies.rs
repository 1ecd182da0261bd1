//! What a program is made of, for auditors: the list that `cargo audit bin` and other scanners read from the section
//! `.dep-v0` (the format of cargo-auditable: zlib around JSON). Written by us: the tool would have to be compiled first.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::Command,
};

use serde_json::{Value, json};

use crate::run;

/// The dependency graph of the workspace, as locked.
#[derive(Debug)]
pub struct Graph {
    packages: BTreeMap<String, Value>,
    nodes: BTreeMap<String, Value>,
}

impl Graph {
    /// Asks cargo.
    ///
    /// # Errors
    /// Cargo cannot tell.
    pub fn of(root: &Path) -> Result<Self, String> {
        let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
        let text = run::output(Command::new(crate::programs::cargo()).current_dir(root).args([
            "metadata",
            "--format-version=1",
            "--locked",
            "--filter-platform",
            &target,
        ]))?;
        let metadata: Value = serde_json::from_str(&text).map_err(|error| format!("cargo metadata: {error}"))?;
        let by_id = |list: &Value| {
            let items = list.as_array().cloned().unwrap_or_default();
            items
                .into_iter()
                .filter_map(|item| Some((item["id"].as_str()?.to_owned(), item)))
                .collect()
        };
        Ok(Self {
            packages: by_id(&metadata["packages"]),
            nodes: by_id(&metadata["resolve"]["nodes"]),
        })
    }

    /// Everything that is linked into a program, or ran to build it. Features are those of a build of the whole
    /// workspace, so the list may name a little more than is linked, never less.
    ///
    /// # Errors
    /// There is no such package.
    pub fn list(&self, program: &str) -> Result<Value, String> {
        let root = self
            .packages
            .iter()
            .find(|(_, package)| package["name"] == program)
            .map(|(id, _)| id.as_str())
            .ok_or_else(|| format!("cargo knows no package {program}"))?;
        let linked = self.reached(root, &[]);
        let all = self.reached(root, &["build"]);
        let mut order: Vec<(&str, &str, &str)> = all
            .iter()
            .map(|id| (self.text(id, "name"), self.text(id, "version"), *id))
            .collect();
        order.sort_unstable();
        let position = |id: &str| order.iter().position(|(_, _, other)| *other == id);
        let packages: Vec<Value> = order
            .iter()
            .map(|(name, version, id)| {
                let source = if self.packages[*id]["source"].is_string() {
                    "crates.io"
                } else {
                    "local"
                };
                let mut entry = json!({ "name": name, "version": version, "source": source });
                if !linked.contains(id) {
                    entry["kind"] = json!("build");
                }
                let dependencies: BTreeSet<usize> = self.next(id, &["build"]).filter_map(position).collect();
                if !dependencies.is_empty() {
                    entry["dependencies"] = json!(dependencies);
                }
                if *id == root {
                    entry["root"] = json!(true);
                }
                entry
            })
            .collect();
        Ok(json!({ "packages": packages }))
    }

    fn text(&self, id: &str, field: &str) -> &str {
        self.packages
            .get(id)
            .and_then(|package| package[field].as_str())
            .unwrap_or_default()
    }

    /// Direct dependencies: the normal ones, and those of the kinds named.
    fn next<'a>(&'a self, id: &str, kinds: &'a [&'a str]) -> impl Iterator<Item = &'a str> {
        let dependencies = self.nodes.get(id).and_then(|node| node["deps"].as_array());
        dependencies.into_iter().flatten().filter_map(move |dependency| {
            let wanted = dependency["dep_kinds"]
                .as_array()?
                .iter()
                .any(|kind| match kind["kind"].as_str() {
                    None => true,
                    Some(kind) => kinds.contains(&kind),
                });
            dependency["pkg"].as_str().filter(|_| wanted)
        })
    }

    fn reached<'a>(&'a self, root: &'a str, kinds: &'a [&'a str]) -> BTreeSet<&'a str> {
        let mut seen = BTreeSet::from([root]);
        let mut open = vec![root];
        while let Some(id) = open.pop() {
            open.extend(self.next(id, kinds).filter(|next| seen.insert(next)));
        }
        seen
    }
}

/// A zlib stream that stores instead of compressing: every reader takes it, and a list of 20 KiB needs no more.
pub fn zlib(data: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    let mut chunks = data.chunks(0xffff).peekable();
    while let Some(chunk) = chunks.next() {
        let length = u16::try_from(chunk.len()).unwrap_or(u16::MAX);
        out.push(u8::from(chunks.peek().is_none()));
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(chunk);
    }
    let (mut a, mut b) = (1_u32, 0_u32);
    for byte in data {
        a = (a + u32::from(*byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    out.extend(((b << 16) | a).to_be_bytes());
    out
}

#[cfg(test)]
mod tests {
    use super::zlib;

    #[test]
    fn a_stored_stream_has_the_header_and_checksum_of_zlib() {
        // What `zlib.compress(b"callsync", 0)` of Python gives.
        let expected = [
            0x78, 0x01, 0x01, 0x08, 0x00, 0xf7, 0xff, b'c', b'a', b'l', b'l', b's', b'y', b'n', b'c', 0x0e, 0xe1, 0x03,
            0x5a,
        ];
        assert_eq!(zlib(b"callsync"), expected);
    }
}
