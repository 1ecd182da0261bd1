//! Requests sent a day, by account and label.

use async_trait::async_trait;
use jiff::civil::Date;
use rusqlite::{OptionalExtension, params};

use super::{column, store::StateStore, uniqueness::require_account};
use crate::{
    domain::{account::AccountId, failure::Outcome},
    ports::state::QuotaBook,
};

#[async_trait]
impl QuotaBook for StateStore {
    async fn used(&self, account: &AccountId, label: &'static str, day: Date) -> Outcome<u64> {
        let account = account.clone();
        self.desk
            .read(move |connection| {
                let used: Option<i64> = connection
                    .prepare_cached("SELECT used FROM quota_use WHERE account_id = ?1 AND label = ?2 AND day = ?3")?
                    .query_row(params![account.as_str(), label, day.to_string()], |row| row.get(0))
                    .optional()?;
                column::read_count(used.unwrap_or(0))
            })
            .await
    }

    async fn set_used(&self, account: &AccountId, label: &'static str, day: Date, used: u64) -> Outcome<()> {
        let account = account.clone();
        self.desk
            .change(move |transaction| {
                require_account(transaction, account.as_str())?;
                transaction
                    .prepare_cached(
                        "INSERT INTO quota_use (account_id, label, day, used) VALUES (?1, ?2, ?3, ?4)
                        ON CONFLICT (account_id, label, day) DO UPDATE SET used = excluded.used",
                    )?
                    .execute(params![account.as_str(), label, day.to_string(), column::count(used)?])?;
                transaction
                    .prepare_cached("DELETE FROM quota_use WHERE account_id = ?1 AND label = ?2 AND day < ?3")?
                    .execute(params![account.as_str(), label, day.to_string()])?;
                Ok(())
            })
            .await
    }
}
