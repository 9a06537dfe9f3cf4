//! Measures the numbers that the design promises, on real work, and shows each beside its target:
//! the command `clearproof-prover bench`.
//!
//! A crate of its own, so that a change of the operator or of the command line does not compile the
//! other provers again.

mod backends;
pub mod bars;
mod confirmation;
mod load;
mod market;
mod proving;
mod report;
mod sample;
mod shapes;
pub mod work;

use anyhow::Result;
use clap::ValueEnum;
use clearproof_primitives::shape::Shape;
use report::Report;
pub use shapes::ShapeName;

/// Options of `bench`.
#[derive(clap::Args)]
pub struct Args {
    /// Measures this section only.
    #[arg(long)]
    only: Option<Section>,
    /// Runs of each proof; the median is printed.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    runs: u32,
    /// Prints one JSON object and nothing else.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    backends: backends::Options,
    #[command(flatten)]
    load: load::Plan,
}

/// A section that can be measured alone.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Section {
    /// Size of the circuits.
    Circuits,
    /// Order sets, from a trader's connection to the signed receipt.
    Confirmation,
    /// Proofs of a batch.
    Proving,
    /// The same proof by each backend, by ark-groth16 and by taceo-groth16, in turns.
    Backends,
}

/// Measures and prints.
///
/// # Errors
/// A section could not be measured at all. A missed target is no error.
pub fn run(args: Args) -> Result<()> {
    if let Some(name) = &args.backends.peak_of {
        return backends::print_peak(&args.backends.circuit, name);
    }
    let shape = Shape::REFERENCE;
    let wanted = |section| args.only.is_none_or(|only| only == section);
    let mut report = Report::default();
    if wanted(Section::Circuits) {
        proving::measure_circuits(&shape, &mut report)?;
    }
    if wanted(Section::Confirmation) {
        confirmation::measure(&shape, &args.load, &mut report)?;
    }
    if wanted(Section::Proving) {
        proving::measure_proving(&shape, args.runs, &mut report)?;
    }
    let mut race = None;
    if wanted(Section::Backends) {
        race = Some(backends::measure(
            &args.backends.circuit,
            args.runs,
            &mut report,
        )?);
    }
    if args.json {
        let mut all = race.map_or_else(|| Ok(serde_json::json!({})), serde_json::to_value)?;
        all["numbers"] = report.json();
        println!("{all:#}");
        return Ok(());
    }
    report.print();
    if let Some(race) = race {
        race.print();
    }
    Ok(())
}
