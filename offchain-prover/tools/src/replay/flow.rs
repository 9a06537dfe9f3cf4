//! Runs recorded order flow through the engine: levels of a book become makers' orders, trades
//! become takers' orders.
//!
//! Order sets are signed, and their signatures checked, before the clock starts, as the operator
//! does on the threads of its connections. The measured part is the work of the venue's own thread:
//! [`Venue::submit`], [`Venue::run_auction`], opening and sealing batches.

mod book;
mod desk;
mod planner;
mod report;

pub use report::FlowReport;

use super::{
    GENESIS, VENUE, equity,
    recording::{Event, Form, Recorded},
    snapshot, unassigned,
};
use anyhow::{Context, Result, ensure};
use clearproof_engine::{BatchRequest, ClosedBatch, MarketTerms, Venue, VenueConfig};
use clearproof_primitives::{
    batch::genesis_field,
    field::Fr,
    fixed::Price,
    ids::{AccountIndex, BatchNumber, SnapshotNumber},
    policy::Policy,
    shape::Shape,
    snapshot::Snapshot,
    submission::MAX_DEPOSITS_PER_BATCH,
    time::Millis,
};
use clearproof_proving::BatchProver;
use desk::Desk;
use planner::{Planner, Ready, windows};
use std::time::{Duration, Instant};

/// Deposit of a maker, in quote units: a hundred million dollars.
pub const MAKER_DEPOSIT: u64 = 100_000_000_000_000;
/// Milliseconds that each batch of deposits takes, before the recording begins.
const DEPOSITS_MS: Millis = Millis::new(2);

/// Input of a replay of order flow.
pub struct FlowConfig {
    /// Form of the recording.
    pub form: Form,
    /// Its rows, at least one.
    pub rows: Vec<Recorded>,
    /// Shape of the venue.
    pub shape: Shape,
    /// Number of accounts that take turns as takers.
    pub takers: u32,
    /// Deposit of each taker, in quote units.
    pub taker_deposit: u64,
    /// Milliseconds from one auction to the next in a recording of levels; in a recording of
    /// trades, an auction follows each trade.
    pub auction: Millis,
    /// Milliseconds of the recording that a batch lasts; less if it is full earlier.
    pub batch: Millis,
    /// Proves one batch in this many, with this prover; if none, no batch is proven.
    pub prove: Option<(u64, BatchProver)>,
}

/// Replays the rows; `progress` receives the number of rows that are done.
///
/// # Errors
/// The tree is too small for the recording, or something happened that must not: the books do not
/// balance, or the engine refuses a valid order set.
pub fn run(config: &FlowConfig, progress: impl Fn(u64)) -> Result<FlowReport> {
    let started = Instant::now();
    let rows = &config.rows;
    let windows = windows(config.form, rows, config.auction);
    let takers = config.takers as usize;
    let makers = Planner::makers_needed(config.form, rows, &windows, &config.shape, takers);
    let (accounts, room) = (makers + takers + 1, config.shape.capacity());
    ensure!(
        accounts as u64 <= room,
        "the recording needs {accounts} accounts, the shape's tree has room for {room}: take a larger shape or fewer takers"
    );
    let mut replay = Replay::new(config);
    replay.open_accounts(makers)?;
    let mut planner = Planner::new(config.form, &replay.desk, makers);
    for window in &windows {
        let rows = &rows[window.rows.clone()];
        let began = Instant::now();
        let ready = planner.plan(&mut replay.desk, rows, Millis::new(window.auction.get()))?;
        replay.report.signing += began.elapsed();
        replay.ensure_open(window.auction)?;
        replay.play(&mut planner, ready, window.auction)?;
        replay.mark = planner.price().unwrap_or(replay.mark);
        progress(window.rows.end as u64);
    }
    replay.close()?;
    let mut report = replay.report;
    report.level_rows = planner.level_rows;
    report.most_levels = planner.most_levels() as u64;
    report.trade_rows = planner.trade_rows;
    report.crowded_out = planner.crowded_out;
    report.recorded_lots = planner.traded;
    report.makers = makers as u64;
    report.takers = takers as u64;
    report.span = match (rows.first(), rows.last()) {
        (Some(first), Some(last)) => (last.time - first.time).as_duration(),
        _ => Duration::ZERO,
    };
    report.common.accounts = accounts as u64 - 1;
    report.common.elapsed = started.elapsed();
    Ok(report)
}

/// A replay under way.
struct Replay<'a> {
    config: &'a FlowConfig,
    policy: Policy,
    venue: Venue,
    desk: Desk,
    report: FlowReport,
    /// Mark of the next batch.
    mark: Price,
    /// Number of the open batch, or of the last one.
    batch: u64,
    /// Snapshot of the open batch.
    snapshot: Option<Snapshot>,
    /// Opening time of the open batch, on the recording's clock.
    opened: Millis,
}

