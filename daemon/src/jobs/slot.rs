//! Schedules in force: those that people added, and the daily slots that the settings of an account imply.

use jiff::{Timestamp, civil::Time};

use crate::{
    domain::{
        account::{Account, AccountId, AccountState, CdrState, named},
        schedule::{Timetable, Zone},
        settings::Days,
    },
    ports::{schedules::Schedule, state::JobKind},
};

/// When the daily purge is due, in the system's zone, unless `cdr set --purge-at` or a schedule says otherwise.
const PURGE_AT: Time = Time::constant(2, 30, 0, 0);
/// When the daily archive run is due, in the system's zone, unless a schedule says otherwise: before the purge.
const ARCHIVE_AT: Time = Time::constant(1, 30, 0, 0);

named! {
    /// Where a schedule in force comes from.
    Source {
        /// `schedule add`.
        Added = "schedule",
        /// `cdr set`.
        Settings = "cdr set",
        /// The settings want the work and name no time for it.
        Default = "default",
    }
}

/// A schedule in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// Opaque; that of an implied slot changes with its time.
    pub id: String,
    /// For which account.
    pub account: AccountId,
    /// What it starts.
    pub kind: JobKind,
    /// When.
    pub timetable: Timetable,
    /// When it was added; absent for what the settings imply.
    pub created_at: Option<Timestamp>,
    /// Where it comes from.
    pub source: Source,
}

impl From<Schedule> for Slot {
    fn from(schedule: Schedule) -> Self {
        Self {
            id: schedule.id,
            account: schedule.account,
            kind: schedule.kind,
            timetable: schedule.timetable,
            created_at: Some(schedule.created_at),
            source: Source::Added,
        }
    }
}

/// All schedules in force. Slots are implied only for work that this program can do.
#[must_use]
pub fn in_force(schedules: Vec<Schedule>, accounts: &[Account], can_do: impl Fn(JobKind) -> bool) -> Vec<Slot> {
    let mut slots: Vec<Slot> = schedules.into_iter().map(Slot::from).collect();
    let mut implied = Vec::new();
    for account in accounts {
        let has_own = |kind| slots.iter().any(|slot| slot.kind == kind && slot.account == account.id);
        for (kind, default) in [(JobKind::Archive, ARCHIVE_AT), (JobKind::Purge, PURGE_AT)] {
            if !can_do(kind) || obstacle(account, kind).is_some() {
                continue;
            }
            let chosen = account.cdr.settings.purge_at.filter(|_| kind == JobKind::Purge);
            let (time, source) = match chosen {
                Some(time) => (time, Source::Settings),
                None if has_own(kind) => continue,
                None => (default, Source::Default),
            };
            implied.extend(daily(account, kind, time, source));
        }
    }
    slots.extend(implied);
    slots
}

fn daily(account: &Account, kind: JobKind, time: Time, source: Source) -> Option<Slot> {
    let timetable = Timetable::new(Days::parse("daily").ok()?, vec![time], Zone::System).ok()?;
    Some(Slot {
        id: format!("{kind}-{:02}{:02}-{}", time.hour(), time.minute(), account.id),
        account: account.id.clone(),
        kind,
        timetable,
        created_at: None,
        source,
    })
}

/// Why a kind of work would be pointless for an account now; a short fixed word.
#[must_use]
pub fn obstacle(account: &Account, kind: JobKind) -> Option<&'static str> {
    if account.state.is_withdrawn() {
        return Some("deauthorized");
    }
    let settings = &account.cdr.settings;
    match kind {
        JobKind::Sync => match account.state {
            AccountState::PendingAuthorization => Some("pending_authorization"),
            AccountState::ReauthorizationRequired => Some("reauthorization_required"),
            _ => (account.cdr.state != CdrState::Active).then_some("cdr_not_active"),
        },
        JobKind::Purge | JobKind::Archive => {
            let has_database = matches!(
                account.cdr.state,
                CdrState::DatabaseReady | CdrState::Active | CdrState::Paused
            );
            let wanted = if kind == JobKind::Purge {
                let ages = settings.retain.iter().flat_map(|retain| &retain.classes);
                ages.clone().any(|(_, days)| days.is_some())
            } else {
                settings.archive.is_some()
            };
            match (has_database, wanted) {
                (false, _) => Some("no_database"),
                (true, false) if kind == JobKind::Purge => Some("nothing_to_purge"),
                (true, false) => Some("no_archive"),
                (true, true) => None,
            }
        }
        _ => None,
    }
}
