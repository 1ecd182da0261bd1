//! Dying at any instant loses nothing that was answered.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
};

use super::{group, open};
use crate::{ports::state::Registry, state_store::StateDirectory};

/// Tells the child which directory to write in.
const DIRECTORY: &str = "CALLSYNCD_TEST_STATE";

/// Not a test of its own: the process that [`killed_while_writing_keeps_every_answered_change`] kills.
#[tokio::test]
#[ignore = "started by another test as a process of its own"]
async fn writer_that_is_killed() {
    let Some(directory) = std::env::var_os(DIRECTORY) else {
        return;
    };
    let store = open(directory.as_ref());
    let mut out = std::io::stdout().lock();
    for number in 0.. {
        store
            .add_group(group(&format!("group-{number:06}")))
            .await
            .expect("added");
        writeln!(out, "\nanswered {number}").expect("told");
        out.flush().expect("told");
    }
}

#[tokio::test]
async fn killed_while_writing_keeps_every_answered_change() {
    let outer = tempfile::tempdir().expect("a directory");
    for answers in [1, 7, 40] {
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .args([
                "--exact",
                "--ignored",
                "--nocapture",
                "state_store::tests::crash::writer_that_is_killed",
            ])
            .env(DIRECTORY, outer.path().join(format!("{answers}")))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("started");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let told = lines
            .map_while(Result::ok)
            .filter(|line| line.starts_with("answered "))
            .take(answers)
            .count();
        assert_eq!(told, answers, "the child ended by itself");
        assert!(
            StateDirectory::lock(&outer.path().join(format!("{answers}"))).is_err(),
            "a living daemon keeps its directory"
        );
        child.kill().expect("killed");
        child.wait().expect("gone");

        let store = open(&outer.path().join(format!("{answers}")));
        let groups = store.groups().await.expect("read");
        assert!(groups.len() >= answers, "{} of {answers} answered", groups.len());
        for (number, kept) in groups.iter().enumerate() {
            assert_eq!(kept.name, format!("group-{number:06}"), "no hole");
        }
    }
}
