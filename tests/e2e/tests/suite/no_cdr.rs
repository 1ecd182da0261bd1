//! The no-CDR rule with the real programs on a clock that jumps: six causes injected, six named, none outside the hours,
//! each told once and over once.

use std::{collections::BTreeMap, fs};

use e2e::{
    World,
    configuration::write_secret,
    eventually,
    sinks::{Post, Sink, webhook_receiver},
    time_machine::TimeMachine,
    world::{prompt, small},
};
use jiff::Timestamp;
use serde_json::Value;
use zoom_sim::{Effect, Fault};

/// Accounts by what is going to be wrong with them, and the cause that has to be named.
const CAUSES: [(&str, &str); 6] = [
    ("idle", "no_calls_at_zoom"),
    ("unreachable", "zoom_unreachable"),
    ("revoked", "token"),
    ("limited", "rate_limited"),
    ("homeless", "database"),
    ("paused", "processing_off"),
];

/// Nothing is wrong with it, and its rule knows no nights: by its alert a test sees that everybody was judged.
const SENTINEL: &str = "zz-sentinel";

const OFFICE: [&str; 8] = [
    "--no-cdr-after",
    "6h",
    "--no-cdr-days",
    "mon-fri",
    "--no-cdr-hours",
    "08:00-18:00",
    "--no-cdr-timezone",
    "Europe/Lisbon",
];
const ALWAYS: [&str; 8] = [
    "--no-cdr-after",
    "30m",
    "--no-cdr-days",
    "daily",
    "--no-cdr-hours",
    "00:00-00:00",
    "--no-cdr-timezone",
    "UTC",
];

struct Stage {
    world: World,
    machine: TimeMachine,
    told: Sink<Post>,
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

impl Stage {
    /// Every account has collected a call that ended on Friday 2027-03-05 at 11:58. Lisbon is at UTC in March.
    fn new() -> Option<Self> {
        let friday = at("2027-03-05T12:00:00Z");
        let names = CAUSES.iter().map(|(name, _)| *name).chain([SENTINEL]);
        let options = prompt(names.clone().map(small).collect());
        options.clock.set(friday);
        let mut world = World::new(options);
        let told = webhook_receiver();
        write_secret(&world.home().join("alert-secret"), "secret");
        world.configuration.more = format!(
            "alerts:\n  webhook: {{url: \"http://{}/in\", secret: {{file: {}/alert-secret}}}}\n  holidays: [2027-03-08]\n",
            told.address(),
            world.home().display()
        );
        let machine = TimeMachine::at(&world, friday)?;
        machine.start(&mut world);
        for name in names {
            let rule = if name == SENTINEL { ALWAYS } else { OFFICE };
            let quiet = ["--backfill", "none", "--elements", "off", "--poll-interval", "24h"];
            world.connect(name);
            world.prepare(name, name, &quiet);
            let _ = world.json(&["cdr", "activate", name, "--wait"]);
            let _ = world.fresh_calls(name, 1);
            assert_eq!(world.poll(name)["result"]["added"], 1, "{name}");
            // Only now: what the simulator made up ended on any day before.
            let _ = world.json(&[&["cdr", "set", name], &rule[..]].concat());
        }
        Some(Self { world, machine, told })
    }

    /// Sets the clocks, lets everybody poll, and waits until the monitor has judged all accounts at that time.
    fn go(&self, to: &str) {
        self.travel(to);
        self.judged();
    }

    fn travel(&self, to: &str) {
        self.machine.travel(&self.world, at(to));
        for (name, _) in CAUSES {
            // Whatever comes of it: that is what the causes are about.
            let _ = self.world.ctl(&["cdr", "run", name, "--wait", "--json"]);
        }
    }

    /// On a holiday no rule says anything, not even the sentinel's: it loses its authorization instead.
    fn judged_on_a_holiday(&self) {
        let lost = || {
            let listed = self.world.json(&["alert", "list"]);
            let items = listed["items"].as_array().cloned().unwrap_or_default();
            let is_lost = |alert: &Value| alert["code"] == "reauthorization_required" && alert["account"] == SENTINEL;
            items.iter().any(is_lost)
        };
        let sentinel = self.world.zoom_account(SENTINEL);
        sentinel.revoke_app();
        let _ = self.world.refused(9, &["account", "test", SENTINEL]);
        eventually("the sentinel's other alert", || lost().then_some(()));
        let _ = self.world.json(&["account", "authorize", SENTINEL]);
        let _ = self.world.authorize_as(SENTINEL, &sentinel.owner_email()).ok();
        eventually("its end", || (!lost()).then_some(()));
    }

    /// The sentinel's alert begins and ends: both only when the monitor looks, and it is looked at last.
    fn judged(&self) {
        let sentinel = || self.firing().contains_key(SENTINEL);
        // A change by a person makes the monitor look; here it is one that changes nothing.
        let look = || self.world.json(&["alert", "mute", "webhook_silent", "--for", "0s"]);
        let _ = look();
        eventually("the sentinel's alert", || sentinel().then_some(()));
        let _ = self.world.fresh_calls(SENTINEL, 1);
        let _ = self.world.poll(SENTINEL);
        let _ = look();
        eventually("the end of the sentinel's alert", || (!sentinel()).then_some(()));
    }

    /// The causes of the alerts that hold, by account.
    fn firing(&self) -> BTreeMap<String, String> {
        let listed = self.world.json(&["alert", "list"]);
        let text = |alert: &Value, name: &str| alert[name].as_str().unwrap_or_default().to_owned();
        let items = listed["items"].as_array().cloned().unwrap_or_default();
        let of_rule = items.iter().filter(|alert| alert["code"] == "no_cdr");
        of_rule
            .map(|alert| (text(alert, "account"), text(alert, "cause")))
            .collect()
    }

