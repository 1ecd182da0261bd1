//! Who may do what, and who sees what.

use serde_json::json;

use super::fixture::{ADMINS, GROUP, SALES_OPS, Server, rules};
use crate::{
    config::model::Viewers,
    control::{
        route::{Effect, Needs},
        table::TABLE,
    },
    domain::account::AccountId,
    ports::events::Happening,
};

const VIEWER: u32 = 1_000;

async fn server_with_two_groups() -> Server {
    let server = Server::start().await;
    assert_eq!(server.post("/v1/groups", r#"{"name":"Legal"}"#).await.status, 200);
    for (name, group) in [("ACME", "Sales"), ("Hidden", "Legal")] {
        let reply = server
            .post("/v1/accounts", &json!({"name": name, "group": group}).to_string())
            .await;
        assert_eq!(reply.status, 200, "{reply:?}");
        let account = server.world.stored(name).expect("the account");
        server.running_job(name, Some(account.id));
    }
    server.audit.entries.lock().unwrap().clear();
    server
}

fn restrict(server: &Server, enterprise_groups: &[&str]) {
    let viewers = Viewers {
        group: "sales-ops".into(),
        enterprise_groups: enterprise_groups.iter().map(|name| (*name).to_owned()).collect(),
    };
    server.handles.access.replace(rules(Some(vec![viewers])));
}

#[tokio::test]
async fn viewer_is_refused_every_route_that_needs_an_administrator_and_it_is_audited() {
    let server = Server::start().await;
    server.become_user(VIEWER, &[GROUP]);
    let mut refused = 0;
    for route in TABLE.iter().filter(|route| route.needs == Needs::Admin) {
        let target = route.path.replace("{name}", "ACME");
        let headers = "x-callsync-confirm: yes\r\n";
        let reply = server.send(route.method.as_str(), &target, headers, route.body).await;
        assert_eq!(reply.problem(), (403, "not_permitted", 4), "{}", route.action);
        refused += 1;
        let audited = server.audited();
        let last = audited.last().expect("an entry");
        assert_eq!(
            (last.action.as_str(), last.outcome, last.role, last.uid, last.pid),
            (route.action, "refused", "viewer", VIEWER, 4_711)
        );
    }
    assert_eq!(server.audited().len(), refused);
    assert_eq!(server.world.writes(), 0);
}

#[tokio::test]
async fn viewer_reads_every_other_route() {
    let server = server_with_two_groups().await;
    server.become_user(VIEWER, &[GROUP]);
    for route in TABLE.iter().filter(|route| route.needs != Needs::Admin) {
        assert_eq!(route.effect, Effect::Reads);
        let name = if route.path.contains("groups") { "Sales" } else { "ACME" };
        let reply = server
            .send(route.method.as_str(), &route.path.replace("{name}", name), "", "")
            .await;
        // There is no database and no job here: those routes get as far as saying so.
        let needs_data = ["calls.", "directory.", "job.", "purge.", "archive."]
            .iter()
            .any(|noun| route.action.starts_with(noun));
        let expected: &[u16] = match route.action {
            _ if needs_data => &[200, 404, 409],
            // Whom they are about is not said here.
            "subject.find" | "subject.export" => &[400],
            _ => &[200],
        };
        assert!(expected.contains(&reply.status), "{}: {reply:?}", route.action);
    }
    assert!(server.audited().is_empty(), "reading is not audited");
}

#[tokio::test]
async fn stranger_is_refused_whatever_it_asks_and_it_is_audited() {
    let server = Server::start().await;
    server.become_user(VIEWER, &[ADMINS]);
    for target in ["/v1/version", "/v1/status", "/nowhere"] {
        assert_eq!(server.get(target).await.problem(), (403, "not_permitted", 4));
    }
    let audited = server.audited();
    assert_eq!(audited.len(), 3);
    assert!(
        audited
            .iter()
            .all(|entry| entry.outcome == "refused" && entry.role == "refused" && entry.action == "connect")
    );
}

#[tokio::test]
async fn member_of_both_groups_administers() {
    let server = Server::start().await;
    server.become_user(VIEWER, &[GROUP, ADMINS]);
    assert_eq!(server.post("/v1/groups", r#"{"name":"North"}"#).await.status, 200);
    assert_eq!(
        server.audited().iter().map(|entry| entry.role).collect::<Vec<_>>(),
        ["admin"]
    );
}

#[tokio::test]
async fn restricted_viewer_sees_only_its_groups_anywhere() {
    let server = server_with_two_groups().await;
    restrict(&server, &["sales"]);
    server.become_user(VIEWER, &[GROUP, SALES_OPS]);
    let hidden = server.get("/v1/accounts/Hidden").await;
    let absent = server.get("/v1/accounts/Absent").await;
    assert_eq!(hidden.problem(), (404, "account_not_found", 5));
    assert_eq!(
        hidden.body["message"]
            .as_str()
            .map(|text| text.replace("Hidden", "Absent")),
        absent.body["message"].as_str().map(str::to_owned),
        "hidden and absent cannot be told apart"
    );
    for part in ["scopes", "cdr", "sync", "calls", "calls/x", "calls.ndjson", "directory"] {
        let reply = server.get(&format!("/v1/accounts/Hidden/{part}")).await;
        assert_eq!(reply.problem(), (404, "account_not_found", 5), "{part}");
    }
    assert_eq!(
        server.get("/v1/jobs?account=Hidden").await.problem(),
        (404, "account_not_found", 5)
    );
    assert_eq!(
        server.get("/v1/groups/Legal").await.problem(),
        (404, "group_not_found", 5)
    );
    assert_eq!(server.get("/v1/accounts/ACME").await.status, 200);
    for list in ["/v1/accounts", "/v1/groups", "/v1/servers", "/v1/status"] {
        let reply = server.get(list).await;
        assert_eq!(reply.status, 200);
        let text = reply.body.to_string();
        assert!(!text.contains("Hidden") && !text.contains("Legal"), "{list}: {text}");
    }
    let status = server.get("/v1/status").await.body;
    assert_eq!(status["running_jobs"].as_array().map(Vec::len), Some(1));
    assert_eq!(status["notices"], json!([]), "notices can name hidden accounts");
    for route in ["/v1/audit", "/v1/config"] {
        assert_eq!(server.get(route).await.problem(), (403, "not_permitted", 4), "{route}");
    }
}

#[tokio::test]
async fn restricted_viewer_sees_schedules_and_events_of_its_groups_only() {
    let server = server_with_two_groups().await;
    let mut happenings = vec![happening(None)];
    for name in ["ACME", "Hidden"] {
        let body = r#"{"kind":"sync","days":"daily","at":["06:00"],"timezone":"UTC"}"#;
        let added = server.post(&format!("/v1/accounts/{name}/schedules"), body).await;
        assert_eq!(added.status, 200, "{added:?}");
        happenings.push(happening(server.world.stored(name).map(|account| account.id)));
    }
    let book = &server.handles.events.book;
    book.append_events(happenings).await.expect("kept");
    let all = server.get("/v1/schedules").await.body;
    let id_of = |name: &str| {
        let items = all["items"].as_array().expect("items").iter();
        let mut own = items.filter(|item| item["account"] == name);
        own.next().expect("a schedule")["id"]
            .as_str()
            .expect("an id")
            .to_owned()
    };
    let (seen, hidden) = (id_of("ACME"), id_of("Hidden"));
    assert_eq!(
        server.get("/v1/events").await.body["items"].as_array().map(Vec::len),
        Some(3)
    );
    restrict(&server, &["sales"]);
    server.become_user(VIEWER, &[GROUP, SALES_OPS]);
    for list in [
        "/v1/schedules",
        "/v1/schedules/preview",
        "/v1/events",
        "/v1/events?since=2000-01-01",
    ] {
        let text = server.get(list).await.body.to_string();
        assert!(
            text.contains(if list.contains("events") { "ACME" } else { &seen }),
            "{list}: {text}"
        );
        assert!(!text.contains("Hidden") && !text.contains(&hidden), "{list}: {text}");
    }
    assert_eq!(
        server.get("/v1/events").await.body["items"].as_array().map(Vec::len),
        Some(1)
    );
    let preview = server.get(&format!("/v1/schedules/preview?of={hidden}")).await;
    assert_eq!(preview.problem(), (404, "account_not_found", 5));
    assert_eq!(
        server.get("/v1/schedules?account=Hidden").await.problem(),
        (404, "account_not_found", 5)
    );
}

fn happening(account: Option<AccountId>) -> Happening {
    Happening {
        at: "2026-03-01T12:00:00Z".parse().expect("a time"),
        level: "info",
        name: "cdr.deactivated".to_owned(),
        account,
        account_name: None,
        job: None,
        job_state: None,
        message: "CDR processing is off".to_owned(),
        hint: None,
    }
}

#[tokio::test]
async fn viewer_whom_no_entry_names_sees_no_account() {
    let server = server_with_two_groups().await;
    restrict(&server, &["Sales"]);
    server.become_user(VIEWER, &[GROUP]);
    assert_eq!(server.get("/v1/accounts").await.body["items"], json!([]));
    assert_eq!(server.get("/v1/groups").await.body["items"], json!([]));
    assert_eq!(server.get("/v1/version").await.status, 200);
}

#[tokio::test]
async fn reload_of_the_rules_reaches_open_connections() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let server = server_with_two_groups().await;
    server.become_user(VIEWER, &[GROUP]);
    let mut stream = server.connect().await;
    let mut ask = async || {
        stream
            .write_all(b"GET /v1/config HTTP/1.1\r\nhost: x\r\n\r\n")
            .await
            .expect("a request");
        let mut bytes = vec![0; 4_096];
        let length = stream.read(&mut bytes).await.expect("an answer");
        String::from_utf8_lossy(&bytes[..length])
            .chars()
            .skip(9)
            .take(3)
            .collect::<String>()
    };
    assert_eq!(ask().await, "200");
    restrict(&server, &[]);
    assert_eq!(ask().await, "403");
}
