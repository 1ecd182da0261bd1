//! The manual page in `packaging/man` is the program's own command line, rendered: it cannot fall behind unnoticed.
//!
//! `UPDATE_MANUAL=1 cargo test -p callsyncctl --test manual` writes it anew.

use std::{fmt::Write as _, path::Path};

use clap_mangen::Man;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../packaging/man/callsyncctl.1");

/// The page: the program, then every verb in a section of its own.
fn render() -> String {
    let mut command = callsyncctl::cli::command();
    command.build();
    let mut roff = Vec::new();
    let man = Man::new(command.clone())
        .title("CALLSYNCCTL")
        .section("1")
        .source("callsyncd")
        .manual("User Commands")
        .date("");
    man.render_title(&mut roff).expect("a title");
    man.render_name_section(&mut roff).expect("a name");
    man.render_synopsis_section(&mut roff).expect("a synopsis");
    man.render_description_section(&mut roff).expect("a description");
    man.render_options_section(&mut roff).expect("options");
    let mut page = String::from_utf8(roff).expect("roff is text");
    page.push_str(".SH VERBS\n");
    verbs(&command, "callsyncctl", &mut page);
    page.push_str(EXIT_STATUS);
    page
}

fn verbs(command: &clap::Command, path: &str, page: &mut String) {
    for verb in command.get_subcommands() {
        let path = format!("{path} {}", verb.get_name());
        if verb.has_subcommands() {
            verbs(verb, &path, page);
            continue;
        }
        let usage = verb.clone().render_usage().to_string().replace("Usage: ", "");
        writeln!(page, ".SS \"{path}\"").expect("a line");
        writeln!(
            page,
            "{}",
            escape(&verb.get_about().map(ToString::to_string).unwrap_or_default())
        )
        .expect("a line");
        writeln!(page, ".PP\n.nf\n{}\n.fi", escape(&usage)).expect("lines");
        for argument in verb
            .get_arguments()
            .filter(|argument| !argument.is_global_set() && argument.get_id() != "help")
        {
            let name = match (argument.get_long(), argument.get_value_names()) {
                (Some(long), Some(values)) if argument.get_action().takes_values() => {
                    format!("--{long} {}", values.join(" "))
                }
                (Some(long), _) => format!("--{long}"),
                (None, Some(values)) => values.join(" "),
                (None, None) => argument.get_id().to_string(),
            };
            let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
            writeln!(page, ".TP\n.B {}\n{}", escape(&name), escape(&help)).expect("lines");
        }
        if let Some(example) = verb.get_after_help() {
            writeln!(page, ".PP\n.nf\n{}\n.fi", escape(&example.to_string())).expect("lines");
        }
    }
}

/// Text as roff takes it: no line starts with a control character, hyphens stay hyphens.
fn escape(text: &str) -> String {
    text.lines()
        .map(|line| {
            let line = line.replace('\\', "\\e").replace('-', "\\-");
            if line.starts_with(['.', '\'']) {
                format!("\\&{line}")
            } else {
                line
            }
        })
        .collect::<Vec<_>>()
        .join("\n")
}

const EXIT_STATUS: &str = ".SH \"EXIT STATUS\"
0 ok or nothing to do; 1 failed; 2 usage; 3 daemon unreachable; 4 not permitted; 5 not found; 6 conflict or already exists;
7 wrong state; 8 blocked (deauthorized or held); 9 re\\-authorization needed; 10 Zoom error; 11 rate limited or quota;
12 database error; 13 timed out waiting (the job goes on); 14 partial; 15 refused by safety (confirmation missing);
78 bad configuration.
.SH ENVIRONMENT
.TP
.B CALLSYNC_SOCKET
Control socket, as with \\-\\-socket.
.TP
.B NO_COLOR
No colours, as with \\-\\-no\\-color.
.SH \"SEE ALSO\"
.BR callsyncd (8)
";

#[test]
fn manual_page_is_the_program_s_own_command_line() {
    let rendered = render();
    if std::env::var_os("UPDATE_MANUAL").is_some() {
        std::fs::write(Path::new(PAGE), &rendered).expect("the page can be written");
    }
    let kept = std::fs::read_to_string(PAGE).unwrap_or_default();
    assert!(
        kept == rendered,
        "packaging/man/callsyncctl.1 is out of date; write it anew with UPDATE_MANUAL=1"
    );
}

#[test]
fn every_verb_is_in_the_manual() {
    let page = render();
    for verb in [
        "callsyncctl status",
        "callsyncctl account authorize",
        "callsyncctl cdr activate",
        "callsyncctl calls export",
    ] {
        assert!(page.contains(&format!(".SS \"{verb}\"")), "{verb}");
    }
}
