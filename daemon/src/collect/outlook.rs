//! How much work is left for an account and how long it will take: plans of backfills, and the backlog in `status`.

use jiff::{SignedDuration, Timestamp};

use super::descent::{AIM, LONGEST, SHORTEST};
use crate::{
    domain::{
        quota::{Budget, Purpose},
        window::Window,
    },
    ports::{records::Summary, zoom::QuotaUse},
};

/// Records a page of the call list holds.
const PAGE: f64 = 300.0;
const DAY: f64 = 86_400.0;

/// What collecting a span of the past takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Effort {
    /// Windows.
    pub windows: u64,
    /// Requests of the call list: one a window at the least, one for each further page.
    pub requests: u64,
    /// Calls, at the pace of the days that are known.
    pub calls: u64,
}

/// The effort of a span with so many calls a day, in windows as `backfill` cuts them. `lists` is how many lists have to
/// be read: two where the unfiltered one hides calls.
#[must_use]
pub fn effort(span: Window, calls_a_day: f64, lists: u64) -> Effort {
    let days = seconds(span.length()) / DAY;
    if days <= 0.0 {
        return Effort::default();
    }
    let calls = calls_a_day.max(0.0) * days;
    let suitable = DAY * number(AIM) / calls_a_day.max(0.001);
    let window = suitable.clamp(seconds(SHORTEST), seconds(LONGEST)) / DAY;
    let windows = (days / window).ceil().max(1.0);
    // The last page of a window is half full on average.
    let pages = (calls / PAGE).ceil() + if calls > PAGE * windows { windows / 2.0 } else { 0.0 };
    Effort {
        windows: whole(windows),
        requests: whole(pages.max(windows).ceil()) * lists.max(1),
        calls: whole(calls.round()),
    }
}

/// Work that waits for one label of Zoom's limits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Requests still to be sent.
    pub requests: u64,
    /// Seconds until the last of them is sent; fresh calls are counted in.
    pub seconds: u64,
}

/// What is left to do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outlook {
    /// Backfill and gaps.
    pub heavy: Backlog,
    /// Elements.
    pub light: Backlog,
    /// Of `heavy`, the backfill alone.
    pub backfill: Backlog,
}

/// Looks at what the database says is missing and at what is left of the quota.
#[must_use]
pub fn outlook(summary: &Summary, quota: &[QuotaUse], now: Timestamp) -> Outlook {
    let budget = |label: &str| quota.iter().find(|used| used.label == label).map(QuotaUse::budget);
    let take = |budget: Option<Budget>, purpose, requests| Backlog {
        requests,
        seconds: budget.map_or(0, |budget| budget.duration(purpose, requests, now)),
    };
    let left = summary
        .backfill
        .as_ref()
        .filter(|request| request.is_unfinished())
        .map(|request| Window::new(request.span.from, request.done_until));
    let backfill = left.map_or(0, |left| effort(left, known_pace(summary, now), 1).requests);
    let heavy = budget("heavy");
    Outlook {
        heavy: take(heavy, Purpose::Backfill, backfill + summary.gaps),
        light: take(budget("light"), Purpose::Fresh, summary.elements_pending),
        backfill: take(heavy, Purpose::Backfill, backfill),
    }
}

/// Calls a day, over the days that are collected: from where the backfill stands until now.
fn known_pace(summary: &Summary, now: Timestamp) -> f64 {
    let Some(request) = &summary.backfill else { return 0.0 };
    let known = seconds(now.duration_since(request.done_until)) / DAY;
    // Less than a day says little, and there is nothing better.
    number(summary.records) / known.max(1.0)
}

fn seconds(span: SignedDuration) -> f64 {
    span.as_secs_f64()
}

#[expect(clippy::cast_precision_loss, reason = "calls and requests are far below 2^52")]
fn number(count: u64) -> f64 {
    count as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to what fits before the cast"
)]
fn whole(number: f64) -> u64 {
    number.clamp(0.0, 1e15) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::records::BackfillRequest;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn half_a_year() -> Window {
        Window::new(at("2026-01-01T00:00:00Z"), at("2026-06-30T00:00:00Z"))
    }

    #[test]
    fn half_a_million_calls_in_six_months_take_about_a_request_for_300_of_them() {
        let effort = effort(half_a_year(), 500_000.0 / 180.0, 1);
        assert_eq!(effort.calls, 500_000);
        assert!((1_667..1_800).contains(&effort.requests), "{effort:?}");
        assert!((150..200).contains(&effort.windows), "{effort:?}");
    }

    #[test]
    fn quiet_months_take_a_request_a_week_and_two_lists_twice_as_many() {
        let quiet = effort(half_a_year(), 1.0, 1);
        assert_eq!((quiet.windows, quiet.requests), (26, 26));
        assert_eq!(effort(half_a_year(), 1.0, 2).requests, 52);
        assert_eq!(
            effort(
                Window::new(at("2026-01-01T00:00:00Z"), at("2026-01-01T00:00:00Z")),
                9.0,
                1
            ),
            Effort::default()
        );
    }

    #[test]
    fn the_backlog_counts_what_waits_for_each_label() {
        let now = at("2026-06-30T12:00:00Z");
        let used = |label, per_day, per_second| QuotaUse {
            label,
            used_today: 10,
            per_day,
            per_second,
            fresh_per_day: 0.0,
            blocked_until: None,
        };
        let quota = [used("heavy", Some(15_000), 8.0), used("light", None, 32.0)];
        let mut summary = Summary {
            records: 30_000,
            elements_pending: 3_200,
            gaps: 2,
            backfill: Some(BackfillRequest {
                id: 1,
                span: half_a_year(),
                done_until: at("2026-06-20T12:00:00Z"),
                state: "running".to_owned(),
            }),
            ..Summary::default()
        };
        let busy = outlook(&summary, &quota, now);
        assert_eq!(
            busy.light,
            Backlog {
                requests: 3_200,
                seconds: 100
            }
        );
        assert!((1_700..2_100).contains(&busy.backfill.requests), "{busy:?}");
        assert_eq!(busy.heavy.requests, busy.backfill.requests + 2);
        assert!(
            busy.heavy.seconds >= busy.backfill.seconds && busy.backfill.seconds > 200,
            "{busy:?}"
        );
        if let Some(request) = &mut summary.backfill {
            request.state = "done".to_owned();
        }
        assert_eq!(outlook(&summary, &quota, now).backfill, Backlog::default());
    }
}
