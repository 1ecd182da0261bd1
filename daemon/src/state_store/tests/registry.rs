//! Groups and accounts: read back exactly, unique, changed in one transaction.

use futures_util::future::join_all;

use super::{account, code, fault, group, id, open, time, with_group};
use crate::{
    domain::{
        account::{AccountState, AuthKind, AuthorizedBy, CdrState, PendingAuthorization},
        failure::{Cause, Fault},
        settings::{Archive, Backfill, CdrSettings, Days, NoCdr, Place, Retain, parse_hours, parse_time_of_day},
    },
    ports::state::{Change, Registry},
};

fn full_settings() -> CdrSettings {
    CdrSettings {
        enabled: true,
        poll_interval_seconds: 90,
        backfill: Backfill::Days(30),
        elements: false,
        retain: Some(Retain::parse("calls=730d,directory=never").expect("good")),
        purge_at: Some(parse_time_of_day("02:30").expect("good")),
        archive: Some(Archive {
            server: "local".to_owned(),
            database: "Old".to_owned(),
            after_days: 365,
        }),
        no_cdr: Some(NoCdr {
            after_seconds: 21_600,
            days: Days::parse("mon-fri").expect("good"),
            hours: parse_hours("08:00-18:00").expect("good"),
            timezone: "Europe/Zurich".to_owned(),
        }),
        former: vec![Place {
            server: "local".to_owned(),
            database: "Before".to_owned(),
        }],
    }
}

#[tokio::test]
async fn every_field_of_an_account_survives_a_restart() {
    let outer = tempfile::tempdir().expect("a directory");
    let store = with_group(outer.path()).await;
    let mut full = account("a", "Ürdinger Straße");
    full.auth = AuthKind::ServerToServer;
    full.state = AccountState::ReauthorizationRequired;
    full.state_reason = Some("Zoom says \"4735\"".to_owned());
    full.zoom_account_id = Some("q6gBJVO5TzexKYTb_I2rpg".to_owned());
    full.account_number = Some(10_010_370_036);
    full.authorized_by = Some(AuthorizedBy {
        user_id: "u".to_owned(),
        email: "a@example.com".to_owned(),
        role: "owner".to_owned(),
    });
    full.granted_scopes = vec!["phone:read:admin".to_owned(), "user:read:admin".to_owned()];
    full.pending = Some(PendingAuthorization {
        url: "https://zoom.us/oauth/authorize?state=s".to_owned(),
        state: "s".to_owned(),
        verifier: "v".repeat(43),
        expires_at: time("2026-01-01T01:02:03.123456789Z"),
    });
    full.cdr.state = CdrState::Active;
    full.cdr.server = Some("local".to_owned());
    full.cdr.database = Some("Acme".to_owned());
    full.cdr.settings = full_settings();
    full.cdr.lists_all = Some(false);
    full.created_at = time("2026-01-01T00:00:00.5Z");
    store.add_account(full.clone()).await.expect("added");
    let bare = account("b", "Bare");
    store.add_account(bare.clone()).await.expect("added");
    drop(store);

    let store = open(outer.path());
    assert!(store.account("ürdinger STRASSE").await.is_err(), "ß is not ss");
    assert_eq!(
        store
            .account("ÜRDINGER STRAßE")
            .await
            .expect("found without regard to case"),
        full
    );
    assert_eq!(store.account_by_id(&id("b")).await.expect("found"), bare);
    assert_eq!(store.accounts().await.expect("read"), [bare, full]);
    assert_eq!(code(store.account("nobody").await), "account_not_found");
    assert_eq!(code(store.account_by_id(&id("z")).await), "account_not_found");
}

#[tokio::test]
async fn settings_are_read_back_exactly() {
    let outer = tempfile::tempdir().expect("a directory");
    let store = with_group(outer.path()).await;
    store.add_account(account("a", "A")).await.expect("added");
    for backfill in [Backfill::None, Backfill::Months(6), Backfill::Days(184)] {
        for days in ["daily", "mon,wed,sun", "sat-mon"] {
            let mut settings = full_settings();
            settings.backfill = backfill;
            if let Some(rule) = settings.no_cdr.as_mut() {
                rule.days = Days::parse(days).expect("good");
            }
            let wanted = settings.clone();
            let change: Change<_> = Box::new(move |account: &mut crate::domain::account::Account| {
                account.cdr.settings = settings;
                Ok(())
            });
            let changed = store.change_account(&id("a"), change).await.expect("changed");
            assert_eq!(changed.cdr.settings, wanted);
            assert_eq!(store.account("A").await.expect("read").cdr.settings, wanted);
        }
    }
}

