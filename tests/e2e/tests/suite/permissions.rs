//! Who may do what: strangers nothing, viewers read, administrators everything, and all of it is written down.

use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf, process::Command};

use e2e::{Outcome, World, control_program::CommandLine, programs::programs, world::prompt, world::small};
use serde_json::Value;

/// Two groups that every Linux system has; nothing is added to the system for a test.
const VIEWERS: &str = "games";
const ADMINS: &str = "users";
/// A user id that nobody has.
const UID: &str = "54321";

fn group_id(name: &str) -> Option<String> {
    let groups = fs::read_to_string("/etc/group").ok()?;
    let line = groups.lines().find(|line| line.split(':').next() == Some(name))?;
    line.split(':').nth(2).map(str::to_owned)
}

struct Stage {
    world: World,
    viewer: String,
    admin: String,
    program: PathBuf,
}

/// Only root can act as others; elsewhere the test says that it did not run.
fn stage(viewers: Option<&str>) -> Option<Stage> {
    let (Some(viewer), Some(admin)) = (group_id(VIEWERS), group_id(ADMINS)) else {
        e2e::skipping::skip(&format!("the groups {VIEWERS} and {ADMINS} do not exist here"));
        return None;
    };
    let can_act = Command::new("setpriv")
        .args(["--reuid", UID, "--clear-groups", "true"])
        .status();
    if !can_act.is_ok_and(|status| status.success()) {
        e2e::skipping::without_root("acting as another user takes root and setpriv");
        return None;
    }
    let mut world = World::new(prompt(vec![small("acme"), small("globex")]));
    world.configuration.group = VIEWERS.to_owned();
    world.configuration.admin_group = ADMINS.to_owned();
    world.configuration.viewers = viewers.map(str::to_owned);
    fs::set_permissions(world.home().join("run"), fs::Permissions::from_mode(0o755)).expect("the mode of run");
    world.start();
    // The build may lie where others cannot reach it.
    let program = world.home().join("callsyncctl");
    fs::copy(&programs().control, &program).expect("a copy of callsyncctl");
    Some(Stage {
        world,
        viewer,
        admin,
        program,
    })
}

impl Stage {
    fn run(&self, groups: &[&str], arguments: &[&str]) -> Outcome {
        let groups = groups.join(",");
        let mut prefix = vec!["setpriv", "--reuid", UID, "--regid", UID];
        if groups.is_empty() {
            prefix.push("--clear-groups")
        } else {
            prefix.extend(["--groups", &groups])
        }
        CommandLine::new(&self.program, &self.world.socket(), arguments)
            .through(&prefix)
            .run()
    }

    fn as_stranger(&self, arguments: &[&str]) -> Outcome {
        self.run(&[], arguments)
    }

    fn as_viewer(&self, arguments: &[&str]) -> Outcome {
        self.run(&[&self.viewer], arguments)
    }

    fn as_admin(&self, arguments: &[&str]) -> Outcome {
        self.run(&[&self.viewer, &self.admin], arguments)
    }

    fn audit(&self) -> Vec<Value> {
        self.world.json(&["audit", "list"])["items"]
            .as_array()
            .cloned()
            .unwrap_or_default()
    }
}

