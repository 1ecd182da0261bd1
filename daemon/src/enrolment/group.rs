//! Enterprise groups: add, list, show, change, remove.

use super::{Enrolment, name};
use crate::{
    domain::{
        command::quoted,
        failure::{Cause, Failure, Fault, Outcome},
    },
    ports::state::Group,
};

/// What `group set` and `group rename` change: what is absent stays, an empty text clears.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupChange {
    /// New name.
    pub name: Option<String>,
    /// E-mail or empty.
    pub main_contact: Option<String>,
    /// E-mail or empty.
    pub technical_contact: Option<String>,
    /// E-mail or empty.
    pub security_contact: Option<String>,
    /// `YYYY-MM-DD` or empty.
    pub term_end: Option<String>,
}

impl GroupChange {
    /// Checks every field and applies all of them, or none.
    fn apply(&self, group: &Group) -> Result<Group, Fault> {
        let mut changed = group.clone();
        if let Some(name) = &self.name {
            changed.name = name::check_name("group", name)?;
        }
        if let Some(email) = &self.main_contact {
            changed.main_contact = name::check_email("main", email)?;
        }
        if let Some(email) = &self.technical_contact {
            changed.technical_contact = name::check_email("technical", email)?;
        }
        if let Some(email) = &self.security_contact {
            changed.security_contact = name::check_email("security", email)?;
        }
        if let Some(date) = &self.term_end {
            changed.term_end = name::check_date(date)?;
        }
        Ok(changed)
    }
}

impl Enrolment {
    /// Adds a group.
    ///
    /// # Errors
    /// `invalid_name`, `group_exists`.
    pub async fn add_group(&self, name: &str, dry_run: bool) -> Outcome<Group> {
        let group = Group {
            name: name::check_name("group", name)?,
            main_contact: None,
            technical_contact: None,
            security_contact: None,
            term_end: None,
            created_at: self.clock.now(),
        };
        self.refuse_taken_group(&group.name, None).await?;
        if !dry_run {
            self.registry.add_group(group.clone()).await?;
        }
        Ok(group)
    }

    /// All groups, by name.
    ///
    /// # Errors
    /// The state store's.
    pub async fn groups(&self) -> Outcome<Vec<Group>> {
        self.registry.groups().await
    }

    /// One group.
    ///
    /// # Errors
    /// `group_not_found`.
    pub async fn group(&self, name: &str) -> Outcome<Group> {
        self.registry.group(name).await
    }

    /// Changes a group: before and after.
    ///
    /// # Errors
    /// `group_not_found`, `group_exists`, or what is wrong with a value.
    pub async fn change_group(&self, name: &str, change: GroupChange, dry_run: bool) -> Outcome<(Group, Group)> {
        let before = self.registry.group(name).await?;
        let after = change.apply(&before)?;
        self.refuse_taken_group(&after.name, Some(&before.name)).await?;
        if dry_run || after == before {
            return Ok((before, after));
        }
        let after = self
            .registry
            .change_group(
                name,
                Box::new(move |group| {
                    // Applied to what is stored now, so that two changes of different fields both last.
                    *group = change.apply(group)?;
                    Ok(())
                }),
            )
            .await?;
        Ok((before, after))
    }

    /// Removes an empty group and returns it as it was.
    ///
    /// # Errors
    /// `group_not_found`, `group_not_empty`.
    pub async fn remove_group(&self, name: &str, dry_run: bool) -> Outcome<Group> {
        let group = self.registry.group(name).await?;
        let accounts = self.registry.accounts().await?;
        let members = accounts
            .iter()
            .filter(|account| same_name(&account.group, &group.name))
            .count();
        if members > 0 {
            return Err(Failure::Permanent(
                Fault::new(
                    Cause::Conflict,
                    "group_not_empty",
                    format!("The group \"{}\" still has {members} account(s).", group.name),
                )
                .hint(format!(
                    "See them with callsyncctl group show {}; remove them first.",
                    quoted(&group.name)
                )),
            ));
        }
        if !dry_run {
            self.registry.remove_group(name).await?;
        }
        Ok(group)
    }

    async fn refuse_taken_group(&self, name: &str, except: Option<&str>) -> Outcome<()> {
        if except.is_some_and(|own| same_name(own, name)) {
            return Ok(());
        }
        if self
            .registry
            .groups()
            .await?
            .iter()
            .any(|group| same_name(&group.name, name))
        {
            return Err(Failure::Permanent(
                Fault::new(
                    Cause::Conflict,
                    "group_exists",
                    format!("There is already a group \"{name}\"."),
                )
                .hint("Choose another name; see callsyncctl group list. Case makes no difference."),
            ));
        }
        Ok(())
    }
}

/// Names are unique without regard to case.
pub(super) fn same_name(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}
