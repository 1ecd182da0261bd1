//! Tokens: sealed on disk, plain only in the hands of the token keeper.

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::{column, store::StateStore, uniqueness::require_account};
use crate::{
    domain::{account::AccountId, failure::Outcome},
    ports::state::{StoredTokens, TokenVault},
};

const ACCESS: &str = "access token";
const REFRESH: &str = "refresh token";

/// A row before its seals are opened.
struct Sealed {
    access_token: Vec<u8>,
    refresh_token: Option<Vec<u8>>,
    access_expires_at: i64,
    refreshed_at: i64,
    api_url: Option<String>,
    rotation_begun_at: Option<i64>,
}

#[async_trait]
impl TokenVault for StateStore {
    async fn load(&self, account: &AccountId) -> Outcome<Option<StoredTokens>> {
        let (seal, account) = (self.seal.clone(), account.clone());
        self.desk
            .read(move |connection| {
                let sealed = connection
                    .prepare_cached(
                        "SELECT sealed_access_token, sealed_refresh_token, access_expires_at, refreshed_at, api_url,
                            rotation_begun_at FROM token WHERE account_id = ?1",
                    )?
                    .query_row([account.as_str()], |row| {
                        Ok(Sealed {
                            access_token: row.get(0)?,
                            refresh_token: row.get(1)?,
                            access_expires_at: row.get(2)?,
                            refreshed_at: row.get(3)?,
                            api_url: row.get(4)?,
                            rotation_begun_at: row.get(5)?,
                        })
                    })
                    .optional()?;
                let Some(sealed) = sealed else { return Ok(None) };
                Ok(Some(StoredTokens {
                    access_token: seal.open(account.as_str(), ACCESS, &sealed.access_token)?,
                    refresh_token: sealed
                        .refresh_token
                        .map(|token| seal.open(account.as_str(), REFRESH, &token))
                        .transpose()?,
                    access_expires_at: column::read_instant(sealed.access_expires_at)?,
                    refreshed_at: column::read_instant(sealed.refreshed_at)?,
                    api_url: sealed.api_url,
                    rotation_begun_at: column::read_optional_instant(sealed.rotation_begun_at)?,
                }))
            })
            .await
    }

    /// If we die between this and [`TokenVault::save`], the next start sees that the refresh token may be spent.
    /// Without tokens there is nothing to spend, and nothing is noted.
    async fn begin_rotation(&self, account: &AccountId, at: Timestamp) -> Outcome<()> {
        let account = account.clone();
        self.desk
            .change(move |transaction| {
                transaction
                    .prepare_cached("UPDATE token SET rotation_begun_at = ?2 WHERE account_id = ?1")?
                    .execute(params![account.as_str(), column::instant(at)?])?;
                Ok(())
            })
            .await
    }

    async fn save(&self, account: &AccountId, tokens: &StoredTokens) -> Outcome<()> {
        let (seal, account, tokens) = (self.seal.clone(), account.clone(), tokens.clone());
        self.desk
            .change(move |transaction| {
                require_account(transaction, account.as_str())?;
                let access = seal.seal(account.as_str(), ACCESS, &tokens.access_token)?;
                let refresh = tokens
                    .refresh_token
                    .as_ref()
                    .map(|token| seal.seal(account.as_str(), REFRESH, token))
                    .transpose()?;
                transaction
                    .prepare_cached(
                        "INSERT INTO token (account_id, sealed_access_token, sealed_refresh_token, access_expires_at,
                            refreshed_at, api_url, rotation_begun_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, NULL)
                        ON CONFLICT (account_id) DO UPDATE SET sealed_access_token = excluded.sealed_access_token,
                            sealed_refresh_token = excluded.sealed_refresh_token,
                            access_expires_at = excluded.access_expires_at, refreshed_at = excluded.refreshed_at,
                            api_url = excluded.api_url, rotation_begun_at = NULL",
                    )?
                    .execute(params![
                        account.as_str(),
                        access,
                        refresh,
                        column::instant(tokens.access_expires_at)?,
                        column::instant(tokens.refreshed_at)?,
                        tokens.api_url,
                    ])?;
                Ok(())
            })
            .await
    }

    async fn forget(&self, account: &AccountId) -> Outcome<()> {
        let account = account.clone();
        self.desk
            .change(move |transaction| {
                transaction.execute("DELETE FROM token WHERE account_id = ?1", [account.as_str()])?;
                Ok(())
            })
            .await
    }
}
