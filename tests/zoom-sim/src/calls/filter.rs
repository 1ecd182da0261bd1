//! The filters of `/phone/call_history`.

use super::book::Entry;
use crate::request::Params;
use serde_json::{Map, Value};

/// Array parameters and the fields any of which may match.
const LISTS: &[(&str, &[&str])] = &[
    ("directions", &["direction"]),
    ("connect_types", &["connect_type"]),
    ("number_types", &["caller_number_type", "callee_number_type"]),
    ("call_types", &["call_type"]),
    ("extension_types", &["caller_ext_type", "callee_ext_type"]),
    ("call_results", &["call_result"]),
    ("group_ids", &["group_id"]),
    ("site_ids", &["site_id"]),
    ("call_ids", &["call_id"]),
];
const TEXTS: &[&str] = &["department", "cost_center"];
const KEYWORD_FIELDS: &[&str] = &[
    "caller_name",
    "caller_ext_number",
    "caller_did_number",
    "caller_email",
    "callee_name",
    "callee_ext_number",
    "callee_did_number",
    "callee_email",
    "call_id",
];

/// The filters of one query. Looking into records is avoided when none needs it.
#[derive(Debug)]
pub(crate) struct Filter<'a> {
    recorded: Option<bool>,
    lists: Vec<(&'static [&'static str], Vec<&'a str>)>,
    texts: Vec<(&'static str, &'a str)>,
    voicemail: Option<bool>,
    keyword: Option<String>,
}

impl<'a> Filter<'a> {
    pub fn of(params: &'a Params, recorded_by_default: bool) -> Self {
        let status = params
            .get("recording_status")
            .or(recorded_by_default.then_some("recorded"));
        Self {
            recorded: status.map(|status| status == "recorded"),
            lists: LISTS
                .iter()
                .map(|(name, fields)| (*fields, params.all(name)))
                .filter(|(_, wanted)| !wanted.is_empty())
                .collect(),
            texts: TEXTS
                .iter()
                .filter_map(|name| params.get(name).map(|wanted| (*name, wanted)))
                .collect(),
            voicemail: params.get("with_voicemail").map(|wanted| wanted == "true"),
            keyword: params
                .get("keyword")
                .filter(|word| !word.is_empty())
                .map(str::to_lowercase),
        }
    }

    pub fn accepts(&self, entry: &Entry) -> bool {
        if self.recorded.is_some_and(|wanted| wanted != entry.recorded) {
            return false;
        }
        let shallow =
            self.lists.is_empty() && self.texts.is_empty() && self.voicemail.is_none() && self.keyword.is_none();
        shallow || self.accepts_row(&entry.row())
    }

    fn accepts_row(&self, row: &Map<String, Value>) -> bool {
        let text = |field: &str| row.get(field).and_then(Value::as_str);
        let lists = self.lists.iter().all(|(fields, wanted)| {
            fields
                .iter()
                .any(|field| text(field).is_some_and(|value| wanted.contains(&value)))
        });
        let texts = self.texts.iter().all(|(field, wanted)| text(field) == Some(wanted));
        let voicemail = self
            .voicemail
            .is_none_or(|wanted| wanted == (text("call_result") == Some("voicemail")));
        let keyword = self.keyword.as_ref().is_none_or(|word| {
            KEYWORD_FIELDS
                .iter()
                .any(|field| text(field).is_some_and(|value| value.to_lowercase().contains(word)))
        });
        lists && texts && voicemail && keyword
    }
}
