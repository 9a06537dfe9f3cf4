//! The tables of the settings file as they are written.

use super::{
    Parameters, TimeUnit,
    values::{Within, feed},
};
use clearproof_primitives::chain::Feed;
use serde::Deserialize;
use std::{collections::BTreeMap, path::PathBuf};
use toml::Spanned;

/// The whole file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    /// Milliseconds from the beginning of one round to that of the next.
    pub interval_ms: Within<1_000, 3_600_000>,
    /// A whole unit of the quote asset is 10 to this power smallest units.
    pub quote_decimals: Within<0, 18>,
    /// The feeds.
    #[serde(rename = "feed")]
    pub feeds: Vec<Spanned<FeedFile>>,
}

/// A feed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FeedFile {
    /// The feed's key on the chain.
    #[serde(deserialize_with = "feed")]
    pub of: Feed,
    /// Number of sources that must agree.
    pub min_sources: Within<1, 16>,
    /// Largest age of a source's value, milliseconds.
    pub max_source_age_ms: Within<1_000, 86_400_000>,
    /// Largest distance of a source from the middle of all sources, in hundredths of a per cent.
    pub max_spread_bps: Within<1, 5_000>,
    /// Largest move that is fed at once, in hundredths of a per cent.
    pub max_move_bps: Within<1, 10_000>,
    /// Number of rounds in a row that must confirm a larger move.
    pub confirm_rounds: Option<Within<2, 100>>,
    /// The sources of its values.
    #[serde(rename = "source", default)]
    pub sources: Vec<Spanned<SourceFile>>,
}

/// A source: `csv` or `url`, and the parts of it that count.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SourceFile {
    /// Name of the source in logs.
    pub name: String,
    /// A file.
    pub csv: Option<PathBuf>,
    /// An address.
    pub url: Option<Spanned<String>>,
    /// Column or path expression of a price.
    pub value: Option<Spanned<String>>,
    /// Columns or path expressions of a curve's parameters.
    pub curve: Option<Parameters<Spanned<String>>>,
    /// Power of ten by which a number is multiplied to get the price in whole quote units.
    pub scale: Option<Within<-18, 18>>,
    /// Column or path expression of the time.
    pub time: Option<Spanned<String>>,
    /// Its unit.
    pub time_unit: Option<TimeUnit>,
    /// Time limit for the source, milliseconds.
    pub timeout_ms: Option<Within<100, 60_000>>,
    /// Largest file or answer that is read, bytes.
    pub max_bytes: Option<Within<16, 67_108_864>>,
    /// Headers by the names of the environment variables that hold their values.
    #[serde(default)]
    pub headers_from_env: BTreeMap<String, String>,
}
