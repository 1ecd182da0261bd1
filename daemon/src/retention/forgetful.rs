//! Zoom's data without the persons who were erased: whatever Zoom still says of them does not come in again.
//!
//! Calls are blanked when they ended before the erasure; who calls again afterwards is a new matter. Directory entries
//! are blanked for as long as Zoom lists them.

use std::{collections::HashSet, sync::Arc};

use async_trait::async_trait;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::{
    aside,
    blank::{self, candidates, is_personal},
    kept::Kept,
    mention,
    subject::numbers,
};
use crate::{
    domain::{
        account::AccountId,
        call::{CALL_ELEMENT, CALL_HISTORY, PARTIES},
        directory::{CALL_QUEUE_MEMBER, PHONE_USER, ZOOM_GROUP_MEMBER, ZOOM_ROLE_MEMBER, ZOOM_USER},
        failure::Outcome,
        retention::Person,
        table::{Digest, Parsed, Rejected, Row, Table, Value},
    },
    ports::{
        primary::Primary,
        retention::{ErasureBook, HoldBook},
        zoom::{CallPage, CallQuery, Identity, ListPage, Listing, QuotaUse, ZoomData},
    },
};

/// A source of Zoom's data that forgets.
pub struct Forgetful {
    /// Zoom.
    pub zoom: Arc<dyn ZoomData>,
    /// Whom to forget.
    pub erasures: Arc<dyn ErasureBook>,
    /// What must not be forgotten.
    pub holds: Arc<dyn HoldBook>,
    /// What is stored.
    pub primary: Primary,
}

#[async_trait]
impl ZoomData for Forgetful {
    async fn call_page(&self, account: &AccountId, query: &CallQuery, token: Option<&str>) -> Outcome<CallPage> {
        let mut page = self.zoom.call_page(account, query, token).await?;
        self.forget_parties(account, &CALL_HISTORY, None, &mut page.parsed)
            .await?;
        Ok(page)
    }

    async fn call_elements(&self, account: &AccountId, call_history_uuid: &str) -> Outcome<Parsed> {
        let mut parsed = self.zoom.call_elements(account, call_history_uuid).await?;
        self.forget_parties(account, &CALL_ELEMENT, Some(call_history_uuid), &mut parsed)
            .await?;
        Ok(parsed)
    }

    async fn list(&self, account: &AccountId, listing: &Listing, token: Option<&str>) -> Outcome<ListPage> {
        let mut page = self.zoom.list(account, listing, token).await?;
        if self.erasures.has_erasures(account) {
            self.forget_aside(account, &mut page.parsed.rejected);
            let kept = self.kept_people(account).await?;
            let erased = |person: &Person| {
                let is_kept = kept.contains(&(person.kind(), person.normal()));
                self.erasures.was_erased(account, person).filter(|_| !is_kept)
            };
            if let Some(table) = people(listing) {
                for row in &mut page.parsed.rows {
                    let known = known_by(table, row);
                    if !known
                        .iter()
                        .any(|person| kept.contains(&(person.kind(), person.normal())))
                    {
                        self.forget_entry(account, table, row, &known);
                    }
                }
            }
            if let Some(table) = mention::table(listing) {
                for row in &mut page.parsed.rows {
                    if mention::forget(table, row, &erased) {
                        row.digest = digest_of(row);
                    }
                }
            }
        }
        Ok(page)
    }

    async fn whoami(&self, account: &AccountId) -> Outcome<Identity> {
        self.zoom.whoami(account).await
    }

    async fn retry_authorization(&self, account: &AccountId) -> Outcome<Identity> {
        self.zoom.retry_authorization(account).await
    }

    async fn probe_phone(&self, account: &AccountId) -> Outcome<()> {
        self.zoom.probe_phone(account).await
    }

    async fn refresh_token(&self, account: &AccountId) -> Outcome<()> {
        self.zoom.refresh_token(account).await
    }

    async fn quota(&self, account: &AccountId) -> Vec<QuotaUse> {
        self.zoom.quota(account).await
    }
}

/// The table of a listing of people.
fn people(listing: &Listing) -> Option<&'static Table> {
    match listing {
        Listing::Users(_) => Some(&ZOOM_USER),
        Listing::PhoneUsers => Some(&PHONE_USER),
        Listing::GroupMembers(_) => Some(&ZOOM_GROUP_MEMBER),
        Listing::RoleMembers(_) => Some(&ZOOM_ROLE_MEMBER),
        Listing::CallQueueMembers(_) => Some(&CALL_QUEUE_MEMBER),
        _ => None,
    }
}

