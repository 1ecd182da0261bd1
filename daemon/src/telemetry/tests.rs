//! Promises of logging: what reaches the journal, stderr and JSON, and what never does.

use std::{
    collections::BTreeMap,
    io::Write,
    os::unix::net::UnixDatagram,
    sync::{Arc, Mutex},
};

use tracing::Level;
use tracing_subscriber::Layer;

use super::{build, human, journal::Journal, json};
use crate::config::model::{LogFormat, Logging};
use crate::domain::event::{self, Event};

fn at(level: Level) -> Logging {
    Logging {
        level,
        format: LogFormat::Auto,
    }
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).expect("text")
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A listener in the journal's place.
struct FakeJournal {
    _directory: tempfile::TempDir,
    socket: UnixDatagram,
    layer: Option<Journal>,
}

impl FakeJournal {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("socket");
        let socket = UnixDatagram::bind(&path).expect("bound");
        socket.set_nonblocking(true).expect("set");
        let layer = Some(Journal::connect(&path).expect("connected"));
        let fake = Self {
            _directory: directory,
            socket,
            layer,
        };
        assert_eq!(fake.next().expect("the empty message of connect"), BTreeMap::new());
        fake
    }

    fn next(&self) -> Option<BTreeMap<String, String>> {
        let mut buffer = vec![0; 300_000];
        let length = self.socket.recv(&mut buffer).ok()?;
        let mut rest = &buffer[..length];
        let mut fields = BTreeMap::new();
        while !rest.is_empty() {
            let newline = rest.iter().position(|byte| *byte == b'\n').expect("a name");
            let name = String::from_utf8(rest[..newline].to_vec()).expect("a name");
            let size: [u8; 8] = rest[newline + 1..newline + 9].try_into().expect("a size");
            let size = usize::try_from(u64::from_le_bytes(size)).expect("a size");
            let value = &rest[newline + 9..newline + 9 + size];
            assert_eq!(rest[newline + 9 + size], b'\n');
            rest = &rest[newline + 10 + size..];
            let again = fields.insert(name.clone(), String::from_utf8(value.to_vec()).expect("text"));
            assert_eq!(again, None, "{name} sent twice");
        }
        Some(fields)
    }
}

#[test]
fn the_journal_gets_structured_fields_and_the_message_id() {
    let mut journal = FakeJournal::new();
    let (subscriber, _handle) = build(&at(Level::INFO), journal.layer.take().expect("a layer").boxed());
    tracing::subscriber::with_default(subscriber, || {
        let failed = Event::PollFailed {
            error: "timed\nout".to_owned(),
            hint: "try".to_owned(),
        };
        failed.log(Some("Acme"), Some("0190-1"));
    });
    let fields = journal.next().expect("a line");
    assert_eq!(fields["CALLSYNC_ACCOUNT"], "Acme");
    assert_eq!(fields["CALLSYNC_JOB"], "0190-1");
    assert_eq!(fields["CALLSYNC_EVENT"], "poll.failed");
    assert_eq!(fields["CALLSYNC_HINT"], "try");
    assert_eq!(Some(fields["MESSAGE_ID"].as_str()), event::message_id("poll.failed"));
    assert_eq!(fields["MESSAGE"], "the poll failed and will be tried again: timed\nout");
    assert_eq!(fields["PRIORITY"], "4");
    assert_eq!(fields["SYSLOG_IDENTIFIER"], "callsyncd");
}

#[test]
fn repetitions_of_a_trouble_are_left_out_and_recoveries_only_in_crowds() {
    let lines = Lines::default();
    let writer = lines.clone();
    let (subscriber, _handle) = build(&at(Level::INFO), json(move || writer.clone()));
    tracing::subscriber::with_default(subscriber, || {
        for round in 0..40 {
            let failed = Event::PollFailed {
                error: format!("attempt {round}"),
                hint: "try".to_owned(),
            };
            failed.log(Some("Acme"), None);
            failed.log(Some("Globex"), None);
            Event::PollRecovered { failures: 1 }.log(Some("Acme"), None);
        }
    });
    let text = lines.text();
    let count = |event: &str, account: &str| {
        let named = |line: &&str| line.contains(&format!("\"{event}\"")) && line.contains(&format!("\"{account}\""));
        text.lines().filter(named).count()
    };
    assert_eq!((count("poll.failed", "Acme"), count("poll.failed", "Globex")), (5, 5));
    assert_eq!(count("poll.recovered", "Acme"), 20);
}

#[test]
fn an_alert_that_comes_and_goes_is_bounded_and_hides_no_other() {
    let lines = Lines::default();
    let writer = lines.clone();
    let (subscriber, _handle) = build(&at(Level::INFO), json(move || writer.clone()));
    let raised = |code| Event::AlertRaised {
        code,
        severity: "critical",
        summary: "Acme".to_owned(),
        hint: "look".to_owned(),
    };
    tracing::subscriber::with_default(subscriber, || {
        for _ in 0..40 {
            raised("zoom_unreachable").log(Some("Acme"), None);
        }
        raised("database_unavailable").log(Some("Acme"), None);
    });
    let text = lines.text();
    let count = |code: &str| text.matches(&format!("\"alert\":\"{code}\"")).count();
    assert_eq!(
        (count("zoom_unreachable"), count("database_unavailable")),
        (5, 1),
        "{text}"
    );
}

