//! What holds for every file: a first line that says what it owns, nothing unsafe, nothing unfinished, no machine's paths.

use std::{fs, path::PathBuf, process::Command};

use architecture::{crate_files, workspace};
use proc_macro2::{TokenStream, TokenTree};
use syn::visit::Visit;

fn sources() -> Vec<(PathBuf, String)> {
    crate_files::below(&workspace(), ".rs")
        .expect("the workspace")
        .into_iter()
        .map(|file| {
            let text = fs::read_to_string(&file).expect("a source");
            (file, text)
        })
        .collect()
}

#[test]
fn the_first_line_of_a_source_says_what_it_owns() {
    let silent: Vec<_> = sources()
        .into_iter()
        .filter(|(_, text)| text.lines().next().is_none_or(|line| !line.starts_with("//! ")))
        .map(|(file, _)| file)
        .collect();
    assert!(silent.is_empty(), "no //! on the first line: {silent:#?}");
}

#[derive(Default)]
struct Blemishes(Vec<String>);

impl Blemishes {
    /// Macro arguments are no syntax yet: words are looked for in their tokens.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Group(group) => self.tokens(group.stream()),
                TokenTree::Ident(word) if word == "unsafe" => self.0.push("unsafe within a macro".to_owned()),
                TokenTree::Ident(word) if word == "todo" || word == "unimplemented" => {
                    if matches!(tokens.peek(), Some(TokenTree::Punct(mark)) if mark.as_char() == '!') {
                        self.0.push(format!("{word}! within a macro"));
                    }
                }
                _ => {}
            }
        }
    }
}

impl<'ast> Visit<'ast> for Blemishes {
    fn visit_expr_unsafe(&mut self, _: &'ast syn::ExprUnsafe) {
        self.0.push("an unsafe block".to_owned());
    }

    fn visit_signature(&mut self, signature: &'ast syn::Signature) {
        if signature.unsafety.is_some() {
            self.0.push(format!("unsafe fn {}", signature.ident));
        }
        syn::visit::visit_signature(self, signature);
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        if item.unsafety.is_some() {
            self.0.push("an unsafe impl".to_owned());
        }
        syn::visit::visit_item_impl(self, item);
    }

    fn visit_item_foreign_mod(&mut self, _: &'ast syn::ItemForeignMod) {
        self.0.push("an extern block".to_owned());
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        for unfinished in ["todo", "unimplemented"] {
            if call.path.is_ident(unfinished) {
                self.0.push(format!("{unfinished}!"));
            }
        }
        self.tokens(call.tokens.clone());
        syn::visit::visit_macro(self, call);
    }
}

fn blemishes(text: &str) -> Vec<String> {
    let mut found = Blemishes::default();
    if let Ok(file) = syn::parse_file(text) {
        found.visit_file(&file);
    }
    found.0
}

#[test]
fn nothing_is_unsafe_or_unfinished() {
    for (file, text) in sources() {
        assert_eq!(blemishes(&text), Vec::<String>::new(), "{}", file.display());
    }
}

#[test]
fn unsafe_and_unfinished_code_is_seen() {
    for source in [
        "fn f() { unsafe { g() } }",
        "unsafe fn f() {}",
        "unsafe impl Send for X {}",
        "extern \"C\" { fn f(); }",
        "fn f() { todo!() }",
        "fn f() -> u8 { unimplemented!(\"later\") }",
        "fn f() { vec![unsafe { g() }]; }",
        "fn f() { select! { _ = g() => todo!() } }",
    ] {
        assert_ne!(blemishes(source), Vec::<String>::new(), "{source}");
    }
    assert_eq!(
        blemishes("/// unsafe todo!()\nfn f() { g(\"unsafe\") }"),
        Vec::<String>::new()
    );
}

/// Directories that only the machine has on which something was written, and the first letters of build trees.
fn places() -> [String; 3] {
    // Put together here, so that this file does not hold what it looks for.
    [
        ["/", "work/"].concat(),
        ["/tmp/", "bash_jobs"].concat(),
        ["/", "farm/"].concat(),
    ]
}

#[test]
fn no_tracked_file_names_a_path_of_one_machine() {
    let listed = Command::new("git")
        .current_dir(workspace())
        .args(["ls-files", "-z"])
        .output();
    let listed = match listed {
        Ok(output) if output.status.success() => output.stdout,
        other => {
            // A source archive has no repository; then every file counts.
            eprintln!("git does not list the files ({other:?}); all files are read");
            let all = crate_files::below(&workspace(), "").expect("the workspace");
            all.into_iter()
                .flat_map(|file| [file.to_string_lossy().into_owned().into_bytes(), vec![0]].concat())
                .collect()
        }
    };
    let mut found = Vec::new();
    for name in listed.split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        let path = workspace().join(String::from_utf8_lossy(name).as_ref());
        // What is no UTF-8 is no text; what is listed and gone is about to be deleted.
        let Ok(text) = fs::read_to_string(&path) else { continue };
        for (number, line) in text.lines().enumerate() {
            if places().iter().any(|place| line.contains(place.as_str())) {
                found.push(format!("{}:{}: {line}", path.display(), number + 1));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}
