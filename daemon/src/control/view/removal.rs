//! Lawful removal.

use callsync_shared::api::removal::{Classes, Consent, DataClass, Removal as View};

use crate::{
    domain::{
        account::{Account, AccountState},
        command::quoted,
    },
    ports::{
        primary::databases,
        withdrawal::{ConsentRole, Ground, Notice},
    },
    removal::{
        held::Kept,
        plan::{Found, Standing},
    },
};

/// `removal show`; with what was found, `removal plan`.
#[must_use]
pub fn removal(standing: &Standing, found: Option<(&Found, &Kept)>) -> View {
    let account = &standing.account;
    let withdrawal = standing.withdrawal.as_ref();
    let confirmation = withdrawal.and_then(|withdrawal| withdrawal.confirmation.as_ref());
    let line = standing.timeline.as_ref();
    let is_over = account.state == AccountState::Removed;
    let missing = |role: &&ConsentRole| !standing.consents.iter().any(|consent| consent.role == **role);
    View {
        account: account.name.clone(),
        group: standing.group.name.clone(),
        state: account.state.to_string(),
        deauthorized_at: withdrawal.map(|withdrawal| withdrawal.at),
        noticed_by: withdrawal
            .map(|withdrawal| withdrawal.noticed_by)
            .map(|notice: Notice| notice.to_string()),
        intended: confirmation.map(|said| said.intended),
        confirmed_by: confirmation.map(|said| said.by.clone()).filter(|by| !by.is_empty()),
        policy: standing.policy.as_str().to_owned(),
        term_end: standing.group.term_end.map(|day| day.to_string()),
        removal_at: line.and_then(|line| line.removal_at).filter(|_| !is_over),
        ground: withdrawal
            .and_then(|withdrawal| withdrawal.ground)
            .or_else(|| line.and_then(|line| line.ground))
            .map(|ground: Ground| ground.to_string()),
        deadline_at: line.and_then(|line| line.deadline_at).filter(|_| !is_over),
        zoom_deadline_at: line.and_then(|line| line.zoom_deadline_at).filter(|_| !is_over),
        zoom_may_keep: withdrawal.and_then(|withdrawal| withdrawal.may_keep),
        warned_days: withdrawal.and_then(|withdrawal| withdrawal.warned_days),
        consents: standing
            .consents
            .iter()
            .map(|consent| Consent {
                role: consent.role.to_string(),
                from: consent.from.clone(),
                user: consent.user.clone(),
                uid: consent.uid,
                letter_sha256: consent.letter_sha256.clone(),
                at: consent.at,
            })
            .collect(),
        consents_missing: ConsentRole::ALL
            .iter()
            .filter(missing)
            .filter(|_| withdrawal.is_some() && !is_over)
            .map(ToString::to_string)
            .collect(),
        holds: standing.holds.len() as u64,
        held: found.map(|(_, kept)| kept).or(standing.kept.as_ref()).map(Kept::rows),
        can_run: standing.may_run.is_some() && !standing.is_held_back(),
        begun_at: withdrawal.and_then(|withdrawal| withdrawal.begun_at),
        classes: found.map(|(found, kept)| classes(account, found, kept)),
        certificate: standing
            .certificate
            .as_ref()
            .and_then(|certificate| serde_json::from_str(&certificate.document).ok()),
        next: next(standing),
    }
}

fn classes(account: &Account, found: &Found, kept: &Kept) -> Classes {
    let found = &found.without(kept);
    Classes {
        data: DataClass {
            databases: databases(account)
                .filter(|_| kept.holds.is_empty())
                .map(|(server, database)| format!("{server}/{database}"))
                .collect(),
            calls: found.calls,
            elements: found.elements,
            rejected: found.rejected,
            directory: found.directory,
        },
        settings: [
            "cdr settings",
            "schedules",
            "holds",
            "jobs",
            "events",
            "activity",
            "quota",
            "audit texts",
        ]
        .map(str::to_owned)
        .to_vec(),
        access: ["tokens", "granted scopes", "authorizer", "Zoom account id and number"]
            .map(str::to_owned)
            .to_vec(),
    }
}

fn next(standing: &Standing) -> String {
    let name = quoted(&standing.account.name);
    match standing.account.state {
        AccountState::Removed => format!("Nothing is left. To drop the name too: callsyncctl account remove {name}"),
        state if !state.is_withdrawn() => {
            format!("Its consent was not withdrawn. To end the connection: callsyncctl account deauthorize {name}")
        }
        _ if standing.is_held_back() => {
            "What holds cover stays until they are released: callsyncctl hold list; callsyncctl hold release ID"
                .to_owned()
        }
        _ if standing.may_run.is_some() => format!("callsyncctl removal run {name} --yes-irreversible"),
        _ => format!(
            "callsyncctl removal consent {name} --role manager --file LETTER --from WHO, and another user the same with --role security; or wait for the term's end; or authorize again: callsyncctl account authorize {name}"
        ),
    }
}
