//! Notable events: one variant is one kind of log line, with a stable name and the id of its catalog entry.

mod wording;

use std::borrow::Cow;

use tracing::Level;

use super::command::about;

/// Something an operator may look for. Texts hold no secret and no call party's number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The daemon serves its socket.
    DaemonStarted {
        /// Version of the program.
        version: &'static str,
        /// How many accounts it looks after.
        accounts: usize,
    },
    /// The daemon was told to stop.
    DaemonStopping {
        /// By what.
        reason: String,
    },
    /// A changed configuration is in force.
    ConfigReloaded {
        /// File it came from.
        file: String,
    },
    /// A changed configuration is unusable; the old one stays in force.
    ConfigRefused {
        /// What is wrong, and where.
        error: String,
        /// What to change.
        hint: String,
    },
    /// An account is connected.
    AccountAuthorized {
        /// Number that the admin portal shows.
        account_number: Option<i64>,
    },
    /// An account goes on with the tokens of an authorization that was meant for another name.
    TokensHandedOver {
        /// That name.
        asked: String,
    },
    /// Zoom refuses the tokens for good; nothing is sent any more.
    ReauthorizationRequired {
        /// Why.
        cause: String,
    },
    /// The organisation withdrew its consent.
    AccountDeauthorized {
        /// `webhook`, `operator` or `confirmation`.
        noticed_by: &'static str,
    },
    /// A person said whether the de-authorization was meant.
    DeauthorizationConfirmed {
        /// It was.
        intended: bool,
    },
    /// A deauthorized account was authorized again; what the de-authorization took is back.
    AccountRestored,
    /// A person consented to remove data before the term ends.
    ConsentRecorded {
        /// `manager` or `security`.
        role: &'static str,
    },
    /// The removal of an account's data has a date.
    RemovalScheduled {
        /// `term_end`, `consent` or `zoom_ten_days`.
        ground: &'static str,
        /// When.
        at: String,
    },
    /// An account's data is removed soon.
    RemovalDue {
        /// In at most so many days.
        days: i64,
        /// When.
        at: String,
    },
    /// A removal will not happen for now.
    RemovalCancelled,
    /// An account's data is being removed.
    RemovalBegun {
        /// `term_end`, `consent` or `zoom_ten_days`.
        ground: &'static str,
    },
    /// An account's data is gone.
    RemovalFinished {
        /// Id of the certificate.
        certificate: String,
    },
    /// A removal took everything that no hold covers; the rest goes when the holds are released.
    RemovalHeld {
        /// Holds in force.
        holds: u64,
        /// Rows that they keep.
        rows: u64,
    },
    /// Posts to the webhook were refused; told once a minute at most.
    WebhookRefused {
        /// What was wrong with the last of them.
        reason: &'static str,
        /// How many there were since it was last told.
        posts: u64,
    },
    /// Collecting begins.
    CdrActivated {
        /// Database server.
        server: String,
        /// Primary database.
        database: String,
    },
    /// Collecting ends.
    CdrDeactivated,
    /// A poll failed; the next one tries again.
    PollFailed {
        /// Why.
        error: String,
        /// What to check.
        hint: String,
    },
    /// Polling works again.
    PollRecovered {
        /// How many polls failed before.
        failures: u64,
    },
    /// A span of the past is collected.
    BackfillFinished {
        /// Records stored.
        records: u64,
    },
    /// Windows of closed time hold fewer calls than Zoom has, or were never collected.
    GapsFound {
        /// How many windows.
        windows: u64,
        /// Calls that are missing, as far as it is known.
        records: u64,
    },
    /// Windows that were incomplete are complete.
    GapsHealed {
        /// How many windows.
        windows: u64,
    },
    /// Calls that are held are no longer at Zoom; their rows are marked.
    DeletedAtZoom {
        /// How many.
        records: u64,
    },
    /// The directory is collected.
    SyncFinished {
        /// `succeeded` or `partial`.
        outcome: &'static str,
        /// How long it took.
        seconds: u64,
    },
    /// Nothing of the directory could be collected.
    SyncFailed {
        /// Why.
        error: String,
        /// What to check.
        hint: String,
    },
    /// A master key was made; it belongs in a safe place.
    MasterKeyGenerated {
        /// Where it is.
        path: String,
    },
    /// The socket's group does not exist, so only root and the daemon's user can connect.
    SocketRestricted {
        /// The missing group.
        group: String,
    },
    /// Zoom silently answered for a shorter span than asked.
    WindowClamped {
        /// Span asked for.
        asked: String,
        /// Span answered.
        answered: String,
    },
    /// Records could not be stored as calls; they are kept with the reason.
    RecordsRejected {
        /// How many.
        records: u64,
    },
    /// The daily share of requests is used up; collecting goes on when Zoom's day begins.
    QuotaExhausted {
        /// Rate-limit label.
        label: String,
    },
    /// A run that was due while the daemon was down, or while its clock stood elsewhere, is made up now.
    ScheduleMissed {
        /// Kind of job.
        kind: &'static str,
        /// When it was due.
        due: String,
    },
    /// A due run was left out.
    ScheduleSkipped {
        /// Kind of job.
        kind: &'static str,
        /// When it was due.
        due: String,
        /// Why, in a word: `already_running`, `cdr_not_active`, ….
        reason: &'static str,
    },
    /// The wall clock went otherwise than the machine's own count, or the machine slept.
    ClockJumped {
        /// By how much; negative is back.
        seconds: i64,
    },
    /// A condition that a person should hear of holds.
    AlertRaised {
        /// What it is about.
        code: &'static str,
        /// `warning` or `critical`.
        severity: &'static str,
        /// What is wrong.
        summary: String,
        /// What to type or check next.
        hint: String,
    },
    /// Such a condition holds no longer.
    AlertResolved {
        /// What it was about.
        code: &'static str,
        /// What was wrong.
        summary: String,
    },
    /// What was too old is deleted.
    RecordsPurged {
        /// Rows deleted.
        rows: u64,
        /// Rows that holds kept.
        held: u64,
    },
    /// Old calls are in the archive.
    CallsArchived {
        /// Rows moved.
        rows: u64,
        /// Rows that holds kept.
        held: u64,
    },
    /// Calls are back from the archive.
    CallsRestored {
        /// Rows moved.
        rows: u64,
    },
    /// A copy is not what was copied; nothing was deleted.
    CopyDiffers {
        /// What differs.
        error: String,
        /// What to check.
        hint: String,
    },
    /// The fields of one person are blank.
    PersonErased {
        /// Rows blanked.
        rows: u64,
        /// Rows that holds kept.
        held: u64,
    },
    /// A task of the daemon ended by a defect and was started again.
    TaskFailed {
        /// Which one.
        task: String,
        /// How.
        error: String,
    },
}

