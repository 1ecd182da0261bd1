//! Erases one person: their fields are blanked in place, nothing is deleted, and nothing brings them back.

use std::collections::HashSet;

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    Retention, aside, blank, mention,
    pace::Pace,
    refuse_withdrawn,
    subject::{entries, is_entry, mentions, of_person},
    transfer::MOST,
};
use crate::{
    domain::{
        account::{Account, AccountId},
        command::quoted,
        directory::is_membership,
        failure::{Cause, Failure, Fault, Outcome},
        retention::{Cutoffs, Extent, Person},
        table::{Table, Value},
    },
    ports::{
        jobs::{Executor, JobEnd, Progress},
        records::{CallCursor, Record, RecordStore},
        retention::{Disposal, Replacement, Selection, Side},
        state::{Job, JobKind},
    },
};

/// What an erasure did.
fn done(runs: &[Disposal], held: u64) -> Json {
    let sum = |of: fn(&Disposal) -> u64| runs.iter().map(of).sum::<u64>();
    json!({
        "rows": {
            "calls": sum(|run| run.tally.calls),
            "elements": sum(|run| run.tally.elements),
            "directory": sum(|run| run.directory),
            "rejected": sum(|run| run.rejected),
        },
        "held": held,
    })
}

/// Calls of a person by their relation to holds.
fn side(person: &Person, holds: Vec<Extent>, side: Side) -> Selection {
    Selection {
        holds,
        side,
        ..of_person(person)
    }
}

