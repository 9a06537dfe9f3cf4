//! The result of a replay of order flow.

use crate::replay::{
    recording::LOTS_PER_UNIT,
    report::{Report, counts_table, times_table},
};
use std::{fmt, time::Duration};

/// Counts and times.
#[derive(Clone, Debug, Default)]
pub struct FlowReport {
    /// Figures of every replay. `close` is the time of building a batch, which is not done on the
    /// venue's thread.
    pub common: Report,
    /// Number of rows of levels.
    pub level_rows: u64,
    /// Most levels at once.
    pub most_levels: u64,
    /// Number of trades.
    pub trade_rows: u64,
    /// Number of trades left out because all takers' slots were taken.
    pub crowded_out: u64,
    /// Lots traded in the recording.
    pub recorded_lots: u128,
    /// Lots matched in the replay.
    pub matched_lots: u128,
    /// Number of makers' accounts.
    pub makers: u64,
    /// Number of takers' accounts.
    pub takers: u64,
    /// Number of batches.
    pub batches: u64,
    /// Number of orders that are new, changed or removed in a set, compared with the account's set
    /// before it.
    pub updates: u64,
    /// Time from the recording's first row to its last.
    pub span: Duration,
    /// Time of planning order sets, hashing and signing them, and checking the signatures; it does
    /// not belong to the engine's.
    pub signing: Duration,
    /// Times of sealing a batch.
    pub seal: Vec<Duration>,
}

impl FlowReport {
    /// Drops the figures of the batches in which accounts were opened.
    pub(super) fn forget_batches(&mut self) {
        self.batches = 0;
        self.seal.clear();
        let common = &mut self.common;
        common.open.clear();
        common.close.clear();
        common.steps = 0;
    }

    /// Returns the time of the venue's thread: opening batches, taking order sets, auctions,
    /// sealing.
    pub fn engine(&self) -> Duration {
        let common = &self.common;
        let parts = [&common.open, &common.submit, &common.auction, &self.seal];
        parts.into_iter().flatten().sum()
    }

    /// Returns the number of order updates that the engine takes per second of its own time.
    pub fn updates_per_second(&self) -> u64 {
        let seconds = self.engine().as_secs_f64();
        (self.updates as f64 / seconds.max(f64::MIN_POSITIVE)) as u64
    }
}

impl fmt::Display for FlowReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let common = &self.common;
        let seconds = |time: Duration| format!("{:.2} s", time.as_secs_f64());
        let units = |lots: u128| format!("{:.3}", lots as f64 / LOTS_PER_UNIT as f64);
        let sum = |times: &[Duration]| seconds(times.iter().sum());
        let mut counts = vec![
            ("recorded time", seconds(self.span)),
            ("changes of levels", self.level_rows.to_string()),
            ("most levels at once", self.most_levels.to_string()),
            ("trades", self.trade_rows.to_string()),
            ("trades without a free taker", self.crowded_out.to_string()),
            (
                "traded units: recorded, matched",
                format!(
                    "{}, {}",
                    units(self.recorded_lots),
                    units(self.matched_lots)
                ),
            ),
            (
                "makers, takers",
                format!("{}, {}", self.makers, self.takers),
            ),
            ("batches", self.batches.to_string()),
            ("account steps", common.steps.to_string()),
            ("auctions", common.auction.len().to_string()),
            ("order sets", common.submit.len().to_string()),
            ("order updates in them", self.updates.to_string()),
            ("fills", common.fills.to_string()),
        ];
        counts.extend(common.risk_counts());
        counts.extend([
            (
                "of it: making, signing and checking sets",
                seconds(self.signing),
            ),
            ("of it: building batches", sum(&common.close)),
            ("of it: the engine", seconds(self.engine())),
            ("the engine's: opening batches", sum(&common.open)),
            ("the engine's: order sets", sum(&common.submit)),
            ("the engine's: auctions", sum(&common.auction)),
            ("the engine's: sealing", sum(&self.seal)),
            (
                "order updates per second of the engine",
                self.updates_per_second().to_string(),
            ),
        ]);
        let table = counts_table(counts);
        let times = times_table(&[
            ("opening a batch", &common.open),
            ("an order set", &common.submit),
            ("an auction", &common.auction),
            ("sealing a batch", &self.seal),
            ("building a batch", &common.close),
        ]);
        write!(
            f,
            "{table}\n{times}\n\
            An order update is an order that a set has new, changed or not any more, compared with the account's set before it.\n\
            The books balanced after every batch."
        )
    }
}
