//! Schedules in memory, for tests of rooms that only need some.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{
    domain::{
        account::AccountId,
        failure::{Cause, Fault, Outcome},
    },
    ports::schedules::{Schedule, ScheduleBook, Turn},
};

/// What the state store keeps of schedules.
#[derive(Default)]
pub(crate) struct MemorySchedules(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    schedules: Vec<Schedule>,
    marks: BTreeMap<String, Timestamp>,
    turns: Vec<Turn>,
}

impl MemorySchedules {
    fn with<T>(&self, look: impl FnOnce(&mut Kept) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Every turn, in the order of noticing.
    pub(crate) fn turns(&self) -> Vec<Turn> {
        self.with(|kept| kept.turns.clone())
    }
}

#[async_trait]
impl ScheduleBook for MemorySchedules {
    async fn schedules(&self) -> Outcome<Vec<Schedule>> {
        Ok(self.with(|kept| kept.schedules.clone()))
    }

    async fn add_schedule(&self, schedule: Schedule) -> Outcome<()> {
        self.with(|kept| kept.schedules.push(schedule));
        Ok(())
    }

    async fn remove_schedule(&self, id: &str) -> Outcome<()> {
        self.with(|kept| {
            let before = kept.schedules.len();
            kept.schedules.retain(|schedule| schedule.id != id);
            if kept.schedules.len() == before {
                return Err(Fault::new(Cause::NotFound, "schedule_not_found", "no such schedule").into());
            }
            Ok(())
        })
    }

    async fn marks(&self) -> Outcome<Vec<(String, Timestamp)>> {
        Ok(self.with(|kept| kept.marks.clone().into_iter().collect()))
    }

    async fn set_mark(&self, id: &str, _: &AccountId, until: Timestamp) -> Outcome<()> {
        self.with(|kept| kept.marks.insert(id.to_owned(), until));
        Ok(())
    }

    async fn had_turn(&self, id: &str, due: Timestamp) -> Outcome<bool> {
        Ok(self.with(|kept| kept.turns.iter().any(|turn| turn.schedule == id && turn.due == due)))
    }

    async fn note_turn(&self, turn: Turn, until: Timestamp) -> Outcome<()> {
        self.with(|kept| {
            kept.marks.insert(turn.schedule.clone(), until);
            kept.turns.push(turn);
        });
        Ok(())
    }

    async fn last_turns(&self) -> Outcome<Vec<Turn>> {
        Ok(self.with(|kept| {
            let newest: BTreeMap<String, Turn> = kept
                .turns
                .iter()
                .map(|turn| (turn.schedule.clone(), turn.clone()))
                .collect();
            newest.into_values().collect()
        }))
    }
}
