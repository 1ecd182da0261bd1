//! What a server over TDS and the network before it can do to the store: nothing is lost, nothing is there twice, the
//! condition has a name, and work goes on by itself.

use std::{sync::Arc, time::Duration};

use super::{
    Fixture, at, batch, call, code, comparison, owner,
    sqlserver::{SqlServerFixture, configured, login, servers, skipped},
    tds_proxy::{Cut, Proxy, Weather},
    text,
};
use crate::{
    config::model::{SqlServer, SqlServerEndpoint, Tls},
    domain::{
        failure::Failure,
        table::{Row, Value},
        window::Window,
    },
    ports::records::{CallBatch, Comparison, Proof, RecordServers as _, RecordStore, ZoomTotal},
    record_store::{
        Servers,
        sqlserver::{
            Limits,
            testing::{Session, name_of, strings},
        },
    },
};

/// A store behind a network that the test controls, in plain text so that the test can see the statements.
struct Outage {
    fixture: SqlServerFixture,
    proxy: Proxy,
    servers: Servers,
    store: Arc<dyn RecordStore>,
}

impl Outage {
    async fn new(server: SqlServer, limits: Limits) -> Self {
        let fixture = SqlServerFixture::new(server.clone());
        drop(fixture.store().await);
        let SqlServerEndpoint::Port(port) = server.endpoint else {
            panic!("a port")
        };
        let proxy = Proxy::to(format!("{}:{port}", server.host)).await;
        let behind = SqlServer {
            host: "127.0.0.1".to_owned(),
            endpoint: SqlServerEndpoint::Port(proxy.port()),
            tls: Tls::Off,
            ca_file: None,
            ..server
        };
        let servers = servers(behind, fixture.clock()).within(limits);
        let database = fixture.real_name("calls");
        let store = servers
            .open("test", &database, &owner("one").account)
            .await
            .expect("opened");
        Self {
            fixture,
            proxy,
            servers,
            store,
        }
    }

    /// Exactly these calls are there, and the counters and the ledger say so.
    async fn holds(&self, calls: usize) {
        let database = self.fixture.real_name("calls");
        let count = |sql| strings(self.fixture.server(), &database, sql);
        let expected = [calls.to_string()];
        assert_eq!(count("SELECT COUNT_BIG(*) FROM dbo.call_history").await, expected);
        assert_eq!(
            count("SELECT value FROM dbo.collection_counter WHERE name = 'records'").await,
            expected
        );
        assert_eq!(
            count("SELECT value FROM dbo.collection_counter WHERE name = 'elements_pending'").await,
            expected
        );
        assert_eq!(self.store.held(day()).await.expect("held"), calls as u64);
        assert_eq!(count("SELECT held FROM dbo.collection_window").await, expected);
        assert_eq!(count("SELECT state FROM dbo.collection_window").await, ["complete"]);
    }

    async fn end(self) {
        self.servers.close_all().await;
        drop(self.proxy);
        self.fixture.clean().await;
    }
}

/// Runs a test behind a network, or says that it was skipped.
async fn run(name: &str, limits: Limits, test: impl AsyncFn(&Outage)) {
    let Some(server) = configured() else {
        skipped(name);
        return;
    };
    let outage = Outage::new(server, limits).await;
    test(&outage).await;
    outage.end().await;
}

fn day() -> Window {
    Window {
        from: at("2026-05-01T00:00:00Z"),
        to: at("2026-05-02T00:00:00Z"),
    }
}

fn calls(count: usize) -> Vec<Row> {
    let one = |number| {
        call(
            &format!("call-{number:06}"),
            "2026-05-01T10:00:00Z",
            &[("caller_name", text(&format!("{number} {}", "x".repeat(60))))],
        )
    };
    (0..count).map(one).collect()
}

/// A window with everything that belongs to it.
fn window(count: usize) -> CallBatch {
    CallBatch {
        want_elements: true,
        proves: vec![
            Proof::Compared(Comparison {
                received: Some(count as u64),
                ..comparison(day(), ZoomTotal::Said(count as u64))
            }),
            Proof::Watermark(day().to),
        ],
        ..batch(calls(count))
    }
}

#[tokio::test]
async fn a_network_cut_at_any_place_of_a_commit_loses_and_repeats_nothing() {
    for (place, cut) in [
        ("while rows are loaded", Cut::Bytes(200_000)),
        ("before rows are taken in", Cut::Before("INSERT INTO dbo.call_history")),
        ("before the ledger is written", Cut::Before("dbo.collection_window")),
        ("before the commit", Cut::Before("COMMIT TRANSACTION")),
        ("after the commit, before its answer", Cut::After("COMMIT TRANSACTION")),
    ] {
        run(place, Limits::default(), async |outage| {
            outage.proxy.cut(cut.clone());
            outage.store.commit_calls(window(1500)).await.expect("committed");
            assert_eq!(outage.proxy.cuts(), 1, "{place}: the cut happened");
            outage.holds(1500).await;
            let again = outage.store.commit_calls(window(1500)).await.expect("committed");
            assert_eq!((again.added, again.changed, again.unchanged), (0, 0, 1500), "{place}");
        })
        .await;
    }
}

