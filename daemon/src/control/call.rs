//! One request as a handler sees it: who asks, which names are in the path, the parameters and the body.

use std::{future::Future, sync::Arc};

use axum::body::Bytes;
use callsync_shared::{ExitCode, Problem, api};
use serde::{Serialize, de::DeserializeOwned};
use url::form_urlencoded;

use super::{
    Handles,
    access::{Credentials, Role},
    problem,
    trail::{SharedNotes, Trail, as_json},
    view,
};
use crate::{
    domain::{
        account::{Account, AccountState},
        command::quoted,
        failure::{Cause, Failure, Fault},
    },
    ports::state::Group,
};

/// Who asks.
#[derive(Debug, Clone)]
pub struct Caller {
    /// From the kernel.
    pub peer: Arc<Credentials>,
    /// From the access rules in force.
    pub role: Role,
}

/// One request.
pub struct Call {
    /// Everything a handler may use.
    pub handles: Arc<Handles>,
    /// Who asks.
    pub caller: Caller,
    /// Nothing is to be changed.
    pub dry_run: bool,
    pub(super) trail: Arc<Trail>,
    pub(super) path: Vec<(String, String)>,
    pub(super) query: Vec<(String, String)>,
    pub(super) body: Bytes,
    pub(super) notes: SharedNotes,
}

impl Call {
    /// A name out of the path, decoded.
    #[must_use]
    pub fn path(&self, name: &str) -> &str {
        self.path
            .iter()
            .find(|(key, _)| key == name)
            .map_or("", |(_, value)| value)
    }

    /// A parameter of the query; nothing when it is absent. An empty one never gets here.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// A parameter that is a number, a time, ….
    ///
    /// # Errors
    /// `invalid_parameter`, with `example` in the hint.
    pub fn parsed<T: std::str::FromStr>(&self, name: &str, example: &str) -> Result<Option<T>, Problem> {
        self.parameter(name)
            .map(|text| {
                text.parse().map_err(|_| {
                    problem::usage(
                        "invalid_parameter",
                        format!("The parameter {name} is not usable: {}", text.escape_debug()),
                    )
                    .hint(format!("For example {name}={example}."))
                })
            })
            .transpose()
    }

