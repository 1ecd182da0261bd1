//! The main job with a database server over TDS: SQL Server, Azure SQL or Babelfish. Skipped, and said so, without one.

use std::time::{Duration, Instant};

use e2e::{
    World,
    database::{Database, Row},
    directory_truth::{assert_calls_equal, assert_directory_equal, assert_elements_equal},
    patience::within,
    sql_server::{SqlServer, run},
    world::{prompt, small},
};
use jiff::SignedDuration;
use serde_json::json;
use zoom_sim::{AccountOptions, CallSpec, Clock};

const KILLS: usize = 20;

/// A name that no other run uses.
fn unique(name: &str) -> String {
    let nanos = std::time::SystemTime::UNIX_EPOCH
        .elapsed()
        .unwrap_or_default()
        .as_nanos();
    format!("e2e_{name}_{nanos:x}")
}

fn world(server: &SqlServer, accounts: Vec<AccountOptions>) -> World {
    let mut options = prompt(accounts);
    // Reading a whole database back takes minutes on a slow server: no call ends at Zoom meanwhile.
    options.clock = Clock::manual(options.clock.now());
    let mut world = World::new(options);
    server.put_into(&mut world);
    world
}

#[test]
fn every_record_and_directory_entry_is_held_field_for_field() {
    let Some(server) = SqlServer::configured() else { return };
    let names = ["acme", "globex"];
    let large = |name: &str| AccountOptions {
        users: 200,
        calls: 20_000,
        queues: 6,
        ..AccountOptions::named(name)
    };
    let mut world = world(&server, names.map(large).into());
    world.start();
    let databases = names.map(unique);
    for (name, database) in names.iter().zip(&databases) {
        world.connect(name);
        world.prepare(name, database, &["--backfill", "31d", "--elements", "off"]);
        let again = world.json(&["cdr", "create-database", name]);
        assert_eq!(again["created"], false, "{again}");
        let _ = world.json(&["cdr", "activate", name, "--wait"]);
        world.await_backfill(name);
    }
    for (name, database) in names.iter().zip(&databases) {
        let account = world.zoom_account(name);
        let held = server.mirror(database);
        assert_calls_equal(&account, &held);
        assert_directory_equal(&account, &held);
        let shown = world.json(&["cdr", "show", name]);
        assert_eq!(shown["records"], held.count("call_history"), "{shown}");
        assert_eq!(shown["gaps"], 0, "{shown}");
        polling_again_changes_nothing(&world, &server, name, database);
        late_and_changed(&world, name);
        assert_calls_equal(&account, &server.mirror(database));
        assert_eq!(world.json(&["cdr", "show", name])["gaps"], 0);
    }
    drop(world);
    server.drop_databases(&databases);
}

fn polling_again_changes_nothing(world: &World, server: &SqlServer, name: &str, database: &str) {
    let _ = world.poll(name);
    let facts = |held: &Database| {
        let mut tables = held.tables();
        tables.retain(|table| !["sync_run", "collection_watermark", "collection_window"].contains(&table.as_str()));
        held.digest(&tables)
    };
    let before = facts(&server.mirror(database));
    let job = world.poll(name);
    assert_eq!(job["state"], "succeeded", "{job}");
    let _ = world.sync(name);
    assert_eq!(
        facts(&server.mirror(database)),
        before,
        "rows of {name} changed although nothing did at Zoom"
    );
}

