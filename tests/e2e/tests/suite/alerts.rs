//! Alerts reach people: once over each channel, signed, again until accepted, silent while muted, across restarts.

use e2e::{
    World,
    configuration::write_secret,
    daemon::Launch,
    eventually,
    sinks::{Mail, Post, Sink, Way, mail_certificate, mail_server, webhook_receiver},
    world::{prompt, small},
};
use serde_json::Value;

struct Told {
    mail: Sink<Mail>,
    webhook: Sink<Post>,
}

/// A daemon whose alerts go to a mail server and a webhook receiver of this test.
fn told() -> (World, Told) {
    let sinks = Told {
        mail: mail_server(Way::Plain),
        webhook: webhook_receiver(),
    };
    let mut world = World::new(prompt(vec![small("acme")]));
    write_secret(&world.home().join("alert-secret"), "top secret");
    world.configuration.more = format!(
        "alerts:\n  email: {{smtp_url: \"smtp://{}\", from: callsyncd@example.com, to: [ops@example.com, nobody@example.com]}}\n  webhook: {{url: \"http://{}/in\", secret: {{file: {}/alert-secret}}}}\n",
        sinks.mail.address(),
        sinks.webhook.address(),
        world.home().display()
    );
    world.start();
    (world, sinks)
}

fn posts(sinks: &Told, code: &str) -> Vec<Value> {
    sinks
        .webhook
        .taken()
        .iter()
        .map(|post| serde_json::from_str(&post.body).expect("a document"))
        .filter(|document: &Value| document["code"] == code)
        .collect()
}

fn mails(sinks: &Told, code: &str) -> usize {
    let words = format!("Alert     {code}\n");
    sinks
        .mail
        .taken()
        .iter()
        .filter(|mail| mail.text.contains(&words))
        .count()
}

/// Zoom ends the authorization, and somebody asks.
fn revoke(world: &World) {
    world.zoom_account("acme").revoke_app();
    let _ = world.refused(9, &["account", "test", "acme"]);
}

#[test]
fn each_channel_hears_of_a_lost_authorization_once_and_of_its_return_once() {
    let (mut world, sinks) = told();
    world.collect("acme", &["--backfill", "none", "--elements", "off"]);
    revoke(&world);
    eventually("the alert over both channels", || {
        (posts(&sinks, "reauthorization_required").len() == 1 && mails(&sinks, "reauthorization_required") == 1)
            .then_some(())
    });
    let firing = posts(&sinks, "reauthorization_required").remove(0);
    assert_eq!(firing["schema"], "callsync/alert/v1");
    assert_eq!(
        (firing["state"].as_str(), firing["account"].as_str()),
        (Some("firing"), Some("acme"))
    );
    assert_eq!(firing["severity"], "critical");
    assert!(
        firing["hint"]
            .as_str()
            .is_some_and(|hint| hint.contains("callsyncctl account authorize acme")),
        "{firing}"
    );
    assert!(firing.get("resolved_at").is_none(), "{firing}");
    let listed = world.json(&["alert", "list"]);
    assert_eq!(listed["schema"], "callsync/alert-list/v1");
    assert_eq!(listed["items"][0]["code"], "reauthorization_required");
    assert_eq!(listed["items"][0]["id"], firing["id"]);

    // Neither a restart nor time tells it again.
    world.daemon().stop();
    world.start();
    let _ = world.json(&["account", "authorize", "acme"]);
    let _ = world
        .authorize_as("acme", &world.zoom_account("acme").owner_email())
        .ok();
    eventually("the recovery over both channels", || {
        (posts(&sinks, "reauthorization_required").len() == 2 && mails(&sinks, "reauthorization_required") == 2)
            .then_some(())
    });
    let resolved = posts(&sinks, "reauthorization_required").remove(1);
    assert_eq!(
        (resolved["state"].as_str(), &resolved["id"]),
        (Some("resolved"), &firing["id"])
    );
    assert!(resolved["resolved_at"].is_string(), "{resolved}");
    assert_eq!(
        world.json(&["alert", "list"])["items"].as_array().map(Vec::len),
        Some(0)
    );
    let all = world.json(&["alert", "list", "--all"]);
    assert_eq!(all["items"][0]["state"], "resolved");

    for post in sinks.webhook.taken() {
        let timestamp = post.header("x-callsync-timestamp").expect("a timestamp");
        let signature = post.header("x-callsync-signature").expect("a signature");
        assert_eq!(signature, signed("top secret", timestamp, &post.body));
    }
    let mail = sinks.mail.taken().remove(0);
    assert_eq!(
        mail.recipients,
        ["ops@example.com"],
        "a refused address keeps the mail from nobody else"
    );
    assert!(
        mail.text
            .contains("Subject: [callsync] CRITICAL reauthorization_required acme"),
        "{}",
        mail.text
    );
}

