//! The operator's Prometheus metrics: its batches and how long they take, what waits, whether it has its node.
//!
//! The venue's task sets them with each auction, so `clearproof_operator_last_auction_seconds` also tells whether the others are fresh.

use super::{
    core::{Closed, Stage},
    desk::Desk,
    error::OperatorError,
    figures::BatchFigures,
};
use clearproof_groth16::BackendCounts;
use std::{net::SocketAddr, time::Duration};
use substrate_prometheus_endpoint::{
    Counter, CounterVec, F64, Gauge, GaugeVec, Histogram, HistogramOpts, Opts, PrometheusError,
    Registry, U64, exponential_buckets, init_prometheus, register,
};

/// What is told of an operator at work.
#[derive(Clone)]
pub struct Metrics {
    connected: Gauge<U64>,
    trading: Gauge<U64>,
    last_auction: Gauge<F64>,
    accounts: Gauge<U64>,
    requests: Gauge<U64>,
    order_sets: Counter<U64>,
    batches: CounterVec<U64>,
    pending: GaugeVec<U64>,
    pending_age: Gauge<F64>,
    witness: Histogram,
    proving: Histogram,
    settling: Histogram,
    proofs: CounterVec<U64>,
    backend_failures: CounterVec<U64>,
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// All its proofs are made.
    Proven,
    /// It is final.
    Settled,
    /// It can never settle.
    Refused,
}

impl Outcome {
    const ALL: [Self; 3] = [Self::Proven, Self::Settled, Self::Refused];

    fn name(self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::Settled => "settled",
            Self::Refused => "refused",
        }
    }
}

/// Stages of batches that are not final, by [`stage`].
const STAGES: [&str; 3] = ["sealed", "built", "proven"];

fn stage(closed: &Closed) -> &'static str {
    let [sealed, built, proven] = STAGES;
    match closed.stage {
        Stage::Sealed(_) => sealed,
        Stage::Built(_) => built,
        Stage::Proven(_) => proven,
    }
}

/// Milliseconds as seconds.
fn seconds(milliseconds: u64) -> f64 {
    Duration::from_millis(milliseconds).as_secs_f64()
}

impl Metrics {
    /// Registers all of them.
    ///
    /// # Errors
    /// A name is registered already.
    pub fn register(registry: &Registry) -> Result<Self, PrometheusError> {
        let number = |name, help| register(Gauge::<U64>::new(name, help)?, registry);
        let real = |name, help| register(Gauge::<F64>::new(name, help)?, registry);
        let time = |name, help| {
            // From a quarter of a second, thirteen times doubled: 34 minutes, more than a batch may be old.
            let buckets = exponential_buckets(0.25, 2.0, 14)?;
            let options = HistogramOpts::new(name, help).buckets(buckets);
            register(Histogram::with_opts(options)?, registry)
        };
        let by_backend = |name, help| {
            let counter = CounterVec::new(Opts::new(name, help), &["backend"])?;
            register(counter, registry)
        };
        let metrics = Self {
            connected: number(
                "clearproof_operator_connected",
                "1 while the operator's node answers",
            )?,
            trading: number(
                "clearproof_operator_trading",
                "1 while a batch is open, so that auctions can trade",
            )?,
            last_auction: real(
                "clearproof_operator_last_auction_seconds",
                "Unix time of the last auction; 0 before the first",
            )?,
            accounts: number(
                "clearproof_operator_accounts",
                "Accounts of the venue, the insurance fund included",
            )?,
            requests: number(
                "clearproof_operator_waiting_requests",
                "Requests that wait for the venue; more than 4,096 are refused",
            )?,
            order_sets: register(
                Counter::new(
                    "clearproof_operator_order_sets_total",
                    "Order sets accepted since the operator started",
                )?,
                registry,
            )?,
            batches: register(
                CounterVec::new(
                    Opts::new(
                        "clearproof_operator_batches_total",
                        "Batches since the operator started: proven, settled (final), refused (gone back)",
                    ),
                    &["outcome"],
                )?,
                registry,
            )?,
            pending: register(
                GaugeVec::new(
                    Opts::new(
                        "clearproof_operator_pending_batches",
                        "Closed batches that are not final: sealed (being built), built (being proven), proven (being settled)",
                    ),
                    &["stage"],
                )?,
                registry,
            )?,
            pending_age: real(
                "clearproof_operator_pending_batch_age_seconds",
                "Time since the last auction of the oldest closed batch that is not final; 0 without one",
            )?,
            witness: time(
                "clearproof_operator_witness_seconds",
                "Time to compute all witnesses of a batch",
            )?,
            proving: time(
                "clearproof_operator_proving_seconds",
                "Time to make and verify all proofs of a batch",
            )?,
            settling: time(
                "clearproof_operator_settling_seconds",
                "Time from a batch's last auction until it is final",
            )?,
            proofs: by_backend(
                "clearproof_operator_proofs_total",
                "Proofs made and verified since the operator started, by what made them",
            )?,
            backend_failures: by_backend(
                "clearproof_operator_backend_failures_total",
                "Times that a backend failed or made a wrong proof, and was switched off for it",
            )?,
        };
        // A rate is seen from the first batch on if there was a zero before it.
        for outcome in Outcome::ALL {
            metrics.batches.with_label_values(&[outcome.name()]);
        }
        Ok(metrics)
    }