fn late_and_changed(world: &World, name: &str) {
    let account = world.zoom_account(name);
    assert_eq!(world.fresh_calls(name, 40).len(), 40);
    let now = world.zoom().clock().now();
    let since = now - SignedDuration::from_hours(23);
    let recent = account.truth_calls().into_iter().filter(|record| {
        let end = record["end_time"]
            .as_str()
            .and_then(|end| end.parse::<jiff::Timestamp>().ok());
        end.is_some_and(|end| end > since)
    });
    let uuids = recent.filter_map(|record| record["call_history_uuid"].as_str().map(str::to_owned));
    for (number, uuid) in uuids.take(60).enumerate() {
        let patch = match number % 3 {
            0 => json!({"recording_status": "recorded", "callee_name": format!("Renamed – 改名 {number}")}),
            1 => json!({"department": null, "call_result": "spoken_to_by_a_robot"}),
            _ => json!({"future": {"number": number}, "duration": 1_000_000 + number}),
        };
        assert!(account.change_record(&uuid, patch));
    }
    for hours in [1, 6, 12, 18, 23] {
        // Published only now, long after it ended.
        account.add_call(CallSpec {
            start: Some(now - SignedDuration::from_hours(hours) - SignedDuration::from_mins(2)),
            duration_seconds: Some(60),
            publish_at: Some(now),
            ..CallSpec::default()
        });
    }
    let job = world.poll(name);
    assert_eq!(job["state"], "succeeded", "{job}");
}

/// Facts without the moments at which we saw them.
fn facts(database: &Database, table: &str) -> Vec<Row> {
    let mut rows = database.rows(&format!("SELECT * FROM \"{table}\" ORDER BY 1, 2"));
    for row in &mut rows {
        for stamp in ["first_seen_at", "changed_at", "id"] {
            if stamp != "id" || table == "rejected_record" {
                row.remove(stamp);
            }
        }
    }
    rows
}

/// Waits until every call and its elements are there, however slow the server is.
fn await_everything(world: &World) {
    within(Duration::from_secs(900), "every call and its elements", || {
        let shown = world.ctl(&["cdr", "show", "acme", "--json"]);
        (shown.code == 0)
            .then(|| shown.json())
            .filter(|shown| shown["backfill"]["state"] == "done" && shown["elements_pending"] == 0)
    });
}

#[test]
fn a_server_killed_at_any_instant_loses_nothing_and_repeats_nothing() {
    let Some(server) = SqlServer::configured() else { return };
    let Some((crash, start)) = server.breaker() else { return };
    let options = || AccountOptions {
        calls: 12_000,
        ..small("acme")
    };
    let mut world = world(&server, vec![options()]);
    // Slow enough that the kills hit the work and not the rest after it.
    world.configuration.limits =
        "    heavy: {per_second: 2, per_day: 5000000}\n    medium: {per_second: 100}\n    light: {per_second: 60}\n"
            .to_owned();
    world.start();
    let database = unique("killed");
    world.connect("acme");
    let _ = world.activate("acme", &database, &["--backfill", "31d"]);
    let mut seed = 2026_u64;
    let mut during = 0;
    for _ in 0..KILLS {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let until = Instant::now() + Duration::from_millis(200) + Duration::from_micros((seed >> 33) % 700_000);
        while Instant::now() < until {
            std::thread::yield_now();
        }
        run(&crash);
        let answer = world.ctl(&["cdr", "show", "acme", "--json"]);
        assert!(
            [0, 12].contains(&answer.code),
            "the socket answers while the server is down: {answer:?}"
        );
        run(&start);
        let shown = within(Duration::from_secs(60), "the daemon's return to the server", || {
            let shown = world.ctl(&["cdr", "show", "acme", "--json"]);
            (shown.code == 0).then(|| shown.json())
        });
        during += usize::from(!["done", "none"].contains(&shown["backfill"]["state"].as_str().unwrap_or_default()));
    }
    assert!(during >= KILLS / 2, "only {during} kills hit the backfill");
    world.configuration.limits = e2e::configuration::GENEROUS.to_owned();
    world.daemon().kill();
    world.start();
    await_everything(&world);
    let _ = world.poll("acme");
    let _ = world.sync("acme");
    let account = world.zoom_account("acme");
    let survivor = server.mirror(&database);
    assert_calls_equal(&account, &survivor);
    assert_elements_equal(&account, &survivor);
    assert_directory_equal(&account, &survivor);
    let shown = world.json(&["cdr", "show", "acme"]);
    assert_eq!(shown["gaps"], 0, "{shown}");
    assert_eq!(shown["records"], survivor.count("call_history"), "{shown}");
    assert_eq!(shown["elements"], survivor.count("call_element"), "{shown}");

    // The same platform, collected anew without a disturbance.
    let calm = unique("calm");
    let _ = world.start_afresh();
    world.connect("acme");
    world.prepare("acme", &calm, &["--backfill", "31d"]);
    let _ = world.json(&["cdr", "activate", "acme", "--wait"]);
    await_everything(&world);
    let undisturbed = server.mirror(&calm);
    for table in [
        "call_history",
        "call_element",
        "rejected_record",
        "zoom_user",
        "phone_user",
        "phone_number",
    ] {
        let (disturbed, calm) = (facts(&survivor, table), facts(&undisturbed, table));
        assert!(disturbed == calm, "{table} differs from an undisturbed run");
    }
    drop(world);
    server.drop_databases(&[database, calm]);
}

