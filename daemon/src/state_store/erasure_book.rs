//! Persons who were erased, by a keyed hash that nobody can read without the master key.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

use async_trait::async_trait;
use jiff::Timestamp;
use ring::hmac;
use rusqlite::{Connection, OptionalExtension, params};
use secrecy::{ExposeSecret, SecretString};

use super::{column, error::StateError, store::StateStore, uniqueness::require_account};
use crate::{
    config::MasterKey,
    domain::{account::AccountId, failure::Outcome, retention::Person},
    ports::retention::ErasureBook,
};

/// The field that a person waiting for erasure is sealed for.
const FIELD: &str = "erasure";

/// What a hash is over: 256 bits.
type Hash = Vec<u8>;

/// Hashes in memory, and the key that makes them.
pub(super) struct Erasures {
    key: hmac::Key,
    known: RwLock<HashMap<AccountId, HashMap<Hash, Timestamp>>>,
}

impl Erasures {
    /// Reads what is kept. The key is derived from the master key, so that the two uses cannot meet.
    pub(super) fn open(connection: &Connection, key: &MasterKey) -> Result<Self, StateError> {
        let derived = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.expose()), b"callsyncd erasure");
        let mut known: HashMap<AccountId, HashMap<Hash, Timestamp>> = HashMap::new();
        let mut statement =
            connection.prepare("SELECT account_id, person_hash, asked_at FROM erasure ORDER BY asked_at")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            known
                .entry(AccountId(row.get(0)?))
                .or_default()
                .insert(row.get(1)?, column::read_instant(row.get(2)?)?);
        }
        Ok(Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref()),
            known: RwLock::new(known),
        })
    }

    fn hash(&self, account: &AccountId, person: &Person) -> Hash {
        let text = format!("{account}\0{}\0{}", person.kind(), person.normal());
        hmac::sign(&self.key, text.as_bytes()).as_ref().to_vec()
    }
}

#[async_trait]
impl ErasureBook for StateStore {
    async fn ask_erasure(&self, id: &str, account: &AccountId, person: &Person, at: Timestamp) -> Outcome<()> {
        let (id, account) = (id.to_owned(), account.clone());
        let hash = self.erasures.hash(&account, person);
        let plain = SecretString::from(format!("{}:{}", person.kind(), person.text()));
        let sealed = self.seal.seal(account.as_str(), FIELD, &plain)?;
        let (owner, kept) = (account.clone(), hash.clone());
        self.desk
            .change(move |transaction| {
                require_account(transaction, owner.as_str())?;
                transaction.execute(
                    "INSERT OR IGNORE INTO erasure (id, account_id, person_hash, sealed_person, asked_at)
                     VALUES (?1, ?2, ?3, ?4, ?5)",
                    params![id, owner.as_str(), kept, sealed, column::instant(at)?],
                )?;
                Ok(())
            })
            .await?;
        // From here on what comes in is blanked, also while the stored rows are still being worked on.
        let mut known = self.erasures.known.write().unwrap_or_else(PoisonError::into_inner);
        known.entry(account).or_default().insert(hash, at);
        Ok(())
    }

    async fn asked(&self, id: &str) -> Outcome<Option<(Person, Timestamp)>> {
        let id = id.to_owned();
        let found = self
            .desk
            .read(move |connection| {
                let row = connection
                    .prepare_cached("SELECT account_id, sealed_person, asked_at FROM erasure WHERE id = ?1")?
                    .query_row([id], |row| {
                        Ok((row.get::<_, String>(0)?, row.get::<_, Option<Vec<u8>>>(1)?, row.get(2)?))
                    })
                    .optional()?;
                row.map(|(account, sealed, at)| Ok((account, sealed, column::read_instant(at)?)))
                    .transpose()
            })
            .await?;
        let Some((account, Some(sealed), at)) = found else {
            return Ok(None);
        };
        let plain = self.seal.open(&account, FIELD, &sealed)?;
        let person = plain
            .expose_secret()
            .split_once(':')
            .and_then(|(kind, text)| Person::kept(kind, text.to_owned()));
        Ok(person.map(|person| (person, at)))
    }

    async fn erased(&self, id: &str) -> Outcome<()> {
        let id = id.to_owned();
        self.desk
            .change(move |transaction| {
                transaction.execute("UPDATE erasure SET sealed_person = NULL WHERE id = ?1", [id])?;
                Ok(())
            })
            .await
    }

    fn was_erased(&self, account: &AccountId, person: &Person) -> Option<Timestamp> {
        let known = self.erasures.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(account)?.get(&self.erasures.hash(account, person)).copied()
    }

    fn pseudonym(&self, account: &AccountId, person: &Person) -> String {
        format!("erased:{}", hex::encode(&self.erasures.hash(account, person)[..16]))
    }

    fn has_erasures(&self, account: &AccountId) -> bool {
        let known = self.erasures.known.read().unwrap_or_else(PoisonError::into_inner);
        known.contains_key(account)
    }
}
