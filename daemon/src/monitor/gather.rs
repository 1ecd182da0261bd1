//! Gathers the facts: from memory, from our own store, and from the databases within a patience.

use std::{collections::HashMap, time::Duration};

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};

use super::{
    facts::{AccountFacts, DaemonFacts, Facts, Runs, open_gaps},
    watch::{Counts, Monitor, PATIENCE},
};
use crate::{
    domain::{
        account::{Account, AccountId, CdrState},
        failure::{Cause, Failure, Fault},
        ledger::{LedgerWindow, WindowState, unrecoverable_after},
    },
    ports::state::JobKind,
};

/// Counts of a database are read again after this long; a database that does not answer, at every look.
const COUNTS_LAST: SignedDuration = SignedDuration::from_mins(5);
/// How long the state store has to answer.
const STORE_PATIENCE: Duration = Duration::from_secs(4);
/// Given-up notifications are told for so long.
const GIVEN_UP_TOLD: SignedDuration = SignedDuration::from_hours(24);

/// Gaps that are looked at for the oldest of them.
const MOST_GAPS: usize = 10_000;

/// When the first of these gaps is beyond what Zoom keeps; those that are already are past helping.
fn first_loss(gaps: &[LedgerWindow]) -> Option<Timestamp> {
    let open = gaps.iter().filter(|gap| gap.state == WindowState::Incomplete);
    open.map(|gap| unrecoverable_after(gap.window)).min()
}

impl Monitor {
    pub(super) async fn gather(&self, patience: Duration) -> Facts {
        let sources = &self.sources;
        let now = sources.clock.now();
        let started = tokio::time::Instant::now();
        let listed = tokio::time::timeout(STORE_PATIENCE.min(patience), sources.registry.accounts()).await;
        let took = started.elapsed();
        let (accounts, state_store) = match listed {
            Ok(Ok(accounts)) => (accounts, Ok(took)),
            Ok(Err(failure)) => (self.known_accounts(), Err(failure.to_string())),
            // In haste our own impatience proves nothing; the next look of the monitor itself does.
            Err(_) if patience < PATIENCE => (self.known_accounts(), self.known_store()),
            Err(_) => (self.known_accounts(), Err("it did not answer in time".to_owned())),
        };
        let told_since = now.saturating_sub(GIVEN_UP_TOLD).unwrap_or(now);
        let undelivered = tokio::time::timeout(STORE_PATIENCE.min(patience), sources.book.troubled(told_since))
            .await
            .ok()
            .and_then(Result::ok)
            .unwrap_or_default();
        let mut accounts = join_all(accounts.into_iter().map(|account| self.account(account, now, patience))).await;
        self.turns(&mut accounts, patience).await;
        self.forget_others(&accounts);
        Facts {
            daemon: DaemonFacts {
                now,
                started_at: sources.started_at,
                timers_idle: sources.host.timers_idle(),
                config_trouble: sources.host.config_trouble(),
                state_store,
                disks: sources.host.disks(),
                webhook: sources.host.webhook(),
                channels: sources.channels.configured().len(),
                undelivered,
                holidays: sources.host.holidays(),
            },
            accounts,
        }
    }

    /// Tells each account what became of its schedules' last due runs.
    async fn turns(&self, accounts: &mut [AccountFacts], patience: Duration) {
        let book = &self.sources.schedules;
        let read = async { tokio::try_join!(book.schedules(), book.last_turns()) };
        let Ok(Ok((schedules, turns))) = tokio::time::timeout(STORE_PATIENCE.min(patience), read).await else {
            // The check of the state store tells of that.
            return;
        };
        for turn in turns {
            let schedule = schedules.iter().find(|schedule| schedule.id == turn.schedule);
            let account = accounts.iter_mut().find(|facts| facts.account.id == turn.account);
            if let (Some(schedule), Some(account)) = (schedule, account) {
                account.turns.push((schedule.kind, turn));
            }
        }
    }

    /// How the state store answered at the last look.
    fn known_store(&self) -> Result<Duration, String> {
        self.memory(|memory| {
            let health = memory.health.as_ref();
            health.map_or(Ok(Duration::ZERO), |health| health.facts.daemon.state_store.clone())
        })
    }

    /// The accounts of the last look, for when the state store does not answer.
    fn known_accounts(&self) -> Vec<Account> {
        self.memory(|memory| {
            let health = memory.health.as_ref();
            health.map_or_else(Vec::new, |health| {
                health
                    .facts
                    .accounts
                    .iter()
                    .map(|facts| facts.account.clone())
                    .collect()
            })
        })
    }

