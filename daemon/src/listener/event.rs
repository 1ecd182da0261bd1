//! What a webhook body says, read tolerantly: Zoom moves fields about and adds events.

use serde_json::Value;

/// An event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its name.
    pub name: String,
    /// Zoom's id of the account it is about.
    pub zoom_account_id: Option<String>,
    /// It says when it happened, so that two of them are told apart.
    pub is_dated: bool,
    /// What happened.
    pub happening: Happening,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    /// Zoom checks that the URL is ours.
    Challenge(String),
    /// The organisation removed the app.
    Deauthorized {
        /// Who did it.
        user: Option<String>,
        /// Whether user data may be kept, when the event says so.
        may_keep: Option<bool>,
    },
    /// A call is over and its record is about to appear.
    CallCompleted,
    /// Calls were deleted.
    CallsDeleted(Vec<String>),
    /// Elements were deleted.
    ElementsDeleted(Vec<String>),
    /// Nothing that concerns us.
    Other,
}

/// Reads a body; nothing when it is no event.
#[must_use]
pub fn read(body: &[u8]) -> Option<Event> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let name = body.get("event")?.as_str()?.to_owned();
    let payload = &body["payload"];
    let object = &payload["object"];
    let happening = match name.as_str() {
        "endpoint.url_validation" => Happening::Challenge(payload["plainToken"].as_str()?.to_owned()),
        "app_deauthorized" => Happening::Deauthorized {
            user: text(&payload["user_id"]),
            may_keep: truth(&payload["user_data_retention"]),
        },
        "phone.call_element_deleted" => Happening::ElementsDeleted(keys(&object["call_element_ids"])),
        "phone.call_history_deleted" => Happening::CallsDeleted(keys(&object["call_log_ids"])),
        "phone.call_log_deleted" | "phone.call_log_permanently_deleted" => {
            Happening::CallsDeleted(keys(&object["call_logs"]))
        }
        name if is_completion(name) => Happening::CallCompleted,
        _ => Happening::Other,
    };
    let dated = ["event_ts", "deauthorization_time"];
    Some(Event {
        zoom_account_id: text(&payload["account_id"]),
        is_dated: dated
            .iter()
            .any(|field| !body[*field].is_null() || !payload[*field].is_null()),
        name,
        happening,
    })
}

/// Three generations of the same event, for either party.
fn is_completion(name: &str) -> bool {
    let Some(rest) = name.strip_prefix("phone.") else {
        return false;
    };
    let rest = rest.strip_prefix("callee_").or_else(|| rest.strip_prefix("caller_"));
    matches!(
        rest.unwrap_or_default(),
        "call_log_completed" | "call_history_completed" | "call_element_completed"
    )
}

fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Zoom has sent truth values as texts.
fn truth(value: &Value) -> Option<bool> {
    value.as_bool().or_else(|| value.as_str()?.parse().ok())
}

/// Texts, or objects with an `id`.
fn keys(list: &Value) -> Vec<String> {
    let entries = list.as_array().map(Vec::as_slice).unwrap_or_default();
    let key = |entry: &Value| text(entry).or_else(|| text(&entry["id"]));
    entries.iter().filter_map(key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn happening(body: &str) -> Happening {
        read(body.as_bytes()).expect("an event").happening
    }

    #[test]
    fn deauthorization_is_understood_wherever_its_time_stands() {
        for (body, is_dated) in [
            (
                r#"{"event":"app_deauthorized","payload":{"account_id":"A","user_id":"U","event_ts":"2024-09-08 15:58:40"}}"#,
                true,
            ),
            (
                r#"{"event":"app_deauthorized","event_ts":1740439732278,"payload":{"account_id":"A","user_id":"U"}}"#,
                true,
            ),
            (
                r#"{"event":"app_deauthorized","payload":{"account_id":"A","user_id":"U"}}"#,
                false,
            ),
        ] {
            let event = read(body.as_bytes()).expect("an event");
            let user = Some("U".to_owned());
            assert_eq!(event.happening, Happening::Deauthorized { user, may_keep: None });
            assert_eq!(
                (event.zoom_account_id.as_deref(), event.is_dated),
                (Some("A"), is_dated)
            );
        }
        let told = r#"{"event":"app_deauthorized","payload":{"account_id":"A","user_data_retention":"false"}}"#;
        let may_keep = Some(false);
        assert_eq!(happening(told), Happening::Deauthorized { user: None, may_keep });
    }

    #[test]
    fn all_generations_of_completion_are_one() {
        for name in [
            "phone.callee_call_log_completed",
            "phone.caller_call_log_completed",
            "phone.callee_call_history_completed",
            "phone.caller_call_history_completed",
            "phone.callee_call_element_completed",
            "phone.caller_call_element_completed",
        ] {
            assert_eq!(
                happening(&format!(r#"{{"event":"{name}"}}"#)),
                Happening::CallCompleted,
                "{name}"
            );
        }
        for name in ["phone.callee_ringing", "phone.call_element_completed", "user.created"] {
            assert_eq!(
                happening(&format!(r#"{{"event":"{name}"}}"#)),
                Happening::Other,
                "{name}"
            );
        }
    }

    #[test]
    fn deleted_keys_are_found_in_every_form() {
        let keys = vec!["20240724-a".to_owned()];
        let body =
            r#"{"event":"phone.call_element_deleted","payload":{"object":{"call_element_ids":["20240724-a", 7]}}}"#;
        assert_eq!(happening(body), Happening::ElementsDeleted(keys.clone()));
        let body = r#"{"event":"phone.call_history_deleted","payload":{"object":{"call_log_ids":["20240724-a"]}}}"#;
        assert_eq!(happening(body), Happening::CallsDeleted(keys.clone()));
        let body = r#"{"event":"phone.call_log_deleted","payload":{"object":{"call_logs":[{"id":"20240724-a"}]}}}"#;
        assert_eq!(happening(body), Happening::CallsDeleted(keys));
    }

    #[test]
    fn what_is_no_event_is_none() {
        for body in [
            "",
            "[]",
            "null",
            "{}",
            r#"{"event":7}"#,
            r#"{"event":"endpoint.url_validation"}"#,
            "\u{0}",
        ] {
            assert_eq!(read(body.as_bytes()), None, "{body}");
        }
    }
}
