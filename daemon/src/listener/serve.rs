//! The TCP port: connections and their limits.

use std::{
    convert::Infallible,
    io::ErrorKind,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    body::Body,
    http::{Request, Response},
};
use futures_util::future::BoxFuture;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use super::Listener;
use crate::domain::failure::{Cause, Fault};

/// Most connections at a time; each holds at most one body.
pub const MOST_CONNECTIONS: usize = 128;
/// Longest head of a request, in bytes. A redirect carries the code in its query.
const LONGEST_HEAD: usize = 16 << 10;
/// Most header fields of a request.
const MOST_HEADERS: usize = 64;
/// Time in which the head of a request must have arrived, also of the next one on the same connection.
const HEAD_PATIENCE: Duration = Duration::from_secs(10);
/// Longest life of a connection: whoever reads its answers too slowly loses it.
const LIFE: Duration = Duration::from_secs(60);
/// Time to finish an answer afterwards.
const FAREWELL: Duration = Duration::from_secs(5);
/// Wait after a failed accept: out of descriptors, the next one fails just the same.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Starts a task with a name; the supervisor behind it owns the task.
pub type Spawn = Arc<dyn Fn(&'static str, BoxFuture<'static, ()>) + Send + Sync>;

/// Opens the port, or takes over the one that systemd opened for us.
///
/// # Errors
/// The address cannot be used.
pub async fn open(address: SocketAddr) -> Result<TcpListener, Fault> {
    let inherited = listenfd::ListenFd::from_env()
        .take_tcp_listener(0)
        .map_err(|error| refused(&format!("the socket that systemd passed cannot be used: {error}")))?;
    match inherited {
        Some(listener) => listener
            .set_nonblocking(true)
            .and_then(|()| TcpListener::from_std(listener))
            .map_err(|error| refused(&format!("the socket that systemd passed cannot be used: {error}"))),
        None => TcpListener::bind(address).await.map_err(|error| {
            let message = format!("cannot listen on {address}: {error}");
            match error.kind() {
                ErrorKind::AddrInUse => taken(message),
                _ => refused(&message),
            }
        }),
    }
}

/// Not the fault of the configuration: the port may be free in a moment, so systemd tries again.
fn taken(message: String) -> Fault {
    Fault::new(Cause::Internal, "listen_in_use", message)
        .hint("Another program has the port: ss -ltnp shows which. Stop it, or set listen: address to another port.")
}

fn refused(message: &str) -> Fault {
    Fault::new(Cause::Config, "listen_failed", message)
        .hint("Set listen: address to a free port of this host (see ss -ltnp), or remove the section listen.")
}

/// Serves until `stop` is cancelled.
pub async fn serve(port: TcpListener, listener: Arc<Listener>, spawn: Spawn, stop: CancellationToken) {
    let open = Arc::new(AtomicUsize::new(0));
    loop {
        let stream = tokio::select! {
            () = stop.cancelled() => return,
            accepted = port.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            },
        };
        let Some(place) = Place::take(&open) else {
            turn_away(&stream);
            continue;
        };
        let connection = converse(stream, Arc::clone(&listener), stop.clone(), place);
        spawn("listener-connection", Box::pin(connection));
    }
}

async fn converse(stream: TcpStream, listener: Arc<Listener>, stop: CancellationToken, _place: Place) {
    // Answers are small and Zoom waits for them.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request: Request<Incoming>| {
        let listener = Arc::clone(&listener);
        async move { Ok::<Response<Body>, Infallible>(listener.answer(request.map(Body::new)).await) }
    });
    let mut connection = std::pin::pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_PATIENCE)
            .max_header_size(LONGEST_HEAD)
            .max_headers(MOST_HEADERS)
            .serve_connection(TokioIo::new(stream), service)
    );
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = async { tokio::select! { () = stop.cancelled() => {}, () = tokio::time::sleep(LIFE) => {} } } => {
            connection.as_mut().graceful_shutdown();
            match tokio::time::timeout(FAREWELL, connection).await {
                Ok(ended) => ended,
                Err(_) => return,
            }
        }
    };
    if let Err(error) = ended {
        // Strangers hang up as they like.
        tracing::debug!(%error, "a connection to the listener ended early");
    }
}

/// Says that there is no place, without waiting for anything.
fn turn_away(stream: &TcpStream) {
    let answer =
        b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nretry-after: 10\r\nconnection: close\r\n\r\n";
    if let Err(error) = stream.try_write(answer)
        && error.kind() != ErrorKind::WouldBlock
    {
        tracing::debug!(%error, "the client that was turned away is gone already");
    }
}

/// An open connection's place.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(open: &Arc<AtomicUsize>) -> Option<Self> {
        open.fetch_update(Ordering::AcqRel, Ordering::Acquire, |taken| {
            (taken < MOST_CONNECTIONS).then_some(taken + 1)
        })
        .ok()
        .map(|_| Self(Arc::clone(open)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}
