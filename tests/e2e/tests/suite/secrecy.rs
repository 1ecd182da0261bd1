//! Secrets stay where they belong: not in arguments, environments, logs, documents, or readable files.

use std::{
    fs,
    io::Write as _,
    os::unix::process::ExitStatusExt as _,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use e2e::{
    World, configuration::write_secret, control_program, eventually, skipping::skip, webhook::SECRET, world::prompt,
    world::small,
};
use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};
use sha2::{Digest as _, Sha256};

/// Text that must not appear, and a way to recognise what cannot be known beforehand.
struct Secrets {
    known: Vec<String>,
    /// S256 challenges of the authorize URLs; a verifier hashes to one of them.
    challenges: Vec<String>,
}

impl Secrets {
    fn leaks(&self, text: &[u8]) -> Vec<String> {
        let text = String::from_utf8_lossy(text);
        let mut found: Vec<String> = self
            .known
            .iter()
            .filter(|secret| text.contains(*secret))
            .cloned()
            .collect();
        let unreserved = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
        for word in text.split(|c| !unreserved(c)).filter(|word| word.len() >= 43) {
            // Tokens of the platform look like a JWT; nothing else in this system does.
            if word.match_indices("eyJ").any(|(at, _)| is_token(&word[at..])) {
                found.push(word.to_owned());
            }
            if self.is_verifier(word) {
                found.push(format!("verifier {word}"));
            }
        }
        found
    }

    fn is_verifier(&self, word: &str) -> bool {
        let hashes_to_challenge = |word: &str| {
            self.challenges
                .contains(&URL_SAFE_NO_PAD.encode(Sha256::digest(word.as_bytes())))
        };
        let lengths = [43_usize, 64, 86, 128, word.len()];
        lengths
            .into_iter()
            .filter(|length| *length <= word.len())
            .any(|length| (0..=word.len() - length).any(|start| hashes_to_challenge(&word[start..start + length])))
    }
}

fn is_token(text: &str) -> bool {
    let first = text.split('.').next().unwrap_or_default();
    first.len() > 100 && text.matches('.').count() >= 2
}

fn challenge(url: &str) -> String {
    let rest = url.split("code_challenge=").nth(1).unwrap_or_default();
    rest.split('&').next().unwrap_or_default().to_owned()
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.is_file() {
            found.push(path);
        }
    }
    found
}

/// What any local user may read of a process.
fn visible(pid: u32) -> Vec<u8> {
    ["cmdline", "environ"]
        .iter()
        .flat_map(|name| fs::read(format!("/proc/{pid}/{name}")).unwrap_or_default())
        .collect()
}

#[test]
fn no_log_document_or_stored_file_holds_a_secret() {
    let mut world = World::new(prompt(vec![small("acme")]));
    world.configuration.log_level = "trace";
    let key = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    write_secret(&world.home().join("master.key"), key);
    let home = world.home().display().to_string();
    world.configuration.more = format!("secrets:\n  master_key: {{file: {home}/master.key}}\n");
    let port = world.listen("");
    world.start();

    let mut shown = Vec::new();
    let mut challenges = Vec::new();
    let added = world.ctl(&["account", "add", "x", "--group", "none", "--json"]);
    shown.push(added);
    let _ = world.add_account("acme");
    challenges.push(challenge(&world.authorize_url("acme")));
    shown.push(world.paste("acme", "AWrongCodeThatWasPastedByMistake"));
    let grant = world
        .zoom()
        .authorize(&world.authorize_url("acme"), &world.zoom_account("acme").owner_email())
        .expect("consent");
    challenges.push(challenge(&world.authorize_url("acme")));
    shown.push(world.paste("acme", &grant.redirect_url).ok());
    shown.push(world.paste("acme", &grant.redirect_url));
    world.prepare("acme", "acme", &["--backfill", "7d"]);
    shown.push(world.ctl(&["cdr", "activate", "acme", "--wait", "--json"]).ok());
    world.zoom_account("acme").expire_access_tokens();
    let _ = world.poll("acme");
    assert_eq!(port.post("{}"), 400);
    assert_eq!(port.post_with("x-zm-signature: v0=00\r\n", "{}").status, 401);
    let verbs: [&[&str]; 19] = [
        &["status"],
        &["health"],
        &["doctor"],
        &["events"],
        &["metrics"],
        &["alert", "list"],
        &["audit", "verify"],
        &["server", "test", "local"],
        &["sync", "status", "acme"],
        &["account", "show", "acme"],
        &["account", "list"],
        &["account", "test", "acme"],
        &["audit", "list"],
        &["config", "show"],
        &["config", "check"],
        &["job", "list"],
        &["cdr", "show", "acme"],
        &["calls", "list", "acme"],
        &["directory", "list", "acme"],
    ];
    for verb in verbs {
        for outcome in [world.ctl(verb), world.ctl(&[verb, &["--json"]].concat())] {
            // Health may have something to say, and metrics are not JSON.
            assert!(matches!(outcome.code, 0 | 1 | 2 | 14), "{outcome:?}");
            shown.push(outcome);
        }
    }
    world.daemon().stop();

    let secrets = Secrets {
        known: vec![
            world.zoom().client_secret(),
            grant.code,
            "AWrongCodeThatWasPastedByMistake".to_owned(),
            key.to_owned(),
            SECRET.to_owned(),
        ],
        challenges,
    };
    for outcome in &shown {
        assert_eq!(
            secrets.leaks(outcome.stdout.as_bytes()),
            Vec::<String>::new(),
            "{outcome:?}"
        );
        assert_eq!(
            secrets.leaks(outcome.stderr.as_bytes()),
            Vec::<String>::new(),
            "{outcome:?}"
        );
    }
    let said = world.said();
    assert!(said.len() > 1_000, "the log at trace level says something");
    for file in files(world.home()) {
        let own = ["client-secret", "master.key", "webhook-secret"]
            .iter()
            .any(|name| file.ends_with(name));
        if !own {
            let content = fs::read(&file).unwrap_or_default();
            assert_eq!(secrets.leaks(&content), Vec::<String>::new(), "{}", file.display());
        }
    }
}

