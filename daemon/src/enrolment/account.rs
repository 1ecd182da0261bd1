//! Accounts: add, rename, remove, test, scopes.

use std::time::{Duration, Instant};

use uuid::Uuid;

use super::{Enrolment, authorize::refused_exchange, connect::Step, group::same_name, name, refuse_withdrawn};
use crate::domain::{
    account::{Account, AccountId, AccountState, AuthKind, Cdr, CdrState},
    command::quoted,
    failure::{Cause, Failure, Fault, Outcome},
    scope::{self, RequiredScope},
    settings::CdrSettings,
};

/// What `account add` was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAccount {
    /// Display name.
    pub name: String,
    /// An existing group.
    pub group: String,
    /// How it gives access.
    pub auth: AuthKind,
    /// Needed for server-to-server; otherwise what the authorized account must be.
    pub zoom_account_id: Option<String>,
}

/// What `account test` found.
#[derive(Debug, Clone, PartialEq)]
pub struct TestReport {
    /// The account after the test.
    pub account: Account,
    /// The number that Zoom reports.
    pub account_number: Option<i64>,
    /// How long Zoom took to say who we are.
    pub round_trip: Duration,
    /// Scopes that are missing.
    pub missing: Vec<&'static RequiredScope>,
}

impl Enrolment {
    /// Adds an account: an OAuth account waits for its code, a server-to-server account is connected at once.
    ///
    /// A dry run has no id and no URL to show; for server-to-server it asks Zoom all the same, and stores nothing.
    ///
    /// # Errors
    /// `invalid_name`, `group_not_found`, `account_exists`, `zoom_account_id_missing`, `zoom_account_taken`; those of
    /// connecting for server-to-server, after which no account is left.
    pub async fn add_account(&self, new: NewAccount, dry_run: bool) -> Outcome<Account> {
        let account = self.draft(new, dry_run).await?;
        match account.auth {
            AuthKind::OAuth => {
                let pending = self.new_pending()?;
                if dry_run {
                    return Ok(account);
                }
                let account = Account {
                    pending: Some(pending),
                    ..account
                };
                self.registry.add_account(account.clone()).await?;
                Ok(account)
            }
            AuthKind::ServerToServer => self.add_server_to_server(account, dry_run).await,
        }
    }

    async fn draft(&self, new: NewAccount, dry_run: bool) -> Outcome<Account> {
        let name = name::check_name("account", &new.name)?;
        let group = self.registry.group(&new.group).await?.name;
        let zoom_account_id = new
            .zoom_account_id
            .map(|id| id.trim().to_owned())
            .filter(|id| !id.is_empty());
        if zoom_account_id
            .as_ref()
            .is_some_and(|id| id.len() > 128 || !id.chars().all(|c| c.is_ascii_graphic()))
        {
            return Err(Fault::new(Cause::Usage, "invalid_zoom_account_id", "That is not a Zoom account id.")
                .hint("It is the opaque text that Zoom shows for the app, such as q6gBJVO5TzexKYTb_I2rpg; not the account number.")
                .into());
        }
        if new.auth == AuthKind::ServerToServer && zoom_account_id.is_none() {
            return Err(Fault::new(
                Cause::Usage,
                "zoom_account_id_missing",
                "A server-to-server account needs the Zoom account id.",
            )
            .hint("Give it with --zoom-account-id; the app's page in the Zoom App Marketplace shows it.")
            .into());
        }
        let accounts = self.registry.accounts().await?;
        if let Some(other) = accounts.iter().find(|other| same_name(&other.name, &name)) {
            return Err(taken(&other.name));
        }
        if let Some(id) = &zoom_account_id
            && let Some(other) = accounts.iter().find(|other| other.zoom_account_id.as_ref() == Some(id))
        {
            return Err(Fault::new(
                Cause::Conflict,
                "zoom_account_taken",
                format!("The Zoom account {id} is there already, as \"{}\".", other.name),
            )
            .hint(format!(
                "Use callsyncctl account show {}; one Zoom account has one name here.",
                quoted(&other.name)
            ))
            .into());
        }
        let id = if dry_run { Uuid::nil() } else { self.new_id() };
        Ok(Account {
            id: AccountId(id.to_string()),
            name,
            group,
            auth: new.auth,
            state: AccountState::PendingAuthorization,
            state_reason: None,
            zoom_account_id,
            account_number: None,
            authorized_by: None,
            granted_scopes: Vec::new(),
            pending: None,
            cdr: Cdr {
                state: CdrState::Unconfigured,
                server: None,
                database: None,
                settings: CdrSettings::default(),
                lists_all: None,
            },
            created_at: self.clock.now(),
        })
    }

