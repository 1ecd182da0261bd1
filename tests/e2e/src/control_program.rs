//! Running `callsyncctl` as a person or a script would: arguments in, exit code and two streams out.

use std::{
    ffi::OsString,
    io::{Read, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use serde_json::Value;

use crate::patience::within;

/// No command of a test takes longer, unless it waits for a job.
const LONGEST: Duration = Duration::from_secs(180);

/// How a command ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What was typed, for messages.
    pub typed: String,
    /// Exit code; -1 when a signal ended it.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Outcome {
    /// The one document on standard output.
    ///
    /// # Panics
    /// When standard output is anything else.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("no JSON document ({error}): {self:?}"))
    }

    /// The error document on standard error, before which warnings may stand; or that of a finished job.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn error(&self) -> Value {
        let document = self
            .stderr
            .lines()
            .rev()
            .find_map(|line| serde_json::from_str::<Value>(line).ok());
        let of_job = || Some(serde_json::from_str::<Value>(&self.stdout).ok()?.get("error")?.clone());
        document
            .or_else(of_job)
            .unwrap_or_else(|| panic!("no error document: {self:?}"))
    }

    /// The same outcome, which must be a success.
    ///
    /// # Panics
    /// When it is not.
    #[must_use]
    pub fn ok(self) -> Self {
        self.ended_with(0)
    }

    /// The same outcome, which must have this exit code.
    ///
    /// # Panics
    /// When it has another.
    #[must_use]
    pub fn ended_with(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "exit code of `{}`\nstdout: {}\nstderr: {}",
            self.typed, self.stdout, self.stderr
        );
        self
    }
}

/// A command line of `callsyncctl` before it runs.
#[derive(Debug)]
pub struct CommandLine {
    program: PathBuf,
    arguments: Vec<OsString>,
    stdin: Option<Vec<u8>>,
    /// Arguments before the program itself, such as `setpriv …`.
    prefix: Vec<OsString>,
}

impl CommandLine {
    /// With the socket of a world and these arguments.
    #[must_use]
    pub fn new(program: &Path, socket: &Path, arguments: &[&str]) -> Self {
        let mut all: Vec<OsString> = vec!["--socket".into(), socket.into()];
        all.extend(arguments.iter().map(OsString::from));
        Self {
            program: program.to_owned(),
            arguments: all,
            stdin: None,
            prefix: Vec::new(),
        }
    }

    /// What is typed into it.
    #[must_use]
    pub fn stdin(mut self, text: impl Into<Vec<u8>>) -> Self {
        self.stdin = Some(text.into());
        self
    }

    /// Runs it through another program.
    #[must_use]
    pub fn through(mut self, prefix: &[&str]) -> Self {
        self.prefix = prefix.iter().map(OsString::from).collect();
        self
    }

    fn command(&self) -> Command {
        let mut words = self
            .prefix
            .iter()
            .cloned()
            .chain([self.program.clone().into()])
            .chain(self.arguments.clone());
        let mut command = Command::new(words.next().unwrap_or_default());
        // Nothing of the person who runs the tests may change what the program prints.
        command
            .args(words)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("TZ", "UTC");
        command
    }

    /// Starts it and leaves it running, with pipes.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn start(&self) -> Child {
        let mut command = self.command();
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", self.program.display()))
    }

    /// Runs it to its end.
    ///
    /// # Panics
    /// When it does not end in time.
    #[must_use]
    pub fn run(&self) -> Outcome {
        let typed: Vec<String> = self
            .arguments
            .iter()
            .skip(2)
            .map(|word| word.to_string_lossy().into_owned())
            .collect();
        let mut child = self.start();
        let input = child.stdin.take();
        if let (Some(mut input), Some(text)) = (input, &self.stdin) {
            // A program that ends without reading is judged by its exit code.
            let _ = input.write_all(text);
        }
        finish(child, &typed.join(" "))
    }
}

/// Waits for a started program and collects what it wrote.
///
/// # Panics
/// When it does not end in time.
#[must_use]
pub fn finish(mut child: Child, typed: &str) -> Outcome {
    drop(child.stdin.take());
    let stdout = child.stdout.take().map(reader);
    let stderr = child.stderr.take().map(reader);
    let mut guard = Guard(child);
    let status = within(LONGEST, &format!("the end of `{typed}`"), || {
        guard.0.try_wait().ok().flatten()
    });
    let text = |reader: Option<thread::JoinHandle<String>>| reader.and_then(|it| it.join().ok()).unwrap_or_default();
    Outcome {
        typed: typed.to_owned(),
        code: status.code().unwrap_or(-1),
        stdout: text(stdout),
        stderr: text(stderr),
    }
}

/// A program that is never left behind.
struct Guard(Child);

impl Drop for Guard {
    fn drop(&mut self) {
        // It has usually ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn reader(mut stream: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read before an error still says something.
        let _ = stream.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}