/// Name and catalog id of every kind, for the journal and for the shipped catalog. Neither is ever changed.
pub const CATALOG: &[(&str, &str)] = &[
    ("daemon.started", "591705c76ff341ae998b947b6240112a"),
    ("daemon.stopping", "e44372c1bb474b948ed9bcd64e448af9"),
    ("config.reloaded", "fb2171cb3956494484bd553396b46339"),
    ("config.refused", "2a7ead5c927d429da8c7aab650f59f78"),
    ("account.authorized", "0c4b575ecb6a46e3839dd9c905645e26"),
    ("account.tokens_handed_over", "18fea9648040486ca9030695386769ed"),
    ("account.reauthorization_required", "f2ba64b9ed6c43e0aee17319b6bbb8f5"),
    ("account.deauthorized", "149cc3d61ed348be91d8e7a8eefa126b"),
    ("account.deauthorization_confirmed", "6bcd6366a8a04579abf44c97764650ce"),
    ("account.restored", "18dab73e0d3f467cb71dc9a3fb4165bb"),
    ("removal.consent_recorded", "47084fdd8af64789bcb2fd9c7be6a5b7"),
    ("removal.scheduled", "36d1babfdbd4494791c9e43b17aa8949"),
    ("removal.due", "c026095e6a3b446881c58b758cfc8e89"),
    ("removal.cancelled", "710e1154307247b996e1406faf99862e"),
    ("removal.begun", "ee1f66a536fe4f2ebc050616872345ff"),
    ("removal.finished", "887799b447864eaea1cd226b18cbf5d4"),
    ("removal.held", "0d257cee950c477e88a99730dfb31db9"),
    ("webhook.refused", "87459fc067d5405da2594c4f365bf45a"),
    ("cdr.activated", "57be0f424ff8439cacece9a78cad3639"),
    ("cdr.deactivated", "ececddeed22b47babb5725ef3880e105"),
    ("poll.failed", "a6fb0da823c44a43a702b6d91a29bae7"),
    ("poll.recovered", "ff3435be66c345b9885f009374a43847"),
    ("backfill.finished", "5ab1d1c4af2b4664b27d285176690c77"),
    ("gaps.found", "272616445e524c1587a712ef3bd221b4"),
    ("gaps.healed", "be35ce99391d404999d6687b87ad7fde"),
    ("records.deleted_at_zoom", "c85cfcce419f4937a1f0f5778d56b667"),
    ("sync.finished", "e64a44c3bced42acab9d35310b3d9217"),
    ("sync.failed", "d0aadede1d0b49c6a1a26f3cfc089c42"),
    ("master_key.generated", "780f86a2a0774e14aa2650a7b8f3cab3"),
    ("socket.restricted", "68acab6234794c2495830e6e79bf457e"),
    ("window.clamped", "14f46ef63945460ea66ba9cb9c4f3f3c"),
    ("records.rejected", "6a411e669fb84304bf09955bdf4d0b6e"),
    ("quota.exhausted", "790615f9b48043b3916a8d661b0a56b7"),
    ("schedule.missed", "b410451dbad24dfa8ed80724986117d6"),
    ("schedule.skipped", "2c5d79f524de42239ec555e4fc27a172"),
    ("clock.jumped", "80c2693240614f66ad03d263072c7a12"),
    ("alert.raised", "09e03ceffc0c4e56b8fd0a96cbcc8543"),
    ("alert.resolved", "4a656eb40f40455ca2b8aa4f68311a6e"),
    ("purge.finished", "9350602763944704b1efbafd9547cd27"),
    ("archive.finished", "35d56db4359c40f1baafe2b62ad7d706"),
    ("archive.restored", "69f69fce289442d38ef7ae629c0e3d14"),
    ("archive.copy_differs", "961cca0a19c84fef9f593976bdfc8647"),
    ("person.erased", "7377d3a99b0446f281dfec239bf86ed7"),
    ("task.failed", "ec009a452e704e36ab66815f94517761"),
];

