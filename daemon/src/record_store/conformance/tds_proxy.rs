//! A network between the store and a server that a test can cut, slow down and close at chosen instants.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::JoinSet,
};

/// What the network does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weather {
    /// Everything passes.
    Fair,
    /// New connections end at once, as at a host whose server is down.
    Closed,
    /// Connections stand, and no byte comes back from the server.
    Silent,
}

/// Where a connection is cut, once.
#[derive(Debug, Clone)]
pub(super) enum Cut {
    /// Before the server gets a statement that contains this.
    Before(&'static str),
    /// After the server has answered a statement that contains this, before the answer is passed on.
    After(&'static str),
    /// After that many bytes towards the server.
    Bytes(usize),
}

/// The network.
pub(super) struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    tasks: JoinSet<()>,
}

struct Shared {
    server: String,
    weather: watch::Sender<Weather>,
    cut: Mutex<Option<Cut>>,
    /// Raised when every connection is to end.
    ends: watch::Sender<usize>,
    connects: AtomicUsize,
    cuts: AtomicUsize,
}

impl Proxy {
    /// A network that leads to `server`, `host:port`.
    pub async fn to(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            server,
            weather: watch::Sender::new(Weather::Fair),
            cut: Mutex::default(),
            ends: watch::Sender::new(0),
            connects: AtomicUsize::new(0),
            cuts: AtomicUsize::new(0),
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, Arc::clone(&shared)));
        Self { address, shared, tasks }
    }

    /// Where the store connects to.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Changes the weather; connections stay as they are.
    pub fn set(&self, weather: Weather) {
        self.shared.weather.send_replace(weather);
    }

    /// Ends every connection.
    pub fn end_all(&self) {
        self.shared.ends.send_modify(|ends| *ends += 1);
    }

    /// Cuts the next connection to which it applies.
    pub fn cut(&self, cut: Cut) {
        *self.shared.cut.lock().expect("not poisoned") = Some(cut);
    }

    /// How many connections were cut.
    pub fn cuts(&self) -> usize {
        self.shared.cuts.load(Ordering::SeqCst)
    }

    /// How often the store connected.
    pub fn connects(&self) -> usize {
        self.shared.connects.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.tasks.abort_all();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        shared.connects.fetch_add(1, Ordering::SeqCst);
        if *shared.weather.borrow() == Weather::Closed {
            continue;
        }
        connections.spawn(pass(client, Arc::clone(&shared)));
    }
}

/// Passes one connection until either side, a cut or the test ends it; both sides end then.
async fn pass(client: TcpStream, shared: Arc<Shared>) {
    let server = TcpStream::connect(&shared.server).await.expect("the server under test");
    let mut ends = shared.ends.subscribe();
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let answered = watch::Sender::new(0_usize);
    let deaf = watch::Sender::new(false);
    tokio::select! {
        () = forward(from_client, to_server, &shared, &deaf, answered.subscribe()) => {}
        () = back(from_server, to_client, &shared, &deaf, &answered) => {}
        _ = ends.changed() => {}
    }
}

async fn forward(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    shared: &Shared,
    deaf: &watch::Sender<bool>,
    mut answered: watch::Receiver<usize>,
) {
    let (mut buffer, mut seen, mut total) = (vec![0; 16_384], Vec::new(), 0);
    loop {
        let Ok(length @ 1..) = from.read(&mut buffer).await else {
            return;
        };
        total += length;
        // A statement can come in pieces: the end of the last one is kept.
        seen.drain(..seen.len().saturating_sub(512));
        seen.extend_from_slice(&buffer[..length]);
        let Some(cut) = shared.due(&seen, total) else {
            if to.write_all(&buffer[..length]).await.is_err() {
                return;
            }
            continue;
        };
        if matches!(cut, Cut::After(_)) {
            deaf.send_replace(true);
            answered.mark_unchanged();
            if to.write_all(&buffer[..length]).await.is_err() || answered.changed().await.is_err() {
                return;
            }
        }
        shared.cuts.fetch_add(1, Ordering::SeqCst);
        return;
    }
}

async fn back(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    shared: &Shared,
    deaf: &watch::Sender<bool>,
    answered: &watch::Sender<usize>,
) {
    let mut buffer = vec![0; 16_384];
    let mut weather = shared.weather.subscribe();
    loop {
        let Ok(length @ 1..) = from.read(&mut buffer).await else {
            return;
        };
        answered.send_modify(|count| *count += 1);
        if *deaf.borrow() {
            // The cut follows; this answer is lost.
            continue;
        }
        if weather.wait_for(|now| *now != Weather::Silent).await.is_err()
            || to.write_all(&buffer[..length]).await.is_err()
        {
            return;
        }
    }
}

impl Shared {
    /// Takes the cut if what was seen makes it due.
    fn due(&self, seen: &[u8], total: usize) -> Option<Cut> {
        let mut cut = self.cut.lock().expect("not poisoned");
        let due = match cut.as_ref()? {
            Cut::Before(text) | Cut::After(text) => {
                let text: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
                seen.windows(text.len()).any(|part| part == text)
            }
            Cut::Bytes(bytes) => total >= *bytes,
        };
        if due { cut.take() } else { None }
    }
}
