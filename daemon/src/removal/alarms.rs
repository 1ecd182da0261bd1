//! Who is told of a withdrawal and of a removal that is near: every channel, the group's contacts, and the user whom
//! Zoom's event names.

use super::Removal;
use crate::{
    domain::{
        account::{Account, AccountId},
        alert::{AlertCode, Condition, Severity},
        command::quoted,
        failure::Outcome,
        table::Value,
    },
    ports::{
        records::DirectoryFilter,
        withdrawal::{Notice, Withdrawal},
    },
};

impl Removal {
    /// Raises `deauthorized`. Repeating it tells nobody again.
    pub(super) async fn tell_withdrawal(&self, account: &Account, withdrawal: &Withdrawal) -> Outcome<()> {
        let cause = match withdrawal.noticed_by {
            Notice::Webhook => "the app was removed at Zoom",
            Notice::Operator => "an administrator ended the connection",
            Notice::Confirmation => "the tokens were refused, and a person confirmed that this was meant",
        };
        let mut recipients = self.contacts(account).await?;
        recipients.extend(self.named_user(account, withdrawal).await);
        let name = quoted(&account.name);
        let condition = Condition::new(
            AlertCode::Deauthorized,
            Severity::Critical,
            format!("{} is deauthorized: nothing is collected or served", account.name),
        )
        .account(&account.id)
        .cause(cause)
        .hint(format!(
            "callsyncctl account confirm-deauthorization {name} --intended yes --by WHO; if it was not meant: callsyncctl account authorize {name}"
        ))
        .recipients(recipients);
        self.0.alerts.raise(condition).await?;
        Ok(())
    }

    /// Raises `removal_due`, announced once a stage.
    pub(super) async fn tell_removal(&self, account: &Account, days: i64, at: &str) -> Outcome<()> {
        let severity = if days <= 7 {
            Severity::Critical
        } else {
            Severity::Warning
        };
        let name = quoted(&account.name);
        let condition = Condition::new(
            AlertCode::RemovalDue,
            severity,
            format!("All data of {} is removed within {days} days, at {at}", account.name),
        )
        .account(&account.id)
        .cause("its consent was withdrawn and the time to keep its data is running out")
        .hint(format!(
            "callsyncctl removal show {name}; to keep it: callsyncctl removal cancel {name}, or callsyncctl account authorize {name}"
        ))
        .stage(format!("T-{days}"))
        .recipients(self.contacts(account).await?);
        self.0.alerts.raise(condition).await?;
        Ok(())
    }

    /// It is over: tells those who were told.
    pub(super) async fn tell_end(&self, account: &AccountId, codes: &[AlertCode]) {
        for code in codes {
            if let Err(failure) = self.0.alerts.resolve(*code, Some(account)).await {
                tracing::warn!(%account, error = %failure, "the alert {code} could not be ended");
            }
        }
    }

    async fn contacts(&self, account: &Account) -> Outcome<Vec<String>> {
        let group = self.0.registry.group(&account.group).await?;
        let contacts = [group.main_contact, group.technical_contact, group.security_contact];
        let mut addresses: Vec<String> = Vec::new();
        for contact in contacts.into_iter().flatten() {
            if !addresses.contains(&contact) {
                addresses.push(contact);
            }
        }
        Ok(addresses)
    }

    /// Address of the user whom the event names, as far as we know him.
    async fn named_user(&self, account: &Account, withdrawal: &Withdrawal) -> Option<String> {
        let id = withdrawal.zoom_user_id.as_deref()?;
        if let Some(by) = account.authorized_by.as_ref().filter(|by| by.user_id == id) {
            return Some(by.email.clone());
        }
        account.cdr.database.as_ref()?;
        let store = self.0.primary.open(account).await.ok()?;
        let filter = DirectoryFilter {
            table: Some("zoom_user"),
            text: Some(id.to_owned()),
            removed: true,
            nested: false,
        };
        let found = store.directory(&filter, 10).await.ok()?;
        found.iter().find_map(|(_, record)| {
            let field = |name: &str| {
                let (_, value) = record.iter().find(|(column, _)| *column == name)?;
                Value::as_text(value)
            };
            (field("id") == Some(id))
                .then(|| field("email").map(str::to_owned))
                .flatten()
        })
    }
}
