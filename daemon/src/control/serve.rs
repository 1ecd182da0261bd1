//! Accepting connections and answering their requests, within limits, until told to stop.

use std::{convert::Infallible, io, sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{Request, Response},
};
use callsync_shared::{ExitCode, Problem};
use futures_util::future::BoxFuture;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{io::AsyncWriteExt, net::UnixStream};
use tokio_util::sync::CancellationToken;

use super::{
    Handles, Spawn,
    access::{Credentials, Role},
    connection::{BusyBody, PatientStream, Place, Places, Pulse},
    listener::ControlSocket,
    peer::Peers,
    problem::with_status,
    router::Gate,
};

/// Most connections at a time. HTTP/1.1 answers one request after another on each, so this bounds the requests too.
pub const MOST_CONNECTIONS: usize = 64;
/// Those of them that are not kept for administrators.
pub const MOST_VIEWERS: usize = 48;
/// Longest head of a request, in bytes.
pub const LONGEST_HEAD: usize = 16 << 10;
/// Most header fields of a request.
const MOST_HEADERS: usize = 64;
/// Wait after a failed accept: out of descriptors, the next one fails just the same.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves the socket until `stop` is cancelled. Connections that are answering then finish their answer; their tasks
/// belong to `spawn`'s supervisor, which waits for them.
pub async fn serve<S>(
    socket: ControlSocket,
    handles: Arc<Handles>,
    peers: Arc<dyn Peers>,
    spawn: S,
    stop: CancellationToken,
) where
    S: Fn(&'static str, BoxFuture<'static, ()>) + Clone + Send + Sync + 'static,
{
    let spawn: Spawn = Arc::new(spawn);
    let gate = Gate::new(Arc::clone(&handles), Arc::clone(&spawn));
    let places = Places::default();
    loop {
        let stream = tokio::select! {
            () = stop.cancelled() => return,
            accepted = socket.accept() => match accepted {
                Ok(stream) => stream,
                Err(error) => {
                    tracing::warn!(%error, "a connection to the control socket could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            },
        };
        let peer = match peers.identify(&stream) {
            Ok(peer) => Arc::new(peer),
            Err(error) => {
                tracing::warn!(%error, "a connection was dropped because the kernel does not tell whose it is");
                continue;
            }
        };
        let limit = match handles.access.rules().role(&peer) {
            Role::Admin => MOST_CONNECTIONS,
            Role::Viewer(_) | Role::Refused => MOST_VIEWERS,
        };
        match places.take(limit) {
            Some(place) => {
                let connection = converse(stream, gate.clone(), peer, stop.clone(), place);
                spawn("control-connection", Box::pin(connection));
            }
            None => turn_away(stream),
        }
    }
}

async fn converse(stream: UnixStream, gate: Gate, peer: Arc<Credentials>, stop: CancellationToken, _place: Place) {
    let pulse = Pulse::new();
    let stream = TokioIo::new(PatientStream::new(stream, pulse.clone()));
    let service = service_fn(|request: Request<Incoming>| {
        let busy = pulse.busy();
        let (gate, peer) = (gate.clone(), Arc::clone(&peer));
        async move {
            let (head, body) = gate.answer(&peer, request.map(Body::new)).await.into_parts();
            Ok::<_, Infallible>(Response::from_parts(head, BusyBody { body, busy }))
        }
    });
    let mut connection = std::pin::pin!(
        http1::Builder::new()
            .max_header_size(LONGEST_HEAD)
            .max_headers(MOST_HEADERS)
            .serve_connection(stream, service)
    );
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        // Clients hang up as they like; a slow or wrong one is nobody's concern but its own.
        tracing::debug!(pid = peer.pid, %error, "a connection to the control socket ended early");
    }
}

/// Tells a client that there is no place for it, without waiting for its request or for it to read.
fn turn_away(stream: UnixStream) {
    tracing::warn!(
        most = MOST_CONNECTIONS,
        "too many connections to the control socket; one was turned away"
    );
    let problem = with_status(
        Problem::new(
            ExitCode::Failed,
            "too_many_connections",
            "The control socket has too many connections.",
        )
        .hint("Try again in a moment; see who holds them: ss -xp.")
        .retryable(true),
        503,
    );
    let body = serde_json::to_string(&problem).unwrap_or_default();
    let answer = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: {}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        callsync_shared::problem::MEDIA_TYPE,
        body.len(),
    );
    // Fits the empty buffer of a fresh socket; whatever does not fit is lost with the connection.
    if let Err(error) = stream.try_write(answer.as_bytes())
        && error.kind() != io::ErrorKind::WouldBlock
    {
        tracing::debug!(%error, "the client that was turned away is gone already");
    }
    let mut stream = stream;
    let _ = futures_util::FutureExt::now_or_never(stream.shutdown());
}
