//! The verbs of `callsyncctl schedule`: add, list, preview, remove.

use jiff::Timestamp;
use uuid::Uuid;

use super::{Scheduler, slot::Slot};
use crate::{
    domain::{
        account::{Account, AccountId},
        command::quoted,
        failure::{Cause, Fault, Outcome},
        schedule::{Firing, Timetable},
    },
    ports::{
        schedules::{Schedule, Turn},
        state::JobKind,
    },
};

/// Kinds that a person can schedule.
const KINDS: [JobKind; 3] = [JobKind::Sync, JobKind::Purge, JobKind::Archive];
/// Most schedules of an account.
const MOST: usize = 50;

/// A schedule in force, with its next and its last run.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The schedule.
    pub slot: Slot,
    /// When it is due next; absent when its zone is gone from this system.
    pub next: Option<Timestamp>,
    /// What became of the last due run.
    pub last: Option<Turn>,
}

/// What a person typed.
#[derive(Debug, Clone)]
pub struct Asked {
    /// `sync`, `purge`, `archive`.
    pub kind: String,
    /// `mon-fri`.
    pub days: String,
    /// `HH:MM`.
    pub at: Vec<String>,
    /// IANA name.
    pub timezone: String,
}

impl Scheduler {
    /// Adds a schedule.
    ///
    /// # Errors
    /// `Cause::Usage` when something typed is no good, code `schedule_exists`, `too_many_schedules`, `deauthorized`.
    pub async fn add(&self, account: &Account, asked: &Asked, dry_run: bool) -> Outcome<Listed> {
        let kind = KINDS
            .into_iter()
            .find(|kind| kind.as_str() == asked.kind)
            .ok_or_else(|| {
                invalid(format!(
                    "\"{}\" cannot be scheduled; use sync, purge or archive",
                    asked.kind
                ))
            })?;
        let timetable = Timetable::parse(&asked.days, &asked.at, &asked.timezone).map_err(invalid)?;
        if account.state.is_withdrawn() {
            return Err(Fault::new(
                Cause::Blocked,
                "deauthorized",
                format!("{} is {}; nothing is scheduled for it", account.name, account.state),
            )
            .hint(format!("callsyncctl account show {}", quoted(&account.name)))
            .into());
        }
        let others = self.0.book.schedules().await?;
        let own: Vec<&Schedule> = others.iter().filter(|other| other.account == account.id).collect();
        if let Some(same) = own
            .iter()
            .find(|other| other.kind == kind && other.timetable == timetable)
        {
            return Err(Fault::new(
                Cause::Conflict,
                "schedule_exists",
                format!("{} has such a schedule already: {}", account.name, same.id),
            )
            .hint(format!("callsyncctl schedule list {}", quoted(&account.name)))
            .into());
        }
        if own.len() >= MOST {
            return Err(Fault::new(
                Cause::Conflict,
                "too_many_schedules",
                format!("{} has {MOST} schedules, which is the most", account.name),
            )
            .hint("One schedule takes several --at; remove others with callsyncctl schedule remove ID.")
            .into());
        }
        let schedule = Schedule {
            id: new_id(),
            account: account.id.clone(),
            kind,
            timetable,
            created_at: self.0.clock.now(),
        };
        if !dry_run {
            self.0.book.add_schedule(schedule.clone()).await?;
            self.look_again();
        }
        Ok(self.listed(schedule.into(), None))
    }

    /// Schedules in force for an account, or all of them; oldest first, implied slots last.
    ///
    /// # Errors
    /// The state store does not answer.
    pub async fn list(&self, account: Option<&AccountId>) -> Outcome<Vec<Listed>> {
        let (slots, _) = self.in_force().await?;
        let turns = self.0.book.last_turns().await?;
        Ok(slots
            .into_iter()
            .filter(|slot| account.is_none_or(|account| slot.account == *account))
            .map(|slot| {
                let last = turns.iter().find(|turn| turn.schedule == slot.id).cloned();
                self.listed(slot, last)
            })
            .collect())
    }

    /// The next due instants of some schedules together, soonest first, at most `count`.
    #[must_use]
    pub fn preview(&self, slots: &[Slot], count: usize) -> Vec<(Slot, Firing)> {
        let mut firings: Vec<(usize, Firing)> = Vec::new();
        for (place, slot) in slots.iter().enumerate() {
            if let Ok(next) = slot.timetable.after(self.from(slot)) {
                firings.extend(next.take(count).map(|firing| (place, firing)));
            }
        }
        firings.sort_by_key(|(place, firing)| (firing.at, *place));
        firings.truncate(count);
        firings
            .into_iter()
            .filter_map(|(place, firing)| slots.get(place).map(|slot| (slot.clone(), firing)))
            .collect()
    }

    /// Removes a schedule that a person added.
    ///
    /// # Errors
    /// Code `schedule_implied` for a slot that the settings imply, `schedule_not_found`.
    pub async fn remove(&self, listed: &Listed, account: &str, dry_run: bool) -> Outcome<()> {
        let slot = &listed.slot;
        if slot.created_at.is_none() {
            return Err(Fault::new(
                Cause::WrongState,
                "schedule_implied",
                format!("this slot follows from the settings of {account}, it was not added"),
            )
            .hint(format!(
                "callsyncctl schedule add {} {} with other times replaces a default slot; callsyncctl cdr set {} changes the settings.",
                slot.kind,
                quoted(account),
                quoted(account)
            ))
            .into());
        }
        if !dry_run {
            self.0.book.remove_schedule(&slot.id).await?;
            self.look_again();
        }
        Ok(())
    }

    fn listed(&self, slot: Slot, last: Option<Turn>) -> Listed {
        let next = slot
            .timetable
            .after(self.from(&slot))
            .ok()
            .and_then(|mut next| next.next());
        Listed {
            slot,
            next: next.map(|firing| firing.at),
            last,
        }
    }

    /// What comes next of a schedule comes after this: after a clock went back, after where it was.
    fn from(&self, slot: &Slot) -> Timestamp {
        let now = self.0.clock.now();
        self.looked_until(&slot.id).map_or(now, |until| until.max(now))
    }
}

fn invalid(message: String) -> Fault {
    Fault::new(Cause::Usage, "schedule_invalid", message).hint(
        "For example: callsyncctl schedule add sync ACCOUNT --days mon-fri --at 06:00 --at 17:00 --timezone America/New_York",
    )
}

/// Short enough to type, long enough not to meet another.
fn new_id() -> String {
    let mut id = Uuid::new_v4().simple().to_string();
    id.truncate(12);
    id
}
