//! The crash suites' work: every activity of the daemon, provoked at will, and what must have come of all of it in the end.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::ExitStatus,
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;
use serde_json::{Value, json};
use zoom_sim::{AccountOptions, CallSpec, Effect, Fault, Options, Quirks};

use crate::{
    World,
    configuration::{GENEROUS, write_secret},
    daemon::{Daemon, Launch},
    database::Database,
    directory_truth::{assert_calls_equal, assert_directory_equal, assert_elements_equal},
    eventually,
    patience::within,
    world::{prompt, small},
};

/// The account that does everything.
pub const ACME: &str = "acme";
/// The account whose database is made older than the program, again and again.
pub const MUSEUM: &str = "museum";
/// An account without a database.
const ANNEX: &str = "annex";
/// Calls that are put in for one purge or archive.
const CHUNK: u64 = 1_000;
/// What many kills have left undone takes its time on a slow, busy machine.
const LONG: Duration = Duration::from_secs(1_200);
/// The version of record databases before the last one that a test can take back.
const OLD_SCHEMA: u64 = 2;

/// What the daemon does when it is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Activity {
    Poll,
    Backfill,
    Elements,
    Sync,
    Purge,
    Archive,
    TokenRotation,
    /// Of a record database that an older program left.
    RecordMigration,
    /// Of a state store that does not exist yet: every step of its schema.
    StateMigration,
    DatabaseCreation,
}

impl Activity {
    /// Those that can be repeated without end.
    pub const REPEATABLE: [Self; 9] = [
        Self::Poll,
        Self::Backfill,
        Self::Elements,
        Self::Sync,
        Self::Purge,
        Self::Archive,
        Self::TokenRotation,
        Self::RecordMigration,
        Self::StateMigration,
    ];

    /// The job that does it.
    #[must_use]
    pub const fn job(self) -> Option<&'static str> {
        match self {
            Self::Poll => Some("cdr"),
            Self::Backfill => Some("backfill"),
            Self::Elements => Some("elements"),
            Self::Sync => Some("sync"),
            Self::Purge => Some("purge"),
            Self::Archive => Some("archive"),
            Self::TokenRotation | Self::RecordMigration | Self::StateMigration | Self::DatabaseCreation => None,
        }
    }

    /// Whether rows have to be put in for it.
    #[must_use]
    pub const fn needs_rows(self) -> bool {
        matches!(self, Self::Purge | Self::Archive)
    }

    /// About how long it takes in a debug build.
    #[must_use]
    pub const fn span(self) -> Duration {
        Duration::from_millis(match self {
            Self::Poll => 120,
            Self::Backfill | Self::Sync => 1_000,
            Self::Elements => 500,
            Self::Purge => 400,
            Self::Archive => 700,
            Self::TokenRotation => 150,
            Self::RecordMigration | Self::DatabaseCreation => 250,
            Self::StateMigration => 60,
        })
    }
}

/// A world that goes through every activity.
#[derive(Debug)]
pub struct Course {
    pub world: World,
    /// Calls that were put in so far for purges, and for archives.
    gone: u64,
    old: u64,
    /// The moment that their ages count from: the same in the disturbed and in the undisturbed run.
    anchor: Timestamp,
    round: u32,
    /// Rotations whose answer died with the daemon: a person had to authorize again.
    pub lost_answers: u32,
    archive: &'static str,
}

impl Course {
    /// Accounts that are collected and at rest; a slow enough Zoom that kills hit the work and not the rest after it.
    #[must_use]
    pub fn begin() -> Self {
        let mut world = World::new(options());
        world.configuration.limits =
            "    heavy: {per_second: 40, per_day: 5000000}\n    medium: {per_second: 100}\n    light: {per_second: 400}\n"
                .to_owned();
        world.start();
        let anchor = world.zoom().clock().now();
        let course = Self {
            world,
            gone: 0,
            old: 0,
            anchor,
            round: 0,
            lost_answers: 0,
            archive: "old",
        };
        course.set_up();
        let fresh = course.fresh_home();
        for name in ["run", "databases", "more-databases"] {
            fs::create_dir_all(fresh.join(name)).expect("a directory");
        }
        write_secret(&fresh.join("client-secret"), &course.world.zoom().client_secret());
        course.world.configuration.write(&fresh);
        course
    }

