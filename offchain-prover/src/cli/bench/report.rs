//! The table that is printed.

use comfy_table::Table;

/// Measured values beside what they shall be.
pub struct Report(Table);

impl Report {
    /// An empty table.
    pub fn new() -> Self {
        let mut table = Table::new();
        table.set_header(["what", "measured", "target", "reached"]);
        Self(table)
    }

    /// A value with a target.
    pub fn row(&mut self, what: &str, measured: impl ToString, target: &str, reached: bool) {
        let reached = if reached { "yes" } else { "NO" };
        self.add(what, measured, target, reached);
    }

    /// A value that says where the time goes.
    pub fn detail(&mut self, what: &str, measured: impl ToString) {
        self.add(what, measured, "", "");
    }

    fn add(&mut self, what: &str, measured: impl ToString, target: &str, reached: &str) {
        let measured = measured.to_string();
        self.0.add_row([what, &measured, target, reached]);
    }

    /// Prints the table.
    pub fn print(&self) {
        println!("{}", self.0);
    }
}

/// The middle value; 0 of none.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}
