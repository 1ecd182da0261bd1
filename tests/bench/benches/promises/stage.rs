//! What the parts share: worlds with accounts that are ready to collect, and commands whose time is taken.

use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use bench::{Outcome, bare::Order, bare::Target};
use e2e::{Configuration, World, programs::programs, steps::GROUP};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use zoom_sim::{AccountOptions, HistoryArrays, Options};

/// Limits that nothing here reaches: without it our own pace would be measured.
pub const UNLIMITED: &str = "    heavy: {per_second: 20000, per_day: 900000000}\n    medium: {per_second: 20000}\n    light: {per_second: 20000}\n";

/// A platform without rate limits and with one array of calls in its answers, as a page costs least for everybody.
#[must_use]
pub fn platform(accounts: Vec<AccountOptions>) -> Options {
    Options {
        history_arrays: HistoryArrays::CallHistoryOnly,
        ..e2e::world::prompt(accounts)
    }
}

/// A daemon over a platform.
#[must_use]
pub fn world(options: Options, configure: impl FnOnce(&mut Configuration)) -> World {
    let mut world = World::new(options);
    world.configuration.limits = UNLIMITED.to_owned();
    configure(&mut world.configuration);
    world.start();
    world
}

/// Connects an account without a person and activates it.
pub fn activate(world: &World, name: &str, database: &str, settings: &[&str]) {
    world.ensure_group();
    let id = world.zoom_account(name).account_id();
    let add = ["account", "add", name, "--group", GROUP, "--auth", "server-to-server"];
    let _ = world.json(&[&add[..], &["--zoom-account-id", &id]].concat());
    world.prepare(name, database, settings);
    let _ = world.json(&["cdr", "activate", name, "--wait"]);
}

/// Runs `callsyncctl` as a script would and takes its time.
///
/// # Errors
/// It does not succeed.
pub fn timed(world: &World, arguments: &[&str]) -> Outcome<(Duration, Value)> {
    let started = Instant::now();
    let output = Command::new(&programs().control)
        .arg("--socket")
        .arg(world.socket())
        .arg("--json")
        .args(arguments)
        .stdin(Stdio::null())
        .output()?;
    let took = started.elapsed();
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(format!("callsyncctl {}: {} {said}", arguments.join(" "), output.status).into());
    }
    Ok((took, serde_json::from_slice(&output.stdout)?))
}

/// What the bare program is told to fetch: day by day, as many days as we are asked for.
#[must_use]
pub fn order(world: &World, name: &str, days: i64, target: Target) -> Order {
    let zoom = world.zoom();
    let day = |back: i64| days_ago(zoom.clock().now(), back);
    Order {
        base_url: zoom.base_url(),
        client_id: zoom.client_id(),
        client_secret: zoom.client_secret(),
        account_id: world.zoom_account(name).account_id(),
        spans: (0..=days).rev().map(|back| (day(back), day(back))).collect(),
        target,
    }
}

/// A date.
#[must_use]
pub fn days_ago(now: Timestamp, days: i64) -> String {
    (now - SignedDuration::from_hours(24 * days))
        .strftime("%Y-%m-%d")
        .to_string()
}

/// The middle one of some figures.
#[must_use]
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}

/// A count as a figure.
#[must_use]
pub fn figure(count: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a benchmark has no 2^52 of anything")]
    let figure = count as f64;
    figure
}
