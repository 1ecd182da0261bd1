//! Connecting an account: what goes wrong has its own message and exit code, and leaves no half account.

use std::{collections::BTreeSet, time::Duration};

use e2e::{Outcome, World, world::prompt, world::small};
use serde_json::Value;
use zoom_sim::{Fault, Scopes};

/// The account waits as before, and connects when things are done right.
fn still_pending(world: &World, name: &str) {
    let shown = world.json(&["account", "show", name]);
    assert_eq!(shown["state"], "pending_authorization", "{shown}");
    assert_eq!(
        (&shown["token"], &shown["account_number"]),
        (&Value::Null, &Value::Null),
        "{shown}"
    );
    assert!(
        shown["authorized_by"].is_null() && shown["authorize_expires_at"].is_string(),
        "{shown}"
    );
}

fn then_it_works(world: &World, name: &str) {
    still_pending(world, name);
    let outcome = world.authorize_as(name, &world.zoom_account(name).owner_email()).ok();
    assert_eq!(outcome.json()["state"], "authorized");
    assert!(outcome.json().get("authorize_url").is_none(), "{outcome:?}");
}

fn refused(outcome: Outcome, exit: i32) -> String {
    let error = outcome.ended_with(exit).error();
    assert_eq!(error["schema"], "callsync/error/v1");
    for field in ["code", "message", "hint"] {
        assert!(
            error[field].as_str().is_some_and(|text| !text.is_empty()),
            "{field} of {error}"
        );
    }
    error["message"].as_str().unwrap_or_default().to_owned()
}

fn consent(world: &World, name: &str) -> zoom_sim::Grant {
    let owner = world.zoom_account(name).owner_email();
    world
        .zoom()
        .authorize(&world.authorize_url(name), &owner)
        .expect("the consent page")
}

#[test]
fn every_way_to_fail_has_its_own_message_and_leaves_the_account_waiting() {
    let world = World::small();
    let added = world.add_account("acme");
    assert_eq!(added["state"], "pending_authorization", "{added}");
    let url = added["authorize_url"].as_str().unwrap_or_default();
    assert!(
        url.contains("code_challenge_method=S256") && url.contains("state="),
        "{url}"
    );
    let mut messages = BTreeSet::new();
    let mut count = 0;
    let mut note = |message: String| {
        count += 1;
        messages.insert(message);
    };

    note(refused(world.paste("acme", "ThisCodeNeverExisted"), 10));
    still_pending(&world, "acme");
    assert_eq!(
        world.authorize_url("acme"),
        url,
        "a code that Zoom did not take consumes nothing"
    );

    let grant = consent(&world, "acme");
    world.zoom().clock().advance(Duration::from_secs(301));
    note(refused(world.paste("acme", &grant.code), 10));
    still_pending(&world, "acme");

    let grant = consent(&world, "acme");
    let (before, _) = grant.redirect_url.split_once("state=").expect("a state");
    note(refused(
        world.paste("acme", &format!("{before}state=somebody-elses")),
        15,
    ));
    still_pending(&world, "acme");
    let _ = refused(world.paste("acme", before.trim_end_matches('&')), 15);

    let owner = world.zoom_account("acme").owner_email();
    let declined = world
        .zoom()
        .decline(&world.authorize_url("acme"), &owner)
        .expect("the consent page");
    note(refused(world.paste("acme", &declined.redirect_url), 4));
    still_pending(&world, "acme");

    let member = world.zoom_account("acme").member_email();
    note(refused(world.authorize_as("acme", &member), 4));
    still_pending(&world, "acme");

    world.zoom_account("acme").set_phone_licensed(false);
    note(refused(world.authorize_as("acme", &owner), 10));
    still_pending(&world, "acme");
    world.zoom_account("acme").set_phone_licensed(true);

    let only_self = Scopes::Custom(vec!["user:read:user:admin".to_owned()]);
    world.zoom_account("acme").set_granted_scopes(only_self);
    note(refused(world.authorize_as("acme", &owner), 10));
    still_pending(&world, "acme");
    world.zoom_account("acme").set_granted_scopes(Scopes::Granular);

    assert_eq!(messages.len(), count, "no two failures read the same: {messages:#?}");
    then_it_works(&world, "acme");
}

#[test]
fn a_code_used_twice_is_refused_and_the_connected_account_stays_connected() {
    let world = World::small();
    let _ = world.add_account("acme");
    let grant = consent(&world, "acme");
    let _ = world.paste("acme", &grant.code).ok();
    let error = world.paste("acme", &grant.code).ended_with(10).error();
    assert!(
        error["message"].as_str().is_some_and(|text| text.contains("used")),
        "{error}"
    );
    let shown = world.json(&["account", "show", "acme"]);
    assert_eq!(shown["state"], "authorized", "{shown}");
    let _ = world.ctl(&["account", "test", "acme"]).ok();
}

#[test]
fn error_codes_of_failed_authorizations_are_stable_names() {
    let world = World::small();
    let _ = world.add_account("acme");
    let code = |outcome: Outcome| outcome.error()["code"].as_str().unwrap_or_default().to_owned();
    world.zoom_account("acme").set_phone_licensed(false);
    let owner = world.zoom_account("acme").owner_email();
    assert_eq!(code(world.authorize_as("acme", &owner)), "phone_not_enabled");
    world.zoom_account("acme").set_phone_licensed(true);
    world
        .zoom_account("acme")
        .set_granted_scopes(Scopes::Custom(vec!["user:read:admin".to_owned()]));
    assert_eq!(code(world.authorize_as("acme", &owner)), "missing_scope");
}

