//! Zoom's side of the webhook: signing, posting, and the port it goes to.

use std::{
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    time::Duration,
};

use sha2::{Digest as _, Sha256};

use crate::{configuration::write_secret, socket::Answer, world::World};

/// The secret token of every test.
pub const SECRET: &str = "a-secret-token-of-a-test";

/// The port of a listening daemon.
#[derive(Clone, Copy, Debug)]
pub struct Port(pub SocketAddr);

impl World {
    /// Configures a listener for the daemons that start from now on.
    ///
    /// # Panics
    /// When there is no free port.
    #[must_use]
    pub fn listen(&mut self, further: &str) -> Port {
        let address = TcpListener::bind("127.0.0.1:0")
            .and_then(|probe| probe.local_addr())
            .expect("a free port");
        let file = self.home().join("webhook-secret");
        write_secret(&file, SECRET);
        self.configuration.more.push_str(&format!(
            "listen:\n  address: {address}\n  webhook_secret: {{file: {}}}\n{further}",
            file.display()
        ));
        Port(address)
    }
}

/// Seconds since 1970, now: the daemon compares with the system's clock.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "Zoom's clock is the world's")]
pub fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// HMAC-SHA256 in hex, by the book.
#[must_use]
pub fn hmac(secret: &str, message: &[u8]) -> String {
    let mut key = [0_u8; 64];
    key[..secret.len()].copy_from_slice(secret.as_bytes());
    let inner = Sha256::new()
        .chain_update(key.map(|byte| byte ^ 0x36))
        .chain_update(message)
        .finalize();
    hex::encode(
        Sha256::new()
            .chain_update(key.map(|byte| byte ^ 0x5c))
            .chain_update(inner)
            .finalize(),
    )
}

/// The two headers of a signed post.
#[must_use]
pub fn signed(secret: &str, timestamp: i64, body: &str) -> String {
    let signature = hmac(secret, format!("v0:{timestamp}:{body}").as_bytes());
    format!("x-zm-request-timestamp: {timestamp}\r\nx-zm-signature: v0={signature}\r\n")
}

impl Port {
    /// Posts a body as Zoom does, now.
    ///
    /// # Panics
    /// When nobody answers.
    #[must_use]
    pub fn post(self, body: &str) -> u16 {
        self.post_with(&signed(SECRET, now(), body), body).status
    }

    /// Posts a body with these headers.
    ///
    /// # Panics
    /// When nobody answers.
    #[must_use]
    pub fn post_with(self, headers: &str, body: &str) -> Answer {
        self.exchange(&format!(
            "POST /webhook HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n{body}",
            body.len()
        ))
        .expect("an answer")
    }

    /// Asks for a page.
    ///
    /// # Panics
    /// When nobody answers.
    #[must_use]
    pub fn get(self, target: &str) -> Answer {
        self.exchange(&format!(
            "GET {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
        ))
        .expect("an answer")
    }

    /// Sends text and reads until the other side closes.
    ///
    /// # Errors
    /// Nobody listens, or no HTTP came back.
    pub fn exchange(self, request: &str) -> io::Result<Answer> {
        let mut stream = self.connect()?;
        // An answer may come, and the connection end, before everything is sent.
        let _ = stream.write_all(request.as_bytes());
        let mut bytes = Vec::new();
        let read = stream.read_to_end(&mut bytes);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            return Err(read.err().unwrap_or_else(|| io::Error::other("no HTTP head")));
        };
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
        Ok(Answer {
            status: status.ok_or_else(|| io::Error::other("no HTTP status"))?,
            head: head.to_lowercase(),
            body: body.to_owned(),
        })
    }

    /// A connection.
    ///
    /// # Errors
    /// Nobody listens.
    pub fn connect(self) -> io::Result<TcpStream> {
        let stream = TcpStream::connect(self.0)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        Ok(stream)
    }
}
