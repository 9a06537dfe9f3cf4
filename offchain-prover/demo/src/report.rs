//! The tables that a run prints at its end.

use clearproof_client::rpc::types::BatchJson;
use clearproof_primitives::{field::FieldBytes, time::Millis};
use comfy_table::{CellAlignment, Table, presets::UTF8_FULL_CONDENSED};
use std::time::Duration;

/// Picoseconds in a millisecond.
const PICOSECONDS_PER_MS: f64 = 1e9;

/// A settled batch.
#[derive(Clone, Debug)]
pub struct BatchRow {
    /// Figures that the operator and the chain report of the batch.
    pub figures: BatchJson,
    /// Number of orders in the sets that were accepted within the batch's time span.
    pub orders: u64,
}

/// An attempt that had to be refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Description of the attempt.
    pub attempt: &'static str,
    /// The party that had to refuse it.
    pub by: &'static str,
    /// The error with which it had to be refused.
    pub expected: &'static str,
    /// The actual answer.
    pub got: String,
    /// True if the answer is the expected error.
    pub held: bool,
}

/// A statement that had to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Description of the check.
    pub what: String,
    /// The value that was found.
    pub found: String,
    /// True if the check passed.
    pub held: bool,
}

/// The results of a run.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Settled batches in order.
    pub batches: Vec<BatchRow>,
    /// Refused attempts.
    pub refusals: Vec<Refusal>,
    /// Further statements that had to hold.
    pub checks: Vec<Check>,
    /// Time from the start of the chain to the last check.
    pub elapsed: Duration,
}

impl Report {
    /// Adds a statement.
    pub fn check(&mut self, what: impl Into<String>, held: bool, found: impl Into<String>) {
        let check = Check {
            what: what.into(),
            found: found.into(),
            held,
        };
        tracing::info!(held = check.held, found = %check.found, "{}", check.what);
        self.checks.push(check);
    }

    /// Returns all failed checks, each with the actual result.
    pub fn failures(&self) -> Vec<String> {
        let refusals = self.refusals.iter().filter(|r| !r.held);
        let refusals =
            refusals.map(|r| format!("{}: {} expected, got {}", r.attempt, r.expected, r.got));
        let checks = self.checks.iter().filter(|c| !c.held);
        refusals
            .chain(checks.map(|c| format!("{}: {}", c.what, c.found)))
            .collect()
    }

    /// Returns all tables as text.
    pub fn render(&self) -> String {
        let tables = [
            self.batch_table(),
            self.cost_table(),
            self.refusal_table(),
            self.check_table(),
        ];
        let text: Vec<_> = tables.iter().map(Table::to_string).collect();
        format!(
            "{}\n{:.0} s in all",
            text.join("\n"),
            self.elapsed.as_secs_f64()
        )
    }

    fn batch_table(&self) -> Table {
        let mut table = numbers([
            "batch",
            "order sets",
            "orders",
            "fills",
            "steps",
            "chunks",
            "constraints",
            "witness s",
            "proving s",
            "bytes",
            "weight ms",
            "block",
        ]);
        for BatchRow { figures: f, orders } in &self.batches {
            table.add_row([
                f.number.to_string(),
                f.order_sets.to_string(),
                orders.to_string(),
                f.fills.to_string(),
                f.steps.to_string(),
                f.chunks.to_string(),
                f.constraints.to_string(),
                seconds(f.witness_ms),
                seconds(f.proving_ms),
                f.bytes.to_string(),
                format!("{:.2}", f.ref_time as f64 / PICOSECONDS_PER_MS),
                f.block.to_string(),
            ]);
        }
        table
    }

    fn cost_table(&self) -> Table {
        let sum = |of: fn(&BatchRow) -> u64| self.batches.iter().map(of).sum::<u64>();
        let constraints = sum(|b| b.figures.constraints) as f64;
        let work = sum(|b| (b.figures.witness_ms + b.figures.proving_ms).get()) as f64;
        let bytes = sum(|b| b.figures.bytes) as f64;
        let weight = sum(|b| b.figures.ref_time) as f64 / PICOSECONDS_PER_MS;
        let mut table = numbers([
            "",
            "count",
            "constraints",
            "witness and proving ms",
            "bytes on chain",
            "weight µs",
        ]);
        for (name, count) in [
            ("per batch", self.batches.len() as u64),
            ("per order set", sum(|b| b.figures.order_sets)),
            ("per order", sum(|b| b.orders)),
            ("per fill", sum(|b| b.figures.fills)),
        ] {
            let each = |total: f64, digits: usize| match count {
                0 => "–".into(),
                _ => format!("{:.digits$}", total / count as f64),
            };
            table.add_row([
                name.into(),
                count.to_string(),
                each(constraints, 0),
                each(work, 1),
                each(bytes, 1),
                each(weight * 1_000.0, 1),
            ]);
        }
        table
    }

    fn refusal_table(&self) -> Table {
        let mut table = texts(["attempt", "by", "expected", "got", ""]);
        for refusal in &self.refusals {
            table.add_row([
                refusal.attempt,
                refusal.by,
                refusal.expected,
                &refusal.got,
                verdict(refusal.held),
            ]);
        }
        table
    }

    fn check_table(&self) -> Table {
        let mut table = texts(["check", "found", ""]);
        for check in &self.checks {
            table.add_row([check.what.as_str(), &check.found, verdict(check.held)]);
        }
        table
    }
}

/// Returns the first digits of a root: enough to tell two roots apart and to find one in a log.
pub fn short(root: &FieldBytes) -> String {
    let digits: String = root.to_string().chars().take(16).collect();
    format!("{digits}…")
}

fn verdict(held: bool) -> &'static str {
    if held { "held" } else { "FAILED" }
}

fn seconds(time: Millis) -> String {
    let ms = time.get();
    format!("{}.{:02}", ms / 1_000, ms % 1_000 / 10)
}

fn texts<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_preset(UTF8_FULL_CONDENSED).set_header(header);
    table
}

fn numbers<const N: usize>(header: [&str; N]) -> Table {
    let mut table = texts(header);
    for column in table.column_iter_mut() {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use clearproof_client::rpc::number::Decimal;
    use clearproof_primitives::ids::BatchNumber;

    #[test]
    fn whatever_did_not_hold_is_a_failure_and_shows() {
        let figures = BatchJson {
            number: BatchNumber::new(3),
            order_sets: 2,
            fills: 0,
            steps: 4,
            chunks: 1,
            constraints: 500_000,
            witness_ms: Millis::new(1_234),
            proving_ms: Millis::new(7_000),
            bytes: 1_000,
            ref_time: 2_000_000_000,
            fee: Decimal(5),
            block: 20,
        };
        let mut report = Report {
            batches: vec![BatchRow { figures, orders: 8 }],
            ..Report::default()
        };
        report.check("roots", true, "0x1");
        assert!(report.failures().is_empty());
        let text = report.render();
        for expected in ["1.23", "2.00", "125.0", "500.0", "held"] {
            assert!(text.contains(expected), "{expected}: {text}");
        }
        report.check("money", false, "0 paid");
        report.refusals.push(Refusal {
            attempt: "replay",
            by: "chain",
            expected: "WrongBatchNumber",
            got: "accepted".into(),
            held: false,
        });
        assert_eq!(report.failures().len(), 2);
        assert!(report.render().contains("FAILED"));
    }
}
