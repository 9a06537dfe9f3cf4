//! The chain's terms of trading for a snapshot's instruments, beside their rows.

use clearproof_primitives::{chain::SnapshotInfo, fixed::Price, time::Millis};

/// The terms on which instruments trade during a batch. Lists are by slot. A slot beyond a list's
/// end has no band, trades, has no funding and no cap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MarketTerms {
    /// Largest distance of a clearing price from the mark, 32.32 quote units per lot.
    pub bands: Vec<Price>,
    /// Instruments that must not trade.
    pub halted: Vec<bool>,
    /// Largest premium that counts for funding, 32.32 quote units per lot; 0 for no funding.
    pub premium_caps: Vec<Price>,
    /// The time in which a constant premium is paid once, in milliseconds.
    pub funding_interval: Millis,
    /// Lots that all accounts together may hold of an instrument, long and short. At the cap the
    /// open interest may only fall.
    pub open_interest_caps: Vec<u64>,
}

/// All instruments trade within these bands, without funding.
impl From<Vec<Price>> for MarketTerms {
    fn from(bands: Vec<Price>) -> Self {
        Self {
            bands,
            ..Self::default()
        }
    }
}

impl From<&SnapshotInfo> for MarketTerms {
    fn from(info: &SnapshotInfo) -> Self {
        Self {
            bands: info.bands.clone(),
            halted: info.marks.iter().map(|mark| *mark == 0).collect(),
            premium_caps: info.premium_caps.clone(),
            funding_interval: info.funding_interval,
            open_interest_caps: info.open_interest_caps.clone(),
        }
    }
}