#[test]
fn the_test_for_leaks_finds_leaks() {
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let secrets = Secrets {
        known: vec!["hush".to_owned()],
        challenges: vec!["E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".to_owned()],
    };
    let token = format!("Bearer eyJ{}.{}.x", "a".repeat(120), "b".repeat(500));
    for text in [
        format!("verifier={verifier}"),
        format!("zz{verifier}"),
        token,
        "hush!".to_owned(),
    ] {
        assert_eq!(secrets.leaks(text.as_bytes()).len(), 1, "{text}");
    }
    assert!(secrets.leaks(b"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM").is_empty());
}

#[test]
fn nobody_sees_a_code_or_secret_in_the_process_list() {
    let mut world = World::small();
    let _ = world.add_account("acme");
    let grant = world
        .zoom()
        .authorize(&world.authorize_url("acme"), &world.zoom_account("acme").owner_email())
        .expect("consent");
    let secrets = [world.zoom().client_secret(), grant.code.clone()];
    let line = world.command(&["account", "authorize", "acme", "--code-file", "-", "--json"]);
    let mut child = line.start();
    let pid = child.id();
    let seen = eventually("the arguments of callsyncctl", || {
        let seen = visible(pid);
        String::from_utf8_lossy(&seen).contains("--code-file").then_some(seen)
    });
    if let Some(mut input) = child.stdin.take() {
        writeln!(input, "{}", grant.redirect_url).expect("the code is taken");
        input.flush().expect("the code is taken");
        // While it still runs with the code in its memory.
        let seen = [seen, visible(pid)].concat();
        let seen = String::from_utf8_lossy(&seen).into_owned();
        assert!(secrets.iter().all(|secret| !seen.contains(secret)), "{seen}");
    }
    let _ = control_program::finish(child, "account authorize").ok();
    let daemon = visible(world.daemon().pid());
    let daemon = String::from_utf8_lossy(&daemon).into_owned();
    assert!(daemon.contains("callsyncd.yaml"));
    assert!(secrets.iter().all(|secret| !daemon.contains(secret)), "{daemon}");
}

#[test]
fn what_holds_secrets_is_closed_to_others() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::small();
    world.connect("acme");
    let state = world.home().join("state");
    assert!(!files(&state).is_empty());
    for path in files(&state).into_iter().chain([state]) {
        let mode = fs::metadata(&path)
            .map(|meta| meta.permissions().mode() & 0o777)
            .unwrap_or_default();
        assert_eq!(mode & 0o077, 0, "{} is {mode:o}", path.display());
    }
    let socket = fs::metadata(world.socket())
        .map(|meta| meta.permissions().mode() & 0o777)
        .unwrap_or_default();
    assert_eq!(
        socket, 0o600,
        "without its group the socket is for the daemon's user alone"
    );
}

/// Lets a child write a core file of any size.
fn allow_core(pid: u32) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let any = Rlimit {
        current: None,
        maximum: None,
    };
    prlimit(pid, Resource::Core, any).expect("the limit of core files");
}

#[test]
fn a_crash_leaves_no_core_file_with_keys_and_tokens() {
    let mut world = World::small();
    world.connect("acme");
    let mut other = Command::new("sleep")
        .arg("600")
        .current_dir(world.home())
        .spawn()
        .expect("sleep");
    allow_core(other.id());
    let pid = i32::try_from(other.id()).ok().and_then(Pid::from_raw).expect("a pid");
    kill_process(pid, Signal::ABORT).expect("a signal");
    if !other.wait().expect("its end").core_dumped() {
        skip("this system writes no core files of anybody");
        return;
    }
    allow_core(world.daemon().pid());
    world.daemon().signal(Signal::ABORT);
    let status = world.daemon().wait_end(Duration::from_secs(30));
    assert_eq!(status.signal(), Some(Signal::ABORT.as_raw()), "{status}");
    assert!(!status.core_dumped(), "a core file was written");
}