    /// What the webhook was told of the rule, without the sentinel's: account, state, cause.
    fn posts(&self) -> Vec<(String, String, String)> {
        let documents = self
            .told
            .taken()
            .into_iter()
            .map(|post| serde_json::from_str::<Value>(&post.body).expect("a document"));
        documents
            .filter(|document| document["code"] == "no_cdr" && document["account"] != SENTINEL)
            .map(|document| {
                let text = |name: &str| document[name].as_str().unwrap_or_default().to_owned();
                (text("account"), text("state"), text("cause"))
            })
            .collect()
    }

    fn restart(&mut self) {
        self.world.daemon().kill();
        self.machine.start(&mut self.world);
    }

    fn break_the_others(&self) {
        let world = &self.world;
        let zoom = world.zoom();
        zoom.fault(Fault::standing("/v2/", 1, Effect::Reset).for_account("unreachable"));
        let daily = Effect::TooManyDaily { retry_after: None };
        zoom.fault(Fault::standing("/v2/phone/call_history", 1, daily).for_account("limited"));
        world.zoom_account("revoked").revoke_app();
        let _ = world.refused(9, &["account", "test", "revoked"]);
        let _ = world.json(&["cdr", "deactivate", "paused", "--yes"]);
    }

    /// From now on nobody can read when the last call was; the last good poll was at noon.
    fn lose_a_database(&mut self) {
        self.world.daemon().stop();
        let (file, aside) = self.homeless();
        fs::rename(file, aside).expect("moved");
        self.machine.start(&mut self.world);
    }

    fn mend_everything(&self) {
        let world = &self.world;
        world.zoom().clear_faults();
        let _ = world.json(&["account", "authorize", "revoked"]);
        let owner = world.zoom_account("revoked").owner_email();
        let _ = world.authorize_as("revoked", &owner).ok();
        let _ = world.json(&["cdr", "activate", "paused"]);
        let (file, aside) = self.homeless();
        fs::rename(aside, file).expect("moved back");
    }

    fn homeless(&self) -> (std::path::PathBuf, std::path::PathBuf) {
        (self.world.database_file("homeless"), self.world.home().join("aside.db"))
    }
}

#[test]
fn six_causes_are_named_none_outside_its_hours_and_each_recovers_once() {
    let Some(mut stage) = Stage::new() else { return };
    stage.lose_a_database();
    // Five hours of silence are not six.
    stage.go("2027-03-05T17:00:00Z");
    assert_eq!(stage.firing(), BTreeMap::new(), "within the limit");
    stage.break_the_others();
    // Six hours are over only outside the hours: in the evening, at night, at the weekend, on the holiday.
    for outside in ["2027-03-05T18:30:00Z", "2027-03-06T12:00:00Z"] {
        stage.go(outside);
        assert_eq!(stage.firing(), BTreeMap::new(), "outside the hours: {outside}");
    }
    stage.travel("2027-03-08T12:00:00Z");
    stage.judged_on_a_holiday();
    assert_eq!(stage.firing(), BTreeMap::new(), "on the holiday");
    stage.go("2027-03-09T07:30:00Z");
    assert_eq!(stage.firing(), BTreeMap::new(), "before the hours");
    stage.restart();

    stage.go("2027-03-09T08:30:00Z");
    let expected: BTreeMap<String, String> = CAUSES
        .iter()
        .map(|(name, cause)| ((*name).to_owned(), (*cause).to_owned()))
        .collect();
    eventually("all six causes", || (stage.firing() == expected).then_some(()));
    let all_told = |state: &str, posts: usize| {
        eventually("what the webhook is told", || {
            (stage.posts().len() >= posts).then_some(())
        });
        let told: Vec<_> = stage.posts().into_iter().filter(|post| post.1 == state).collect();
        let by_account: BTreeMap<String, String> = told.iter().map(|post| (post.0.clone(), post.2.clone())).collect();
        assert_eq!(
            (told.len(), &by_account),
            (6, &expected),
            "each once, with its cause: {told:?}"
        );
    };
    all_told("firing", 6);

    // Neither time, nor a night, nor a restart tells it again or ends it.
    for later in ["2027-03-09T12:00:00Z", "2027-03-09T19:00:00Z"] {
        stage.go(later);
        assert_eq!(stage.firing(), expected, "{later}");
    }
    stage.world.daemon().kill();
    stage.machine.start(&mut stage.world);
    stage.go("2027-03-10T08:30:00Z");
    assert_eq!(stage.firing(), expected, "a restart changes nothing");
    assert_eq!(stage.posts().len(), 6, "{:?}", stage.posts());

    stage.mend_everything();
    // Zoom's daily limit ends with its day, which a running daemon waits out by the clock that nobody can move.
    stage.restart();
    stage.go("2027-03-11T08:30:00Z");
    for (name, _) in CAUSES {
        let _ = stage.world.fresh_calls(name, 1);
        eventually("a poll that works", || {
            (stage.world.ctl(&["cdr", "run", name, "--wait", "--json"]).code == 0).then_some(())
        });
    }
    eventually("the end of all six", || stage.firing().is_empty().then_some(()));
    eventually("what the webhook is told of the end", || {
        (stage.posts().len() >= 12).then_some(())
    });
    stage.go("2027-03-11T09:30:00Z");
    let posts = stage.posts();
    let ended: Vec<&str> = posts
        .iter()
        .filter(|post| post.1 == "resolved")
        .map(|post| post.0.as_str())
        .collect();
    let mut names: Vec<&str> = CAUSES.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    let mut sorted = ended.clone();
    sorted.sort_unstable();
    assert_eq!((posts.len(), sorted), (12, names), "one recovery each: {posts:?}");
}
