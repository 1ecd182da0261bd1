//! One request from start to end: gate, pace, answer, patience.

use std::sync::Arc;

use jiff::SignedDuration;
use secrecy::SecretString;
use tokio::time::Instant;
use url::Url;

use crate::{
    config::model::Zoom,
    domain::{
        account::{AccountId, AuthKind},
        clock::SharedClock,
        failure::{Failure, Outcome},
    },
    ports::{
        state::{QuotaBook, Registry, TokenVault},
        zoom::{Grant, Identity},
    },
    zoom::{
        Spawn,
        endpoint::{CALL_HISTORY, OWN_USER, PHONE_SETTINGS, Request, USER, USERS},
        error::ZoomError,
        identity,
        rate_limiter::{self, RateLimiter},
        retry::{self, Patience},
        standing::Access,
        token_keeper::TokenKeeper,
        traffic::Traffic,
        transport::{Answer, Current, Setup},
        wire::Malformed,
    },
};

/// What the client is built over.
pub struct Ports {
    /// Sealed tokens.
    pub vault: Arc<dyn TokenVault>,
    /// Use of the daily quota.
    pub book: Arc<dyn QuotaBook>,
    /// Accounts and their states.
    pub registry: Arc<dyn Registry>,
    /// Time.
    pub clock: SharedClock,
    /// Starts tasks that outlive their caller.
    pub spawn: Spawn,
}

/// Zoom, for every account.
pub struct ZoomClient {
    pub(super) current: Arc<Current>,
    pub(super) keeper: Arc<TokenKeeper>,
    pub(super) limiter: RateLimiter,
    pub(super) registry: Arc<dyn Registry>,
    pub(super) clock: SharedClock,
    traffic: Traffic,
    patience: Patience,
}

impl std::fmt::Debug for ZoomClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ZoomClient").finish_non_exhaustive()
    }
}

/// Parses a body; a body that cannot be parsed is asked for again.
type Parse<'p, T> = &'p (dyn Fn(&str) -> Result<T, Malformed> + Sync);

/// Whose token a request carries.
enum Bearer<'b> {
    /// An account's: paced, counted, renewed.
    Account(&'b AccountId),
    /// This one, before or beside the account's: neither paced nor renewed.
    Token(&'b SecretString, Option<&'b str>),
}

impl ZoomClient {
    /// Builds the client. Sends nothing.
    ///
    /// # Errors
    /// The configured proxy is unusable.
    pub fn new(zoom: &Zoom, ports: Ports) -> Outcome<Self> {
        Ok(Self::with_setup(Setup::new(zoom, 0)?, ports))
    }

    /// Builds the client over a setup. Sends nothing.
    #[must_use]
    pub fn with_setup(setup: Setup, ports: Ports) -> Self {
        let current = Arc::new(Current::new(setup));
        let Ports {
            vault,
            book,
            registry,
            clock,
            spawn,
        } = ports;
        let keeper = TokenKeeper::new(
            Arc::clone(&current),
            vault,
            Arc::clone(&registry),
            Arc::clone(&clock),
            spawn,
        );
        Self {
            current,
            keeper: Arc::new(keeper),
            limiter: RateLimiter::new(book, Arc::clone(&clock)),
            registry,
            clock,
            traffic: Traffic::default(),
            patience: Patience::default(),
        }
    }

    /// With other patience than the default.
    #[must_use]
    pub const fn with_patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    /// Takes a new configuration into force; running requests end under the former one.
    ///
    /// # Errors
    /// The configured proxy is unusable; then the former configuration stays in force.
    pub fn reconfigure(&self, zoom: &Zoom) -> Outcome<()> {
        let renewed = self.current.get().renewed(zoom)?;
        self.current.set(renewed);
        Ok(())
    }

    /// What was sent since the start.
    pub(super) const fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    /// Writes what is only in memory. Called before an orderly end.
    pub async fn flush(&self) {
        self.limiter.flush().await;
    }

    /// Sends nothing more for the account: every call fails with `failure` until tokens are adopted.
    pub fn close(&self, account: &AccountId, failure: Failure) {
        self.keeper.close(account, failure);
    }

