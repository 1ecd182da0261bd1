//! What holds keep of persons who were erased: it stays as it is also when Zoom sends it once more.
//!
//! An erasure passes over what is held. Blanking the same record on its way in would destroy, at the next look, what the
//! hold is there to keep.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use super::{
    blank::{self, candidates},
    mention,
    subject::entries,
};
use crate::{
    domain::{
        account::AccountId,
        call::{CALL_HISTORY, PARTIES},
        failure::Outcome,
        retention::{Extent, Person},
        table::{Row, Table},
    },
    ports::{
        primary::Primary,
        records::RecordStore,
        retention::{Bundle, HoldBook},
    },
};

/// The holds of an account on parts of it, and what is stored. A hold on everything refuses erasures as long as it
/// stands: whoever is erased was so before it.
pub(super) struct Kept {
    extents: Vec<Extent>,
    store: Arc<dyn RecordStore>,
}

impl Kept {
    /// Nothing when there is no such hold.
    pub async fn of(holds: &dyn HoldBook, primary: &Primary, account: &AccountId) -> Outcome<Option<Self>> {
        let extents: Vec<Extent> = holds
            .holds(Some(account))
            .await?
            .into_iter()
            .map(|hold| hold.extent)
            .filter(|extent| !extent.is_everything())
            .collect();
        if extents.is_empty() {
            return Ok(None);
        }
        let store = primary.of(account).await?;
        Ok(Some(Self { extents, store }))
    }

    /// Takes sides off the list of those to be blanked: those of held records on which the person still is, and those of
    /// held records that are new. `call` is whose elements the rows are; without it they are calls.
    pub async fn spare(
        &self,
        table: &'static Table,
        call: Option<&str>,
        rows: &[Row],
        blanked: &mut [(usize, Vec<&'static str>)],
    ) -> Outcome<()> {
        let key = |row: &Row| call.map_or_else(|| row.key().to_owned(), str::to_owned);
        let mut keys: Vec<String> = blanked.iter().map(|(place, _)| key(&rows[*place])).collect();
        keys.dedup();
        let stored: HashMap<String, Bundle> = self
            .store
            .bundles(&keys)
            .await?
            .into_iter()
            .filter_map(|bundle| {
                Some((
                    blank::text(&bundle.call, CALL_HISTORY.key()[0].name)?.to_owned(),
                    bundle,
                ))
            })
            .collect();
        for (place, sides) in blanked {
            let row = &rows[*place];
            let bundle = stored.get(&key(row));
            if !self.extents.iter().any(|extent| covers(extent, bundle, table, row)) {
                continue;
            }
            let record = bundle.and_then(|bundle| match call {
                None => Some(&bundle.call),
                Some(_) => bundle
                    .elements
                    .iter()
                    .find(|element| blank::text(element, table.key()[0].name) == Some(row.key())),
            });
            sides.retain(|side| record.is_some_and(|record| !blank::is_named(record, side)));
        }
        Ok(())
    }

    /// What the held persons are known by who still are in the directory.
    pub async fn people(&self) -> Outcome<HashSet<(&'static str, String)>> {
        let mut known = HashSet::new();
        for person in self.extents.iter().filter_map(|extent| extent.person.as_ref()) {
            let people = entries(self.store.as_ref(), person).await?;
            if !people.is_empty() {
                known.extend(mention::known_by(person, &people));
            }
        }
        Ok(known)
    }
}

/// Whether a hold covers a call, as it is stored or as it comes. One without an end may lie in any range.
fn covers(extent: &Extent, bundle: Option<&Bundle>, table: &Table, row: &Row) -> bool {
    let stored = bundle.and_then(|bundle| {
        let (_, value) = bundle.call.iter().find(|(name, _)| *name == "end_time")?;
        value.as_time()
    });
    let comes = table.position("end_time").and_then(|place| row.values[place].as_time());
    let ended = stored.or(comes);
    let in_range = extent.from.is_none_or(|from| ended.is_none_or(|ended| ended >= from))
        && extent.to.is_none_or(|to| ended.is_none_or(|ended| ended < to));
    let takes_part = |person: &Person| {
        let text = |name: &str| row.get(table, name).as_text().map(str::to_owned);
        let comes = PARTIES.iter().any(|side| {
            let mut parties = candidates(side, text).into_iter();
            parties.any(|other| (other.kind(), other.normal()) == (person.kind(), person.normal()))
        });
        let is_stored = |bundle: &Bundle| {
            let mut records = std::iter::once(&bundle.call).chain(&bundle.elements);
            records.any(|record| blank::names(record, person))
        };
        comes || bundle.is_some_and(is_stored)
    };
    in_range && extent.person.as_ref().is_none_or(takes_part)
}
