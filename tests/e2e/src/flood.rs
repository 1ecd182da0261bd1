//! A flood of garbage at the webhook: few threads, many posts a connection, offered at a rate whatever comes back.

use std::{
    collections::{BTreeMap, VecDeque},
    io::{Read as _, Write as _},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use crate::webhook::{Port, SECRET, now, signed};

const THREADS: u32 = 4;
/// Posts that are written to one connection without waiting for answers.
const BATCH: u32 = 10;
/// Connections of one thread whose answers are not read yet; together they stay below what the daemon takes.
const OPEN: usize = 24;
/// A connection that says nothing for so long is given up.
const SILENCE: Duration = Duration::from_secs(5);

/// What was sent, and what came of it.
#[derive(Clone, Debug, Default)]
pub struct Flood {
    /// Posts written, or refused by a connection that was closed on them.
    pub posts: u64,
    /// Connections made.
    pub connections: u64,
    /// Connections that were not even accepted.
    pub unreachable: u64,
    /// Answers by status.
    pub answers: BTreeMap<u16, u64>,
    /// From the first post to the last answer.
    pub took: Duration,
}

/// Every kind of garbage: unsigned, wrongly signed, too old, signed and no event, too long, no HTTP.
#[must_use]
pub fn garbage() -> Vec<String> {
    let post = |headers: &str, length: usize, body: &str| {
        format!("POST /webhook HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n{headers}\r\n{body}")
    };
    let body = format!(
        "{{\"event\":\"app_deauthorized\",\"payload\":{{\"account_id\":\"{}\"}}}}",
        "x".repeat(400)
    );
    let all = |headers: &str, body: &str| post(headers, body.len(), body);
    vec![
        all("", &body),
        all(&signed("another secret", now(), &body), &body),
        all(&signed(SECRET, now() - 3_600, &body), &body),
        all(&signed(SECRET, now(), "no event"), "no event"),
        all("x-zm-request-timestamp: soon\r\nx-zm-signature: v0=zz\r\n", &body),
        post("", 200_000, &body),
        "BREW /webhook coffee\r\n\r\n".to_owned(),
    ]
}

/// Offers so many posts a second, for so many seconds.
#[must_use]
pub fn offer(port: Port, per_second: u32, seconds: u32) -> Flood {
    let began = Instant::now();
    let mut whole = Flood::default();
    thread::scope(|scope| {
        let stream = |number| scope.spawn(move || stream(port, number, per_second / THREADS, seconds));
        let threads: Vec<_> = (0..THREADS).map(stream).collect();
        for one in threads.into_iter().filter_map(|thread| thread.join().ok()) {
            whole.posts += one.posts;
            whole.connections += one.connections;
            whole.unreachable += one.unreachable;
            for (status, count) in one.answers {
                *whole.answers.entry(status).or_default() += count;
            }
        }
    });
    whole.took = began.elapsed();
    whole
}

fn stream(port: Port, number: u32, per_second: u32, seconds: u32) -> Flood {
    let kinds = garbage();
    let batches = per_second * seconds / BATCH;
    let between = Duration::from_secs(1) * BATCH / per_second;
    let began = Instant::now();
    let mut flood = Flood::default();
    let mut open: VecDeque<TcpStream> = VecDeque::new();
    for turn in 0..batches {
        // Offered by the clock: a daemon that is slow to answer is not spared.
        thread::sleep((began + between * turn).saturating_duration_since(Instant::now()));
        // Another kind comes first in each: what follows the one that ends the connection is not looked at.
        let first = (turn + number) as usize;
        let text: String = (0..BATCH as usize)
            .map(|place| kinds[(first + place) % kinds.len()].as_str())
            .collect();
        flood.posts += u64::from(BATCH);
        let Ok(mut connection) = TcpStream::connect(port.0) else {
            flood.unreachable += 1;
            continue;
        };
        flood.connections += 1;
        // It may be closed before everything is sent.
        let _ = connection.set_read_timeout(Some(SILENCE));
        let _ = connection.write_all(text.as_bytes());
        open.push_back(connection);
        if open.len() > OPEN {
            flood.hear(open.pop_front());
        }
    }
    for connection in open {
        flood.hear(Some(connection));
    }
    flood
}

impl Flood {
    fn hear(&mut self, connection: Option<TcpStream>) {
        let Some(mut connection) = connection else { return };
        let mut said = Vec::new();
        // A reset after the answer is as good as an end.
        let _ = connection.read_to_end(&mut said);
        let said = String::from_utf8_lossy(&said);
        for answer in said.split("HTTP/1.1 ").skip(1) {
            let status = answer.get(..3).and_then(|status| status.parse().ok());
            *self.answers.entry(status.unwrap_or(0)).or_default() += 1;
        }
    }
}
