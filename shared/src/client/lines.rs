//! A streamed answer, cut into its lines.

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Incoming;

use super::{Error, Peer, Wire};

/// Longest line that is accepted; the largest real one, a call with its elements, is a thousandth of it.
const LONGEST_LINE: usize = 16 << 20;

/// The lines of an answer as they arrive. Memory holds one line and what came with it.
pub struct Lines {
    wire: Wire,
    body: Incoming,
    buffer: BytesMut,
    /// How much of `buffer` is known to hold no line end.
    searched: usize,
    ended: bool,
    peer: Peer,
}

impl Lines {
    pub(super) fn new(wire: Wire, body: Incoming, peer: Peer) -> Self {
        Self {
            wire,
            body,
            buffer: BytesMut::new(),
            searched: 0,
            ended: false,
            peer,
        }
    }

    /// Who answers.
    #[must_use]
    pub fn peer(&self) -> &Peer {
        &self.peer
    }

    /// The next line without its end; `None` after the last. Empty lines, which keep a connection alive, are skipped.
    /// Nothing is lost when the returned future is dropped.
    ///
    /// # Errors
    /// [`Error::Broken`] when the connection ends before the stream does; [`Error::Invalid`] for an endless line.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            while let Some(line) = self.buffered() {
                if !line.is_empty() {
                    return Ok(Some(line));
                }
            }
            if self.ended {
                let rest = self.buffer.split().freeze();
                self.searched = 0;
                return Ok((!rest.is_empty()).then_some(rest));
            }
            if self.buffer.len() > LONGEST_LINE {
                return Err(Error::Invalid(format!("a line is longer than {LONGEST_LINE} bytes")));
            }
            match self.wire.drive(self.body.frame()).await {
                None => self.ended = true,
                Some(Err(error)) => return Err(Error::broken(error)),
                Some(Ok(frame)) => {
                    if let Some(data) = frame.data_ref() {
                        self.buffer.extend_from_slice(data);
                    }
                }
            }
        }
    }

    fn buffered(&mut self) -> Option<Bytes> {
        let found = self.buffer[self.searched..].iter().position(|byte| *byte == b'\n');
        let Some(offset) = found else {
            self.searched = self.buffer.len();
            return None;
        };
        let mut line = self.buffer.split_to(self.searched + offset + 1);
        self.searched = 0;
        line.truncate(line.len() - 1);
        if line.last() == Some(&b'\r') {
            line.truncate(line.len() - 1);
        }
        Some(line.freeze())
    }
}
