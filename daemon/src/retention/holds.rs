//! Legal holds: placed, listed, released.

use jiff::Timestamp;
use uuid::Uuid;

use super::Retention;
use crate::{
    domain::{
        account::Account,
        failure::{Cause, Fault, Outcome},
        retention::{Extent, Person},
    },
    ports::retention::Hold,
};

/// A hold as it was typed.
#[derive(Debug, Clone, Default)]
pub struct WantedHold {
    /// Phone number.
    pub number: Option<String>,
    /// E-mail.
    pub email: Option<String>,
    /// Extension number.
    pub extension: Option<String>,
    /// Calls that ended at or after.
    pub from: Option<Timestamp>,
    /// Calls that ended before.
    pub to: Option<Timestamp>,
    /// Why.
    pub reason: String,
}

impl Retention {
    /// Places a hold. From the next batch on, work that runs already respects it.
    ///
    /// # Errors
    /// It is not meaningful, or the state store does not answer.
    pub async fn place_hold(&self, account: &Account, wanted: WantedHold, by: &str, dry_run: bool) -> Outcome<Hold> {
        let invalid = |message: &str, hint: &str| Fault::new(Cause::Usage, "hold_invalid", message).hint(hint);
        if wanted.reason.trim().is_empty() {
            return Err(invalid(
                "a hold needs a reason",
                "Give --reason, for example --reason \"case 4711\".",
            )
            .into());
        }
        if let (Some(from), Some(to)) = (wanted.from, wanted.to)
            && from >= to
        {
            return Err(invalid("the range of the hold is empty", "--from must lie before --to.").into());
        }
        let hold = Hold {
            id: Uuid::now_v7().simple().to_string(),
            account: account.id.clone(),
            extent: Extent {
                person: Person::typed(wanted.number, wanted.email, wanted.extension)?,
                from: wanted.from,
                to: wanted.to,
            },
            reason: wanted.reason.trim().to_owned(),
            placed_by: by.to_owned(),
            placed_at: self.clock.now(),
        };
        if !dry_run {
            self.holds.add_hold(hold.clone()).await?;
        }
        Ok(hold)
    }

    /// Releases a hold.
    ///
    /// # Errors
    /// There is none with this id, or the state store does not answer.
    pub async fn release_hold(&self, id: &str, dry_run: bool) -> Outcome<Hold> {
        let hold = self.holds.hold(id).await?;
        if !dry_run {
            self.holds.release_hold(id).await?;
        }
        Ok(hold)
    }
}
