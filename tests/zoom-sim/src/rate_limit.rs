//! Zoom's rate limits: per account and label, one second wide, plus a daily budget for the heavy calls.

use crate::answer::Answer;
use crate::api::endpoint::{Family, Label};
use crate::options::{Plan, RateHeaders, RateLimits};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::{HashMap, VecDeque};

/// What an account has used so far.
#[derive(Debug, Default)]
pub(crate) struct RateLedger {
    last_second: HashMap<(Family, Label), VecDeque<Timestamp>>,
    heavy_today: HashMap<Family, (i64, u32)>,
}

/// Limits and use at the moment of one request, for the headers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    label: Label,
    kind: &'static str,
    limit: u32,
    remaining: u32,
}

const DAY: i64 = 86_400;

/// Requests per second, and the daily budget that Heavy and Resource-intensive share (phone) or have (general).
fn limits(plan: Plan, rates: &RateLimits, family: Family, label: Label) -> Option<(u32, u32)> {
    let (light, medium, heavy, daily) = match rates {
        RateLimits::Off => return None,
        RateLimits::Custom(custom) => (custom.light, custom.medium, custom.heavy, custom.heavy_daily),
        RateLimits::Documented => match (family, plan) {
            (Family::Phone, Plan::Pro) => (20, 10, 5, 15_000),
            (Family::Phone, Plan::Business) => (40, 20, 10, 30_000),
            (Family::General, Plan::Pro) => (30, 20, 10, 30_000),
            (Family::General, Plan::Business) => (80, 60, 40, 60_000),
        },
    };
    Some((
        match label {
            Label::Light => light,
            Label::Medium => medium,
            Label::Heavy => heavy,
        },
        daily,
    ))
}

impl RateLedger {
    /// Counts one request, or refuses it with the 429 Zoom would send. A refused request is not counted.
    pub fn admit(
        &mut self,
        now: Timestamp,
        plan: Plan,
        rates: &RateLimits,
        family: Family,
        label: Label,
    ) -> Result<Option<Reading>, Box<(Answer, Reading)>> {
        let Some((per_second, per_day)) = limits(plan, rates, family, label) else {
            return Ok(None);
        };
        let day = now.as_second().div_euclid(DAY);
        let today = self.heavy_today.entry(family).or_insert((day, 0));
        if today.0 != day {
            *today = (day, 0);
        }
        if label == Label::Heavy && today.1 >= per_day {
            let reading = Reading {
                label,
                kind: "Daily-limit",
                limit: per_day,
                remaining: 0,
            };
            return Err(Box::new((too_many_today(now, None), reading)));
        }
        let window = self.last_second.entry((family, label)).or_default();
        while window
            .front()
            .is_some_and(|at| now.duration_since(*at).as_millis() >= 1000)
        {
            window.pop_front();
        }
        let used = u32::try_from(window.len()).unwrap_or(u32::MAX);
        if used >= per_second {
            let reading = Reading {
                label,
                kind: "QPS",
                limit: per_second,
                remaining: 0,
            };
            return Err(Box::new((too_many_per_second(), reading)));
        }
        window.push_back(now);
        if label == Label::Heavy {
            today.1 += 1;
            return Ok(Some(Reading {
                label,
                kind: "Daily-limit",
                limit: per_day,
                remaining: per_day - today.1,
            }));
        }
        Ok(Some(Reading {
            label,
            kind: "QPS",
            limit: per_second,
            remaining: per_second - used - 1,
        }))
    }

    /// Other apps of the same account use the budget too.
    pub fn spend_heavy(&mut self, now: Timestamp, family: Family, requests: u32) {
        let day = now.as_second().div_euclid(DAY);
        let today = self.heavy_today.entry(family).or_insert((day, 0));
        let before = if today.0 == day { today.1 } else { 0 };
        *today = (day, before.saturating_add(requests));
    }
}

impl Reading {
    pub fn put_on(self, mut answer: Answer, which: RateHeaders) -> Answer {
        if which == RateHeaders::None {
            return answer;
        }
        answer = answer.with("x-ratelimit-category", category(self.label));
        if which == RateHeaders::Full {
            answer = answer
                .with("x-ratelimit-type", self.kind)
                .with("x-ratelimit-limit", self.limit.to_string())
                .with("x-ratelimit-remaining", self.remaining.to_string());
        }
        answer
    }
}

pub(crate) fn category(label: Label) -> &'static str {
    match label {
        Label::Light => "Light",
        Label::Medium => "Medium",
        Label::Heavy => "Heavy",
    }
}

pub(crate) fn too_many_per_second() -> Answer {
    let message = "You have reached the maximum per-second rate limit for this API. Try again later.";
    Answer::error(429, 429, message)
}

/// `retry_after` replaces the documented ISO 8601 instant (the next midnight, UTC).
pub(crate) fn too_many_today(now: Timestamp, retry_after: Option<&str>) -> Answer {
    let message = "You have reached the maximum daily rate limit for this API. Refer to the response header for details \
                   on when you can make another request.";
    let midnight = now
        .to_zoned_datetime(TimeZone::UTC)
        .tomorrow()
        .ok()
        .and_then(|day| day.start_of_day().ok());
    let at = retry_after
        .map(str::to_owned)
        .or_else(|| midnight.map(|day| day.timestamp().to_string()))
        .unwrap_or_else(|| now.to_string());
    Answer::error(429, 429, message).with("retry-after", at)
}
