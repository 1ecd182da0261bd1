//! `calls export`: a stream of calls into a file that is either complete or not there.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use callsync_shared::{
    ExitCode, Problem,
    api::{call::CallFilter, schema},
    client::{self, Lines, routes},
};
use serde_json::{Map, Value, json};
use tokio::time::timeout;

use crate::{
    cli::{ExportCalls, ExportFormat},
    context::Context,
    error::Failure,
    output::{csv::CsvRows, text},
};

/// Bytes gathered before a write.
const BUFFER: usize = 128 << 10;

pub async fn run(context: &Context, command: ExportCalls) -> Result<ExitCode, Failure> {
    let ExportCalls {
        account,
        format,
        output,
        filters,
    } = command;
    let to_stdout = output == Path::new("-");
    if to_stdout && context.output.json {
        return Err(Failure::usage(
            "--json needs standard output for itself, and --output - wants it for the calls.",
            "Leave --json out, or export to a file.",
        ));
    }
    let filter = CallFilter::from(filters);
    let lines = context.stream(&routes::call_lines(&account, &filter)).await?;
    let target = if to_stdout {
        Target::stdout()
    } else {
        Target::file(&output)?
    };
    let rows = tokio::select! {
        rows = copy(context, lines, target, format) => rows?,
        _ = tokio::signal::ctrl_c() => {
            return Err(Failure::local("interrupted", "The export was interrupted. No file was written."));
        }
    };
    if context.output.json {
        let document = json!({
            "schema": schema("call"),
            "account": account,
            "format": match format { ExportFormat::Csv => "csv", ExportFormat::Ndjson => "ndjson" },
            "file": output.to_string_lossy(),
            "rows": rows,
        });
        context.output.document(document.to_string().as_bytes())?;
    } else {
        context.output.tell(&format!("Exported {}.", text::count(rows, "call")));
    }
    Ok(ExitCode::Ok)
}

/// Copies a stream of JSON objects to a file or to standard output, as it comes; returns how many there were.
pub async fn ndjson<T>(context: &Context, request: &client::Request<T>, output: &Path) -> Result<u64, Failure> {
    let lines = context.stream(request).await?;
    let target = if output == Path::new("-") {
        Target::stdout()
    } else {
        Target::file(output)?
    };
    tokio::select! {
        rows = copy(context, lines, target, ExportFormat::Ndjson) => rows,
        _ = tokio::signal::ctrl_c() => {
            Err(Failure::local("interrupted", "The export was interrupted. No file was written."))
        }
    }
}

async fn copy(context: &Context, mut lines: Lines, target: Target, format: ExportFormat) -> Result<u64, Failure> {
    let mut sink = match format {
        ExportFormat::Csv => Sink::Csv(Box::new(CsvRows::new(target))),
        ExportFormat::Ndjson => Sink::Ndjson(target),
    };
    let mut rows = 0;
    loop {
        let silence = context.silence();
        let line = timeout(silence, lines.next())
            .await
            .unwrap_or(Err(client::Error::TimedOut(silence)))?;
        let Some(line) = line else { break };
        refuse_problem(&line)?;
        sink.write(&line)?;
        rows += 1;
    }
    sink.finish()?.commit().map_err(|error| Failure::written(&error))?;
    Ok(rows)
}

/// A daemon that cannot go on in the middle of a stream may say why in a last line.
fn refuse_problem(line: &[u8]) -> Result<(), Failure> {
    const KEY: &[u8] = b"\"call_history_uuid\"";
    if line.windows(KEY.len()).any(|part| part == KEY) {
        return Ok(());
    }
    match serde_json::from_slice::<Problem>(line) {
        Ok(problem) => Err(problem.into()),
        Err(_) => Ok(()),
    }
}

/// Rows in the wanted format.
enum Sink {
    Csv(Box<CsvRows<Target>>),
    Ndjson(Target),
}

impl Sink {
    fn write(&mut self, line: &[u8]) -> Result<(), Failure> {
        match self {
            Self::Csv(rows) => {
                let row: Map<String, Value> = serde_json::from_slice(line)
                    .map_err(|error| client::Error::Invalid(format!("a call is not a JSON object: {error}")))?;
                rows.write(&row)
            }
            Self::Ndjson(target) => target
                .write_all(line)
                .and_then(|()| target.write_all(b"\n"))
                .map_err(|error| Failure::written(&error)),
        }
    }

    fn finish(self) -> Result<Target, Failure> {
        match self {
            Self::Csv(rows) => rows.finish(),
            Self::Ndjson(target) => Ok(target),
        }
    }
}

/// Where the bytes go.
struct Target {
    writer: BufWriter<Box<dyn Write>>,
    pending: Option<Pending>,
}

/// A temporary file beside the wanted one. Dropped before it is renamed, it is removed.
struct Pending {
    file: File,
    temporary: PathBuf,
    wanted: PathBuf,
    renamed: bool,
}

impl Target {
    fn stdout() -> Self {
        Self {
            writer: BufWriter::with_capacity(BUFFER, Box::new(io::stdout())),
            pending: None,
        }
    }

    fn file(path: &Path) -> Result<Self, Failure> {
        Self::open(path).map_err(|error| Failure::unwritten(format!("cannot write {}: {error}", path.display())))
    }

    fn open(path: &Path) -> io::Result<Self> {
        // A link keeps its place: what it points to is replaced.
        let wanted = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let present = fs::metadata(&wanted).ok();
        if present.as_ref().is_some_and(fs::Metadata::is_dir) {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        if present.as_ref().is_some_and(|present| !present.is_file()) {
            // A pipe or device cannot be replaced.
            let file = OpenOptions::new().write(true).open(&wanted)?;
            return Ok(Self {
                writer: BufWriter::with_capacity(BUFFER, Box::new(file)),
                pending: None,
            });
        }
        let name = wanted.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let mut temporary_name = OsString::from(".");
        temporary_name.push(name);
        temporary_name.push(format!(".{}.tmp", std::process::id()));
        let temporary = wanted.with_file_name(temporary_name);
        // Who called whom is nobody else's business: readable by the owner alone, unless the file exists already.
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&temporary)?;
        let pending = Pending {
            file,
            temporary,
            wanted,
            renamed: false,
        };
        if let Some(present) = present {
            pending.file.set_permissions(present.permissions())?;
        }
        let writer: Box<dyn Write> = Box::new(pending.file.try_clone()?);
        Ok(Self {
            writer: BufWriter::with_capacity(BUFFER, writer),
            pending: Some(pending),
        })
    }

    /// Makes the file appear under its name, with all its content on disk before.
    fn commit(mut self) -> io::Result<()> {
        self.writer.flush()?;
        let Some(mut pending) = self.pending.take() else {
            return Ok(());
        };
        pending.file.sync_all()?;
        fs::rename(&pending.temporary, &pending.wanted)?;
        pending.renamed = true;
        let directory = match pending.wanted.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        File::open(directory)?.sync_all()
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if !self.renamed {
            // Nothing more can be done about a file that does not go away.
            let _ = fs::remove_file(&self.temporary);
        }
    }
}
