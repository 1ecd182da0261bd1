//! One person: find, export, erase.

use axum::body::Bytes;
use callsync_shared::{Problem, api::retention::Person as Typed};
use futures_util::stream;
use serde_json::{Map, Value};

use crate::{
    control::{
        answer::{Answer, Answered},
        call::Call,
        problem, view,
    },
    domain::retention::Person,
    ports::state::JobKind,
    retention::subject::Found,
};

fn person(typed: Typed) -> Result<Person, Problem> {
    Person::typed(typed.number, typed.email, typed.extension)?.ok_or_else(|| {
        problem::usage("person_missing", "It is not said who is meant.")
            .hint("Give one of --number, --email and --extension.")
    })
}

/// What is held about a person.
pub async fn find(call: Call) -> Answered {
    let account = call.account().await?;
    let person = person(call.filter()?)?;
    let matches = call.handles.retention.find(&account, &person).await?;
    Answer::document(view::retention::subject(&matches, &account.name))
}

/// Everything that is held about a person, streamed.
pub async fn export(call: Call) -> Answered {
    let account = call.account().await?;
    let person = person(call.filter()?)?;
    let export = call.handles.retention.export(&account, &person).await?;
    let lines = stream::try_unfold(export, |mut export| async move {
        let Some(page) = export.next().await.map_err(std::io::Error::other)? else {
            return Ok::<_, std::io::Error>(None);
        };
        let mut lines = Vec::with_capacity(page.len() * 1_200);
        for found in &page {
            serde_json::to_writer(&mut lines, &line(found))?;
            lines.push(b'\n');
        }
        Ok(Some((Bytes::from(lines), export)))
    });
    Ok(Answer::lines(lines))
}

/// A record with where it is from.
fn line(found: &Found) -> Map<String, Value> {
    let mut line = Map::new();
    line.insert("database".to_owned(), found.database.into());
    line.insert("table".to_owned(), found.table.name.into());
    line.insert(
        "record".to_owned(),
        view::record::fields(found.table, &found.record).into(),
    );
    line
}

/// Erases a person; with `dry_run` as [`find`].
pub async fn erase(call: Call) -> Answered {
    let account = call.account().await?;
    let person = person(call.json()?)?;
    let retention = &call.handles.retention;
    if call.dry_run {
        retention.refuse_held(&account, &person).await?;
        let matches = retention.find(&account, &person).await?;
        return Answer::changed(view::retention::subject(&matches, &account.name), true);
    }
    let job = retention.erase(&account, &person).await?;
    // The audit log is never erased: it says that somebody was, not who.
    call.after(&serde_json::json!({"job": job.id, "kind": JobKind::Erase.as_str(), "person": person.kind()}));
    Answer::changed(view::job::job(&job, Some(&account.name)), false)
}
