//! A part of a recording, by time.

use anyhow::{Context, Result};
use clearproof_formats::time::time_of;
use clearproof_primitives::time::Millis;

/// Options that name the part.
#[derive(clap::Args)]
pub struct Period {
    /// First time that is included, such as 2020-03-07 [default: the recording's first]
    #[arg(long)]
    pub from: Option<String>,
    /// First time that is no longer included [default: none]
    #[arg(long)]
    pub to: Option<String>,
}

impl Period {
    /// Returns a predicate: true if a time, in milliseconds since the Unix epoch, lies in the
    /// period.
    pub fn check(&self) -> Result<impl Fn(Millis) -> bool> {
        let time = |name: &str, text: &Option<String>| match text {
            None => Ok(None),
            Some(text) => time_of(text)
                .map(Some)
                .with_context(|| format!("--{name} {text}: is no time: use 2020-03-07")),
        };
        let (from, to) = (time("from", &self.from)?, time("to", &self.to)?);
        Ok(move |time| from.is_none_or(|from| from <= time) && to.is_none_or(|to| time < to))
    }
}