#[test]
fn fields_of_spans_reach_the_journal_and_long_values_are_cut() {
    let mut journal = FakeJournal::new();
    let (subscriber, _handle) = build(&at(Level::INFO), journal.layer.take().expect("a layer").boxed());
    tracing::subscriber::with_default(subscriber, || {
        let span = tracing::info_span!("poll", account = "Acme", job = tracing::field::Empty, pages = 1);
        span.record("job", "j1");
        let _entered = span.enter();
        tracing::info!(pages = 2, text = "ü".repeat(9_000), "fetched");
    });
    let fields = journal.next().expect("a line");
    assert_eq!(
        (fields["CALLSYNC_ACCOUNT"].as_str(), fields["CALLSYNC_JOB"].as_str()),
        ("Acme", "j1")
    );
    assert_eq!(fields["CALLSYNC_PAGES"], "2", "the event knows better than the span");
    assert_eq!(fields["CALLSYNC_TEXT"].len(), 8 * 1024);
    assert!(!fields.contains_key("MESSAGE_ID"));
    assert_eq!(fields["PRIORITY"], "6");
}

#[test]
fn json_is_one_object_a_line() {
    let lines = Lines::default();
    let writer = lines.clone();
    let (subscriber, _handle) = build(&at(Level::INFO), json(move || writer.clone()));
    tracing::subscriber::with_default(subscriber, || {
        Event::CdrActivated {
            server: "local".to_owned(),
            database: "a\n\"b\"".to_owned(),
        }
        .log(Some("Acme"), None);
        Event::CdrDeactivated.log(Some("Acme"), None);
    });
    let text = lines.text();
    let objects: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("an object"))
        .collect();
    assert_eq!(objects.len(), 2, "{text}");
    assert_eq!(objects[0]["event"], "cdr.activated");
    assert_eq!(objects[0]["account"], "Acme");
    assert_eq!(objects[0]["level"], "INFO");
    assert_eq!(
        objects[0]["message"],
        "CDR processing is active, into a\n\"b\" on local"
    );
    assert!(objects[1].get("job").is_none());
}

#[test]
fn the_level_follows_a_reload_and_the_noise_of_others_stays_off() {
    let lines = Lines::default();
    let writer = lines.clone();
    let (subscriber, handle) = build(&at(Level::INFO), human(move || writer.clone(), false));
    tracing::subscriber::with_default(subscriber, || {
        let speak = |when: &str| {
            tracing::debug!("ours debug {when}");
            tracing::info!("ours info {when}");
            tracing::debug!(target: "hyper::proto", "theirs debug {when}");
            tracing::info!(target: "reqwest::connect", "theirs info {when}");
            tracing::warn!(target: "rustls::conn", "theirs warn {when}");
        };
        speak("first");
        assert!(!handle.apply(&at(Level::DEBUG)), "the format is the same");
        speak("second");
        assert!(
            handle.apply(&Logging {
                level: Level::ERROR,
                format: LogFormat::Json
            }),
            "another format"
        );
        speak("third");
    });
    let text = lines.text();
    let said: Vec<&str> = ["ours debug", "ours info", "theirs debug", "theirs info", "theirs warn"]
        .into_iter()
        .flat_map(|what| {
            [("first", what), ("second", what), ("third", what)]
                .into_iter()
                .filter(|(when, what)| text.contains(&format!("{what} {when}")))
                .map(|(when, _)| when)
                .collect::<Vec<_>>()
        })
        .collect();
    // ours debug: second; ours info: first, second; theirs warn: first, second; nothing else.
    assert_eq!(said, ["second", "first", "second", "first", "second"], "{text}");
    assert!(
        !text.contains("theirs debug") && !text.contains("theirs info"),
        "{text}"
    );
    assert!(!text.contains('\u{1b}'), "no colour was asked for");
}

#[test]
fn every_event_is_in_the_catalog_under_an_id_of_its_own() {
    let mut ids: Vec<&str> = event::CATALOG.iter().map(|(_, id)| *id).collect();
    for id in &ids {
        let parsed = uuid::Uuid::parse_str(id).expect("a UUID");
        assert_eq!((id.len(), parsed.get_version_num()), (32, 4), "{id}");
        assert_eq!(**id, parsed.simple().to_string(), "lower case");
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), event::CATALOG.len());
    for event in one_of_each() {
        assert!(event::message_id(event.name()).is_some(), "{}", event.name());
        assert!(!event.message().is_empty());
        assert!(
            event.level() != Level::ERROR || event.hint().is_some(),
            "{}: what must be done?",
            event.name()
        );
    }
    assert_eq!(one_of_each().len(), event::CATALOG.len());
}

/// `journalctl -x` prints what stands there.
const SHIPPED_CATALOG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../packaging/catalog/callsyncd.catalog");