#[test]
fn each_way_not_to_get_in_ends_with_exit_12_and_its_own_code() {
    let Some(server) = SqlServer::configured() else { return };
    let mut world = world(&server, vec![small("acme")]);
    let stranger = unique("stranger");
    server.login(&stranger, "Str4nger!pass");
    let good = world.configuration.servers.clone();
    let variant = |name: &str, from: &str, to: &str| {
        let line = good.replace("name: sql1", &format!("name: {name}"));
        assert!(line.contains(from), "{line}");
        let start = line.find(from).unwrap_or_default();
        let end = line[start..].find([',', '}']).unwrap_or_default() + start;
        format!("{}{to}{}", &line[..start], &line[end..])
    };
    let wrong_password = server.entry(&world, "wrong-password", &stranger, "not this one");
    let no_right = server.entry(&world, "no-right", &stranger, "Str4nger!pass");
    world.configuration.servers = format!(
        "{good}{wrong_password}{no_right}{}{}{}",
        variant("wrong-port", "port: ", "port: 9"),
        variant("wrong-user", "user: ", "user: nobody-of-that-name"),
        variant("bad-certificate", "tls: ", "tls: verify"),
    );
    world.start();
    let tested = world.json(&["server", "test", "sql1"]);
    assert_eq!(tested["ok"], true, "{tested}");
    assert!(tested["product"].is_string() && tested["tls"].is_string(), "{tested}");
    for (name, code, hint) in [
        ("wrong-port", "database_unreachable", "port"),
        ("wrong-user", "login_failed", "user and password"),
        ("wrong-password", "login_failed", "user and password"),
        ("bad-certificate", "certificate_not_trusted", "ca_file"),
        ("bad-certificate", "certificate_not_trusted", "trust_server_certificate"),
        ("no-right", "permission_missing", "administrator"),
    ] {
        let error = world.refused(12, &["server", "test", name]);
        assert_eq!(error["code"], code, "{error}");
        assert!(
            error["hint"].as_str().is_some_and(|said| said.contains(hint)),
            "{error}"
        );
    }
    drop(world);
    server.forget_login(&stranger, &[]);
}

