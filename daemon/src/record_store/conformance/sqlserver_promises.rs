//! What only a server over TDS promises: whom it lets in, what it says when it does not, values beyond its types, views.

use std::sync::Arc;

use super::{
    Fixture, batch, call, code, element, field, owner, row,
    sqlserver::{SqlServerFixture, configured, login, skipped},
    text,
};
use crate::{
    config::model::{Server, ServerKind, SqlServer, SqlServerEndpoint, Tls},
    domain::{
        directory::{PHONE_USER, ZOOM_USER},
        failure::{Failure, Outcome},
        table::Value,
    },
    ports::records::{ElementsFetched, RecordServers as _, Snapshot},
    record_store::{
        Servers,
        sqlserver::testing::{attempt, execute, name_of, strings},
    },
};

/// Runs a test against the server, or says that it was skipped.
async fn run(name: &str, test: impl AsyncFn(&SqlServerFixture)) {
    match configured() {
        None => skipped(name),
        Some(server) => {
            let fixture = SqlServerFixture::new(server);
            test(&fixture).await;
            fixture.clean().await;
        }
    }
}

fn only(server: SqlServer, fixture: &SqlServerFixture) -> Servers {
    let server = Server {
        name: "test".to_owned(),
        kind: ServerKind::SqlServer(server),
    };
    Servers::new(vec![server], Arc::new(fixture.clock().clone()))
}

fn fault<T>(outcome: Outcome<T>) -> crate::domain::failure::Fault {
    match outcome {
        Ok(_) => panic!("it succeeded"),
        Err(failure) => Failure::fault(&failure).expect("a fault").clone(),
    }
}

/// A login of its own, that may do nothing yet.
async fn stranger(fixture: &SqlServerFixture) -> SqlServer {
    let name = format!("{}login", fixture.real_name(""));
    let make = format!("CREATE LOGIN [{name}] WITH PASSWORD = 'Str4nger!pass'");
    execute(fixture.server(), "master", &[&make]).await;
    SqlServer {
        login: login(&name, "Str4nger!pass"),
        ..fixture.server().clone()
    }
}

async fn forget(fixture: &SqlServerFixture, stranger: &SqlServer) {
    let drop = format!("DROP LOGIN [{}]", name_of(stranger));
    execute(fixture.server(), "master", &[&drop]).await;
}

#[tokio::test]
async fn each_way_not_to_get_in_has_its_own_code() {
    run("each_way_not_to_get_in_has_its_own_code", async |fixture| {
        let good = fixture.server().clone();
        let test = async |server: SqlServer| fault(only(server, fixture).test("test").await);
        // The discard port: nobody listens there.
        let port = test(SqlServer {
            endpoint: SqlServerEndpoint::Port(9),
            ..good.clone()
        });
        assert_eq!(port.await.code, "database_unreachable");
        let password = test(SqlServer {
            login: login(name_of(&good), "wrong"),
            ..good.clone()
        });
        assert_eq!(password.await.code, "login_failed");
        let certificate = test(SqlServer {
            tls: Tls::Verify,
            ca_file: None,
            ..good.clone()
        })
        .await;
        assert_eq!(certificate.code, "certificate_not_trusted", "{certificate:?}");
        for way in ["ca_file", "trust_server_certificate"] {
            assert!(certificate.hint.contains(way), "{}", certificate.hint);
        }
        let stranger = stranger(fixture).await;
        let right = test(stranger.clone()).await;
        assert_eq!(right.code, "permission_missing");
        assert!(right.message.contains("create database"), "{}", right.message);
        assert_eq!(right.cause, crate::domain::failure::Cause::Database);
        let none = test(SqlServer {
            tls: Tls::Verify,
            ca_file: Some("/nowhere/ca.pem".into()),
            ..good
        });
        assert_eq!(none.await.code, "ca_file_unusable");
        forget(fixture, &stranger).await;
    })
    .await;
}

#[tokio::test]
async fn an_untrusted_certificate_can_be_accepted_on_purpose() {
    run("an_untrusted_certificate_can_be_accepted_on_purpose", async |fixture| {
        let server = SqlServer {
            tls: Tls::TrustServerCertificate,
            ca_file: None,
            ..fixture.server().clone()
        };
        let report = only(server, fixture).test("test").await.expect("a report");
        let facts = report.facts.expect("a server tells");
        assert_eq!(facts.tls, "encrypted, certificate not verified");
        assert!(facts.clock_skew_seconds.is_some() && facts.collation.is_some());
    })
    .await;
}