#[test]
fn the_shipped_catalog_explains_every_event() {
    let mut rendered =
        String::from("# Explanations for journalctl -x. Generated from domain/explanation.rs; do not edit.\n");
    for event in one_of_each() {
        let entry = event.catalog_entry().expect("an id");
        let (head, body) = entry.split_once("\n\n").expect("headers and a text");
        assert_eq!(head.lines().count(), 4, "{head}");
        assert!(!body.contains('@'), "@ begins a substitution: {body}");
        rendered.push('\n');
        rendered.push_str(&entry);
    }
    if std::env::var_os("UPDATE_CATALOG").is_some() {
        std::fs::write(SHIPPED_CATALOG, &rendered).expect("the catalog can be written");
    }
    let kept = std::fs::read_to_string(SHIPPED_CATALOG).unwrap_or_default();
    assert!(
        kept == rendered,
        "packaging/catalog/callsyncd.catalog is out of date; write it anew with \
         UPDATE_CATALOG=1 cargo test -p callsyncd --lib catalog"
    );
}

fn one_of_each() -> Vec<Event> {
    let text = || "x".to_owned();
    vec![
        Event::DaemonStarted {
            version: "0",
            accounts: 1,
        },
        Event::DaemonStopping { reason: text() },
        Event::ConfigReloaded { file: text() },
        Event::ConfigRefused {
            error: text(),
            hint: text(),
        },
        Event::AccountAuthorized { account_number: None },
        Event::TokensHandedOver { asked: text() },
        Event::ReauthorizationRequired { cause: text() },
        Event::AccountDeauthorized { noticed_by: "webhook" },
        Event::DeauthorizationConfirmed { intended: true },
        Event::AccountRestored,
        Event::ConsentRecorded { role: "manager" },
        Event::RemovalScheduled {
            ground: "term_end",
            at: text(),
        },
        Event::RemovalDue { days: 7, at: text() },
        Event::RemovalCancelled,
        Event::RemovalBegun { ground: "term_end" },
        Event::RemovalFinished { certificate: text() },
        Event::RemovalHeld { holds: 1, rows: 1 },
        Event::WebhookRefused {
            reason: "signature",
            posts: 1,
        },
        Event::CdrActivated {
            server: text(),
            database: text(),
        },
        Event::CdrDeactivated,
        Event::PollFailed {
            error: text(),
            hint: text(),
        },
        Event::PollRecovered { failures: 1 },
        Event::BackfillFinished { records: 1 },
        Event::GapsFound { windows: 1, records: 1 },
        Event::GapsHealed { windows: 1 },
        Event::DeletedAtZoom { records: 1 },
        Event::SyncFinished {
            outcome: "succeeded",
            seconds: 1,
        },
        Event::SyncFailed {
            error: text(),
            hint: text(),
        },
        Event::MasterKeyGenerated { path: text() },
        Event::SocketRestricted { group: text() },
        Event::WindowClamped {
            asked: text(),
            answered: text(),
        },
        Event::RecordsRejected { records: 1 },
        Event::QuotaExhausted { label: text() },
        Event::ScheduleMissed {
            kind: "sync",
            due: text(),
        },
        Event::ScheduleSkipped {
            kind: "sync",
            due: text(),
            reason: "already_running",
        },
        Event::ClockJumped { seconds: -5 },
        Event::RecordsPurged { rows: 1, held: 1 },
        Event::CallsArchived { rows: 1, held: 1 },
        Event::CallsRestored { rows: 1 },
        Event::CopyDiffers {
            error: text(),
            hint: text(),
        },
        Event::PersonErased { rows: 1, held: 1 },
        Event::AlertRaised {
            code: "no_cdr",
            severity: "warning",
            summary: text(),
            hint: text(),
        },
        Event::AlertResolved {
            code: "no_cdr",
            summary: text(),
        },
        Event::TaskFailed {
            task: text(),
            error: text(),
        },
    ]
}

#[test]
fn notable_events_are_caught_for_the_journal_whatever_the_level() {
    let lines = Lines::default();
    let writer = lines.clone();
    let (subscriber, handle) = build(&at(Level::ERROR), human(move || writer.clone(), false));
    let mut caught = handle.caught().expect("the first who asks");
    assert!(handle.caught().is_none());
    tracing::subscriber::with_default(subscriber, || {
        tracing::error!("no event");
        Event::SyncFailed {
            error: "timed\nout".to_owned(),
            hint: "try".to_owned(),
        }
        .log(Some("Acme"), Some("0190-1"));
        Event::CdrDeactivated.log(None, None);
    });
    let failed = caught.try_recv().expect("an event");
    assert_eq!((failed.name.as_str(), failed.level), ("sync.failed", Level::WARN));
    assert_eq!(
        (failed.account.as_deref(), failed.job.as_deref()),
        (Some("Acme"), Some("0190-1"))
    );
    assert_eq!(
        (failed.message.as_str(), failed.hint.as_deref()),
        ("the sync failed: timed\nout", Some("try"))
    );
    let off = caught.try_recv().expect("an event");
    assert_eq!(
        (off.name.as_str(), off.account, off.hint),
        ("cdr.deactivated", None, None)
    );
    assert!(caught.try_recv().is_err());
    assert!(!lines.text().contains("sync failed"), "the log has its own level");
}