    fn forget_others(&self, accounts: &[AccountFacts]) {
        let is_known = |id: &AccountId| accounts.iter().any(|facts| facts.account.id == *id);
        self.memory(|memory| {
            memory.runs.retain(|(id, _), _| is_known(id));
            memory.counts.retain(|id, _| is_known(id));
            memory.last_good.retain(|id, _| is_known(id));
            memory.first_loss.retain(|id, _| is_known(id));
            memory.active_since.retain(|id, _| is_known(id));
        });
    }

    async fn account(&self, account: Account, now: Timestamp, patience: Duration) -> AccountFacts {
        let sources = &self.sources;
        let id = account.id.clone();
        let (summary, quota) = tokio::join!(
            self.counts(&account, now, patience),
            tokio::time::timeout(patience, sources.zoom.quota(&id))
        );
        let last_poll = self.last_poll(&account, patience).await;
        let active = account.cdr.state == CdrState::Active;
        let (runs, last_summary, first_loss, active_since) = self.memory(|memory| {
            if let Some((_, Ok(counts))) = &summary {
                memory.last_good.insert(id.clone(), counts.clone());
            }
            let active_since = active.then(|| *memory.active_since.entry(id.clone()).or_insert(now));
            if !active {
                memory.active_since.remove(&id);
            }
            let mut runs: HashMap<JobKind, Runs> = memory
                .runs
                .iter()
                .filter(|((owner, _), _)| *owner == id)
                .map(|((_, kind), runs)| (*kind, runs.clone()))
                .collect();
            if let Some(last) = last_poll {
                let polls = runs.entry(JobKind::Cdr).or_default();
                polls.last_success = polls.last_success.max(Some(last));
                polls.answered = polls.answered.max(Some(last));
            }
            let first_loss = memory.first_loss.get(&id).copied();
            (runs, memory.last_good.get(&id).cloned(), first_loss, active_since)
        });
        AccountFacts {
            next_poll: sources.alarm.next(&id, JobKind::Cdr),
            polling: sources.queue.unfinished(JobKind::Cdr, &id).is_some(),
            last_webhook: sources.host.last_webhook(&account),
            quota: quota.unwrap_or_default(),
            turns: Vec::new(),
            account,
            runs,
            summary,
            last_summary,
            first_loss,
            active_since,
        }
    }

    /// The last good poll as the state store keeps it: the history of jobs is shorter.
    async fn last_poll(&self, account: &Account, patience: Duration) -> Option<Timestamp> {
        let known = self.memory(|memory| {
            let runs = memory.runs.get(&(account.id.clone(), JobKind::Cdr));
            runs.and_then(|runs| runs.last_success)
        });
        if known.is_some() || account.cdr.state != CdrState::Active {
            return known;
        }
        let read = self.sources.activity.activity(&account.id, JobKind::Cdr);
        let kept = tokio::time::timeout(STORE_PATIENCE.min(patience), read).await;
        kept.ok()?.ok()?.last_success
    }

    /// Counts from the database: as they were read lately, or read now within `patience`.
    async fn counts(&self, account: &Account, now: Timestamp, patience: Duration) -> Option<Counts> {
        if matches!(account.cdr.state, CdrState::Unconfigured | CdrState::Configured) {
            return None;
        }
        let known = self.memory(|memory| memory.counts.get(&account.id).cloned());
        let hurried = patience < PATIENCE;
        if let Some((at, Ok(_))) = &known
            && !hurried
            && now.duration_since(*at) < COUNTS_LAST
        {
            return known;
        }
        let read = async {
            let store = self.sources.primary.open(account).await?;
            let summary = store.summary().await?;
            let first_loss = if open_gaps(&summary) == 0 {
                None
            } else {
                first_loss(&store.gaps(MOST_GAPS).await?)
            };
            self.memory(|memory| match first_loss {
                Some(at) => memory.first_loss.insert(account.id.clone(), at),
                None => memory.first_loss.remove(&account.id),
            });
            Ok::<_, Failure>(summary)
        };
        let read = match tokio::time::timeout(patience, read).await {
            // In haste the last look says more than our own impatience.
            Err(_) if hurried => return known,
            Err(_) => Err(Fault::new(
                Cause::Database,
                "database_unavailable",
                "the database did not answer in time",
            )),
            Ok(Ok(summary)) => Ok(summary),
            Ok(Err(failure)) => Err(failure
                .fault()
                .cloned()
                .unwrap_or_else(|| Fault::new(Cause::Database, "database_unavailable", failure.to_string()))),
        };
        let counts = (now, read);
        self.memory(|memory| memory.counts.insert(account.id.clone(), counts.clone()));
        Some(counts)
    }
}
