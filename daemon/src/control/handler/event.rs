//! What happened: the journal, and following it.

use std::{collections::VecDeque, time::Duration};

use axum::body::Bytes;
use callsync_shared::{Problem, api};
use futures_util::stream;
use jiff::Timestamp;
use tokio::sync::watch;

use super::audit::since;
use crate::{
    control::{
        answer::{Answer, Answered},
        call::Call,
        view,
    },
    domain::account::Account,
    ports::events::{Kept, Written},
};

/// Events told unless asked otherwise, and at most.
const USUAL: usize = 100;
const MOST: usize = 10_000;
/// Events read at once while following.
const BATCH: usize = 500;
/// An empty line is sent after this much silence, so that neither side takes the connection for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The newest events, or all since a time; oldest first.
pub async fn list(call: Call) -> Answered {
    let since = since(&call)?;
    let limit = call.parsed::<usize>("limit", "100")?;
    let limit = limit.unwrap_or(if since.is_some() { MOST } else { USUAL }).min(MOST);
    let accounts = call.accounts().await?;
    let book = &call.handles.events.book;
    let events = match since {
        Some(since) => book.events_after(0, Some(since), MOST).await?,
        // Of the newest a restricted viewer may see only some.
        None if call.caller.role.sees_all() => book.newest_events(limit).await?,
        None => book.newest_events(MOST).await?,
    };
    let mut items: Vec<_> = events
        .into_iter()
        .filter_map(|kept| visible(&call, &accounts, kept))
        .collect();
    if since.is_some() {
        items.truncate(limit);
    } else {
        items.drain(..items.len().saturating_sub(limit));
    }
    Answer::list(items)
}

/// Every event from now on, or since a time, as it happens.
pub async fn follow(call: Call) -> Answered {
    let since = since(&call)?;
    let mut written = call.handles.events.written.clone();
    // Followed first, read after: nothing in between is missed.
    written.mark_unchanged();
    let after = match since {
        Some(_) => 0,
        None => {
            let newest = call.handles.events.book.newest_events(1).await?;
            newest.last().map_or(0, |kept| kept.seq)
        }
    };
    let follower = Follower {
        call,
        written,
        after,
        since,
        ready: VecDeque::new(),
        more: true,
    };
    Ok(Answer::lines(stream::unfold(follower, |mut follower| async move {
        let line = follower.next().await?;
        Some((line, follower))
    })))
}

struct Follower {
    call: Call,
    written: watch::Receiver<Written>,
    after: u64,
    since: Option<Timestamp>,
    ready: VecDeque<Bytes>,
    /// There may be something that was not read yet.
    more: bool,
}

impl Follower {
    async fn next(&mut self) -> Option<Result<Bytes, std::io::Error>> {
        loop {
            if let Some(line) = self.ready.pop_front() {
                return Some(Ok(line));
            }
            if self.more {
                if let Err(problem) = self.read().await {
                    return Some(Err(std::io::Error::other(problem.message)));
                }
                continue;
            }
            if self.written.borrow().closing {
                return None;
            }
            match tokio::time::timeout(KEEP_ALIVE, self.written.changed()).await {
                Err(_) => return Some(Ok(Bytes::from_static(b"\n"))),
                Ok(Err(_)) => return None,
                Ok(Ok(())) => self.more = true,
            }
        }
    }

    async fn read(&mut self) -> Result<(), Problem> {
        let events = self
            .call
            .handles
            .events
            .book
            .events_after(self.after, self.since, BATCH);
        let events = events.await?;
        self.more = events.len() == BATCH;
        if let Some(last) = events.last() {
            self.after = last.seq;
            // Accounts and groups change while somebody follows.
            let accounts = self.call.accounts().await?;
            let visible = events
                .into_iter()
                .filter_map(|kept| visible(&self.call, &accounts, kept));
            self.ready.extend(visible.map(|event| line(&event)));
        }
        Ok(())
    }
}

/// An event as the caller may see it: of a visible account, or of the daemon itself for those who see everything.
fn visible(call: &Call, accounts: &[Account], kept: Kept) -> Option<api::event::Event> {
    let account = kept.happening.account.as_ref();
    let owner = account.and_then(|id| accounts.iter().find(|account| account.id == *id));
    (owner.is_some() || call.caller.role.sees_all())
        .then(|| view::event::event(kept, owner.map(|owner| owner.name.clone())))
}

fn line(event: &api::event::Event) -> Bytes {
    // An event is texts and numbers; it always is JSON.
    let mut line = serde_json::to_vec(&api::Document::new(event.clone())).unwrap_or_default();
    line.push(b'\n');
    Bytes::from(line)
}