/// The catalog id of an event's name: a version 4 UUID in 32 hex digits.
#[must_use]
pub fn message_id(name: &str) -> Option<&'static str> {
    CATALOG.iter().find(|(known, _)| *known == name).map(|(_, id)| *id)
}

impl Event {
    /// Stable name, the field `event` (`CALLSYNC_EVENT` in the journal).
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::DaemonStarted { .. } => "daemon.started",
            Self::DaemonStopping { .. } => "daemon.stopping",
            Self::ConfigReloaded { .. } => "config.reloaded",
            Self::ConfigRefused { .. } => "config.refused",
            Self::AccountAuthorized { .. } => "account.authorized",
            Self::TokensHandedOver { .. } => "account.tokens_handed_over",
            Self::ReauthorizationRequired { .. } => "account.reauthorization_required",
            Self::AccountDeauthorized { .. } => "account.deauthorized",
            Self::DeauthorizationConfirmed { .. } => "account.deauthorization_confirmed",
            Self::AccountRestored => "account.restored",
            Self::ConsentRecorded { .. } => "removal.consent_recorded",
            Self::RemovalScheduled { .. } => "removal.scheduled",
            Self::RemovalDue { .. } => "removal.due",
            Self::RemovalCancelled => "removal.cancelled",
            Self::RemovalBegun { .. } => "removal.begun",
            Self::RemovalFinished { .. } => "removal.finished",
            Self::RemovalHeld { .. } => "removal.held",
            Self::WebhookRefused { .. } => "webhook.refused",
            Self::CdrActivated { .. } => "cdr.activated",
            Self::CdrDeactivated => "cdr.deactivated",
            Self::PollFailed { .. } => "poll.failed",
            Self::PollRecovered { .. } => "poll.recovered",
            Self::BackfillFinished { .. } => "backfill.finished",
            Self::GapsFound { .. } => "gaps.found",
            Self::GapsHealed { .. } => "gaps.healed",
            Self::DeletedAtZoom { .. } => "records.deleted_at_zoom",
            Self::SyncFinished { .. } => "sync.finished",
            Self::SyncFailed { .. } => "sync.failed",
            Self::MasterKeyGenerated { .. } => "master_key.generated",
            Self::SocketRestricted { .. } => "socket.restricted",
            Self::WindowClamped { .. } => "window.clamped",
            Self::RecordsRejected { .. } => "records.rejected",
            Self::QuotaExhausted { .. } => "quota.exhausted",
            Self::ScheduleMissed { .. } => "schedule.missed",
            Self::ScheduleSkipped { .. } => "schedule.skipped",
            Self::ClockJumped { .. } => "clock.jumped",
            Self::AlertRaised { .. } => "alert.raised",
            Self::AlertResolved { .. } => "alert.resolved",
            Self::RecordsPurged { .. } => "purge.finished",
            Self::CallsArchived { .. } => "archive.finished",
            Self::CallsRestored { .. } => "archive.restored",
            Self::CopyDiffers { .. } => "archive.copy_differs",
            Self::PersonErased { .. } => "person.erased",
            Self::TaskFailed { .. } => "task.failed",
        }
    }

    /// `ERROR` a person must act, `WARN` a person should look, `INFO` nothing to do.
    #[must_use]
    pub fn level(&self) -> Level {
        match self {
            Self::ConfigRefused { .. }
            | Self::ReauthorizationRequired { .. }
            | Self::CopyDiffers { .. }
            | Self::TaskFailed { .. } => Level::ERROR,
            Self::AlertRaised {
                severity: "critical", ..
            } => Level::ERROR,
            Self::AccountDeauthorized { .. }
            | Self::GapsFound { .. }
            | Self::RemovalScheduled { .. }
            | Self::RemovalDue { .. }
            | Self::RemovalBegun { .. }
            | Self::WebhookRefused { .. }
            | Self::PollFailed { .. }
            | Self::SyncFailed { .. }
            | Self::AlertRaised { .. }
            | Self::MasterKeyGenerated { .. }
            | Self::SocketRestricted { .. }
            | Self::WindowClamped { .. }
            | Self::RecordsRejected { .. }
            | Self::QuotaExhausted { .. } => Level::WARN,
            Self::DaemonStarted { .. }
            | Self::DaemonStopping { .. }
            | Self::ConfigReloaded { .. }
            | Self::AccountAuthorized { .. }
            | Self::TokensHandedOver { .. }
            | Self::DeauthorizationConfirmed { .. }
            | Self::AccountRestored
            | Self::ConsentRecorded { .. }
            | Self::RemovalCancelled
            | Self::RemovalFinished { .. }
            | Self::RemovalHeld { .. }
            | Self::CdrActivated { .. }
            | Self::CdrDeactivated
            | Self::PollRecovered { .. }
            | Self::AlertResolved { .. }
            | Self::BackfillFinished { .. }
            | Self::GapsHealed { .. }
            | Self::DeletedAtZoom { .. }
            | Self::SyncFinished { .. }
            | Self::ScheduleMissed { .. }
            | Self::ScheduleSkipped { .. }
            | Self::ClockJumped { .. }
            | Self::RecordsPurged { .. }
            | Self::CallsArchived { .. }
            | Self::CallsRestored { .. }
            | Self::PersonErased { .. } => Level::INFO,
        }
    }

    /// Writes the line, with the account's name and the job's id where it has them.
    pub fn log(&self, account: Option<&str>, job: Option<&str>) {
        let hint = self.hint().map(|hint| match account {
            Some(name) => Cow::Owned(about(hint, name)),
            None => Cow::Borrowed(hint),
        });
        // `tracing` wants the level at compile time.
        macro_rules! line {
            ($level:expr) => {
                tracing::event!(
                    target: "callsyncd::event",
                    $level,
                    event = self.name(),
                    account,
                    job,
                    alert = self.alert(),
                    hint = hint.as_deref(),
                    "{}",
                    self.message()
                )
            };
        }
        match self.level() {
            Level::ERROR => line!(Level::ERROR),
            Level::WARN => line!(Level::WARN),
            Level::INFO => line!(Level::INFO),
            Level::DEBUG => line!(Level::DEBUG),
            Level::TRACE => line!(Level::TRACE),
        }
    }
}
