//! What one source file mentions: paths into other rooms of its crate, and foreign crates.

use std::fmt;

use proc_macro2::{TokenStream, TokenTree};
use syn::{Attribute, Item, UseTree, spanned::Spanned as _, visit::Visit};

/// One mention of something outside the room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Import {
    /// A room of the same crate.
    Own { room: String, line: usize },
    /// A crate by its name in the source.
    Foreign { name: String, line: usize },
}

impl fmt::Display for Import {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own { room, line } => write!(f, "line {line}: crate::{room}"),
            Self::Foreign { name, line } => write!(f, "line {line}: {name}"),
        }
    }
}

/// How the daemon's library is named in its own binary and tests.
const OWN_CRATE: &str = "callsyncd";

/// Everything that `file`, the module `crate::<path>`, mentions outside test code.
#[must_use]
pub fn of(file: &syn::File, path: &[&str]) -> Vec<Import> {
    let mut reader = Reader {
        module: path.iter().map(|&name| name.to_owned()).collect(),
        found: Vec::new(),
    };
    if !only_for_tests(&file.attrs) {
        reader.visit_file(file);
    }
    reader.found
}

/// Whether an item is compiled for tests only: `#[cfg(test)]`, `#[cfg(all(test, …))]`, `#[test]`.
#[must_use]
pub fn only_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        if attribute.path().is_ident("test") {
            return true;
        }
        let Ok(list) = attribute.meta.require_list() else {
            return false;
        };
        let words: Vec<String> = list.tokens.clone().into_iter().map(|token| token.to_string()).collect();
        attribute.path().is_ident("cfg")
            && (words == ["test"] || (words.first().is_some_and(|word| word == "all") && all_names_test(&list.tokens)))
    })
}

/// `all(test, …)`: one of the top-level conditions is `test` itself.
fn all_names_test(tokens: &TokenStream) -> bool {
    let group = tokens.clone().into_iter().find_map(|token| match token {
        TokenTree::Group(group) => Some(group.stream()),
        _ => None,
    });
    group.is_some_and(|stream| {
        stream
            .into_iter()
            .any(|token| matches!(&token, TokenTree::Ident(name) if name == "test"))
    })
}

struct Reader {
    module: Vec<String>,
    found: Vec<Import>,
}

impl Reader {
    /// A path as far as it is written, such as `["super", "super", "zoom"]`.
    fn mention(&mut self, segments: &[String], line: usize) {
        let Some(first) = segments.first() else { return };
        let mut at: Vec<String> = match first.as_str() {
            "crate" | "$crate" => Vec::new(),
            own if own == OWN_CRATE => Vec::new(),
            "self" | "super" => self.module.clone(),
            _ => {
                self.found.push(Import::Foreign {
                    name: first.clone(),
                    line,
                });
                return;
            }
        };
        let mut rest = segments;
        if first != "super" {
            rest = &rest[1..];
        }
        while let Some((next, tail)) = rest.split_first() {
            match next.as_str() {
                "super" => drop(at.pop()),
                "self" => {}
                name => at.push(name.to_owned()),
            }
            rest = tail;
        }
        // A path that ends at the root, as `use crate::*` or `use crate as all` does, opens every room.
        let room = at.first().cloned().unwrap_or_else(|| "*".to_owned());
        self.found.push(Import::Own { room, line });
    }

    fn tree(&mut self, tree: &UseTree, before: &[String], line: usize) {
        let mut path = before.to_vec();
        match tree {
            UseTree::Path(step) => {
                path.push(step.ident.to_string());
                self.tree(&step.tree, &path, line);
            }
            UseTree::Name(name) => {
                path.push(name.ident.to_string());
                self.mention(&path, line);
            }
            UseTree::Rename(name) => {
                path.push(name.ident.to_string());
                self.mention(&path, line);
            }
            UseTree::Glob(_) => self.mention(&path, line),
            UseTree::Group(group) => {
                for part in &group.items {
                    self.tree(part, &path, line);
                }
            }
        }
    }

    /// Macro arguments are no syntax yet; paths are looked for in their tokens.
    fn tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let colon = |at: usize| {
            let one = |at| matches!(tokens.get(at), Some(TokenTree::Punct(mark)) if mark.as_char() == ':');
            one(at) && one(at + 1)
        };
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at] {
                TokenTree::Group(group) => self.tokens(group.stream()),
                TokenTree::Ident(first) if !(at >= 2 && colon(at - 2)) => {
                    let mut path = vec![first.to_string()];
                    let mut end = at;
                    while colon(end + 1) {
                        let Some(TokenTree::Ident(next)) = tokens.get(end + 3) else {
                            break;
                        };
                        path.push(next.to_string());
                        end += 3;
                    }
                    if path.len() > 1 {
                        self.mention(&path, first.span().start().line);
                    }
                    at = end;
                }
                _ => {}
            }
            at += 1;
        }
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast Item) {
        if only_for_tests(attributes(item)) {
            return;
        }
        syn::visit::visit_item(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !only_for_tests(&item.attrs) {
            syn::visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if module.content.is_some() {
            self.module.push(module.ident.to_string());
            syn::visit::visit_item_mod(self, module);
            self.module.pop();
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.tree(&item.tree, &[], item.span().start().line);
    }

    fn visit_item_extern_crate(&mut self, item: &'ast syn::ItemExternCrate) {
        self.mention(&[item.ident.to_string()], item.span().start().line);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 {
            let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            self.mention(&names, path.span().start().line);
        }
        syn::visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.visit_path(&call.path);
        self.tokens(call.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let syn::Meta::List(list) = &attribute.meta {
            self.tokens(list.tokens.clone());
        }
        if attribute.path().segments.len() > 1 {
            self.visit_path(attribute.path());
        }
    }
}

/// The attributes of an item of any kind.
#[must_use]
pub fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::{Import, of};

    fn rooms(path: &[&str], source: &str) -> Vec<String> {
        let file = syn::parse_file(source).expect("a source of this test");
        of(&file, path)
            .into_iter()
            .filter_map(|import| match import {
                Import::Own { room, .. } => Some(room),
                Import::Foreign { .. } => None,
            })
            .collect()
    }

    #[test]
    fn relative_paths_are_resolved_from_the_module_they_stand_in() {
        assert_eq!(rooms(&["a", "b"], "use super::c;"), ["a"]);
        assert_eq!(rooms(&["a", "b"], "use super::super::c;"), ["c"]);
        assert_eq!(rooms(&["a", "b"], "mod t { use super::super::super::c::d; }"), ["c"]);
        assert_eq!(rooms(&["a"], "use self::b::C;"), ["a"]);
    }

    #[test]
    fn the_whole_root_counts_as_every_room() {
        assert_eq!(rooms(&["a"], "use crate::*;"), ["*"]);
        assert_eq!(rooms(&["a"], "use super::*;"), ["*"]);
    }

    #[test]
    fn macro_arguments_are_read() {
        assert_eq!(rooms(&["a"], "fn f() { println!(\"{}\", g(crate::b::C)); }"), ["b"]);
        assert_eq!(
            rooms(&["a"], "fn f() { x::crate_like(); y!(z::crate_like); }"),
            Vec::<String>::new()
        );
    }
}
