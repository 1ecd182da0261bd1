//! Synced directory entries: search and list.

use callsync_shared::{
    ExitCode, Problem,
    api::directory::{DirectoryQuery, Entry},
};

use crate::{
    control::{
        answer::{Answer, Answered},
        call::Call,
        handler::data,
        view,
    },
    domain::{directory::TABLES, table::Table},
    ports::records::DirectoryFilter,
};

/// Entries listed unless asked otherwise, and at most.
const USUAL: u64 = 100;
const MOST: u64 = 100_000;

/// Directory entries.
pub async fn list(call: Call) -> Answered {
    let store = data::store(&call).await?;
    let query: DirectoryQuery = call.filter()?;
    let table = query.entity.as_deref().map(table).transpose()?;
    let limit = usize::try_from(query.limit.unwrap_or(USUAL).min(MOST)).unwrap_or(usize::MAX);
    let filter = DirectoryFilter {
        table: table.map(|table| table.name),
        text: query.text,
        removed: query.removed,
        nested: false,
    };
    let entries = store
        .directory(&filter, limit)
        .await?
        .into_iter()
        .filter_map(|(name, record)| {
            let table = TABLES.into_iter().find(|table| table.name == name)?;
            Some(Entry {
                entity: name.to_owned(),
                fields: view::record::fields(table, &record),
            })
        })
        .collect();
    Answer::list(entries)
}

/// A table by its name, or by the name `sync status` uses.
fn table(name: &str) -> Result<&'static Table, Problem> {
    let alias = crate::directory::listings::ENTITIES
        .iter()
        .find(|entity| entity.name == name)
        .map(|entity| entity.table);
    TABLES
        .into_iter()
        .find(|table| table.name == name)
        .or(alias)
        .ok_or_else(|| {
            let names: Vec<&str> = TABLES.iter().map(|table| table.name).collect();
            Problem::new(
                ExitCode::Usage,
                "entity_unknown",
                format!("There is no directory entity \"{}\".", name.escape_debug()),
            )
            .hint(format!("Use one of {}.", names.join(", ")))
        })
}
