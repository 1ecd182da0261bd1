//! One connection: when it has been idle or too slow for too long, and how many there may be.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker, ready},
    time::Duration,
};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::UnixStream,
    time::{Instant, Sleep, sleep_until},
};

/// Time in which the head of a request must have arrived, from its first byte or from the connecting.
pub const HEAD_PATIENCE: Duration = Duration::from_secs(10);
/// Time a connection may be open without a request.
pub const IDLE_PATIENCE: Duration = Duration::from_secs(60);
/// Time a client may take nothing of an answer that is ready for it.
pub const WRITE_PATIENCE: Duration = Duration::from_secs(60);

/// What a connection is waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// For the next request.
    Idle,
    /// For the rest of a request's head.
    Head,
    /// For us.
    Busy,
}

/// The phase of a connection, shared by its stream and its answers.
#[derive(Debug, Clone)]
pub(super) struct Pulse(Arc<Mutex<Beat>>);

#[derive(Debug)]
struct Beat {
    phase: Phase,
    since: Instant,
    /// Whoever read while we were busy: nothing would wake it for the patience that begins afterwards.
    reader: Option<Waker>,
}

impl Pulse {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(Beat {
            phase: Phase::Head,
            since: Instant::now(),
            reader: None,
        })))
    }

    fn beat(&self) -> MutexGuard<'_, Beat> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, phase: Phase) {
        let mut beat = self.beat();
        beat.phase = phase;
        beat.since = Instant::now();
        if let Some(reader) = beat.reader.take() {
            reader.wake();
        }
    }

    /// A byte arrived.
    fn received(&self) {
        if self.beat().phase == Phase::Idle {
            self.set(Phase::Head);
        }
    }

    /// When patience with the client ends; never while it waits for us.
    fn deadline(&self, reader: &Waker) -> Option<Instant> {
        let mut beat = self.beat();
        match beat.phase {
            Phase::Idle => Some(beat.since + IDLE_PATIENCE),
            Phase::Head => Some(beat.since + HEAD_PATIENCE),
            Phase::Busy => {
                beat.reader = Some(reader.clone());
                None
            }
        }
    }

    /// A request is being answered, until the guard is dropped with the last of its answer.
    pub(super) fn busy(&self) -> Busy {
        self.set(Phase::Busy);
        Busy(self.clone())
    }
}

/// See [`Pulse::busy`].
pub(super) struct Busy(Pulse);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.set(Phase::Idle);
    }
}

/// An answer's body that keeps its connection busy until it is sent or given up.
pub(super) struct BusyBody {
    pub(super) body: Body,
    pub(super) busy: Busy,
}

impl HttpBody for BusyBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let _ = &self.busy;
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A stream that ends by itself when its client is too slow.
pub(super) struct PatientStream {
    stream: UnixStream,
    pulse: Pulse,
    reading: Pin<Box<Sleep>>,
    writing: Option<Pin<Box<Sleep>>>,
}

impl PatientStream {
    pub(super) fn new(stream: UnixStream, pulse: Pulse) -> Self {
        Self {
            stream,
            pulse,
            reading: Box::pin(sleep_until(Instant::now() + HEAD_PATIENCE)),
            writing: None,
        }
    }

    fn written<T>(&mut self, cx: &mut Context<'_>, outcome: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            self.writing = None;
            return outcome;
        }
        let writing = self
            .writing
            .get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + WRITE_PATIENCE)));
        ready!(writing.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for PatientStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        if let Poll::Ready(outcome) = Pin::new(&mut self.stream).poll_read(cx, buffer) {
            if buffer.filled().len() > before {
                self.pulse.received();
            }
            return Poll::Ready(outcome);
        }
        let Some(deadline) = self.pulse.deadline(cx.waker()) else {
            return Poll::Pending;
        };
        self.reading.as_mut().reset(deadline);
        ready!(self.reading.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncWrite for PatientStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.written(cx, outcome)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.written(cx, outcome)
    }
}

/// How many connections are open.
#[derive(Debug, Clone, Default)]
pub(super) struct Places(Arc<AtomicUsize>);

impl Places {
    /// Takes a place while fewer than `limit` are taken.
    pub(super) fn take(&self, limit: usize) -> Option<Place> {
        self.0
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |taken| {
                (taken < limit).then_some(taken + 1)
            })
            .ok()
            .map(|_| Place(self.clone()))
    }
}

/// An open connection's place.
#[derive(Debug)]
pub(super) struct Place(Places);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn client_that_waits_for_us_is_never_dropped_but_afterwards_it_is() {
        let (ours, _theirs) = UnixStream::pair().expect("a pair");
        let pulse = Pulse::new();
        let mut stream = PatientStream::new(ours, pulse.clone());
        let busy = pulse.busy();
        let hour = Duration::from_secs(3_600);
        let mut byte = [0];
        let mut reading = std::pin::pin!(stream.read(&mut byte));
        assert!(
            tokio::time::timeout(hour, reading.as_mut()).await.is_err(),
            "still open"
        );
        let since = Instant::now();
        drop(busy);
        let ended = tokio::time::timeout(hour, reading).await.expect("it ends by itself");
        assert_eq!(ended.map_err(|error| error.kind()), Err(io::ErrorKind::TimedOut));
        assert!(since.elapsed() >= IDLE_PATIENCE && since.elapsed() < IDLE_PATIENCE * 2);
    }

    #[tokio::test(start_paused = true)]
    async fn client_that_takes_nothing_of_its_answer_is_dropped() {
        let (ours, _theirs) = UnixStream::pair().expect("a pair");
        let mut stream = PatientStream::new(ours, Pulse::new());
        let since = Instant::now();
        let written = stream.write_all(&vec![0; 16 << 20]).await;
        assert_eq!(written.map_err(|error| error.kind()), Err(io::ErrorKind::TimedOut));
        assert!(since.elapsed() >= WRITE_PATIENCE && since.elapsed() < WRITE_PATIENCE * 2);
    }
}
