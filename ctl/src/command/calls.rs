//! `calls list` and `calls show`.

use callsync_shared::{
    ExitCode,
    api::call::{Call, CallDetail, CallFilter},
    client::routes,
};
use serde_json::Value;

use super::export;
use crate::{
    cli::CallsCommand,
    context::Context,
    error::Failure,
    output::{
        page::{Cell, Page},
        text, time,
    },
};

pub async fn run(context: &Context, command: CallsCommand) -> Result<ExitCode, Failure> {
    match command {
        CallsCommand::List { account, filters } => {
            let filter = CallFilter::from(filters);
            let answer = context.send(&routes::calls(&account, &filter)).await?;
            context.show(&answer, |list, page| {
                let rows = list.items.iter().map(|call| row(call, page)).collect();
                page.table(
                    ["ENDED", "DIRECTION", "FROM", "TO", "RESULT", "DURATION", "SITE"],
                    rows,
                    "No calls.",
                );
            })
        }
        CallsCommand::Show { account, call, archive } => {
            let answer = context.send(&routes::call(&account, &call, archive)).await?;
            context.show(&answer, |detail, page| show(&detail.body, page))
        }
        CallsCommand::Export(command) => export::run(context, command).await,
    }
}

fn row(call: &Call, page: &Page) -> [Cell; 7] {
    let duration = call
        .fields
        .get("duration")
        .and_then(Value::as_u64)
        .map_or_else(|| call.text("duration"), time::talk);
    [
        Cell::or_dash(Some(page.time_text(&call.text("end_time")))),
        Cell::or_dash(Some(call.text("direction"))),
        party(call, "caller").into(),
        party(call, "callee").into(),
        Cell::or_dash(Some(call.text("call_result"))),
        Cell::or_dash(Some(duration)),
        Cell::or_dash(Some(call.text("site_name"))),
    ]
}

/// `Jane Doe (+14155550111)`, or what of it is known.
fn party(call: &Call, side: &str) -> String {
    let field = |name: &str| call.text(&format!("{side}_{name}"));
    let name = field("name");
    let number = [field("did_number"), field("ext_number")]
        .into_iter()
        .find(|number| !number.is_empty());
    match (name.is_empty(), number) {
        (false, Some(number)) if number != name => format!("{name} ({number})"),
        (false, _) => name,
        (true, Some(number)) => number,
        (true, None) => "-".to_owned(),
    }
}

fn show(detail: &CallDetail, page: &mut Page) {
    let fields: Vec<(String, Cell)> = detail
        .call
        .fields
        .iter()
        .filter(|(_, value)| !matches!(value, Value::Null))
        .map(|(name, _)| {
            let text = detail.call.text(name);
            let is_time = name.ends_with("_time") || name.ends_with("_at");
            (
                name.clone(),
                Cell::from(if is_time { page.time_text(&text) } else { text }),
            )
        })
        .collect();
    page.fields(fields);
    page.gap();
    page.line(&format!("{}:", text::count(detail.elements.len() as u64, "element")));
    let rows = detail
        .elements
        .iter()
        .map(|element| {
            [
                Cell::or_dash(Some(page.time_text(&element.text("start_time")))),
                Cell::or_dash(Some(element.text("event"))),
                party(element, "caller").into(),
                party(element, "callee").into(),
                Cell::or_dash(Some(element.text("result"))),
                Cell::or_dash(Some(element.text("result_reason"))),
            ]
        })
        .collect();
    page.table(
        ["STARTED", "EVENT", "FROM", "TO", "RESULT", "REASON"],
        rows,
        "No elements are held.",
    );
}

#[cfg(test)]
mod tests {
    use callsync_shared::api::call::Call;
    use serde_json::json;

    use super::party;

    #[test]
    fn party_shows_what_is_known() {
        let party = |value: serde_json::Value| {
            party(
                &Call {
                    fields: value.as_object().unwrap().clone(),
                },
                "caller",
            )
        };
        assert_eq!(
            party(json!({"caller_name": "Jane", "caller_did_number": "+14155550111", "caller_ext_number": "7"})),
            "Jane (+14155550111)"
        );
        assert_eq!(
            party(json!({"caller_name": "", "caller_did_number": null, "caller_ext_number": "7"})),
            "7"
        );
        assert_eq!(party(json!({"caller_name": "+1", "caller_did_number": "+1"})), "+1");
        assert_eq!(party(json!({})), "-");
    }
}
