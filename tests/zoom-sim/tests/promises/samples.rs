//! The sample records come back field by field.

use crate::platform::{Platform, options, tidy};
use serde_json::Value;
use zoom_sim::{AccountOptions, Options, samples};

async fn loaded() -> Platform {
    let records = [samples::official_records(), samples::synthetic_records()].concat();
    let account = AccountOptions {
        calls: 0,
        records,
        ..tidy("acme")
    };
    let platform = Platform::start(Options {
        accounts: vec![account],
        history_months: None,
        ..options()
    })
    .await;
    platform.sim.account(0).load_details(samples::official_details());
    platform.sim.account(0).load_details(samples::synthetic_details());
    platform
}

#[tokio::test]
async fn the_official_record_and_detail_are_served_as_they_are() {
    let platform = loaded().await;
    let reply = platform.get("phone/call_history?from=2021-10-01&to=2021-10-12").await;
    assert_eq!(reply.rows("call_history"), samples::official_records());
    for (uuid, detail) in samples::official_details() {
        assert_eq!(platform.get(&format!("phone/call_history/{uuid}")).await.body, detail);
    }
    assert!(samples::official_element()["call_element_id"].is_string());
}

#[tokio::test]
async fn the_synthetic_records_and_details_are_served_as_they_are() {
    let platform = loaded().await;
    let mut expected = samples::synthetic_records();
    for record in &mut expected {
        record
            .as_object_mut()
            .expect("an object")
            .retain(|key, _| !key.starts_with('_'));
    }
    let mut served = platform
        .walk(
            "phone/call_history?from=2026-06-25&to=2026-07-15&page_size=10",
            "call_history",
        )
        .await;
    for list in [&mut served, &mut expected] {
        list.sort_by_key(Value::to_string);
    }
    let keys = |rows: &[Value]| rows.iter().filter(|row| row.get("call_history_uuid").is_some()).count();
    assert_eq!(keys(&served), keys(&expected));
    assert_eq!(served, expected);
    for (uuid, detail) in samples::synthetic_details() {
        let reply = platform.get(&format!("phone/call_history/{uuid}")).await;
        assert_eq!(reply.body, detail, "{uuid}");
    }
}
