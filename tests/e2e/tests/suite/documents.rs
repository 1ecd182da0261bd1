//! `--json`: one document a verb, with the schema and the fields that scripts rely on.

use e2e::{Outcome, World, world::prompt, world::small};
use serde_json::Value;

/// Every path exists, `a.b` within objects, `a[]` in the first item of a list that must not be empty.
fn has(document: &Value, paths: &str) {
    for path in paths.split_whitespace() {
        let mut at = document;
        for step in path.split('.') {
            let (name, listed) = step.strip_suffix("[]").map_or((step, false), |name| (name, true));
            if !name.is_empty() {
                at = at.get(name).unwrap_or_else(|| panic!("no {path} in {document:#}"));
            }
            if listed {
                at = at.get(0).unwrap_or_else(|| panic!("{path} is empty in {document:#}"));
            }
        }
    }
}

fn told(world: &World, schema: &str, arguments: &[&str], fields: &str) -> Value {
    let outcome = world.ctl(&[arguments, &["--json"]].concat()).ok();
    assert_eq!(outcome.stdout.trim_end().lines().count().min(1), 1);
    let document = outcome.json();
    assert_eq!(document["schema"], format!("callsync/{schema}/v1"), "{arguments:?}");
    has(&document, fields);
    times_are_utc(&document);
    document
}

fn times_are_utc(document: &Value) {
    match document {
        Value::Array(items) => items.iter().for_each(times_are_utc),
        Value::Object(fields) => {
            for (name, value) in fields {
                if let (true, Some(text)) = (name.ends_with("_at"), value.as_str()) {
                    assert!(
                        text.ends_with('Z') && text.parse::<jiff::Timestamp>().is_ok(),
                        "{name}: {text}"
                    );
                }
                times_are_utc(value);
            }
        }
        _ => {}
    }
}

const ACCOUNT: &str = "id name group auth state zoom_account_id account_number authorized_by.user_id \
    authorized_by.email authorized_by.role scopes.granted[] scopes.missing token.access_expires_at token.refreshed_at cdr.state \
    sync.status";
const CDR: &str = "state server database poll_interval_seconds last_poll_attempt last_poll_success newest_record_end_time \
    records elements elements_pending gaps rejected backfill.from backfill.to backfill.done_until backfill.state";
const JOB: &str = "id kind account state progress.done progress.total progress.unit started_at finished_at result";

