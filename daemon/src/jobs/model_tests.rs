//! Random lives of the queue: of a kind and account one job is unfinished at most, and a crash forgets nothing.

use std::{collections::BTreeMap, sync::Arc};

use ::hostile::model;
use proptest::{collection::vec, prelude::*};

use super::{
    Jobs,
    tests::{MemoryBook, account, clock},
};
use crate::{
    domain::account::AccountId,
    ports::{
        jobs::JobQueue as _,
        state::{JobBook, JobKind, JobState},
    },
};

const KINDS: [JobKind; 4] = [JobKind::Cdr, JobKind::Sync, JobKind::Purge, JobKind::Archive];

/// A kind, and one of two accounts.
type Place = (usize, bool);

#[derive(Debug, Clone)]
enum Happening {
    Asked(Place),
    /// The runner takes it up.
    Begun(Place),
    Ended(Place),
    Cancelled(Place),
    Killed,
}

fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    let place = || (0..KINDS.len(), any::<bool>());
    let one = prop_oneof![
        4 => place().prop_map(Happening::Asked),
        3 => place().prop_map(Happening::Begun),
        3 => place().prop_map(Happening::Ended),
        1 => place().prop_map(Happening::Cancelled),
        1 => Just(Happening::Killed),
    ];
    vec(one, 1..60)
}

fn of((kind, first): Place) -> (JobKind, AccountId) {
    (KINDS[kind], account(if first { "a" } else { "b" }))
}

fn queue(book: &Arc<MemoryBook>) -> Jobs {
    Jobs::new(Arc::clone(book) as Arc<dyn JobBook>, Arc::new(clock()))
}

/// The queue, and what is unfinished in the model.
struct Life {
    book: Arc<MemoryBook>,
    jobs: Jobs,
    wanted: BTreeMap<Place, JobState>,
}

impl Life {
    async fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Asked(place) => {
                let (kind, whose) = of(place);
                let job = self.jobs.enqueue(kind, &whose, "{}".to_owned()).await.expect("queued");
                let state = *self.wanted.entry(place).or_insert(JobState::Queued);
                assert_eq!((job.kind, job.state), (kind, state));
            }
            Happening::Begun(place) => {
                // As the runner does: durable, whatever becomes of the process.
                if let Some(state @ JobState::Queued) = self.wanted.get_mut(&place) {
                    let (kind, whose) = of(place);
                    let mut job = self.jobs.unfinished(kind, &whose).expect("it waits");
                    job.state = JobState::Running;
                    self.book.save_job(&job).await.expect("kept");
                    let live = self.jobs.live();
                    live.get(&job.id).expect("live").job.send_replace(job.clone());
                    *state = JobState::Running;
                }
            }
            Happening::Ended(place) => {
                if self.wanted.get(&place) == Some(&JobState::Running) {
                    let (kind, whose) = of(place);
                    let job = self.jobs.unfinished(kind, &whose).expect("it runs");
                    let ended = self.jobs.finish(&job.id, |job| job.state = JobState::Succeeded).await;
                    assert_eq!(ended.expect("kept").map(|job| job.state), Some(JobState::Succeeded));
                    self.wanted.remove(&place);
                }
            }
            Happening::Cancelled(place) => {
                if self.wanted.get(&place) == Some(&JobState::Queued) {
                    let (kind, whose) = of(place);
                    let job = self.jobs.unfinished(kind, &whose).expect("it waits");
                    self.jobs.cancel(&job.id).await.expect("cancelled");
                    self.wanted.remove(&place);
                }
            }
            Happening::Killed => {
                self.jobs = queue(&self.book);
                let interrupted = self.jobs.recover().await.expect("recovered");
                let ran = self.wanted.values().filter(|state| **state == JobState::Running);
                assert_eq!(interrupted.len(), ran.count());
                // Those that only the queue remembers wait again; the others are asked for by their owners.
                let goes_on = |kind: usize| matches!(KINDS[kind], JobKind::Purge | JobKind::Archive);
                self.wanted
                    .retain(|(kind, _), state| *state == JobState::Queued || goes_on(*kind));
                self.wanted.values_mut().for_each(|state| *state = JobState::Queued);
            }
        }
    }
}

#[test]
fn whatever_happens_one_job_of_a_kind_is_unfinished_and_a_crash_forgets_nothing() {
    model::hold(80, happenings(), |happenings| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let book = Arc::new(MemoryBook::default());
            let mut life = Life {
                jobs: queue(&book),
                book,
                wanted: BTreeMap::new(),
            };
            for happening in happenings {
                life.happen(happening).await;
                let unfinished = life.book.unfinished_jobs().await.expect("read");
                assert_eq!(unfinished.len(), life.wanted.len(), "{unfinished:?}");
                for (place, state) in &life.wanted {
                    let (kind, whose) = of(*place);
                    let job = life.jobs.unfinished(kind, &whose).expect("live");
                    assert_eq!(job.state, *state);
                    assert_eq!(life.book.job(&job.id).await.expect("kept").state, *state);
                }
            }
        });
    });
}
