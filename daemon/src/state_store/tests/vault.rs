//! Tokens: sealed on disk, never in a log, gone when forgotten.

use std::{
    io::Write,
    path::Path,
    sync::{Arc, Mutex},
};

use rusqlite::Connection;
use secrecy::{ExposeSecret, SecretString};
use tracing_subscriber::layer::SubscriberExt;

use super::{account, code, id, open, time, with_group};
use crate::{
    domain::account::PendingAuthorization,
    ports::state::{Registry, StoredTokens, TokenVault},
    state_store::StateStore,
};

const ACCESS: &str = "access-hunter2";
const REFRESH: &str = "refresh-hunter2";
const VERIFIER: &str = "verifier-hunter2";

fn tokens() -> StoredTokens {
    StoredTokens {
        access_token: SecretString::from(ACCESS),
        refresh_token: Some(SecretString::from(REFRESH)),
        access_expires_at: time("2026-01-01T01:00:00Z"),
        refreshed_at: time("2026-01-01T00:00:00.25Z"),
        api_url: Some("https://api-eu.zoom.us".to_owned()),
        rotation_begun_at: None,
    }
}

async fn with_tokens(path: &Path) -> StateStore {
    let store = with_group(path).await;
    for (name, text) in [("a", "A"), ("b", "B")] {
        let mut new = account(name, text);
        new.pending = Some(PendingAuthorization {
            url: "https://zoom.us/oauth/authorize".to_owned(),
            state: "state".to_owned(),
            verifier: VERIFIER.to_owned(),
            expires_at: time("2026-01-01T01:00:00Z"),
        });
        store.add_account(new).await.expect("added");
        store.save(&id(name), &tokens()).await.expect("saved");
    }
    store
}

#[tokio::test]
async fn tokens_survive_a_restart() {
    let outer = tempfile::tempdir().expect("a directory");
    drop(with_tokens(outer.path()).await);
    let store = open(outer.path());
    let kept = store.load(&id("a")).await.expect("read").expect("there");
    assert_eq!(kept.access_token.expose_secret(), ACCESS);
    assert_eq!(
        kept.refresh_token.as_ref().map(|token| token.expose_secret()),
        Some(REFRESH)
    );
    assert_eq!(kept.access_expires_at, tokens().access_expires_at);
    assert_eq!(kept.refreshed_at, tokens().refreshed_at);
    assert_eq!(kept.api_url, tokens().api_url);
    assert_eq!(kept.rotation_begun_at, None);
    assert_eq!(
        store
            .account("A")
            .await
            .expect("read")
            .pending
            .expect("pending")
            .verifier,
        VERIFIER
    );
    assert!(store.load(&id("nobody")).await.expect("read").is_none());
    assert_eq!(code(store.save(&id("nobody"), &tokens()).await), "account_not_found");
}

#[tokio::test]
async fn a_rotation_that_was_begun_is_remembered_until_its_answer_is_saved() {
    let outer = tempfile::tempdir().expect("a directory");
    let store = with_tokens(outer.path()).await;
    let begun = time("2026-01-01T00:50:00.5Z");
    store.begin_rotation(&id("a"), begun).await.expect("noted");
    drop(store);
    let store = open(outer.path());
    let kept = store.load(&id("a")).await.expect("read").expect("there");
    assert_eq!(kept.rotation_begun_at, Some(begun));
    assert_eq!(
        kept.refresh_token.as_ref().map(|token| token.expose_secret()),
        Some(REFRESH),
        "the old one"
    );
    // What the caller has in the field does not matter: the answer is there.
    store.save(&id("a"), &kept).await.expect("saved");
    assert_eq!(
        store
            .load(&id("a"))
            .await
            .expect("read")
            .expect("there")
            .rotation_begun_at,
        None
    );
    let mut bare = tokens();
    bare.refresh_token = None;
    store.save(&id("b"), &bare).await.expect("saved");
    assert!(
        store
            .load(&id("b"))
            .await
            .expect("read")
            .expect("there")
            .refresh_token
            .is_none()
    );
}

#[tokio::test]
async fn no_secret_is_readable_in_any_file() {
    let outer = tempfile::tempdir().expect("a directory");
    let store = with_tokens(outer.path()).await;
    let scan = || {
        let mut bytes = 0;
        for entry in std::fs::read_dir(outer.path()).expect("listed") {
            let content = std::fs::read(entry.expect("an entry").path()).expect("read");
            bytes += content.len();
            assert!(!content.windows(7).any(|window| window == b"hunter2"));
        }
        assert!(bytes > 4_096);
    };
    scan();
    store.flush().await.expect("flushed");
    scan();
}

#[tokio::test]
async fn a_sealed_token_moved_to_another_account_does_not_open() {
    let outer = tempfile::tempdir().expect("a directory");
    drop(with_tokens(outer.path()).await);
    let connection = Connection::open(outer.path().join("state.db")).expect("opened");
    connection
        .execute_batch(
            "UPDATE token SET sealed_access_token = (SELECT sealed_access_token FROM token WHERE account_id = 'a')
                WHERE account_id = 'b';
            UPDATE account SET sealed_pending_verifier =
                (SELECT sealed_refresh_token FROM token WHERE account_id = 'a') WHERE id = 'a'",
        )
        .expect("moved");
    drop(connection);
    let store = open(outer.path());
    assert_eq!(code(store.load(&id("b")).await), "state_store");
    assert!(store.load(&id("a")).await.is_ok());
    assert_eq!(code(store.account("A").await), "state_store");
}

#[tokio::test]
async fn forgotten_tokens_and_those_of_a_removed_account_are_gone() {
    let outer = tempfile::tempdir().expect("a directory");
    let store = with_tokens(outer.path()).await;
    store.forget(&id("a")).await.expect("forgotten");
    assert!(store.load(&id("a")).await.expect("read").is_none());
    store.forget(&id("a")).await.expect("nothing to forget");
    store
        .begin_rotation(&id("a"), time("2026-01-01T00:00:00Z"))
        .await
        .expect("nothing to note");
    store.remove_account(&id("b")).await.expect("removed");
    assert!(store.load(&id("b")).await.expect("read").is_none());
    assert_eq!(code(store.remove_account(&id("b")).await), "account_not_found");
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn neither_a_log_at_trace_nor_debug_output_holds_a_secret() {
    let lines = Lines::default();
    let writer = lines.clone();
    let layer = tracing_subscriber::fmt::layer().with_writer(move || writer.clone());
    let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
    let outer = tempfile::tempdir().expect("a directory");
    let store = with_tokens(outer.path()).await;
    let kept = store.load(&id("a")).await.expect("read");
    let account = store.account("A").await.expect("read");
    tracing::info!(?kept, ?account, "read");
    tracing::error!(error = ?store.save(&id("nobody"), &tokens()).await, "not saved");
    drop(guard);
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).expect("text");
    assert!(
        text.contains("not saved") && text.contains("PendingAuthorization"),
        "{text}"
    );
    assert!(!text.contains("hunter2"), "{text}");
}
