//! A real node or a real operator serves every metric that rules, dashboard and documents name.
//! Every alert has a section with the actions to take.
#![allow(clippy::unwrap_used)]

use anyhow::{Context, Result, ensure};
use clearproof_primitives::{ids::BatchNumber, order::Side};
use clearproof_tests::{
    metrics::{Scrape, named},
    network::{Network, until},
};
use std::collections::BTreeSet;

const RECORDING: &str = include_str!("../../deploy/prometheus/recording.rules.yml");
const ALERTS: &str = include_str!("../../deploy/prometheus/alerts.rules.yml");
const ALERT_TESTS: &str = include_str!("../../deploy/prometheus/tests/alerts.yml");
const DASHBOARD: &str = include_str!("../../deploy/grafana/clearproof.json");
const OPERATING: &str = include_str!("../../docs/operate.md");
const OPERATOR: &str = include_str!("../../docs/operator.md");

/// Returns a section of a document, from its heading to the next of the same rank.
fn section<'a>(document: &'a str, heading: &str) -> &'a str {
    let (_, rest) = document.split_once(&format!("\n{heading}\n")).unwrap();
    let rank = heading.split(' ').next().unwrap();
    rest.split(&format!("\n{rank} ")).next().unwrap()
}

/// Returns all texts that name metrics.
fn texts() -> [&'static str; 7] {
    [
        RECORDING,
        ALERTS,
        ALERT_TESTS,
        DASHBOARD,
        OPERATING,
        section(OPERATOR, "## The node's metrics"),
        section(OPERATOR, "## The operator's metrics"),
    ]
}

/// Returns the rest of each line that begins with `word`.
fn after<'a>(text: &'a str, word: &str) -> BTreeSet<&'a str> {
    let lines = text.lines().map(str::trim);
    lines.filter_map(|line| line.strip_prefix(word)).collect()
}

#[test]
fn rules_are_recorded_under_the_names_that_are_used() {
    let recorded = after(RECORDING, "- record: ");
    for text in texts() {
        for name in named(text).into_iter().filter(|name| name.contains(':')) {
            assert!(recorded.contains(name), "{name} is not recorded");
        }
    }
}

#[test]
fn every_alert_says_what_to_do() {
    let alerts = after(ALERTS, "- alert: ");
    assert!(!alerts.is_empty());
    let sections = after(section(OPERATING, "## Alerts"), "### ");
    assert_eq!(alerts, sections);
    for alert in &alerts {
        let link = format!("/docs/operate.md#{}", alert.to_lowercase());
        assert!(ALERTS.contains(&link), "{link}");
    }
    assert_eq!(after(ALERTS, "runbook_url: ").len(), alerts.len());
    assert_eq!(after(ALERT_TESTS, "alertname: "), alerts, "tested alerts");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_metric_that_is_named_is_told() -> Result<()> {
    let network = Network::start().await?;
    let [mut buyer, mut seller] = network.two_depositors(50_000_000).await?;
    let client = network.client().await?;
    buyer.order(&client, 1, Side::Buy, 100).await?;
    seller.order(&client, 1, Side::Sell, 100).await?;
    buyer.holds(&client, 100).await?;
    let (batch, _) = network.at_rest(&client).await?;
    ensure!(batch >= BatchNumber::new(1), "nothing was settled");

    // The node's metrics follow final blocks, which it sees a little later than the operator.
    let last_batch = |scrape: &Scrape| scrape.sum("clearproof_venue_last_batch", &[]);
    let node = until("the batch among the node's metrics", || async {
        let scrape = Scrape::of(&network.node.metrics).await?;
        Ok((last_batch(&scrape) >= batch.get() as f64).then_some(scrape))
    })
    .await?;
    let operator = Scrape::of(&network.metrics).await?;
    let validator = Scrape::of(&network.validator.metrics).await?;

    let metrics = texts().into_iter().flat_map(named);
    let metrics: BTreeSet<_> = metrics.filter(|name| !name.contains(':')).collect();
    let missing: Vec<_> = metrics
        .iter()
        .filter(|name| {
            ![&node, &validator, &operator]
                .iter()
                .any(|scrape| scrape.has(name))
        })
        .collect();
    ensure!(missing.is_empty(), "told by nobody: {missing:?}");
    // Every metric of our own is documented.
    let told = node.names().chain(operator.names());
    let unnamed: Vec<_> = told
        .filter(|name| name.starts_with("clearproof_") && !metrics.contains(name))
        .collect();
    ensure!(unnamed.is_empty(), "named nowhere: {unnamed:?}");

    let settled = "outcome=\"settled\"";
    let counted = operator.sum("clearproof_operator_batches_total", &[settled]);
    ensure!(
        counted == batch.get() as f64,
        "{counted} of {batch} batches were counted"
    );
    for name in ["proving_seconds_count", "settling_seconds_count"] {
        let count = operator.sum(&format!("clearproof_operator_{name}"), &[]);
        ensure!(count == batch.get() as f64, "{name}: {count}");
    }
    // Each batch has at least a chunk proof and the closing proof.
    let proofs = operator.sum("clearproof_operator_proofs_total", &[]);
    ensure!(proofs >= 2.0 * batch.get() as f64, "{proofs} proofs");
    ensure!(operator.sum("clearproof_operator_backend_failures_total", &[]) == 0.0);
    ensure!(operator.sum("clearproof_operator_order_sets_total", &[]) == 2.0);
    ensure!(operator.sum("clearproof_operator_connected", &[]) == 1.0);
    let members = 3.0;
    let feed = "feed=\"underlying 0\"";
    let sources = node.sum("clearproof_oracle_sources", &[feed]);
    ensure!(
        sources == members,
        "{sources} of {members} members are fresh"
    );
    let bond = node.sum("clearproof_validator_bond_clr", &[]);
    ensure!(bond == 10_000.0, "a bond of {bond}");
    let pairings = "operation=\"multi_miller_loop\"";
    let verified = node.sum("clearproof_bn254_seconds_count", &[pairings]);
    ensure!(verified >= batch.get() as f64, "{verified} verifications");
    let best = node.sum("substrate_block_height", &["status=\"best\""]);
    let finalized = node.sum("substrate_block_height", &["status=\"finalized\""]);
    ensure!(best >= finalized && finalized > 0.0, "{best} {finalized}");
    network.on_chain().await.context("the venue").map(|_| ())
}
