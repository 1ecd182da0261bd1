//! What the audit log holds of a request, and what it never holds.

use std::sync::{Arc, atomic::Ordering};

use serde_json::json;
use tokio::io::AsyncWriteExt;

use super::fixture::Server;
use crate::{
    domain::account::AccountState,
    enrolment::tests::fakes::{GOOD_CODE, Gate},
};

const ACME: &str = r#"{"name":"ACME","group":"Sales"}"#;

#[tokio::test]
async fn change_is_audited_with_who_what_before_and_after() {
    let server = Server::start().await;
    assert_eq!(
        server
            .send("PATCH", "/v1/groups/Sales", "", r#"{"main_contact":"ops@example.com"}"#)
            .await
            .status,
        200
    );
    let entries = server.audited();
    let [entry] = entries.as_slice() else {
        panic!("one entry: {entries:?}")
    };
    assert_eq!(
        (entry.uid, entry.user.as_str(), entry.pid, entry.role),
        (0, "root", 4_711, "admin")
    );
    assert_eq!(
        (entry.action.as_str(), entry.object.as_str(), entry.outcome),
        ("group.set", "Sales", "ok")
    );
    let parsed = |text: &Option<String>| {
        serde_json::from_str::<serde_json::Value>(text.as_deref().expect("JSON")).expect("JSON")
    };
    assert_eq!(parsed(&entry.before)["main_contact"], json!(null));
    assert_eq!(parsed(&entry.after)["main_contact"], "ops@example.com");
    let listed = server.get("/v1/audit").await.body;
    assert_eq!(listed["schema"], "callsync/audit-list/v1");
    assert_eq!(listed["items"][0]["after"]["main_contact"], "ops@example.com");
    assert_eq!(server.get("/v1/audit?since=2027-01-01").await.body["items"], json!([]));
    assert_eq!(
        server.get("/v1/audit?since=yesterday").await.problem(),
        (400, "invalid_parameter", 2)
    );
}

#[tokio::test]
async fn failed_change_is_audited_as_failed() {
    let server = Server::start().await;
    assert_eq!(
        server.post("/v1/groups", r#"{"name":"sales"}"#).await.problem(),
        (409, "group_exists", 6)
    );
    assert_eq!(
        server.delete("/v1/accounts/Nobody").await.problem(),
        (404, "account_not_found", 5)
    );
    let told: Vec<_> = server
        .audited()
        .into_iter()
        .map(|entry| (entry.action, entry.object, entry.outcome, entry.after))
        .collect();
    assert_eq!(
        told,
        [
            ("group.add".to_owned(), "sales".to_owned(), "failed", None),
            ("account.remove".to_owned(), "Nobody".to_owned(), "failed", None),
        ]
    );
}

#[tokio::test]
async fn dry_runs_change_nothing_and_leave_no_trace() {
    let server = Server::start().await;
    for (method, target, body) in [
        ("POST", "/v1/groups?dry_run=true", r#"{"name":"North"}"#),
        ("PATCH", "/v1/groups/Sales?dry_run=true", r#"{"name":"South"}"#),
        ("DELETE", "/v1/groups/Sales?dry_run=true", ""),
        ("POST", "/v1/accounts?dry_run=true", ACME),
    ] {
        let reply = server.send(method, target, "", body).await;
        assert_eq!(
            (reply.status, &reply.body["dry_run"]),
            (200, &json!(true)),
            "{method} {target}: {reply:?}"
        );
    }
    assert_eq!(server.world.writes(), 0);
    assert!(server.audited().is_empty());
}

#[tokio::test]
async fn codes_and_secrets_are_never_audited() {
    let server = Server::start().await;
    assert_eq!(server.post("/v1/accounts", ACME).await.status, 200);
    for pasted in [
        "wrong-code",
        "http://x/?code=wrong-code&state=other",
        "http://x/?code=wrong-code&state=S1",
        GOOD_CODE,
    ] {
        server
            .post("/v1/accounts/ACME/authorize", &json!({"code": pasted}).to_string())
            .await;
    }
    server
        .post("/v1/accounts/ACME/authorize", r#"{"code":"wrong-code","more":1}"#)
        .await;
    let entries = server.audited();
    let outcomes: Vec<_> = entries.iter().map(|entry| entry.outcome).collect();
    assert_eq!(outcomes, ["ok", "failed", "refused", "failed", "ok", "failed"]);
    let text = format!("{entries:?}");
    for secret in [
        "wrong-code",
        GOOD_CODE,
        "verifier",
        "access-token",
        "refresh-token",
        "state=S1",
    ] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    assert!(text.contains("10010370036"), "the account after connecting is there");
}

#[tokio::test]
async fn unconfirmed_destruction_is_refused_and_audited() {
    let server = Server::start().await;
    for headers in ["", "x-callsync-confirm: no\r\n"] {
        assert_eq!(
            server.send("DELETE", "/v1/groups/Sales", headers, "").await.problem(),
            (428, "confirmation_required", 15)
        );
    }
    assert_eq!(server.world.writes(), 0);
    assert!(
        server
            .audited()
            .iter()
            .all(|entry| entry.outcome == "refused" && entry.action == "group.remove")
    );
    assert_eq!(server.delete("/v1/groups/Sales").await.body["name"], "Sales");
    assert_eq!(server.audited().last().map(|entry| entry.outcome), Some("ok"));
}

#[tokio::test]
async fn change_without_an_audit_entry_is_told_truthfully_and_noticed() {
    let server = Server::start().await;
    server.audit.broken.store(true, Ordering::SeqCst);
    assert_eq!(server.post("/v1/groups", r#"{"name":"North"}"#).await.status, 200);
    let notices = server.get("/v1/status").await.body["notices"].to_string();
    assert!(notices.contains("audit log cannot be written"), "{notices}");
    server.audit.broken.store(false, Ordering::SeqCst);
    assert_eq!(server.post("/v1/groups", r#"{"name":"South"}"#).await.status, 200);
    assert_eq!(server.get("/v1/status").await.body["notices"], json!(["a notice"]));
}

#[tokio::test]
async fn asking_for_a_url_that_waits_already_is_no_change() {
    let server = Server::start().await;
    assert_eq!(server.post("/v1/accounts", ACME).await.status, 200);
    let reply = server.post("/v1/accounts/ACME/authorize", "").await;
    assert!(
        reply.body["authorize_url"]
            .as_str()
            .is_some_and(|url| url.contains("state=S1")),
        "{reply:?}"
    );
    assert_eq!(server.audited().len(), 1);
}

#[tokio::test]
async fn change_whose_client_hangs_up_is_finished_and_audited() {
    let server = Server::start().await;
    assert_eq!(server.post("/v1/accounts", ACME).await.status, 200);
    let gate = Arc::new(Gate::default());
    *server.world.zoom.gate.lock().unwrap() = Some(Arc::clone(&gate));
    let body = json!({"code": GOOD_CODE}).to_string();
    let request = format!(
        "POST /v1/accounts/ACME/authorize HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = server.connect().await;
    stream.write_all(request.as_bytes()).await.expect("a request");
    gate.begun.notified().await;
    drop(stream);
    // Another connection's answer proves that the daemon has seen this one end.
    assert_eq!(server.get("/v1/version").await.status, 200);
    gate.go.notify_one();
    let finished = async {
        while server.audited().len() < 2 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(5), finished)
        .await
        .expect("the change is finished and audited");
    assert_eq!(server.audited()[1].outcome, "ok");
    assert_eq!(
        server.world.stored("ACME").map(|account| account.state),
        Some(AccountState::Authorized)
    );
}