/// HMAC-SHA256 after RFC 2104, independent of the library under test.
fn signed(key: &str, timestamp: &str, body: &str) -> String {
    use sha2::{Digest as _, Sha256};
    let pad = |byte: u8| {
        let mut block = [byte; 64];
        for (position, key) in key.bytes().enumerate() {
            block[position] ^= key;
        }
        block
    };
    let inner = Sha256::new()
        .chain_update(pad(0x36))
        .chain_update(format!("{timestamp}.{body}"))
        .finalize();
    let outer = Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize();
    format!("v1={}", hex::encode(outer))
}

#[test]
fn a_test_message_names_the_channel_that_fails() {
    let (world, sinks) = told();
    // One of the two mail addresses is refused, so the test of mail fails although the mail went out.
    let outcome = world.ctl(&["alert", "test", "--json"]).ended_with(14);
    assert_eq!(outcome.json()["schema"], "callsync/alert/v1");
    assert!(
        outcome.error()["message"]
            .as_str()
            .is_some_and(|message| message.contains("email")),
        "{outcome:?}"
    );
    let _ = world.ctl(&["alert", "test", "webhook"]).ok();
    sinks.webhook.refuse(true);
    let outcome = world.ctl(&["alert", "test", "webhook", "--json"]).ended_with(1);
    assert!(
        outcome.error()["message"]
            .as_str()
            .is_some_and(|message| message.contains("webhook")),
        "{outcome:?}"
    );
    let _ = world.refused(2, &["alert", "test", "pigeon"]);
    assert_eq!(posts(&sinks, "test").len(), 2);
    assert_eq!(mails(&sinks, "test"), 1);
}

#[test]
fn without_channels_a_test_fails_and_says_what_to_configure() {
    let world = World::small();
    let error = world.refused(7, &["alert", "test"]);
    assert_eq!(error["code"], "no_channel");
    assert_eq!(
        world.json(&["alert", "list"])["items"].as_array().map(Vec::len),
        Some(0)
    );
}

#[test]
fn a_channel_that_is_down_is_visible_and_hears_of_it_later() {
    let (world, sinks) = told();
    world.collect("acme", &["--backfill", "none", "--elements", "off"]);
    sinks.webhook.refuse(true);
    revoke(&world);
    eventually("the failed delivery", || {
        let listed = world.json(&["alert", "list"]);
        let deliveries = listed["items"][0]["deliveries"].as_array()?.clone();
        let webhook = deliveries.iter().find(|delivery| delivery["channel"] == "webhook")?;
        webhook["last_error"]
            .as_str()
            .is_some_and(|error| error.contains("500"))
            .then_some(())
    });
    let warned = eventually("the check of alerts", || {
        let health = world.ctl(&["health", "--json"]).ended_with(1).json();
        let checks = health["checks"].as_array()?.clone();
        checks
            .into_iter()
            .find(|check| check["name"] == "alerts" && check["state"] == "warning")
    });
    assert!(
        warned["hint"]
            .as_str()
            .is_some_and(|hint| hint.contains("callsyncctl alert test webhook"))
    );
    sinks.webhook.refuse(false);
    eventually("the second try", || {
        (posts(&sinks, "reauthorization_required").len() == 1).then_some(())
    });
}

