//! What outlives a restart of the simulator: the tokens it gave, the span of its generated calls, and calls that were
//! added since. Written whole before a token is handed out, with every change over `/_sim`, and at the end; live calls of a
//! simulator that was killed are gone. Changed records, people and settings are not kept.

use crate::calls::book::KeptCall;
use crate::oauth::grants::Grants;
use crate::options::Options;
use crate::random::Rng;
use crate::simulator::SimError;
use crate::world::World;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Kept {
    platform: Platform,
    start: Timestamp,
    end: Timestamp,
    rng: Rng,
    grants: Grants,
    accounts: Vec<KeptAccount>,
}

/// What makes the generated part: with other options the calls would be other calls.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Platform {
    seed: u64,
    /// Name, users and calls of each account.
    accounts: Vec<(String, usize, usize)>,
}

#[derive(Debug, Serialize, Deserialize)]
struct KeptAccount {
    rng: Rng,
    added: Vec<KeptCall>,
}

impl Platform {
    fn of(options: &Options) -> Self {
        let accounts = options.accounts.iter();
        Self {
            seed: options.seed,
            accounts: accounts
                .map(|account| (account.name.clone(), account.users, account.calls))
                .collect(),
        }
    }
}

/// What a run before has left, with its span taken over into the options. Without a file the span is fixed now.
pub(crate) fn read(options: &mut Options) -> Result<Option<Kept>, SimError> {
    let Some(path) = options.state.clone() else {
        return Ok(None);
    };
    let refuse = |reason: String| SimError::State {
        path: path.clone(),
        reason,
    };
    let end = options.end.unwrap_or_else(|| options.clock.now());
    options.end = Some(end);
    options.start = Some(options.start.unwrap_or(end - SignedDuration::from_hours(30 * 24)));
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(wrong) if wrong.kind() == ErrorKind::NotFound => return Ok(None),
        Err(wrong) => return Err(refuse(format!("cannot read the state: {wrong}"))),
    };
    let kept: Kept = serde_json::from_str(&text).map_err(|wrong| {
        refuse(format!(
            "this is no state of zoom-sim ({wrong}); remove it to start afresh"
        ))
    })?;
    if kept.platform != Platform::of(options) {
        return Err(refuse(
            "it was kept with other options (--seed, --accounts, --users, --calls); start with those, or remove it to start afresh".to_owned(),
        ));
    }
    (options.start, options.end) = (Some(kept.start), Some(kept.end));
    Ok(Some(kept))
}

impl Kept {
    pub fn restore(self, world: &mut World) {
        world.rng = self.rng;
        world.grants = self.grants;
        for (account, kept) in world.accounts.iter_mut().zip(self.accounts) {
            account.restore(kept.added);
            account.rng = kept.rng;
        }
    }
}

/// Replaces the file, where there is to be one.
pub(crate) fn write(world: &World) -> Result<(), SimError> {
    let options = &world.options;
    let (Some(path), Some(start), Some(end)) = (&options.state, options.start, options.end) else {
        return Ok(());
    };
    let accounts = world.accounts.iter();
    let kept = Kept {
        platform: Platform::of(options),
        start,
        end,
        rng: world.rng.clone(),
        grants: world.grants.clone(),
        accounts: accounts
            .map(|account| KeptAccount {
                rng: account.rng.clone(),
                added: account.added(),
            })
            .collect(),
    };
    let text = serde_json::to_vec(&kept).map_err(|wrong| wrong.to_string());
    text.and_then(|text| replace(path, &text).map_err(|wrong| wrong.to_string()))
        .map_err(|wrong| SimError::State {
            path: path.clone(),
            reason: format!("cannot keep the state: {wrong}"),
        })
}

/// Whole or not at all, and for nobody else to read: there are tokens in it.
fn replace(path: &Path, text: &[u8]) -> std::io::Result<()> {
    let partial = path.with_extension("partial");
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&partial)?;
    file.write_all(text)?;
    file.sync_all()?;
    fs::rename(&partial, path)
}
