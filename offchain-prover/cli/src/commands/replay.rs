//! `replay`: recorded prices or order flow through the engine.

use crate::commands::period::Period;
use anyhow::{Context, Result, ensure};
use clap::{Args as ClapArgs, ValueEnum};
use clearproof_bench::{ShapeName, bars::Bars};
use clearproof_formats::{prices, time::time_text};
use clearproof_groth16::{BackendKind, KeyStore, Origin};
use clearproof_primitives::{shape::Shape, time::Millis};
use clearproof_proving::{BatchProver, default_key_folder};
use clearproof_tools::replay::{
    self, ReplayConfig,
    flow::{self, FlowConfig},
    recording::{self, Form, QUOTE_UNIT},
};
use indicatif::ProgressBar;
use std::{fs::File, path::PathBuf};

/// Formats of recordings, all of them CSV with a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Bars: columns `timestamp` and `close`. Around each close, accounts with leverage trade with
    /// makers; each bar is a batch.
    Candles,
    /// Levels of a book and the trades between them: columns `event_ms`, `kind` (S a level of the
    /// first book, D a level's new quantity, T a trade), `side` (bid or ask; for a trade the
    /// taker's, buy or sell), `price`, `qty`, `id` (one number for all changes of a message). A
    /// level becomes a maker's order, a trade a taker's.
    L2,
    /// Trades: columns `timestamp` (or `time`, `recv_ms`), `price`, `amount` (or `amount_btc`,
    /// `qty`, `size`), and the taker's `side` if it is known. Each trade becomes a pair of orders.
    Trades,
}

/// Options of `replay`.
#[derive(ClapArgs)]
pub struct Args {
    /// The recording; `-` for standard input, as in `gzip -dc FILE.csv.gz | clearproof-prover
    /// replay --format l2 --input -`.
    #[arg(long)]
    input: PathBuf,
    /// Its format.
    #[arg(long, value_enum, default_value = "candles")]
    format: Format,
    /// Part of the recording that is replayed; for l2 it starts at the beginning, which holds the
    /// book.
    #[command(flatten)]
    period: Period,
    /// candles: number of accounts with leverage. l2, trades: number of accounts that take turns as
    /// takers.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    traders: u32,
    /// candles: seed of the accounts' leverage and decisions.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// l2, trades: deposit of each taker, in whole quote units; with a small one, takers are
    /// refused and liquidated.
    #[arg(long, default_value_t = flow::MAKER_DEPOSIT / QUOTE_UNIT, value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    taker_deposit: u64,
    /// l2: milliseconds of the recording from one auction to the next; with trades, an auction
    /// follows each.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(10..=60_000))]
    auction: u64,
    /// l2, trades: seconds of the recording that a batch lasts; less if it is full earlier.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    batch: u64,
    /// Shape of the venue.
    #[arg(long, value_enum, default_value = "reference")]
    shape: ShapeName,
    /// Proves one batch in this many.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    prove: Option<u64>,
    /// Folder of the proving keys [default: `CLEARPROOF_KEYS`, else `~/.cache/clearproof/keys`]
    #[arg(long)]
    keys: Option<PathBuf>,
    /// Proving backend: ark, cpu, cuda or icicle; auto for the fastest available.
    #[arg(long, env = "CLEARPROOF_BACKEND", default_value_t)]
    backend: BackendKind,
}

impl Args {
    fn prover(&self, shape: &Shape) -> Result<Option<(u64, BatchProver)>> {
        let Some(every) = self.prove else {
            return Ok(None);
        };
        let keys = KeyStore::new(self.keys.clone().unwrap_or_else(default_key_folder));
        let bars = Bars::new("proving keys");
        let prover = BatchProver::load(shape, &keys, Origin::Development, self.backend, &bars)?;
        Ok(Some((every, prover)))
    }

    fn is_stream(&self) -> bool {
        self.input.as_os_str() == "-"
    }
}

pub fn run(args: Args) -> Result<()> {
    match args.format {
        Format::Candles => run_candles(&args),
        Format::L2 => run_flow(&args, Form::Levels),
        Format::Trades => run_flow(&args, Form::Trades),
    }
}

fn run_candles(args: &Args) -> Result<()> {
    let between = args.period.check()?;
    let mut bars = match args.is_stream() {
        true => prices::read_from(std::io::stdin().lock())?,
        false => prices::read(&args.input)?,
    };
    bars.retain(|bar| between(bar.time));
    ensure!(!bars.is_empty(), "no bar lies between --from and --to");
    let shape = args.shape.shape();
    let room = shape.capacity();
    ensure!(
        u64::from(args.traders) + 5 <= room,
        "--traders {}: the shape's tree has room for {room} accounts",
        args.traders
    );
    let prove = args.prover(&shape)?;
    println!(
        "{} bars from {} to {}, {} leveraged accounts",
        bars.len(),
        time_text(bars.first().map_or(Millis::ZERO, |bar| bar.time)),
        time_text(bars.last().map_or(Millis::ZERO, |bar| bar.time)),
        args.traders
    );
    let progress = ProgressBar::new(bars.len() as u64);
    let config = ReplayConfig {
        bars,
        shape,
        traders: args.traders,
        seed: args.seed,
        prove,
    };
    let report = replay::run(&config, |done| progress.set_position(done))?;
    progress.finish_and_clear();
    println!("{report}");
    Ok(())
}

fn run_flow(args: &Args, form: Form) -> Result<()> {
    ensure!(
        form == Form::Trades || args.period.from.is_none(),
        "--from: a recording of levels begins with the book that it starts from, so it is replayed from its beginning"
    );
    let between = args.period.check()?;
    let mut rows = match args.is_stream() {
        true => recording::read(form, std::io::stdin().lock())?,
        false => {
            let file = File::open(&args.input);
            let file = file.with_context(|| format!("cannot open {}", args.input.display()))?;
            recording::read(form, file)?
        }
    };
    rows.retain(|row| between(row.time));
    ensure!(!rows.is_empty(), "no row lies between --from and --to");
    let shape = args.shape.shape();
    let prove = args.prover(&shape)?;
    println!(
        "{} rows from {} to {}",
        rows.len(),
        time_text(rows.first().map_or(Millis::ZERO, |row| row.time)),
        time_text(rows.last().map_or(Millis::ZERO, |row| row.time)),
    );
    let progress = ProgressBar::new(rows.len() as u64);
    let config = FlowConfig {
        form,
        rows,
        shape,
        takers: args.traders,
        taker_deposit: args.taker_deposit * QUOTE_UNIT,
        auction: Millis::new(args.auction),
        batch: Millis::new(args.batch * 1_000),
        prove,
    };
    let report = flow::run(&config, |done| progress.set_position(done))?;
    progress.finish_and_clear();
    println!("{report}");
    Ok(())
}
