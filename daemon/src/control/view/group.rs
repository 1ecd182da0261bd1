//! Enterprise groups.

use callsync_shared::api::group::Group as View;

use crate::{domain::account::Account, ports::state::Group};

/// `group show`; of `accounts`, those that are in it.
#[must_use]
pub fn group(group: &Group, accounts: &[Account]) -> View {
    let name = group.name.to_lowercase();
    let mut members: Vec<String> = accounts
        .iter()
        .filter(|account| account.group.to_lowercase() == name)
        .map(|account| account.name.clone())
        .collect();
    members.sort();
    View {
        name: group.name.clone(),
        accounts: members,
        main_contact: group.main_contact.clone(),
        technical_contact: group.technical_contact.clone(),
        security_contact: group.security_contact.clone(),
        term_end: group.term_end,
        created_at: group.created_at,
    }
}