    /// Sends a request for an account and reads its answer.
    pub(super) async fn ask<T>(
        &self,
        account: &AccountId,
        request: &Request,
        parse: Parse<'_, T>,
    ) -> Result<T, ZoomError> {
        self.patiently(&Bearer::Account(account), request, parse).await
    }

    async fn patiently<T>(&self, bearer: &Bearer<'_>, request: &Request, parse: Parse<'_, T>) -> Result<T, ZoomError> {
        let mut failures = 0;
        let mut first_failure = None;
        loop {
            let error = match self.attempt(bearer, request, parse).await {
                Ok(answer) => return Ok(answer),
                Err(Attempt::Final(error)) => return Err(error),
                Err(Attempt::Again(error)) => error,
            };
            failures += 1;
            let since = *first_failure.get_or_insert_with(Instant::now);
            // The limiter waits after a 429, for everybody.
            let pause = match (&error, bearer) {
                (ZoomError::RateLimited { .. }, Bearer::Account(_)) => std::time::Duration::ZERO,
                (ZoomError::RateLimited { after, .. }, Bearer::Token(..)) => *after,
                _ => self.patience.pause(failures),
            };
            if failures >= self.patience.tries || since.elapsed() + pause > self.patience.budget {
                return Err(error);
            }
            tracing::debug!(path = request.endpoint.path, failures, %error, "asking again");
            tokio::time::sleep(pause).await;
        }
    }

    async fn attempt<T>(&self, bearer: &Bearer<'_>, request: &Request, parse: Parse<'_, T>) -> Result<T, Attempt> {
        let answer = match bearer {
            Bearer::Token(token, region) => self.send(request, token, *region).await,
            Bearer::Account(account) => self.send_for(account, request).await?,
        };
        match answer {
            Ok(answer) => parse(&answer.body).map_err(|malformed| Attempt::Again(malformed.into())),
            Err(error) => {
                if let (
                    ZoomError::RateLimited { after, .. } | ZoomError::ZoomDailyLimit { after, .. },
                    Bearer::Account(account),
                ) = (&error, bearer)
                {
                    let daily = matches!(error, ZoomError::ZoomDailyLimit { .. });
                    self.limiter.pause(account, request.endpoint.label, *after, daily);
                }
                Err(
                    if error.is_transient() || matches!(error, ZoomError::RateLimited { .. }) {
                        Attempt::Again(error)
                    } else {
                        Attempt::Final(error)
                    },
                )
            }
        }
    }

    /// Sends with the account's token; a rejected one is renewed, once.
    async fn send_for(&self, account: &AccountId, request: &Request) -> Result<Result<Answer, ZoomError>, Attempt> {
        let mut access = self.keeper.access(account).await.map_err(Attempt::Final)?;
        let mut renewed = false;
        loop {
            let share = rate_limiter::share(&self.current.get().zoom, request.endpoint.label);
            self.limiter
                .acquire(account, request.endpoint.label, share, request.purpose)
                .await
                .map_err(Attempt::Final)?;
            // The gate may have been closed while we waited.
            if self.keeper.is_closed(account) {
                access = self.keeper.access(account).await.map_err(Attempt::Final)?;
            }
            let region = access.tokens.api_url.as_deref();
            let refusal = match self.send(request, &access.tokens.access_token, region).await {
                Err(ZoomError::TokenRejected(refusal)) => refusal,
                other => return Ok(other),
            };
            if !renewed {
                renewed = true;
                access = self
                    .keeper
                    .renew(account, access.generation)
                    .await
                    .map_err(Attempt::Final)?;
                continue;
            }
            if refusal.code != Some(124) {
                return Ok(Err(ZoomError::TokenRejected(refusal)));
            }
            let reason = format!("Zoom rejected an access token it had just issued: {refusal}");
            access = self
                .keeper
                .terminate(account, access.generation, reason)
                .await
                .map_err(Attempt::Final)?;
        }
    }

