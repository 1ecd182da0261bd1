//! Help, completions and the tree of verbs.

use crate::fake_daemon::{ctl, run};

/// Every verb that has no verbs below it, with its path.
fn verbs(command: &clap::Command, path: &[String], found: &mut Vec<(Vec<String>, clap::Command)>) {
    let mut leaf = true;
    for verb in command.get_subcommands() {
        leaf = false;
        let mut path = path.to_vec();
        path.push(verb.get_name().to_owned());
        verbs(verb, &path, found);
    }
    if leaf {
        found.push((path.to_vec(), command.clone()));
    }
}

#[test]
fn every_verb_has_an_example_of_itself() {
    let mut found = Vec::new();
    verbs(&callsyncctl::cli::command(), &[], &mut found);
    assert!(found.len() > 35, "{}", found.len());
    for (path, command) in found {
        let example = command
            .get_after_help()
            .unwrap_or_else(|| panic!("{path:?} has no example"))
            .to_string();
        assert!(
            example.contains(&format!("callsyncctl {}", path.join(" "))),
            "{path:?}: {example}"
        );
        assert!(command.get_about().is_some(), "{path:?} says nothing about itself");
    }
}

#[test]
fn examples_are_accepted_by_the_parser() {
    let mut found = Vec::new();
    verbs(&callsyncctl::cli::command(), &[], &mut found);
    for (path, command) in found {
        let help = command.get_after_help().unwrap().to_string();
        for line in help.lines().filter(|line| line.starts_with("  callsyncctl ")) {
            let line = line.split(['>', '<', '|', '&']).next().unwrap();
            // What stands in quotes is one argument.
            let line: String = line
                .split('"')
                .enumerate()
                .map(|(position, part)| {
                    if position % 2 == 1 {
                        part.replace(' ', "-")
                    } else {
                        part.to_owned()
                    }
                })
                .collect();
            let parsed = callsyncctl::cli::command().try_get_matches_from(line.split_whitespace());
            assert!(parsed.is_ok(), "{path:?}: {line}: {}", parsed.unwrap_err());
        }
    }
}

#[test]
fn help_is_a_flag_and_no_verb() {
    assert!(callsyncctl::cli::command().find_subcommand("help").is_none());
}

#[test]
fn help_and_version_succeed_and_completions_need_no_daemon() {
    for arguments in [
        &["--help"][..],
        &["--version"],
        &["cdr", "set", "--help"],
        &["--json", "status", "--help"],
    ] {
        let mut command = ctl();
        command.args(arguments);
        let outcome = run(command, "");
        assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""), "{arguments:?}");
        assert!(!outcome.stdout.is_empty());
    }
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let mut command = ctl();
        command.args(["completions", shell, "--socket", "/nonexistent/sock"]);
        let outcome = run(command, "");
        assert_eq!(outcome.code, 0);
        assert!(outcome.stdout.contains("create-database"), "{shell}");
    }
}
