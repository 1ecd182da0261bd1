//! Due instants against a second way to find them: walking through a year in short steps, looking at the clock.

use jiff::{SignedDuration, Timestamp, civil, tz::TimeZone};

use super::{Timetable, Zone};

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

pub(super) fn table(days: &str, times: &[&str], zone: &str) -> Timetable {
    Timetable::parse(days, times, zone).expect("a timetable")
}

fn due(table: &Timetable, from: &str, to: &str) -> Vec<String> {
    table
        .after(at(from))
        .expect("a zone")
        .map(|firing| firing.at)
        .take_while(|due| *due < at(to))
        .map(|due| due.to_string())
        .collect()
}

/// A local time is due when the clock on the wall first shows it or something later, on a day that the clock shows.
pub(super) fn walked(days: &str, times: &[&str], zone: &str, from: Timestamp, to: Timestamp) -> Vec<Timestamp> {
    let rules = TimeZone::get(zone).expect("a zone");
    let on = crate::domain::settings::Days::parse(days).expect("days").on;
    let times: Vec<civil::Time> = times
        .iter()
        .map(|text| crate::domain::settings::parse_time_of_day(text).expect("a time of day"))
        .collect();
    // Every time here, and every change of these clocks, is at a quarter of an hour.
    let step = SignedDuration::from_mins(15);
    // A day earlier, so that what was shown before `from` is known.
    let mut now = from - SignedDuration::from_hours(24);
    let mut latest = rules.to_datetime(now);
    let mut found = Vec::new();
    while now < to {
        now += step;
        let shown = rules.to_datetime(now);
        if shown <= latest {
            continue;
        }
        let passed = times.iter().any(|time| {
            [latest.date(), shown.date()].into_iter().any(|day| {
                let wanted = day.to_datetime(*time);
                let weekday = usize::try_from(day.weekday().to_monday_zero_offset()).expect("0 to 6");
                on[weekday] && wanted > latest && wanted <= shown
            })
        });
        if passed && now > from && now < to {
            found.push(now);
        }
        latest = shown;
    }
    found
}

/// Zones with one-hour and half-hour steps, both hemispheres, transitions at midnight, in winter time "daylight",
/// at odd offsets, with suspended rules, without any; a leap day; a change of rules at a turn of the year.
const YEARS: [(&str, i16); 18] = [
    ("America/New_York", 2026),
    ("America/New_York", 2028),
    ("Europe/Berlin", 2026),
    ("Europe/London", 2024),
    ("Europe/Dublin", 2026),
    ("Australia/Lord_Howe", 2026),
    ("Australia/Sydney", 2028),
    ("America/Santiago", 2026),
    ("America/St_Johns", 2026),
    ("America/Sao_Paulo", 2018),
    ("Asia/Beirut", 2026),
    ("Asia/Kathmandu", 2026),
    ("Africa/Casablanca", 2026),
    ("Africa/Cairo", 2025),
    ("America/Nuuk", 2024),
    ("Pacific/Apia", 2011),
    ("Asia/Pyongyang", 2018),
    ("UTC", 2028),
];

#[test]
fn due_instants_are_when_the_clock_on_the_wall_first_shows_them() {
    for (zone, year) in YEARS {
        let (from, to) = (
            at(&format!("{year}-01-01T00:00:00Z")),
            at(&format!("{}-01-02T00:00:00Z", year + 1)),
        );
        for (days, times) in [
            ("daily", &["00:00", "00:30", "02:30", "23:45"][..]),
            ("mon-fri", &["06:00", "17:00"][..]),
            ("sat,sun", &["01:30", "02:00", "02:15"][..]),
        ] {
            let told: Vec<Timestamp> = table(days, times, zone)
                .after(from)
                .expect("a zone")
                .map(|firing| firing.at)
                .take_while(|due| *due < to)
                .collect();
            assert_eq!(
                told,
                walked(days, times, zone, from, to),
                "{zone} {year} {days} {times:?}"
            );
        }
    }
}