    fn set_up(&self) {
        let world = &self.world;
        let settings = [
            "--backfill",
            "31d",
            "--retain",
            "calls=1000d",
            "--archive-server",
            "second",
            "--archive-database",
            self.archive,
            "--archive-after",
            "365d",
        ];
        world.collect(ACME, &settings);
        world.collect(MUSEUM, &["--backfill", "31d", "--elements", "off"]);
        world.connect(ANNEX);
        let annex = [
            "cdr",
            "set",
            ANNEX,
            "--server",
            "local",
            "--database",
            ANNEX,
            "--enable",
        ];
        let _ = world.json(&annex);
    }

    fn fresh_home(&self) -> PathBuf {
        self.world.home().join("fresh")
    }

    /// What has to be there before it can be provoked; see [`Activity::needs_rows`]. No daemon may run when rows are put in
    /// or a database is made older.
    pub fn prepare(&mut self, activity: Activity) {
        self.round += 1;
        match activity {
            Activity::Purge => {
                self.grow("gone", 1_100, self.gone, CHUNK);
                self.gone += CHUNK;
            }
            Activity::Archive => {
                self.grow("old", 500, self.old, CHUNK);
                self.old += CHUNK;
            }
            Activity::RecordMigration => make_older(&self.world.database_file(MUSEUM)),
            Activity::StateMigration => {
                let state = self.fresh_home().join("state");
                if state.exists() {
                    fs::remove_dir_all(state).expect("the state of a fresh daemon");
                }
            }
            _ => {}
        }
    }

    /// Calls that ended so many days ago, each with an element.
    fn grow(&self, name: &str, days: i64, from: u64, count: u64) {
        let connection = Connection::open(self.world.database_file(ACME)).expect("the database");
        let at = (self.anchor - SignedDuration::from_hours(24 * days)).as_second();
        let to = from + count;
        connection
            .execute_batch(&format!(
                "BEGIN;
                 CREATE TEMP TABLE added AS
                   WITH RECURSIVE n (n) AS (SELECT {from} + 1 UNION ALL SELECT n + 1 FROM n WHERE n < {to})
                   SELECT n, printf('{name}-%09d', n) AS key, strftime('%Y-%m-%dT%H:%M:%SZ', {at} + n % 2000000, 'unixepoch') AS at FROM n;
                 INSERT INTO call_history (call_history_uuid, call_id, direction, start_time, end_time, duration,
                   caller_did_number, callee_name, extra, content_digest, first_seen_at, changed_at)
                 SELECT key, n, 'inbound', at, at, n % 600, '+1415' || (1000000 + n % 5000), 'Name ' || n,
                   '{{\"kept\":' || n || '}}', CAST(printf('%016d', n) AS BLOB), at, at FROM added;
                 INSERT INTO call_element (call_element_id, call_history_uuid, caller_did_number, content_digest,
                   first_seen_at, changed_at)
                 SELECT 'leg-' || key, key, '+1415', CAST(printf('%016d', n) AS BLOB), at, at FROM added;
                 UPDATE collection_counter SET value = value + {count} WHERE name IN ('records', 'elements');
                 COMMIT;"
            ))
            .expect("old calls");
    }

