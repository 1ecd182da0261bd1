//! What becomes of a database when another one takes its place.

use super::{Processing, wrong_state};
use crate::{
    domain::{
        account::{Account, CdrState},
        command::quoted,
        failure::Outcome,
        settings::Place,
    },
    ports::primary::is_gone,
};

impl Processing {
    /// Remembers the databases that the new settings leave: purging, erasing and lawful removal still reach them.
    ///
    /// # Errors
    /// Code `archive_holds_calls`: of an archive that was left nobody could read or restore anything.
    pub(super) async fn leave(&self, before: &Account, after: &mut Account) -> Outcome<()> {
        let mut former = std::mem::take(&mut after.cdr.settings.former);
        let mut left = Vec::new();
        let was_made = !matches!(before.cdr.state, CdrState::Unconfigured | CdrState::Configured);
        if let (true, Some(server), Some(database)) = (was_made, &before.cdr.server, &before.cdr.database) {
            left.push(Place {
                server: server.clone(),
                database: database.clone(),
            });
        }
        if let Some(archive) = &before.cdr.settings.archive {
            let place = Place {
                server: archive.server.clone(),
                database: archive.database.clone(),
            };
            if !is_used(after, &place) && self.may_leave(before, &place).await? {
                left.push(place);
            }
        }
        for place in left {
            if !former.iter().any(|known| known.is(&place.server, &place.database)) {
                former.push(place);
            }
        }
        former.retain(|place| !is_used(after, place));
        after.cdr.settings.former = former;
        Ok(())
    }

    /// False when there is nothing to remember. An archive that does not answer may be left: it may never answer again.
    async fn may_leave(&self, account: &Account, archive: &Place) -> Outcome<bool> {
        let servers = self.primary.servers();
        let store = match servers.open(&archive.server, &archive.database, &account.id).await {
            Ok(store) => store,
            Err(failure) => return Ok(!is_gone(&failure)),
        };
        let held = store.summary().await?.records;
        if held == 0 {
            return Ok(true);
        }
        let name = quoted(&account.name);
        Err(wrong_state(
            "archive_holds_calls",
            format!(
                "the archive {} on {} holds {held} calls",
                archive.database, archive.server
            ),
            format!("bring them back first: callsyncctl archive restore {name} --wait; then set the other archive"),
        ))
    }
}

fn is_used(account: &Account, place: &Place) -> bool {
    let is = |server: &str, database: &str| place.is(server, database);
    let primary = account.cdr.server.as_deref().zip(account.cdr.database.as_deref());
    primary.is_some_and(|(server, database)| is(server, database))
        || account
            .cdr
            .settings
            .archive
            .as_ref()
            .is_some_and(|archive| is(&archive.server, &archive.database))
}
