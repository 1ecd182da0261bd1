//! Users, groups, roles and phone objects, and the changes a test makes to them.

use crate::platform::{Platform, options, tidy};
use serde_json::Value;
use zoom_sim::{AccountOptions, Container, Options, RateLimits};

async fn large() -> Platform {
    let account = AccountOptions {
        users: 200,
        ..tidy("acme")
    };
    Platform::start(Options {
        accounts: vec![account],
        rate_limits: RateLimits::Off,
        ..options()
    })
    .await
}

#[tokio::test]
async fn the_account_number_does_not_fit_in_32_bits() {
    let platform = large().await;
    let me = platform.get("users/me").await;
    assert_eq!(me.body["account_number"], 10_010_370_036_i64);
    assert_eq!(me.text("account_id"), platform.sim.account(0).account_id());
    assert_eq!((me.text("role_id"), me.text("role_name")), ("0", "Owner"));
    assert_eq!(me.text("email"), platform.sim.account(0).owner_email());
}

#[tokio::test]
async fn three_passes_find_everybody_and_pending_users_have_no_id() {
    let platform = large().await;
    let mut all = Vec::new();
    for status in ["active", "inactive", "pending"] {
        let rows = platform
            .walk(&format!("users?status={status}&page_size=300"), "users")
            .await;
        assert!(!rows.is_empty(), "{status}");
        assert!(rows.iter().all(|row| row["status"] == status));
        assert_eq!(rows.iter().all(|row| row.get("id").is_none()), status == "pending");
        all.extend(rows);
    }
    assert_eq!(all.len(), 200);
    assert_eq!(platform.sim.account(0).truth("users").len(), 200);
    let owners = platform.get("users?role_id=0").await;
    assert_eq!(owners.rows("users").len(), 1);
    let bad = platform.get("users?status=asleep").await;
    assert_eq!((bad.status, &bad.body["code"]), (400, &300.into()));
}

#[tokio::test]
async fn a_member_has_only_what_is_theirs() {
    let platform = large().await;
    let member = platform.sim.account(0).member_email();
    let token = platform.sign_in(&member).await.text("access_token").to_owned();
    let me = platform.get_as(&token, "users/me").await;
    assert_eq!((me.status, me.text("role_id")), (200, "2"));
    let list = platform.get_as(&token, "users").await;
    assert_eq!((list.status, &list.body["code"]), (400, &4700.into()));
    let admin = platform.sim.account(0).admin_email();
    let token = platform.sign_in(&admin).await.text("access_token").to_owned();
    assert_eq!(platform.get_as(&token, "users").await.status, 200);
}

#[tokio::test]
async fn memberships_follow_what_a_test_changes() {
    let platform = large().await;
    let account = platform.sim.account(0);
    let id = account.add_user("new.person@acme.example.com", "Zoë", "Ünsal");
    let group = account.truth("groups")[0]["id"].as_str().expect("id").to_owned();
    assert!(account.set_member(Container::Group, &group, &id, true));
    let path = format!("groups/{group}/members?page_size=2000");
    let has = |rows: &[Value]| rows.iter().any(|row| row["id"] == id.as_str());
    assert!(has(&platform.walk(&path, "members").await));
    assert!(account.set_member(Container::Group, &group, &id, false));
    assert!(!has(&platform.walk(&path, "members").await));
    assert!(account.set_member(Container::Role, "1", &id, true));
    assert!(has(&platform.walk("roles/1/members", "members").await));

    assert!(account.rename_user(&id, "Chloë", "Ünsal"));
    assert_eq!(platform.get(&format!("users/{id}")).await.text("first_name"), "Chloë");
    assert!(account.set_department(&id, "Legal", "CC-9"));
    assert_eq!(
        platform
            .get("users/new.person@acme.example.com")
            .await
            .text("cost_center"),
        "CC-9"
    );
    assert!(account.set_active(&id, false));
    assert!(has(&platform
        .walk("users?status=inactive&page_size=300", "users")
        .await));
    assert!(account.remove_user(&id));
    let gone = platform.get(&format!("users/{id}")).await;
    assert_eq!((gone.status, &gone.body["code"]), (404, &1001.into()));
}

