//! Metrics of the programs, and the metrics' names in rules, dashboards and documents.

use anyhow::{Context, Result, ensure};
use http_body_util::{BodyExt, Empty};
use hyper::{Uri, body::Bytes};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use std::collections::{BTreeMap, BTreeSet};

/// The metrics that a program serves at one moment.
#[derive(Debug, Default)]
pub struct Scrape {
    names: BTreeSet<String>,
    values: BTreeMap<String, f64>,
}

impl Scrape {
    /// Requests the metrics of a program, at `host:port`.
    pub async fn of(address: &str) -> Result<Self> {
        let client: Client<HttpConnector, Empty<Bytes>> =
            Client::builder(TokioExecutor::new()).build_http();
        let uri: Uri = format!("http://{address}/metrics").parse()?;
        let answer = client.get(uri).await?;
        ensure!(answer.status().is_success(), "{}", answer.status());
        let body = answer.into_body().collect().await?.to_bytes();
        Self::parse(std::str::from_utf8(&body)?)
    }

    /// Reads Prometheus' text format.
    fn parse(text: &str) -> Result<Self> {
        let mut scrape = Self::default();
        for line in text.lines() {
            if let Some(kind) = line.strip_prefix("# TYPE ") {
                let name = kind.split(' ').next().context("a type without a name")?;
                scrape.names.insert(name.into());
            } else if !line.starts_with('#') {
                let (series, value) = line.rsplit_once(' ').context("a series without a value")?;
                scrape.values.insert(series.into(), value.parse()?);
            }
        }
        Ok(scrape)
    }

    /// Returns the names of all its metrics.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// True if it contains this metric, or the histogram that the name is a part of.
    pub fn has(&self, name: &str) -> bool {
        let parts = ["_bucket", "_sum", "_count"];
        let mut histograms = parts.iter().filter_map(|part| name.strip_suffix(part));
        self.names.contains(name) || histograms.any(|histogram| self.names.contains(histogram))
    }

    /// Returns the sum over all series of a metric that have all these labels, as `label="value"`.
    pub fn sum(&self, name: &str, labels: &[&str]) -> f64 {
        let of_it = |series: &str| {
            let (metric, rest) = series.split_once('{').unwrap_or((series, ""));
            metric == name && labels.iter().all(|label| rest.contains(label))
        };
        let series = self.values.iter().filter(|(series, _)| of_it(series));
        series.map(|(_, value)| value).sum()
    }
}

/// Returns the words of a text that look like metrics of these programs or of recording rules:
/// `clearproof_…`, `clearproof:…`, `substrate_…`.
pub fn named(text: &str) -> BTreeSet<&str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let words = text
        .split(|c| !is_part(c))
        .map(|word| word.trim_end_matches(':'));
    let prefixes = ["clearproof_", "clearproof:", "substrate_"];
    words
        .filter(|word| {
            prefixes
                .iter()
                .any(|prefix| word.len() > prefix.len() && word.starts_with(prefix))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn names_are_found_in_rules_and_prose() {
        let text = "expr: rate(clearproof_a_bucket{x=\"y\"}[5m]) - on (job) clearproof:b:max\n`substrate_c`, clearproof-node, my_clearproof_d";
        let expected = ["clearproof:b:max", "clearproof_a_bucket", "substrate_c"];
        assert_eq!(named(text), BTreeSet::from(expected));
    }

    #[test]
    fn a_scrape_says_what_there_is() {
        let text = "# HELP a Things\n# TYPE a gauge\na{x=\"1\",y=\"2\"} 3\na{x=\"1\"} 4.5\n# TYPE h histogram\nh_sum 1\n";
        let scrape = Scrape::parse(text).unwrap();
        assert_eq!(scrape.sum("a", &["x=\"1\""]), 7.5);
        assert_eq!(scrape.sum("a", &["y=\"2\"", "x=\"1\""]), 3.0);
        assert!(scrape.has("a") && scrape.has("h_bucket"));
        assert!(!scrape.has("b") && !scrape.has("a_total") && !scrape.has("x_sum"));
        assert!(Scrape::parse("a b").is_err());
    }
}
