//! The intake: makes posts durable, many in one commit, before they are answered.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::{
    domain::failure::{Cause, Fault, Outcome},
    ports::webhook::{Received, Reception, WebhookBook},
};

/// Posts that wait for a commit; beyond that Zoom is told to come again.
const MOST_WAITING: usize = 256;

type Handed = (Received, oneshot::Sender<Outcome<Reception>>);

/// The way to the one who writes.
#[derive(Clone)]
pub struct Intake(mpsc::Sender<Handed>);

/// The one who writes.
pub struct Clerk {
    book: Arc<dyn WebhookBook>,
    handed: mpsc::Receiver<Handed>,
}

/// Both ends.
#[must_use]
pub fn intake(book: Arc<dyn WebhookBook>) -> (Intake, Clerk) {
    let (sender, handed) = mpsc::channel(MOST_WAITING);
    (Intake(sender), Clerk { book, handed })
}

impl Intake {
    /// Remembers a post; durable when it returns.
    ///
    /// # Errors
    /// Too many wait, or the state store does not answer.
    pub async fn receive(&self, post: Received) -> Outcome<Reception> {
        let (tell, told) = oneshot::channel();
        self.0.try_send((post, tell)).map_err(|_| busy())?;
        told.await.unwrap_or_else(|_| Err(busy().into()))
    }
}

fn busy() -> Fault {
    Fault::new(Cause::Internal, "webhook_busy", "too many webhook posts at once")
        .hint("Zoom sends them again by itself.")
}

impl Clerk {
    /// Writes until told to stop.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut posts = Vec::new();
        loop {
            let taken = tokio::select! {
                taken = self.handed.recv_many(&mut posts, MOST_WAITING) => taken,
                () = stop.cancelled() => return,
            };
            if taken == 0 {
                return;
            }
            let (received, tell): (Vec<_>, Vec<_>) = posts.drain(..).unzip();
            match self.book.receive(received).await {
                Ok(receptions) => {
                    for (tell, reception) in tell.into_iter().zip(receptions) {
                        // Whoever hung up asks again, and hears that we know.
                        let _ = tell.send(Ok(reception));
                    }
                }
                Err(failure) => {
                    for tell in tell {
                        let _ = tell.send(Err(failure.clone()));
                    }
                }
            }
        }
    }
}
