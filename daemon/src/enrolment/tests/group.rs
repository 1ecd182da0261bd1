//! Groups.

use super::fakes::{why, world};
use crate::{
    domain::failure::Cause,
    enrolment::{GroupChange, NewAccount},
};

#[tokio::test]
async fn group_is_added_once_whatever_its_case() {
    let world = world();
    assert_eq!(
        world
            .enrolment
            .add_group("  North ", false)
            .await
            .map(|group| group.name),
        Ok("North".into())
    );
    assert_eq!(
        why(world.enrolment.add_group("NORTH", false).await),
        (Cause::Conflict, "group_exists")
    );
    assert_eq!(
        why(world.enrolment.add_group("", false).await),
        (Cause::Usage, "invalid_name")
    );
}

#[tokio::test]
async fn dry_run_checks_everything_and_changes_nothing() {
    let world = world();
    assert!(world.enrolment.add_group("North", true).await.is_ok());
    assert_eq!(
        why(world.enrolment.add_group("sales", true).await),
        (Cause::Conflict, "group_exists")
    );
    let change = GroupChange {
        name: Some("South".into()),
        ..GroupChange::default()
    };
    let (before, after) = world
        .enrolment
        .change_group("Sales", change, true)
        .await
        .expect("a dry run");
    assert_eq!((before.name.as_str(), after.name.as_str()), ("Sales", "South"));
    assert!(world.enrolment.remove_group("Sales", true).await.is_ok());
    assert_eq!(world.writes(), 0);
}

#[tokio::test]
async fn one_bad_value_changes_none_of_them() {
    let world = world();
    let change = GroupChange {
        main_contact: Some("ops@example.com".into()),
        term_end: Some("soon".into()),
        ..GroupChange::default()
    };
    assert_eq!(
        why(world.enrolment.change_group("Sales", change, false).await),
        (Cause::Usage, "invalid_date")
    );
    assert_eq!(world.writes(), 0);
}

#[tokio::test]
async fn empty_text_clears_and_absence_keeps() {
    let world = world();
    let set = GroupChange {
        main_contact: Some("a@b.de".into()),
        term_end: Some("2027-12-31".into()),
        ..GroupChange::default()
    };
    world
        .enrolment
        .change_group("Sales", set, false)
        .await
        .expect("a change");
    let clear = GroupChange {
        main_contact: Some(String::new()),
        ..GroupChange::default()
    };
    let (_, after) = world
        .enrolment
        .change_group("sales", clear, false)
        .await
        .expect("a change");
    assert_eq!(
        (after.main_contact, after.term_end.map(|date| date.to_string())),
        (None, Some("2027-12-31".into()))
    );
}

#[tokio::test]
async fn group_may_change_the_case_of_its_own_name() {
    let world = world();
    let change = GroupChange {
        name: Some("SALES".into()),
        ..GroupChange::default()
    };
    assert_eq!(
        world
            .enrolment
            .change_group("Sales", change, false)
            .await
            .map(|(_, after)| after.name),
        Ok("SALES".into())
    );
}

#[tokio::test]
async fn group_with_accounts_stays() {
    let world = world();
    let new = NewAccount {
        name: "A".into(),
        group: "Sales".into(),
        auth: crate::domain::account::AuthKind::OAuth,
        zoom_account_id: None,
    };
    world.enrolment.add_account(new, false).await.expect("an account");
    assert_eq!(
        why(world.enrolment.remove_group("Sales", false).await),
        (Cause::Conflict, "group_not_empty")
    );
    assert_eq!(
        why(world.enrolment.remove_group("Nowhere", false).await),
        (Cause::NotFound, "group_not_found")
    );
}
