//! `alert …`

use callsync_shared::{
    ExitCode, Problem,
    api::alert::{Alert, AlertTest, MuteAlerts, TestAlerts},
    client::routes,
};

use crate::{
    cli::AlertCommand,
    context::Context,
    error::Failure,
    output::page::{Cell, Page},
};

pub async fn run(context: &Context, command: AlertCommand) -> Result<ExitCode, Failure> {
    match command {
        AlertCommand::List { all } => {
            let answer = context.send(&routes::alerts(all)).await?;
            context.show(&answer, |list, page| table(&list.items, page))
        }
        AlertCommand::Test { channel } => {
            let answer = context
                .send_patiently(&routes::test_alerts(&TestAlerts { channel }))
                .await?;
            let test = answer.document()?.body;
            context.show(&answer, |test, page| tried(&test.body, page))?;
            judge(&test)
        }
        AlertCommand::Mute {
            code,
            duration,
            account,
            dry_run,
        } => {
            let body = MuteAlerts {
                code,
                duration,
                account,
            };
            // As short as it gets, in whatever unit.
            let ends = body.duration.trim_end_matches(char::is_alphabetic).parse() == Ok(0_u64);
            let request = routes::mute_alerts(&body).dry_run(dry_run.dry_run);
            let answer = context.send(&request).await?;
            context.show(&answer, |mute, page| {
                let mute = mute.body;
                let whom = mute
                    .account
                    .map_or_else(|| "all accounts".to_owned(), |name| format!("account {name}"));
                let verb = if dry_run.dry_run { "would be" } else { "is" };
                if ends {
                    page.line(&format!("{} of {whom} {verb} muted no longer.", mute.code));
                } else {
                    page.line(&format!(
                        "{} of {whom} {verb} muted until {}.",
                        mute.code,
                        page.time(mute.until)
                    ));
                }
                page.dry_run(dry_run.dry_run);
            })
        }
    }
}

fn table(alerts: &[Alert], page: &mut Page) {
    let rows = alerts
        .iter()
        .map(|alert| {
            [
                alert.code.as_str().into(),
                Cell::or_dash(alert.account.as_deref()),
                Cell::state(&alert.state),
                alert.severity.as_str().into(),
                page.time(alert.since).into(),
                told(alert, page),
                alert.summary.as_str().into(),
            ]
        })
        .collect();
    page.table(
        ["CODE", "ACCOUNT", "STATE", "SEVERITY", "SINCE", "TOLD", "SUMMARY"],
        rows,
        "No alerts.",
    );
    let troubled = alerts.iter().flat_map(|alert| {
        alert.deliveries.iter().filter_map(move |delivery| {
            let error = delivery.last_error.as_deref()?;
            Some(format!(
                "{} over {}: {}: {error}",
                alert.code, delivery.channel, delivery.state
            ))
        })
    });
    for line in troubled {
        page.line(&line);
    }
    for alert in alerts.iter().filter(|alert| alert.state == "firing") {
        page.line(&format!("{}: {}", alert.code, alert.hint));
    }
}

/// Whether people were told, over each channel: the newest notification of it.
fn told(alert: &Alert, page: &Page) -> Cell {
    if alert.deliveries.iter().any(|delivery| delivery.state != "delivered") {
        if let Some(until) = alert.muted_until {
            return format!("muted until {}", page.time(until)).into();
        }
        let failing = alert
            .deliveries
            .iter()
            .any(|delivery| delivery.last_error.is_some() && delivery.state != "delivered");
        return if failing {
            Cell::bad("not delivered")
        } else {
            "waiting".into()
        };
    }
    let mut channels: Vec<&str> = alert
        .deliveries
        .iter()
        .map(|delivery| delivery.channel.as_str())
        .collect();
    channels.sort_unstable();
    channels.dedup();
    Cell::or_dash(Some(channels.join(", ")))
}

fn tried(test: &AlertTest, page: &mut Page) {
    for channel in &test.channels {
        match &channel.error {
            None => page.line(&format!("{} accepted the message: {}", channel.channel, channel.target)),
            Some(error) => page.line(&format!("{} failed: {}: {error}", channel.channel, channel.target)),
        }
    }
    for warning in &test.warnings {
        page.line(&format!("warning: {warning}"));
    }
}

/// Good only when every channel accepted.
fn judge(test: &AlertTest) -> Result<ExitCode, Failure> {
    let failed: Vec<&str> = test
        .channels
        .iter()
        .filter(|channel| !channel.accepted)
        .map(|channel| channel.channel.as_str())
        .collect();
    if failed.is_empty() {
        return Ok(ExitCode::Ok);
    }
    let code = if failed.len() < test.channels.len() {
        ExitCode::Partial
    } else {
        ExitCode::Failed
    };
    Err(Problem::new(
        code,
        "channel_failed",
        format!("The test message was not accepted by {}.", failed.join(" and ")),
    )
    .hint(
        "Correct alerts: in /etc/callsyncd/callsyncd.yaml, then: systemctl reload callsyncd && callsyncctl alert test",
    )
    .into())
}
