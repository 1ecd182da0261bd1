//! Alerts: what holds and held, trying out the channels, silence that a person asks for.

use callsync_shared::{
    ExitCode, Problem,
    api::alert::{AlertMute, AlertTest, ChannelTest, MuteAlerts, TestAlerts},
};
use jiff::SignedDuration;

use crate::{
    control::{
        answer::{Answer, Answered},
        call::Call,
        problem::usage,
        view,
    },
    domain::{
        account::AccountId,
        alert::{AlertCode, Channel, Mute},
        settings::parse_duration,
    },
};

/// Most alerts of one answer, newest first.
const MOST_ALERTS: usize = 10_000;

/// Conditions that hold; with `all` also those that ended. Those of the daemon itself are for who may see everything.
pub async fn list(call: Call) -> Answered {
    let all = call.parsed::<bool>("all", "true")?.unwrap_or(false);
    let now = call.handles.clock.now();
    let accounts = call.accounts().await?;
    let sees_all = call.caller.role.sees_all();
    let is_visible = |id: &Option<AccountId>| {
        id.as_ref()
            .map_or(sees_all, |id| accounts.iter().any(|account| account.id == *id))
    };
    let alerts = call.handles.alerts.alerts(all, MOST_ALERTS).await?;
    let mutes = call.handles.alerts.mutes(now).await?;
    let items = alerts
        .into_iter()
        .filter(|alert| is_visible(&alert.condition.account))
        .map(|alert| view::alert::alert(alert, &mutes, now))
        .collect();
    Answer::list(items)
}

/// Sends a test message over all channels, or over one.
pub async fn test(call: Call) -> Answered {
    let request: TestAlerts = call.json_or_default()?;
    let configured = call.handles.channels.configured();
    let only = request.channel.as_deref().map(channel).transpose()?;
    call.about(request.channel.as_deref().unwrap_or("all channels"));
    if configured.is_empty() {
        return Err(Problem::new(
            ExitCode::WrongState,
            "no_channel",
            "No channel of alerts is configured, so nobody would be told.",
        )
        .hint(
            "Add alerts: email or alerts: webhook to /etc/callsyncd/callsyncd.yaml, then: systemctl reload callsyncd",
        ));
    }
    if let Some(only) = only
        && !configured.contains(&only)
    {
        return Err(Problem::new(
            ExitCode::NotFound,
            "channel_not_found",
            format!("The channel {only} is not configured."),
        )
        .hint(format!(
            "Add alerts: {only} to /etc/callsyncd/callsyncd.yaml, then: systemctl reload callsyncd"
        )));
    }
    let tried = call.handles.channels.trial(only).await;
    let result = AlertTest {
        channels: tried
            .into_iter()
            .map(|tried| ChannelTest {
                channel: tried.channel.to_string(),
                target: tried.target,
                accepted: tried.error.is_none(),
                error: tried.error,
            })
            .collect(),
        warnings: call.handles.channels.warnings(),
    };
    call.after(&result);
    Answer::document(result)
}

fn channel(text: &str) -> Result<Channel, Problem> {
    Channel::parse(text).ok_or_else(|| {
        usage(
            "invalid_channel",
            format!("There is no channel \"{}\".", text.escape_debug()),
        )
        .hint(format!(
            "Use {}.",
            names(Channel::ALL.iter().map(|channel| channel.as_str()))
        ))
    })
}

fn names<'n>(names: impl Iterator<Item = &'n str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

/// Ten years: who wants to hear of something never again takes it out of the channels.
const LONGEST_MUTE: SignedDuration = SignedDuration::from_hours(3_650 * 24);

/// Silences a code for a while.
pub async fn mute(call: Call) -> Answered {
    let request: MuteAlerts = call.json()?;
    call.about(&request.code);
    let code = AlertCode::parse(&request.code).ok_or_else(|| {
        usage(
            "invalid_alert_code",
            format!("There is no alert \"{}\".", request.code.escape_debug()),
        )
        .hint(format!(
            "Use one of {}.",
            names(AlertCode::ALL.iter().map(|code| code.as_str()))
        ))
    })?;
    let seconds = parse_duration(&request.duration)
        .map_err(|reason| usage("invalid_duration", reason).hint("For example --for 8h; 0s ends a mute."))?;
    let now = call.handles.clock.now();
    let until = i64::try_from(seconds)
        .ok()
        .map(SignedDuration::from_secs)
        .filter(|wanted| *wanted <= LONGEST_MUTE)
        .and_then(|wanted| now.checked_add(wanted).ok())
        .ok_or_else(|| {
            usage("invalid_duration", "A mute of more than 3650 days is not possible.").hint("For example --for 8h.")
        })?;
    let account = match &request.account {
        None => None,
        Some(name) => Some(call.handles.enrolment.account(name).await?),
    };
    let view = AlertMute {
        code: request.code,
        account: account.as_ref().map(|account| account.name.clone()),
        until,
    };
    call.after(&view);
    if !call.dry_run {
        let mute = Mute {
            code,
            account: account.map(|account| account.id),
            until,
        };
        call.handles.alerts.mute(mute, now).await?;
        call.handles.channels.look_again();
    }
    Answer::changed(view, call.dry_run)
}