#[tokio::test]
async fn queues_show_departments_only_in_detail_and_list_their_members() {
    let platform = large().await;
    let account = platform.sim.account(0);
    let queues = platform.walk("phone/call_queues", "call_queues").await;
    assert!(queues.iter().all(|queue| queue.get("department").is_none()));
    let id = queues[0]["id"].as_str().expect("id");
    let detail = platform.get(&format!("phone/call_queues/{id}")).await;
    assert!(detail.body["department"].is_string());
    let member = account.member_email();
    assert!(account.set_member(Container::CallQueue, id, &member, true));
    let members = platform.get(&format!("phone/call_queues/{id}/members")).await;
    assert_eq!(members.body["total_records"], members.rows("call_queue_members").len());
    assert!(
        members
            .rows("call_queue_members")
            .iter()
            .any(|row| row["level"] == "commonArea")
    );
    let missing = platform.get("phone/call_queues/nothing").await;
    assert_eq!((missing.status, &missing.body["code"]), (404, &13_000.into()));
}

#[tokio::test]
async fn devices_need_a_type() {
    let platform = large().await;
    let bare = platform.get("phone/devices").await;
    assert_eq!((bare.status, &bare.body["errors"][0]["field"]), (400, &"type".into()));
    let assigned = platform
        .walk("phone/devices?type=assigned&page_size=300", "devices")
        .await;
    let spare = platform.walk("phone/devices?type=unassigned", "devices").await;
    assert!(assigned.iter().all(|row| row["assignee"]["id"].is_string()));
    assert!(spare.iter().all(|row| row.get("assignee").is_none()) && !spare.is_empty());
    assert_eq!(
        assigned.len() + spare.len(),
        platform.sim.account(0).truth("devices").len()
    );
}

#[tokio::test]
async fn both_number_endpoints_know_the_same_numbers() {
    let platform = large().await;
    let numbers = |rows: Vec<Value>| {
        let mut all: Vec<String> = rows.iter().map(|row| row["number"].to_string()).collect();
        all.sort();
        all
    };
    let old = numbers(
        platform
            .walk("phone/numbers?type=all&page_size=100", "phone_numbers")
            .await,
    );
    let new = numbers(
        platform
            .walk("number_management/numbers?page_size=200", "numbers")
            .await,
    );
    assert_eq!(old, new);
    let free = platform.walk("phone/numbers?type=unassigned", "phone_numbers").await;
    assert_eq!(free.len(), 5);
    let bad = platform.get("number_management/numbers?number_type=Rotary").await;
    assert_eq!((bad.status, &bad.body["code"]), (400, &999.into()));
}

#[tokio::test]
async fn without_a_phone_licence_there_is_no_phone() {
    let platform = large().await;
    platform.sim.account(0).set_phone_licensed(false);
    for path in [
        "phone/settings",
        "phone/call_history",
        "phone/users",
        "phone/call_history/x",
    ] {
        let reply = platform.get(path).await;
        assert_eq!((reply.status, &reply.body["code"]), (403, &2031.into()), "{path}");
        assert_eq!(
            reply.text("message"),
            "Zoom Phone has not been enabled for this account."
        );
    }
    assert_eq!(platform.get("users/me").await.status, 200);
}

#[tokio::test]
async fn accounts_do_not_see_each_other() {
    let accounts = vec![tidy("acme"), tidy("globex")];
    let platform = Platform::start(Options { accounts, ..options() }).await;
    let other = platform.sim.account("globex");
    assert_eq!(
        platform.get(&format!("users/{}", other.owner_email())).await.status,
        404
    );
    let uuid = other.truth_calls()[0]["call_history_uuid"]
        .as_str()
        .expect("id")
        .to_owned();
    assert_eq!(platform.get(&format!("phone/call_history/{uuid}")).await.status, 404);
    assert_ne!(platform.sim.account(0).account_number(), other.account_number());
}
