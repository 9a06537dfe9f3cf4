//! Progress bars on a terminal.

use clearproof_groth16::{Phase, Progress};
use indicatif::{ProgressBar, ProgressStyle};
use std::sync::Mutex;

/// One bar per phase on the standard error, if that is a terminal.
#[derive(Debug)]
pub struct Bars {
    title: String,
    bar: Mutex<Option<ProgressBar>>,
}

impl Bars {
    /// Bars with a title before them, such as the name of a circuit.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            bar: Mutex::new(None),
        }
    }

    fn with(&self, act: impl FnOnce(&mut Option<ProgressBar>)) {
        // A bar cannot be left half changed, so that a panic elsewhere does not matter.
        act(&mut self
            .bar
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner()));
    }
}

impl Progress for Bars {
    fn begin(&self, phase: Phase, total: u64) {
        let style = ProgressStyle::with_template(
            "{prefix} {wide_bar} {percent:>3} % {elapsed} (left {eta})",
        )
        .unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::new(total)
            .with_style(style)
            .with_prefix(format!("{} {phase:<15}", self.title));
        self.with(|slot| *slot = Some(bar));
    }

    fn advance(&self, units: u64) {
        self.with(|slot| slot.iter().for_each(|bar| bar.inc(units)));
    }

    fn end(&self) {
        self.with(|slot| slot.take().iter().for_each(ProgressBar::finish));
    }
}
