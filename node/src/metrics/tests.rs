#![allow(clippy::unwrap_used)]
use super::{follow::Reader, *};
use crate::mock::{BLOCK, Chain, TAKEN_AT, VENUE, account};
use std::collections::BTreeMap;

/// Values of all series that are neither histograms nor empty, by name and labels.
fn values(registry: &Registry) -> BTreeMap<String, f64> {
    let mut values = BTreeMap::new();
    for family in registry.gather() {
        for metric in family.get_metric() {
            let labels: Vec<_> = metric.get_label().iter().map(|l| l.get_value()).collect();
            let name = format!("{}{labels:?}", family.get_name());
            values.insert(name, metric.get_gauge().get_value());
        }
    }
    values
}

#[test]
fn the_chain_is_shown_under_the_documented_names() {
    let registry = Registry::new();
    let metrics = Metrics::register(&registry).unwrap();
    assert!(
        Metrics::register(&registry).is_err(),
        "names are registered once"
    );
    // Nothing is shown before the chain was read.
    assert!(!values(&registry).contains_key("clearproof_snapshot_age_seconds[]"));

    let mut reader = Reader::new(metrics);
    reader.update(&Chain, BLOCK);
    let shown = values(&registry);
    let venue = |name: &str| shown[&format!("clearproof_venue_{name}[\"{VENUE}\"]")];
    assert_eq!(venue("last_batch"), 8.0);
    assert_eq!(venue("last_batch_block"), 11.0);
    assert_eq!(venue("settled_until_seconds"), 1_699_999_990.5);
    assert_eq!(venue("queued_deposits"), 2.0);
    assert_eq!(venue("stopped"), 0.0);
    assert_eq!(shown["clearproof_snapshot_number[]"], 5.0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let age = now.as_secs_f64() - seconds(TAKEN_AT);
    assert!((shown["clearproof_snapshot_age_seconds[]"] - age).abs() < 10.0);
    for state in ["trading", "halted", "no_price"] {
        let name = format!("clearproof_instruments[\"{state}\"]");
        assert_eq!(shown[&name], 1.0, "{state}");
    }
    for operation in Operation::ALL {
        let name = format!("clearproof_bn254_seconds[\"{}\"]", operation.name());
        assert!(shown.contains_key(&name), "{name}");
    }
}

#[test]
fn the_chains_operation_is_shown() {
    let registry = Registry::new();
    let mut reader = Reader::new(Metrics::register(&registry).unwrap());
    reader.update(&Chain, BLOCK);
    let shown = values(&registry);
    let (member, [idle, silent]) = (account(5), [7, 8].map(account));
    let expected = [
        ("oracle_sources[\"underlying 0\"]".into(), 3.0),
        ("oracle_sources[\"asset 1\"]".into(), 1.0),
        ("oracle_feed_halted[\"underlying 0\"]".into(), 0.0),
        ("oracle_feed_halted[\"asset 1\"]".into(), 1.0),
        (
            format!("oracle_member_fed_seconds[\"{member}\"]"),
            1_699_999_998.5,
        ),
        (format!("validator_bond_clr[\"{idle}\"]"), 2.5),
        (format!("validator_silent_sessions[\"{silent}\"]"), 4.0),
        ("oracle_sources_minimum[]".into(), 2.0),
        ("validators_disabled[]".into(), 1.0),
        ("validators_minimum[]".into(), 3.0),
        ("validator_bond_minimum_clr[]".into(), 1_000.0),
        ("policy_pending_changes[]".into(), 6.0),
        ("safe_mode[]".into(), 1.0),
        ("paused_calls[]".into(), 9.0),
    ];
    for (name, value) in expected {
        assert_eq!(shown[&format!("clearproof_{name}")], value, "{name}");
    }
    let never = format!("clearproof_oracle_member_fed_seconds[\"{}\"]", account(6));
    assert!(
        !shown.contains_key(&never),
        "a member that never fed has a time"
    );
}

#[test]
fn what_is_gone_is_shown_no_more() {
    let registry = Registry::new();
    let mut series = Series::register(&registry, "things", "thing", "Things").unwrap();
    let thing = |name: &str, value| (name.to_string(), value);
    series.show([thing("a", 1.0), thing("b", 2.0)]);
    series.show([thing("b", 3.0)]);
    let expected = BTreeMap::from([("things[\"b\"]".to_string(), 3.0)]);
    assert_eq!(values(&registry), expected);
}

#[test]
fn operations_are_recorded_under_their_own_names() {
    for (index, operation) in Operation::ALL.into_iter().enumerate() {
        assert_eq!(operation as usize, index);
    }
}
