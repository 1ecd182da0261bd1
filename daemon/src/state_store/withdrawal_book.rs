//! Withdrawals, consents and certificates.

use async_trait::async_trait;
use rusqlite::{Connection, params};

use super::{
    account_row::{self, By},
    certificate_file, column,
    error::StateError,
    scrub,
    store::StateStore,
    uniqueness::account_not_found,
    withdrawal_row,
};
use crate::{
    domain::{
        account::{Account, AccountId, AccountState, CdrState},
        command::quoted,
        failure::{Cause, Fault, Outcome},
    },
    ports::{
        state::{AuditRecord, Change},
        withdrawal::{Certificate, Consent, Withdrawal, WithdrawalBook},
    },
};

#[async_trait]
impl WithdrawalBook for StateStore {
    async fn withdraw(&self, account: &AccountId, withdrawal: Withdrawal, reason: String) -> Outcome<bool> {
        let (seal, id) = (self.seal.clone(), account.clone());
        self.desk
            .change(move |transaction| {
                let mut account = account_row::one(transaction, &seal, &By::Id(&id))?
                    .ok_or_else(|| account_not_found(id.as_str()))?;
                if account.state.is_withdrawn() {
                    return Ok(false);
                }
                let withdrawal = Withdrawal {
                    cdr_state: account.cdr.state,
                    ..withdrawal
                };
                account.state = AccountState::Deauthorized;
                account.state_reason = Some(reason);
                // A waiting URL was for the connection that is over; authorizing again makes a new one.
                account.pending = None;
                account.cdr.state = CdrState::Blocked;
                account_row::write(transaction, &seal, &account)?;
                withdrawal_row::write(transaction, &id, &withdrawal)?;
                Ok(true)
            })
            .await
    }

    async fn withdrawal(&self, account: &AccountId) -> Outcome<Option<Withdrawal>> {
        let account = account.clone();
        self.desk
            .read(move |connection| withdrawal_row::one(connection, &account))
            .await
    }

    async fn withdrawals(&self) -> Outcome<Vec<(Account, Withdrawal)>> {
        let seal = self.seal.clone();
        self.desk
            .read(move |connection| {
                let ids: Vec<String> = connection
                    .prepare_cached("SELECT account_id FROM withdrawal ORDER BY at, account_id")?
                    .query_map([], |row| row.get(0))?
                    .collect::<Result<_, _>>()?;
                let mut all = Vec::with_capacity(ids.len());
                for id in ids.into_iter().map(AccountId) {
                    let account = account_row::one(connection, &seal, &By::Id(&id))?;
                    all.extend(account.zip(withdrawal_row::one(connection, &id)?));
                }
                Ok(all)
            })
            .await
    }

    async fn change_withdrawal(
        &self,
        account: &AccountId,
        state: Option<AccountState>,
        change: Change<Withdrawal>,
    ) -> Outcome<Withdrawal> {
        let account = account.clone();
        self.desk
            .change(move |transaction| {
                let mut withdrawal = present(transaction, &account)?;
                change(&mut withdrawal)?;
                withdrawal_row::write(transaction, &account, &withdrawal)?;
                if let Some(state) = state {
                    set_state(transaction, &account, state)?;
                }
                Ok(withdrawal)
            })
            .await
    }

    async fn restore(&self, account: &AccountId) -> Outcome<Account> {
        let (seal, id) = (self.seal.clone(), account.clone());
        self.desk
            .change(move |transaction| {
                let mut account = account_row::one(transaction, &seal, &By::Id(&id))?
                    .ok_or_else(|| account_not_found(id.as_str()))?;
                if let Some(withdrawal) = withdrawal_row::one(transaction, &id)? {
                    account.cdr.state = withdrawal.cdr_state;
                    account_row::write(transaction, &seal, &account)?;
                }
                transaction.execute("DELETE FROM removal_consent WHERE account_id = ?1", [id.as_str()])?;
                transaction.execute("DELETE FROM withdrawal WHERE account_id = ?1", [id.as_str()])?;
                Ok(account)
            })
            .await
    }

    async fn consents(&self, account: &AccountId) -> Outcome<Vec<Consent>> {
        let account = account.clone();
        self.desk
            .read(move |connection| withdrawal_row::consents(connection, &account))
            .await
    }

    async fn add_consent(&self, account: &AccountId, consent: Consent, dry_run: bool) -> Outcome<Vec<Consent>> {
        let (seal, account) = (self.seal.clone(), account.clone());
        self.desk
            .change(move |transaction| {
                present(transaction, &account)?;
                let given = withdrawal_row::consents(transaction, &account)?;
                let name = account_row::one(transaction, &seal, &By::Id(&account))?.map(|account| account.name);
                for known in &given {
                    refuse_twice(known, &consent, name.as_deref().unwrap_or_default())?;
                }
                if dry_run {
                    return Ok(given);
                }
                withdrawal_row::add_consent(transaction, &account, &consent)?;
                withdrawal_row::consents(transaction, &account)
            })
            .await
    }