#[test]
fn a_database_is_made_once_whatever_its_name_and_never_over_somebody_elses() {
    let Some(server) = SqlServer::configured() else { return };
    let mut world = world(&server, vec![small("acme"), small("globex")]);
    world.start();
    let (hostile, foreign) = (format!("{}a]b;--", unique("name")), unique("foreign"));
    world.connect("acme");
    let set = |account: &str, database: &str| {
        let _ = world.json(&[
            "cdr",
            "set",
            account,
            "--server",
            "sql1",
            "--database",
            database,
            "--enable",
        ]);
    };
    set("acme", &hostile);
    let script = world.ctl(&["cdr", "create-database", "acme", "--dry-run"]).ok().stdout;
    let quoted = format!("[{}]", hostile.replace(']', "]]"));
    assert!(script.contains(&format!("CREATE DATABASE {quoted};")), "{script}");
    assert!(script.contains("CREATE TABLE dbo.[call_history]"), "{script}");
    let exists = format!("SELECT COUNT(*) FROM sys.databases WHERE name = '{hostile}'");
    assert_eq!(server.number("master", &exists), 0, "a dry run made it");
    let made = world.json(&["cdr", "create-database", "acme"]);
    assert_eq!(made["created"], true, "{made}");
    assert_eq!(server.number("master", &exists), 1);
    let again = world.ctl(&["cdr", "create-database", "acme"]).ok().stdout;
    let version = format!("already exists, schema version {}", made["schema_version"]);
    assert!(again.contains(&version), "{again}");
    let _ = world.json(&["cdr", "activate", "acme", "--wait"]);
    assert!(!server.mirror(&hostile).digest(&["call_history".to_owned()]).is_empty());

    server.execute("master", &format!("CREATE DATABASE [{foreign}]"));
    server.execute(
        &foreign,
        "CREATE TABLE dbo.theirs (x int); INSERT INTO dbo.theirs VALUES (1)",
    );
    world.connect("globex");
    set("globex", &foreign);
    let refused = world.refused(6, &["cdr", "create-database", "globex"]);
    assert_eq!(refused["code"], "foreign_database", "{refused}");
    let tables = "SELECT COUNT(*) FROM INFORMATION_SCHEMA.TABLES";
    assert_eq!(server.number(&foreign, tables), 1, "it was touched");
    let adopted = world.json(&["cdr", "create-database", "globex", "--adopt"]);
    assert_eq!(adopted["created"], true, "{adopted}");
    assert_eq!(server.number(&foreign, "SELECT COUNT(*) FROM dbo.theirs"), 1);
    let taken = [
        "cdr",
        "set",
        "globex",
        "--server",
        "sql1",
        "--database",
        &hostile,
        "--enable",
    ];
    assert_eq!(world.refused(6, &taken)["code"], "database_taken");
    drop(world);
    server.drop_databases(&[hostile, foreign]);
}

#[test]
fn without_the_right_the_administrator_gets_a_script_and_the_daemon_adopts_what_it_made() {
    let Some(server) = SqlServer::configured() else { return };
    let mut world = world(&server, vec![small("acme")]);
    let (login, database) = (unique("login"), unique("prepared"));
    server.login(&login, "Str4nger!pass");
    world.configuration.servers = server.entry(&world, "sql1", &login, "Str4nger!pass");
    world.start();
    world.connect("acme");
    let set = [
        "cdr",
        "set",
        "acme",
        "--server",
        "sql1",
        "--database",
        &database,
        "--enable",
    ];
    let _ = world.json(&set);
    let refused = world.refused(12, &["cdr", "create-database", "acme"]);
    assert_eq!(refused["code"], "create_database_denied", "{refused}");
    assert!(
        refused["hint"].as_str().is_some_and(|hint| hint.contains("--adopt")),
        "{refused}"
    );
    let message = refused["message"].as_str().unwrap_or_default();
    let script = message
        .split_once("can run:\n")
        .map_or_else(|| panic!("no script: {message}"), |(_, script)| script);
    for batch in script.split("GO\n").map(str::trim).filter(|batch| !batch.is_empty()) {
        server.execute("master", batch);
    }
    let made = world.json(&["cdr", "create-database", "acme", "--adopt"]);
    assert_eq!(made["created"], true, "{made}");
    let again = world.json(&["cdr", "create-database", "acme"]);
    assert_eq!(again["created"], false, "{again}");
    let activated = world.ctl(&["cdr", "activate", "acme"]).ok();
    assert!(
        activated
            .stdout
            .contains("Database CDR Processing was successfully activated."),
        "{activated:?}"
    );
    let tested = world.json(&["server", "test", "sql1"]);
    assert_eq!(tested["missing_permissions"], json!(["create database"]), "{tested}");
    drop(world);
    server.forget_login(&login, std::slice::from_ref(&database));
    server.drop_databases(&[database]);
}
