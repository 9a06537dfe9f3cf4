//! `replay`: recorded prices through the engine.

use super::ShapeName;
use anyhow::{ensure, Context, Result};
use clap::{Args as ClapArgs, ValueEnum};
use clearproof_groth16::{Bars, KeyStore, Origin};
use clearproof_prover::{
    demo::prices,
    proving::{default_key_folder, BatchProver},
    replay::{self, ReplayConfig},
};
use indicatif::ProgressBar;
use std::path::PathBuf;

/// Formats of recordings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// CSV of bars with the columns `timestamp` and `close`.
    Candles,
}

/// Options of `replay`.
#[derive(ClapArgs)]
pub struct Args {
    /// The recording; `-` for standard input.
    #[arg(long)]
    input: PathBuf,
    /// Its format.
    #[arg(long, value_enum, default_value = "candles")]
    format: Format,
    /// First time that is replayed, such as 2020-03-07 [default: the recording's first]
    #[arg(long)]
    from: Option<String>,
    /// The first that is not any more [default: none]
    #[arg(long)]
    to: Option<String>,
    /// Leveraged accounts.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    traders: u32,
    /// Decides leverage and what they do.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Shape of the venue.
    #[arg(long, value_enum, default_value = "reference")]
    shape: ShapeName,
    /// Proves every so many batches.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    prove: Option<u64>,
    /// Folder of the proving keys [default: `CLEARPROOF_KEYS`, else `~/.cache/clearproof/keys`]
    #[arg(long)]
    keys: Option<PathBuf>,
}

pub fn run(args: Args) -> Result<()> {
    let Format::Candles = args.format;
    let time = |name: &str, text: &Option<String>| match text {
        None => Ok(None),
        Some(text) => prices::time_of(text)
            .map(Some)
            .with_context(|| format!("--{name} {text}: is no time: use 2020-03-07")),
    };
    let (from, to) = (time("from", &args.from)?, time("to", &args.to)?);
    let mut bars = match args.input.as_os_str() == "-" {
        true => prices::read_from(std::io::stdin().lock())?,
        false => prices::read(&args.input)?,
    };
    bars.retain(|bar| {
        from.is_none_or(|from| from <= bar.time) && to.is_none_or(|to| bar.time < to)
    });
    ensure!(!bars.is_empty(), "no bar lies between --from and --to");
    let shape = args.shape.shape();
    let room = shape.capacity();
    ensure!(
        u64::from(args.traders) + 5 <= room,
        "--traders {}: the shape's tree has room for {room} accounts",
        args.traders
    );
    let prove = match args.prove {
        None => None,
        Some(every) => {
            let keys = KeyStore::new(args.keys.unwrap_or_else(default_key_folder));
            let bars = Bars::new("proving keys");
            Some((
                every,
                BatchProver::load(&shape, &keys, Origin::Development, &bars)?,
            ))
        }
    };
    println!(
        "{} bars from {} to {}, {} leveraged accounts",
        bars.len(),
        prices::time_text(bars.first().map_or(0, |bar| bar.time)),
        prices::time_text(bars.last().map_or(0, |bar| bar.time)),
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
