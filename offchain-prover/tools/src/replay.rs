//! Runs recorded prices through the engine: leveraged accounts meet every fall and rise, and the
//! books must balance after each bar.

pub(crate) mod crowd;
pub mod flow;
pub mod recording;
mod report;

pub use report::Report;

use crate::calculators::portfolio;
use anyhow::{Context, Result, ensure};
use clearproof_engine::{BatchRequest, MarketTerms, Venue, VenueConfig};
use clearproof_formats::prices::{Bar, index_price};
use clearproof_primitives::{
    batch::genesis_field,
    field::Fr,
    fixed::{ONE, Price},
    funding::accrue,
    ids::{AccountIndex, BatchNumber, SnapshotNumber, VenueId},
    margin::Margin,
    policy::Policy,
    rows::mark_price,
    shape::Shape,
    snapshot::{InstrumentRow, Snapshot},
    time::Millis,
};
use clearproof_proving::BatchProver;
use crowd::Crowd;
use std::time::Instant;

/// Lots in a whole unit of the underlying.
pub(crate) const LOTS_PER_UNIT: u64 = 100;
/// Auctions per bar. A position that could not be closed in one can be closed in the next.
const AUCTIONS: u64 = 3;
const GENESIS: [u8; 32] = [7; 32];
const VENUE: VenueId = VenueId::new(1);

/// Input of a replay.
pub struct ReplayConfig {
    /// The bars, ascending by time; each is a batch of its own.
    pub bars: Vec<Bar>,
    /// Shape of the venue.
    pub shape: Shape,
    /// Number of leveraged accounts; half of them are long, half short.
    pub traders: u32,
    /// Seed of the accounts' leverage and decisions.
    pub seed: u64,
    /// Proves one batch in this many, with this prover; if none, no batch is proven.
    pub prove: Option<(u64, BatchProver)>,
}

/// Returns the snapshot of one perpetual at this mark.
fn snapshot(
    shape: &Shape,
    policy: &Policy,
    number: SnapshotNumber,
    time: Millis,
    mark: Price,
) -> Result<Snapshot> {
    let market = &shape.market;
    let mut rows = vec![InstrumentRow::empty(market); market.instruments.into()];
    rows[0] = policy.perpetual_row(0, mark)?;
    let weights = vec![ONE; market.assets.into()];
    Ok(Snapshot {
        number,
        taken_at: time,
        ..portfolio::snapshot(policy, weights, rows)
    })
}

