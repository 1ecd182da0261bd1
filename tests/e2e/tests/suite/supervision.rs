//! What systemd is told, through a real notification socket.

use std::{fs, time::Duration};

use e2e::{
    World,
    daemon::Launch,
    service_manager::ServiceManager,
    world::{prompt, small},
};
use rustix::process::Signal;

#[test]
fn systemd_hears_ready_status_watchdog_reloading_and_stopping_in_their_order() {
    let world = World::new(prompt(vec![small("acme")]));
    world.configuration.write(world.home());
    let mut systemd = ServiceManager::listen(world.home());
    let mut daemon = Launch::new(world.home())
        .variable("NOTIFY_SOCKET", systemd.path())
        .variable("WATCHDOG_USEC", "400000")
        .spawn();
    systemd.hear("READY=1");
    daemon.wait_ready(&world.socket());
    assert!(world.socket().exists(), "ready means that the socket answers");
    let status = systemd
        .heard()
        .iter()
        .flat_map(|message| message.lines())
        .find(|line| line.starts_with("STATUS="));
    assert!(
        status.is_some_and(|line| line.len() > "STATUS=".len()),
        "{:?}",
        systemd.heard()
    );
    for _ in 0..3 {
        systemd.hear("WATCHDOG=1");
    }
    daemon.signal(Signal::HUP);
    systemd.hear("RELOADING=1");
    let reloading = systemd.heard().last().cloned().unwrap_or_default();
    assert!(
        reloading.contains("MONOTONIC_USEC="),
        "a reload carries its time: {reloading}"
    );
    systemd.hear("READY=1");
    // A refused reload ends the same way: the service is as ready as before.
    fs::write(world.home().join("callsyncd.yaml"), "nonsense: 1\n").expect("a file");
    daemon.signal(Signal::HUP);
    systemd.hear("RELOADING=1");
    systemd.hear("READY=1");
    daemon.signal(Signal::TERM);
    systemd.hear("STOPPING=1");
    let end = daemon.wait_end(Duration::from_secs(20));
    assert!(end.success(), "{}", daemon.said());
}

#[test]
fn without_systemd_nothing_is_sent_anywhere() {
    let mut world = World::small();
    let _ = world.ctl(&["status"]).ok();
    world.daemon().stop();
    assert!(!world.said().contains("notified"), "{}", world.said());
}
