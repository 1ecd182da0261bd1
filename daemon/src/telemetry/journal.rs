//! The journal's native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL): structured fields beside the message.
//!
//! Our fields are `CALLSYNC_ACCOUNT`, `CALLSYNC_JOB`, `CALLSYNC_EVENT` …; an event that the catalog explains carries
//! its `MESSAGE_ID`. A crate that prefixes every field cannot send both, hence these lines of our own.

use std::{
    collections::BTreeMap,
    fmt::Debug,
    io,
    os::unix::net::UnixDatagram,
    path::{Path, PathBuf},
    time::Duration,
};

use tracing::{
    Level, Subscriber,
    field::{Field, Visit},
    span,
};
use tracing_subscriber::{Layer, layer::Context, registry::LookupSpan};

use crate::domain::event;

/// Where the journal listens.
pub(super) const SOCKET: &str = "/run/systemd/journal/socket";
/// How long one line may wait for a journal that does not keep up; then it is dropped.
const PATIENCE: Duration = Duration::from_millis(100);
/// Longest value in bytes, so that the few fields of a line stay below the socket's buffer.
const LONGEST: usize = 8 * 1024;
/// Field that carries the event's name.
const EVENT_FIELD: &str = "event";

/// Sends each line as one datagram.
pub(super) struct Journal {
    socket: UnixDatagram,
    path: PathBuf,
}

/// Fields by name, as `tracing` names them.
#[derive(Default, Clone)]
struct Fields(BTreeMap<&'static str, String>);

impl Journal {
    /// # Errors
    /// When nobody listens there.
    pub(super) fn connect(path: &Path) -> io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        socket.set_write_timeout(Some(PATIENCE))?;
        // The journal ignores an empty message; without a listener this fails.
        socket.send_to(&[], path)?;
        // By path each time, not connected: the journal may be restarted.
        Ok(Self {
            socket,
            path: path.to_path_buf(),
        })
    }
}

impl<S> Layer<S> for Journal
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &span::Attributes<'_>, id: &span::Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &span::Id, values: &span::Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &tracing::Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        for span in context
            .event_scope(event)
            .into_iter()
            .flat_map(|scope| scope.from_root())
        {
            if let Some(outer) = span.extensions().get::<Fields>() {
                fields.0.extend(outer.0.clone());
            }
        }
        event.record(&mut fields);
        // There is nowhere to report a lost line to.
        let _ = self.socket.send_to(&datagram(event.metadata(), &fields), &self.path);
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

fn datagram(metadata: &tracing::Metadata<'_>, fields: &Fields) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    put(&mut out, "PRIORITY", priority(*metadata.level()));
    put(&mut out, "SYSLOG_IDENTIFIER", "callsyncd");
    put(&mut out, "TARGET", metadata.target());
    if let (Some(file), Some(line)) = (metadata.file(), metadata.line()) {
        put(&mut out, "CODE_FILE", file);
        put(&mut out, "CODE_LINE", &line.to_string());
    }
    if let Some(id) = fields.0.get(EVENT_FIELD).and_then(|name| event::message_id(name)) {
        put(&mut out, "MESSAGE_ID", id);
    }
    for (name, value) in &fields.0 {
        if *name == "message" {
            put(&mut out, "MESSAGE", value);
        } else {
            put(&mut out, &format!("CALLSYNC_{}", journal_name(name)), value);
        }
    }
    out
}

/// Syslog's numbers: what needs a person is an error or a warning, `info` is informational.
fn priority(level: Level) -> &'static str {
    match level {
        Level::ERROR => "3",
        Level::WARN => "4",
        Level::INFO => "6",
        Level::DEBUG | Level::TRACE => "7",
    }
}

/// The journal takes A-Z, 0-9 and `_` in names.
fn journal_name(name: &str) -> String {
    name.chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_uppercase()
            } else {
                '_'
            }
        })
        .collect()
}

/// Name, newline, length, value, newline: the form in which a value may hold anything.
fn put(out: &mut Vec<u8>, name: &str, value: &str) {
    let mut end = value.len().min(LONGEST);
    while !value.is_char_boundary(end) {
        end -= 1;
    }
    let value = &value.as_bytes()[..end];
    out.extend_from_slice(name.as_bytes());
    out.push(b'\n');
    out.extend_from_slice(&(value.len() as u64).to_le_bytes());
    out.extend_from_slice(value);
    out.push(b'\n');
}
