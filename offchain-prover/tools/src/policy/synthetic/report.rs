//! The outcome of a simulation as a table.

use super::{Course, Outcome, Peak};
use crate::policy::table;
use clearproof_formats::time::time_text;
use std::fmt;

/// A number in groups of three digits.
fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn when(peak: &Peak) -> String {
    match peak.value {
        0 => "0".into(),
        value => format!("{} at {}", grouped(value), time_text(peak.time)),
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        type Cell = fn(&Course) -> String;
        let rows: [(&str, Cell); 10] = [
            ("could not have been opened", |of| grouped(of.refused)),
            ("liquidated", |of| grouped(of.liquidated)),
            ("  most at one moment", |of| when(&of.liquidated_most)),
            ("of them bankrupt (equity below 0)", |of| {
                grouped(of.bankrupt)
            }),
            ("  most at one moment", |of| when(&of.bankrupt_most)),
            ("  short of, whole quote", |of| grouped(of.shortfall)),
            ("initial margin, whole quote: mean", |of| {
                grouped(of.initial_mean)
            }),
            ("  most", |of| when(&of.initial_most)),
            ("maintenance margin, whole quote: mean", |of| {
                grouped(of.maintenance_mean)
            }),
            ("  most", |of| when(&of.maintenance_most)),
        ];
        let mut table = table(&["", "now", "then"]);
        for (what, cell) in rows {
            table.add_row([what.to_string(), cell(&self.now), cell(&self.then)]);
        }
        let seconds = self.elapsed.as_secs_f64();
        writeln!(
            f,
            "{} portfolios opened at {} moments from {} to {}; seed {}.",
            grouped(self.opened),
            grouped(self.moments),
            time_text(self.from),
            time_text(self.to),
            self.seed
        )?;
        writeln!(f, "{table}")?;
        writeln!(
            f,
            "Liquidatable at once if the change took effect at that moment: {:.1} in the mean, at most {}.",
            self.at_change_mean_milli as f64 / 1_000.0,
            when(&self.at_change_most)
        )?;
        write!(
            f,
            "{} margins in {seconds:.1} s, {} a second.",
            grouped(self.margins),
            grouped((self.margins as f64 / seconds.max(1e-3)) as u64)
        )
    }
}
