//! Gauges with one label, whose values come and go with the things that they describe.

use std::collections::BTreeSet;
use substrate_prometheus_endpoint::{F64, GaugeVec, Opts, PrometheusError, Registry, register};

/// A gauge for each thing of a kind.
pub struct Series {
    gauges: GaugeVec<F64>,
    shown: BTreeSet<String>,
}

impl Series {
    /// Registers the series under a name, with the label that distinguishes the things.
    ///
    /// # Errors
    ///
    /// If the name is registered already.
    pub fn register(
        registry: &Registry,
        name: &str,
        label: &str,
        help: &str,
    ) -> Result<Self, PrometheusError> {
        let gauges = GaugeVec::new(Opts::new(name, help), &[label])?;
        Ok(Self {
            gauges: register(gauges, registry)?,
            shown: BTreeSet::new(),
        })
    }

    /// Shows these values, and removes all others.
    pub fn show(&mut self, values: impl IntoIterator<Item = (String, f64)>) {
        let mut shown = BTreeSet::new();
        for (label, value) in values {
            self.gauges.with_label_values(&[&label]).set(value);
            shown.insert(label);
        }
        for gone in self.shown.difference(&shown) {
            // It was shown, so it can be removed.
            let _ = self.gauges.remove_label_values(&[gone]);
        }
        self.shown = shown;
    }
}