#[tokio::test]
async fn without_the_right_the_administrator_gets_a_script_that_works() {
    run(
        "without_the_right_the_administrator_gets_a_script_that_works",
        async |fixture| {
            let stranger = stranger(fixture).await;
            let servers = only(stranger.clone(), fixture);
            let database = fixture.real_name("theirs");
            let refused = fault(servers.create("test", &database, &owner("one"), false).await);
            assert_eq!(refused.code, "create_database_denied");
            assert!(refused.hint.contains("--adopt"), "{}", refused.hint);
            let script = refused.message.split_once("can run:\n").expect("a script").1;
            let batches: Vec<&str> = script
                .split("GO\n")
                .map(str::trim)
                .filter(|batch| !batch.is_empty())
                .collect();
            execute(fixture.server(), "master", &batches).await;
            let made = servers
                .create("test", &database, &owner("one"), true)
                .await
                .expect("adopted");
            assert!(made.created);
            let again = servers
                .create("test", &database, &owner("one"), true)
                .await
                .expect("found");
            assert!(!again.created);
            let store = servers
                .open("test", &database, &owner("one").account)
                .await
                .expect("opened");
            store.probe_write().await.expect("written");
            let report = servers.test("test").await.expect("a report");
            assert_eq!(report.missing_permissions, ["create database"]);
            servers.close_all().await;
            let back = format!(
                "ALTER AUTHORIZATION ON DATABASE::[{database}] TO [{}]",
                name_of(fixture.server())
            );
            execute(fixture.server(), "master", &[&back]).await;
            forget(fixture, &stranger).await;
        },
    )
    .await;
}

#[tokio::test]
async fn a_foreign_database_is_refused_untouched_and_adopted_beside_what_is_there() {
    run(
        "a_foreign_database_is_refused_untouched_and_adopted_beside_what_is_there",
        async |fixture| {
            let name = fixture.real_name("calls");
            let make = format!("CREATE DATABASE [{name}]");
            execute(fixture.server(), "master", &[&make]).await;
            execute(
                fixture.server(),
                &name,
                &["CREATE TABLE dbo.theirs (x int)", "INSERT INTO dbo.theirs VALUES (1)"],
            )
            .await;
            let servers = fixture.servers();
            assert_eq!(
                code(servers.create("test", "calls", &owner("one"), false).await),
                "foreign_database"
            );
            assert_eq!(
                code(servers.open("test", "calls", &owner("one").account).await),
                "foreign_database"
            );
            let tables = "SELECT TABLE_NAME FROM INFORMATION_SCHEMA.TABLES";
            assert_eq!(strings(fixture.server(), &name, tables).await, ["theirs"]);
            assert!(
                servers
                    .create("test", "calls", &owner("one"), true)
                    .await
                    .expect("adopted")
                    .created
            );
            let store = servers
                .open("test", "calls", &owner("one").account)
                .await
                .expect("opened");
            store
                .commit_calls(batch(vec![call("a", "", &[])]))
                .await
                .expect("committed");
            assert_eq!(
                strings(fixture.server(), &name, "SELECT x FROM dbo.theirs").await,
                ["1"]
            );
        },
    )
    .await;
}

#[tokio::test]
async fn a_foreign_table_with_a_name_of_ours_is_never_touched() {
    run(
        "a_foreign_table_with_a_name_of_ours_is_never_touched",
        async |fixture| {
            let name = fixture.real_name("calls");
            execute(fixture.server(), "master", &[&format!("CREATE DATABASE [{name}]")]).await;
            execute(fixture.server(), &name, &["CREATE TABLE dbo.call_element (x int)"]).await;
            let refused = fixture.servers().create("test", "calls", &owner("one"), true).await;
            assert_eq!(code(refused), "foreign_database");
            let tables = "SELECT TABLE_NAME FROM INFORMATION_SCHEMA.TABLES";
            assert_eq!(strings(fixture.server(), &name, tables).await, ["call_element"]);
        },
    )
    .await;
}