    /// Sortable by creation; the time in it is our clock's.
    fn new_id(&self) -> Uuid {
        let now = self.clock.now();
        let seconds = u64::try_from(now.as_second()).unwrap_or(0);
        let nanoseconds = u32::try_from(now.subsec_nanosecond()).unwrap_or(0);
        Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, nanoseconds))
    }

    /// The account is stored only once Zoom has granted a token and every check passed.
    ///
    /// If we die between storing the account and its tokens, it is pending: `account authorize` finishes the work.
    async fn add_server_to_server(&self, account: Account, dry_run: bool) -> Outcome<Account> {
        let asked = account.zoom_account_id.clone().unwrap_or_default();
        let grant = self.oauth.server_to_server(&asked).await.map_err(refused_exchange)?;
        let verified = self.verify(&account, &grant).await?;
        if dry_run {
            let mut account = account;
            verified.apply(&mut account);
            return Ok(account);
        }
        self.registry
            .add_account(account.clone())
            .await
            .map_err(|failure| Step::Finish.failed(failure))?;
        match self.adopt(&account, grant, verified).await {
            Ok(account) => Ok(account),
            Err(failure) => {
                if let Err(left) = self.registry.remove_account(&account.id).await {
                    tracing::warn!(account = %account.name, error = %left, "an account that could not be connected stays as pending; remove it with callsyncctl account remove");
                }
                Err(failure)
            }
        }
    }

    /// All accounts, by name.
    ///
    /// # Errors
    /// The state store's.
    pub async fn accounts(&self) -> Outcome<Vec<Account>> {
        self.registry.accounts().await
    }

    /// One account.
    ///
    /// # Errors
    /// `account_not_found`.
    pub async fn account(&self, name: &str) -> Outcome<Account> {
        self.registry.account(name).await
    }

    /// Gives an account another name: before and after.
    ///
    /// # Errors
    /// `account_not_found`, `invalid_name`, `account_exists`, `deauthorized`.
    pub async fn rename_account(&self, name: &str, new: &str, dry_run: bool) -> Outcome<(Account, Account)> {
        let before = self.registry.account(name).await?;
        refuse_withdrawn(&before)?;
        let new = name::check_name("account", new)?;
        let accounts = self.registry.accounts().await?;
        if let Some(other) = accounts
            .iter()
            .find(|other| other.id != before.id && same_name(&other.name, &new))
        {
            return Err(taken(&other.name));
        }
        if dry_run || new == before.name {
            let after = Account {
                name: new,
                ..before.clone()
            };
            return Ok((before, after));
        }
        let change = move |account: &mut Account| {
            account.name = new;
            Ok(())
        };
        let after = self.registry.change_account(&before.id, Box::new(change)).await?;
        Ok((before, after))
    }

    /// Removes an account that never collected anything, with its tokens, and returns it as it was.
    ///
    /// # Errors
    /// `account_not_found`; `account_holds_data`, which points to lawful removal; `deauthorized`.
    pub async fn remove_account(&self, name: &str, dry_run: bool) -> Outcome<Account> {
        let turn = self.turn(&self.registry.account(name).await?.id);
        let _turn = turn.lock().await;
        let account = self.registry.account(name).await?;
        let is_empty = account.state == AccountState::Removed;
        if !is_empty {
            refuse_withdrawn(&account)?;
        }
        let removable = match account.cdr.state {
            // Lawful removal left its name and its certificate, which stays.
            _ if is_empty => true,
            CdrState::Unconfigured => true,
            // Another database may have been the account's before.
            CdrState::Configured | CdrState::DatabaseReady => !self.held.holds_data(&account).await?,
            CdrState::Active | CdrState::Paused | CdrState::Blocked => false,
        };
        if !removable {
            return Err(Fault::new(
                Cause::WrongState,
                "account_holds_data",
                format!(
                    "The account \"{}\" holds collected data, or has been active.",
                    account.name
                ),
            )
            .hint(format!(
                "Its data goes only by lawful removal: callsyncctl removal plan {}.",
                quoted(&account.name)
            ))
            .into());
        }
        if !dry_run {
            // If we die between the two, the account is pending or fails its next refresh, and can be removed again.
            self.oauth.forget(&account.id).await?;
            self.registry.remove_account(&account.id).await?;
            self.forget_turn(&account.id);
        }
        Ok(account)
    }

    /// Asks Zoom who we are and whether Zoom Phone answers. For an account that waits for a person this is the one
    /// request that is still sent: when it succeeds, the account is connected again.
    ///
    /// # Errors
    /// `pending_authorization`, `deauthorized`, `phone_not_enabled`, `zoom_unreachable` and others of Zoom.
    pub async fn test_account(&self, name: &str) -> Outcome<TestReport> {
        let account = self.registry.account(name).await?;
        refuse_withdrawn(&account)?;
        if account.state == AccountState::PendingAuthorization {
            return Err(Fault::new(
                Cause::WrongState,
                "pending_authorization",
                format!("Nobody has authorized \"{}\" yet.", account.name),
            )
            .hint(format!("Type callsyncctl account authorize {}.", quoted(&account.name)))
            .into());
        }
        let asked = Instant::now();
        let identity = if account.state == AccountState::ReauthorizationRequired {
            self.zoom.retry_authorization(&account.id).await?
        } else {
            self.zoom.whoami(&account.id).await?
        };
        let round_trip = asked.elapsed();
        self.zoom.probe_phone(&account.id).await?;
        let mut account = self.registry.account_by_id(&account.id).await?;
        if account.state == AccountState::ReauthorizationRequired {
            let change = |account: &mut Account| {
                if account.state == AccountState::ReauthorizationRequired {
                    account.state = AccountState::Authorized;
                    account.state_reason = None;
                }
                Ok(())
            };
            account = self.registry.change_account(&account.id, Box::new(change)).await?;
        }
        Ok(TestReport {
            account_number: identity.account_number.or(account.account_number),
            missing: scope::missing(&account.granted_scopes),
            round_trip,
            account,
        })
    }
}

fn taken(name: &str) -> Failure {
    Fault::new(
        Cause::Conflict,
        "account_exists",
        format!("There is already an account \"{name}\"."),
    )
    .hint("Choose another name; see callsyncctl account list. Case makes no difference.")
    .into()
}
