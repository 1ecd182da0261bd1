//! Random timetables, held against a walk of the clock.

use ::hostile::model;
use jiff::{SignedDuration, Timestamp};
use proptest::{
    collection::vec,
    prop_oneof,
    sample::{select, subsequence},
};

use super::tests::{table, walked};

#[test]
fn any_timetable_is_due_when_the_clock_on_the_wall_first_shows_it() {
    // A zone, and a day near which its clocks change: an hour or half of one, at night or at midnight, or by a whole day.
    let changes = vec![
        ("Europe/Berlin", "2026-03-29T00:00:00Z"),
        ("Europe/Berlin", "2026-10-25T00:00:00Z"),
        ("America/New_York", "2026-03-08T00:00:00Z"),
        ("America/New_York", "2026-11-01T00:00:00Z"),
        ("America/St_Johns", "2026-11-01T00:00:00Z"),
        ("Australia/Lord_Howe", "2026-04-04T00:00:00Z"),
        ("Australia/Lord_Howe", "2026-10-03T00:00:00Z"),
        ("America/Sao_Paulo", "2018-11-04T00:00:00Z"),
        ("America/Sao_Paulo", "2018-02-18T00:00:00Z"),
        ("Pacific/Apia", "2011-12-30T00:00:00Z"),
        ("Asia/Kathmandu", "2026-05-01T00:00:00Z"),
    ];
    // Times of the night more often than others.
    let hour = prop_oneof![3 => 0..4_u8, 1 => 0..24_u8];
    let timetables = (
        subsequence(vec!["mon", "tue", "wed", "thu", "fri", "sat", "sun"], 1..=7),
        vec((hour, select(vec![0_u8, 15, 30, 45])), 1..5),
        select(changes),
        1..6_i64,
    );
    model::hold(100, timetables, |(days, times, (zone, change), before)| {
        let times: Vec<String> = times
            .iter()
            .map(|(hour, minute)| format!("{hour:02}:{minute:02}"))
            .collect();
        let times: Vec<&str> = times.iter().map(String::as_str).collect();
        let days = days.join(",");
        let from = change.parse::<Timestamp>().expect("a time") - SignedDuration::from_hours(24 * before);
        let to = from + SignedDuration::from_hours(24 * 9);
        let due: Vec<Timestamp> = table(&days, &times, zone)
            .after(from)
            .expect("a zone")
            .map(|firing| firing.at)
            .take_while(|due| *due < to)
            .collect();
        assert_eq!(
            due,
            walked(&days, &times, zone, from, to),
            "{days} {times:?} {zone} from {from}"
        );
    });
}