#[test]
fn local_time_that_does_not_exist_is_due_at_the_first_instant_after_it() {
    let table = table("daily", &["02:30"], "America/New_York");
    assert_eq!(
        due(&table, "2026-03-07T12:00:00Z", "2026-03-10T00:00:00Z"),
        ["2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"]
    );
}

#[test]
fn local_time_that_occurs_twice_is_due_the_first_time_only() {
    let table = table("daily", &["01:30"], "America/New_York");
    assert_eq!(
        due(&table, "2026-10-31T12:00:00Z", "2026-11-03T00:00:00Z"),
        ["2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"]
    );
}

#[test]
fn several_local_times_in_one_gap_are_due_once() {
    let table = table("sun", &["02:00", "02:15", "02:59", "03:00", "03:01"], "Europe/Berlin");
    assert_eq!(
        due(&table, "2026-03-28T12:00:00Z", "2026-03-30T00:00:00Z"),
        ["2026-03-29T01:00:00Z", "2026-03-29T01:01:00Z"]
    );
}

#[test]
fn calendar_day_that_the_zone_left_out_has_no_run() {
    let table = table("daily", &["00:00", "12:00"], "Pacific/Apia");
    assert_eq!(
        due(&table, "2011-12-29T11:00:00Z", "2011-12-31T23:00:00Z"),
        [
            "2011-12-29T22:00:00Z",
            "2011-12-30T10:00:00Z",
            "2011-12-30T22:00:00Z",
            "2011-12-31T10:00:00Z",
            "2011-12-31T22:00:00Z"
        ]
    );
    // Friday 30 December 2011 never was.
    let fridays = self::table("fri", &["12:00"], "Pacific/Apia");
    assert_eq!(
        due(&fridays, "2011-12-20T00:00:00Z", "2012-01-08T00:00:00Z"),
        ["2011-12-23T22:00:00Z", "2012-01-05T22:00:00Z"]
    );
}

#[test]
fn leap_day_is_a_day() {
    let table = table("tue", &["06:00"], "UTC");
    assert_eq!(
        due(&table, "2028-02-28T00:00:00Z", "2028-03-07T00:00:00Z"),
        ["2028-02-29T06:00:00Z"]
    );
}

#[test]
fn due_instants_do_not_depend_on_where_one_begins_to_look() {
    let table = table("daily", &["00:30", "01:30", "02:30"], "America/New_York");
    let whole: Vec<Timestamp> = table
        .after(at("2026-10-30T00:00:00Z"))
        .expect("a zone")
        .map(|it| it.at)
        .take(20)
        .collect();
    for pair in whole.windows(2) {
        for from in [pair[0], pair[1] - SignedDuration::from_secs(1)] {
            assert_eq!(table.after(from).expect("a zone").next().map(|it| it.at), Some(pair[1]));
        }
    }
}

#[test]
fn what_is_typed_is_checked_and_the_flag_is_named() {
    for (days, times, zone, named) in [
        ("funday", &["06:00"][..], "UTC", "--days"),
        ("", &["06:00"], "UTC", "--days"),
        ("daily", &["6:00"], "UTC", "--at"),
        ("daily", &["24:00"], "UTC", "--at"),
        ("daily", &[], "UTC", "--at"),
        ("daily", &["06:00"], "America/Nowhere", "--timezone"),
        ("daily", &["06:00"], "", "--timezone"),
        ("daily", &["06:00"], "EST5EDT,M3.2.0,M11.1.0", "--timezone"),
    ] {
        let refused = Timetable::parse(days, times, zone).expect_err(named);
        assert!(refused.starts_with(named), "{refused}");
    }
    let table = table("Mon-Fri", &["17:00", "06:00", "17:00"], "america/new_york");
    assert_eq!(table.times(), ["06:00", "17:00"]);
    assert_eq!(table.zone(), &Zone::Named("America/New_York".to_owned()));
    assert_eq!(table.days().to_string(), "mon-fri");
}