/// What the person is known by whom an entry is about.
fn known_by(table: &'static Table, row: &Row) -> Vec<Person> {
    let text = |name: &str| row.get(table, name).as_text().filter(|text| !text.is_empty());
    let mut known: Vec<Person> = numbers(text("phone_numbers").unwrap_or_default())
        .into_iter()
        .map(Person::Number)
        .collect();
    known.extend(text("email").map(|email| Person::Email(email.to_owned())));
    known.extend(invited(table, row).map(Person::Email));
    known.extend(text("id").map(|id| Person::User(id.to_owned())));
    if let Value::Integer(number) = row.get(table, "extension_number") {
        known.push(Person::Extension(number.to_string()));
    }
    known
}

/// The address of somebody who has not accepted the invitation: the key of the entry.
fn invited(table: &'static Table, row: &Row) -> Option<String> {
    let id = row.get(table, "id").as_text()?;
    id.strip_prefix("email:").map(str::to_owned)
}

impl Forgetful {
    /// `call` is whose elements these are; without it they are calls.
    async fn forget_parties(
        &self,
        account: &AccountId,
        table: &'static Table,
        call: Option<&str>,
        parsed: &mut Parsed,
    ) -> Outcome<()> {
        if !self.erasures.has_erasures(account) {
            return Ok(());
        }
        self.forget_aside(account, &mut parsed.rejected);
        let of_row = |(place, row): (usize, &Row)| {
            let when = ["end_time", "start_time"]
                .iter()
                .find_map(|name| row.get(table, name).as_time());
            let sides = PARTIES.into_iter();
            let theirs: Vec<&'static str> = sides
                .filter(|side| self.is_erased(account, table, row, side, when))
                .collect();
            (!theirs.is_empty()).then_some((place, theirs))
        };
        let mut blanked: Vec<_> = parsed.rows.iter().enumerate().filter_map(of_row).collect();
        if blanked.is_empty() {
            return Ok(());
        }
        if let Some(kept) = Kept::of(self.holds.as_ref(), &self.primary, account).await? {
            kept.spare(table, call, &parsed.rows, &mut blanked).await?;
        }
        for (place, theirs) in blanked.iter().filter(|(_, theirs)| !theirs.is_empty()) {
            blank_row(table, &mut parsed.rows[*place], |name| blank::belongs_to(name, theirs));
        }
        Ok(())
    }

    async fn kept_people(&self, account: &AccountId) -> Outcome<HashSet<(&'static str, String)>> {
        match Kept::of(self.holds.as_ref(), &self.primary, account).await? {
            Some(kept) => kept.people().await,
            None => Ok(HashSet::new()),
        }
    }

    /// A record without a key that names somebody who was erased says nothing any more, whenever it is from.
    fn forget_aside(&self, account: &AccountId, rejected: &mut [Rejected]) {
        for record in rejected {
            let value = serde_json::from_str(&record.json).unwrap_or_default();
            let erased = aside::persons(&value)
                .iter()
                .filter_map(|person| self.erasures.was_erased(account, person))
                .max();
            if let Some(at) = erased {
                record.json = aside::blanked(at);
            }
        }
    }

    fn is_erased(&self, account: &AccountId, table: &Table, row: &Row, side: &str, when: Option<Timestamp>) -> bool {
        let text = |name: &str| row.get(table, name).as_text().map(str::to_owned);
        candidates(side, text).iter().any(|person| {
            let erased = self.erasures.was_erased(account, person);
            erased.is_some_and(|erased| when.is_none_or(|when| when < erased))
        })
    }

    fn forget_entry(&self, account: &AccountId, table: &'static Table, row: &mut Row, known: &[Person]) {
        if !known
            .iter()
            .any(|person| self.erasures.was_erased(account, person).is_some())
        {
            return;
        }
        let key: Vec<&str> = table.key().iter().map(|column| column.name).collect();
        if let (Some(email), Some(position)) = (invited(table, row), table.position("id")) {
            row.values[position] = Value::Text(self.erasures.pseudonym(account, &Person::Email(email)));
        }
        blank_row(table, row, |name| is_personal(name) && !key.contains(&name));
    }
}

fn blank_row(table: &Table, row: &mut Row, is_theirs: impl Fn(&str) -> bool) {
    for (column, value) in table.columns.iter().zip(&mut row.values) {
        if is_theirs(column.name) {
            *value = Value::Null;
        }
    }
    row.extra = None;
    row.digest = digest_of(row);
}

/// A digest of what is left; it equals that of nothing Zoom sends.
fn digest_of(row: &Row) -> Digest {
    let hash = match &row.extra {
        None => Sha256::digest(format!("erased {:?}", row.values)),
        Some(extra) => Sha256::digest(format!("erased {:?} {extra}", row.values)),
    };
    let mut digest = Digest::default();
    digest.copy_from_slice(&hash[..16]);
    digest
}