#[tokio::test]
async fn names_are_unique_without_regard_to_case() {
    let outer = tempfile::tempdir().expect("a directory");
    let store = with_group(outer.path()).await;
    assert_eq!(code(store.add_group(group("SALES")).await), "group_exists");
    store.add_account(account("a", "Äcme")).await.expect("added");
    assert_eq!(code(store.add_account(account("b", "äCME")).await), "account_exists");
    assert_eq!(code(store.add_account(account("a", "Other")).await), "account_exists");
    let mut lost = account("c", "C");
    lost.group = "Nobody".to_owned();
    assert_eq!(code(store.add_account(lost).await), "group_not_found");
    store.add_account(account("b", "B")).await.expect("added");
    let rename = |to: &'static str| -> Change<crate::domain::account::Account> {
        Box::new(move |account| {
            account.name = to.to_owned();
            Ok(())
        })
    };
    assert_eq!(
        code(store.change_account(&id("b"), rename("ÄCME")).await),
        "account_exists"
    );
    assert_eq!(
        store
            .change_account(&id("b"), rename("b"))
            .await
            .expect("only the case")
            .name,
        "b"
    );
}

#[tokio::test]
async fn a_zoom_account_and_a_database_belong_to_one_account() {
    let outer = tempfile::tempdir().expect("a directory");
    let store = with_group(outer.path()).await;
    let mut first = account("a", "A");
    first.zoom_account_id = Some("Z1".to_owned());
    first.cdr.server = Some("local".to_owned());
    first.cdr.database = Some("Acme".to_owned());
    first.cdr.settings.archive = Some(Archive {
        server: "local".to_owned(),
        database: "Acme-Old".to_owned(),
        after_days: 1,
    });
    store.add_account(first).await.expect("added");
    store.add_account(account("b", "B")).await.expect("added");

    let try_change = async |change: fn(&mut crate::domain::account::Account)| {
        let change: Change<_> = Box::new(move |account| {
            change(account);
            Ok(())
        });
        store.change_account(&id("b"), change).await
    };
    let taken = try_change(|b| b.zoom_account_id = Some("Z1".to_owned())).await;
    let fault_taken = fault(taken);
    assert_eq!(
        (fault_taken.cause, fault_taken.code),
        (Cause::Conflict, "zoom_account_taken")
    );
    assert!(fault_taken.message.contains("\"A\""), "{fault_taken}");
    assert_eq!(
        code(
            try_change(|b| {
                b.cdr.server = Some("LOCAL".to_owned());
                b.cdr.database = Some("ACME".to_owned());
            })
            .await
        ),
        "database_taken"
    );
    assert_eq!(
        code(
            try_change(|b| {
                b.cdr.server = Some("local".to_owned());
                b.cdr.database = Some("acme-old".to_owned());
            })
            .await
        ),
        "database_taken",
        "the archive of another"
    );
    assert_eq!(
        code(
            try_change(|b| {
                b.cdr.settings.archive = Some(Archive {
                    server: "Local".to_owned(),
                    database: "aCME".to_owned(),
                    after_days: 1,
                });
            })
            .await
        ),
        "database_taken",
        "another's primary as archive"
    );
    assert_eq!(
        code(
            try_change(|b| {
                b.cdr.server = Some("local".to_owned());
                b.cdr.database = Some("B".to_owned());
                b.cdr.settings.archive = Some(Archive {
                    server: "local".to_owned(),
                    database: "b".to_owned(),
                    after_days: 1,
                });
            })
            .await
        ),
        "database_taken",
        "its own primary as archive"
    );
    assert_eq!(
        store.account("B").await.expect("read"),
        account("b", "B"),
        "nothing of it was kept"
    );
    try_change(|b| {
        b.cdr.server = Some("other".to_owned());
        b.cdr.database = Some("Acme".to_owned());
        b.zoom_account_id = Some("z1".to_owned());
    })
    .await
    .expect("another server, another Zoom account");
}

