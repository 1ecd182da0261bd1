//! Where alerts arrive: a mail server and a webhook receiver on loopback, each in a thread of its own.

use std::{
    io::{BufRead, BufReader, ErrorKind, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};

/// A client that says nothing for so long is given up.
const SILENCE: Duration = Duration::from_secs(20);

/// A mail as the server took it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// Envelope recipients.
    pub recipients: Vec<String>,
    /// Headers and body.
    pub text: String,
}

/// A post as the receiver took it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: String,
}

impl Post {
    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// What a sink took, and whether it takes anything.
#[derive(Debug)]
struct Shared<T> {
    taken: Mutex<Vec<T>>,
    refuses: AtomicBool,
    stopped: AtomicBool,
}

/// A server that keeps what it takes.
#[derive(Debug)]
pub struct Sink<T> {
    address: SocketAddr,
    shared: Arc<Shared<T>>,
}

impl<T: Clone + Send + 'static> Sink<T> {
    fn start(serve: impl Fn(TcpStream, &Shared<T>) -> std::io::Result<()> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port on loopback");
        let address = listener.local_addr().expect("its address");
        let shared = Arc::new(Shared {
            taken: Mutex::new(Vec::new()),
            refuses: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
        });
        let here = Arc::clone(&shared);
        let serve = Arc::new(serve);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if here.stopped.load(Ordering::SeqCst) {
                    return;
                }
                let _ = stream.set_read_timeout(Some(SILENCE));
                let (here, serve) = (Arc::clone(&here), Arc::clone(&serve));
                // A client that breaks off is the client's affair.
                thread::spawn(move || drop(serve(stream, &here)));
            }
        });
        Self { address, shared }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Everything it took so far.
    #[must_use]
    pub fn taken(&self) -> Vec<T> {
        self.shared.taken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether it refuses everything from now on.
    pub fn refuse(&self, refuses: bool) {
        self.shared.refuses.store(refuses, Ordering::SeqCst);
    }
}

impl<T> Drop for Sink<T> {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // Wakes the listener.
        let _ = TcpStream::connect(self.address);
    }
}

impl<T> Shared<T> {
    fn take(&self, thing: T) {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).push(thing);
    }

    fn refuses(&self) -> bool {
        self.refuses.load(Ordering::SeqCst)
    }
}

/// How a mail server protects the way to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Not at all.
    Plain,
    /// TLS from the first byte.
    Tls,
    /// TLS after `STARTTLS`, and nothing before.
    StartTls,
}

/// The certificate of the mail servers with TLS, as a file that a client can be told to trust.
#[must_use]
pub fn mail_certificate() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("certificates/mail-server.crt")
}

fn tls() -> Arc<ServerConfig> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("certificates");
    let certificate = CertificateDer::from_pem_file(directory.join("mail-server.crt")).expect("a certificate");
    let key = PrivateKeyDer::from_pem_file(directory.join("mail-server.key")).expect("its key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions of TLS")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("a certificate with its key");
    Arc::new(config)
}

/// A mail server. It refuses every recipient whose address begins with `nobody`, and a login with a wrong password:
/// the right one is `right`.
#[must_use]
pub fn mail_server(way: Way) -> Sink<Mail> {
    let tls = (way != Way::Plain).then(tls);
    Sink::start(move |stream, shared| {
        let secure = |stream: TcpStream| {
            let tls = tls.clone().ok_or(ErrorKind::Unsupported)?;
            let connection = ServerConnection::new(tls).map_err(std::io::Error::other)?;
            Ok::<_, std::io::Error>(StreamOwned::new(connection, stream))
        };
        if way == Way::Tls {
            converse(BufReader::new(secure(stream)?), shared, false, true).map(drop)
        } else if let Some(stream) = converse(BufReader::new(stream), shared, way == Way::StartTls, true)? {
            converse(BufReader::new(secure(stream)?), shared, false, false).map(drop)
        } else {
            Ok(())
        }
    })
}

/// Speaks SMTP until the end, or until the client wants TLS: then the stream comes back.
fn converse<S: Read + Write>(
    mut reader: BufReader<S>,
    shared: &Shared<Mail>,
    wants_tls: bool,
    greets: bool,
) -> std::io::Result<Option<S>> {
    let say = |reader: &mut BufReader<S>, text: &str| {
        let stream = reader.get_mut();
        stream.write_all(format!("{text}\r\n").as_bytes())?;
        stream.flush()
    };
    if greets {
        say(&mut reader, "220 sink ESMTP")?;
    }
    let mut recipients = Vec::new();
    let mut line = String::new();
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let line = line.trim_end();
        let verb = line.to_uppercase();
        let answer = if verb.starts_with("EHLO") {
            if wants_tls {
                "250-sink\r\n250-STARTTLS\r\n250 8BITMIME"
            } else {
                "250-sink\r\n250-AUTH PLAIN\r\n250 8BITMIME"
            }
        } else if verb == "STARTTLS" {
            say(&mut reader, "220 go on")?;
            return Ok(Some(reader.into_inner()));
        } else if verb.starts_with("QUIT") {
            say(&mut reader, "221 bye")?;
            return Ok(None);
        } else if wants_tls {
            "530 say STARTTLS first"
        } else if shared.refuses() {
            "451 not today"
        } else if let Some(login) = line.strip_prefix("AUTH PLAIN ") {
            use base64::Engine as _;
            let login = base64::engine::general_purpose::STANDARD
                .decode(login)
                .unwrap_or_default();
            if login.ends_with(b"\0right") {
                "235 welcome"
            } else {
                "535 wrong password"
            }
        } else if let Some(address) = line.get(8..).filter(|_| verb.starts_with("RCPT TO:")) {
            let address = address.trim_matches(['<', '>']).to_owned();
            if address.starts_with("nobody") {
                "550 no such person"
            } else {
                recipients.push(address);
                "250 ok"
            }
        } else if verb.starts_with("DATA") {
            say(&mut reader, "354 go on")?;
            let text = data(&mut reader)?;
            shared.take(Mail {
                recipients: std::mem::take(&mut recipients),
                text,
            });
            "250 taken"
        } else {
            "250 ok"
        };
        say(&mut reader, answer)?;
    }
}

/// The text of a mail, up to the line with the single dot.
fn data(reader: &mut impl BufRead) -> std::io::Result<String> {
    let mut text = String::new();
    for line in reader.lines() {
        let line = line?;
        if line == "." {
            break;
        }
        text.push_str(line.strip_prefix('.').unwrap_or(&line));
        text.push('\n');
    }
    Ok(text)
}

/// A receiver of webhook posts.
#[must_use]
pub fn webhook_receiver() -> Sink<Post> {
    Sink::start(|mut stream, shared| {
        let mut reader = BufReader::new(stream.try_clone()?);
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let mut headers = Vec::new();
        loop {
            line.clear();
            reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else {
                break;
            };
            headers.push((name.to_lowercase(), value.trim().to_owned()));
        }
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let mut body = vec![0; length.and_then(|(_, value)| value.parse().ok()).unwrap_or(0)];
        reader.read_exact(&mut body)?;
        let status = if shared.refuses() {
            "500 Internal Server Error"
        } else {
            shared.take(Post {
                headers,
                body: String::from_utf8_lossy(&body).into_owned(),
            });
            "204 No Content"
        };
        stream.write_all(format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").as_bytes())
    })
}