#[tokio::test]
async fn what_is_printed_is_what_is_executed() {
    run("what_is_printed_is_what_is_executed", async |fixture| {
        fixture.store().await;
        let made = fixture.real_name("calls");
        let by_hand = fixture.real_name("by hand");
        let script = fixture.servers().ddl("test", "by hand").expect("a script");
        let batches: Vec<&str> = script.split("\nGO\n").map(str::trim).filter(|batch| !batch.is_empty()).collect();
        let inside = batches.iter().position(|batch| batch.starts_with("USE ")).expect("USE");
        execute(fixture.server(), "master", &batches[..inside]).await;
        execute(fixture.server(), &by_hand, &batches[inside + 1..]).await;
        let columns = "SELECT CONCAT(TABLE_NAME, '.', COLUMN_NAME, ' ', DATA_TYPE, ' ', CHARACTER_MAXIMUM_LENGTH, ' ', IS_NULLABLE, ' ', COLLATION_NAME)
            FROM INFORMATION_SCHEMA.COLUMNS ORDER BY TABLE_NAME, ORDINAL_POSITION";
        let expected = strings(fixture.server(), &made, columns).await;
        assert!(expected.len() > 300, "{}", expected.len());
        assert_eq!(strings(fixture.server(), &by_hand, columns).await, expected);
    })
    .await;
}

#[tokio::test]
async fn a_reader_sees_the_views_and_nothing_else() {
    run("a_reader_sees_the_views_and_nothing_else", async |fixture| {
        let store = fixture.store().await;
        store
            .commit_calls(batch(vec![call("a", "2026-01-01T10:00:00Z", &[])]))
            .await
            .expect("committed");
        let (reader, name) = (stranger(fixture).await, fixture.real_name("calls"));
        let user = name_of(&reader);
        let let_in = [
            format!("CREATE USER [{user}] FOR LOGIN [{user}]"),
            format!("ALTER ROLE callsync_reader ADD MEMBER [{user}]"),
        ];
        execute(fixture.server(), &name, &[&let_in[0], &let_in[1]]).await;
        assert_eq!(
            strings(&reader, &name, "SELECT call_history_uuid FROM dbo.v_call").await,
            ["a"]
        );
        let refused = attempt(&reader, &name, "SELECT caller_name FROM dbo.call_history").await;
        assert_eq!(refused.expect_err("refused").meaning().0, "permission_missing");
        execute(fixture.server(), &name, &[&format!("DROP USER [{user}]")]).await;
        forget(fixture, &reader).await;
    })
    .await;
}

#[tokio::test]
async fn values_beyond_a_column_are_kept_in_extra_and_long_ones_travel() {
    run(
        "values_beyond_a_column_are_kept_in_extra_and_long_ones_travel",
        async |fixture| {
            let store = fixture.store().await;
            let (name, long) = ("n".repeat(500), "\u{1f4a9}".repeat(70_000));
            let mut sent = call("a", "2026-01-01T10:00:00Z", &[("caller_name", text(&name))]);
            sent.extra = Some(format!("{{\"note\":\"{long}\"}}"));
            let key = "k".repeat(300);
            let unfit = call(&key, "2026-01-01T10:00:00Z", &[("caller_name", text("kept"))]);
            let receipt = store
                .commit_calls(batch(vec![sent.clone(), unfit]))
                .await
                .expect("committed");
            assert_eq!((receipt.added, receipt.rejected), (1, 1));
            let again = store.commit_calls(batch(vec![sent])).await.expect("committed");
            assert_eq!((again.unchanged, again.changed), (1, 0));
            let (record, _) = store.call("a").await.expect("read").expect("there");
            assert_eq!(field(&record, "caller_name"), Value::Null);
            let extra: serde_json::Value =
                serde_json::from_str(field(&record, "extra").as_text().expect("text")).expect("JSON");
            assert_eq!(
                (extra["caller_name"].as_str(), extra["note"].as_str()),
                (Some(name.as_str()), Some(long.as_str()))
            );
            let list = "[".to_owned() + &"1,".repeat(40_000) + "1]";
            let user = row(&ZOOM_USER, &[("id", text("u")), ("group_ids", text(&list))]);
            let snapshot = Snapshot {
                table: &ZOOM_USER,
                rows: vec![user],
                rejected: vec![],
                complete: true,
            };
            store.apply_snapshot(snapshot).await.expect("applied");
            let found = store
                .directory(&crate::ports::records::DirectoryFilter::default(), 10)
                .await
                .expect("read");
            assert_eq!(field(&found[0].1, "group_ids"), text(&list));
        },
    )
    .await;
}