    async fn send(&self, request: &Request, token: &SecretString, region: Option<&str>) -> Result<Answer, ZoomError> {
        let setup = self.current.get();
        let base: Url = setup.api_base(region)?;
        let answer = setup.get(&base, request, token).await;
        self.traffic.count(request.endpoint.label, &answer);
        let answer = answer?;
        if answer.is_success() {
            return Ok(answer);
        }
        Err(retry::classify(
            answer.status,
            &answer.headers,
            &answer.body,
            request,
            self.clock.now(),
        ))
    }

    /// Who a grant is from.
    pub(super) async fn identify_with(&self, grant: &Grant, auth: AuthKind) -> Result<Identity, ZoomError> {
        self.identify(&Bearer::Token(&grant.access_token, grant.api_url.as_deref()), auth)
            .await
    }

    /// Who the account's present token is from.
    pub(super) async fn identify_account(&self, account: &AccountId, auth: AuthKind) -> Result<Identity, ZoomError> {
        self.identify(&Bearer::Account(account), auth).await
    }

    /// Who this access is from, whatever the gate says.
    pub(super) async fn identify_access(&self, access: &Access) -> Result<Identity, ZoomError> {
        let bearer = Bearer::Token(&access.tokens.access_token, access.tokens.api_url.as_deref());
        self.identify(&bearer, access.auth).await
    }

    /// Server-to-server tokens belong to no user, so `me` is not for them: the owner is asked about instead.
    async fn identify(&self, bearer: &Bearer<'_>, auth: AuthKind) -> Result<Identity, ZoomError> {
        if auth == AuthKind::OAuth {
            return self.patiently(bearer, &Request::new(&OWN_USER), &identity::read).await;
        }
        let owners = Request::new(&USERS).with("role_id", "0").with("page_size", "1");
        let user = match self.patiently(bearer, &owners, &identity::first_user).await {
            Ok(Some(owner)) => Some(owner),
            Ok(None) | Err(ZoomError::Refused(_)) => {
                let anybody = Request::new(&USERS).with("page_size", "1");
                self.patiently(bearer, &anybody, &identity::first_user).await?
            }
            Err(error) => return Err(error),
        };
        let user = user.ok_or_else(identity::nobody)?;
        self.patiently(bearer, &Request::about(&USER, &user), &identity::read)
            .await
    }

    /// Whether Zoom Phone answers for a grant.
    pub(super) async fn probe_with(&self, grant: &Grant) -> Result<(), ZoomError> {
        self.probe(&Bearer::Token(&grant.access_token, grant.api_url.as_deref()))
            .await
    }

    /// Whether Zoom Phone answers for the account.
    pub(super) async fn probe_account(&self, account: &AccountId) -> Result<(), ZoomError> {
        self.probe(&Bearer::Account(account)).await
    }

    /// Settings cost a light request but need a scope that an account can do without; the list of calls it cannot.
    async fn probe(&self, bearer: &Bearer<'_>) -> Result<(), ZoomError> {
        match self.patiently(bearer, &Request::new(&PHONE_SETTINGS), &anything).await {
            Ok(()) => Ok(()),
            Err(
                ZoomError::MissingScope { .. }
                | ZoomError::Refused(_)
                | ZoomError::NotFound(_)
                | ZoomError::EndpointGone { .. },
            ) => {
                let now = self.clock.now();
                let to = crate::domain::window::whole_second(now);
                let from = to.saturating_sub(SignedDuration::from_hours(1)).unwrap_or(to);
                let calls = Request::new(&CALL_HISTORY)
                    .with("from", from.to_string())
                    .with("to", to.to_string())
                    .with("page_size", "1");
                self.patiently(bearer, &calls, &anything).await
            }
            Err(error) => Err(error),
        }
    }
}

/// Any JSON will do.
fn anything(body: &str) -> Result<(), Malformed> {
    serde_json::from_str::<serde::de::IgnoredAny>(body)?;
    Ok(())
}

/// How one attempt failed.
enum Attempt {
    /// The next one can succeed.
    Again(ZoomError),
    /// Repeating it is pointless, or somebody else repeats it.
    Final(ZoomError),
}