#[tokio::test]
async fn changes_of_one_account_at_the_same_time_are_all_kept() {
    let outer = tempfile::tempdir().expect("a directory");
    let store = with_group(outer.path()).await;
    store.add_account(account("a", "A")).await.expect("added");
    let target = id("a");
    let changes = (0..50).map(|_| {
        store.change_account(
            &target,
            Box::new(|account| {
                account.account_number = Some(account.account_number.unwrap_or(0) + 1);
                Ok(())
            }),
        )
    });
    for changed in join_all(changes).await {
        changed.expect("changed");
    }
    assert_eq!(store.account("A").await.expect("read").account_number, Some(50));
}

#[tokio::test]
async fn a_refused_or_broken_change_leaves_nothing_behind() {
    let outer = tempfile::tempdir().expect("a directory");
    let store = with_group(outer.path()).await;
    store.add_account(account("a", "A")).await.expect("added");
    let refused = store
        .change_account(
            &id("a"),
            Box::new(|account| {
                account.name = "X".to_owned();
                Err(Fault::new(Cause::WrongState, "not_now", "no").hint("later"))
            }),
        )
        .await;
    assert_eq!(code(refused), "not_now");
    let broken = store
        .change_account(
            &id("a"),
            Box::new(|account| {
                account.name = "X".to_owned();
                assert!(account.id.as_str().is_empty(), "a defect on purpose");
                Ok(())
            }),
        )
        .await;
    assert_eq!(code(broken), "state_store");
    assert_eq!(store.account("A").await.expect("the store lives on"), account("a", "A"));
    let renamed_id = store
        .change_account(
            &id("a"),
            Box::new(|account| {
                account.id = id("other");
                Ok(())
            }),
        )
        .await;
    assert_eq!(renamed_id.expect("changed").id, id("a"), "the id stays");
}

#[tokio::test]
async fn a_renamed_group_takes_its_accounts_along() {
    let outer = tempfile::tempdir().expect("a directory");
    let store = with_group(outer.path()).await;
    store.add_group(group("Ops")).await.expect("added");
    store.add_account(account("a", "A")).await.expect("added");
    let rename = |to: &'static str| -> Change<crate::ports::state::Group> {
        Box::new(move |group| {
            group.name = to.to_owned();
            group.main_contact = Some("a@example.com".to_owned());
            group.term_end = Some(jiff::civil::date(2027, 3, 31));
            Ok(())
        })
    };
    assert_eq!(code(store.change_group("Sales", rename("ops")).await), "group_exists");
    assert_eq!(store.account("A").await.expect("read").group, "Sales");
    let changed = store.change_group("sales", rename("Vertrieb")).await.expect("renamed");
    assert_eq!(store.account("A").await.expect("read").group, "Vertrieb");
    assert_eq!(store.group("VERTRIEB").await.expect("read"), changed);
    assert_eq!(changed.term_end, Some(jiff::civil::date(2027, 3, 31)));
    let names: Vec<String> = store
        .groups()
        .await
        .expect("read")
        .into_iter()
        .map(|group| group.name)
        .collect();
    assert_eq!(names, ["Ops", "Vertrieb"]);
    assert_eq!(code(store.group("Sales").await), "group_not_found");
    assert_eq!(code(store.change_group("Sales", rename("X")).await), "group_not_found");

    assert_eq!(code(store.remove_group("vertrieb").await), "group_not_empty");
    store.remove_account(&id("a")).await.expect("removed");
    store.remove_group("vertrieb").await.expect("removed");
    assert_eq!(code(store.remove_group("vertrieb").await), "group_not_found");
}

#[tokio::test]
async fn an_account_shows_its_group_as_the_group_is_spelled() {
    let outer = tempfile::tempdir().expect("a directory");
    let store = with_group(outer.path()).await;
    let mut shouted = account("a", "A");
    shouted.group = "SALES".to_owned();
    store.add_account(shouted).await.expect("added");
    assert_eq!(store.account("A").await.expect("read").group, "Sales");
}