#[test]
fn a_stranger_is_refused_by_the_kernel_and_if_not_by_the_daemon() {
    let Some(stage) = stage(None) else { return };
    let mode = fs::metadata(stage.world.socket()).map(|meta| meta.permissions().mode() & 0o777);
    assert_eq!(mode.ok(), Some(0o660), "the socket is for its group");
    let error = stage.as_stranger(&["status", "--json"]).ended_with(4).error();
    assert!(error["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "{error}");
    // Even where the file system lets somebody in, the peer's credentials decide.
    fs::set_permissions(stage.world.socket(), fs::Permissions::from_mode(0o666)).expect("the mode of the socket");
    for arguments in [
        &["status", "--json"][..],
        &["group", "add", "Mine", "--json"],
        &["account", "list", "--json"],
    ] {
        let outcome = stage.as_stranger(arguments).ended_with(4);
        assert!(outcome.stdout.is_empty(), "a stranger learns nothing: {outcome:?}");
    }
    let audit = stage.audit();
    let refusals: Vec<&Value> = audit
        .iter()
        .filter(|entry| entry["role"] == "refused" && entry["uid"] == 54321)
        .collect();
    assert_eq!(refusals.len(), 3, "every refusal is on record: {audit:#?}");
    assert!(
        refusals.iter().all(|entry| entry["outcome"] == "refused"),
        "{refusals:#?}"
    );
}

#[test]
fn a_viewer_may_read_and_not_write() {
    let Some(stage) = stage(None) else { return };
    stage.world.connect("acme");
    let readable: [&[&str]; 6] = [
        &["status"],
        &["account", "list"],
        &["account", "show", "acme"],
        &["group", "list"],
        &["server", "list"],
        &["job", "list"],
    ];
    for arguments in readable {
        let _ = stage.as_viewer(arguments).ok();
    }
    let before = stage.audit().len();
    let writing: [&[&str]; 8] = [
        &["group", "add", "Mine"],
        &["account", "rename", "acme", "mine"],
        &["account", "remove", "acme", "--yes"],
        &["cdr", "set", "acme", "--enable", "--server", "local", "--database", "x"],
        &["cdr", "create-database", "acme"],
        &["cdr", "run", "acme"],
        &["cdr", "reconcile", "acme"],
        &["sync", "run", "acme"],
    ];
    for arguments in writing {
        let error = stage
            .as_viewer(&[arguments, &["--json"]].concat())
            .ended_with(4)
            .error();
        assert!(error["message"].is_string(), "{error}");
        let dry = stage.as_viewer(&[arguments, &["--dry-run"]].concat());
        assert_eq!(dry.code, 4, "what may not be done may not be tried out either: {dry:?}");
    }
    let audit = stage.audit();
    let refused = audit
        .iter()
        .filter(|entry| entry["role"] == "viewer" && entry["outcome"] == "refused")
        .count();
    assert!(
        refused >= writing.len(),
        "every refusal is on record: {:#?}",
        &audit[before..]
    );
    assert_eq!(stage.world.json(&["account", "show", "acme"])["name"], "acme");
}

#[test]
fn an_administrator_by_group_may_do_everything_and_every_change_is_on_record() {
    let Some(stage) = stage(None) else { return };
    let _ = stage.as_admin(&["group", "add", "Sales"]).ok();
    let _ = stage
        .as_admin(&["group", "set", "Sales", "--main-contact", "boss@example.com"])
        .ok();
    let _ = stage.as_admin(&["group", "rename", "Sales", "Selling"]).ok();
    let _ = stage.as_admin(&["account", "add", "acme", "--group", "Selling"]).ok();
    let _ = stage.as_admin(&["account", "remove", "acme", "--yes"]).ok();
    let _ = stage.as_admin(&["group", "remove", "Selling", "--yes"]).ok();
    let _ = stage.as_admin(&["group", "remove", "Selling", "--yes"]).ended_with(5);
    let audit = stage.audit();
    let by_admin: Vec<&Value> = audit
        .iter()
        .filter(|entry| entry["uid"] == 54321 && entry["role"] == "admin")
        .collect();
    let actions: Vec<String> = by_admin
        .iter()
        .map(|entry| entry["action"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert!(actions.len() >= 6, "{actions:?}");
    let seqs: Vec<u64> = audit.iter().filter_map(|entry| entry["seq"].as_u64()).collect();
    let mut sorted = seqs.clone();
    sorted.sort_unstable();
    assert_eq!(
        sorted,
        (1..=seqs.len() as u64).collect::<Vec<_>>(),
        "no hole in the log"
    );
    let renamed = by_admin
        .iter()
        .find(|entry| entry["before"]["name"] == "Sales" && entry["after"]["name"] == "Selling");
    let renamed = renamed.unwrap_or_else(|| panic!("before and after of the rename: {by_admin:#?}"));
    assert!(renamed["pid"].as_i64() > Some(0) && renamed["hash"].as_str().is_some_and(|hash| hash.len() == 64));
    let failed = by_admin.iter().filter(|entry| entry["outcome"] == "failed").count();
    assert_eq!(failed, 1, "the removal of a group that was gone: {by_admin:#?}");
}

#[test]
fn a_restricted_viewer_sees_only_the_enterprise_groups_granted() {
    let Some(stage) = stage(Some(&format!("[{{group: {VIEWERS}, enterprise_groups: [\"Open\"]}}]"))) else {
        return;
    };
    for (group, account) in [("Open", "visible"), ("Closed", "hidden")] {
        let _ = stage.world.ctl(&["group", "add", group]).ok();
        let _ = stage.world.ctl(&["account", "add", account, "--group", group]).ok();
    }
    let listed = stage.as_viewer(&["account", "list", "--json"]).ok().json();
    let names: Vec<&str> = listed["items"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|account| account["name"].as_str())
        .collect();
    assert_eq!(names, ["visible"]);
    let _ = stage.as_viewer(&["account", "show", "visible"]).ok();
    let hidden = stage
        .as_viewer(&["account", "show", "hidden", "--json"])
        .ended_with(5)
        .error();
    let absent = stage
        .as_viewer(&["account", "show", "absent", "--json"])
        .ended_with(5)
        .error();
    assert_eq!(
        hidden["code"], absent["code"],
        "what is hidden looks like what does not exist"
    );
    for arguments in [
        &["status", "--json"][..],
        &["group", "list", "--json"],
        &["job", "list", "--json"],
    ] {
        let outcome = stage.as_viewer(arguments).ok();
        assert!(
            !outcome.stdout.contains("hidden") && !outcome.stdout.contains("Closed"),
            "{outcome:?}"
        );
    }
    let everything = stage.as_admin(&["account", "list", "--json"]).ok().json();
    assert_eq!(everything["items"].as_array().map(Vec::len), Some(2));
}
