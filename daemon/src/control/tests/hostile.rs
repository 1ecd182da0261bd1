//! Hostile requests over the socket: an answer of HTTP or a closed connection, never a crash, and the next one is served.

use std::time::Duration;

use ::hostile::Target;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};

use super::fixture::Server;
use crate::control::table::TABLE;

/// One request of every route, with the names that the fixture knows.
fn requests() -> Vec<String> {
    let mut requests = Vec::new();
    for route in TABLE {
        let path = route.path.replace("{name}", "ACME").replace("{id}", "1");
        let query: Vec<String> = route.query.iter().map(|name| format!("{name}=1")).collect();
        let target = if query.is_empty() {
            path
        } else {
            format!("{path}?{}", query.join("&"))
        };
        requests.push(format!(
            "{} {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-callsync-confirm: yes\r\ncontent-length: {}\r\n\r\n{}",
            route.method,
            route.body.len(),
            route.body
        ));
    }
    requests
}

/// With the length of its body as it is now, so that more than the HTTP parser sees it.
fn measured(input: &[u8]) -> Vec<u8> {
    let Some(end) = input.windows(4).position(|four| four == b"\r\n\r\n") else {
        return input.to_vec();
    };
    let (head, body) = input.split_at(end + 4);
    let head = String::from_utf8_lossy(head);
    let lines: Vec<String> = head
        .trim_end()
        .split("\r\n")
        .map(|line| match line.starts_with("content-length:") {
            true => format!("content-length: {}", body.len()),
            false => line.to_owned(),
        })
        .collect();
    [format!("{}\r\n\r\n", lines.join("\r\n")).as_bytes(), body].concat()
}

async fn answer(server: &Server, request: &[u8]) -> Vec<u8> {
    let mut stream = server.connect().await;
    // A server that has seen enough closes while we still write.
    let _ = stream.write_all(request).await;
    let _ = stream.shutdown().await;
    let mut bytes = Vec::new();
    // A stream of events has no end.
    let _ = timeout(Duration::from_secs(2), stream.read_to_end(&mut bytes)).await;
    bytes
}

fn judge(bytes: &[u8], request: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let sent = String::from_utf8_lossy(request);
    let Some(head) = text.split("\r\n\r\n").next().filter(|head| !head.is_empty()) else {
        return;
    };
    let status: u16 = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .unwrap_or_default();
    assert!((200..=599).contains(&status), "{head}\nafter {sent}");
    assert_ne!(status, 500, "{text}\nafter {sent}");
    let is_problem = head.to_lowercase().contains("application/problem+json");
    // What HTTP itself refuses has no body.
    assert!(
        status < 400 || is_problem || text.ends_with("\r\n\r\n"),
        "{text}\nafter {sent}"
    );
}

#[test]
fn a_hostile_request_gets_an_answer_or_nothing_and_the_next_one_is_served() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let server = runtime.block_on(Server::start());
    let target = requests()
        .into_iter()
        .fold(Target::new("control"), |target, request| target.seed(request))
        .brief(300);
    target.attack(|input| {
        runtime.block_on(async {
            for request in [input.to_vec(), measured(input)] {
                judge(&answer(&server, &request).await, &request);
            }
            assert_eq!(server.get("/v1/version").await.status, 200);
        });
    });
}