    async fn drop_consents(&self, account: &AccountId) -> Outcome<()> {
        let account = account.clone();
        self.desk
            .change(move |transaction| {
                transaction.execute("DELETE FROM removal_consent WHERE account_id = ?1", [account.as_str()])?;
                Ok(())
            })
            .await
    }

    async fn scrub(&self, account: &AccountId, except: &str, held: bool, entry: AuditRecord) -> Outcome<()> {
        let (seal, id, except) = (self.seal.clone(), account.clone(), except.to_owned());
        self.desk
            .change(move |transaction| {
                let account = account_row::one(transaction, &seal, &By::Id(&id))?
                    .ok_or_else(|| account_not_found(id.as_str()))?;
                scrub::delete(transaction, &account, &except, held)?;
                scrub::clear_texts(transaction, &seal, &account, entry)?;
                account_row::write(transaction, &seal, &scrub::bare(account, held))
            })
            .await
    }

    async fn overwrite(&self) -> Outcome<()> {
        self.desk.maintain(|connection| scrub::overwrite(connection)).await
    }

    async fn certify(&self, certificate: Certificate, kept: Option<String>) -> Outcome<()> {
        self.desk
            .change(move |transaction| {
                // The file first: dying in between, the same certificate is written once more.
                certificate_file::write(transaction, &certificate)?;
                let mut withdrawal = present(transaction, &certificate.account)?;
                let is_over = kept.is_none();
                withdrawal.certificate = Some(certificate.id.clone());
                withdrawal.kept.clone_from(&kept);
                withdrawal_row::write(transaction, &certificate.account, &withdrawal)?;
                transaction.execute(
                    "INSERT OR REPLACE INTO removal_certificate (id, account, issued_at, document)
                    VALUES (?1, ?2, ?3, ?4)",
                    params![
                        certificate.id,
                        certificate.account.as_str(),
                        column::instant(certificate.issued_at)?,
                        certificate.document,
                    ],
                )?;
                if !is_over {
                    // The last certificate names the consents as well.
                    return Ok(());
                }
                transaction.execute(
                    "DELETE FROM removal_consent WHERE account_id = ?1",
                    [certificate.account.as_str()],
                )?;
                set_state(transaction, &certificate.account, AccountState::Removed)
            })
            .await
    }

    async fn certificates(&self) -> Outcome<Vec<Certificate>> {
        self.desk
            .read(|connection| {
                let mut statement = connection.prepare_cached(
                    "SELECT id, account, issued_at, document FROM removal_certificate ORDER BY issued_at, id",
                )?;
                let mut rows = statement.query([])?;
                let mut all = Vec::new();
                while let Some(row) = rows.next()? {
                    all.push(Certificate {
                        id: row.get(0)?,
                        account: AccountId(row.get(1)?),
                        issued_at: column::read_instant(row.get(2)?)?,
                        document: row.get(3)?,
                    });
                }
                Ok(all)
            })
            .await
    }
}

fn present(connection: &Connection, account: &AccountId) -> Result<Withdrawal, StateError> {
    withdrawal_row::one(connection, account)?.ok_or_else(|| {
        Fault::new(
            Cause::WrongState,
            "not_withdrawn",
            "the account is not deauthorized, so nothing of it is to be removed",
        )
        .hint("end the connection first: callsyncctl account deauthorize NAME")
        .into()
    })
}

fn set_state(connection: &Connection, account: &AccountId, state: AccountState) -> Result<(), StateError> {
    connection
        .prepare_cached("UPDATE account SET state = ?2 WHERE id = ?1")?
        .execute(params![account.as_str(), state.as_str()])?;
    Ok(())
}

fn refuse_twice(given: &Consent, wanted: &Consent, account: &str) -> Result<(), StateError> {
    let same_person = given.from.trim().to_lowercase() == wanted.from.trim().to_lowercase();
    let (code, message) = if given.role == wanted.role {
        ("consent_given", format!("the {} has consented already", given.role))
    } else if given.uid == wanted.uid {
        (
            "consent_same_user",
            format!(
                "{} (uid {}) has recorded a consent already, that of the {}",
                given.user, given.uid, given.role
            ),
        )
    } else if same_person {
        (
            "consent_same_user",
            format!("{} has consented already, as {}", given.from, given.role),
        )
    } else {
        return Ok(());
    };
    Err(Fault::new(Cause::Conflict, code, message)
        .hint(format!(
            "The other consent must come from another person and be recorded by another user: callsyncctl removal show {}",
            quoted(account)
        ))
        .into())
}