    /// The whole query as a flat structure, for filters. Parameters that the route does not declare never get here.
    ///
    /// # Errors
    /// `invalid_parameter`.
    pub fn filter<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        let encoded = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.query)
            .finish();
        let uri = http::Uri::builder()
            .path_and_query(format!("/?{encoded}"))
            .build()
            .map_err(|error| problem::usage("invalid_parameter", error.to_string()))?;
        axum::extract::Query::try_from_uri(&uri)
            .map(|axum::extract::Query(filter)| filter)
            .map_err(|error| {
                let cause = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
                problem::usage("invalid_parameter", format!("The parameters are not usable: {cause}"))
                    .hint("See GET /v1/openapi.json for the parameters of this route.")
            })
    }

    /// The body.
    ///
    /// # Errors
    /// `invalid_json` with what is wrong with it and where.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        serde_json::from_slice(&self.body).map_err(|error| {
            problem::usage(
                "invalid_json",
                format!("The body of the request is not usable: {error}"),
            )
            .hint("See GET /v1/openapi.json for what this route takes.")
        })
    }

    /// The body; the default when there is none.
    ///
    /// # Errors
    /// As [`Call::json`].
    pub fn json_or_default<T: DeserializeOwned + Default>(&self) -> Result<T, Problem> {
        if self.body.trim_ascii().is_empty() {
            Ok(T::default())
        } else {
            self.json()
        }
    }

    /// Whether the caller may see data of an enterprise group.
    #[must_use]
    pub fn sees(&self, enterprise_group: &str) -> bool {
        self.caller.role.sees(enterprise_group)
    }

    /// The account that the path names. One that the caller may not see is not found, in the same words.
    ///
    /// # Errors
    /// `account_not_found`, or the state store's.
    pub async fn account(&self) -> Result<Account, Problem> {
        let name = self.path("name");
        self.visible(
            self.handles.enrolment.account(name),
            |account| &account.group,
            "account",
            name,
        )
        .await
    }

    /// Refuses what is not served while the organisation's consent is withdrawn, where the path does not name the
    /// account; where it does, the router has refused it already.
    ///
    /// # Errors
    /// Code `deauthorized`.
    pub async fn refuse_withdrawn(&self, account: &Account, action: &str) -> Result<(), Problem> {
        if !account.state.is_withdrawn() {
            return Ok(());
        }
        self.trail
            .refused(&self.caller.peer, &self.caller.role, action, &account.name)
            .await;
        Err(without_consent(account))
    }

    /// The group that the path names.
    ///
    /// # Errors
    /// `group_not_found`, or the state store's.
    pub async fn group(&self) -> Result<Group, Problem> {
        let name = self.path("name");
        self.visible(self.handles.enrolment.group(name), |group| &group.name, "group", name)
            .await
    }

    async fn visible<T>(
        &self,
        found: impl Future<Output = Result<T, Failure>>,
        group: impl Fn(&T) -> &str,
        what: &'static str,
        name: &str,
    ) -> Result<T, Problem> {
        let missing = || {
            Problem::new(
                ExitCode::NotFound,
                format!("{what}_not_found"),
                format!("There is no {what} \"{name}\"."),
            )
            .hint(format!("See callsyncctl {what} list."))
        };
        match found.await {
            Ok(thing) if self.sees(group(&thing)) => Ok(thing),
            Ok(_) => Err(missing()),
            Err(failure) => {
                let problem = Problem::from(failure);
                Err(if problem.exit_code == ExitCode::NotFound {
                    missing()
                } else {
                    problem
                })
            }
        }
    }

    /// All accounts that the caller may see, by name.
    ///
    /// # Errors
    /// The state store's.
    pub async fn accounts(&self) -> Result<Vec<Account>, Problem> {
        let mut accounts = self.handles.enrolment.accounts().await?;
        accounts.retain(|account| self.sees(&account.group));
        Ok(accounts)
    }

    /// The view of an account, with what is known of its collecting.
    pub async fn view(&self, account: &Account) -> api::account::Account {
        let snapshots = &self.handles.snapshots;
        let (cdr, sync, token) = tokio::join!(
            snapshots.cdr(account),
            snapshots.sync(account),
            snapshots.token(account)
        );
        view::account::account(account, &cdr, &sync, token)
    }

    /// What the audit log calls the thing, where it is not the name in the path.
    pub fn about(&self, object: &str) {
        self.notes.set(|notes| notes.object = Some(object.to_owned()));
    }

    /// The thing before the change, for the audit log. No secrets, no codes.
    pub fn before(&self, thing: &impl Serialize) {
        self.notes.set(|notes| notes.before = as_json(thing));
    }

    /// The thing after the change, for the audit log. No secrets, no codes.
    pub fn after(&self, thing: &impl Serialize) {
        self.notes.set(|notes| notes.after = as_json(thing));
    }

    /// Nothing was changed after all: no entry in the audit log, unless it fails.
    pub fn unchanged(&self) {
        self.notes.set(|notes| notes.unchanged = true);
    }

    /// Name of the caller's user, as the system knows it.
    pub async fn user(&self) -> String {
        self.trail.user(self.caller.peer.uid).await
    }

    /// What is wrong with the audit log.
    #[must_use]
    pub fn audit_trouble(&self) -> Option<String> {
        self.trail.trouble()
    }
}

/// What verbs on an account without consent are answered with.
pub(super) fn without_consent(account: &Account) -> Problem {
    let message = format!(
        "{} is {}: the organisation withdrew its consent, so nothing is done or served for it",
        account.name, account.state
    );
    if account.state == AccountState::Removed {
        return Fault::new(Cause::Blocked, "deauthorized", message)
            .hint(format!(
                "Its data was removed; see the certificate with callsyncctl removal show {}.",
                quoted(&account.name)
            ))
            .into();
    }
    Fault::new(Cause::Blocked, "deauthorized", message)
        .hint(format!(
            "See it with callsyncctl account show {name} and callsyncctl removal show {name}; authorize it again with callsyncctl account authorize {name}.",
            name = quoted(&account.name)
        ))
        .into()
}