#[test]
fn every_document_has_its_schema_and_its_fields() {
    let world = World::small();
    told(&world, "version", &["version"], "version api_version");
    told(
        &world,
        "group",
        &["group", "add", "Everybody"],
        "name accounts created_at main_contact term_end",
    );
    let pending = told(
        &world,
        "account",
        &["account", "add", "pending", "--group", "Everybody"],
        "id name group auth state authorize_url authorize_expires_at scopes.granted cdr.state sync.status",
    );
    assert_eq!(pending["token"], Value::Null);
    told(
        &world,
        "account",
        &["account", "authorize", "pending"],
        "authorize_url authorize_expires_at",
    );
    told(
        &world,
        "account",
        &["account", "show", "pending"],
        "authorize_url authorize_expires_at",
    );
    world.collect("acme", &["--backfill", "31d"]);
    let _ = world.poll("acme");

    told(&world, "account", &["account", "show", "acme"], ACCOUNT);
    told(
        &world,
        "account-list",
        &["account", "list"],
        "items[].name items[].cdr.records items[].sync.entities",
    );
    told(
        &world,
        "account",
        &["account", "test", "acme"],
        "account state account_number round_trip_seconds missing",
    );
    told(
        &world,
        "scopes",
        &["account", "scopes"],
        "granted missing required[].scope required[].alternatives required[].needed_for required[].essential",
    );
    told(
        &world,
        "scopes",
        &["account", "scopes", "acme"],
        "account granted[] missing required[]",
    );
    told(&world, "group", &["group", "show", "Everybody"], "accounts[]");
    told(&world, "group-list", &["group", "list"], "items[].name");
    told(
        &world,
        "group",
        &["group", "set", "Everybody", "--term-end", "2030-01-31"],
        "term_end",
    );
    told(
        &world,
        "server-list",
        &["server", "list"],
        "items[].name items[].kind items[].location items[].accounts[]",
    );
    told(
        &world,
        "server-test",
        &["server", "test", "local"],
        "name kind ok version permissions[] missing_permissions free_bytes round_trip_seconds",
    );
    told(&world, "cdr", &["cdr", "show", "acme"], CDR);
    told(
        &world,
        "cdr",
        &["cdr", "set", "acme", "--poll-interval", "7m"],
        "settings.backfill settings.elements",
    );
    told(
        &world,
        "cdr",
        &["cdr", "create-database", "acme"],
        "created schema_version message",
    );
    told(
        &world,
        "cdr-plan",
        &["cdr", "backfill", "acme", "--dry-run"],
        "account from to windows requests days_of_quota eta_seconds",
    );
    told(
        &world,
        "job",
        &["cdr", "run", "acme"],
        "id kind account state progress.done created_at",
    );
    let job = told(&world, "job", &["cdr", "run", "acme", "--wait"], JOB);
    told(
        &world,
        "job",
        &["cdr", "reconcile", "acme", "--wait"],
        "id kind state result.windows_checked result.windows_complete result.records_zoom result.records_held result.completeness",
    );
    told(&world, "gap-list", &["cdr", "gaps", "acme"], "items");
    told(&world, "job", &["sync", "run", "acme", "--wait"], JOB);
    let id = job["id"].as_str().unwrap_or_default();
    told(&world, "job", &["job", "show", id], JOB);
    told(&world, "job", &["job", "wait", id], JOB);
    told(
        &world,
        "job-list",
        &["job", "list", "acme", "--limit", "3"],
        "items[].id items[].state",
    );
    told(
        &world,
        "sync",
        &["sync", "status", "acme"],
        "status last_sync_attempt last_sync_success last_error next_run entities.users.total entities.users.added \
         entities.users.changed entities.users.removed entities.phone_users.total entities.call_queues.total",
    );
    told(
        &world,
        "call-list",
        &["calls", "list", "acme", "--limit", "2"],
        "items[].call_history_uuid items[].end_time",
    );
    let uuid = world.zoom_account("acme").truth_calls()[0]["call_history_uuid"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    told(
        &world,
        "call",
        &["calls", "show", "acme", &uuid],
        "call_history_uuid direction elements[].call_element_id",
    );
    told(
        &world,
        "directory-list",
        &["directory", "list", "acme", "--limit", "5"],
        "items[].entity",
    );
    told(
        &world,
        "directory-list",
        &["directory", "search", "acme", "owner@"],
        "items[].entity items[].email",
    );
    told(
        &world,
        "audit-list",
        &["audit", "list"],
        "items[].seq items[].at items[].uid items[].user items[].pid items[].role items[].action items[].object \
         items[].outcome items[].hash",
    );
    told(&world, "config", &["config", "show"], "file config.zoom.client_id");
    told(&world, "config", &["config", "check"], "file valid");
    told(
        &world,
        "status",
        &["status"],
        "version api_version pid started_at now config.file config.loaded_at notices accounts[].name accounts[].state \
         accounts[].cdr_state accounts[].sync_status accounts[].quota[].label accounts[].quota[].used_today running_jobs",
    );
}

#[test]
fn activation_prints_the_promised_sentence_and_starts_the_first_sync_by_itself() {
    let world = World::small();
    world.connect("acme");
    world.prepare("acme", "acme", &["--backfill", "7d"]);
    let outcome = world.ctl(&["cdr", "activate", "acme", "--wait"]).ok();
    let first = outcome.stdout.lines().next().unwrap_or_default();
    assert_eq!(first, "Database CDR Processing was successfully activated.");
    let status = world.json(&["sync", "status", "acme"]);
    assert_eq!(status["status"], "Enabled", "{status}");
    assert!(
        status["last_sync_attempt"].is_string() && status["last_sync_success"].is_string(),
        "{status}"
    );
    let human = world.ctl(&["sync", "status", "acme"]).ok().stdout;
    for field in ["Status:", "Last Sync Attempt:", "Last Sync Success:"] {
        assert!(human.contains(field), "{human}");
    }
    let again = world.json(&["cdr", "activate", "acme"]);
    assert_eq!(
        again["message"], "Database CDR Processing was successfully activated.",
        "{again}"
    );
}

#[test]
fn an_error_is_one_document_on_stderr_and_nothing_on_stdout() {
    let world = World::small();
    let commands: [(&[&str], i32); 5] = [
        (&["account", "show", "nobody"], 5),
        (&["group", "add"], 2),
        (&["account", "add", "x", "--group", "absent"], 5),
        (&["group", "remove", "absent"], 15),
        (&["no-such-verb"], 2),
    ];
    for (arguments, code) in commands {
        let outcome: Outcome = world.ctl(&[arguments, &["--json"]].concat()).ended_with(code);
        assert_eq!(outcome.stdout, "", "{outcome:?}");
        assert_eq!(outcome.stderr.trim_end().lines().count(), 1, "{outcome:?}");
        let error = outcome.error();
        assert_eq!(error["schema"], "callsync/error/v1");
        assert!(
            error["retryable"].is_boolean() && error["code"].is_string() && error["hint"].is_string(),
            "{error}"
        );
    }
}

#[test]
fn calls_can_be_filtered_and_exported_whole() {
    let world = World::started(prompt(vec![small("acme")]));
    world.collect("acme", &["--backfill", "31d", "--elements", "off"]);
    let truth = world.zoom_account("acme").truth_calls();
    let file = world.home().join("calls.csv");
    let path = file.to_string_lossy().into_owned();
    let _ = world
        .ctl(&["calls", "export", "acme", "--format", "csv", "--output", &path])
        .ok();
    let csv = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        csv.lines()
            .next()
            .is_some_and(|head| head.starts_with("call_history_uuid,")),
        "{csv:.300}"
    );
    assert!(csv.lines().count() > truth.len());
    assert!(
        !csv.contains(",=SUM("),
        "a spreadsheet must not run what a caller is called"
    );
    let ndjson = world
        .ctl(&["calls", "export", "acme", "--format", "ndjson", "--output", "-"])
        .ok();
    let calls: Vec<Value> = ndjson
        .stdout
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    assert_eq!(calls.len(), truth.len());
    let inbound = truth.iter().filter(|call| call["direction"] == "inbound").count();
    let listed = world.json(&["calls", "list", "acme", "--direction", "inbound", "--limit", "1000"]);
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(inbound));
    let owner = world.zoom_account("acme").owner_email();
    let of_owner = truth
        .iter()
        .filter(|call| call["caller_email"] == *owner || call["callee_email"] == *owner)
        .count();
    let listed = world.json(&["calls", "list", "acme", "--user", &owner, "--limit", "1000"]);
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(of_owner));
}
