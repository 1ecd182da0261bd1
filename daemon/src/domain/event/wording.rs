//! What a person reads of a notable event: the line, and what to do next.

use super::Event;

impl Event {
    /// The line a person reads.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::DaemonStarted { version, accounts } => format!("callsyncd {version} started, accounts: {accounts}"),
            Self::DaemonStopping { reason } => format!("stopping: {reason}"),
            Self::ConfigReloaded { file } => format!("the configuration {file} is in force"),
            Self::ConfigRefused { error, .. } => format!("the configuration is refused, the old one stays: {error}"),
            Self::AccountAuthorized {
                account_number: Some(number),
            } => {
                format!("connected, Zoom account number {number}")
            }
            Self::AccountAuthorized { account_number: None } => "connected".to_owned(),
            Self::TokensHandedOver { asked } => format!(
                "Zoom was authorized once more, for \"{asked}\", which is the same Zoom account: the new tokens are used here"
            ),
            Self::ReauthorizationRequired { cause } => {
                format!("Zoom refuses the tokens, nothing is collected until a person authorizes again: {cause}")
            }
            Self::AccountDeauthorized { noticed_by } => format!(
                "the organisation withdrew its consent (noticed by {noticed_by}): nothing is collected or served"
            ),
            Self::DeauthorizationConfirmed { intended } => format!(
                "a person confirmed that the de-authorization was {}",
                if *intended { "meant" } else { "not meant" }
            ),
            Self::AccountRestored => "authorized again: data is served and collecting goes on".to_owned(),
            Self::ConsentRecorded { role } => format!("the {role} consented to the removal of its data"),
            Self::RemovalScheduled { ground, at } => format!("the removal of its data is scheduled ({ground}): {at}"),
            Self::RemovalDue { days, at } => format!("its data is removed within {days} days, at {at}"),
            Self::RemovalCancelled => "the removal of its data is cancelled for now".to_owned(),
            Self::RemovalBegun { ground } => format!("the removal of its data has begun ({ground})"),
            Self::RemovalFinished { certificate } => {
                format!("its data, settings and access are removed; certificate {certificate}")
            }
            Self::RemovalHeld { holds, rows } => {
                format!("everything that no hold covers is removed; rows kept: {rows}, by holds: {holds}")
            }
            Self::WebhookRefused { reason, posts } => {
                format!("posts to the webhook were refused, the last for: {reason}; since last told: {posts}")
            }
            Self::CdrActivated { server, database } => format!("CDR processing is active, into {database} on {server}"),
            Self::CdrDeactivated => "CDR processing is off".to_owned(),
            Self::PollFailed { error, .. } => format!("the poll failed and will be tried again: {error}"),
            Self::PollRecovered { failures } => format!("polling works again after {failures} failures"),
            Self::BackfillFinished { records } => format!("the backfill is finished, records: {records}"),
            Self::GapsFound { windows, records } => {
                format!(
                    "gaps found, windows: {windows}, calls known to be missing: {records}; they are read again by themselves"
                )
            }
            Self::GapsHealed { windows } => format!("gaps healed, windows: {windows}"),
            Self::DeletedAtZoom { records } => format!("calls that are no longer at Zoom, kept and marked: {records}"),
            Self::SyncFinished { outcome, seconds } => format!("the sync {outcome} after {seconds} s"),
            Self::SyncFailed { error, .. } => format!("the sync failed: {error}"),
            Self::MasterKeyGenerated { path } => {
                format!(
                    "a master key was made in {path}: keep a copy, without it every account must be authorized again"
                )
            }
            Self::SocketRestricted { group } => {
                format!("the group {group} does not exist: only root and the daemon's user can connect")
            }
            Self::WindowClamped { asked, answered } => format!("Zoom answered for {answered} where {asked} was asked"),
            Self::RecordsRejected { records } => {
                format!("records that cannot be stored as calls, kept with the reason: {records}")
            }
            Self::QuotaExhausted { label } => format!("our daily share of {label} requests is used up"),
            Self::ScheduleMissed { kind, due } => format!("the {kind} that was due at {due} was missed and runs now"),
            Self::ScheduleSkipped { kind, due, reason } => {
                format!(
                    "the {kind} that was due at {due} was skipped: {}",
                    reason.replace('_', " ")
                )
            }
            Self::ClockJumped { seconds } => {
                format!("the clock jumped by {seconds} s, or the machine slept; what is due is looked at anew")
            }
            Self::AlertRaised { code, summary, .. } => format!("alert {code}: {summary}"),
            Self::AlertResolved { code, summary } => format!("alert {code} is over: {summary}"),
            Self::RecordsPurged { rows, held } => format!("the purge is finished, rows: {rows}, held: {held}"),
            Self::CallsArchived { rows, held } => {
                format!("the archive is up to date, rows moved: {rows}, held: {held}")
            }
            Self::CallsRestored { rows } => format!("calls are back from the archive, rows: {rows}"),
            Self::CopyDiffers { error, .. } => format!("a copy is not what was copied: {error}"),
            Self::PersonErased { rows, held } => format!("a person was erased, rows: {rows}, held: {held}"),
            Self::TaskFailed { task, error } => format!("the task {task} ended by a defect: {error}"),
        }
    }

    /// The code of the alert that it tells of.
    pub(super) const fn alert(&self) -> Option<&'static str> {
        match self {
            Self::AlertRaised { code, .. } | Self::AlertResolved { code, .. } => Some(code),
            _ => None,
        }
    }

    /// What to type or check next, where there is something to do.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::ConfigRefused { hint, .. }
            | Self::PollFailed { hint, .. }
            | Self::SyncFailed { hint, .. }
            | Self::CopyDiffers { hint, .. }
            | Self::AlertRaised { hint, .. } => Some(hint),
            Self::ReauthorizationRequired { .. } => Some("callsyncctl account authorize NAME"),
            Self::AccountDeauthorized { .. } => {
                Some("callsyncctl removal show NAME; if it was not meant: callsyncctl account authorize NAME")
            }
            Self::RemovalScheduled { .. } | Self::RemovalDue { .. } => {
                Some("callsyncctl removal show NAME; to stop it: callsyncctl removal cancel NAME, or authorize again")
            }
            Self::WebhookRefused { .. } => {
                Some("if they are Zoom's, compare listen: webhook_secret with the app's secret token, and the clock")
            }
            Self::RemovalHeld { .. } => Some("callsyncctl hold list; the rest goes when the holds are released"),
            Self::SocketRestricted { .. } => Some("create the group, or set control: group; then restart"),
            Self::GapsFound { .. } => Some("callsyncctl cdr gaps NAME"),
            Self::RecordsRejected { .. } => Some("see the table rejected_record of the account's database"),
            Self::QuotaExhausted { .. } => Some("raise zoom: limits, or wait for 00:00 UTC"),
            Self::TaskFailed { .. } => Some("report it with the lines before this one: journalctl -u callsyncd"),
            _ => None,
        }
    }
}