    /// Starts what is to be killed; the daemon may die meanwhile, so nothing is expected of the answers.
    pub fn provoke(&self, activity: Activity) {
        let world = &self.world;
        let account = world.zoom_account(ACME);
        match activity {
            Activity::Poll => {
                let _ = world.fresh_calls(ACME, 40);
                let _ = world.ctl(&["cdr", "run", ACME]);
            }
            Activity::Elements => {
                let _ = world.fresh_calls(ACME, 120);
                let _ = world.ctl(&["cdr", "run", ACME, "--wait"]);
            }
            Activity::Backfill => {
                self.past_calls();
                let from = (self.anchor - SignedDuration::from_hours(24 * 30)).to_string();
                let _ = world.ctl(&["cdr", "backfill", ACME, "--from", &from]);
            }
            Activity::Sync => {
                let round = self.round;
                let _ = account.add_user(&format!("new{round}@acme.example.com"), "New", &format!("{round}"));
                let _ = account.rename_user(&account.admin_email(), "Admin", &format!("Of Round {round}"));
                let _ = world.ctl(&["sync", "run", ACME]);
            }
            Activity::Purge => drop(world.ctl(&["purge", "run", ACME, "--yes"])),
            Activity::Archive => drop(world.ctl(&["archive", "run", ACME])),
            Activity::TokenRotation => {
                account.expire_access_tokens();
                // Long enough that a kill meets the request.
                let slow = Fault::new("/oauth/token", 1, Effect::Latency { millis: 120 });
                world.zoom().fault(slow);
                let _ = world.ctl(&["cdr", "run", ACME]);
            }
            Activity::RecordMigration => {
                let _ = world.ctl(&["cdr", "run", MUSEUM]);
            }
            Activity::DatabaseCreation => {
                let _ = world.ctl(&["cdr", "create-database", ANNEX]);
            }
            // It happens at the start.
            Activity::StateMigration => {}
        }
    }

    /// Calls of some weeks ago that appear now, and some that changed: work for a backfill.
    fn past_calls(&self) {
        let account = self.world.zoom_account(ACME);
        let now = self.world.zoom().clock().now();
        for number in 0..60 {
            let _ = account.add_call(CallSpec {
                start: Some(self.anchor - SignedDuration::from_hours(30 + 11 * number)),
                duration_seconds: Some(60 + number),
                publish_at: Some(now),
                ..CallSpec::default()
            });
        }
        let known = account.truth_calls();
        for number in 0..20 {
            let position = (self.round as usize * 37 + number * 11) % known.len();
            if let Some(uuid) = known[position]["call_history_uuid"].as_str() {
                let name = format!("Changed {}.{number}", self.round);
                assert!(account.change_record(uuid, json!({"caller_name": name})));
            }
        }
    }

    /// A daemon for this activity that nobody waits for.
    #[must_use]
    pub fn launch(&self, activity: Activity) -> Launch {
        match activity {
            Activity::StateMigration => Launch::new(&self.fresh_home()),
            _ => Launch::new(self.world.home()),
        }
    }

    /// The socket of a daemon for this activity.
    #[must_use]
    pub fn socket(&self, activity: Activity) -> PathBuf {
        match activity {
            Activity::StateMigration => self.fresh_home().join("run/control.sock"),
            _ => self.world.socket(),
        }
    }

    /// Whether the kill came while the activity was under way.
    #[must_use]
    pub fn was_hit(&self, activity: Activity) -> bool {
        match activity {
            Activity::TokenRotation => {
                let state = Database::open(&state_file(self.world.home()));
                state.count("token WHERE rotation_begun_at IS NOT NULL") > 0
            }
            Activity::RecordMigration => schema_version(&self.world.database_file(MUSEUM)) == OLD_SCHEMA,
            Activity::StateMigration => {
                let file = state_file(&self.fresh_home());
                let known = Database::open(&state_file(self.world.home())).cell("PRAGMA user_version");
                !file.exists() || Database::open(&file).cell("PRAGMA user_version") != known
            }
            Activity::DatabaseCreation => true,
            _ => self.is_running(activity),
        }
    }

    /// Whether the history of jobs says that it is under way.
    #[must_use]
    pub fn is_running(&self, activity: Activity) -> bool {
        let kind = activity.job().unwrap_or_default();
        let running = format!("job WHERE state = 'running' AND kind = '{kind}'");
        Database::open(&state_file(self.world.home())).count(&running) > 0
    }

    /// Every database is whole, whatever instant the kill came at.
    ///
    /// # Panics
    /// When one is not.
    pub fn check_files(&self) {
        let home = self.world.home();
        let mut files = vec![state_file(home), state_file(&self.fresh_home())];
        for directory in ["databases", "more-databases"] {
            let listed = fs::read_dir(home.join(directory)).expect("a directory of databases");
            files.extend(listed.filter_map(Result::ok).map(|entry| entry.path()));
        }
        for file in files {
            if file.extension().is_some_and(|extension| extension == "db") && file.exists() {
                assert_eq!(Database::open(&file).integrity(), "ok", "{}", file.display());
            }
        }
    }