impl<'a> Replay<'a> {
    fn new(config: &'a FlowConfig) -> Self {
        let venue = VenueConfig {
            shape: config.shape,
            id: VENUE,
            genesis: genesis_field(&GENESIS),
        };
        Self {
            policy: Policy::development(&config.shape.market),
            desk: Desk::new(&venue),
            venue: Venue::new(venue),
            report: FlowReport::default(),
            mark: first_price(&config.rows),
            batch: 0,
            snapshot: None,
            opened: Millis::ZERO,
            config,
        }
    }

    /// Opens all accounts, in as many batches as needed, before the recording begins.
    fn open_accounts(&mut self, makers: usize) -> Result<()> {
        let accounts = makers as u64 + u64::from(self.config.takers);
        let batches = accounts.div_ceil(MAX_DEPOSITS_PER_BATCH);
        let start = self
            .config
            .rows
            .first()
            .map_or(Millis::ZERO, |row| row.time);
        for batch in 0..batches {
            let time = start.checked_sub(DEPOSITS_MS * (batches - batch));
            self.open(time.context("the recording begins too early for deposits before it")?)?;
            let left = accounts - batch * MAX_DEPOSITS_PER_BATCH;
            for _ in 0..left.min(MAX_DEPOSITS_PER_BATCH) {
                let deposit = match self.desk.len() < makers {
                    true => MAKER_DEPOSIT,
                    false => self.config.taker_deposit,
                };
                self.desk.join(&mut self.venue, deposit)?;
                self.report.common.deposits += 1;
            }
            self.finish()?;
        }
        // The report counts the recording's batches only.
        self.report.forget_batches();
        Ok(())
    }

    /// Makes sure that a batch is open that has room for an auction at this time and is not too
    /// old.
    fn ensure_open(&mut self, auction: Millis) -> Result<()> {
        let over = auction > self.opened + self.config.batch || self.venue.batch_full();
        if self.snapshot.is_some() && over {
            self.close()?;
        }
        if self.snapshot.is_none() {
            self.open(auction.saturating_sub(self.config.auction))?;
        }
        Ok(())
    }

    fn open(&mut self, time: Millis) -> Result<()> {
        let time = time.max(self.venue.now() + Millis::new(1));
        let (policy, mark) = (&self.policy, self.mark);
        self.batch += 1;
        let snapshot = snapshot(
            &self.config.shape,
            policy,
            SnapshotNumber::new(self.batch),
            time,
            mark,
        )
        .with_context(|| format!("batch {}: the price does not fit a lot", self.batch))?;
        let terms = MarketTerms {
            bands: vec![policy.perpetual_band(mark)],
            premium_caps: vec![policy.premium_cap(mark)],
            funding_interval: policy.funding_interval,
            ..MarketTerms::default()
        };
        let kept = snapshot.clone();
        let began = Instant::now();
        self.venue.open_batch(snapshot, terms, time)?;
        let report = &mut self.report.common;
        report.open.push(began.elapsed());
        report.taken_over += self.venue.taken_over().len() as u64;
        report.deleveraged += self.venue.deleveraged().len() as u64;
        report.note_unassigned(unassigned(&self.venue, &kept));
        self.snapshot = Some(kept);
        self.opened = time;
        Ok(())
    }

    /// Submits a window's order sets and runs its auction.
    fn play(&mut self, planner: &mut Planner, ready: Vec<Ready>, auction: Millis) -> Result<()> {
        for Ready { candidate, updates } in ready {
            let began = Instant::now();
            self.venue.submit(candidate)?;
            self.report.common.submit.push(began.elapsed());
            self.report.updates += updates;
        }
        let began = Instant::now();
        let done = self.venue.run_auction(auction)?;
        self.report.common.auction.push(began.elapsed());
        self.report.common.note_auction(&done);
        let volumes = done.clearings.iter().map(|c| u128::from(c.volume));
        self.report.matched_lots += volumes.sum::<u128>();
        planner.note(&mut self.desk, &self.venue, &done);
        Ok(())
    }

    /// Finishes the open batch, if any, and proves it if it is its turn.
    fn close(&mut self) -> Result<()> {
        let Some(batch) = self.finish()? else {
            return Ok(());
        };
        if let Some((every, prover)) = &self.config.prove
            && self.report.batches.is_multiple_of(*every)
        {
            let proven = prover.prove(&batch, |_, _| ())?;
            self.report.common.proofs += proven.chunk_proofs.len() as u64 + 1;
        }
        Ok(())
    }