/// Replays the bars; `progress` receives the number of each.
///
/// # Errors
/// A price does not fit a lot, or something happened that must not: the books do not balance, or
/// the engine refuses a valid order set.
pub fn run(config: &ReplayConfig, progress: impl Fn(u64)) -> Result<Report> {
    let ReplayConfig {
        bars, shape, prove, ..
    } = config;
    let policy = Policy::development(&shape.market);
    let mut venue = Venue::new(VenueConfig {
        shape: *shape,
        id: VENUE,
        genesis: genesis_field(&GENESIS),
    });
    let mut crowd = Crowd::new(shape, config.traders, config.seed);
    let mut report = Report::default();
    let started = Instant::now();
    for (number, bar) in (1u64..).zip(bars) {
        let index = index_price(bar.close);
        let mark = mark_price(index, ONE / LOTS_PER_UNIT)
            .with_context(|| format!("bar {number}: the price does not fit a lot"))?;
        // One batch has room for all steps of a bar; it is in the bar's last second.
        let time = bar.time.max(venue.now() + Millis::new(1));
        let snapshot = snapshot(shape, &policy, SnapshotNumber::new(number), time, mark)?;
        let terms = MarketTerms {
            bands: vec![policy.perpetual_band(mark)],
            premium_caps: vec![policy.premium_cap(mark)],
            funding_interval: policy.funding_interval,
            ..MarketTerms::default()
        };
        let opened = Instant::now();
        venue.open_batch(snapshot.clone(), terms, time)?;
        report.open.push(opened.elapsed());
        report.taken_over += venue.taken_over().len() as u64;
        report.deleveraged += venue.deleveraged().len() as u64;
        report.note_unassigned(unassigned(&venue, &snapshot));

        crowd.act(&mut venue, mark, &mut report)?;
        for auction in 1..=AUCTIONS {
            let began = Instant::now();
            let done = venue.run_auction(time + Millis::new(auction))?;
            report.auction.push(began.elapsed());
            report.note_auction(&done);
        }
        let request = BatchRequest {
            time_to: time + Millis::new(AUCTIONS),
            genesis: GENESIS,
            submitter: [1; 32],
            salt_seed: Fr::from(number),
        };
        let began = Instant::now();
        let closed = venue.close_batch(&request)?;
        report.close.push(began.elapsed());
        report.steps += closed.steps as u64;
        venue.audit(&snapshot)?;
        if let Some((every, prover)) = prove
            && number % every == 0
        {
            let proven = prover.prove(&closed, |_, _| ())?;
            report.proofs += proven.chunk_proofs.len() as u64 + 1;
        }
        venue.settle(BatchNumber::new(number))?;
        report.note_fund(equity(&venue, &snapshot, AccountIndex::new(0)).unwrap_or(0));
        progress(number);
    }
    report.bars = bars.len() as u64;
    report.elapsed = started.elapsed();
    report.accounts = venue.account_count() as u64 - 1;
    ensure!(
        report.unassigned_now == 0,
        "{} accounts with negative equity are left",
        report.unassigned_now
    );
    Ok(report)
}

/// Returns an account's equity in whole quote units, funding included.
fn equity(venue: &Venue, snapshot: &Snapshot, account: AccountIndex) -> Option<i128> {
    let mut settled = venue.account(account)?.clone();
    accrue(&mut settled, snapshot, venue.funding()).ok()?;
    let margin = Margin::of(&venue.config().shape.market, snapshot, &settled).ok()?;
    Some(margin.equity >> 32)
}

/// Counts the traders' accounts whose equity is below zero and that the insurance fund has not
/// taken over.
fn unassigned(venue: &Venue, snapshot: &Snapshot) -> u64 {
    let accounts = AccountIndex::all().take(venue.account_count()).skip(1);
    let negative = accounts
        .filter(|account| equity(venue, snapshot, *account).is_some_and(|equity| equity < 0));
    negative.count() as u64
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Returns hourly bars with closes in whole dollars.
    fn bars(closes: impl IntoIterator<Item = u64>) -> Vec<Bar> {
        let bar = |(hour, close): (u64, u64)| Bar {
            time: Millis::new(1_700_000_000_000 + hour * 3_600_000),
            close: close * ONE,
        };
        (0..).zip(closes).map(bar).collect()
    }

    fn replayed(closes: impl IntoIterator<Item = u64>) -> Report {
        let config = ReplayConfig {
            bars: bars(closes),
            shape: Shape::SMALL,
            traders: 40,
            seed: 3,
            prove: None,
        };
        run(&config, |_| ()).unwrap()
    }

    #[test]
    fn a_slide_liquidates_and_a_crash_bankrupts_but_the_books_balance() {
        let calm = (0..24).map(|hour| 2_000 + hour % 3);
        let slide = (1..8).map(|hour| 2_000 - hour * 90);
        let report = replayed(calm.clone().chain(slide));
        assert!(report.liquidations > 5, "{report}");
        assert!(report.penalties > 0 && report.fund_end > 0, "{report}");
        assert_eq!(report.unassigned_most, 0);

        // The price halves overnight: the leveraged longs owe more than they have.
        let report = replayed(calm.chain([1_000, 1_001, 1_002, 1_001]));
        assert!(report.taken_over > 0 && report.deleveraged > 0, "{report}");
        assert!(report.fund_low < 0, "{report}");
        assert_eq!(report.unassigned_now, 0);
    }
}
