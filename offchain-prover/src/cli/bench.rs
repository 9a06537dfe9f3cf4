//! `bench`: measures the numbers that the design promises, each beside its target, from real work.

mod confirmation;
mod load;
mod market;
mod proving;
mod report;

use anyhow::Result;
use clap::ValueEnum;
use clearproof_primitives::shape::Shape;
use report::Report;

/// Options of `bench`.
#[derive(clap::Args)]
pub struct Args {
    /// Measure this alone.
    #[arg(long)]
    only: Option<Section>,
    /// Runs of each proof; the median is printed.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    runs: u32,
    #[command(flatten)]
    load: load::Plan,
}

/// What can be measured alone.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Section {
    /// Size of the circuits.
    Circuits,
    /// Order sets, from a trader's connection to the signed receipt.
    Confirmation,
    /// Proofs of a batch.
    Proving,
}

pub fn run(args: Args) -> Result<()> {
    let shape = Shape::REFERENCE;
    let wanted = |section| args.only.is_none_or(|only| only == section);
    let mut report = Report::new();
    if wanted(Section::Circuits) {
        proving::measure_circuits(&shape, &mut report)?;
    }
    if wanted(Section::Confirmation) {
        confirmation::measure(&shape, &args.load, &mut report)?;
    }
    if wanted(Section::Proving) {
        proving::measure_proving(&shape, args.runs, &mut report)?;
    }
    report.print();
    Ok(())
}
