//! How a server over TDS is found, and what is said when something else is there. Needs no server.

use std::{net::Ipv4Addr, sync::Arc};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, UdpSocket},
};

use super::{
    at,
    sqlserver::{login, servers},
};
use crate::{
    config::model::{SqlServer, SqlServerEndpoint, Tls},
    domain::{
        clock::ManualClock,
        failure::{Failure, Fault},
    },
    ports::records::RecordServers as _,
};

/// Where the browser service of SQL Server listens.
const BROWSER: u16 = 1434;
/// The first packet of a TDS client.
const PRELOGIN: u8 = 0x12;

fn server(host: Ipv4Addr, endpoint: SqlServerEndpoint, tls: Tls) -> SqlServer {
    SqlServer {
        host: host.to_string(),
        endpoint,
        login: login("callsync", "secret"),
        tls,
        ca_file: None,
    }
}

/// Why a server cannot be used.
async fn refusal(server: SqlServer) -> Fault {
    let clock = ManualClock::new(at("2026-06-01T12:00:00Z"));
    let tested = servers(server, &clock).test("test").await;
    Failure::fault(&tested.expect_err("refused")).expect("a fault").clone()
}

/// Somebody who listens, reads what comes first, answers that, and hangs up. Returns the port and the first byte read.
#[expect(clippy::disallowed_methods, reason = "the test's own server")]
async fn listener(host: Ipv4Addr, answer: &'static [u8]) -> (u16, tokio::task::JoinHandle<u8>) {
    let listener = TcpListener::bind((host, 0)).await.expect("bound");
    let port = listener.local_addr().expect("an address").port();
    let first = tokio::spawn(async move {
        let (mut client, _) = listener.accept().await.expect("a client");
        let mut buffer = [0; 512];
        let length = client.read(&mut buffer).await.expect("read");
        client.write_all(answer).await.expect("written");
        if length > 0 { buffer[0] } else { 0 }
    });
    (port, first)
}

#[tokio::test]
async fn a_named_instance_is_found_through_the_browser_service() {
    let host = Ipv4Addr::new(127, 83, 81, 1);
    let (port, first) = listener(host, b"").await;
    let browser = Arc::new(UdpSocket::bind((host, BROWSER)).await.expect("bound"));
    let answering = async {
        let mut question = [0; 64];
        let (length, asker) = browser.recv_from(&mut question).await.expect("asked");
        let text = format!("ServerName;SQL1;InstanceName;SALES;IsClustered;No;Version;15.0.2000.5;tcp;{port};;");
        let mut answer = vec![5];
        answer.extend_from_slice(&u16::try_from(text.len()).expect("short").to_le_bytes());
        answer.extend_from_slice(text.as_bytes());
        browser.send_to(&answer, asker).await.expect("answered");
        question[..length].to_vec()
    };
    let instance = SqlServerEndpoint::Instance("SALES".to_owned());
    let (question, fault) = tokio::join!(answering, refusal(server(host, instance, Tls::Verify)));
    assert_eq!(question, b"\x04SALES");
    assert_eq!(
        first.await.expect("ended"),
        PRELOGIN,
        "TDS was spoken at the port that the browser named"
    );
    // The listener only hung up.
    assert_eq!(fault.code, "database_unreachable", "{fault:?}");
    assert!(fault.message.contains("127.83.81.1\\SALES"), "{}", fault.message);
}

#[tokio::test]
async fn an_instance_that_nobody_knows_is_named_with_both_ways_out() {
    let host = Ipv4Addr::new(127, 83, 81, 2);
    let fault = refusal(server(
        host,
        SqlServerEndpoint::Instance("NOWHERE".to_owned()),
        Tls::Verify,
    ))
    .await;
    assert_eq!(fault.code, "instance_not_found");
    assert!(fault.message.contains("NOWHERE"), "{}", fault.message);
    assert!(
        fault.hint.contains("1434") && fault.hint.contains("port:"),
        "{}",
        fault.hint
    );
}

#[tokio::test]
async fn nobody_and_somebody_else_at_a_port_are_told_apart() {
    let host = Ipv4Addr::LOCALHOST;
    let (port, _) = listener(host, b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await;
    let web = refusal(server(host, SqlServerEndpoint::Port(port), Tls::Verify)).await;
    assert_eq!(web.code, "database_protocol", "{web:?}");
    let gone = TcpListener::bind((host, 0)).await.expect("bound");
    let free = gone.local_addr().expect("an address").port();
    drop(gone);
    let nobody = refusal(server(host, SqlServerEndpoint::Port(free), Tls::Verify)).await;
    assert_eq!(nobody.code, "database_unreachable", "{nobody:?}");
    let unknown = SqlServer {
        host: "no-such-host.invalid".to_owned(),
        ..server(host, SqlServerEndpoint::Port(1433), Tls::Verify)
    };
    assert_eq!(refusal(unknown).await.code, "database_unreachable");
}

/// A server's first answer: version 15, and no encryption to be had.
const WITHOUT_TLS: &[u8] = &[
    4, 1, 0, 26, 0, 0, 1, 0, // one packet of 26 bytes
    0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 255, // version at 11, encryption at 17
    15, 0, 7, 208, 0, 0, 2,
];

#[tokio::test]
async fn a_server_without_tls_is_not_spoken_to_in_plain_text_unless_asked_for() {
    let host = Ipv4Addr::LOCALHOST;
    for tls in [Tls::Verify, Tls::TrustServerCertificate] {
        let (port, _) = listener(host, WITHOUT_TLS).await;
        let fault = refusal(server(host, SqlServerEndpoint::Port(port), tls)).await;
        assert_eq!(fault.code, "encryption_mismatch", "{tls:?}: {fault:?}");
        assert!(fault.hint.contains("tls: off"), "{}", fault.hint);
    }
}