    /// After a kill: starts the daemon, which carries on by itself; only a token that died with the answer that held it
    /// needs a person.
    pub fn recover(&mut self, activity: Activity) {
        if activity == Activity::StateMigration {
            let mut daemon = self.launch(activity).spawn();
            daemon.wait_ready(&self.socket(activity));
            return;
        }
        self.world.start();
        if activity != Activity::TokenRotation {
            return;
        }
        let shown = eventually("tokens that work, or word that they are lost", || {
            // Asks Zoom, and so rotates.
            let outcome = self.world.ctl(&["account", "test", ACME]);
            matches!(outcome.code, 0 | 9).then(|| self.world.json(&["account", "show", ACME]))
        });
        if shown["state"] == "authorized" {
            return;
        }
        assert_eq!(shown["state"], "reauthorization_required", "{shown}");
        let reason = shown["state_reason"].as_str().unwrap_or_default();
        assert!(reason.contains("lost"), "the cause is said: {reason}");
        let _ = self.world.json(&["account", "authorize", ACME]);
        let owner = self.world.zoom_account(ACME).owner_email();
        let _ = self.world.authorize_as(ACME, &owner).ok();
        self.lost_answers += 1;
    }

    /// Asks for a job and waits until it has succeeded.
    fn carry_out(&self, verb: &[&str]) {
        let asked = self.world.json(verb);
        let id = asked["id"].as_str().unwrap_or_else(|| panic!("no job: {asked}"));
        within(LONG, "the end of a job", || {
            let job = self.world.json(&["job", "show", id]);
            let state = job["state"].as_str().unwrap_or_default();
            assert!(matches!(state, "queued" | "running" | "succeeded"), "{job}");
            (state == "succeeded").then_some(())
        });
    }

    /// Waits until everything that was begun is done, and holds the result against the truth.
    ///
    /// # Panics
    /// When anything is missing, doubled or different.
    pub fn finish(&mut self) -> Vec<Facts> {
        // Nothing is to be hit any more.
        self.world.daemon().kill();
        GENEROUS.clone_into(&mut self.world.configuration.limits);
        self.world.start();
        let world = &self.world;
        world.zoom().clear_faults();
        if !world.database_file(ANNEX).exists() {
            let _ = world.json(&["cdr", "create-database", ANNEX]);
        }
        self.carry_out(&["purge", "run", ACME, "--yes"]);
        self.carry_out(&["archive", "run", ACME]);
        world.await_backfill(ACME);
        let from = (self.anchor - SignedDuration::from_hours(24 * 31)).to_string();
        self.carry_out(&["cdr", "backfill", ACME, "--from", &from]);
        let _ = world.poll(ACME);
        world.await_elements(ACME);
        let _ = world.sync(ACME);
        let _ = world.poll(MUSEUM);
        self.check_files();
        let account = world.zoom_account(ACME);
        let database = Database::open(&world.database_file(ACME));
        assert_calls_equal(&account, &database);
        assert_elements_equal(&account, &database);
        assert_directory_equal(&account, &database);
        let shown = world.json(&["cdr", "show", ACME]);
        assert_eq!(shown["gaps"], 0, "{shown}");
        assert_eq!(shown["records"], database.count("call_history"), "{shown}");
        assert_eq!(shown["elements"], database.count("call_element"), "{shown}");
        let museum = Database::open(&world.database_file(MUSEUM));
        assert_calls_equal(&world.zoom_account(MUSEUM), &museum);
        assert!(schema_version(&world.database_file(MUSEUM)) > OLD_SCHEMA);
        let history = world.json(&["purge", "history", ACME]);
        let open = |run: &Value| run["finished_at"].is_null();
        assert!(
            !history["items"].as_array().is_some_and(|runs| runs.iter().any(open)),
            "a purge that never ended: {history}"
        );
        let archive = Database::open(&self.world.home().join(format!("more-databases/{}.db", self.archive)));
        assert_eq!(archive.count("call_history"), self.old, "every old call, once");
        let _ = world.ctl(&["audit", "verify"]).ok();
        [
            (&database, "call_history", "call_history_uuid"),
            (&database, "call_element", "call_element_id"),
            (&database, "rejected_record", "digest"),
            (&database, "zoom_user", "id"),
            (&database, "phone_user", "id"),
            (&database, "phone_number", "id"),
            (&museum, "call_history", "call_history_uuid"),
            (&archive, "call_history", "call_history_uuid"),
            (&archive, "call_element", "call_element_id"),
        ]
        .map(|(database, table, key)| Facts::of(database, table, key))
        .into()
    }

