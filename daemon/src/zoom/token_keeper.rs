//! The one who renews tokens. Per account there is exactly one renewal at a time, and a refresh token is never lost:
//! an intent is written before it is spent, the answer is stored before it is used.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::sync::oneshot;

use crate::{
    crash_points::{CrashPoint, reach},
    domain::{
        account::{AccountId, AccountState, AuthKind},
        clock::SharedClock,
        event::Event,
        failure::{Cause, Failure, Fault},
    },
    ports::{
        state::{Registry, StoredTokens, TokenVault},
        zoom::Grant,
    },
    zoom::{
        Spawn,
        error::ZoomError,
        oauth::{GrantRefusal, RefusalKind},
        standing::{Access, Seat, Standing, barrier, no_tokens},
        transport::Current,
    },
};

/// Back-off after trouble that passes.
const SOON: Duration = Duration::from_secs(5);
/// Back-off after a refusal that a person has to heal.
const LATE: Duration = Duration::from_secs(300);

/// Tokens of every account.
pub struct TokenKeeper {
    pub(super) current: Arc<Current>,
    pub(super) vault: Arc<dyn TokenVault>,
    pub(super) registry: Arc<dyn Registry>,
    pub(super) clock: SharedClock,
    spawn: Spawn,
    seats: Mutex<HashMap<AccountId, Arc<Seat>>>,
    generations: AtomicU64,
}

/// What a renewal is for.
#[derive(Clone, Copy)]
enum Purpose {
    /// The tokens of this generation are due or were rejected.
    Renew(u64),
    /// A person asks to try the stored tokens although the gate is closed.
    TryAgain,
}

impl TokenKeeper {
    /// Knows nobody yet.
    #[must_use]
    pub fn new(
        current: Arc<Current>,
        vault: Arc<dyn TokenVault>,
        registry: Arc<dyn Registry>,
        clock: SharedClock,
        spawn: Spawn,
    ) -> Self {
        Self {
            current,
            vault,
            registry,
            clock,
            spawn,
            seats: Mutex::new(HashMap::new()),
            generations: AtomicU64::new(1),
        }
    }

    fn seat(&self, account: &AccountId) -> Arc<Seat> {
        let mut seats = self.seats.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(seats.entry(account.clone()).or_default())
    }

    fn access_of(&self, tokens: StoredTokens, auth: AuthKind) -> Arc<Access> {
        Arc::new(Access {
            tokens,
            auth,
            generation: self.generations.fetch_add(1, Ordering::Relaxed),
        })
    }

    /// Tokens that may be used now; renews them when it is time.
    ///
    /// # Errors
    /// The account may not call Zoom, or its expired tokens could not be renewed.
    pub async fn access(self: &Arc<Self>, account: &AccountId) -> Result<Arc<Access>, ZoomError> {
        let seat = self.seat(account);
        let access = self.open(account, &seat).await?;
        if !access.is_due(self.clock.now()) {
            return Ok(access);
        }
        match self.renew(account, access.generation).await {
            Ok(renewed) => Ok(renewed),
            // Renewing early failed: the old token still serves, unless the gate was closed by it.
            Err(error) => match seat.standing() {
                Standing::Open(_) if access.is_valid(self.clock.now()) => {
                    tracing::debug!(%account, %error, "token not renewed early; the present one is used");
                    Ok(access)
                }
                _ => Err(error),
            },
        }
    }

    /// Newer tokens than those of `generation`.
    ///
    /// # Errors
    /// The account may not call Zoom, or Zoom issues no tokens.
    pub async fn renew(self: &Arc<Self>, account: &AccountId, generation: u64) -> Result<Arc<Access>, ZoomError> {
        self.run(account, Purpose::Renew(generation)).await
    }

    /// Renews whatever the age.
    ///
    /// # Errors
    /// As [`Self::renew`].
    pub async fn renew_now(self: &Arc<Self>, account: &AccountId) -> Result<Arc<Access>, ZoomError> {
        let present = self.open(account, &self.seat(account)).await?;
        self.renew(account, present.generation).await
    }

    /// Tries the stored tokens of a closed account once. The gate stays closed until [`Self::reopen`].
    ///
    /// # Errors
    /// As [`Self::renew`].
    pub async fn try_again(self: &Arc<Self>, account: &AccountId) -> Result<Arc<Access>, ZoomError> {
        self.run(account, Purpose::TryAgain).await
    }

