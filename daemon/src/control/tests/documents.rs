//! Documents and problems as they cross the socket.

use serde_json::json;

use super::fixture::Server;
use crate::{
    control::table::TABLE,
    domain::account::AccountState,
    domain::failure::{Cause, Failure, Fault},
    enrolment::tests::fakes::GOOD_CODE,
};

const ACME: &str = r#"{"name":"A/B ü","group":"Sales"}"#;
const PATH: &str = "/v1/accounts/A%2FB%20%C3%BC";

#[tokio::test]
async fn every_row_of_the_table_is_reachable() {
    let server = Server::start().await;
    assert_eq!(
        server
            .post("/v1/accounts", r#"{"name":"X","group":"Sales"}"#)
            .await
            .status,
        200
    );
    for route in TABLE {
        let method = route.method.as_str();
        let dry_run = if route.effect.can_be_tried() {
            "?dry_run=true"
        } else {
            ""
        };
        let target = format!("{}{dry_run}", route.path.replace("{name}", "X"));
        let reply = server.send(method, &target, "", route.body).await;
        let code = reply.body["code"].as_str().unwrap_or_default();
        assert!(
            !matches!(code, "unknown_route" | "method_not_allowed"),
            "{}: {reply:?}",
            route.action
        );
        if reply.status == 200 && !matches!(route.answer, "json" | "ndjson" | "openmetrics") {
            assert_eq!(
                reply.body["schema"],
                format!("callsync/{}/v1", route.answer),
                "{}",
                route.action
            );
        }
    }
}

#[tokio::test]
async fn what_is_not_in_the_table_is_a_problem_too() {
    let server = Server::start().await;
    assert_eq!(server.get("/v1/nowhere").await.problem(), (404, "unknown_route", 5));
    assert_eq!(server.get("/v1/groups/").await.problem(), (404, "unknown_route", 5));
    assert_eq!(
        server.send("PUT", "/v1/groups", "", "").await.problem(),
        (405, "method_not_allowed", 2)
    );
    assert_eq!(
        server.send("DELETE", "/v1/status", "", "").await.problem(),
        (405, "method_not_allowed", 2)
    );
}

#[tokio::test]
async fn answers_name_our_versions() {
    let server = Server::start().await;
    for target in ["/v1/version", "/v1/nowhere"] {
        let head = server.get(target).await.head;
        assert!(head.contains("x-callsync-api-version: 1"), "{head}");
        assert!(
            head.contains(&format!("x-callsync-version: {}", callsync_shared::VERSION)),
            "{head}"
        );
    }
}

#[tokio::test]
async fn wrong_bodies_and_parameters_are_usage_errors_with_the_reason() {
    let server = Server::start().await;
    for (body, reason) in [
        ("", "EOF"),
        ("{", "EOF"),
        (r#"{"nam":"x"}"#, "nam"),
        (r#"{"name":7}"#, "expected a string"),
    ] {
        let reply = server.post("/v1/groups", body).await;
        assert_eq!(reply.problem(), (400, "invalid_json", 2));
        assert!(
            reply.body["message"].as_str().is_some_and(|text| text.contains(reason)),
            "{reply:?}"
        );
    }
    assert_eq!(
        server.delete("/v1/groups/Sales?dryrun=true").await.problem(),
        (400, "unknown_parameter", 2)
    );
    assert_eq!(
        server.delete("/v1/groups/Sales?dry_run=maybe").await.problem(),
        (400, "invalid_parameter", 2)
    );
    assert_eq!(
        server.get("/v1/groups?dry_run=true").await.problem(),
        (400, "unknown_parameter", 2)
    );
    assert_eq!(server.get("/v1/groups/%FF").await.problem(), (400, "invalid_path", 2));
    assert_eq!(
        server
            .delete("/v1/groups/Sales?dry_run=true&dry_run=false")
            .await
            .problem(),
        (400, "invalid_parameter", 2),
        "what is meant is not guessed"
    );
    assert_eq!(
        server.get("/v1/accounts/X/calls?number=").await.problem(),
        (400, "invalid_parameter", 2),
        "an unset variable of a script selects nothing, not everything"
    );
    let confirmed = "x-callsync-confirm: yes\r\n";
    let reply = server
        .send("DELETE", "/v1/groups/Sales", confirmed, r#"{"dry_run":true}"#)
        .await;
    assert_eq!(reply.problem(), (400, "unexpected_body", 2));
    assert_eq!(server.world.writes(), 0);
}

#[tokio::test]
async fn account_is_added_authorized_renamed_and_removed() {
    let server = Server::start().await;
    let added = server.post("/v1/accounts", ACME).await;
    assert_eq!(
        (added.status, &added.body["schema"]),
        (200, &json!("callsync/account/v1"))
    );
    assert_eq!(added.body["state"], "pending_authorization");
    assert_eq!(added.body["authorize_expires_at"], "2026-03-01T13:00:00Z");
    assert_eq!(
        server.get(PATH).await.body["authorize_url"],
        added.body["authorize_url"]
    );
    assert_eq!(added.body["scopes"], json!({"granted": [], "missing": []}));

    let connected = server
        .post(&format!("{PATH}/authorize"), &json!({"code": GOOD_CODE}).to_string())
        .await;
    assert_eq!(connected.body["account_number"], 10_010_370_036_i64);
    assert_eq!(connected.body["authorized_by"]["role"], "owner");
    assert_eq!(connected.body["cdr"]["database_error"], "no answer");
    assert_eq!(connected.body["sync"]["status"], "Disabled");
    assert!(connected.body["authorize_url"].is_null());
    assert!(!connected.body.to_string().contains("access-token"));

    let test = server.post(&format!("{PATH}/test"), "").await;
    assert_eq!(
        (test.status, &test.body["account_number"]),
        (200, &json!(10_010_370_036_i64)),
        "{test:?}"
    );
    let renamed = server.send("PATCH", PATH, "", r#"{"name":"ACME"}"#).await;
    assert_eq!(renamed.body["name"], "ACME");
    let removed = server.delete("/v1/accounts/ACME").await;
    assert_eq!((removed.status, &removed.body["name"]), (200, &json!("ACME")));
    assert_eq!(server.get("/v1/accounts").await.body["items"], json!([]));
}

#[tokio::test]
async fn failures_end_with_their_documented_exit_codes() {
    let server = Server::start().await;
    assert_eq!(server.post("/v1/accounts", ACME).await.status, 200);
    let authorize = async |pasted: &str| {
        server
            .post(&format!("{PATH}/authorize"), &json!({"code": pasted}).to_string())
            .await
    };
    assert_eq!(authorize("wrong").await.problem(), (502, "invalid_grant", 10));
    assert_eq!(
        authorize("http://x/?code=c").await.problem(),
        (428, "state_mismatch", 15)
    );
    assert_eq!(
        authorize("http://x/?error=access_denied").await.problem(),
        (403, "access_denied", 4)
    );
    assert_eq!(
        server.post(&format!("{PATH}/test"), "").await.problem(),
        (409, "pending_authorization", 7)
    );
    let unreachable = Fault::new(Cause::Zoom, "zoom_unreachable", "no route").hint("check");
    *server.world.zoom.exchange.lock().unwrap() = Some(Failure::Retry {
        fault: unreachable,
        after: None,
    });
    let reply = authorize(GOOD_CODE).await;
    assert_eq!(reply.problem(), (502, "zoom_unreachable", 10));
    assert_eq!(reply.body["retryable"], true);
    server
        .world
        .alter("A/B ü", |account| account.state = AccountState::Deauthorized);
    assert_eq!(
        server.post(&format!("{PATH}/test"), "").await.problem(),
        (423, "deauthorized", 8)
    );
    assert_eq!(
        server
            .post("/v1/accounts", r#"{"name":"B","group":"Sales","auth":"magic"}"#)
            .await
            .problem(),
        (400, "invalid_auth", 2)
    );
    assert_eq!(
        server.post("/v1/servers/none/test", "").await.problem(),
        (404, "server_not_found", 5)
    );
}

#[tokio::test]
async fn status_tells_accounts_jobs_and_notices() {
    let server = Server::start().await;
    assert_eq!(server.post("/v1/accounts", ACME).await.status, 200);
    server.running_job("job-1", server.world.stored("A/B ü").map(|account| account.id));
    let status = server.get("/v1/status").await.body;
    assert_eq!(status["accounts"][0]["last_error"], "no answer");
    assert_eq!(
        status["accounts"][0]["quota"][0],
        json!({
            "label": "heavy", "used_today": 3, "per_day": 10, "per_second": 8.0, "left_today": 7, "blocked_until": null,
            "resets_at": "2026-03-02T00:00:00Z", "backlog_requests": 0, "backlog_seconds": 0
        })
    );
    assert_eq!(status["running_jobs"][0]["account"], "A/B ü");
    assert_eq!(status["notices"], json!(["a notice"]));
    assert_eq!(server.post("/v1/config/check", "").await.body["valid"], false);
}
