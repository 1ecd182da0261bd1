//! A simulator with a state file outlives a restart: its tokens work, and its calls are the same.

use crate::platform::{Platform, client, options};
use jiff::SignedDuration;
use std::path::Path;
use zoom_sim::{CallSpec, Options, SimError, Simulator};

fn with_state(file: &Path) -> Options {
    Options {
        state: Some(file.to_owned()),
        ..options()
    }
}

/// The platform after a restart, as the same client sees it.
async fn again(options: Options, before: Platform) -> Platform {
    let Platform {
        sim,
        token,
        refresh_token,
        ..
    } = before;
    sim.keep_state().expect("kept");
    sim.stop().await;
    Platform {
        sim: Simulator::start(options).await.expect("started again"),
        http: client(),
        token,
        refresh_token,
    }
}

#[tokio::test]
async fn tokens_and_calls_outlive_a_restart() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("state.json");
    let platform = Platform::start(with_state(&file)).await;
    let added = platform.sim.account(0).add_calls(5);
    let early = platform.sim.account(0).add_call(CallSpec {
        publish_at: Some(platform.sim.clock().now()),
        ..CallSpec::default()
    });
    platform.sim.clock().advance(std::time::Duration::from_secs(3_000));
    let calls = platform.sim.account(0).truth_calls();
    let detail = platform.sim.account(0).truth_detail(&early);
    let people = platform.sim.account(0).truth("users");

    // Later, and the span of the calls is not moved.
    let later = Options {
        clock: platform.sim.clock().clone(),
        ..with_state(&file)
    };
    platform.sim.clock().advance(std::time::Duration::from_secs(300));
    let platform = again(later, platform).await;
    assert_eq!(platform.sim.account(0).truth_calls(), calls);
    assert_eq!(platform.sim.account(0).truth_detail(&early), detail);
    assert_eq!(platform.sim.account(0).truth("users"), people);
    assert_eq!(platform.get("users/me").await.status, 200);
    let renewed = platform.refresh(&platform.refresh_token).await;
    assert_eq!(renewed.status, 200, "{renewed:?}");
    assert_eq!(
        platform.refresh(&platform.refresh_token).await.status,
        400,
        "it was used"
    );
    // What comes now is new.
    let fresh = platform.sim.account(0).add_calls(5);
    assert!(fresh.iter().all(|uuid| !added.contains(uuid)), "{fresh:?}");
}

#[tokio::test]
async fn a_token_is_kept_before_it_is_handed_out() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("state.json");
    let platform = Platform::start(with_state(&file)).await;
    let renewed = platform.refresh(&platform.refresh_token).await;
    // No word of farewell: as if it had been killed.
    platform.sim.stop().await;
    let sim = Simulator::start(with_state(&file)).await.expect("started again");
    let platform = Platform {
        sim,
        http: client(),
        token: renewed.text("access_token").to_owned(),
        refresh_token: renewed.text("refresh_token").to_owned(),
    };
    assert_eq!(platform.get("users/me").await.status, 200);
    assert_eq!(platform.refresh(&platform.refresh_token).await.status, 200);
}

#[tokio::test]
async fn a_state_of_other_options_or_of_something_else_is_refused_with_the_way_out() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("state.json");
    Platform::start(with_state(&file)).await.sim.stop().await;
    let refusal =
        |outcome: Result<Simulator, SimError>| outcome.err().map(|wrong| wrong.to_string()).unwrap_or_default();
    let other = Options {
        seed: 99,
        ..with_state(&file)
    };
    let told = refusal(Simulator::start(other).await);
    assert!(told.contains("--seed") && told.contains("remove it"), "{told}");
    std::fs::write(&file, "not json").expect("written");
    let told = refusal(Simulator::start(with_state(&file)).await);
    assert!(told.contains("no state of zoom-sim"), "{told}");
}

#[tokio::test]
async fn without_a_state_file_a_restart_forgets() {
    let platform = Platform::start(options()).await;
    let later = options();
    later.clock.advance(SignedDuration::from_secs(1).unsigned_abs());
    let platform = again(later, platform).await;
    assert_eq!(platform.get("users/me").await.status, 401);
}
