//! The operator's Prometheus metrics: its batches and the time that they take, its queues, and the
//! connection to its node.
//!
//! The venue's task sets them with each auction, so `clearproof_operator_last_auction_seconds` also
//! shows how fresh the others are.

use super::{
    core::{Closed, Stage},
    error::OperatorError,
    figures::BatchFigures,
    scheduler::Scheduler,
};
use clearproof_groth16::BackendCounts;
use clearproof_primitives::time::Millis;
use std::net::SocketAddr;
use substrate_prometheus_endpoint::{
    Counter, CounterVec, F64, Gauge, GaugeVec, Histogram, HistogramOpts, Opts, PrometheusError,
    Registry, U64, exponential_buckets, init_prometheus, register,
};

/// The metrics of an operator.
#[derive(Clone)]
pub struct Metrics {
    venue: VenueMetrics,
    batches: BatchMetrics,
    backends: BackendMetrics,
}

/// The state of the venue and its node.
#[derive(Clone)]
struct VenueMetrics {
    connected: Gauge<U64>,
    trading: Gauge<U64>,
    last_auction: Gauge<F64>,
    accounts: Gauge<U64>,
    requests: Gauge<U64>,
    order_sets: Counter<U64>,
}

/// Closed batches and the time that they take.
#[derive(Clone)]
struct BatchMetrics {
    outcomes: CounterVec<U64>,
    pending: GaugeVec<U64>,
    pending_age: Gauge<F64>,
    witness: Histogram,
    proving: Histogram,
    settling: Histogram,
}

/// The work of each backend.
#[derive(Clone)]
struct BackendMetrics {
    proofs: CounterVec<U64>,
    failures: CounterVec<U64>,
}

/// The outcome of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// All its proofs are made.
    Proven,
    /// The batch is final.
    Settled,
    /// The batch can never settle.
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

/// The stages of batches that are not final, as [`stage`] returns them.
const STAGES: [&str; 3] = ["sealed", "built", "proven"];

fn stage(closed: &Closed) -> &'static str {
    let [sealed, built, proven] = STAGES;
    match closed.stage {
        Stage::Sealed(_) => sealed,
        Stage::Built(_) => built,
        Stage::Proven(_) => proven,
    }
}

/// Converts milliseconds to seconds.
fn seconds(milliseconds: Millis) -> f64 {
    milliseconds.as_duration().as_secs_f64()
}

/// Makes metrics and registers them.
struct Maker<'a>(&'a Registry);

impl Maker<'_> {
    fn number(&self, name: &str, help: &str) -> Result<Gauge<U64>, PrometheusError> {
        register(Gauge::new(name, help)?, self.0)
    }

    fn real(&self, name: &str, help: &str) -> Result<Gauge<F64>, PrometheusError> {
        register(Gauge::new(name, help)?, self.0)
    }

    fn counter(&self, name: &str, help: &str) -> Result<Counter<U64>, PrometheusError> {
        register(Counter::new(name, help)?, self.0)
    }

    fn time(&self, name: &str, help: &str) -> Result<Histogram, PrometheusError> {
        // From a quarter of a second, doubled thirteen times, to 34 minutes, which is older than a
        // batch may be.
        let buckets = exponential_buckets(0.25, 2.0, 14)?;
        let options = HistogramOpts::new(name, help).buckets(buckets);
        register(Histogram::with_opts(options)?, self.0)
    }

    fn counters(
        &self,
        name: &str,
        help: &str,
        label: &str,
    ) -> Result<CounterVec<U64>, PrometheusError> {
        register(CounterVec::new(Opts::new(name, help), &[label])?, self.0)
    }

    fn numbers(
        &self,
        name: &str,
        help: &str,
        label: &str,
    ) -> Result<GaugeVec<U64>, PrometheusError> {
        register(GaugeVec::new(Opts::new(name, help), &[label])?, self.0)
    }
}

impl VenueMetrics {
    fn register(make: &Maker) -> Result<Self, PrometheusError> {
        Ok(Self {
            connected: make.number(
                "clearproof_operator_connected",
                "1 while the operator's node answers",
            )?,
            trading: make.number(
                "clearproof_operator_trading",
                "1 while a batch is open, so that auctions can trade",
            )?,
            last_auction: make.real(
                "clearproof_operator_last_auction_seconds",
                "Unix time of the last auction; 0 before the first",
            )?,
            accounts: make.number(
                "clearproof_operator_accounts",
                "Accounts of the venue, the insurance fund included",
            )?,
            requests: make.number(
                "clearproof_operator_waiting_requests",
                "Requests that wait for the venue; more than 4,096 are refused",
            )?,
            order_sets: make.counter(
                "clearproof_operator_order_sets_total",
                "Order sets accepted since the operator started",
            )?,
        })
    }
}

