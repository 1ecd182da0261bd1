//! The certificate: what was removed, how much, when, on whose consent. It names no person, so it may be kept for ever.

use jiff::Timestamp;
use serde_json::json;

use super::{execution::found, held::Kept, plan::Standing};
use crate::{
    domain::failure::{Cause, Fault},
    ports::withdrawal::{Certificate, Ground},
};

/// Writes the certificate of a removal. The same removal always gets the same id, so that a removal that was killed
/// between the certificate's file and the end writes it once, and that the certificate of what holds kept back is
/// replaced by the one of the whole when they are released.
///
/// # Errors
/// The removal never began: a defect.
pub(super) fn issue(standing: &Standing, kept: Option<&Kept>, now: Timestamp) -> Result<Certificate, Fault> {
    let Some((withdrawal, begun_at)) = standing
        .withdrawal
        .as_ref()
        .and_then(|withdrawal| Some((withdrawal, withdrawal.begun_at?)))
    else {
        return Err(
            Fault::new(Cause::Internal, "removal_not_begun", "the removal never began")
                .hint("This is a defect; please report it."),
        );
    };
    let account = &standing.account;
    let found = found(withdrawal);
    let removed = kept.map_or_else(|| found.clone(), |kept| found.without(kept));
    let held = kept.map(|kept| {
        json!({
            "holds": kept.holds.len(),
            "calls": kept.calls,
            "elements": kept.elements,
            "rejected": kept.rejected,
            "directory": kept.directory,
        })
    });
    let id = format!("{}-{}", account.id, begun_at.as_second());
    let consents: Vec<_> = standing
        .consents
        .iter()
        .map(|consent| {
            json!({
                "role": consent.role.as_str(),
                "letter_sha256": consent.letter_sha256,
                "recorded_at": consent.at.to_string(),
                "recorded_by_uid": consent.uid,
            })
        })
        .collect();
    let document = json!({
        "schema": "callsync/removal-certificate/v1",
        "id": id,
        "account_id": account.id.as_str(),
        "account": account.name,
        "group": account.group,
        "deauthorized_at": withdrawal.at.to_string(),
        "noticed_by": withdrawal.noticed_by.as_str(),
        "ground": withdrawal.ground.map(Ground::as_str),
        "term_end": standing.group.term_end.map(|day| day.to_string()),
        "begun_at": begun_at.to_string(),
        "requested_by_uid": withdrawal.begun_by,
        "finished_at": now.to_string(),
        "consents": consents,
        "complete": held.is_none(),
        "held": held,
        "removed": {
            "data": {
                "databases": removed.databases,
                "calls": removed.calls,
                "elements": removed.elements,
                "rejected": removed.rejected,
                "directory": removed.directory,
            },
            "settings": ["cdr", "schedules", "jobs", "activity", "quota", "audit texts"],
            "access": ["tokens", "scopes", "authorizer", "zoom account id"],
        },
    });
    Ok(Certificate {
        id,
        account: account.id.clone(),
        issued_at: now,
        document: document.to_string(),
    })
}
