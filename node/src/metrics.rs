//! The node's own Prometheus metrics: how far venues have settled, the age of the latest snapshot,
//! which instruments trade, the state of the oracle and the validators, pauses, and the time that
//! BN254 arithmetic takes.
//!
//! The chain is read at each finalised block ([`follow()`]). Ages are computed when the metrics are
//! collected.

mod follow;
mod operation;
mod series;
#[cfg(test)]
mod tests;

pub use follow::follow;

use clearproof_bn254_host::observe::{Operation, set_observer};
use clearproof_primitives::time::Millis;
use series::Series;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};
use substrate_prometheus_endpoint::{
    Gauge, GaugeVec, HistogramOpts, HistogramVec, MetricSource, Opts, PrometheusError, Registry,
    SourcedGauge, U64, exponential_buckets, register,
};

/// The metrics of each venue.
struct VenueMetrics {
    batch: Series,
    block: Series,
    settled_until: Series,
    queued: Series,
    stopped: Series,
}

/// The metrics that follow the chain.
pub struct Metrics {
    venues: VenueMetrics,
    snapshot: Gauge<U64>,
    taken_at: TakenAt,
    instruments: GaugeVec<U64>,
    operation: operation::Operation,
}

/// Time at which the latest snapshot was taken, milliseconds since the Unix epoch; 0 before the
/// first.
#[derive(Clone, Default)]
struct TakenAt(Arc<AtomicU64>);

impl MetricSource for TakenAt {
    type N = f64;

    fn collect(&self, mut set: impl FnMut(&[&str], f64)) {
        let taken_at = self.0.load(Ordering::Relaxed);
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        if let (1.., Ok(now)) = (taken_at, now) {
            set(&[], now.as_secs_f64() - seconds(Millis::new(taken_at)));
        }
    }
}

/// Converts milliseconds to seconds.
fn seconds(milliseconds: Millis) -> f64 {
    milliseconds.get() as f64 / 1_000.0
}

impl Metrics {
    /// Registers all metrics, and observes this program's BN254 arithmetic from now on.
    ///
    /// # Errors
    ///
    /// If a name is registered already.
    pub fn register(registry: &Registry) -> Result<Self, PrometheusError> {
        let per_venue = |name, help| Series::register(registry, name, "venue", help);
        let metrics = Self {
            venues: VenueMetrics {
                batch: per_venue(
                    "clearproof_venue_last_batch",
                    "Number of the venue's last settled batch; 0 before the first",
                )?,
                block: per_venue(
                    "clearproof_venue_last_batch_block",
                    "Block that settled the venue's last batch",
                )?,
                settled_until: per_venue(
                    "clearproof_venue_settled_until_seconds",
                    "Unix time of the last auction of the venue's last settled batch; before the \
                     first, when the venue was created",
                )?,
                queued: per_venue(
                    "clearproof_venue_queued_deposits",
                    "Deposits that no batch of the venue has taken",
                )?,
                stopped: per_venue(
                    "clearproof_venue_stopped",
                    "1 while the venue's owner, the chain's admin or, for deposits, its committee \
                     has stopped the venue",
                )?,
            },
            snapshot: register(
                Gauge::new(
                    "clearproof_snapshot_number",
                    "Number of the latest snapshot; 0 before the first",
                )?,
                registry,
            )?,
            taken_at: TakenAt::default(),
            instruments: register(
                GaugeVec::new(
                    Opts::new(
                        "clearproof_instruments",
                        "Listed instruments by state in the latest snapshot: trading, halted by \
                         the admin, or without an acceptable oracle price",
                    ),
                    &["state"],
                )?,
                registry,
            )?,
            operation: operation::Operation::register(registry)?,
        };
        let age = Opts::new(
            "clearproof_snapshot_age_seconds",
            "Seconds since the latest snapshot was taken; absent before the first",
        );
        let age = SourcedGauge::new(&age, metrics.taken_at.clone())?;
        registry.register(Box::new(age))?;
        observe_arithmetic(registry)?;
        Ok(metrics)
    }
}

/// Observes every call of the BN254 host functions, whether a block is imported, proposed or
/// checked by the pool. A batch of proofs calls each function once, except `msm_g1` and
/// `check_g2_subgroup`.
fn observe_arithmetic(registry: &Registry) -> Result<(), PrometheusError> {
    // From 0.1 ms, twelve times doubled: 0.4 s, beyond the largest batch.
    let buckets = exponential_buckets(0.000_1, 2.0, 13)?;
    let options = HistogramOpts::new(
        "clearproof_bn254_seconds",
        "Time that calls of the BN254 host functions took; one multi_miller_loop and one \
         final_exponentiation per verified batch of proofs",
    )
    .buckets(buckets);
    let histogram = register(HistogramVec::new(options, &["operation"])?, registry)?;
    let operations =
        Operation::ALL.map(|operation| histogram.with_label_values(&[operation.name()]));
    let observed = set_observer(move |operation, time| {
        // The array has the order of the variants; a test of the crate checks it.
        if let Some(operation) = operations.get(operation as usize) {
            operation.observe(time.as_secs_f64());
        }
    });
    if !observed {
        log::debug!("another node of this program observes the BN254 host functions");
    }
    Ok(())
}
