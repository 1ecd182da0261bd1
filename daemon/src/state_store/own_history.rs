//! Old jobs of an account: counted and forgotten.

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::params;

use super::{column, store::StateStore};
use crate::{
    domain::{account::AccountId, failure::Outcome},
    ports::retention::OwnHistory,
};

#[async_trait]
impl OwnHistory for StateStore {
    async fn old_jobs(&self, account: &AccountId, before: Timestamp) -> Outcome<u64> {
        let account = account.clone();
        self.desk
            .read(move |connection| {
                let count = connection
                    .prepare_cached("SELECT COUNT(*) FROM job WHERE account_id = ?1 AND finished_at < ?2")?
                    .query_row(params![account.as_str(), column::instant(before)?], |row| row.get(0))?;
                column::read_count(count)
            })
            .await
    }

    async fn forget_jobs(&self, account: &AccountId, before: Timestamp) -> Outcome<u64> {
        let account = account.clone();
        self.desk
            .change(move |transaction| {
                let gone = transaction.execute(
                    "DELETE FROM job WHERE account_id = ?1 AND finished_at < ?2",
                    params![account.as_str(), column::instant(before)?],
                )?;
                Ok(gone as u64)
            })
            .await
    }
}
