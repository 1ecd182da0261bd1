//! What the socket takes, and for how long.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
    time::Instant,
};

use super::fixture::{GROUP, Server, read};
use crate::control::{
    connection::{HEAD_PATIENCE, IDLE_PATIENCE},
    router::{BODY_PATIENCE, LONGEST_BODY},
    serve::{LONGEST_HEAD, MOST_CONNECTIONS, MOST_VIEWERS},
};

#[tokio::test]
async fn body_up_to_a_mebibyte_is_read_and_a_larger_one_refused() {
    let server = Server::start().await;
    let body = |length: usize| format!("{}{}", r#"{"name":"North"}"#, " ".repeat(length - 16));
    assert_eq!(server.post("/v1/groups", &body(LONGEST_BODY)).await.status, 200);
    let mut stream = server.connect().await;
    let head = format!(
        "POST /v1/groups HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        LONGEST_BODY + 1
    );
    stream.write_all(head.as_bytes()).await.expect("a head");
    assert_eq!(read(stream).await.problem(), (413, "body_too_large", 2));
}

#[tokio::test]
async fn body_without_a_length_is_bounded_too() {
    let server = Server::start().await;
    let mut stream = server.connect().await;
    stream
        .write_all(b"POST /v1/groups HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n")
        .await
        .expect("a head");
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x1_0000));
    // The daemon stops reading at its limit and may hang up before all chunks are written.
    for _ in 0..=LONGEST_BODY / 0x1_0000 {
        if stream.write_all(chunk.as_bytes()).await.is_err() {
            break;
        }
    }
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    assert!(
        answer.starts_with(b"HTTP/1.1 413"),
        "{}",
        String::from_utf8_lossy(&answer)
    );
}

#[tokio::test]
async fn head_over_sixteen_kibibytes_is_refused() {
    let server = Server::start().await;
    let header = |length: usize| format!("x-long: {}\r\n", "a".repeat(length));
    assert_eq!(
        server
            .send("GET", "/v1/version", &header(LONGEST_HEAD - 512), "")
            .await
            .status,
        200
    );
    assert_eq!(
        server
            .send("GET", "/v1/version", &header(LONGEST_HEAD), "")
            .await
            .status,
        431
    );
}

#[tokio::test]
async fn connection_beyond_the_last_place_is_turned_away_and_places_are_given_back() {
    let server = Server::start().await;
    let mut open: Vec<UnixStream> = Vec::new();
    for _ in 0..MOST_CONNECTIONS {
        let mut stream = server.connect().await;
        // An answer proves that the connection has its place.
        stream
            .write_all(b"GET /v1/version HTTP/1.1\r\nhost: x\r\n\r\n")
            .await
            .expect("a request");
        let mut byte = [0];
        stream.read_exact(&mut byte).await.expect("an answer");
        open.push(stream);
    }
    let refused = read(server.connect().await).await;
    assert_eq!(refused.problem(), (503, "too_many_connections", 1));
    assert_eq!(refused.body["retryable"], true);
    open.clear();
    loop {
        let reply = server.get("/v1/version").await;
        if reply.status == 200 {
            break;
        }
        assert_eq!(reply.status, 503);
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn viewers_cannot_take_the_places_of_administrators() {
    let server = Server::start().await;
    server.become_user(1_000, &[GROUP]);
    let mut open = Vec::new();
    for _ in 0..MOST_VIEWERS {
        let mut stream = server.connect().await;
        stream
            .write_all(b"GET /v1/version HTTP/1.1\r\nhost: x\r\n\r\n")
            .await
            .expect("a request");
        let mut byte = [0];
        stream.read_exact(&mut byte).await.expect("an answer");
        open.push(stream);
    }
    assert_eq!(
        read(server.connect().await).await.problem(),
        (503, "too_many_connections", 1)
    );
    server.become_user(0, &[]);
    assert_eq!(server.get("/v1/version").await.status, 200);
}

async fn closed_after(mut stream: UnixStream) -> std::time::Duration {
    let since = Instant::now();
    let mut rest = Vec::new();
    // An error is a way of closing, too.
    let _ = stream.read_to_end(&mut rest).await;
    since.elapsed()
}

#[tokio::test(start_paused = true)]
async fn client_that_never_ends_its_head_is_dropped() {
    let server = Server::start().await;
    for start in ["", "GET /v1/version HTTP/1.1\r\nhost:"] {
        let mut stream = server.connect().await;
        stream.write_all(start.as_bytes()).await.expect("a start");
        let waited = closed_after(stream).await;
        assert!(
            waited >= HEAD_PATIENCE && waited < HEAD_PATIENCE * 2,
            "{start:?}: {waited:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn idle_connection_is_closed_after_a_minute() {
    let server = Server::start().await;
    let mut stream = server.connect().await;
    stream
        .write_all(b"GET /v1/version HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .expect("a request");
    let waited = closed_after(stream).await;
    assert!(waited >= IDLE_PATIENCE && waited < IDLE_PATIENCE * 2, "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn body_that_never_ends_is_answered_in_time() {
    let server = Server::start().await;
    let since = Instant::now();
    let mut stream = server.connect().await;
    stream
        .write_all(b"POST /v1/groups HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 100\r\n\r\n{")
        .await
        .expect("a part");
    assert_eq!(read(stream).await.problem(), (408, "body_too_slow", 2));
    assert!(since.elapsed() >= BODY_PATIENCE && since.elapsed() < BODY_PATIENCE * 2);
}

#[tokio::test]
async fn stop_ends_idle_connections_and_the_listener() {
    let server = Server::start().await;
    let mut stream = server.connect().await;
    stream
        .write_all(b"GET /v1/version HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .expect("a request");
    let mut byte = [0];
    stream.read_exact(&mut byte).await.expect("an answer");
    server.stop.cancel();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.expect("a clean end");
    while UnixStream::connect(&server.path).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(!server.path.exists(), "the socket file is gone");
}
