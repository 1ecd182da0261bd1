//! Hostile timetables, durations and retentions: refused in words, or due in order and printed as they are read.

use hostile::Target;

use super::*;
use crate::domain::settings::{
    Days, Retain, parse_days, parse_duration, parse_hours, parse_poll_interval, print_duration,
};

#[test]
fn a_hostile_timetable_is_refused_or_due_in_order() {
    let target = Target::new("schedules")
        .seed("mon-fri\n06:00,17:00\nAmerica/New_York\n2026-03-08T00:00:00Z")
        .seed("daily\n02:30\nEurope/Berlin\n2026-03-28T12:00:00Z")
        .seed("sat,sun\n23:59,00:00\nPacific/Apia\n2011-12-28T00:00:00Z")
        .seed("mon\n12:00\nUTC\n9999-12-30T00:00:00Z")
        .seed("tue\n12:00\nAfrica/Monrovia\n-009999-01-02T01:59:59Z")
        .brief(1_500);
    target.attack(|input| {
        let Ok(text) = std::str::from_utf8(input) else { return };
        let mut lines = text.split('\n');
        let mut line = || lines.next().unwrap_or_default();
        let (days, times, zone, after) = (line(), line(), line(), line());
        let times: Vec<&str> = times.split(',').collect();
        let table = match Timetable::parse(days, &times, zone) {
            Ok(table) => table,
            Err(sentence) => {
                assert!(sentence.starts_with("--"), "the flag is named: {sentence}");
                return;
            }
        };
        let Ok(after) = after.parse::<Timestamp>() else { return };
        let mut last = after;
        for firing in table
            .after(after)
            .expect("rules of a zone that was just there")
            .take(12)
        {
            assert!(firing.at > last, "{} after {last}", firing.at);
            last = firing.at;
        }
    });
}

#[test]
fn hostile_durations_days_and_retentions_are_refused_or_read_as_printed() {
    let target = Target::new("durations")
        .seed("5m")
        .seed("730d")
        .seed("6mo")
        .seed("1h30m")
        .seed("08:00-18:00")
        .seed("mon-fri,sun")
        .seed("calls=730d,elements=730d,directory=never,history=90d")
        .brief(2_000);
    target.attack(|input| {
        let Ok(text) = std::str::from_utf8(input) else { return };
        if let Ok(seconds) = parse_duration(text) {
            assert_eq!(parse_duration(&print_duration(seconds)), Ok(seconds), "{text:?}");
        }
        if let Ok(seconds) = parse_poll_interval(text) {
            assert!((10..=86_400).contains(&seconds), "{text:?}");
        }
        if let Ok(time) = parse_time_of_day(text) {
            assert_eq!(format!("{:02}:{:02}", time.hour(), time.minute()), text);
        }
        if let Ok((from, to)) = parse_hours(text) {
            let print = |time: Time| format!("{:02}:{:02}", time.hour(), time.minute());
            assert_eq!(format!("{}-{}", print(from), print(to)), text);
        }
        if let Ok(days) = Days::parse(text) {
            assert!(days.on.contains(&true) && days.to_string() == text, "{text:?}");
        }
        let _ = parse_days(text);
        if let Ok(retain) = Retain::parse(text) {
            assert_eq!(Retain::parse(&retain.to_string()), Ok(retain), "{text:?}");
        }
        let _ = crate::domain::phone_number::e164(text).inspect(|number| {
            let digits = number.strip_prefix('+').expect("E.164");
            assert!(
                digits.len() <= 15 && digits.bytes().all(|byte| byte.is_ascii_digit()),
                "{number}"
            );
        });
    });
}
