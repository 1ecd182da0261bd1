//! Random batches and snapshots, held against maps: upsert, counts, tombstones and memberships of the embedded engine.

use std::collections::{BTreeMap, BTreeSet};

use ::hostile::model;
use jiff::SignedDuration;
use proptest::{collection::vec, prelude::*};

use super::{Fixture as _, batch, call, rejected, row, sqlite::Sqlite, text};
use crate::{
    domain::{
        directory::{ZOOM_GROUP_MEMBER, ZOOM_USER},
        table::Row,
    },
    ports::records::{CallBatch, Snapshot},
};

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
}

#[test]
fn whatever_is_committed_every_call_is_held_once_in_its_last_edition() {
    // Batches of calls by number and edition, with records that have no key; now and then somebody looks at what a kill
    // would leave.
    let batches = vec((vec((0..12_u8, 0..3_u8), 0..9), 0..3_u8, any::<bool>()), 1..8);
    model::hold(40, batches, |batches| {
        runtime().block_on(async {
            let fixture = Sqlite::new();
            let store = fixture.store().await;
            let mut held: BTreeMap<String, u8> = BTreeMap::new();
            let mut set_aside = BTreeSet::new();
            for (calls, without_key, killed) in batches {
                let mut last: BTreeMap<String, u8> = BTreeMap::new();
                let rows = calls.iter().map(|(number, edition)| {
                    last.insert(format!("call{number}"), *edition);
                    let name = text(&format!("edition {edition}"));
                    call(
                        &format!("call{number}"),
                        "2026-05-01T00:00:00Z",
                        &[("caller_name", name)],
                    )
                });
                let mut sent: CallBatch = batch(rows.collect());
                sent.rejected = vec![rejected(&format!(r#"{{"n":{without_key}}}"#))];
                let receipt = store.commit_calls(sent).await.expect("committed");
                let added = last.keys().filter(|key| !held.contains_key(*key)).count() as u64;
                let changed = last
                    .iter()
                    .filter(|(key, edition)| held.get(*key).is_some_and(|known| known != *edition))
                    .count() as u64;
                let unchanged = last.len() as u64 - added - changed;
                assert_eq!(
                    (receipt.added, receipt.changed, receipt.unchanged),
                    (added, changed, unchanged)
                );
                assert_eq!(receipt.rejected, u64::from(set_aside.insert(without_key)));
                held.extend(last);
                fixture.clock().advance(SignedDuration::from_mins(1));
                let found = if killed {
                    fixture.after_kill().await
                } else {
                    store.clone()
                };
                for (key, edition) in &held {
                    let (record, _) = found.call(key).await.expect("read").expect("held");
                    let name = record.iter().find(|(name, _)| *name == "caller_name");
                    assert_eq!(name.map(|(_, value)| value), Some(&text(&format!("edition {edition}"))));
                }
                let summary = found.summary().await.expect("read");
                assert_eq!(
                    (summary.records, summary.rejected),
                    (held.len() as u64, set_aside.len() as u64)
                );
            }
        });
    });
}

/// One entry of a listing: who, and in which edition.
type Listed = (u8, u8);

fn user((who, edition): Listed) -> Row {
    row(
        &ZOOM_USER,
        &[("id", text(&format!("u{who}"))), ("dept", text(&format!("d{edition}")))],
    )
}

fn member((who, edition): Listed) -> Row {
    row(
        &ZOOM_GROUP_MEMBER,
        &[
            ("group_id", text("g")),
            ("id", text(&format!("u{who}"))),
            ("first_name", text(&format!("n{edition}"))),
        ],
    )
}

#[test]
fn whatever_is_listed_who_is_there_is_present_and_who_is_not_is_marked() {
    let listings = vec(
        (vec((0..8_u8, 0..2_u8), 0..8), prop::bool::weighted(0.7), any::<bool>()),
        1..10,
    );
    model::hold(40, listings, |listings| {
        runtime().block_on(async {
            let fixture = Sqlite::new();
            let store = fixture.store().await;
            // Present users and members by their edition, and every user who was ever there.
            let mut present: [BTreeMap<u8, u8>; 2] = Default::default();
            let mut known = BTreeSet::new();
            for (listed, complete, of_members) in listings {
                let (table, place) = if of_members {
                    (&ZOOM_GROUP_MEMBER, 1)
                } else {
                    (&ZOOM_USER, 0)
                };
                let last: BTreeMap<u8, u8> = listed.iter().copied().collect();
                let row_of = if of_members { member } else { user };
                let receipt = store
                    .apply_snapshot(Snapshot {
                        table,
                        rows: listed.iter().copied().map(row_of).collect(),
                        rejected: Vec::new(),
                        complete,
                    })
                    .await
                    .expect("applied");
                let now = &mut present[place];
                let removed = now.keys().filter(|who| complete && !last.contains_key(*who)).count() as u64;
                let differing = last
                    .iter()
                    .filter(|(who, edition)| now.get(*who) != Some(*edition))
                    .count() as u64;
                assert_eq!(receipt.added + receipt.changed, differing, "{listed:?}");
                assert_eq!(receipt.removed, removed, "{listed:?}");
                if complete {
                    now.retain(|who, _| last.contains_key(who));
                }
                now.extend(&last);
                assert_eq!(receipt.total, now.len() as u64);
                assert_eq!(store.directory_count(table).await, Ok(now.len() as u64));
                if !of_members {
                    known.extend(last.keys().copied());
                }
                fixture.clock().advance(SignedDuration::from_secs(5));
            }
            let outside = fixture.outside();
            let count = |query: &str| -> u64 {
                let found: i64 = outside.query_row(query, [], |row| row.get(0)).expect("a count");
                u64::try_from(found).expect("a count")
            };
            assert_eq!(
                count("SELECT COUNT(*) FROM zoom_user"),
                known.len() as u64,
                "nobody is deleted"
            );
            assert_eq!(
                count("SELECT COUNT(*) FROM zoom_user WHERE removed_at IS NULL"),
                present[0].len() as u64
            );
            assert_eq!(
                count("SELECT COUNT(*) FROM zoom_group_member WHERE valid_to IS NULL"),
                present[1].len() as u64
            );
            let overlapping = "SELECT COUNT(*) FROM zoom_group_member a JOIN zoom_group_member b
                ON a.group_id = b.group_id AND a.id = b.id AND a.valid_from < b.valid_from
                WHERE a.valid_to IS NULL OR a.valid_to > b.valid_from";
            assert_eq!(count(overlapping), 0, "a membership ends before it begins again");
        });
    });
}
