//! One run of directory sync: read every entity, apply it, and report what could not be read.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use async_trait::async_trait;
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::{
    listings::{ENTITIES, Entity, Source},
    report::{Counts, conclude, encode},
};
use crate::{
    crash_points::{CrashPoint, reach},
    domain::{
        account::AccountId,
        clock::SharedClock,
        failure::{Cause, Failure, Fault, Outcome},
        paging::PageWalk,
        table::{Parsed, Row, Table},
    },
    ports::{
        jobs::{Executor, JobEnd, Progress},
        primary::Primary,
        records::{RecordStore, Snapshot, SnapshotReceipt, SyncRun},
        state::{ActivityBook, Job, JobKind},
        zoom::{Listing, ZoomData},
    },
};

/// Requests in flight for member and detail listings.
const AT_ONCE: usize = 4;
/// How often a listing starts again when its paging breaks.
const RESTARTS: u32 = 3;
/// A listing may shrink by this share before it is believed to be broken. One entry may always go: of three people in a
/// queue one leaves on any day, and no fault of a listing loses just one.
const SHRINK_PERCENT: u64 = 30;

/// Executor of [`JobKind::Sync`].
pub struct Sync {
    /// Opens the database.
    pub primary: Primary,
    /// Zoom.
    pub zoom: Arc<dyn ZoomData>,
    /// Attempts and errors.
    pub activity: Arc<dyn ActivityBook>,
    /// The clock.
    pub clock: SharedClock,
    /// Derives a row of a one-column table from its value.
    pub name_row: fn(&'static Table, String) -> Row,
}

#[async_trait]
impl Executor for Sync {
    async fn run(&self, job: &Job, progress: &dyn Progress, stop: &CancellationToken) -> JobEnd {
        let Some(id) = &job.account else {
            return JobEnd::Failed(Failure::Cancelled);
        };
        let started_at = self.clock.now();
        let mut activity = match self.activity.activity(id, JobKind::Sync).await {
            Ok(activity) => activity,
            Err(failure) => return JobEnd::Failed(failure),
        };
        activity.last_attempt = Some(started_at);
        let mut counts = Counts::new();
        let accept_removals = accepts_removals(&job.parameters);
        let result = self.sync(id, accept_removals, progress, stop, &mut counts).await;
        let finished_at = self.clock.now();
        let end = conclude(result, &counts);
        if matches!(end, JobEnd::Failed(Failure::Cancelled)) {
            return end;
        }
        let (outcome, error) = match &end {
            JobEnd::Succeeded(_) => ("succeeded", None),
            JobEnd::Partial { fault, .. } => ("partial", Some(fault.message.clone())),
            JobEnd::Failed(failure) => ("failed", Some(failure.to_string())),
        };
        if outcome == "succeeded" {
            activity.last_success = Some(finished_at);
        }
        activity.last_outcome = Some(outcome.to_owned());
        activity.last_error.clone_from(&error);
        activity.last_duration_ms = i64::try_from(finished_at.duration_since(started_at).as_millis()).ok();
        if !counts.is_empty() {
            activity.detail = Some(encode(&counts));
        }
        let run = SyncRun {
            id: job.id.clone(),
            started_at,
            finished_at,
            outcome,
            entities: encode(&counts),
            error,
        };
        self.keep(id, run).await;
        match self.activity.save_activity(id, JobKind::Sync, &activity).await {
            Ok(()) => end,
            Err(failure) => JobEnd::Failed(failure),
        }
    }
}

impl Sync {
    async fn keep(&self, id: &AccountId, run: SyncRun) {
        let kept = match self.primary.active(id).await {
            Ok((_, store)) => store.record_sync_run(run).await,
            Err(failure) => Err(failure),
        };
        if let Err(failure) = kept {
            warn!(account_id = id.as_str(), error = %failure, "the run of sync could not be noted in the database");
        }
    }

    async fn sync(
        &self,
        id: &AccountId,
        accept_removals: bool,
        progress: &dyn Progress,
        stop: &CancellationToken,
        counts: &mut Counts,
    ) -> Outcome<()> {
        let (_, store) = self.primary.active(id).await?;
        let total = Some(ENTITIES.len() as u64);
        let mut unread: BTreeSet<&'static str> = BTreeSet::new();
        let mut keys: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
        for (position, entity) in ENTITIES.iter().enumerate() {
            progress.set(position as u64, total);
            let result = tokio::select! {
                result = self.entity(id, &store, entity, accept_removals, &mut keys, &unread) => result,
                () = stop.cancelled() => Err(Failure::Cancelled),
            };
            match result {
                Ok((receipt, missing)) => {
                    if missing.is_some() {
                        unread.insert(entity.table.name);
                    }
                    counts.insert(entity.name, (receipt, missing));
                }
                Err(failure) if ends_the_run(&failure) => return Err(failure),
                Err(failure) => {
                    warn!(account_id = id.as_str(), entity = entity.name, error = %failure, "a listing could not be read");
                    unread.insert(entity.table.name);
                    counts.insert(entity.name, (SnapshotReceipt::default(), Some(failure.to_string())));
                }
            }
        }
        progress.finish(ENTITIES.len() as u64, total);
        Ok(())
    }

