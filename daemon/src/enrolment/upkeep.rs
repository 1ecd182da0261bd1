//! Keeps the refresh tokens of idle accounts alive: Zoom lets unused ones expire.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;

use crate::{
    domain::{
        account::AuthKind,
        clock::SharedClock,
        failure::{Failure, Outcome},
    },
    ports::{
        jobs::{Executor, JobEnd, JobQueue, Progress},
        state::{Job, JobKind, Registry, TokenVault},
        zoom::ZoomData,
    },
};

/// An idle account's refresh token is renewed when it is older: a week at most, whatever the hour of the look.
const IDLE: SignedDuration = SignedDuration::from_hours(6 * 24);

/// Asks for [`JobKind::Token`] jobs and does them. Accounts that collect renew their tokens all the time by themselves.
pub struct TokenUpkeep {
    /// Accounts.
    pub registry: Arc<dyn Registry>,
    /// Ages of tokens.
    pub vault: Arc<dyn TokenVault>,
    /// Zoom.
    pub zoom: Arc<dyn ZoomData>,
    /// The queue.
    pub jobs: Arc<dyn JobQueue>,
    /// The clock.
    pub clock: SharedClock,
}

impl TokenUpkeep {
    /// Asks for a renewal of every token that has been idle for six days.
    ///
    /// # Errors
    /// The state store does not answer.
    pub async fn ask(&self) -> Outcome<()> {
        for account in self.registry.accounts().await? {
            if account.auth != AuthKind::OAuth || !account.state.may_call_zoom() {
                continue;
            }
            let tokens = self.vault.load(&account.id).await?;
            let idle = tokens.is_some_and(|tokens| self.clock.now().duration_since(tokens.refreshed_at) >= IDLE);
            if idle {
                self.jobs.enqueue(JobKind::Token, &account.id, "{}".to_owned()).await?;
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Executor for TokenUpkeep {
    /// A renewal is never cut short: an answer that nobody reads is a lost refresh token.
    async fn run(&self, job: &Job, progress: &dyn Progress, _: &CancellationToken) -> JobEnd {
        let Some(id) = &job.account else {
            return JobEnd::Failed(Failure::Cancelled);
        };
        match self.zoom.refresh_token(id).await {
            Ok(()) => {
                progress.finish(1, Some(1));
                JobEnd::Succeeded("{}".to_owned())
            }
            Err(failure) => JobEnd::Failed(failure),
        }
    }
}
