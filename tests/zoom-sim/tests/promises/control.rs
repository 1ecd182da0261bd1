//! The control surface over HTTP, the request log, and the program.

use crate::platform::{Platform, client, options};
use serde_json::{Value, json};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt as _, BufReader};

async fn call(method: reqwest::Method, url: &str, body: Option<Value>) -> (u16, Value) {
    let request = client()
        .request(method, url)
        .body(body.map(|body| body.to_string()).unwrap_or_default());
    let answer = request.send().await.expect("an answer");
    let status = answer.status().as_u16();
    let text = answer.text().await.expect("a body");
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

#[tokio::test]
async fn everything_a_rehearsal_needs_is_under_sim() {
    let platform = Platform::start(options()).await;
    let base = format!("{}/_sim", platform.sim.base_url());
    let (_, info) = call(reqwest::Method::GET, &format!("{base}/info"), None).await;
    assert_eq!(info["client_id"], platform.sim.client_id());
    let owner = info["accounts"][0]["owner"].clone();
    let body = json!({"url": platform.authorize_url(""), "user": owner});
    let (status, grant) = call(reqwest::Method::POST, &format!("{base}/authorize"), Some(body)).await;
    assert_eq!(status, 200);
    assert!(
        grant["redirect_url"]
            .as_str()
            .expect("url")
            .contains(grant["code"].as_str().expect("code"))
    );

    let account = format!("{base}/accounts/acme");
    let count = async || {
        call(reqwest::Method::GET, &format!("{account}/truth/calls"), None)
            .await
            .1["count"]
            .clone()
    };
    let before = count().await.as_u64().expect("a number");
    let record = json!({"records": [{"call_history_uuid": "20260715-abc", "start_time": "2026-07-15T11:00:00Z"}]});
    assert_eq!(
        call(reqwest::Method::POST, &format!("{account}/calls"), Some(record))
            .await
            .0,
        200
    );
    assert_eq!(count().await, before + 1);
    let (_, added) = call(
        reqwest::Method::POST,
        &format!("{account}/calls"),
        Some(json!({"count": 3})),
    )
    .await;
    assert_eq!(added["added"], 3);
    assert_eq!(count().await, before + 1, "the lag has not passed");
    call(
        reqwest::Method::POST,
        &format!("{base}/clock"),
        Some(json!({"advance_seconds": 61})),
    )
    .await;
    assert_eq!(count().await, before + 4);
    let path = format!("{account}/calls/20260715-abc");
    assert_eq!(
        call(reqwest::Method::PATCH, &path, Some(json!({"caller_name": "X"})))
            .await
            .0,
        200
    );
    assert_eq!(call(reqwest::Method::DELETE, &path, None).await.0, 200);
    assert_eq!(call(reqwest::Method::DELETE, &path, None).await.0, 404);

    let fault = json!({"effect": "status", "status": 502, "path_prefix": "/v2/users"});
    assert_eq!(
        call(reqwest::Method::POST, &format!("{base}/faults"), Some(fault))
            .await
            .0,
        200
    );
    assert_eq!(platform.get("users").await.status, 502);
    assert_eq!(
        call(
            reqwest::Method::POST,
            &format!("{base}/faults"),
            Some(json!({"effect": "x"}))
        )
        .await
        .0,
        400
    );
    let (_, log) = call(reqwest::Method::GET, &format!("{base}/requests"), None).await;
    assert_eq!(
        log["requests"].as_array().and_then(|log| log.last()).expect("a line")["status"],
        502
    );
    call(reqwest::Method::DELETE, &format!("{base}/requests"), None).await;
    assert!(platform.sim.requests().is_empty());
    call(reqwest::Method::POST, &format!("{account}/revoke"), None).await;
    assert!(!platform.sim.account(0).has_live_refresh_token());
    assert_eq!(
        call(
            reqwest::Method::GET,
            &format!("{base}/accounts/nobody/truth/users"),
            None
        )
        .await
        .0,
        404
    );
}

#[tokio::test]
async fn people_and_settings_can_be_changed_over_http() {
    let platform = Platform::start(options()).await;
    let base = format!("{}/_sim/accounts/acme", platform.sim.base_url());
    let send = async |method, path: &str, body| call(method, &format!("{base}{path}"), body).await;
    let person = json!({"email": "zoe@acme.example.com", "first_name": "Zoë", "last_name": "Ünsal"});
    let (status, added) = send(reqwest::Method::POST, "/users", Some(person)).await;
    assert_eq!(status, 200);
    let id = added["id"].as_str().expect("id").to_owned();
    let patch = json!({"department": "Legal", "active": false});
    assert_eq!(
        send(reqwest::Method::PATCH, "/users/zoe@acme.example.com", Some(patch))
            .await
            .0,
        200
    );
    let shown = platform.get(&format!("users/{id}")).await;
    assert_eq!((shown.text("dept"), shown.text("status")), ("Legal", "inactive"));
    let member = format!("/members/roles/1/{id}");
    assert_eq!(send(reqwest::Method::PUT, &member, None).await.0, 200);
    assert_eq!(platform.get(&format!("users/{id}")).await.text("role_id"), "1");
    assert_eq!(
        send(reqwest::Method::DELETE, &format!("/users/{id}"), None).await.0,
        200
    );
    assert_eq!(platform.get(&format!("users/{id}")).await.status, 404);
    let settings = json!({"phone_licensed": false, "plan": "pro", "scopes": "classic"});
    assert_eq!(send(reqwest::Method::PATCH, "", Some(settings)).await.0, 200);
    assert_eq!(platform.get("phone/settings").await.status, 403);
    assert_eq!(
        send(reqwest::Method::PATCH, "", Some(json!({"plan": "free"}))).await.0,
        400
    );
}

#[tokio::test]
async fn the_log_names_account_status_and_tracking_id() {
    let platform = Platform::start(options()).await;
    platform.sim.clear_requests();
    let reply = platform.get("users?page_size=5").await;
    let log = platform.sim.requests();
    assert_eq!(log.len(), 1);
    let line = &log[0];
    assert_eq!(
        (line.method.as_str(), line.path.as_str(), line.query.as_str()),
        ("GET", "/v2/users", "page_size=5")
    );
    assert_eq!((line.account.as_deref(), line.status), (Some("acme"), 200));
    assert_eq!(Some(line.tracking_id.as_str()), reply.header("x-zm-trackingid"));
}

#[tokio::test]
async fn a_stopped_simulator_frees_its_port() {
    let platform = Platform::start(options()).await;
    let address = platform.sim.address();
    platform.sim.stop().await;
    assert!(std::net::TcpListener::bind(address).is_ok());
}

#[tokio::test]
async fn the_program_says_when_it_is_ready_and_stops_when_told() {
    let directory = tempfile::tempdir().expect("a directory");
    let (ready, secret) = (directory.path().join("ready"), directory.path().join("secret"));
    std::fs::write(&secret, "file-secret\n").expect("written");
    let mut child = tokio::process::Command::new(env!("CARGO_BIN_EXE_zoom-sim"))
        .args([
            "--accounts",
            "2",
            "--users",
            "10",
            "--calls",
            "20",
            "--seed",
            "3",
            "--lag",
            "0",
            "--live",
            "600",
        ])
        .args(["--client-id", "demo", "--client-secret-file"])
        .arg(&secret)
        .arg("--ready-file")
        .arg(&ready)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("started");
    let mut lines = BufReader::new(child.stdout.take().expect("stdout")).lines();
    let line = lines.next_line().await.expect("readable").expect("a line");
    let info: Value = serde_json::from_str(&line).expect("JSON");
    assert_eq!(std::fs::read_to_string(&ready).expect("a file").trim(), line);
    assert_eq!(
        (&info["client_id"], info["accounts"].as_array().map(Vec::len)),
        (&json!("demo"), Some(2))
    );
    assert_eq!(info["accounts"][0]["owner"], "owner@acme.example.com");
    let base = info["base_url"].as_str().expect("a URL").to_owned();
    let (_, full) = call(reqwest::Method::GET, &format!("{base}/_sim/info"), None).await;
    assert_eq!(full["client_secret"], "file-secret");
    let truth = format!("{base}/_sim/accounts/globex/truth/calls");
    let mut seen = 0;
    for _ in 0..100 {
        seen = call(reqwest::Method::GET, &truth, None).await.1["count"]
            .as_u64()
            .unwrap_or(0);
        if seen > 20 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(seen > 20, "--live publishes fresh calls");
    let id = child.id().expect("running").to_string();
    std::process::Command::new("sh")
        .args(["-c", &format!("kill -TERM {id}")])
        .status()
        .expect("sent");
    assert!(child.wait().await.expect("an end").success());
}
