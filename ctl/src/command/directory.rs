//! `directory …`.

use callsync_shared::{
    ExitCode,
    api::directory::{DirectoryQuery, Entry},
    client::routes,
};
use serde_json::Value;

use crate::{cli::DirectoryCommand, context::Context, error::Failure, output::page::Cell};

pub async fn run(context: &Context, command: DirectoryCommand) -> Result<ExitCode, Failure> {
    let (account, text, listing) = match command {
        DirectoryCommand::Search { account, text, listing } => (account, Some(text), listing),
        DirectoryCommand::List { account, listing } => (account, None, listing),
    };
    let query = DirectoryQuery {
        entity: listing.entity,
        text,
        removed: listing.removed,
        limit: listing.limit,
    };
    let answer = context.send(&routes::directory(&account, &query)).await?;
    context.show(&answer, |list, page| {
        let rows = list.items.iter().map(row).collect();
        page.table(
            [
                "ENTITY",
                "NAME",
                "EMAIL",
                "EXTENSION",
                "NUMBER",
                "SITE/DEPARTMENT",
                "ID",
            ],
            rows,
            "No entries.",
        );
    })
}

fn row(entry: &Entry) -> [Cell; 7] {
    let place: Vec<String> = [
        first(entry, &["site_name", "site_id"]),
        first(entry, &["department", "dept"]),
    ]
    .into_iter()
    .flatten()
    .collect();
    [
        entry.entity.as_str().into(),
        Cell::or_dash(name(entry)),
        Cell::or_dash(first(entry, &["email"])),
        Cell::or_dash(first(
            entry,
            &["extension_number", "main_auto_receptionist_extension_number"],
        )),
        Cell::or_dash(number(entry)),
        Cell::or_dash(Some(place.join(" / "))),
        Cell::or_dash(first(entry, &["id"])),
    ]
}

/// The name as people use it; users of `/users` may have only the parts.
fn name(entry: &Entry) -> Option<String> {
    first(entry, &["display_name", "name"]).or_else(|| {
        let parts: Vec<String> = ["first_name", "last_name"]
            .into_iter()
            .filter_map(|field| first(entry, &[field]))
            .collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    })
}

/// The number itself, or the numbers of whoever has several.
fn number(entry: &Entry) -> Option<String> {
    first(entry, &["number", "phone_number"]).or_else(|| {
        let numbers = match entry.fields.get("phone_numbers")? {
            // Nested columns may come as JSON or as its text.
            Value::String(text) => serde_json::from_str(text).ok()?,
            other => other.clone(),
        };
        let numbers: Vec<String> = numbers
            .as_array()?
            .iter()
            .filter_map(|number| match number {
                Value::String(number) => Some(number.clone()),
                number => number.get("number")?.as_str().map(str::to_owned),
            })
            .collect();
        (!numbers.is_empty()).then(|| numbers.join(", "))
    })
}

/// The first of these fields that holds something.
fn first(entry: &Entry, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| match entry.fields.get(*name)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use callsync_shared::api::directory::Entry;
    use serde_json::json;

    use super::{name, number};

    fn entry(value: serde_json::Value) -> Entry {
        Entry {
            entity: "phone_user".to_owned(),
            fields: value.as_object().unwrap().clone(),
        }
    }

    #[test]
    fn name_falls_back_to_its_parts() {
        assert_eq!(
            name(&entry(
                json!({"display_name": "", "first_name": "Jane", "last_name": "Doe"})
            ))
            .unwrap(),
            "Jane Doe"
        );
        assert_eq!(name(&entry(json!({"email": "x@example.com"}))), None);
    }

    #[test]
    fn numbers_come_from_nested_columns_too() {
        assert_eq!(number(&entry(json!({"number": "+1"}))).unwrap(), "+1");
        let nested = json!({"phone_numbers": [{"id": "a", "number": "+1"}, {"number": "+2"}]});
        assert_eq!(number(&entry(nested)).unwrap(), "+1, +2");
        let text = json!({"phone_numbers": "[{\"number\":\"+3\"}]"});
        assert_eq!(number(&entry(text)).unwrap(), "+3");
    }
}