#[test]
fn zoom_that_cannot_be_reached_is_said_and_the_url_stays_good() {
    let mut world = World::small();
    let _ = world.add_account("acme");
    let url = world.authorize_url("acme");
    let grant = consent(&world, "acme");
    world.cut_zoom();
    let error = world.paste("acme", &grant.code).ended_with(10).error();
    assert_eq!(error["code"], "zoom_unreachable", "{error}");
    still_pending(&world, "acme");
    assert_eq!(world.authorize_url("acme"), url);
}

#[test]
fn a_zoom_that_fails_for_a_moment_does_not_fail_the_authorization() {
    let world = World::small();
    let _ = world.add_account("acme");
    world.zoom().fault(Fault::status("/v2/users/me", 503, 1));
    let outcome = world
        .authorize_as("acme", &world.zoom_account("acme").owner_email())
        .ok();
    assert_eq!(outcome.json()["state"], "authorized");
}

#[test]
fn an_admin_who_is_not_the_owner_may_authorize() {
    let world = World::small();
    let _ = world.add_account("acme");
    let admin = world.zoom_account("acme").admin_email();
    let shown = world.authorize_as("acme", &admin).ok().json();
    assert_eq!(
        (&shown["authorized_by"]["email"], &shown["authorized_by"]["role"]),
        (&admin.into(), &"admin".into())
    );
    assert!(
        shown["scopes"]["missing"].as_array().is_some_and(Vec::is_empty),
        "{shown}"
    );
}

#[test]
fn a_scope_that_only_one_feature_needs_is_listed_and_does_not_stop_the_connection() {
    let world = World::small();
    let _ = world.add_account("acme");
    let without = [
        "phone:read:list_call_logs:admin",
        "user:read:user:admin",
        "phone:read:settings:admin",
    ];
    world
        .zoom_account("acme")
        .set_granted_scopes(Scopes::Custom(without.map(str::to_owned).into()));
    let shown = world
        .authorize_as("acme", &world.zoom_account("acme").owner_email())
        .ok()
        .json();
    let missing = shown["scopes"]["missing"].as_array().cloned().unwrap_or_default();
    let group = missing
        .iter()
        .find(|scope| scope["scope"] == "group:read:list_groups:admin");
    let group = group.unwrap_or_else(|| panic!("groups cannot be read: {missing:?}"));
    assert!(
        group["alternatives"]
            .as_array()
            .is_some_and(|names| names.contains(&"group:read:admin".into())),
        "{group}"
    );
    assert!(group["needed_for"].is_string());
    let scopes = world.json(&["account", "scopes", "acme"]);
    assert_eq!(scopes["missing"], Value::from(missing));
}

#[test]
fn classic_scopes_are_as_good_as_granular_ones() {
    let account = zoom_sim::AccountOptions {
        scopes: Scopes::Classic,
        ..small("acme")
    };
    let world = World::started(prompt(vec![account]));
    world.connect("acme");
    let scopes = world.json(&["account", "scopes", "acme"]);
    assert!(scopes["missing"].as_array().is_some_and(Vec::is_empty), "{scopes}");
}

#[test]
fn one_zoom_account_has_one_name() {
    let world = World::small();
    world.connect("acme");
    let _ = world.add_account("Acme again");
    let owner = world.zoom_account("acme").owner_email();
    let error = world.authorize_as("Acme again", &owner).ended_with(6).error();
    assert!(
        error["message"].as_str().is_some_and(|text| text.contains("acme")),
        "{error}"
    );
    still_pending(&world, "Acme again");
    // Zoom keeps only the newest tokens of a person: the first account has those, and works without anybody's doing.
    assert!(
        error["hint"].as_str().is_some_and(|hint| hint.contains("new ones now")),
        "{error}"
    );
    let tested = world.ctl(&["account", "test", "acme", "--json"]).ok().json();
    assert_eq!(
        tested["account_number"],
        world.zoom_account("acme").account_number(),
        "{tested}"
    );
    let entries = world.json(&["audit", "list"]);
    let entries = entries["items"].as_array().expect("a list");
    assert!(
        entries
            .iter()
            .any(|entry| entry["action"] == "account.tokens-handed-over" && entry["object"] == "acme"),
        "{entries:?}"
    );
}

#[test]
fn the_wrong_zoom_account_is_refused_when_its_id_was_named() {
    let world = World::started(prompt(vec![small("acme"), small("globex")]));
    world.ensure_group();
    let id = world.zoom_account("globex").account_id();
    let add = [
        "account",
        "add",
        "globex",
        "--group",
        e2e::steps::GROUP,
        "--zoom-account-id",
        &id,
    ];
    let _ = world.json(&add);
    let outcome = world.authorize_as("globex", &world.zoom_account("acme").owner_email());
    assert_ne!(outcome.code, 0, "{outcome:?}");
    then_it_works(&world, "globex");
}