    /// Whether requests are refused without being sent.
    #[must_use]
    pub fn is_closed(&self, account: &AccountId) -> bool {
        matches!(self.seat(account).standing(), Standing::Closed(_))
    }

    /// A renewal must not be cut short when its caller is: an answer nobody reads is a lost refresh token. So it runs
    /// as a task of its own, to its end.
    async fn run(self: &Arc<Self>, account: &AccountId, purpose: Purpose) -> Result<Arc<Access>, ZoomError> {
        let (keeper, account) = (Arc::clone(self), account.clone());
        let (tell, told) = oneshot::channel();
        (self.spawn)(
            "zoom-token",
            Box::pin(async move {
                let result = keeper.renew_alone(&account, purpose).await;
                // Nobody may be waiting any more; the tokens are stored all the same.
                drop(tell.send(result));
            }),
        );
        told.await.unwrap_or(Err(ZoomError::Other(Failure::Cancelled)))
    }

    /// Looks the account up on first use.
    async fn open(&self, account: &AccountId, seat: &Seat) -> Result<Arc<Access>, ZoomError> {
        match seat.standing() {
            Standing::Open(access) => return Ok(access),
            Standing::Closed(error) => return Err(error),
            Standing::Unknown => {}
        }
        let _alone = seat.renewal.lock().await;
        self.look_up(account, seat).await
    }

    /// With the seat's lock held.
    async fn look_up(&self, account: &AccountId, seat: &Seat) -> Result<Arc<Access>, ZoomError> {
        match seat.standing() {
            Standing::Open(access) => return Ok(access),
            Standing::Closed(error) => return Err(error),
            Standing::Unknown => {}
        }
        let known = self.registry.account_by_id(account).await?;
        if let Some(error) = barrier(&known) {
            seat.set(Standing::Closed(error.clone()));
            return Err(error);
        }
        let access = self.access_of(self.stored(account, known.auth).await?, known.auth);
        seat.replace(&access)?;
        Ok(access)
    }

    async fn stored(&self, account: &AccountId, auth: AuthKind) -> Result<StoredTokens, ZoomError> {
        match (self.vault.load(account).await?, auth) {
            (Some(tokens), _) => Ok(tokens),
            (None, AuthKind::ServerToServer) => Ok(no_tokens()),
            (None, AuthKind::OAuth) => Err(ZoomError::Reauthorization("no tokens are stored".to_owned())),
        }
    }

    async fn renew_alone(&self, account: &AccountId, purpose: Purpose) -> Result<Arc<Access>, ZoomError> {
        let seat = self.seat(account);
        let _alone = seat.renewal.lock().await;
        let present = match purpose {
            Purpose::Renew(generation) => {
                let present = self.look_up(account, &seat).await?;
                if present.generation != generation {
                    return Ok(present);
                }
                let setup = self.current.get().generation;
                if let Some(error) = seat.stalled(self.clock.now(), setup) {
                    return Err(error);
                }
                present
            }
            Purpose::TryAgain => {
                let auth = self.registry.account_by_id(account).await?.auth;
                self.access_of(self.stored(account, auth).await?, auth)
            }
        };
        let tokens = match seat.unsaved() {
            Some(tokens) => tokens,
            None => match self.obtain(account, &seat, &present).await {
                Ok(tokens) => tokens,
                Err(error) => return Err(self.note(account, &seat, error).await),
            },
        };
        // Dying before this save loses the answer; the intent in the vault tells the next start so.
        reach(CrashPoint::RotationAnswered);
        if let Err(failure) = self.vault.save(account, &tokens).await {
            seat.keep_unsaved(tokens);
            return Err(failure.into());
        }
        reach(CrashPoint::RotationStored);
        seat.settled();
        let access = self.access_of(tokens, present.auth);
        if let Purpose::Renew(_) = purpose {
            seat.replace(&access)?;
        }
        Ok(access)
    }

