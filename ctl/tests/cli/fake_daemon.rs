//! A daemon that answers what a test tells it to, on a socket of its own, and remembers what it was asked.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Read, Write},
    os::unix::net::{UnixListener, UnixStream},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::{Arc, Mutex},
    thread,
};

use callsync_shared::{ExitCode, Problem};
use serde_json::Value;
use tempfile::TempDir;

/// What arrived.
#[derive(Debug, Clone)]
pub struct Received {
    pub method: String,
    pub target: String,
    pub headers: HashMap<String, String>,
    pub body: String,
}

impl Received {
    /// `GET /v1/status`.
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.target)
    }
}

/// One part of a streamed answer.
#[derive(Clone)]
pub enum Part {
    Bytes(Vec<u8>),
    /// The connection ends here, in the middle of the answer.
    Break,
    /// Nothing more comes until the client goes away.
    Hang,
}

/// What is answered.
#[derive(Clone)]
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    parts: Vec<Part>,
    streamed: bool,
}

impl Reply {
    pub fn json(body: &Value) -> Self {
        Self::text(body.to_string())
    }

    pub fn text(body: impl Into<String>) -> Self {
        Self {
            status: 200,
            headers: vec![("content-type".into(), "application/json".into())],
            parts: vec![Part::Bytes(body.into().into_bytes())],
            streamed: false,
        }
    }

    pub fn problem(exit_code: ExitCode, code: &str) -> Self {
        let problem = Problem::new(exit_code, code, format!("{code} happened.")).hint("Do this next.");
        Self {
            status: problem.status,
            headers: vec![("content-type".into(), "application/problem+json".into())],
            parts: vec![Part::Bytes(serde_json::to_vec(&problem).unwrap())],
            streamed: false,
        }
    }

    pub fn stream(parts: Vec<Part>) -> Self {
        Self {
            status: 200,
            headers: vec![("content-type".into(), "application/x-ndjson".into())],
            parts,
            streamed: true,
        }
    }

    pub fn lines(lines: &[Value]) -> Self {
        Self::stream(
            lines
                .iter()
                .map(|line| Part::Bytes(format!("{line}\n").into_bytes()))
                .collect(),
        )
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    fn send(&self, stream: &mut UnixStream) -> std::io::Result<()> {
        let mut head = format!("HTTP/1.1 {} X\r\n", self.status);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if self.streamed {
            head.push_str("transfer-encoding: chunked\r\n\r\n");
        } else {
            let length: usize = self
                .parts
                .iter()
                .map(|part| if let Part::Bytes(bytes) = part { bytes.len() } else { 0 })
                .sum();
            head.push_str(&format!("content-length: {length}\r\n\r\n"));
        }
        stream.write_all(head.as_bytes())?;
        for part in &self.parts {
            match part {
                Part::Bytes(bytes) if self.streamed => {
                    stream.write_all(format!("{:x}\r\n", bytes.len()).as_bytes())?;
                    stream.write_all(bytes)?;
                    stream.write_all(b"\r\n")?;
                }
                Part::Bytes(bytes) => stream.write_all(bytes)?,
                Part::Break => return Ok(()),
                Part::Hang => {
                    // Ends when the client closes its side.
                    stream.read_to_end(&mut Vec::new())?;
                    return Ok(());
                }
            }
        }
        if self.streamed {
            stream.write_all(b"0\r\n\r\n")
        } else {
            Ok(())
        }
    }
}

/// The daemon.
pub struct FakeDaemon {
    directory: TempDir,
    received: Arc<Mutex<Vec<Received>>>,
}

impl FakeDaemon {
    /// Answers every request with what `handler` says.
    pub fn start(handler: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(directory.path().join("control.sock")).unwrap();
        let received = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&received);
        let handler = Arc::new(handler);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (log, handler) = (Arc::clone(&log), Arc::clone(&handler));
                thread::spawn(move || {
                    let mut stream = stream.unwrap();
                    if let Some(request) = receive(&stream) {
                        log.lock().unwrap().push(request.clone());
                        // A client that went away early is what some tests are about.
                        let _ = handler(&request).send(&mut stream);
                    }
                });
            }
        });
        Self { directory, received }
    }

    /// Answers every request alike.
    pub fn always(reply: Reply) -> Self {
        Self::start(move |_| reply.clone())
    }

    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    pub fn socket(&self) -> PathBuf {
        self.directory.path().join("control.sock")
    }

    /// What it was asked, in order.
    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    pub fn lines(&self) -> Vec<String> {
        self.received().iter().map(Received::line).collect()
    }

    /// Runs the control program against this daemon.
    pub fn ctl(&self, arguments: &[&str]) -> Outcome {
        self.ctl_with_input(arguments, "")
    }

    pub fn ctl_with_input(&self, arguments: &[&str], input: &str) -> Outcome {
        let mut command = ctl();
        command.args(arguments).env("CALLSYNC_SOCKET", self.socket());
        run(command, input)
    }
}

fn receive(stream: &UnixStream) -> Option<Received> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    let mut words = first.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length = headers
        .get("content-length")
        .map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Received {
        method,
        target,
        headers,
        body: String::from_utf8(body).unwrap(),
    })
}

/// The binary in a quiet environment.
pub fn ctl() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_callsyncctl"));
    command
        .env_remove("CALLSYNC_SOCKET")
        .env_remove("NO_COLOR")
        .env("TZ", "UTC");
    command
}

/// How a run ended.
#[derive(Debug)]
pub struct Outcome {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Outcome {
    /// The error document on stderr, which is its last line.
    pub fn error(&self) -> Value {
        serde_json::from_str(self.stderr.lines().last().unwrap()).unwrap()
    }
}

/// Runs it without a terminal.
pub fn run(mut command: Command, input: &str) -> Outcome {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The program may end without reading.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    Outcome {
        code: status.code().unwrap(),
        stdout: String::from_utf8(stdout).unwrap(),
        stderr: String::from_utf8(stderr).unwrap(),
    }
}
