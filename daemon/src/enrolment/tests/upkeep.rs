//! Tokens of idle accounts: renewed within a week, busy and closed ones left alone.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jiff::SignedDuration;
use secrecy::SecretString;

use super::fakes::{NOW, world};
use crate::{
    domain::{
        account::{AccountId, AccountState, AuthKind},
        clock::Clock as _,
        failure::Outcome,
    },
    enrolment::TokenUpkeep,
    jobs::Jobs,
    ports::{
        jobs::JobQueue as _,
        state::{Job, JobBook, JobKind, StoredTokens, TokenVault},
    },
};

/// One refresh token for everybody.
struct OneAge(Mutex<jiff::Timestamp>);

#[async_trait]
impl TokenVault for OneAge {
    async fn load(&self, _: &AccountId) -> Outcome<Option<StoredTokens>> {
        let refreshed_at = *self.0.lock().expect("alone");
        Ok(Some(StoredTokens {
            access_token: SecretString::from("a"),
            refresh_token: Some(SecretString::from("r")),
            access_expires_at: refreshed_at,
            refreshed_at,
            api_url: None,
            rotation_begun_at: None,
        }))
    }
    async fn begin_rotation(&self, _: &AccountId, _: jiff::Timestamp) -> Outcome<()> {
        unreachable!("nothing is rotated here")
    }
    async fn save(&self, _: &AccountId, _: &StoredTokens) -> Outcome<()> {
        unreachable!("nothing is rotated here")
    }
    async fn forget(&self, _: &AccountId) -> Outcome<()> {
        unreachable!("nothing is forgotten here")
    }
}

/// Keeps nothing.
struct NoHistory;

#[async_trait]
impl JobBook for NoHistory {
    async fn add_job(&self, _: Job) -> Outcome<()> {
        Ok(())
    }
    async fn save_job(&self, _: &Job) -> Outcome<()> {
        Ok(())
    }
    async fn job(&self, _: &str) -> Outcome<Job> {
        unreachable!("nobody asks")
    }
    async fn jobs(&self, _: Option<&AccountId>, _: usize) -> Outcome<Vec<Job>> {
        Ok(Vec::new())
    }
    async fn unfinished_jobs(&self) -> Outcome<Vec<Job>> {
        Ok(Vec::new())
    }
    async fn prune_jobs(&self, _: usize) -> Outcome<u64> {
        Ok(0)
    }
}

#[tokio::test]
async fn idle_tokens_are_renewed_within_a_week_and_others_are_left_alone() {
    let world = world();
    let clock = Arc::new(world.clock.clone());
    let vault = Arc::new(OneAge(Mutex::new(NOW.parse().expect("a time"))));
    let jobs = Jobs::new(Arc::new(NoHistory), Arc::clone(&clock) as _);
    let upkeep = TokenUpkeep {
        registry: Arc::clone(&world.registry) as _,
        vault: Arc::clone(&vault) as _,
        zoom: Arc::clone(&world.zoom) as _,
        jobs: Arc::new(jobs.clone()),
        clock: Arc::clone(&clock) as _,
    };
    let enrolment = world.enrolment();
    let added = enrolment
        .add_account(
            crate::enrolment::NewAccount {
                name: "Acme".to_owned(),
                group: "Sales".to_owned(),
                auth: AuthKind::OAuth,
                zoom_account_id: None,
            },
            false,
        )
        .await
        .expect("added");
    let id = added.id;
    let set = |state: AccountState| world.registry.accounts.lock().expect("alone")[0].state = state;
    let asked = || jobs.unfinished(JobKind::Token, &id).is_some();

    set(AccountState::Authorized);
    world.clock.advance(SignedDuration::from_hours(5 * 24));
    upkeep.ask().await.expect("asked");
    assert!(!asked(), "five days are no danger");
    world.clock.advance(SignedDuration::from_hours(25));
    set(AccountState::ReauthorizationRequired);
    upkeep.ask().await.expect("asked");
    assert!(!asked(), "nothing is sent for a closed account");
    set(AccountState::Authorized);
    *vault.0.lock().expect("alone") = world.clock.now();
    upkeep.ask().await.expect("asked");
    assert!(!asked(), "somebody has renewed it");
    world.clock.advance(SignedDuration::from_hours(6 * 24));
    upkeep.ask().await.expect("asked");
    assert!(asked());
}
