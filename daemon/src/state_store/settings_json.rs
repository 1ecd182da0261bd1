//! Settings of CDR processing as they are kept: one JSON object, read back exactly.

use jiff::civil::Time;
use serde::{Deserialize, Serialize};

use super::error::StateError;
use crate::domain::settings::{Archive, Backfill, CdrSettings, Days, NoCdr, Place, Retain};

#[derive(Serialize, Deserialize)]
struct Kept {
    enabled: bool,
    poll_interval_seconds: u64,
    backfill: KeptBackfill,
    elements: bool,
    retain: Option<Vec<(String, Option<u32>)>>,
    purge_at: Option<Time>,
    archive: Option<KeptArchive>,
    no_cdr: Option<KeptNoCdr>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    former: Vec<(String, String)>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum KeptBackfill {
    None,
    Months(u32),
    Days(u32),
}

#[derive(Serialize, Deserialize)]
struct KeptArchive {
    server: String,
    database: String,
    after_days: u32,
}

#[derive(Serialize, Deserialize)]
struct KeptNoCdr {
    after_seconds: u64,
    days: String,
    from: Time,
    to: Time,
    timezone: String,
}

pub(super) fn write(settings: &CdrSettings) -> Result<String, StateError> {
    let kept = Kept {
        enabled: settings.enabled,
        poll_interval_seconds: settings.poll_interval_seconds,
        backfill: match settings.backfill {
            Backfill::None => KeptBackfill::None,
            Backfill::Months(months) => KeptBackfill::Months(months),
            Backfill::Days(days) => KeptBackfill::Days(days),
        },
        elements: settings.elements,
        retain: settings.retain.as_ref().map(|retain| retain.classes.clone()),
        purge_at: settings.purge_at,
        archive: settings.archive.as_ref().map(|archive| KeptArchive {
            server: archive.server.clone(),
            database: archive.database.clone(),
            after_days: archive.after_days,
        }),
        no_cdr: settings.no_cdr.as_ref().map(|rule| KeptNoCdr {
            after_seconds: rule.after_seconds,
            days: rule.days.to_string(),
            from: rule.hours.0,
            to: rule.hours.1,
            timezone: rule.timezone.clone(),
        }),
        former: settings
            .former
            .iter()
            .map(|place| (place.server.clone(), place.database.clone()))
            .collect(),
    };
    serde_json::to_string(&kept).map_err(|error| StateError::damaged("settings", error))
}

pub(super) fn read(text: &str) -> Result<CdrSettings, StateError> {
    let kept: Kept = serde_json::from_str(text).map_err(|error| StateError::damaged("settings", error))?;
    Ok(CdrSettings {
        enabled: kept.enabled,
        poll_interval_seconds: kept.poll_interval_seconds,
        backfill: match kept.backfill {
            KeptBackfill::None => Backfill::None,
            KeptBackfill::Months(months) => Backfill::Months(months),
            KeptBackfill::Days(days) => Backfill::Days(days),
        },
        elements: kept.elements,
        retain: kept.retain.map(|classes| Retain { classes }),
        purge_at: kept.purge_at,
        archive: kept.archive.map(|archive| Archive {
            server: archive.server,
            database: archive.database,
            after_days: archive.after_days,
        }),
        no_cdr: kept
            .no_cdr
            .map(|rule| {
                Ok::<_, StateError>(NoCdr {
                    after_seconds: rule.after_seconds,
                    days: Days::parse(&rule.days).map_err(|error| StateError::damaged("settings", error))?,
                    hours: (rule.from, rule.to),
                    timezone: rule.timezone,
                })
            })
            .transpose()?,
        former: kept
            .former
            .into_iter()
            .map(|(server, database)| Place { server, database })
            .collect(),
    })
}
