//! Schedules: list, add, preview, remove.

use callsync_shared::{ExitCode, Problem, api::schedule::AddSchedule};

use crate::{
    control::{
        answer::{Answer, Answered},
        call::Call,
        problem::usage,
        view,
    },
    domain::account::Account,
    jobs::{
        schedules::{Asked, Listed},
        slot::Slot,
    },
};

/// Due instants told unless asked otherwise, and at most.
const USUAL: usize = 10;
const MOST: usize = 5_000;

/// Schedules in force, of one account or of all that the caller may see.
pub async fn list(call: Call) -> Answered {
    let accounts = call.accounts().await?;
    let only = match call.parameter("account") {
        None => None,
        Some(name) => Some(named(&accounts, name).ok_or_else(|| missing("account", name))?),
    };
    if let Some(account) = only {
        call.refuse_withdrawn(account, "schedule.list").await?;
    }
    let listed = call.handles.scheduler.list(only.map(|account| &account.id)).await?;
    let items = listed.iter().filter_map(|listed| {
        let owner = owner(&accounts, listed)?;
        Some(view::schedule::schedule(listed, &owner.name))
    });
    Answer::list(items.collect())
}

/// Adds a schedule.
pub async fn add(call: Call) -> Answered {
    let request: AddSchedule = call.json()?;
    let account = call.account().await?;
    let asked = Asked {
        kind: request.kind,
        days: request.days,
        at: request.at,
        timezone: request.timezone,
    };
    let added = call.handles.scheduler.add(&account, &asked, call.dry_run).await?;
    let view = view::schedule::schedule(&added, &account.name);
    call.after(&view);
    Answer::changed(view, call.dry_run)
}

/// The next due instants.
pub async fn preview(call: Call) -> Answered {
    let count = call.parsed::<usize>("count", "10")?.unwrap_or(USUAL);
    if count == 0 || count > MOST {
        return Err(usage(
            "invalid_parameter",
            format!("The parameter count is not between 1 and {MOST}."),
        ));
    }
    let of = call.parameter("of");
    let accounts = call.accounts().await?;
    let (listed, one) = visible(&call, &accounts, of.unwrap_or_default()).await?;
    let account = match of {
        Some(name) if one.is_none() => {
            Some(named(&accounts, name).ok_or_else(|| missing("account or schedule", name))?)
        }
        _ => None,
    };
    let whose = account.or_else(|| one.as_ref().and_then(|one| owner(&accounts, one)));
    if let Some(whose) = whose {
        call.refuse_withdrawn(whose, "schedule.preview").await?;
    }
    let slots: Vec<Slot> = match (one, account) {
        (Some(one), _) => vec![one.slot],
        (None, account) => listed
            .into_iter()
            .map(|listed| listed.slot)
            .filter(|slot| account.is_none_or(|account| slot.account == account.id))
            .collect(),
    };
    let firings = call.handles.scheduler.preview(&slots, count);
    Answer::list(
        firings
            .iter()
            .map(|(slot, firing)| view::schedule::preview(slot, firing))
            .collect(),
    )
}

/// Removes a schedule.
pub async fn remove(call: Call) -> Answered {
    let id = call.path("id").to_owned();
    let accounts = call.accounts().await?;
    let (_, found) = visible(&call, &accounts, &id).await?;
    let listed = found.ok_or_else(|| missing("schedule", &id))?;
    let owner = owner(&accounts, &listed).ok_or_else(|| missing("schedule", &id))?;
    call.refuse_withdrawn(owner, "schedule.remove").await?;
    call.handles
        .scheduler
        .remove(&listed, &owner.name, call.dry_run)
        .await?;
    let view = view::schedule::schedule(&listed, &owner.name);
    call.before(&view);
    Answer::changed(view, call.dry_run)
}

/// All schedules that the caller may see, and among them the one with this id.
async fn visible(call: &Call, accounts: &[Account], id: &str) -> Result<(Vec<Listed>, Option<Listed>), Problem> {
    let mut listed = call.handles.scheduler.list(None).await?;
    listed.retain(|listed| owner(accounts, listed).is_some());
    let found = listed.iter().find(|listed| listed.slot.id == id).cloned();
    Ok((listed, found))
}

fn owner<'a>(accounts: &'a [Account], listed: &Listed) -> Option<&'a Account> {
    accounts.iter().find(|account| account.id == listed.slot.account)
}

fn named<'a>(accounts: &'a [Account], name: &str) -> Option<&'a Account> {
    let key = name.to_lowercase();
    accounts.iter().find(|account| account.name.to_lowercase() == key)
}

fn missing(what: &str, name: &str) -> Problem {
    let code = if what == "schedule" {
        "schedule_not_found"
    } else {
        "account_not_found"
    };
    let hint = if what == "account" {
        "See callsyncctl account list."
    } else {
        "See callsyncctl schedule list."
    };
    Problem::new(ExitCode::NotFound, code, format!("There is no {what} \"{name}\".")).hint(hint)
}