#[tokio::test]
async fn views_find_names_and_days_add_up() {
    run("views_find_names_and_days_add_up", async |fixture| {
        let store = fixture.store().await;
        let user = row(&PHONE_USER, &[("id", text("u")), ("extension_id", text("x")), ("site_name", text("Bonn")), ("department", text("Sales"))]);
        let snapshot = Snapshot { table: &PHONE_USER, rows: vec![user], rejected: vec![], complete: true };
        store.apply_snapshot(snapshot).await.expect("applied");
        let one = |key: &str, end: &str, result: &str, callee: &str| {
            let values = [
                ("direction", text("inbound")),
                ("call_result", text(result)),
                ("duration", Value::Integer(30)),
                ("callee_ext_type", text(callee)),
                ("callee_ext_id", text(if callee == "user" { "x" } else { callee })),
                ("callee_name", text("Name")),
                ("start_time", Value::Time(super::at("2026-06-01T12:00:00Z"))),
                ("answer_time", Value::Time(super::at("2026-06-01T12:00:09Z"))),
            ];
            call(key, end, &values)
        };
        let calls = vec![
            one("1", "2026-06-01T23:59:59Z", "answered", "call_queue"),
            one("2", "2026-06-01T23:59:59Z", "abandoned", "call_queue"),
            one("3", "2026-06-02T00:00:00Z", "answered", "user"),
        ];
        store.commit_calls(batch(calls)).await.expect("committed");
        let name = fixture.real_name("calls");
        for (sql, expected) in [
            (
                "SELECT CONCAT(CONVERT(varchar(10), day, 23), ' ', calls, ' ', answered, ' ', duration_seconds) FROM dbo.v_call_daily ORDER BY day",
                vec!["2026-06-01 2 1 60", "2026-06-02 1 1 30"],
            ),
            (
                "SELECT CONCAT(CONVERT(varchar(10), day, 23), ' ', ext_id, ' ', calls_received, ' ', calls_received_answered, ' ', calls_made) FROM dbo.v_user_daily",
                vec!["2026-06-02 x 1 1 0"],
            ),
            (
                "SELECT CONCAT(queue_name, ' ', calls, ' ', answered, ' ', abandoned, ' ', CAST(average_wait_seconds AS int)) FROM dbo.v_queue_daily",
                vec!["Name 2 1 1 9"],
            ),
            ("SELECT CONCAT(site_name, ' ', department) FROM dbo.v_call WHERE user_id = 'u'", vec!["Bonn Sales"]),
        ] {
            assert_eq!(strings(fixture.server(), &name, sql).await, expected, "{sql}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_erased_call_gets_no_elements_and_is_not_filled_again() {
    run(
        "an_erased_call_gets_no_elements_and_is_not_filled_again",
        async |fixture| {
            let store = fixture.store().await;
            let sent = call("a", "2026-01-01T10:00:00Z", &[("caller_name", text("Ann"))]);
            store.commit_calls(batch(vec![sent])).await.expect("committed");
            let erase = "UPDATE dbo.call_history SET caller_name = NULL, erased_at = SYSUTCDATETIME()";
            execute(fixture.server(), &fixture.real_name("calls"), &[erase]).await;
            let changed = call("a", "2026-01-01T10:00:00Z", &[("caller_name", text("Anna"))]);
            let receipt = store.commit_calls(batch(vec![changed])).await.expect("committed");
            assert_eq!((receipt.unchanged, receipt.changed), (1, 0));
            let fetched = ElementsFetched::Rows {
                call_history_uuid: "a".to_owned(),
                rows: vec![element("e", &[])],
                rejected: vec![],
            };
            store.commit_elements(vec![fetched]).await.expect("committed");
            let (record, elements) = store.call("a").await.expect("read").expect("there");
            assert_eq!((field(&record, "caller_name"), elements.len()), (Value::Null, 0));
        },
    )
    .await;
}
