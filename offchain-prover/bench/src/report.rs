//! The table that is printed.

use comfy_table::Table;
use serde::Serialize;

/// Measured values beside what they shall be.
#[derive(Default)]
pub struct Report(Vec<Row>);

/// One value.
#[derive(Serialize)]
struct Row {
    what: String,
    measured: String,
    target: String,
    reached: Option<bool>,
}

impl Report {
    /// A value with a target.
    pub fn row(&mut self, what: &str, measured: impl ToString, target: &str, reached: bool) {
        self.add(what, measured, target, Some(reached));
    }

    /// A value that says where the time goes.
    pub fn detail(&mut self, what: &str, measured: impl ToString) {
        self.add(what, measured, "", None);
    }

    fn add(&mut self, what: &str, measured: impl ToString, target: &str, reached: Option<bool>) {
        self.0.push(Row {
            what: what.into(),
            measured: measured.to_string(),
            target: target.into(),
            reached,
        });
    }

    /// Prints the table, if there is anything in it.
    pub fn print(&self) {
        if self.0.is_empty() {
            return;
        }
        let mut table = Table::new();
        table.set_header(["what", "measured", "target", "reached"]);
        for row in &self.0 {
            let reached = match row.reached {
                Some(true) => "yes",
                Some(false) => "NO",
                None => "",
            };
            table.add_row([&row.what, &row.measured, &row.target, reached]);
        }
        println!("{table}");
    }

    /// The rows as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::json!(self.0)
    }
}

/// The middle value; 0 of none.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}