    /// Reads and applies one entity; the second value says what is missing of it.
    async fn entity(
        &self,
        id: &AccountId,
        store: &Arc<dyn RecordStore>,
        entity: &'static Entity,
        accept_removals: bool,
        keys: &mut BTreeMap<&'static str, Vec<String>>,
        unread: &BTreeSet<&'static str>,
    ) -> Outcome<(SnapshotReceipt, Option<String>)> {
        let (parsed, mut missing) = match &entity.source {
            Source::Listings(listings) => self.together(id, listings).await?,
            Source::FirstOf(listings) => (self.first_of(id, listings).await?, None),
            Source::PerRow { parent, listing } => {
                let parents = keys.get(parent.name).cloned().unwrap_or_default();
                let (parsed, missing) = self.per_row(id, parents, *listing).await?;
                (
                    parsed,
                    missing.or_else(|| {
                        unread
                            .contains(parent.name)
                            .then(|| format!("{} could not be read", parent.name))
                    }),
                )
            }
            Source::Detailed { list, detail } => self.detailed(id, list, *detail).await?,
            Source::Distinct(columns) => {
                let mut names = BTreeSet::new();
                for (table, column) in *columns {
                    names.extend(store.distinct(table, column).await?);
                }
                let rows = names
                    .into_iter()
                    .map(|name| (self.name_row)(entity.table, name))
                    .collect();
                let incomplete = columns.iter().any(|(table, _)| unread.contains(table.name));
                (
                    Parsed {
                        rows,
                        rejected: Vec::new(),
                    },
                    incomplete.then(|| "derived from a listing that is missing".to_owned()),
                )
            }
        };
        // What is derived is as sound as the listings it comes from, and those were judged.
        let is_listed = !matches!(entity.source, Source::Distinct(_));
        if missing.is_none() && is_listed && !accept_removals {
            let held = store.directory_count(entity.table).await?;
            let now = parsed.rows.len() as u64;
            missing = shrank(held, now).then(|| {
                format!(
                    "the listing shrank from {held} to {now} entries; nobody was removed. If they are really gone: \
                     callsyncctl sync run ACCOUNT --accept-removals"
                )
            });
        }
        keys.insert(
            entity.table.name,
            parsed.rows.iter().map(|row| row.key().to_owned()).collect(),
        );
        let receipt = store
            .apply_snapshot(Snapshot {
                table: entity.table,
                rows: parsed.rows,
                rejected: parsed.rejected,
                complete: missing.is_none(),
            })
            .await?;
        reach(CrashPoint::SnapshotCommitted);
        Ok((receipt, missing))
    }

    /// Listings that make up one entity; one that fails leaves the others usable.
    async fn together(&self, id: &AccountId, listings: &[Listing]) -> Outcome<(Parsed, Option<String>)> {
        let mut whole = Parsed::default();
        let mut missing = None;
        let mut usable = false;
        let mut last = None;
        for listing in listings {
            match self.listing(id, listing).await {
                Ok(part) => {
                    usable = true;
                    extend(&mut whole, part);
                }
                Err(failure) if ends_the_run(&failure) => return Err(failure),
                Err(failure) => {
                    missing = Some(failure.to_string());
                    last = Some(failure);
                }
            }
        }
        match last {
            Some(failure) if !usable => Err(failure),
            _ => Ok((whole, missing)),
        }
    }

    async fn first_of(&self, id: &AccountId, listings: &[Listing]) -> Outcome<Parsed> {
        let mut last = Failure::NotFound;
        for listing in listings {
            match self.listing(id, listing).await {
                Ok(parsed) => return Ok(parsed),
                Err(Failure::Permanent(fault)) if fault.cause == Cause::Zoom => last = Failure::Permanent(fault),
                Err(Failure::NotFound) => {}
                Err(failure) => return Err(failure),
            }
        }
        Err(last)
    }

    async fn per_row(
        &self,
        id: &AccountId,
        keys: Vec<String>,
        listing: fn(String) -> Listing,
    ) -> Outcome<(Parsed, Option<String>)> {
        let mut whole = Parsed::default();
        let mut missing = None;
        let mut parts = stream::iter(keys.into_iter().map(|key| {
            let listing = listing(key);
            async move { self.listing(id, &listing).await }
        }))
        .buffer_unordered(AT_ONCE);
        while let Some(part) = parts.next().await {
            match part {
                Ok(part) => extend(&mut whole, part),
                // Its parent was deleted between the two listings: it has no members any more.
                Err(Failure::NotFound) => {}
                Err(failure) if ends_the_run(&failure) => return Err(failure),
                Err(failure) => missing = Some(failure.to_string()),
            }
        }
        Ok((whole, missing))
    }

