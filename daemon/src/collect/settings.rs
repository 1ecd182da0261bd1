//! The settings of `cdr set` as typed, checked as a whole before anything is saved.

use jiff::tz::TimeZone;

use crate::domain::{
    account::Account,
    failure::{Cause, Fault},
    settings::{
        Archive, Backfill, CdrSettings, Days, NoCdr, Retain, parse_days, parse_duration, parse_hours,
        parse_poll_interval, parse_time_of_day,
    },
};

/// What a person typed; what is absent keeps its saved or default value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Database server.
    pub server: Option<String>,
    /// Primary database.
    pub database: Option<String>,
    /// Switch on or off.
    pub enable: Option<bool>,
    /// `5m`.
    pub poll_interval: Option<String>,
    /// `6mo`, `30d`, `none`.
    pub backfill: Option<String>,
    /// `on`, `off`.
    pub elements: Option<String>,
    /// `calls=730d,…`.
    pub retain: Option<String>,
    /// `HH:MM`.
    pub purge_at: Option<String>,
    /// Archive database server.
    pub archive_server: Option<String>,
    /// Archive database.
    pub archive_database: Option<String>,
    /// `365d`.
    pub archive_after: Option<String>,
    /// `6h`, `off`.
    pub no_cdr_after: Option<String>,
    /// `mon-fri`.
    pub no_cdr_days: Option<String>,
    /// `08:00-18:00`.
    pub no_cdr_hours: Option<String>,
    /// IANA zone.
    pub no_cdr_timezone: Option<String>,
}

impl Wanted {
    /// Puts the wanted values over those of the account.
    ///
    /// # Errors
    /// Code `settings_invalid`, naming the flag; then the account must not be saved.
    pub fn apply(self, account: &mut Account) -> Result<(), Fault> {
        let cdr = &mut account.cdr;
        if let Some(server) = self.server {
            cdr.server = Some(server);
        }
        if let Some(database) = self.database {
            cdr.database = Some(database);
        }
        for (value, flag) in [(&cdr.server, "--server"), (&cdr.database, "--database")] {
            if value.is_none() {
                return Err(invalid(flag, "is needed the first time"));
            }
        }
        let settings = &mut cdr.settings;
        if let Some(enable) = self.enable {
            settings.enabled = enable;
        }
        if let Some(text) = self.poll_interval {
            settings.poll_interval_seconds = flag("--poll-interval", parse_poll_interval(&text))?;
        }
        if let Some(text) = self.backfill {
            settings.backfill = flag("--backfill", Backfill::parse(&text))?;
        }
        if let Some(text) = self.elements {
            settings.elements = match text.as_str() {
                "on" => true,
                "off" => false,
                _ => return Err(invalid("--elements", "must be on or off")),
            };
        }
        if let Some(text) = self.retain {
            settings.retain = Some(flag("--retain", Retain::parse(&text))?);
        }
        if let Some(text) = self.purge_at {
            settings.purge_at = Some(flag("--purge-at", parse_time_of_day(&text))?);
        }
        archive(settings, self.archive_server, self.archive_database, self.archive_after)?;
        no_cdr(
            settings,
            self.no_cdr_after,
            self.no_cdr_days,
            self.no_cdr_hours,
            self.no_cdr_timezone,
        )?;
        if let Some(archive) = &settings.archive
            && Some(&archive.server) == cdr.server.as_ref()
            && cdr
                .database
                .as_ref()
                .is_some_and(|database| database.eq_ignore_ascii_case(&archive.database))
        {
            return Err(invalid("--archive-database", "must not be the primary database itself"));
        }
        Ok(())
    }
}

fn archive(
    settings: &mut CdrSettings,
    server: Option<String>,
    database: Option<String>,
    after: Option<String>,
) -> Result<(), Fault> {
    if server.is_none() && database.is_none() && after.is_none() {
        return Ok(());
    }
    let before = settings.archive.clone();
    let missing = |name| move || invalid(name, "is needed with the other archive flags");
    let after_days = match (after, &before) {
        (Some(text), _) => flag("--archive-after", parse_days(&text))?,
        (None, Some(before)) => before.after_days,
        (None, None) => return Err(missing("--archive-after")()),
    };
    settings.archive = Some(Archive {
        server: server
            .or(before.as_ref().map(|b| b.server.clone()))
            .ok_or_else(missing("--archive-server"))?,
        database: database
            .or(before.map(|b| b.database))
            .ok_or_else(missing("--archive-database"))?,
        after_days,
    });
    Ok(())
}

fn no_cdr(
    settings: &mut CdrSettings,
    after: Option<String>,
    days: Option<String>,
    hours: Option<String>,
    timezone: Option<String>,
) -> Result<(), Fault> {
    if after.as_deref() == Some("off") {
        settings.no_cdr = None;
        return Ok(());
    }
    if after.is_none() && days.is_none() && hours.is_none() && timezone.is_none() {
        return Ok(());
    }
    let before = settings.no_cdr.clone();
    let after_seconds = match (after, &before) {
        (Some(text), _) => flag("--no-cdr-after", parse_duration(&text))?,
        (None, Some(before)) => before.after_seconds,
        (None, None) => return Err(invalid("--no-cdr-after", "is needed with the other --no-cdr flags")),
    };
    let days = match days {
        Some(text) => flag("--no-cdr-days", Days::parse(&text))?,
        None => match &before {
            Some(before) => before.days.clone(),
            None => flag("--no-cdr-days", Days::parse("daily"))?,
        },
    };
    let hours = match (hours, &before) {
        (Some(text), _) => flag("--no-cdr-hours", parse_hours(&text))?,
        (None, Some(before)) => before.hours,
        (None, None) => flag("--no-cdr-hours", parse_hours("00:00-24:00"))?,
    };
    let timezone = timezone
        .or(before.map(|b| b.timezone))
        .unwrap_or_else(|| "UTC".to_owned());
    if TimeZone::get(&timezone).is_err() {
        return Err(invalid(
            "--no-cdr-timezone",
            &format!("\"{timezone}\" is not an IANA zone, for example Europe/Berlin"),
        ));
    }
    settings.no_cdr = Some(NoCdr {
        after_seconds,
        days,
        hours,
        timezone,
    });
    Ok(())
}

fn flag<T>(name: &str, parsed: Result<T, String>) -> Result<T, Fault> {
    parsed.map_err(|message| invalid(name, &message))
}

fn invalid(flag: &str, message: &str) -> Fault {
    Fault::new(Cause::Usage, "settings_invalid", format!("{flag}: {message}"))
        .hint("Nothing was saved; callsyncctl cdr set --help shows every flag with an example.")
}
