//! A Zoom of a few lines for tests: each request is logged and answered by a script, also with broken answers.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Seen {
    pub method: String,
    pub path: String,
    pub query: Vec<(String, String)>,
    pub headers: HashMap<String, String>,
    pub form: HashMap<String, String>,
}

impl Seen {
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    pub fn is_token(&self) -> bool {
        self.path == "/oauth/token"
    }
}

/// What the script answers.
#[derive(Debug, Clone)]
pub enum Reply {
    Json(u16, String),
    With(u16, Vec<(&'static str, String)>, String),
    /// Says it is longer than it is.
    Truncated(String),
    /// The connection ends without an answer.
    Gone,
    /// Waits for the signal first.
    After(Arc<tokio::sync::Notify>, Box<Reply>),
}

pub fn json(text: &str) -> Reply {
    Reply::Json(200, text.to_owned())
}

pub fn error(status: u16, code: i64, message: &str) -> Reply {
    Reply::With(
        status,
        vec![("x-zm-trackingid", "WEB_track".to_owned())],
        format!("{{\"code\":{code},\"message\":\"{message}\"}}"),
    )
}

type Script = Box<dyn FnMut(&Seen) -> Reply + Send>;

pub struct FakeZoom {
    pub url: String,
    log: Arc<Mutex<Vec<Seen>>>,
}

impl FakeZoom {
    #[expect(clippy::disallowed_methods, reason = "the test's own server")]
    pub async fn start(script: impl FnMut(&Seen) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let log = Arc::new(Mutex::new(Vec::new()));
        let script: Arc<Mutex<Script>> = Arc::new(Mutex::new(Box::new(script)));
        let entries = Arc::clone(&log);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&script), Arc::clone(&entries)));
            }
        });
        Self { url, log }
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.log.lock().expect("a lock").clone()
    }

    pub fn count(&self) -> usize {
        self.seen().len()
    }

    pub fn tokens(&self) -> usize {
        self.seen().iter().filter(|seen| seen.is_token()).count()
    }
}

async fn serve(mut stream: TcpStream, script: Arc<Mutex<Script>>, log: Arc<Mutex<Vec<Seen>>>) {
    let Some(seen) = read(&mut stream).await else { return };
    log.lock().expect("a lock").push(seen.clone());
    let mut reply = (script.lock().expect("a lock"))(&seen);
    if let Reply::After(signal, then) = reply {
        signal.notified().await;
        reply = *then;
    }
    let (status, headers, body, length) = match reply {
        Reply::Json(status, body) => (status, Vec::new(), body.clone(), body.len()),
        Reply::With(status, headers, body) => (status, headers, body.clone(), body.len()),
        Reply::Truncated(body) => (200, Vec::new(), body.clone(), body.len() + 100),
        Reply::Gone | Reply::After(..) => return,
    };
    let mut head = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {length}\r\n"
    );
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    // The client may have gone.
    drop(stream.write_all(format!("{head}\r\n{body}").as_bytes()).await);
    drop(stream.shutdown().await);
}

async fn read(stream: &mut TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: HashMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length: usize = headers
        .get("content-length")
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    while bytes.len() < head_end + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let pairs = |text: &[u8]| -> Vec<(String, String)> { url::form_urlencoded::parse(text).into_owned().collect() };
    Some(Seen {
        method,
        path: path.to_owned(),
        query: pairs(query.as_bytes()),
        headers,
        form: pairs(&bytes[head_end..head_end + length]).into_iter().collect(),
    })
}
