//! Gauges with one label whose values come and go with what they are of.

use std::collections::BTreeSet;
use substrate_prometheus_endpoint::{F64, GaugeVec, Opts, PrometheusError, Registry, register};

/// A gauge for each of some things.
pub struct Series {
    gauges: GaugeVec<F64>,
    shown: BTreeSet<String>,
}

impl Series {
    /// Registers it under a name, with the label that tells the things apart.
    ///
    /// # Errors
    ///
    /// The name is registered already.
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

    /// Shows these values, and nothing of what is not among them.
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
