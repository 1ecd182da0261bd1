//! A network between the daemon and Zoom that a test makes slow, cuts, silences, or puts behind a certificate.

use std::{
    io,
    net::SocketAddr,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use socket2::SockRef;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    runtime::Runtime,
    sync::watch,
};
use tokio_rustls::TlsAcceptor;

/// What the network does to answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    /// Everything passes.
    Fair,
    /// Each piece of an answer comes so much later.
    Slow(Duration),
    /// A few bytes at a time.
    Trickle,
    /// Every connection ends with a TCP reset in the middle of an answer: two of three soon, the third after a while.
    Resets,
    /// Connections stand, and no byte comes back while it lasts.
    Silent,
}

/// The network.
#[derive(Debug)]
pub struct Network {
    address: SocketAddr,
    shared: Arc<Shared>,
    runtime: Option<Runtime>,
}

struct Shared {
    server: SocketAddr,
    weather: watch::Sender<Weather>,
    /// Changes when all connections end.
    ended: watch::Sender<u64>,
    certificate: Mutex<Option<TlsAcceptor>>,
    connections: AtomicU64,
    struck: AtomicU64,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared")
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}

impl Network {
    /// In front of a server.
    ///
    /// # Panics
    /// When a port or a thread cannot be had.
    #[must_use]
    pub fn to(server: SocketAddr) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime for the network");
        let listener = runtime
            .block_on(TcpListener::bind("127.0.0.1:0"))
            .expect("a port on loopback");
        let address = listener.local_addr().expect("its address");
        let shared = Arc::new(Shared {
            server,
            weather: watch::Sender::new(Weather::Fair),
            ended: watch::Sender::new(0),
            certificate: Mutex::default(),
            connections: AtomicU64::new(0),
            struck: AtomicU64::new(0),
        });
        let here = Arc::clone(&shared);
        let handle = runtime.handle().clone();
        drop(runtime.spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let here = Arc::clone(&here);
                // A connection that breaks is what this is for.
                drop(handle.spawn(async move { drop(here.connect(client).await) }));
            }
        }));
        Self {
            address,
            shared,
            runtime: Some(runtime),
        }
    }

    /// Where the daemon connects to.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on.
    pub fn becomes(&self, weather: Weather) {
        self.shared.weather.send_replace(weather);
    }

    /// Shows this certificate of the directory of certificates to whoever connects from now on.
    ///
    /// # Panics
    /// When there is none of this name.
    pub fn shows_certificate(&self, name: &str) {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("certificates");
        let certificate = CertificateDer::from_pem_file(directory.join(format!("{name}.crt"))).expect("a certificate");
        let key = PrivateKeyDer::from_pem_file(directory.join(format!("{name}.key"))).expect("its key");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions of TLS")
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .expect("a certificate with its key");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        *self.shared.certificate.lock().unwrap_or_else(PoisonError::into_inner) = Some(acceptor);
    }

    /// Ends the connections there are: whoever needs one makes a new one.
    pub fn ends_connections(&self) {
        self.shared.ended.send_modify(|times| *times += 1);
    }

    /// How many pieces of answers were delayed, cut up or withheld, how many connections were reset, and how many
    /// handshakes failed.
    #[must_use]
    pub fn struck(&self) -> u64 {
        self.shared.struck.load(Ordering::SeqCst)
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Shared {
    async fn connect(&self, client: TcpStream) -> io::Result<()> {
        let number = self.connections.fetch_add(1, Ordering::SeqCst) + 1;
        let server = TcpStream::connect(self.server).await?;
        // Of the same socket: whoever closes it last resets it when it is told so.
        let raw = SockRef::from(&client).try_clone()?;
        let certificate = self.certificate.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match certificate {
            None => self.carry(number, client, &raw, server).await,
            Some(acceptor) => match acceptor.accept(client).await {
                Ok(client) => self.carry(number, client, &raw, server).await,
                Err(error) => {
                    self.struck.fetch_add(1, Ordering::SeqCst);
                    Err(error)
                }
            },
        }
    }

    async fn carry(
        &self,
        number: u64,
        client: impl AsyncRead + AsyncWrite,
        raw: &socket2::Socket,
        server: TcpStream,
    ) -> io::Result<()> {
        let (mut from_client, mut to_client) = tokio::io::split(client);
        let (mut from_server, mut to_server) = server.into_split();
        let asked = async {
            tokio::io::copy(&mut from_client, &mut to_server).await?;
            to_server.shutdown().await
        };
        let answered = self.answer(number, raw, &mut from_server, &mut to_client);
        let mut ended = self.ended.subscribe();
        tokio::select! {
            _ = ended.changed() => Ok(()),
            done = answered => done,
            // The client is gone; nobody waits for the rest.
            done = asked => done,
        }
    }

    async fn answer(
        &self,
        number: u64,
        raw: &socket2::Socket,
        server: &mut (impl AsyncRead + Unpin),
        client: &mut (impl AsyncWrite + Unpin),
    ) -> io::Result<()> {
        let mut weather = self.weather.subscribe();
        let mut piece = [0; 4_096];
        let mut passed = 0;
        loop {
            let length = server.read(&mut piece).await?;
            if length == 0 {
                return client.shutdown().await;
            }
            let piece = &piece[..length];
            let now = *weather.borrow_and_update();
            let bad = match now {
                Weather::Fair => false,
                Weather::Resets => passed + length > lifetime(number),
                Weather::Slow(_) | Weather::Trickle | Weather::Silent => true,
            };
            if bad {
                self.struck.fetch_add(1, Ordering::SeqCst);
            }
            match now {
                Weather::Resets if bad => {
                    let part = lifetime(number).saturating_sub(passed).min(length);
                    client.write_all(&piece[..part]).await?;
                    client.flush().await?;
                    raw.set_linger(Some(Duration::ZERO))?;
                    return Err(io::ErrorKind::ConnectionReset.into());
                }
                Weather::Trickle => {
                    for few in piece.chunks(97) {
                        client.write_all(few).await?;
                        client.flush().await?;
                        tokio::time::sleep(Duration::from_millis(1)).await;
                    }
                }
                Weather::Slow(late) => {
                    tokio::time::sleep(late).await;
                    client.write_all(piece).await?;
                }
                Weather::Silent => {
                    // Its sender lives as long as we do.
                    let _ = weather.wait_for(|weather| *weather != Weather::Silent).await;
                    client.write_all(piece).await?;
                }
                Weather::Fair | Weather::Resets => client.write_all(piece).await?,
            }
            client.flush().await?;
            passed += length;
        }
    }
}

/// Bytes of answers after which a connection is reset.
fn lifetime(number: u64) -> usize {
    let spread = usize::try_from(number % 37).unwrap_or(0) * 1_021;
    if number.is_multiple_of(3) {
        600_000 + spread
    } else {
        500 + spread
    }
}
