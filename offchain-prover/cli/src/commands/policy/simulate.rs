//! Margin of portfolios now and after changes: of portfolios on standard input, or of synthetic
//! ones over recorded prices.

use crate::commands::period::Period;
use anyhow::{Context, Result, ensure};
use clearproof_formats::prices::{self, Series};
use clearproof_primitives::policy::Policy;
use clearproof_tools::{
    calculators::lines,
    policy::{
        Simulation,
        synthetic::{self, MAX_PORTFOLIOS, SyntheticConfig},
    },
};
use indicatif::ProgressBar;
use serde_json::json;
use std::{
    cell::RefCell,
    io::{BufWriter, IsTerminal, Write, stdin, stdout},
    path::PathBuf,
};

/// The portfolios that are simulated.
#[derive(clap::Args)]
pub struct Portfolios {
    /// Number of synthetic portfolios at a time, held through the prices; without it, portfolios
    /// are read from standard input.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_PORTFOLIOS)))]
    synthetic: Option<u32>,
    /// CSV file of prices: each column whose name is or ends in `close` is an underlying, from the
    /// first on; `-` for standard input. Several may be given [default: the demonstration's
    /// EUR/USD]
    #[arg(long, requires = "synthetic")]
    prices: Vec<PathBuf>,
    /// Seed of the synthetic portfolios.
    #[arg(long, default_value_t = 1, requires = "synthetic")]
    seed: u64,
    /// Part of the prices that is used.
    #[command(flatten)]
    period: Period,
    /// Prints each moment as a line of JSON, and a last line with the outcome, instead of a table.
    #[arg(long, requires = "synthetic")]
    json: bool,
}

impl Portfolios {
    /// Returns the prices; they are read before the chain is asked.
    pub fn prices(&self) -> Result<Option<Vec<Series>>> {
        let within = self.period.check()?;
        if self.synthetic.is_none() {
            let named = self.period.from.is_some() || self.period.to.is_some();
            ensure!(!named, "--from, --to: they are for --synthetic");
            return Ok(None);
        }
        let mut all = Vec::new();
        for path in &self.prices {
            let read = match path.as_os_str() == "-" {
                true => prices::read_all_from(stdin().lock()),
                false => prices::read_all(path),
            };
            all.extend(read.with_context(|| format!("--prices {}", path.display()))?);
        }
        if all.is_empty() {
            all.push(Series {
                name: "EUR/USD".into(),
                bars: prices::built_in()?,
            });
        }
        for series in &mut all {
            series.bars.retain(|bar| within(bar.time));
            let name = &series.name;
            ensure!(
                !series.bars.is_empty(),
                "{name}: no bar lies between --from and --to"
            );
        }
        Ok(Some(all))
    }

    pub fn run(self, series: Option<&[Series]>, present: &Policy, proposed: &Policy) -> Result<()> {
        let (Some(series), Some(portfolios)) = (series, self.synthetic) else {
            return given(present, proposed);
        };
        let names: Vec<_> = series.iter().map(|series| series.name.as_str()).collect();
        eprintln!(
            "{portfolios} portfolios at a time; underlyings: {}; seed {}",
            names.join(", "),
            self.seed
        );
        let config = SyntheticConfig {
            series,
            present,
            proposed,
            portfolios,
            seed: self.seed,
        };
        let bars = series.first().map_or(0, |series| series.bars.len());
        let progress = ProgressBar::new(bars as u64);
        let mut out = BufWriter::new(stdout().lock());
        let outcome = synthetic::run(&config, |moment| {
            progress.inc(1);
            if self.json {
                serde_json::to_writer(&mut out, moment)?;
                out.write_all(b"\n")?;
            }
            Ok(())
        })?;
        progress.finish_and_clear();
        if self.json {
            writeln!(out, "{}", json!({ "outcome": outcome }))?;
        } else {
            writeln!(out, "{outcome}")?;
        }
        Ok(out.flush()?)
    }
}

/// Answers portfolios from standard input.
fn given(present: &Policy, proposed: &Policy) -> Result<()> {
    if stdin().is_terminal() {
        eprintln!("Reading portfolios, a line of JSON each as for `margin`, from standard input.");
    }
    let sum = RefCell::new(Simulation::default());
    lines::each(stdin().lock(), stdout().lock(), |question| {
        sum.borrow_mut().add(question, present, proposed)
    })?;
    eprintln!("{}", serde_json::to_string(&sum.into_inner())?);
    Ok(())
}