    /// What follows from a failed renewal: the gate closes, or nobody asks again for a while.
    async fn note(&self, account: &AccountId, seat: &Seat, error: ZoomError) -> ZoomError {
        let setup = self.current.get().generation;
        let now = self.clock.now();
        match error {
            ZoomError::Reauthorization(reason) => self.end(account, seat, reason).await,
            ZoomError::Grant(GrantRefusal {
                kind: RefusalKind::AuthorizationEnded,
                refusal,
            }) => self.end(account, seat, refusal.to_string()).await,
            ZoomError::Grant(refusal) if refusal.kind == RefusalKind::ClientInvalid => {
                // Not the account's fault: our configuration is wrong, and a new one heals it.
                let (_, code, hint) = refusal.kind.explain();
                let fault = Fault::new(Cause::Config, code, refusal.to_string()).hint(hint);
                let error = ZoomError::Other(Failure::Permanent(fault));
                seat.stall(now, setup, LATE, error.clone());
                error
            }
            error => {
                let least = match &error {
                    ZoomError::RateLimited { after, .. } | ZoomError::ZoomDailyLimit { after, .. } => *after,
                    error if error.is_transient() => SOON,
                    // A port of ours failed: it has its own pace.
                    ZoomError::Other(_) => return error,
                    _ => LATE,
                };
                seat.stall(now, setup, least, error.clone());
                error
            }
        }
    }

    /// Zoom rejects the fresh tokens of `generation`: nothing more is sent until a person authorizes again.
    ///
    /// # Errors
    /// That. When the tokens were replaced meanwhile, by the new ones instead.
    pub async fn terminate(
        &self,
        account: &AccountId,
        generation: u64,
        reason: String,
    ) -> Result<Arc<Access>, ZoomError> {
        let seat = self.seat(account);
        let _alone = seat.renewal.lock().await;
        match seat.standing() {
            Standing::Open(newer) if newer.generation != generation => Ok(newer),
            Standing::Closed(error) => Err(error),
            _ => Err(self.end(account, &seat, reason).await),
        }
    }

    async fn end(&self, account: &AccountId, seat: &Seat, reason: String) -> ZoomError {
        let error = ZoomError::Reauthorization(reason.clone());
        // First the gate: also if the state store fails, nothing more is sent. Dying before the state is stored costs
        // one more refused request after the next start.
        seat.set(Standing::Closed(error.clone()));
        let event = Event::ReauthorizationRequired { cause: reason.clone() };
        let change = self.registry.change_account(
            account,
            Box::new(move |account| {
                if account.state == AccountState::Authorized {
                    account.state = AccountState::ReauthorizationRequired;
                }
                if account.state == AccountState::ReauthorizationRequired {
                    account.state_reason = Some(reason);
                }
                Ok(())
            }),
        );
        match change.await {
            Ok(account) => event.log(Some(&account.name), None),
            Err(failure) => {
                event.log(Some(account.as_str()), None);
                tracing::error!(%account, error = %failure, "the account's state is not stored");
            }
        }
        error
    }

    /// The tokens work again: opens the gate and stores the state.
    ///
    /// # Errors
    /// The state store failed; the gate stays closed.
    pub async fn reopen(&self, account: &AccountId, access: &Arc<Access>) -> Result<(), ZoomError> {
        let change = self.registry.change_account(
            account,
            Box::new(|account| {
                if account.state == AccountState::ReauthorizationRequired {
                    account.state = AccountState::Authorized;
                    account.state_reason = None;
                }
                Ok(())
            }),
        );
        let known = change.await?;
        let seat = self.seat(account);
        match barrier(&known) {
            Some(error) => Err(error),
            None => {
                seat.set(Standing::Open(Arc::clone(access)));
                Ok(())
            }
        }
    }

    /// Uses these tokens from now on; stored before first use.
    ///
    /// # Errors
    /// They could not be stored.
    pub async fn adopt(&self, account: &AccountId, grant: Grant) -> Result<(), ZoomError> {
        let seat = self.seat(account);
        let _alone = seat.renewal.lock().await;
        let auth = self.registry.account_by_id(account).await?.auth;
        let tokens = StoredTokens {
            access_token: grant.access_token,
            refresh_token: grant.refresh_token,
            access_expires_at: grant.expires_at,
            refreshed_at: self.clock.now(),
            api_url: grant.api_url,
            rotation_begun_at: None,
        };
        self.vault.save(account, &tokens).await?;
        seat.set(Standing::Open(self.access_of(tokens, auth)));
        Ok(())
    }

    /// Forgets the tokens; the next call looks the account up again.
    ///
    /// # Errors
    /// The vault failed.
    pub async fn forget(&self, account: &AccountId) -> Result<(), ZoomError> {
        let seat = self.seat(account);
        let _alone = seat.renewal.lock().await;
        self.vault.forget(account).await?;
        seat.set(Standing::Unknown);
        Ok(())
    }

    /// Sends nothing more for the account.
    pub fn close(&self, account: &AccountId, failure: Failure) {
        self.seat(account).set(Standing::Closed(ZoomError::Other(failure)));
    }
}
