//! The result of a replay.

use clearproof_engine::AuctionReport;
use comfy_table::{Table, presets::UTF8_FULL_CONDENSED};
use std::{fmt, time::Duration};

/// Counts, times, and the insurance fund's equity.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Number of bars replayed.
    pub bars: u64,
    /// Number of accounts at the end.
    pub accounts: u64,
    /// Number of deposits: the first of each account, and those after a loss of everything.
    pub deposits: u64,
    /// Number of account steps in all batches.
    pub steps: u64,
    /// Number of fills.
    pub fills: u64,
    /// Number of liquidations of accounts; each fills orders that the venue made.
    pub liquidations: u64,
    /// Penalties paid, in quote units.
    pub penalties: u128,
    /// Number of accounts taken over by the insurance fund.
    pub taken_over: u64,
    /// Number of accounts whose positions were closed against the insurance fund's, because the
    /// fund could not bear its losses.
    pub deleveraged: u64,
    /// Number of auctions in which the insurance fund closed a position.
    pub fund_closed: u64,
    /// Number of orders left out of auctions because they broke a rule.
    pub left_out: u64,
    /// The insurance fund's lowest equity, in whole quote units.
    pub fund_low: i128,
    /// The insurance fund's equity at the end, in whole quote units.
    pub fund_end: i128,
    /// The most accounts with negative equity that were not taken over at the opening of a batch.
    pub unassigned_most: u64,
    /// The number of such accounts at the last opening.
    pub unassigned_now: u64,
    /// Number of proofs made and verified.
    pub proofs: u64,
    /// Time of the whole replay.
    pub elapsed: Duration,
    /// Times of opening a batch, with a look at all accounts.
    pub open: Vec<Duration>,
    /// Times of taking an order set, its signature check included.
    pub submit: Vec<Duration>,
    /// Times of an auction.
    pub auction: Vec<Duration>,
    /// Times of closing and building a batch.
    pub close: Vec<Duration>,
}

impl Report {
    /// Adds the results of an auction.
    pub fn note_auction(&mut self, auction: &AuctionReport) {
        self.fills += auction.trades.len() as u64;
        self.left_out += auction.left_out.len() as u64;
        for liquidated in &auction.liquidated {
            if liquidated.account.is_insurance_fund() {
                self.fund_closed += 1;
            } else {
                self.liquidations += 1;
                self.penalties += u128::from(liquidated.penalty);
            }
        }
    }

    /// Notes the number of accounts that should have been taken over but were not.
    pub fn note_unassigned(&mut self, accounts: u64) {
        self.unassigned_now = accounts;
        self.unassigned_most = self.unassigned_most.max(accounts);
    }

    /// Notes the insurance fund's equity.
    pub fn note_fund(&mut self, equity: i128) {
        self.fund_end = equity;
        self.fund_low = self.fund_low.min(equity);
    }
}

/// Returns the `n`-th percentile, by rank.
fn percentile(times: &[Duration], n: usize) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let at = (sorted.len() * n).div_ceil(100).saturating_sub(1);
    sorted.get(at).copied().unwrap_or_default()
}

/// Returns a table of counts, one row each.
pub(super) fn counts_table(counts: impl IntoIterator<Item = (&'static str, String)>) -> Table {
    let mut table = Table::new();
    table.load_preset(UTF8_FULL_CONDENSED);
    for (what, value) in counts {
        table.add_row([what.to_string(), value]);
    }
    table
}

/// Returns a table of times, one row each.
pub(super) fn times_table(times: &[(&str, &[Duration])]) -> Table {
    let mut table = Table::new();
    table.load_preset(UTF8_FULL_CONDENSED);
    table.set_header(["", "count", "p50", "p99", "longest"]);
    for (what, of) in times {
        let micros = |n| format!("{:.1} µs", percentile(of, n).as_secs_f64() * 1e6);
        table.add_row([
            what.to_string(),
            of.len().to_string(),
            micros(50),
            micros(99),
            micros(100),
        ]);
    }
    table
}

impl Report {
    /// Returns the counts of liquidations and of the insurance fund's actions.
    pub(super) fn risk_counts(&self) -> Vec<(&'static str, String)> {
        let dollars = |units: i128| format!("{}", units / 1_000_000);
        vec![
            ("left out of an auction", self.left_out.to_string()),
            ("liquidations", self.liquidations.to_string()),
            (
                "penalties, whole quote",
                dollars(i128::try_from(self.penalties).unwrap_or(i128::MAX)),
            ),
            (
                "taken over by the insurance fund",
                self.taken_over.to_string(),
            ),
            ("deleveraged", self.deleveraged.to_string()),
            (
                "auctions in which it closed something",
                self.fund_closed.to_string(),
            ),
            ("its equity, lowest", dollars(self.fund_low)),
            ("its equity, at the end", dollars(self.fund_end)),
            (
                "negative equity not taken over: most at once, at the end",
                format!("{}, {}", self.unassigned_most, self.unassigned_now),
            ),
            ("proofs made and verified", self.proofs.to_string()),
            ("time", format!("{:.1} s", self.elapsed.as_secs_f64())),
        ]
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut counts = vec![
            ("bars, a batch each", self.bars.to_string()),
            ("accounts", self.accounts.to_string()),
            ("deposits", self.deposits.to_string()),
            ("account steps", self.steps.to_string()),
            ("order sets", self.submit.len().to_string()),
            ("fills", self.fills.to_string()),
        ];
        counts.extend(self.risk_counts());
        let table = counts_table(counts);
        let times = times_table(&[
            ("opening a batch", &self.open),
            ("an order set", &self.submit),
            ("an auction", &self.auction),
            ("closing and building", &self.close),
        ]);
        write!(f, "{table}\n{times}\nThe books balanced after every batch.")
    }
}
