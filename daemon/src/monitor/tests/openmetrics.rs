//! The metrics, read by a strict parser of the OpenMetrics text format.

use std::collections::{BTreeMap, BTreeSet};

use super::{checks, facts, fault, now};
use crate::{
    domain::{alert::AlertCode, failure::Cause},
    monitor::{metrics::render, watch::Health},
    ports::{state::JobKind, zoom::RequestCount},
};

type Labels = BTreeMap<String, String>;

/// Families in order, with their samples.
fn parse(text: &str) -> BTreeMap<String, Vec<(String, Labels, f64)>> {
    let body = text.strip_suffix("# EOF\n").expect("it ends with # EOF");
    let mut families: BTreeMap<String, Vec<(String, Labels, f64)>> = BTreeMap::new();
    let mut current: Option<(String, String)> = None;
    let mut metadata: BTreeSet<(String, String)> = BTreeSet::new();
    let mut seen: BTreeSet<(String, Labels)> = BTreeSet::new();
    for line in body.lines() {
        assert!(
            !line.is_empty() && !line.starts_with(' ') && !line.ends_with(' '),
            "{line:?}"
        );
        if let Some(rest) = line.strip_prefix("# ") {
            let mut words = rest.splitn(3, ' ');
            let (kind, name) = (words.next().expect("a kind"), words.next().expect("a name"));
            let value = words.next().unwrap_or_default();
            assert!(matches!(kind, "TYPE" | "UNIT" | "HELP"), "{line}");
            assert!(metadata.insert((kind.to_owned(), name.to_owned())), "twice: {line}");
            match kind {
                "TYPE" => {
                    assert!(matches!(value, "gauge" | "counter" | "info"), "{line}");
                    assert!(!families.contains_key(name), "a family in two parts: {line}");
                    families.insert(name.to_owned(), Vec::new());
                    current = Some((name.to_owned(), value.to_owned()));
                }
                "UNIT" => assert!(name.ends_with(&format!("_{value}")), "{line}"),
                _ => {}
            }
            assert_eq!(
                current.as_ref().map(|(family, _)| family.as_str()),
                Some(name),
                "{line}"
            );
            continue;
        }
        let (family, kind) = current.clone().expect("a family");
        let (series, value) = line.rsplit_once(' ').expect("a value");
        let value: f64 = value.parse().expect("a number");
        let (name, labels) = match series.split_once('{') {
            None => (series.to_owned(), Labels::new()),
            Some((name, rest)) => (name.to_owned(), labels(rest.strip_suffix('}').expect("a brace"))),
        };
        let suffix = match kind.as_str() {
            "counter" => "_total",
            "info" => "_info",
            _ => "",
        };
        assert_eq!(name, format!("{family}{suffix}"), "{line}");
        assert!(name.starts_with("callsync_"), "{line}");
        assert!(kind != "info" || value == 1.0, "{line}");
        assert!(seen.insert((name.clone(), labels.clone())), "twice: {line}");
        families.get_mut(&family).expect("known").push((name, labels, value));
    }
    families
}

fn labels(text: &str) -> Labels {
    let mut labels = Labels::new();
    let mut rest = text;
    loop {
        let (name, tail) = rest.split_once("=\"").expect("label=");
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{name}");
        let mut value = String::new();
        let mut characters = tail.char_indices();
        let end = loop {
            match characters.next().expect("an end") {
                (position, '"') => break position,
                (_, '\\') => match characters.next().expect("an escape").1 {
                    'n' => value.push('\n'),
                    c @ ('"' | '\\') => value.push(c),
                    other => panic!("no escape: {other}"),
                },
                (_, c) => value.push(c),
            }
        };
        assert!(labels.insert(name.to_owned(), value).is_none(), "twice: {name}");
        rest = &tail[end + 1..];
        match rest.strip_prefix(',') {
            Some(more) => rest = more,
            None => break,
        }
    }
    assert_eq!(rest, "");
    labels
}

#[test]
fn a_strict_parser_reads_them() {
    let mut facts = facts();
    facts.accounts[0].account.name = "AC\"ME\\ \n Ltd".to_owned();
    facts.fail(&[JobKind::Sync], &fault(Cause::Zoom, "sync_failed"));
    let health = Health {
        at: now(),
        checks: checks(&facts),
        facts,
    };
    let requests = [RequestCount {
        label: "heavy",
        code: "200".to_owned(),
        requests: 12,
    }];
    let firing = [(AlertCode::NoCdr, Some("AC\"ME\\ \n Ltd".to_owned()), "critical")];
    let families = parse(&render(&health, &requests, &firing, "1.2.3"));
    let value = |family: &str, name: &str, wanted: &[(&str, &str)]| {
        families[family]
            .iter()
            .find(|(found, labels, _)| {
                found == name
                    && wanted
                        .iter()
                        .all(|(label, value)| labels.get(*label).is_some_and(|found| found == value))
            })
            .map(|(.., value)| *value)
    };
    let account = ("account", "AC\"ME\\ \n Ltd");
    assert_eq!(
        value("callsync_build_info", "callsync_build_info", &[("version", "1.2.3")]),
        Some(1.0)
    );
    assert_eq!(
        value("callsync_cdr_records", "callsync_cdr_records_total", &[account]),
        Some(1_000.0)
    );
    assert_eq!(
        value(
            "callsync_last_success_timestamp_seconds",
            "callsync_last_success_timestamp_seconds",
            &[account, ("job", "cdr")]
        ),
        Some(1_772_798_280.0)
    );
    assert_eq!(
        value(
            "callsync_api_requests",
            "callsync_api_requests_total",
            &[("label", "heavy"), ("code", "200")]
        ),
        Some(12.0)
    );
    assert_eq!(
        value("callsync_health", "callsync_health", &[account, ("check", "sync")]),
        Some(2.0)
    );
    assert_eq!(
        value("callsync_alert_firing", "callsync_alert_firing", &[("code", "no_cdr")]),
        Some(1.0)
    );
}
