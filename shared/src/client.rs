//! The client of the control socket: one request a connection, documents kept byte for byte as received.
//!
//! It speaks HTTP/1.1 straight over the socket. A control program asks one question and ends, so there is no pool,
//! no background task and no TLS here: the connection is driven by whoever awaits the answer.

mod error;
mod lines;
mod request;

use std::{
    future::Future,
    io,
    marker::PhantomData,
    path::{Path, PathBuf},
    pin::{Pin, pin},
    time::Duration,
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{
    Response,
    body::Incoming,
    client::conn::http1,
    header::{CONTENT_TYPE, HeaderMap},
};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::net::UnixStream;

pub use self::{
    error::Error,
    lines::Lines,
    request::{Request, routes},
};
use crate::{
    problem,
    routes::{API_VERSION_HEADER, VERSION_HEADER},
};

/// Where the daemon listens.
#[derive(Debug, Clone)]
pub struct Client {
    socket: PathBuf,
}

/// What the daemon said of itself in the headers of an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Peer {
    /// Version of its control protocol; absent when it did not say.
    pub api_version: Option<u32>,
    /// Version of the program; absent when it did not say.
    pub version: Option<String>,
}

/// A good answer: the body as it came, and what it should hold.
#[derive(Debug)]
pub struct Answer<T> {
    /// The body, byte for byte.
    pub bytes: Bytes,
    /// Who answered.
    pub peer: Peer,
    document: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> Answer<T> {
    /// Reads the body. Fields that this version does not know are ignored here; `bytes` still has them.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the body is not the document it should be.
    pub fn document(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.bytes)
            .map_err(|error| Error::Invalid(format!("the answer is not the expected document: {error}")))
    }
}

impl Client {
    /// A client of the socket at `socket`. Nothing is opened before the first request.
    #[must_use]
    pub fn new(socket: impl Into<PathBuf>) -> Self {
        Self { socket: socket.into() }
    }

    /// The socket it talks to.
    #[must_use]
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Sends a request and reads the whole answer, within `limit` altogether.
    ///
    /// # Errors
    /// [`Error::Refused`] with the daemon's problem; otherwise what went wrong on the way.
    pub async fn send<T>(&self, request: &Request<T>, limit: Duration) -> Result<Answer<T>, Error> {
        within(limit, async {
            let (mut wire, response) = self.exchange(request).await?;
            let (head, body) = response.into_parts();
            let bytes = wire.drive(body.collect()).await.map_err(Error::broken)?.to_bytes();
            if is_problem(head.status.as_u16(), &head.headers) {
                return Err(Error::refused(head.status.as_u16(), &bytes));
            }
            Ok(Answer {
                bytes,
                peer: peer(&head.headers),
                document: PhantomData,
            })
        })
        .await
    }

    /// Sends a request whose answer is a stream of lines. `limit` covers the time until the stream begins.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn stream<T>(&self, request: &Request<T>, limit: Duration) -> Result<Lines, Error> {
        within(limit, async {
            let (mut wire, response) = self.exchange(request).await?;
            let (head, body) = response.into_parts();
            if is_problem(head.status.as_u16(), &head.headers) {
                let bytes = wire.drive(body.collect()).await.map_err(Error::broken)?.to_bytes();
                return Err(Error::refused(head.status.as_u16(), &bytes));
            }
            Ok(Lines::new(wire, body, peer(&head.headers)))
        })
        .await
    }

    async fn exchange<T>(&self, request: &Request<T>) -> Result<(Wire, Response<Incoming>), Error> {
        let outgoing = request.to_http()?;
        let stream = UnixStream::connect(&self.socket)
            .await
            .map_err(|source| Error::connect(&self.socket, source))?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(Error::broken)?;
        let mut wire = Wire {
            connection: Box::pin(connection),
            open: true,
        };
        let response = wire.drive(sender.send_request(outgoing)).await.map_err(Error::broken)?;
        Ok((wire, response))
    }
}

/// One open connection. Bytes move only while somebody awaits [`Wire::drive`].
struct Wire {
    connection: Pin<Box<http1::Connection<TokioIo<UnixStream>, Full<Bytes>>>>,
    open: bool,
}

impl Wire {
    async fn drive<F: Future>(&mut self, work: F) -> F::Output {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                biased;
                output = &mut work => return output,
                // How the connection ended reaches `work` through hyper's channel, as data or as an error.
                _ = &mut self.connection, if self.open => self.open = false,
            }
        }
    }
}

async fn within<T>(limit: Duration, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    tokio::time::timeout(limit, work)
        .await
        .unwrap_or(Err(Error::TimedOut(limit)))
}

fn is_problem(status: u16, headers: &HeaderMap) -> bool {
    let typed = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with(problem::MEDIA_TYPE));
    typed || !(200..300).contains(&status)
}

fn peer(headers: &HeaderMap) -> Peer {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    Peer {
        api_version: text(API_VERSION_HEADER).and_then(|value| value.parse().ok()),
        version: text(VERSION_HEADER).map(str::to_owned),
    }
}

/// Whether a failed connect means that nobody listens there.
fn nobody_listens(kind: io::ErrorKind) -> bool {
    matches!(
        kind,
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused | io::ErrorKind::NotADirectory
    )
}