    /// Closes, builds and settles the open batch, if any, and audits the books after it.
    fn finish(&mut self) -> Result<Option<ClosedBatch>> {
        let Some(snapshot) = self.snapshot.take() else {
            return Ok(None);
        };
        let request = BatchRequest {
            time_to: self.venue.now(),
            genesis: GENESIS,
            submitter: [1; 32],
            salt_seed: Fr::from(self.batch),
        };
        let began = Instant::now();
        let sealed = self.venue.seal_batch(&request)?;
        self.report.seal.push(began.elapsed());
        let began = Instant::now();
        let built = sealed.build(self.venue.books())?;
        self.venue.on_built(&built)?;
        self.report.common.close.push(began.elapsed());
        self.report.common.steps += built.batch.steps as u64;
        self.venue.audit(&snapshot)?;
        self.report.batches += 1;
        self.venue.settle(BatchNumber::new(self.batch))?;
        let fund = equity(&self.venue, &snapshot, AccountIndex::new(0)).unwrap_or(0);
        self.report.common.note_fund(fund);
        Ok(Some(built.batch))
    }
}

/// Returns the price of the first trade, or else of the first level.
fn first_price(rows: &[Recorded]) -> Price {
    let mut trades = rows.iter().filter_map(|row| match row.event {
        Event::Trade { price, .. } => Some(price),
        Event::Level { .. } => None,
    });
    let first = rows.first().map(|row| match row.event {
        Event::Trade { price, .. } | Event::Level { price, .. } => price,
    });
    trades.next().or(first).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::replay::recording::read;
    use std::{
        fmt::Write,
        path::PathBuf,
        process::{Command, Stdio},
    };

    const DOLLAR: u64 = 1_000_000;

    /// Returns a desk of a small venue with an open batch.
    pub(super) fn desk_of(members: usize) -> Desk {
        let config = config(Form::Trades, "time,price,qty\n1700000000,100,1\n");
        let mut replay = Replay::new(&config);
        replay.open(Millis::new(1_700_000_000_000)).unwrap();
        for _ in 0..members {
            replay
                .desk
                .join(&mut replay.venue, config.taker_deposit)
                .unwrap();
        }
        replay.desk
    }

    fn config(form: Form, text: &str) -> FlowConfig {
        FlowConfig {
            form,
            rows: read(form, text.as_bytes()).unwrap(),
            shape: Shape::SMALL,
            takers: 4,
            taker_deposit: 1_000_000 * DOLLAR,
            auction: Millis::new(100),
            batch: Millis::new(1_000),
            prove: None,
        }
    }

    /// Returns a recording: a book of three levels a side around 100 dollars, a message every 50
    /// ms, and a trade with every second message.
    fn synthetic() -> String {
        let mut text = String::from("recv_ns,event_ms,kind,side,price,qty,id\n");
        let start = 1_700_000_000_000u64;
        for level in 1..=3 {
            writeln!(text, "0,{start},S,bid,{},5,1", 100 - level).unwrap();
            writeln!(text, "0,{start},S,ask,{},5,1", 100 + level).unwrap();
        }
        for message in 0..60u64 {
            let time = start + 1 + message * 50;
            let id = 10 + message * 2;
            let left = if message % 2 == 1 {
                writeln!(text, "0,{time},T,buy,101,2,{id}").unwrap();
                3
            } else {
                5
            };
            writeln!(text, "0,{time},D,ask,101,{left},{}", id + 1).unwrap();
            writeln!(text, "0,{time},D,bid,98,{},{}", 1 + message % 3, id + 1).unwrap();
            writeln!(text, "0,{time},D,bid,97,5,{}", id + 1).unwrap();
        }
        text
    }

    #[test]
    fn levels_become_orders_and_their_trades_are_matched() {
        let report = run(&config(Form::Levels, &synthetic()), |_| ()).unwrap();
        assert_eq!(
            (report.level_rows, report.trade_rows, report.most_levels),
            (186, 30, 6),
            "{report}"
        );
        assert_eq!((report.makers, report.takers), (3, 4));
        assert_eq!(report.matched_lots, report.recorded_lots, "{report}");
        assert_eq!(report.common.fills, 60, "a buyer and a seller each");
        // Updates: the six levels of the first book, an order for each trade, and the bid at 98,
        // whose quantity changes in every message. Only fills change the level at 101; it is
        // corrected after each auction but the last.
        assert_eq!(report.updates, 6 + 30 + 60 + 29, "{report}");
        assert_eq!(report.batches, 3, "{report}");
        assert_eq!(report.common.left_out, 0);
        assert!(report.updates_per_second() > 0);
    }

    #[test]
    fn poor_takers_are_left_out_then_liquidated() {
        let poor = FlowConfig {
            taker_deposit: 200 * DOLLAR,
            takers: 1,
            ..config(Form::Levels, &falling())
        };
        let report = run(&poor, |_| ()).unwrap();
        assert!(report.common.left_out > 0, "{report}");
        assert!(report.common.liquidations > 0, "{report}");
        assert!(report.matched_lots > 0, "{report}");
    }

    /// A buyer takes as much as the margin allows, then the price falls by a fifth.
    fn falling() -> String {
        let mut text = String::from("event_ms,kind,side,price,qty,id\n");
        for second in 0..12u64 {
            let (time, price) = (1_700_000_000_000 + second * 1_000, 100 - 2 * second);
            for side in ["bid", "ask"] {
                let away = if side == "bid" { 0 } else { 1 };
                if second > 0 {
                    writeln!(text, "{time},D,{side},{},0,{second}", price + 2 + away).unwrap();
                }
                writeln!(text, "{time},D,{side},{},50,{second}", price + away).unwrap();
            }
            writeln!(
                text,
                "{},T,buy,{},3,{}",
                time + 200,
                price + 1,
                100 + second
            )
            .unwrap();
        }
        text
    }

    #[test]
    fn a_taker_goes_through_levels_as_far_as_its_last_trade() {
        let text = "event_ms,kind,side,price,qty,id\n\
            1700000000000,S,bid,99,5,1\n\
            1700000000000,S,ask,101,5,1\n\
            1700000000000,S,ask,102,5,1\n\
            1700000000200,T,buy,101,5,2\n\
            1700000000200,T,buy,102,3,3\n\
            1700000000210,D,ask,101,0,4\n\
            1700000000210,D,ask,102,2,4\n\
            1700000000210,D,bid,101,4,4\n";
        let report = run(&config(Form::Levels, text), |_| ()).unwrap();
        assert_eq!(report.matched_lots, report.recorded_lots, "{report}");
        assert_eq!(report.common.fills, 4, "{report}");
        assert_eq!(
            report.updates, 6,
            "three levels, two takers, one more level: {report}"
        );
    }

    #[test]
    fn trades_become_pairs_at_their_prices() {
        let text = "recv_ms,price,amount_btc,trade_id\n\
            1430438404645,236.47,0.21144331,8111041\n\
            1430438406348,236.47,1.78855669,8111042\n\
            1430438406348,236.50,0.5,8111043\n\
            1430438421672,236.63,8.83518573,8111044\n";
        let report = run(&config(Form::Trades, text), |_| ()).unwrap();
        assert_eq!((report.trade_rows, report.updates), (4, 8), "{report}");
        assert_eq!(report.matched_lots, report.recorded_lots, "{report}");
        assert_eq!(report.batches, 3, "{report}");
    }

    #[test]
    fn a_tree_too_small_is_refused_before_anything_is_done() {
        let many = FlowConfig {
            takers: 62,
            ..config(Form::Levels, &synthetic())
        };
        let error = run(&many, |_| ()).unwrap_err().to_string();
        assert!(error.contains("needs 66 accounts"), "{error}");
    }

    /// Returns the first lines of a recording, decompressed by `gzip`; none without a folder of
    /// recordings or without `gzip`.
    fn first_lines(name: &str, lines: usize) -> Option<String> {
        let folder = std::env::var_os("CLEARPROOF_MARKET_DATA")?;
        let path = PathBuf::from(folder).join(name);
        let output = Command::new("gzip")
            .arg("-dc")
            .arg(path)
            .stderr(Stdio::null())
            .output()
            .ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        let text: String = text.split_inclusive('\n').take(lines).collect();
        (!text.is_empty()).then_some(text)
    }

    #[test]
    fn a_part_of_a_recorded_book_replays() {
        let name = "permissive/l2_binance_btcusdt_perp_20240808.csv.gz";
        let Some(text) = first_lines(name, 8_000) else {
            eprintln!(
                "skipped: CLEARPROOF_MARKET_DATA names no folder with {name}, or there is no gzip"
            );
            return;
        };
        let recorded = FlowConfig {
            shape: Shape::REFERENCE,
            takers: 50,
            batch: Millis::new(2_000),
            taker_deposit: MAKER_DEPOSIT,
            ..config(Form::Levels, &text)
        };
        let report = run(&recorded, |_| ()).unwrap();
        assert_eq!(report.level_rows + report.trade_rows, 7_999);
        assert!(report.updates > 4_000 && report.batches > 1, "{report}");
        // Takers on both sides in one auction match each other, so less than the recorded volume is
        // matched.
        assert!(report.matched_lots * 2 > report.recorded_lots, "{report}");
        assert_eq!(report.common.left_out, 0, "{report}");
    }
}