#[test]
fn a_muted_code_is_kept_and_told_to_nobody() {
    let (world, sinks) = told();
    world.collect("acme", &["--backfill", "none", "--elements", "off"]);
    let _ = world.refused(2, &["alert", "mute", "no_such_code", "--for", "1h"]);
    let _ = world.refused(2, &["alert", "mute", "no_cdr", "--for", "soon"]);
    let _ = world.refused(5, &["alert", "mute", "no_cdr", "--for", "1h", "--account", "nobody"]);
    let muted = world.json(&[
        "alert",
        "mute",
        "reauthorization_required",
        "--for",
        "1h",
        "--account",
        "acme",
    ]);
    assert_eq!(muted["schema"], "callsync/alert/v1");
    revoke(&world);
    eventually("the alert in the list", || {
        let listed = world.json(&["alert", "list"]);
        listed["items"][0]["muted_until"].is_string().then_some(())
    });
    assert_eq!(posts(&sinks, "reauthorization_required").len(), 0);
    let _ = world.json(&[
        "alert",
        "mute",
        "reauthorization_required",
        "--for",
        "0s",
        "--account",
        "acme",
    ]);
    eventually("the alert after the mute", || {
        (posts(&sinks, "reauthorization_required").len() == 1).then_some(())
    });
}

/// A daemon that trusts the mail server's certificate, and mails over `smtp_url` with a password.
fn over_tls(smtp_url: &str, trusts: bool, password: &str) -> World {
    let mut world = World::new(prompt(vec![small("acme")]));
    write_secret(&world.home().join("mail-password"), password);
    world.configuration.more = format!(
        "alerts:\n  email: {{smtp_url: \"{smtp_url}\", password: {{file: {}/mail-password}}, from: callsyncd@example.com, to: [ops@example.com]}}\n",
        world.home().display()
    );
    world.configuration.write(world.home());
    let mut launch = Launch::new(world.home());
    if trusts {
        launch = launch.variable("SSL_CERT_FILE", mail_certificate());
    }
    let mut daemon = launch.spawn();
    daemon.wait_ready(&world.socket());
    world.adopt(daemon);
    world
}

#[test]
fn mail_goes_over_tls_from_the_first_byte_or_after_starttls_and_to_nobody_else() {
    let port = |sink: &Sink<Mail>| sink.address().port();
    let tls = mail_server(Way::Tls);
    let world = over_tls(&format!("smtps://ops@localhost:{}", port(&tls)), true, "right");
    let _ = world.ctl(&["alert", "test"]).ok();
    assert_eq!(tls.taken().len(), 1);

    let later = mail_server(Way::StartTls);
    let world = over_tls(
        &format!("smtp://ops@localhost:{}?tls=required", port(&later)),
        true,
        "right",
    );
    let _ = world.ctl(&["alert", "test"]).ok();
    assert_eq!(later.taken().len(), 1);

    let world = over_tls(&format!("smtps://ops@localhost:{}", port(&tls)), true, "wrong");
    let error = world.ctl(&["alert", "test", "--json"]).ended_with(1);
    assert!(error.stdout.contains("refuses the login of ops"), "{error:?}");
    assert!(!error.stdout.contains("wrong\""), "the password is not told: {error:?}");

    let world = over_tls(&format!("smtps://ops@localhost:{}", port(&tls)), false, "right");
    let error = world.ctl(&["alert", "test", "--json"]).ended_with(1);
    assert!(error.stdout.contains("certificate"), "{error:?}");

    let plain = mail_server(Way::Plain);
    let world = over_tls(
        &format!("smtp://ops@localhost:{}?tls=required", port(&plain)),
        true,
        "right",
    );
    let _ = world.ctl(&["alert", "test"]).ended_with(1);
    assert_eq!(
        (plain.taken().len(), tls.taken().len()),
        (0, 1),
        "nothing goes out unprotected or to a stranger"
    );
}