    /// Shows the venue as it is.
    pub(super) fn show(&self, desk: &Desk, now: u64, connected: bool, requests: usize) {
        let core = &desk.core;
        self.connected.set(connected.into());
        self.trading.set(core.open.is_some().into());
        self.last_auction.set(seconds(core.last_auction));
        self.accounts.set(core.venue.account_count() as u64);
        self.requests.set(requests as u64);
        for name in STAGES {
            let count = core.closed.iter().filter(|c| stage(c) == name).count();
            self.pending.with_label_values(&[name]).set(count as u64);
        }
        let oldest = core.closed.front().map(Closed::time_to);
        let age = oldest.map_or(0, |time_to| now.saturating_sub(time_to));
        self.pending_age.set(seconds(age));
    }

    /// An order set was accepted.
    pub(super) fn accepted(&self) {
        self.order_sets.inc();
    }

    /// A batch got so far.
    pub(super) fn count(&self, outcome: Outcome) {
        self.batches.with_label_values(&[outcome.name()]).inc();
    }

    /// What proving a batch took.
    pub(super) fn proven(&self, figures: &BatchFigures) {
        self.count(Outcome::Proven);
        self.witness.observe(seconds(figures.witness_ms));
        self.proving.observe(seconds(figures.proving_ms));
    }

    /// What backends did since the operator started; those that could be opened are told from the start.
    pub(super) fn count_backends(&self, counts: &[BackendCounts]) {
        let raise = |counter: &CounterVec<U64>, backend: &str, to: u64| {
            let counter = counter.with_label_values(&[backend]);
            counter.inc_by(to.saturating_sub(counter.get()));
        };
        for count in counts {
            raise(&self.proofs, count.kind.name(), count.proofs);
            raise(&self.backend_failures, count.kind.name(), count.failures);
        }
    }

    /// How long after its last auction a batch is final.
    pub(super) fn settled(&self, time_to: u64, now: u64) {
        self.count(Outcome::Settled);
        self.settling.observe(seconds(now.saturating_sub(time_to)));
    }
}

/// Answers `GET /metrics` at an address for as long as the operator runs.
///
/// # Errors
/// The address cannot be listened at.
pub async fn serve(address: SocketAddr, registry: Registry) -> Result<(), OperatorError> {
    let served = init_prometheus(address, registry).await;
    served.map_err(|error| {
        OperatorError::Metrics(format!(
            "{address}: {error} Choose another address with the operator's metrics option"
        ))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use clearproof_groth16::BackendKind;

    /// What backends did is told as a whole each time, and counted once.
    #[test]
    fn backends_are_counted_once() {
        let registry = Registry::new();
        let metrics = Metrics::register(&registry).unwrap();
        let counts = |proofs, failures| BackendCounts {
            kind: BackendKind::Cpu,
            proofs,
            failures,
        };
        for (proofs, failures) in [(0, 0), (2, 0), (2, 0), (5, 1)] {
            metrics.count_backends(&[counts(proofs, failures)]);
            for (name, wanted) in [
                ("clearproof_operator_proofs_total", proofs),
                ("clearproof_operator_backend_failures_total", failures),
            ] {
                let families = registry.gather();
                let family = families.iter().find(|f| f.get_name() == name).unwrap();
                let [metric] = family.get_metric() else {
                    panic!("{name}: one backend");
                };
                assert_eq!(metric.get_label()[0].get_value(), "cpu");
                assert_eq!(metric.get_counter().get_value(), wanted as f64, "{name}");
            }
        }
    }
}