type Entries = Vec<(&'static Table, Record)>;

/// Directory entries that a hold keeps, and the others: one on everything, or on a person whom an entry is about, with
/// all other entries of the same user. A membership of a queue knows neither address nor number.
fn by_holds(people: Entries, holds: &[Extent]) -> (Entries, Entries) {
    let is_held = |record: &Record| {
        holds
            .iter()
            .any(|hold| hold.is_everything() || hold.person.as_ref().is_some_and(|person| is_entry(record, person)))
    };
    let held: HashSet<String> = people
        .iter()
        .filter(|(_, record)| is_held(record))
        .filter_map(|(_, record)| blank::text(record, "id").map(str::to_owned))
        .collect();
    people
        .into_iter()
        .partition(|(_, record)| is_held(record) || blank::text(record, "id").is_some_and(|id| held.contains(id)))
}

impl Retention {
    /// Asks for a person to be erased.
    ///
    /// # Errors
    /// All of it is held (`Cause::Blocked`), the account is withdrawn, or a database does not answer.
    pub async fn erase(&self, account: &Account, person: &Person) -> Outcome<Job> {
        refuse_withdrawn(account)?;
        if let Some(running) = self.jobs.unfinished(JobKind::Erase, &account.id) {
            let asked = self.erasures.asked(&request_of(&running)).await?;
            if asked.is_some_and(|(other, _)| (other.kind(), other.normal()) == (person.kind(), person.normal())) {
                return Ok(running);
            }
            return Err(Fault::new(
                Cause::Conflict,
                "erasure_running",
                format!("another erasure for {} is {}", account.name, running.state),
            )
            .hint(format!("wait for it: callsyncctl job wait {}", running.id))
            .into());
        }
        // Without a database, or with one that does not answer, there is nothing to begin.
        self.databases(account).await?;
        self.refuse_held(account, person).await?;
        let id = Uuid::now_v7().simple().to_string();
        self.erasures
            .ask_erasure(&id, &account.id, person, self.clock.now())
            .await?;
        // The job names the request, not the person: its history is not sealed.
        let parameters = json!({"erasure": id}).to_string();
        self.jobs.enqueue(JobKind::Erase, &account.id, parameters).await
    }

    /// Refuses when everything that is known of a person is held.
    ///
    /// # Errors
    /// `Cause::Blocked`, code `held`.
    pub async fn refuse_held(&self, account: &Account, person: &Person) -> Outcome<()> {
        let holds = self.extents(&account.id).await?;
        if holds.is_empty() {
            return Ok(());
        }
        let databases = self.databases(account).await?;
        let (mut free, mut held) = (0, 0);
        for store in databases.all() {
            free += store.tally(&side(person, holds.clone(), Side::Free)).await?.calls;
            held += store.tally(&side(person, holds.clone(), Side::Held)).await?.calls;
            for found in aside::about(store.as_ref(), person, &holds).await? {
                if found.is_held {
                    held += 1;
                } else {
                    free += 1;
                }
            }
        }
        for store in databases.all() {
            let people = entries(store.as_ref(), person).await?;
            let mentions = mentions(store.as_ref(), person, &people).await?.len() as u64;
            let (kept, others) = by_holds(people, &holds);
            let of_mentions = if keeps_mentions(&kept, &holds) { mentions } else { 0 };
            held += kept.len() as u64 + of_mentions;
            free += others.len() as u64 + mentions - of_mentions;
        }
        if held == 0 || free > 0 {
            return Ok(());
        }
        let message = format!("all {held} records of this person are held; nothing was erased");
        Err(Fault::new(Cause::Blocked, "held", message)
            .hint(format!("callsyncctl hold list {}", quoted(&account.name)))
            .into())
    }
}

/// The request that a job carries out.
fn request_of(job: &Job) -> String {
    let parameters: Json = serde_json::from_str(&job.parameters).unwrap_or_default();
    parameters["erasure"].as_str().unwrap_or_default().to_owned()
}

/// Executor of [`JobKind::Erase`].
pub struct Erase(pub Retention);

#[async_trait]
impl Executor for Erase {
    async fn run(&self, job: &Job, progress: &dyn Progress, stop: &CancellationToken) -> JobEnd {
        match self.erase(job, progress, stop).await {
            Ok(result) => JobEnd::Succeeded(result.to_string()),
            Err(failure) => JobEnd::Failed(failure),
        }
    }
}

impl Erase {
    async fn erase(&self, job: &Job, progress: &dyn Progress, stop: &CancellationToken) -> Outcome<Json> {
        let Some(id) = &job.account else {
            return Err(Failure::Cancelled);
        };
        let request = request_of(job);
        let request = request.as_str();
        let account = self.0.workable(id).await?;
        let databases = self.0.databases(&account).await?;
        let Some((person, asked_at)) = self.0.erasures.asked(request).await? else {
            // Finished before the last end of the daemon: only the end of the job was lost.
            return Ok(done(&[], 0));
        };
        let now = self.0.clock.now();
        for store in databases.all() {
            let disposal = Disposal::new(request.to_owned(), "erase", asked_at, Cutoffs::default());
            store.begin(&disposal).await?;
        }
        let mut people = Vec::new();
        for store in databases.all() {
            people.extend(entries(store.as_ref(), &person).await?);
        }
        self.remember(request, id, &person, &people, asked_at).await?;
        let mut work = Work {
            retention: &self.0,
            account: id,
            person: &person,
            run: request,
            now,
            done: 0,
        };
        for store in databases.all() {
            work.calls(store.as_ref(), progress, stop).await?;
        }
        let mut kept = 0;
        for store in databases.all() {
            kept += work.directory(store.as_ref()).await?;
            kept += work.aside(store.as_ref()).await?;
        }
        let holds = self.0.extents(id).await?;
        let mut held = kept;
        if !holds.is_empty() {
            for store in databases.all() {
                held += store.tally(&side(&person, holds.clone(), Side::Held)).await?.calls;
            }
        }
        let mut runs = Vec::new();
        for store in databases.all() {
            runs.extend(store.end(request, held).await?);
        }
        // If we die before this line the work is done once more and finds nothing left.
        self.0.erasures.erased(request).await?;
        progress.finish(work.done, Some(work.done));
        Ok(done(&runs, held))
    }

    /// Remembers what else the person is known by, so that a membership or a pending invitation is recognised too.
    async fn remember(
        &self,
        request: &str,
        account: &AccountId,
        person: &Person,
        people: &[(&'static Table, Record)],
        at: Timestamp,
    ) -> Outcome<()> {
        let known = mention::known_by(person, people).into_iter();
        let aliases = known.filter_map(|(kind, text)| Person::kept(kind, text));
        for (number, alias) in aliases.filter(|alias| alias != person).enumerate() {
            let id = format!("{request}/{number}");
            self.0.erasures.ask_erasure(&id, account, &alias, at).await?;
            self.0.erasures.erased(&id).await?;
        }
        Ok(())
    }
}

/// One erasure at work.
struct Work<'a> {
    retention: &'a Retention,
    account: &'a AccountId,
    person: &'a Person,
    run: &'a str,
    now: Timestamp,
    done: u64,
}

impl Work<'_> {
    async fn calls(
        &mut self,
        store: &dyn RecordStore,
        progress: &dyn Progress,
        stop: &CancellationToken,
    ) -> Outcome<()> {
        let mut pace = Pace::default();
        let mut after: Option<CallCursor> = None;
        loop {
            let holds = self.retention.extents(self.account).await?;
            let which = side(self.person, holds, Side::Free);
            let keys = store.keys(&which, after.clone(), pace.size().min(MOST)).await?;
            let Some(last) = keys.last() else { return Ok(()) };
            after = Some(last.clone());
            let began = Instant::now();
            let keys: Vec<String> = keys.into_iter().map(|(_, key)| key).collect();
            let blanked: Vec<_> = store
                .bundles(&keys)
                .await?
                .iter()
                .filter_map(|bundle| blank::without(bundle, self.person, self.now))
                .collect();
            self.done += blanked.len() as u64;
            // If we die before this line the same calls are found again; after it they are nobody's.
            store.put(blanked, Some(self.run), true).await?;
            progress.set(self.done, None);
            if stop.is_cancelled() {
                return Err(Failure::Cancelled);
            }
            pace.rest(began).await;
        }
    }

    /// Blanks directory entries; returns how many holds keep.
    async fn directory(&mut self, store: &dyn RecordStore) -> Outcome<u64> {
        let holds = self.retention.extents(self.account).await?;
        let people = entries(store, self.person).await?;
        let mentions = mentions(store, self.person, &people).await?;
        let known = mention::known_by(self.person, &people);
        let (held, free) = by_holds(people, &holds);
        let mut kept = held.len() as u64;
        let mut replacements = Vec::new();
        if keeps_mentions(&held, &holds) {
            kept += mentions.len() as u64;
        } else {
            let erased = |other: &Person| known.contains(&(other.kind(), other.normal())).then_some(self.now);
            replacements.extend(mentions.iter().filter_map(|(table, record)| {
                Some(Replacement {
                    table,
                    place: place(table, record),
                    record: mention::without(table, record, &erased)?,
                })
            }));
        }
        // The person's own entries come last: if we die before, mentions are found by them once more.
        replacements.extend(free.into_iter().map(|(table, record)| self.replacement(table, record)));
        self.done += replacements.len() as u64;
        for some in replacements.chunks(MOST) {
            store.replace(some.to_vec(), self.run).await?;
        }
        Ok(kept)
    }

    /// Blanks what is kept aside and names the person; returns how much of it holds keep.
    async fn aside(&mut self, store: &dyn RecordStore) -> Outcome<u64> {
        let holds = self.retention.extents(self.account).await?;
        let found = aside::about(store, self.person, &holds).await?;
        let (kept, free): (Vec<_>, Vec<_>) = found.into_iter().partition(|found| found.is_held);
        let ids: Vec<i64> = free.iter().map(|found| found.id).collect();
        self.done += ids.len() as u64;
        for some in ids.chunks(MOST) {
            // If we die before this line the same records are found again; after it they name nobody.
            store.blank_aside(some, &aside::blanked(self.now), self.run).await?;
        }
        Ok(kept.len() as u64)
    }

    fn replacement(&self, table: &'static Table, mut record: Record) -> Replacement {
        let (key, place) = (key(table), place(table, &record));
        for (name, value) in &mut record {
            if *name == "erased_at" {
                *value = Value::Time(self.now);
            } else if *name == "extra" || (blank::is_personal(name) && !key.contains(name)) {
                *value = Value::Null;
            } else if let Some(email) = value.as_text().and_then(|text| text.strip_prefix("email:")) {
                // The key of an invited person is their address.
                let person = Person::Email(email.to_owned());
                *value = Value::Text(self.retention.erasures.pseudonym(self.account, &person));
            }
        }
        let digest = hex::encode(blank::digest(&record));
        if let Some((_, stored)) = record.iter_mut().find(|(name, _)| *name == "content_digest") {
            *stored = Value::Text(digest);
        }
        Replacement { table, place, record }
    }
}

/// The columns of a stored key.
fn key(table: &Table) -> Vec<&'static str> {
    let columns = table.key().iter().map(|column| column.name);
    columns.chain(is_membership(table).then_some("valid_from")).collect()
}

/// Where an entry is.
fn place(table: &Table, record: &Record) -> Vec<Value> {
    let stored = |wanted: &str| {
        let found = record.iter().find(|(name, _)| *name == wanted);
        found.map_or(Value::Null, |(_, value)| value.clone())
    };
    key(table).into_iter().map(stored).collect()
}

/// Whether holds keep entries that only mention the person: when they keep one that is about them, or everything.
fn keeps_mentions(kept: &[(&'static Table, Record)], holds: &[Extent]) -> bool {
    !kept.is_empty() || holds.iter().any(Extent::is_everything)
}
