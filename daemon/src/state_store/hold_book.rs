//! Legal holds.

use async_trait::async_trait;
use rusqlite::{Row, params};

use super::{column, error::StateError, store::StateStore, uniqueness::require_account};
use crate::{
    domain::{
        account::AccountId,
        failure::{Cause, Fault, Outcome},
        retention::{Extent, Person},
    },
    ports::retention::{Hold, HoldBook},
};

#[async_trait]
impl HoldBook for StateStore {
    async fn add_hold(&self, hold: Hold) -> Outcome<()> {
        self.desk
            .change(move |transaction| {
                require_account(transaction, hold.account.as_str())?;
                let person = hold.extent.person.as_ref();
                transaction.execute(
                    "INSERT INTO hold (id, account_id, person_kind, person, held_from, held_to, reason, placed_by,
                        placed_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                    params![
                        hold.id,
                        hold.account.as_str(),
                        person.map(Person::kind),
                        person.map(Person::text),
                        column::optional_instant(hold.extent.from)?,
                        column::optional_instant(hold.extent.to)?,
                        hold.reason,
                        hold.placed_by,
                        column::instant(hold.placed_at)?,
                    ],
                )?;
                Ok(())
            })
            .await
    }

    async fn holds(&self, account: Option<&AccountId>) -> Outcome<Vec<Hold>> {
        let account = account.map(|id| id.as_str().to_owned());
        self.desk
            .read(move |connection| {
                let mut statement =
                    connection.prepare_cached("SELECT * FROM hold WHERE ?1 IS NULL OR account_id = ?1 ORDER BY id")?;
                let mut rows = statement.query([account])?;
                let mut holds = Vec::new();
                while let Some(row) = rows.next()? {
                    holds.push(read(row)?);
                }
                Ok(holds)
            })
            .await
    }

    async fn hold(&self, id: &str) -> Outcome<Hold> {
        let id = id.to_owned();
        self.desk
            .read(move |connection| {
                let mut statement = connection.prepare_cached("SELECT * FROM hold WHERE id = ?1")?;
                let mut rows = statement.query([&id])?;
                match rows.next()? {
                    Some(row) => read(row),
                    None => Err(not_found(&id).into()),
                }
            })
            .await
    }

    async fn release_hold(&self, id: &str) -> Outcome<()> {
        let id = id.to_owned();
        self.desk
            .change(
                move |transaction| match transaction.execute("DELETE FROM hold WHERE id = ?1", [&id])? {
                    0 => Err(not_found(&id).into()),
                    _ => Ok(()),
                },
            )
            .await
    }
}

fn read(row: &Row<'_>) -> Result<Hold, StateError> {
    let kind: Option<String> = row.get("person_kind")?;
    let text: Option<String> = row.get("person")?;
    let person = match kind.zip(text) {
        // Never an unknown kind read as "nobody": that would make the hold cover everything, or nothing.
        Some((kind, text)) => Some(Person::kept(&kind, text).ok_or_else(|| StateError::damaged("hold", kind))?),
        None => None,
    };
    Ok(Hold {
        id: row.get("id")?,
        account: AccountId(row.get("account_id")?),
        extent: Extent {
            person,
            from: column::read_optional_instant(row.get("held_from")?)?,
            to: column::read_optional_instant(row.get("held_to")?)?,
        },
        reason: row.get("reason")?,
        placed_by: row.get("placed_by")?,
        placed_at: column::read_instant(row.get("placed_at")?)?,
    })
}

fn not_found(id: &str) -> Fault {
    Fault::new(
        Cause::NotFound,
        "hold_not_found",
        format!("there is no hold \"{}\"", id.escape_debug()),
    )
    .hint("see which there are: callsyncctl hold list")
}