impl BatchMetrics {
    fn register(make: &Maker) -> Result<Self, PrometheusError> {
        Ok(Self {
            outcomes: make.counters(
                "clearproof_operator_batches_total",
                "Batches since the operator started: proven, settled (final), refused (gone back)",
                "outcome",
            )?,
            pending: make.numbers(
                "clearproof_operator_pending_batches",
                "Closed batches that are not final: sealed (being built), built (being proven), \
                 proven (being settled)",
                "stage",
            )?,
            pending_age: make.real(
                "clearproof_operator_pending_batch_age_seconds",
                "Time since the last auction of the oldest closed batch that is not final; 0 \
                 without one",
            )?,
            witness: make.time(
                "clearproof_operator_witness_seconds",
                "Time to compute all witnesses of a batch",
            )?,
            proving: make.time(
                "clearproof_operator_proving_seconds",
                "Time to make and verify all proofs of a batch",
            )?,
            settling: make.time(
                "clearproof_operator_settling_seconds",
                "Time from a batch's last auction until it is final",
            )?,
        })
    }
}

impl BackendMetrics {
    fn register(make: &Maker) -> Result<Self, PrometheusError> {
        Ok(Self {
            proofs: make.counters(
                "clearproof_operator_proofs_total",
                "Proofs made and verified since the operator started, by what made them",
                "backend",
            )?,
            failures: make.counters(
                "clearproof_operator_backend_failures_total",
                "Times that a backend failed or made a wrong proof, and was switched off for it",
                "backend",
            )?,
        })
    }
}

impl Metrics {
    /// Registers all metrics.
    ///
    /// # Errors
    /// A name is registered already.
    pub fn register(registry: &Registry) -> Result<Self, PrometheusError> {
        let make = Maker(registry);
        let metrics = Self {
            venue: VenueMetrics::register(&make)?,
            batches: BatchMetrics::register(&make)?,
            backends: BackendMetrics::register(&make)?,
        };
        // A rate counts the first batch only if there was a zero before it.
        for outcome in Outcome::ALL {
            let outcomes = &metrics.batches.outcomes;
            outcomes.with_label_values(&[outcome.name()]);
        }
        Ok(metrics)
    }

    /// Sets all metrics that follow from the venue's state.
    pub(super) fn show(
        &self,
        scheduler: &Scheduler,
        now: Millis,
        connected: bool,
        requests: usize,
    ) {
        let (core, venue) = (&scheduler.core, &self.venue);
        venue.connected.set(connected.into());
        venue.trading.set(core.open.is_some().into());
        venue.last_auction.set(seconds(core.last_auction));
        venue.accounts.set(core.venue.account_count() as u64);
        venue.requests.set(requests as u64);
        for name in STAGES {
            let count = core.closed.iter().filter(|c| stage(c) == name).count();
            let pending = self.batches.pending.with_label_values(&[name]);
            pending.set(count as u64);
        }
        let oldest = core.closed.front().map(Closed::time_to);
        let age = oldest.map_or(Millis::ZERO, |time_to| now.saturating_sub(time_to));
        self.batches.pending_age.set(seconds(age));
    }

    /// Counts an accepted order set.
    pub(super) fn record_accepted(&self) {
        self.venue.order_sets.inc();
    }

    /// Counts a batch's outcome.
    pub(super) fn record_outcome(&self, outcome: Outcome) {
        let outcomes = &self.batches.outcomes;
        outcomes.with_label_values(&[outcome.name()]).inc();
    }

    /// Records the time that a batch's proofs took.
    pub(super) fn record_proven(&self, figures: &BatchFigures) {
        self.record_outcome(Outcome::Proven);
        self.batches.witness.observe(seconds(figures.witness_ms));
        self.batches.proving.observe(seconds(figures.proving_ms));
    }

    /// Records the time from a batch's last auction until it was final.
    pub(super) fn record_settled(&self, time_to: Millis, now: Millis) {
        self.record_outcome(Outcome::Settled);
        let time = now.saturating_sub(time_to);
        self.batches.settling.observe(seconds(time));
    }

    /// Records what each backend has done since the operator started. Backends that could be opened
    /// are shown from the start.
    pub(super) fn record_backends(&self, counts: &[BackendCounts]) {
        let raise = |counter: &CounterVec<U64>, backend: &str, to: u64| {
            let counter = counter.with_label_values(&[backend]);
            counter.inc_by(to.saturating_sub(counter.get()));
        };
        for count in counts {
            raise(&self.backends.proofs, count.kind.name(), count.proofs);
            raise(&self.backends.failures, count.kind.name(), count.failures);
        }
    }
}

/// Serves `GET /metrics` at an address for as long as the operator runs.
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

    /// Each report of a backend contains all its work so far, and is counted once.
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
            metrics.record_backends(&[counts(proofs, failures)]);
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
