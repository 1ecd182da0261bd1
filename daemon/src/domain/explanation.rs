//! What the catalog of the journal says about each kind of event: `journalctl -x` prints it below the line.
//!
//! A new kind of event does not compile without an explanation here. After a change, write the catalog anew:
//! `UPDATE_CATALOG=1 cargo test -p callsyncd --lib catalog`.

use tracing::Level;

use super::event::{Event, message_id};

/// An entry of the catalog, in words for whoever is on duty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explanation {
    /// One line, without full stop.
    pub subject: &'static str,
    /// What happened, what follows from it, and what to type where there is something to do.
    pub text: &'static str,
}

const fn entry(subject: &'static str, text: &'static str) -> Explanation {
    Explanation { subject, text }
}

impl Event {
    /// What the catalog says about this kind.
    #[must_use]
    pub const fn explanation(&self) -> Explanation {
        match self {
            Self::DaemonStarted { .. } => entry(
                "callsyncd has started",
                "It answers on its socket and takes up interrupted work by itself.",
            ),
            Self::DaemonStopping { .. } => entry(
                "callsyncd is stopping",
                "It was told to. Commits in hand are finished; what is not committed is read from Zoom again at the next start.",
            ),
            Self::ConfigReloaded { .. } => entry("A changed configuration is in force", "Nothing needs to be done."),
            Self::ConfigRefused { .. } => entry(
                "A changed configuration was refused",
                "The old configuration stays in force and collecting goes on, but a restart would fail with exit code 78. \
                 Correct the file, check it with \"callsyncd --check-config\", then \"systemctl reload callsyncd\".",
            ),
            Self::AccountAuthorized { .. } => entry(
                "A Zoom account is connected",
                "Its tokens are sealed and stored. Next, if it is new: \"callsyncctl cdr set\".",
            ),
            Self::TokensHandedOver { .. } => entry(
                "An account got the tokens of a refused authorization",
                "Somebody authorized a Zoom account under a second name. That is refused, but with it Zoom ends the tokens \
                 from before, so the account that has this Zoom account goes on with the new ones. Nothing needs to be done.",
            ),
            Self::ReauthorizationRequired { .. } => entry(
                "A Zoom account has to be authorized again",
                "Zoom refuses the account's tokens for good. Nothing is sent to Zoom for it any more, so calls are not \
                 collected; Zoom keeps them for about six months. An owner or admin of the account has to approve once \
                 more: \"callsyncctl account authorize NAME\". What was missed meanwhile can be collected afterwards \
                 with \"callsyncctl cdr backfill NAME\".",
            ),
            Self::AccountDeauthorized { .. } => entry(
                "An organisation withdrew its authorization",
                "Nothing is sent to Zoom for the account any more, its calls are not served, and verbs on it exit 8. Its data \
                 stays untouched. Ask the organisation whether it was meant, and record the answer: \"callsyncctl account \
                 confirm-deauthorization NAME --intended yes --by WHO\", or no. Authorizing again undoes everything.",
            ),
            Self::DeauthorizationConfirmed { .. } => entry(
                "Somebody recorded whether a withdrawal was meant",
                "\"callsyncctl removal show NAME\" tells what follows from it, and when.",
            ),
            Self::AccountRestored => entry(
                "A withdrawn account is authorized again",
                "Its data is served again, and collecting goes on. Nothing needs to be done.",
            ),
            Self::ConsentRecorded { .. } => entry(
                "A consent to the removal of data was recorded",
                "Two different users have to consent before data is removed ahead of the term's end. \
                 \"callsyncctl removal show NAME\" tells what is there.",
            ),
            Self::RemovalScheduled { .. } => entry(
                "The removal of an account's data has a date",
                "The line names the date and the ground. \"callsyncctl removal show NAME\" has the details, \"callsyncctl \
                 removal cancel NAME\" stops it.",
            ),
            Self::RemovalDue { .. } => entry(
                "An account's data will be removed soon",
                "It cannot be undone. If it should not happen: \"callsyncctl removal cancel NAME\", or a hold: \"callsyncctl \
                 hold add NAME\". Otherwise nothing needs to be done.",
            ),
            Self::RemovalCancelled => entry(
                "A removal was cancelled",
                "The account's data stays. \"callsyncctl audit list\" tells who cancelled it.",
            ),
            Self::RemovalBegun { .. } => entry(
                "An account's data is being removed",
                "It cannot be undone. It ends with a certificate; other accounts are untouched.",
            ),
            Self::RemovalFinished { .. } => entry(
                "An account's data has been removed",
                "\"callsyncctl removal show NAME\" has the certificate: what, how much, when and on what ground.",
            ),
            Self::RemovalHeld { .. } => entry(
                "Holds keep a part of an account that is being removed",
                "Everything that no hold covers is gone, and so is the access. \"callsyncctl removal show NAME\" has the \
                 certificate of it. The rest goes by itself when the holds are released: callsyncctl hold list.",
            ),
            Self::WebhookRefused { .. } => entry(
                "Posts to the webhook were refused",
                "They were not signed with the app's secret token, or were old. If they come from Zoom, compare listen: \
                 webhook_secret with the app's event subscription; else somebody is trying.",
            ),
            Self::CdrActivated { .. } => entry(
                "The collection of calls was switched on",
                "Somebody did so on purpose; \"callsyncctl audit list\" tells who.",
            ),
            Self::CdrDeactivated => entry(
                "The collection of calls was switched off",
                "Somebody did so on purpose; \"callsyncctl audit list\" tells who. Zoom keeps calls for about six months: \
                 until then they can be collected after \"callsyncctl cdr activate NAME\".",
            ),
            Self::PollFailed { .. } => entry(
                "New calls could not be collected",
                "It is tried again at every poll, and nothing is lost meanwhile: Zoom keeps calls for about six months. \
                 The line names the cause and the next step. Repetitions are written once an hour at most; \
                 \"callsyncctl cdr show NAME\" tells the present state.",
            ),
            Self::PollRecovered { .. } => entry(
                "Calls are collected again",
                "Nothing needs to be done: what was missed meanwhile is collected now.",
            ),
            Self::BackfillFinished { .. } => entry(
                "A span of the past has been collected",
                "Nothing needs to be done; \"callsyncctl cdr show NAME\" tells whether something is missing.",
            ),
            Self::SyncFinished { .. } => entry(
                "The directory has been synced",
                "With outcome \"partial\" a listing failed; what it held before stays as it was. \
                 \"callsyncctl sync status NAME\" tells which one and why.",
            ),
            Self::SyncFailed { .. } => entry(
                "The directory could not be synced",
                "Users, queues, devices and the like stay as they were. The line names the cause and the next step; \
                 \"callsyncctl sync run NAME\" tries again now.",
            ),
            Self::MasterKeyGenerated { .. } => entry(
                "A master key was made",
                "It seals the tokens of all accounts. Keep a copy of the named file in a safe place, apart from the backup \
                 of the state directory: without it every account has to be authorized again.",
            ),
            Self::SocketRestricted { .. } => entry(
                "The control socket is closed to its group",
                "The group that the configuration names does not exist, so only root and the daemon's own user can use \
                 callsyncctl. Create it (systemd-sysusers, or groupadd), or change control: group, then restart callsyncd.",
            ),
            Self::WindowClamped { .. } => entry(
                "Zoom answered for a shorter span than asked",
                "The missing part is asked for again in smaller pieces, so nothing is lost. If it happens often, report it.",
            ),
            Self::RecordsRejected { .. } => entry(
                "Records without a key were set aside",
                "They are in the table rejected_record of the account's database, as Zoom sent them and with the reason. \
                 Look at them, and report them if they are calls that you miss.",
            ),
            Self::QuotaExhausted { .. } => entry(
                "The daily share of requests to Zoom is used up",
                "Collecting goes on by itself at 00:00 UTC, when Zoom's day begins; nothing is lost. If it happens every \
                 day, raise zoom: limits in the configuration, or poll less often (\"callsyncctl cdr set --poll-interval\").",
            ),
            Self::GapsFound { .. } => entry(
                "Calls are missing",
                "Comparing with Zoom's totals found windows that hold fewer calls than Zoom has. They are collected again \
                 by themselves. \"callsyncctl cdr gaps NAME\" lists what is still missing, and until when Zoom has it.",
            ),
            Self::GapsHealed { .. } => entry(
                "Missing calls were collected",
                "Windows that were incomplete are complete. Nothing needs to be done.",
            ),
            Self::DeletedAtZoom { .. } => entry(
                "Calls were deleted at Zoom",
                "Their rows are kept and marked in the column deleted_at. Nothing needs to be done.",
            ),
            Self::ScheduleMissed { .. } => entry(
                "A missed run is made up",
                "It was due while the daemon was down or its clock stood elsewhere, and runs once now.",
            ),
            Self::ScheduleSkipped { .. } => entry(
                "A due run was left out",
                "The line names why. When the job was already running, shorten the job or put its times further apart; \
                 \"callsyncctl schedule list\" shows them.",
            ),
            Self::ClockJumped { .. } => entry(
                "The clock jumped, or the machine slept",
                "Schedules follow the wall clock: missed runs are made up once. If it happens often, check time \
                 synchronisation: \"timedatectl\".",
            ),
            Self::AlertRaised { .. } => entry(
                "An alert was raised",
                "A condition holds that people want to know of. It is told once over the channels of the configuration, \
                 and is over by itself when the condition is. \"callsyncctl alert list\" has its cause and the next step, \
                 \"callsyncctl health\" the present state.",
            ),
            Self::AlertResolved { .. } => entry(
                "An alert is over",
                "The condition holds no longer. Nothing needs to be done.",
            ),
            Self::RecordsPurged { .. } => entry(
                "What was too old was deleted",
                "As the account's retention says; holds kept what they cover. \"callsyncctl purge history NAME\" has the record \
                 of every run.",
            ),
            Self::CallsArchived { .. } => entry(
                "Old calls are in the archive",
                "They were copied, compared and only then deleted from the primary database. \"callsyncctl calls list NAME \
                 --archive\" reads both; \"callsyncctl archive restore NAME\" brings them back.",
            ),
            Self::CallsRestored { .. } => entry("Calls are back from the archive", "Nothing needs to be done."),
            Self::CopyDiffers { .. } => entry(
                "A copy is not what was copied",
                "The archive was compared with the primary database and differs, so nothing was deleted. Find out what \
                 writes to the archive database, then run \"callsyncctl archive run NAME\" again.",
            ),
            Self::PersonErased { .. } => entry(
                "A person was erased",
                "The person's fields are blank in every row that no hold covers; counts stay true. Somebody did so on \
                 purpose; \"callsyncctl audit list\" tells who.",
            ),
            Self::TaskFailed { .. } => entry(
                "A part of callsyncd failed by a defect",
                "It was started again. Please report it together with the lines before this one: \
                 \"journalctl -u callsyncd\".",
            ),
        }
    }

    /// The entry of this kind as the catalog spells it (systemd.io/CATALOG); nothing for a kind without an id.
    #[must_use]
    pub fn catalog_entry(&self) -> Option<String> {
        let Explanation { subject, text } = self.explanation();
        let duty = match self.level() {
            Level::ERROR => "A person must act.",
            Level::WARN => "A person should look.",
            _ => "For information.",
        };
        let body = wrapped(&format!("{duty} {text}"));
        Some(format!(
            "-- {}\nSubject: {subject}\nDefined-By: callsyncd\nDocumentation: man:callsyncd(8)\n\n{body}",
            message_id(self.name())?
        ))
    }
}

/// Lines of at most 78 characters.
fn wrapped(text: &str) -> String {
    let mut out = String::new();
    let mut width = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if width > 0 {
            let breaks = width + 1 + length > 78;
            out.push(if breaks { '\n' } else { ' ' });
            width = if breaks { 0 } else { width + 1 };
        }
        out.push_str(word);
        width += length;
    }
    out.push('\n');
    out
}