    /// The same platform and the same old calls, without a disturbance; the answer is what is held then.
    #[must_use]
    pub fn undisturbed(mut self) -> Vec<Facts> {
        let _ = self.world.start_afresh();
        self.archive = "old-undisturbed";
        self.set_up();
        self.world.daemon().stop();
        self.grow("gone", 1_100, 0, self.gone);
        self.grow("old", 500, 0, self.old);
        self.world.start();
        self.finish()
    }
}

fn options() -> Options {
    let quirks = Quirks {
        keyless: 5,
        ..Quirks::default()
    };
    let calls = |name, calls| AccountOptions {
        calls,
        quirks,
        ..small(name)
    };
    prompt(vec![calls(ACME, 400), calls(MUSEUM, 40), calls(ANNEX, 10)])
}

fn state_file(home: &Path) -> PathBuf {
    home.join("state/state.db")
}

fn schema_version(file: &Path) -> u64 {
    let version = Database::open(file).cell("SELECT MAX(version) FROM schema_migration");
    version.as_u64().unwrap_or_default()
}

/// Takes the versions after [`OLD_SCHEMA`] back.
fn make_older(file: &Path) {
    let connection = Connection::open(file).expect("the database");
    let columns = "SELECT m.name FROM sqlite_master m, pragma_table_info(m.name) c
        WHERE m.type = 'table' AND c.name = 'erased_at' AND m.name NOT IN ('call_history', 'call_element')";
    let mut erasable = connection.prepare(columns).expect("the tables");
    let tables: Vec<String> = erasable
        .query_map([], |row| row.get(0))
        .and_then(Iterator::collect)
        .expect("the tables");
    let mut older = "BEGIN;".to_owned();
    for table in tables {
        let _ = write!(older, "ALTER TABLE \"{table}\" DROP COLUMN erased_at;");
    }
    let _ = write!(
        older,
        "DROP TABLE IF EXISTS disposal; DROP TABLE IF EXISTS directory_placement;
         DELETE FROM schema_migration WHERE version > {OLD_SCHEMA}; COMMIT;"
    );
    connection.execute_batch(&older).expect("an older schema");
}

/// The rows of a table, without the moments at which we saw them.
#[derive(Debug, PartialEq)]
pub struct Facts {
    pub table: &'static str,
    pub rows: BTreeSet<String>,
}

impl Facts {
    fn of(database: &Database, table: &'static str, key: &str) -> Self {
        let rows = database.by_key(table, key).into_values().map(|mut row| {
            let numbered = (table == "rejected_record").then_some("id");
            for moment in ["first_seen_at", "changed_at"].into_iter().chain(numbered) {
                row.remove(moment);
            }
            Value::Object(row).to_string()
        });
        Self {
            table,
            rows: rows.collect(),
        }
    }
}

/// Whether it was killed, and not ended in any other way.
#[must_use]
pub fn was_killed(status: ExitStatus) -> bool {
    std::os::unix::process::ExitStatusExt::signal(&status) == Some(rustix::process::Signal::KILL.as_raw())
}

/// Whether it still runs; an activity that happens at the start has no socket to ask.
#[must_use]
pub fn is_ready(daemon: &mut Daemon, socket: &Path) -> bool {
    daemon.runs() && crate::socket::get(socket, "/v1/status").is_ok_and(|answer| answer.json()["pid"] == daemon.pid())
}
