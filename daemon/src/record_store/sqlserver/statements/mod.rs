//! Every statement that the store can send, in one list: each is compared with a committed text, and each must be
//! accepted by a parser that knows the dialect. Needs no server.

mod catalogue;

use std::path::PathBuf;

use sqlparser::{dialect::MsSqlDialect, parser::Parser};

use self::catalogue::catalogue;

/// Set to write the committed texts anew.
const UPDATE: &str = "CALLSYNC_UPDATE_STATEMENTS";

fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/record_store/sqlserver/statements")
}

/// Chapters of the list, each a file: `schema.sql` holds what `create-database` executes.
fn files() -> Vec<(&'static str, String)> {
    let mut files: Vec<(&'static str, String)> = Vec::new();
    for statement in catalogue() {
        let text = format!("-- == {}\n{}\nGO\n\n", statement.name, statement.sql);
        match files.iter_mut().find(|(file, _)| *file == statement.file) {
            Some((_, content)) => content.push_str(&text),
            None => files.push((statement.file, text)),
        }
    }
    files
}

#[test]
fn every_statement_is_the_committed_one() {
    let update = std::env::var_os(UPDATE).is_some();
    for (file, text) in files() {
        let path = directory().join(file);
        if update {
            std::fs::write(&path, &text).expect("written");
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        let first = committed.lines().zip(text.lines()).position(|(old, new)| old != new);
        assert!(
            committed == text,
            "{file} differs from line {:?}; look at the change, then run this test once with {UPDATE}=1",
            first.map(|line| line + 1),
        );
    }
}

#[test]
fn a_parser_of_the_dialect_accepts_every_statement() {
    let mut wrong = Vec::new();
    for statement in catalogue() {
        // The parser does not know these forms, which Microsoft documents; what is around them is still parsed.
        let mut sql = statement.sql.clone();
        for (known, as_parsed) in catalogue::UNKNOWN_TO_THE_PARSER {
            sql = sql.replace(known, as_parsed);
        }
        if let Err(error) = Parser::parse_sql(&MsSqlDialect {}, &sql) {
            wrong.push(format!("{}: {error}\n{sql}", statement.name));
        }
    }
    assert!(wrong.is_empty(), "{} refused:\n{}", wrong.len(), wrong.join("\n\n"));
}

#[test]
fn the_parser_would_notice() {
    for broken in [
        "SELEC 1",
        "UPDATE t SET FROM x",
        "SELECT TOP (1 a FROM b",
        "INSERT INTO a (b VALUES (1)",
    ] {
        assert!(Parser::parse_sql(&MsSqlDialect {}, broken).is_err(), "{broken}");
    }
}

#[test]
fn no_statement_leaves_the_shared_dialect() {
    let forbidden = [
        "MERGE ",
        "DENY ",
        "CREATE OR ALTER",
        "ALTER VIEW",
        "WITHOUT LOGIN",
        "WAITFOR",
        "REBUILD",
        "SPLIT RANGE",
        "READONLY",
        "WITH TIES",
        "_UTF8",
    ];
    for statement in catalogue() {
        for word in forbidden {
            assert!(
                !statement.sql.to_uppercase().contains(word),
                "{}: {word}",
                statement.name
            );
        }
    }
}

#[test]
fn names_are_unique_and_nothing_is_empty() {
    let mut seen = std::collections::HashSet::new();
    for statement in catalogue() {
        assert!(seen.insert(statement.name.clone()), "{} twice", statement.name);
        assert!(!statement.sql.trim().is_empty(), "{}", statement.name);
    }
}
