//! The only place that spawns: every task has a name, a panic of any is a report, and all are waited for.

use std::{future::Future, sync::Arc, time::Duration};

use futures_util::{FutureExt, future::BoxFuture};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::error;

/// Starts tasks and waits for their end. Cheap to clone.
#[derive(Clone)]
pub struct Supervisor {
    tracker: TaskTracker,
    stop: CancellationToken,
    failed: Arc<std::sync::OnceLock<String>>,
}

impl Supervisor {
    /// A supervisor without tasks; `stop` tells all of them to end.
    #[must_use]
    pub fn new(stop: CancellationToken) -> Self {
        Self {
            tracker: TaskTracker::new(),
            stop,
            failed: Arc::default(),
        }
    }

    /// Tells all tasks to end at their next commit.
    #[must_use]
    pub fn stop_token(&self) -> &CancellationToken {
        &self.stop
    }

    /// Starts a task that may end by itself, such as a connection or a job. A panic is reported and ends only it.
    pub fn spawn(&self, name: impl Into<String>, task: impl Future<Output = ()> + Send + 'static) {
        self.start(name.into(), task, false);
    }

    /// Starts a task the daemon cannot do without. When it ends before the daemon stops, the daemon stops and says so:
    /// systemd then starts it anew, which is better than running half.
    pub fn spawn_core(&self, name: impl Into<String>, task: impl Future<Output = ()> + Send + 'static) {
        self.start(name.into(), task, true);
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that spawns")]
    fn start(&self, name: String, task: impl Future<Output = ()> + Send + 'static, is_core: bool) {
        let this = self.clone();
        let handle = self
            .tracker
            .track_future(std::panic::AssertUnwindSafe(task).catch_unwind());
        tokio::spawn(async move {
            let ended = handle.await;
            if ended.is_err() {
                error!(task = %name, "a task panicked; this is a defect, please report it");
            }
            if is_core && !this.stop.is_cancelled() {
                error!(task = %name, "a task the daemon needs has ended; the daemon stops");
                let _ = this.failed.set(name);
                this.stop.cancel();
            }
        });
    }

    /// Spawns in the form other rooms take it.
    #[must_use]
    pub fn spawner(&self) -> Arc<dyn Fn(String, BoxFuture<'static, ()>) + Send + Sync> {
        let this = self.clone();
        Arc::new(move |name, task| this.spawn(name, task))
    }

    /// The core task whose end stopped the daemon.
    #[must_use]
    pub fn failed(&self) -> Option<&str> {
        self.failed.get().map(String::as_str)
    }

    /// Waits until all tasks have ended, at most `deadline`. Whether they did.
    pub async fn drain(&self, deadline: Duration) -> bool {
        self.tracker.close();
        tokio::time::timeout(deadline, self.tracker.wait()).await.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn panic_of_a_core_task_stops_the_daemon() {
        let supervisor = Supervisor::new(CancellationToken::new());
        supervisor.spawn_core("heart", async { panic!("on purpose") });
        supervisor.stop_token().cancelled().await;
        assert_eq!(supervisor.failed(), Some("heart"));
    }

    #[tokio::test]
    async fn panic_of_another_task_ends_only_it() {
        let supervisor = Supervisor::new(CancellationToken::new());
        supervisor.spawn("leaf", async { panic!("on purpose") });
        assert!(supervisor.drain(Duration::from_secs(5)).await);
        assert!(!supervisor.stop_token().is_cancelled());
    }
}
