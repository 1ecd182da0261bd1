//! Groups and accounts.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    account_row::{self, By},
    column,
    error::StateError,
    store::StateStore,
    uniqueness::{self, account_exists, account_not_found, group_exists, group_not_found},
};
use crate::{
    domain::{
        account::{Account, AccountId},
        failure::{Cause, Fault, Outcome},
    },
    ports::state::{Change, Group, Registry},
};

#[async_trait]
impl Registry for StateStore {
    async fn groups(&self) -> Outcome<Vec<Group>> {
        self.desk
            .read(|connection| {
                let mut statement = connection.prepare_cached("SELECT * FROM enterprise_group ORDER BY name_key")?;
                let mut rows = statement.query([])?;
                let mut groups = Vec::new();
                while let Some(row) = rows.next()? {
                    groups.push(read_group(row)?);
                }
                Ok(groups)
            })
            .await
    }

    async fn group(&self, name: &str) -> Outcome<Group> {
        let name = name.to_owned();
        self.desk.read(move |connection| group(connection, &name)).await
    }

    async fn add_group(&self, group: Group) -> Outcome<()> {
        self.desk
            .change(move |transaction| {
                if group_exists(transaction, &group.name)? {
                    return Err(group_taken(&group.name).into());
                }
                transaction.execute(
                    "INSERT INTO enterprise_group (name_key, name, main_contact, technical_contact, security_contact,
                        term_end, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                    params![
                        column::key(&group.name),
                        group.name,
                        group.main_contact,
                        group.technical_contact,
                        group.security_contact,
                        group.term_end.map(|day| day.to_string()),
                        column::instant(group.created_at)?,
                    ],
                )?;
                Ok(())
            })
            .await
    }

    async fn change_group(&self, name: &str, change: Change<Group>) -> Outcome<Group> {
        let name = name.to_owned();
        self.desk
            .change(move |transaction| {
                let mut changed = group(transaction, &name)?;
                let old_key = column::key(&changed.name);
                change(&mut changed)?;
                let new_key = column::key(&changed.name);
                if new_key != old_key && group_exists(transaction, &changed.name)? {
                    return Err(group_taken(&changed.name).into());
                }
                // The key of its accounts follows by itself (ON UPDATE CASCADE).
                transaction.execute(
                    "UPDATE enterprise_group SET name_key = ?2, name = ?3, main_contact = ?4, technical_contact = ?5,
                        security_contact = ?6, term_end = ?7, created_at = ?8 WHERE name_key = ?1",
                    params![
                        old_key,
                        new_key,
                        changed.name,
                        changed.main_contact,
                        changed.technical_contact,
                        changed.security_contact,
                        changed.term_end.map(|day| day.to_string()),
                        column::instant(changed.created_at)?,
                    ],
                )?;
                Ok(changed)
            })
            .await
    }

    async fn remove_group(&self, name: &str) -> Outcome<()> {
        let name = name.to_owned();
        self.desk
            .change(move |transaction| {
                let group = group(transaction, &name)?;
                let key = column::key(&group.name);
                let accounts: i64 =
                    transaction.query_row("SELECT count(*) FROM account WHERE group_key = ?1", [&key], |row| {
                        row.get(0)
                    })?;
                if accounts > 0 {
                    let message = format!("the enterprise group \"{}\" has accounts: {accounts}", group.name);
                    return Err(Fault::new(Cause::Conflict, "group_not_empty", message)
                        .hint("remove them first; see them: callsyncctl account list")
                        .into());
                }
                transaction.execute("DELETE FROM enterprise_group WHERE name_key = ?1", [&key])?;
                Ok(())
            })
            .await
    }

    async fn accounts(&self) -> Outcome<Vec<Account>> {
        let seal = self.seal.clone();
        self.desk
            .read(move |connection| account_row::all(connection, &seal))
            .await
    }

    async fn account(&self, name: &str) -> Outcome<Account> {
        let (seal, name) = (self.seal.clone(), name.to_owned());
        self.desk
            .read(move |connection| {
                account_row::one(connection, &seal, &By::Name(&name))?.ok_or_else(|| account_not_found(&name).into())
            })
            .await
    }

    async fn account_by_id(&self, id: &AccountId) -> Outcome<Account> {
        let (seal, id) = (self.seal.clone(), id.clone());
        self.desk
            .read(move |connection| {
                account_row::one(connection, &seal, &By::Id(&id))?.ok_or_else(|| account_not_found(id.as_str()).into())
            })
            .await
    }

    async fn add_account(&self, account: Account) -> Outcome<()> {
        let seal = self.seal.clone();
        self.desk
            .change(move |transaction| {
                if account_row::one(transaction, &seal, &By::Id(&account.id))?.is_some() {
                    return Err(account_exists(&account.name).into());
                }
                uniqueness::judge(transaction, &account)?;
                account_row::write(transaction, &seal, &account)
            })
            .await
    }

    async fn change_account(&self, id: &AccountId, change: Change<Account>) -> Outcome<Account> {
        let (seal, id) = (self.seal.clone(), id.clone());
        self.desk
            .change(move |transaction| {
                let mut account = account_row::one(transaction, &seal, &By::Id(&id))?
                    .ok_or_else(|| account_not_found(id.as_str()))?;
                change(&mut account)?;
                // The id is what everything else hangs on.
                account.id = id;
                uniqueness::judge(transaction, &account)?;
                account_row::write(transaction, &seal, &account)?;
                // As kept: the group's name is spelled as the group spells it.
                let kept = account_row::one(transaction, &seal, &By::Id(&account.id))?;
                Ok(kept.unwrap_or(account))
            })
            .await
    }

    async fn remove_account(&self, id: &AccountId) -> Outcome<()> {
        let id = id.clone();
        self.desk
            .change(move |transaction| {
                // Tokens, quota, jobs and activity go with it (ON DELETE CASCADE); the audit log stays.
                let removed = transaction.execute("DELETE FROM account WHERE id = ?1", [id.as_str()])?;
                if removed == 0 {
                    Err(account_not_found(id.as_str()).into())
                } else {
                    Ok(())
                }
            })
            .await
    }
}

fn group(connection: &Connection, name: &str) -> Result<Group, StateError> {
    connection
        .prepare_cached("SELECT * FROM enterprise_group WHERE name_key = ?1")?
        .query_row([column::key(name)], |row| Ok(read_group(row)))
        .optional()?
        .unwrap_or_else(|| Err(group_not_found(name).into()))
}

fn read_group(row: &Row<'_>) -> Result<Group, StateError> {
    Ok(Group {
        name: row.get("name")?,
        main_contact: row.get("main_contact")?,
        technical_contact: row.get("technical_contact")?,
        security_contact: row.get("security_contact")?,
        term_end: row
            .get::<_, Option<String>>("term_end")?
            .as_deref()
            .map(column::read_day)
            .transpose()?,
        created_at: column::read_instant(row.get("created_at")?)?,
    })
}

fn group_taken(name: &str) -> Fault {
    Fault::new(
        Cause::Conflict,
        "group_exists",
        format!("there is already an enterprise group \"{name}\""),
    )
    .hint("choose another name, or see which there are: callsyncctl group list")
}