    async fn detailed(
        &self,
        id: &AccountId,
        list: &Listing,
        detail: fn(String) -> Listing,
    ) -> Outcome<(Parsed, Option<String>)> {
        let listed = self.listing(id, list).await?;
        let rejected = listed.rejected;
        let completed: Vec<(Option<Row>, Option<String>)> = stream::iter(listed.rows.into_iter().map(|row| {
            let listing = detail(row.key().to_owned());
            async move {
                match self.zoom.list(id, &listing, None).await {
                    Ok(page) => match page.parsed.rows.into_iter().find(|full| full.key() == row.key()) {
                        Some(full) => Ok((Some(full), None)),
                        None => Ok((Some(row), None)),
                    },
                    // Some accounts have no detail endpoint; the list's row is what there is.
                    Err(Failure::NotFound) => Ok((Some(row), None)),
                    Err(Failure::Permanent(fault)) if fault.code == "endpoint_gone" => Ok((Some(row), None)),
                    Err(failure) if ends_the_run(&failure) => Err(failure),
                    // Storing the list's row would blank what only the detail has: leave the stored one as it is.
                    Err(failure) => Ok((None, Some(failure.to_string()))),
                }
            }
        }))
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
        let mut missing = None;
        let mut rows = Vec::with_capacity(completed.len());
        for (row, failure) in completed {
            rows.extend(row);
            missing = missing.or(failure);
        }
        Ok((Parsed { rows, rejected }, missing))
    }

    /// Every page of one listing.
    async fn listing(&self, id: &AccountId, listing: &Listing) -> Outcome<Parsed> {
        let mut restarts = 0;
        loop {
            match self.walk(id, listing).await {
                Err(Failure::PageTokenExpired) if restarts < RESTARTS => restarts += 1,
                Err(Failure::PageTokenExpired) => {
                    return Err(Failure::Retry {
                        fault: Fault::new(
                            Cause::Zoom,
                            "paging_broken",
                            format!("Zoom's paging of {listing:?} keeps breaking"),
                        )
                        .hint("It is tried again at the next sync."),
                        after: None,
                    });
                }
                other => return other,
            }
        }
    }

    async fn walk(&self, id: &AccountId, listing: &Listing) -> Outcome<Parsed> {
        let mut pages = PageWalk::new();
        let mut whole = Parsed::default();
        let mut token: Option<String> = None;
        loop {
            let page = self.zoom.list(id, listing, token.as_deref()).await?;
            let count = page.parsed.rows.len() + page.parsed.rejected.len();
            let next = pages.accept(page.digest, count, page.next).map_err(|fault| {
                warn!(account_id = id.as_str(), ?listing, "{fault}; the listing is read again");
                Failure::PageTokenExpired
            })?;
            extend(&mut whole, page.parsed);
            match next {
                Some(next) => token = Some(next),
                None => return Ok(whole),
            }
        }
    }
}

fn extend(whole: &mut Parsed, part: Parsed) {
    whole.rows.extend(part.rows);
    whole.rejected.extend(part.rejected);
}

/// Whether a failure concerns everything, not just one listing.
fn ends_the_run(failure: &Failure) -> bool {
    match failure {
        Failure::Cancelled => true,
        Failure::Retry { fault, .. } | Failure::Permanent(fault) => !matches!(fault.cause, Cause::Zoom),
        Failure::PageTokenExpired | Failure::NotFound => false,
    }
}

fn shrank(held: u64, now: u64) -> bool {
    let gone = held.saturating_sub(now);
    gone > 1 && gone * 100 > held * SHRINK_PERCENT
}

/// Whether a person vouched for what a listing lost.
fn accepts_removals(parameters: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(parameters).is_ok_and(|asked| asked["accept_removals"] == true)
}

#[cfg(test)]
mod tests {
    use super::{accepts_removals, shrank};

    #[test]
    fn a_listing_shrinks_suspiciously_when_more_than_thirty_percent_and_more_than_one_are_gone() {
        for (held, now, suspicious) in [
            (0, 0, false),
            (1, 0, false),
            (3, 2, false),
            (2, 0, true),
            (5, 3, true),
            (10, 7, false),
            (10, 6, true),
            (1_000, 700, false),
            (1_000, 699, true),
            (10, 40, false),
        ] {
            assert_eq!(shrank(held, now), suspicious, "{held} to {now}");
        }
    }

    #[test]
    fn only_a_person_vouches_for_what_is_gone() {
        assert!(accepts_removals(r#"{"accept_removals":true}"#));
        for parameters in [
            "{}",
            r#"{"accept_removals":false}"#,
            "",
            r#"{"accept_removals":"true"}"#,
        ] {
            assert!(!accepts_removals(parameters), "{parameters}");
        }
    }
}
