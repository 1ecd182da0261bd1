//! `health`: whether all is well, for people, scripts, Nagios and Prometheus.

use std::time::Duration;

use callsync_shared::{
    ExitCode,
    api::health::{Check, Health},
    client::routes,
};

use super::{metrics, nagios};
use crate::{
    cli::{HealthArguments, HealthFormat},
    context::Context,
    error::Failure,
    output::page::{Cell, Page},
};

/// Monitoring systems give up after ten seconds; we say why before.
pub const LIMIT: Duration = Duration::from_secs(7);

pub async fn run(context: &Context, arguments: HealthArguments) -> Result<ExitCode, Failure> {
    match arguments.format {
        HealthFormat::Text | HealthFormat::Json => {
            let answer = context.send_briefly(&routes::health(), LIMIT).await?;
            let health = answer.document()?.body;
            if context.output.json || arguments.format == HealthFormat::Json {
                context.output.document(&answer.bytes)?;
            } else {
                let mut page = context.output.page();
                overview(&health, &mut page);
                context.output.print(page)?;
            }
            Ok(if health.state == "ok" {
                ExitCode::Ok
            } else {
                ExitCode::Failed
            })
        }
        HealthFormat::Nagios => {
            refuse_json(context, "nagios")?;
            let answer = context.send_briefly(&routes::health(), LIMIT).await;
            let health = answer.and_then(|answer| Ok(answer.document()?.body));
            let (line, code) = nagios::report(health);
            context.output.raw(line.as_bytes())?;
            Ok(code)
        }
        HealthFormat::Openmetrics => {
            refuse_json(context, "openmetrics")?;
            metrics::print(context).await
        }
    }
}

fn refuse_json(context: &Context, format: &str) -> Result<(), Failure> {
    if context.output.json {
        return Err(Failure::usage(
            format!("--format {format} is not JSON."),
            "Leave --json out.",
        ));
    }
    Ok(())
}

fn overview(health: &Health, page: &mut Page) {
    let bad: Vec<&Check> = health.checks.iter().filter(|check| check.state != "ok").collect();
    page.fields([
        ("State", Cell::state(&health.state)),
        (
            "Checks",
            format!("{}, {} need attention", health.checks.len(), bad.len()).into(),
        ),
    ]);
    page.gap();
    let rows = health
        .checks
        .iter()
        .map(|check| {
            [
                check.name.as_str().into(),
                Cell::or_dash(check.account.as_deref()),
                Cell::state(&check.state),
                page.time(check.since).into(),
                check.message.as_str().into(),
            ]
        })
        .collect();
    page.table(["CHECK", "ACCOUNT", "STATE", "SINCE", "MESSAGE"], rows, "No checks.");
    if !bad.is_empty() {
        page.gap();
    }
    for check in bad {
        let account = check
            .account
            .as_deref()
            .map(|name| format!(" {name}"))
            .unwrap_or_default();
        page.line(&format!(
            "{}{account}: {}",
            check.name,
            check.hint.as_deref().unwrap_or("callsyncctl doctor")
        ));
    }
}
