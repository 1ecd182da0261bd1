//! Hostile posts and queries: judged without a panic, signed only by who has the secret, shown as text.

use axum::body::to_bytes;
use hostile::Target;
use secrecy::SecretString;

use super::{
    callback::{Redirect, page},
    event::{self, Happening},
    signature::Secret,
};

#[test]
fn a_hostile_webhook_body_is_an_event_or_nothing_and_its_signature_is_no_accident() {
    let secret = Secret::new(&SecretString::from("a secret token"));
    let target = Target::new("webhook")
        .seed(r#"{"event":"endpoint.url_validation","payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"},"event_ts":1654503849680}"#)
        .seed(r#"{"event":"app_deauthorized","payload":{"account_id":"A","user_id":"U","signature":"s","deauthorization_time":"2026-06-17T13:52:28.632Z","client_id":"C","user_data_retention":"false"}}"#)
        .seed(r#"{"event":"phone.callee_call_history_completed","payload":{"account_id":"A","object":{"user_id":"u","call_logs":[{"id":"1"}]}},"event_ts":1}"#)
        .seed(r#"{"event":"phone.call_element_deleted","payload":{"account_id":"A","object":{"call_element_ids":["a","b"]}},"event_ts":1}"#)
        .seed(r#"{"event":"phone.call_history_deleted","payload":{"account_id":"A","object":{"call_log_ids":["a"]}},"event_ts":1}"#)
        .brief(2_000);
    target.attack(|input| {
        if let Some(event) = event::read(input) {
            match event.happening {
                Happening::Challenge(token) => {
                    let _ = secret.answer(&token);
                }
                Happening::CallsDeleted(keys) | Happening::ElementsDeleted(keys) => {
                    assert!(keys.iter().all(|key| !key.is_empty()), "{keys:?}");
                }
                _ => {}
            }
        }
        let text = String::from_utf8_lossy(input);
        assert!(!secret.signs(&text, input, &text));
        assert!(!secret.signs("1772359200", input, &format!("v0={text}")));
    });
}

#[test]
fn a_hostile_callback_is_shown_as_text() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let target = Target::new("callback")
        .seed("code=abc&state=x")
        .seed("error=access_denied&error_description=%3Cscript%3Ealert(1)%3C%2Fscript%3E&state=%22onload%3D1")
        .brief(1_000);
    target.attack(|input| {
        let Ok(text) = std::str::from_utf8(input) else { return };
        let redirect = Redirect::read(text);
        let answer = page(&redirect, Some(text));
        let body = runtime.block_on(to_bytes(answer.into_body(), 1 << 22)).expect("a page");
        let body = String::from_utf8(body.to_vec()).expect("text").to_lowercase();
        for dangerous in ["<script", "<img", "<iframe", "javascript:"] {
            assert!(!body.contains(dangerous) || body.matches('<').count() == body.matches('>').count());
            assert!(!body.contains(dangerous) || dangerous == "javascript:", "{body}");
        }
    });
}
