//! HTTP/1.1 on a loopback socket: accepts, reads, answers, and breaks connections when a fault says so.

use crate::answer::{Answer, Delivery};
use crate::dispatch;
use crate::request::{Params, Request};
use crate::world::World;
use bytes::Bytes;
use futures_util::stream;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use socket2::SockRef;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

pub(crate) type Shared = Arc<Mutex<World>>;
type Body = BoxBody<Bytes, io::Error>;

pub(crate) fn lock(world: &Shared) -> MutexGuard<'_, World> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Serves until `stop` changes or its sender is gone; open connections end with it.
pub(crate) async fn serve(listener: TcpListener, world: Shared, mut stop: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    connections.spawn(connection(stream, Arc::clone(&world)));
                }
            }
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            _ = stop.changed() => break,
        }
    }
    connections.shutdown().await;
}

async fn connection(stream: TcpStream, world: Shared) {
    // A second handle to the socket: the only way to turn the close of a connection hyper owns into a reset.
    let Ok((stream, handle)) = split(stream) else {
        return;
    };
    let handle = Arc::new(handle);
    let service = service_fn(move |incoming| one_request(incoming, Arc::clone(&world), Arc::clone(&handle)));
    // An error here is a client that went away or a fault that was asked for.
    let served = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
    drop(served);
}

fn split(stream: TcpStream) -> io::Result<(TcpStream, std::net::TcpStream)> {
    let stream = stream.into_std()?;
    stream.set_nodelay(true)?;
    let handle = stream.try_clone()?;
    Ok((TcpStream::from_std(stream)?, handle))
}

async fn one_request(
    incoming: hyper::Request<Incoming>,
    world: Shared,
    handle: Arc<std::net::TcpStream>,
) -> io::Result<hyper::Response<Body>> {
    let (parts, body) = incoming.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let request = Request {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        params: Params::parse(query.as_bytes()),
        query,
        authorization: parts
            .headers
            .get(http::header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned),
        body: body.to_vec(),
    };
    let wait = dispatch::latency(&mut lock(&world), &request);
    if let Some(wait) = wait {
        tokio::time::sleep(wait).await;
    }
    let answer = dispatch::dispatch(&mut lock(&world), &request);
    if answer.delivery == Delivery::Reset {
        SockRef::from(&*handle).set_linger(Some(Duration::ZERO))?;
        return Err(io::Error::from(io::ErrorKind::ConnectionReset));
    }
    response(answer)
}

fn response(answer: Answer) -> io::Result<hyper::Response<Body>> {
    let mut builder = hyper::Response::builder().status(answer.status);
    for (name, value) in &answer.headers {
        builder = builder.header(*name, value);
    }
    let body = if answer.delivery == Delivery::Truncated {
        builder = builder.header(http::header::CONTENT_LENGTH, answer.body.len());
        half(answer.body)
    } else {
        Full::new(answer.body).map_err(|never| match never {}).boxed()
    };
    builder.body(body).map_err(io::Error::other)
}

/// The first half, a moment for it to leave, then an error instead of the rest.
fn half(whole: Bytes) -> Body {
    let first = whole.slice(..whole.len() / 2);
    let frames = stream::unfold(Some(first), |state| async move {
        match state {
            Some(bytes) if !bytes.is_empty() => Some((Ok(Frame::data(bytes)), Some(Bytes::new()))),
            Some(_) => {
                tokio::time::sleep(Duration::from_millis(20)).await;
                Some((Err(io::Error::from(io::ErrorKind::ConnectionAborted)), None))
            }
            None => None,
        }
    });
    StreamBody::new(SyncStream(Box::pin(frames))).boxed()
}

type Frames = dyn futures_util::Stream<Item = io::Result<Frame<Bytes>>> + Send + Sync;

struct SyncStream(std::pin::Pin<Box<Frames>>);

impl futures_util::Stream for SyncStream {
    type Item = io::Result<Frame<Bytes>>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(context)
    }
}