#[tokio::test]
async fn idle_connections_that_a_restart_ended_are_replaced_without_an_error() {
    let name = "idle_connections_that_a_restart_ended_are_replaced_without_an_error";
    run(name, Limits::default(), async |outage| {
        outage.store.commit_calls(window(3)).await.expect("committed");
        for _ in 0..3 {
            outage.proxy.end_all();
            assert_eq!(outage.store.summary().await.expect("read").records, 3);
        }
    })
    .await;
}

#[tokio::test]
async fn a_server_that_is_down_has_a_name_is_not_hammered_and_is_found_again() {
    let name = "a_server_that_is_down_has_a_name_is_not_hammered_and_is_found_again";
    run(name, Limits::default(), async |outage| {
        outage.proxy.set(Weather::Closed);
        outage.proxy.end_all();
        let before = outage.proxy.connects();
        for _ in 0..300 {
            let failed = outage.store.commit_calls(window(20)).await.expect_err("it is down");
            assert!(matches!(failed, Failure::Retry { .. }), "{failed:?}");
        }
        let attempts = outage.proxy.connects() - before;
        assert!(attempts < 40, "{attempts} connects for 300 commits");
        outage.proxy.set(Weather::Fair);
        // Bounded by the longest wait between two connects.
        let back = async {
            while outage.store.commit_calls(window(20)).await.is_err() {
                tokio::task::yield_now().await
            }
        };
        tokio::time::timeout(Duration::from_secs(30), back)
            .await
            .expect("found again");
        outage.holds(20).await;
    })
    .await;
}

#[tokio::test]
async fn a_server_that_keeps_silent_is_given_up_and_what_it_did_is_found() {
    let short = Limits {
        write: Duration::from_secs(3),
        ..Limits::default()
    };
    let name = "a_server_that_keeps_silent_is_given_up_and_what_it_did_is_found";
    run(name, short, async |outage| {
        outage.proxy.set(Weather::Silent);
        let failed = outage.store.commit_calls(window(50)).await;
        assert_eq!(code(failed), "database_timeout");
        outage.proxy.set(Weather::Fair);
        let patient = outage.fixture.store().await;
        patient.commit_calls(window(50)).await.expect("committed");
        outage.holds(50).await;
    })
    .await;
}

#[tokio::test]
async fn the_victim_of_a_deadlock_repeats_and_nobody_notices() {
    let name = "the_victim_of_a_deadlock_repeats_and_nobody_notices";
    run(name, Limits::default(), async |outage| {
        let database = outage.fixture.real_name("calls");
        outage.store.commit_calls(window(2)).await.expect("committed");
        let (mut rounds, mut victims) = (0_i64, 0);
        // The server chooses, as a rule the one who has waited longer: ours.
        while victims == 0 && rounds < 10 {
            rounds += 1;
            // Somebody else's transaction holds a counter, then wants the call that ours has changed meanwhile.
            let mut other = Session::open(outage.fixture.server(), &database).await;
            let counter = "UPDATE dbo.collection_counter SET value = value WHERE name = 'elements_pending'";
            other.run("BEGIN TRANSACTION").await.expect("begun");
            other.run(counter).await.expect("locked");
            let changed = CallBatch {
                want_elements: true,
                ..batch(vec![
                    call(
                        "call-000000",
                        "2026-05-01T10:00:00Z",
                        &[("duration", Value::Integer(rounds))],
                    ),
                    call(&format!("new-{rounds}"), "2026-05-01T11:00:00Z", &[]),
                ])
            };
            let ours = outage.store.commit_calls(changed);
            let theirs = async {
                other.wait_until_it_blocks(outage.fixture.server()).await;
                let call = "UPDATE dbo.call_history SET extra = extra WHERE call_history_uuid = 'call-000000'";
                let got = other.run(call).await;
                drop(other);
                got
            };
            let (ours, theirs) = tokio::join!(ours, theirs);
            let receipt = ours.expect("committed, by whichever attempt");
            assert_eq!((receipt.added, receipt.changed), (1, 1), "round {rounds}");
            match theirs {
                Ok(()) => victims += 1,
                Err(victim) => assert_eq!(victim.meaning().0, "deadlock_victim", "{victim}"),
            }
        }
        assert!(victims > 0, "the server always chose the other transaction");
        let stored = strings(
            outage.fixture.server(),
            &database,
            "SELECT COUNT_BIG(*) FROM dbo.call_history",
        )
        .await;
        assert_eq!(stored, [(2 + rounds).to_string()]);
    })
    .await;
}

#[tokio::test]
async fn a_refused_login_is_not_repeated_until_it_would_be_locked_out() {
    let name = "a_refused_login_is_not_repeated_until_it_would_be_locked_out";
    run(name, Limits::default(), async |outage| {
        let wrong = SqlServer {
            host: "127.0.0.1".to_owned(),
            endpoint: SqlServerEndpoint::Port(outage.proxy.port()),
            login: login(name_of(outage.fixture.server()), "wrong"),
            tls: Tls::Off,
            ca_file: None,
        };
        let servers = servers(wrong, outage.fixture.clock());
        let before = outage.proxy.connects();
        for account in 0..50 {
            let database = format!("db{account}");
            let refused = servers.open("test", &database, &owner("one").account).await;
            assert_eq!(code(refused), "login_failed");
        }
        let attempts = outage.proxy.connects() - before;
        assert!(attempts <= 3, "{attempts} logins for 50 accounts");
        servers.close_all().await;
    })
    .await;
}
