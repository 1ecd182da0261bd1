//! When something was last tried for an account and how it went.

use async_trait::async_trait;
use rusqlite::{OptionalExtension, params};

use super::{column, store::StateStore, uniqueness::require_account};
use crate::{
    domain::{account::AccountId, failure::Outcome},
    ports::state::{Activity, ActivityBook, JobKind},
};

#[async_trait]
impl ActivityBook for StateStore {
    async fn activity(&self, account: &AccountId, kind: JobKind) -> Outcome<Activity> {
        let account = account.clone();
        self.desk
            .read(move |connection| {
                let kept = connection
                    .prepare_cached(
                        "SELECT last_attempt, last_success, last_error, last_outcome, last_duration_ms, detail
                        FROM activity WHERE account_id = ?1 AND kind = ?2",
                    )?
                    .query_row(params![account.as_str(), kind.as_str()], |row| {
                        let times: (Option<i64>, Option<i64>) = (row.get(0)?, row.get(1)?);
                        let rest = Activity {
                            last_attempt: None,
                            last_success: None,
                            last_error: row.get(2)?,
                            last_outcome: row.get(3)?,
                            last_duration_ms: row.get(4)?,
                            detail: row.get(5)?,
                        };
                        Ok((times, rest))
                    })
                    .optional()?;
                let Some(((attempt, success), rest)) = kept else {
                    return Ok(Activity::default());
                };
                Ok(Activity {
                    last_attempt: column::read_optional_instant(attempt)?,
                    last_success: column::read_optional_instant(success)?,
                    ..rest
                })
            })
            .await
    }

    async fn save_activity(&self, account: &AccountId, kind: JobKind, activity: &Activity) -> Outcome<()> {
        let (account, activity) = (account.clone(), activity.clone());
        self.desk
            .change(move |transaction| {
                require_account(transaction, account.as_str())?;
                transaction
                    .prepare_cached(
                        "INSERT OR REPLACE INTO activity (account_id, kind, last_attempt, last_success, last_error,
                            last_outcome, last_duration_ms, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                    )?
                    .execute(params![
                        account.as_str(),
                        kind.as_str(),
                        column::optional_instant(activity.last_attempt)?,
                        column::optional_instant(activity.last_success)?,
                        activity.last_error,
                        activity.last_outcome,
                        activity.last_duration_ms,
                        activity.detail,
                    ])?;
                Ok(())
            })
            .await
    }
}
