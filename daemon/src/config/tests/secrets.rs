//! Secrets are read only where nobody else can, and the master key is made once and never twice.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
};

use secrecy::ExposeSecret;

use super::super::{
    defaults,
    master_key::{KeyOrigin, MasterKey, SealedState, master_key, unconfigured},
    model::{Config, SecretSource},
    secret::{Credentials, read},
};

pub(super) fn write(path: &Path, text: &str, mode: u32) {
    fs::write(path, text).expect("written");
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("mode set");
}

fn config_in(directory: &Path) -> Config {
    Config {
        state_directory: directory.to_path_buf(),
        ..defaults::config()
    }
}

#[test]
fn a_secret_file_that_others_can_use_is_refused_with_its_mode_and_the_remedy() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("secret");
    for mode in [0o640, 0o644, 0o604, 0o660, 0o610, 0o601, 0o622] {
        write(&path, "hunter2\n", mode);
        let error = read(&SecretSource::File(path.clone())).expect_err("others can use it");
        let text = error.to_string();
        assert!(text.contains(&format!("mode {mode:04o}")), "{text}");
        assert!(text.contains(&format!("chmod 0600 {}", path.display())), "{text}");
        assert_eq!((error.code(), error.exit_code().number()), ("secret_unusable", 78));
    }
    for mode in [0o600, 0o400] {
        write(&path, "hunter2\r\n\n", mode);
        let secret = read(&SecretSource::File(path.clone())).expect("only the owner can read it");
        assert_eq!(secret.expose_secret(), "hunter2");
        fs::remove_file(&path).expect("removed");
    }
}

#[test]
fn what_is_not_a_secret_file_is_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("secret");
    let refuse = |what: &str| {
        let error = read(&SecretSource::File(path.clone())).expect_err(what);
        assert!(!error.problem().hint.is_empty());
        error.to_string()
    };
    assert!(refuse("absent").contains("cannot read the secret"));
    for two in ["hunter2\nhunter3\n", "hunter2\n\nhunter3", "hunter2\rhunter3"] {
        write(&path, two, 0o600);
        let said = refuse("two lines");
        assert!(
            said.contains("more than one line") && !said.contains("hunter"),
            "{said}"
        );
        fs::remove_file(&path).expect("removed");
    }
    fs::create_dir(&path).expect("made");
    assert!(refuse("a directory").contains("not a regular file"));
    fs::remove_dir(&path).expect("removed");
    rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, 0o600.into(), 0).expect("a fifo");
    assert!(refuse("a fifo, without hanging").contains("not a regular file"));
    fs::remove_file(&path).expect("removed");
    write(&path, "\n\n", 0o600);
    assert!(refuse("empty").contains("is empty"));
    fs::write(&path, b"\xff\xfe").expect("written");
    assert!(refuse("binary").contains("not UTF-8"));
    fs::write(&path, "x".repeat(70_000)).expect("written");
    assert!(refuse("long").contains("70000 bytes"));
}

#[test]
fn a_credential_may_have_the_modes_that_systemd_gives_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("sql1-password");
    let source = SecretSource::Credential("sql1-password".to_owned());
    let credentials = Credentials::in_directory(Some(directory.path()));
    for mode in [0o440, 0o400, 0o600] {
        write(&path, "hunter2\n", mode);
        assert_eq!(
            credentials.read(&source).expect("as systemd makes it").expose_secret(),
            "hunter2"
        );
        fs::remove_file(&path).expect("removed");
    }
    for mode in [0o444, 0o460, 0o404] {
        write(&path, "hunter2\n", mode);
        assert!(credentials.read(&source).is_err(), "{mode:o}");
        fs::remove_file(&path).expect("removed");
    }
}

#[test]
fn a_master_key_is_generated_once_and_kept() {
    let directory = tempfile::tempdir().expect("a directory");
    let config = config_in(directory.path());
    let path = directory.path().join("master.key");
    // What a death in the middle of an earlier start left behind.
    fs::write(directory.path().join("master.key.new"), "ab").expect("written");

    let (made, origin) = master_key(&config, SealedState::Absent).expect("made");
    assert_eq!(origin, KeyOrigin::Generated(path.clone()));
    assert_eq!(fs::metadata(&path).expect("there").mode() & 0o7777, 0o600);
    assert_eq!(fs::read_to_string(&path).expect("text").trim_end().len(), 64);
    assert!(!directory.path().join("master.key.new").exists());

    let (kept, origin) = master_key(&config, SealedState::Present).expect("kept");
    assert_eq!(origin, KeyOrigin::Kept(path));
    assert_eq!(made.expose(), kept.expose());
    assert!(!format!("{kept:?}").contains(&hex::encode(kept.expose())));
}

#[test]
fn the_credential_that_the_package_makes_is_the_key_unless_a_file_was_in_use_before() {
    let state = tempfile::tempdir().expect("a directory");
    let given = tempfile::tempdir().expect("a directory");
    let config = config_in(state.path());
    let credentials = Credentials::in_directory(Some(given.path()));
    let path = given.path().join("callsyncd-master-key");
    write(&path, &"ab".repeat(32), 0o400);
    let credential = KeyOrigin::Configured(SecretSource::Credential("callsyncd-master-key".to_owned()));
    for sealed in [SealedState::Absent, SealedState::Present] {
        let (key, origin) = unconfigured(&config, sealed, &credentials).expect("given");
        assert_eq!((key.expose(), &origin), (&[0xab; 32], &credential));
    }
    assert!(!state.path().join("master.key").exists());
    write(&state.path().join("master.key"), &"cd".repeat(32), 0o600);
    let (key, _) = unconfigured(&config, SealedState::Present, &credentials).expect("kept");
    assert_eq!(key.expose(), &[0xcd; 32]);
    fs::remove_file(state.path().join("master.key")).expect("removed");
    fs::remove_file(&path).expect("removed");
    write(&path, "no key", 0o400);
    let error = unconfigured(&config, SealedState::Absent, &credentials).expect_err("malformed");
    assert_eq!(error.exit_code().number(), 78);
}

#[test]
fn a_lost_master_key_is_an_error_and_not_a_new_key() {
    let directory = tempfile::tempdir().expect("a directory");
    let error = master_key(&config_in(directory.path()), SealedState::Present).expect_err("lost");
    assert!(error.to_string().contains("is gone"), "{error}");
    assert!(error.problem().hint.contains("restore"), "{error}");
    assert!(!directory.path().join("master.key").exists());
}

#[test]
fn a_malformed_master_key_is_refused_precisely_and_not_repeated() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("key");
    let config = Config {
        master_key: Some(SecretSource::File(path.clone())),
        ..config_in(directory.path())
    };
    let refuse = |text: &str| {
        write(&path, text, 0o600);
        let error = master_key(&config, SealedState::Absent).expect_err(text);
        assert_eq!((error.code(), error.exit_code().number()), ("master_key_invalid", 78));
        error.to_string()
    };
    assert!(refuse(&"a".repeat(63)).contains("63 hex digits; 64 are needed"));
    assert!(refuse(&"a".repeat(65)).contains("65 hex digits"));
    let text = refuse(&format!("{}g{}", "ab".repeat(5), "c".repeat(53)));
    assert!(text.contains("position 11") && !text.contains("abab"), "{text}");
    write(&path, &format!("{}\n", "AB".repeat(32)), 0o600);
    let (key, origin) = master_key(&config, SealedState::Absent).expect("good");
    assert_eq!(key.expose(), MasterKey::from_bytes([0xab; 32]).expose());
    assert_eq!(origin, KeyOrigin::Configured(SecretSource::File(path)));
}
