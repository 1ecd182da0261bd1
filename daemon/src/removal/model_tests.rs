//! Random lives of an account whose organisation changes its mind: states follow their arrows, and not a row goes before the
//! term ends or two persons have consented.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicU64, Ordering},
};

use ::hostile::model;
use jiff::SignedDuration;
use proptest::{collection::vec, prelude::*};

use super::tests::{Bench, account, at, id, letter};
use crate::{
    domain::account::AccountState,
    ports::{records::RecordServers as _, state::Registry as _},
};

#[derive(Debug, Clone)]
enum Happening {
    Deauthorized,
    Reauthorized,
    /// Who, and in which of the two roles.
    Consented(u32, bool),
    Cancelled,
    Asked,
    Passed(i64),
    Reviewed,
    /// A queued removal is carried out.
    Run,
}

fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    let one = prop_oneof![
        4 => Just(Happening::Deauthorized),
        1 => Just(Happening::Reauthorized),
        4 => (1..4_u32, any::<bool>()).prop_map(|(uid, manager)| Happening::Consented(uid, manager)),
        1 => Just(Happening::Cancelled),
        2 => Just(Happening::Asked),
        3 => (1..1_500_i64).prop_map(Happening::Passed),
        3 => Just(Happening::Reviewed),
        3 => Just(Happening::Run),
    ];
    vec(one, 8..40)
}

fn is_arrow(from: AccountState, to: AccountState) -> bool {
    use AccountState::{Authorized, Deauthorized, RemovalScheduled, Removed, Retained};
    match from {
        Authorized => matches!(to, Deauthorized | Retained | RemovalScheduled),
        Deauthorized | Retained | RemovalScheduled => {
            matches!(to, Authorized | Deauthorized | Retained | RemovalScheduled | Removed)
        }
        _ => false,
    }
}

#[test]
fn states_follow_their_arrows_and_no_row_goes_before_the_term_or_two_consents() {
    let removed = AtomicU64::new(0);
    model::hold(16, happenings(), |happenings| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let bench = Bench::new().await;
            let term_end = at("2026-07-01T00:00:00Z");
            // Who has consented, since nobody has taken it back.
            let mut consents: BTreeSet<(u32, bool)> = BTreeSet::new();
            let mut state = AccountState::Authorized;
            for happening in happenings {
                match &happening {
                    Happening::Deauthorized => {
                        // A second event of the kind changes nothing.
                        let _ = bench.removal.deauthorized_at_zoom(&id("a"), None, None).await;
                    }
                    Happening::Reauthorized => {
                        let known = bench.state.account_by_id(&id("a")).await.expect("an account");
                        if known.state.is_withdrawn() && bench.removal.reauthorized(&known).await.is_ok() {
                            consents.clear();
                        }
                    }
                    Happening::Consented(uid, manager) => {
                        let role = if *manager { "manager" } else { "security" };
                        let given = letter(role, *uid, &format!("Person {uid}"));
                        if bench.removal.consent("Acme", given, false).await.is_ok() {
                            consents.insert((*uid, *manager));
                        }
                    }
                    Happening::Cancelled => {
                        if bench.removal.cancel("Acme", false).await.is_ok() {
                            consents.clear();
                        }
                    }
                    Happening::Asked => drop(bench.removal.begin("Acme", 0, false).await),
                    Happening::Passed(hours) => bench.clock.advance(SignedDuration::from_hours(*hours)),
                    Happening::Reviewed => bench.removal.review().await,
                    Happening::Run => {
                        if let Some(job) = bench.queued() {
                            let _ = bench.run(&job).await;
                            // A removal that is carried out has ended whatever waited, this one among it.
                            let _ = bench.jobs.cancel(&job.id).await;
                        }
                    }
                }
                let now = bench.state_of("a").await;
                assert!(
                    now == state || is_arrow(state, now),
                    "{state:?} became {now:?} after {happening:?}"
                );
                let before = std::mem::replace(&mut state, now);
                let uids: BTreeSet<u32> = consents.iter().map(|(uid, _)| *uid).collect();
                let roles: BTreeSet<bool> = consents.iter().map(|(_, manager)| *manager).collect();
                let both = uids.len() > 1 && roles.len() > 1;
                let allowed = bench.clock_now() >= term_end || both;
                if matches!(happening, Happening::Consented(..)) && before != now {
                    assert!(both, "{now:?} by the consents {consents:?}");
                }
                if state == AccountState::Removed {
                    assert!(
                        allowed,
                        "removed at {} with the consents {consents:?}",
                        bench.clock_now()
                    );
                    removed.fetch_add(1, Ordering::Relaxed);
                    break;
                }
                if !allowed {
                    let store = bench.servers.open("local", "a", &id("a")).await.expect("opened");
                    assert_eq!(
                        store.summary().await.expect("counted").records,
                        2,
                        "after {happening:?}"
                    );
                }
            }
            let other = bench.state.account_by_id(&id("b")).await.expect("the other account");
            assert_eq!(other, account("b", "Beta"), "the other account is as it was");
        });
    });
    assert!(removed.into_inner() > 0, "no life came to its end");
}
