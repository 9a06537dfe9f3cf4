//! Price series in CSV: a time and a close per line.

use crate::{decimal, time::time_of};
use clearproof_primitives::{
    fixed::IndexPrice,
    fixed::{FRACTION_BITS, Price},
    time::Millis,
};
use std::{fs, io::Read, path::Path};

/// The series that is replayed if no other is named. Its source is in `data/README.md`.
const BUILT_IN: &str = include_str!("../data/eurusd-1h.csv");
/// Largest size of a price file, bytes.
const MAX_BYTES: u64 = 64 << 20;
/// Most bars of a series.
const MAX_BARS: usize = 1_000_000;
/// Smallest units of the quote currency in a whole one.
pub const QUOTE_UNIT: IndexPrice = 1_000_000;
/// Name of a column of closes, or its end.
const CLOSE: &str = "close";

/// One bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    /// Milliseconds since the Unix epoch; times without a zone are taken as UTC.
    pub time: Millis,
    /// The close, 32.32, in whole units of the quote currency.
    pub close: Price,
}

/// The closes of one column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// The column's name.
    pub name: String,
    /// The bars, ascending by time.
    pub bars: Vec<Bar>,
}

impl Series {
    fn named(name: &str) -> Self {
        Self {
            name: name.into(),
            bars: Vec::new(),
        }
    }
}

/// The reason that a price file is refused.
#[derive(Debug, thiserror::Error)]
pub enum PricesError {
    /// The file cannot be read.
    #[error("{path}: {error}")]
    Io {
        /// The file.
        path: String,
        /// The error of the operating system.
        error: std::io::Error,
    },
    /// The file is too large.
    #[error("{0}: {1} bytes, at most {MAX_BYTES} are read: cut the series")]
    TooLarge(String, u64),
    /// A line is not valid CSV.
    #[error("{0}")]
    Csv(#[from] csv::Error),
    /// A column is missing.
    #[error("header: no column `close`; a file needs the columns `timestamp` and `close`")]
    NoClose,
    /// A cell cannot be read.
    #[error("line {line}, column `{column}`: `{text:.40}` {problem}")]
    Cell {
        /// Line of the file, counting from 1.
        line: u64,
        /// Name of the column.
        column: String,
        /// Text of the cell.
        text: String,
        /// The problem with it, to follow the text in a sentence.
        problem: &'static str,
    },
    /// Too few or too many bars.
    #[error("{0} bars, a series has 2 to {MAX_BARS}")]
    Count(usize),
}

/// Returns the series that comes with the program.
///
/// # Errors
/// None, as long as the built-in file is intact.
pub fn built_in() -> Result<Vec<Bar>, PricesError> {
    parse(BUILT_IN.as_bytes())
}

/// Reads a series from a file.
///
/// # Errors
/// A file that cannot be read, is larger than 64 MiB, or is refused by [`parse`].
pub fn read(path: &Path) -> Result<Vec<Bar>, PricesError> {
    parse(&bytes_of(path)?)
}

/// Reads all series of a file.
///
/// # Errors
/// As [`read`].
pub fn read_all(path: &Path) -> Result<Vec<Series>, PricesError> {
    parse_all(&bytes_of(path)?)
}

/// Reads a series from a stream, such as standard input.
///
/// # Errors
/// As [`read`].
pub fn read_from(stream: impl Read) -> Result<Vec<Bar>, PricesError> {
    parse(&bytes_from(stream)?)
}

/// Reads all series of a stream.
///
/// # Errors
/// As [`read`].
pub fn read_all_from(stream: impl Read) -> Result<Vec<Series>, PricesError> {
    parse_all(&bytes_from(stream)?)
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, PricesError> {
    let failed = |error| PricesError::Io {
        path: path.display().to_string(),
        error,
    };
    let size = fs::metadata(path).map_err(failed)?.len();
    if size > MAX_BYTES {
        return Err(PricesError::TooLarge(path.display().to_string(), size));
    }
    fs::read(path).map_err(failed)
}

fn bytes_from(stream: impl Read) -> Result<Vec<u8>, PricesError> {
    let mut bytes = Vec::new();
    let size = stream.take(MAX_BYTES + 1).read_to_end(&mut bytes);
    let size = size.map_err(|error| PricesError::Io {
        path: "-".into(),
        error,
    })? as u64;
    if size > MAX_BYTES {
        return Err(PricesError::TooLarge("-".into(), size));
    }
    Ok(bytes)
}

/// Reads a series. The header has a column `close`, and a time in `timestamp` or `time`, or else in
/// the first column. Times are ISO 8601, seconds, or milliseconds, and ascend.
///
/// # Errors
/// Names line and column of an unreadable cell.
pub fn parse(bytes: &[u8]) -> Result<Vec<Bar>, PricesError> {
    let all = columns(bytes, |name| name.eq_ignore_ascii_case(CLOSE))?;
    let first = all.into_iter().next();
    first.map(|series| series.bars).ok_or(PricesError::NoClose)
}

/// Reads all series of a file: as [`parse`], for every column whose name is or ends in `close`, in
/// their order.
///
/// # Errors
/// As [`parse`].
pub fn parse_all(bytes: &[u8]) -> Result<Vec<Series>, PricesError> {
    columns(bytes, |name| name.to_ascii_lowercase().ends_with(CLOSE))
}

fn columns(bytes: &[u8], wanted: impl Fn(&str) -> bool) -> Result<Vec<Series>, PricesError> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(bytes);
    let header = reader.headers()?.clone();
    let named = |names: &[&str]| {
        let mut names = names.iter();
        names.find_map(|name| header.iter().position(|h| h.eq_ignore_ascii_case(name)))
    };
    let closes = header.iter().enumerate().filter(|(_, name)| wanted(name));
    let (places, mut all): (Vec<usize>, Vec<Series>) = closes
        .map(|(place, name)| (place, Series::named(name)))
        .unzip();
    if all.is_empty() {
        return Err(PricesError::NoClose);
    }
    let time_at = named(&["timestamp", "time"]).unwrap_or(0);
    let mut last = None;
    for record in reader.records() {
        let record = record?;
        let line = record.position().map_or(0, csv::Position::line);
        let cell = |at: usize| record.get(at).unwrap_or_default();
        let bad = |at: usize, problem| PricesError::Cell {
            line,
            column: header.get(at).unwrap_or_default().into(),
            text: cell(at).into(),
            problem,
        };
        let time = time_of(cell(time_at)).ok_or_else(|| {
            bad(
                time_at,
                "is no time: use 2017-04-19 09:00:00, seconds or milliseconds",
            )
        })?;
        if last.is_some_and(|last| last >= time) {
            return Err(bad(
                time_at,
                "is not after the line before: sort the file by time",
            ));
        }
        last = Some(time);
        for (place, series) in places.iter().zip(&mut all) {
            let close = price_of(cell(*place));
            let close = close.ok_or_else(|| {
                bad(
                    *place,
                    "is no price: above 0, below 2^32, at most 24 digits after the point",
                )
            })?;
            if series.bars.len() == MAX_BARS {
                return Err(PricesError::Count(MAX_BARS + 1));
            }
            series.bars.push(Bar { time, close });
        }
    }
    match all.first().map_or(0, |series| series.bars.len()) {
        count @ 0..2 => Err(PricesError::Count(count)),
        _ => Ok(all),
    }
}

/// Returns a price from its text, rounded to the nearest 32.32 value.
fn price_of(text: &str) -> Option<Price> {
    let price = decimal::parse(text, FRACTION_BITS).ok()?;
    Price::try_from(price).ok().filter(|price| *price > 0)
}

/// Returns a close in whole units of the quote as an index price.
pub fn index_price(close: Price) -> IndexPrice {
    u128::from(close) * QUOTE_UNIT
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::time::time_text;
    use clearproof_primitives::fixed::{ONE, price_from_decimal};

    #[test]
    fn the_built_in_series_is_whole() {
        let bars = built_in().unwrap();
        assert_eq!(bars.len(), 5_000);
        assert_eq!(time_text(bars[0].time), "2017-04-19 09:00");
        assert_eq!(Some(bars[0].close), price_from_decimal("1.07219"));
        assert_eq!(Some(bars[4_999].close), price_from_decimal("1.22904"));
    }

    #[test]
    fn columns_are_found_by_name_and_the_time_else_first() {
        let bar = |time: u64, close: u64| Bar {
            time: Millis::new(time * 1_000),
            close: close * ONE,
        };
        let expected = vec![bar(10, 2), bar(20, 3)];
        for text in [
            "timestamp,close\n10,2\n20,3\n",
            "Close, Time\n2,10\n3,20",
            ",Open,Close\n10,9,2\n20,9,3\n",
        ] {
            assert_eq!(parse(text.as_bytes()).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn every_column_of_closes_is_a_series() {
        let text = b"timestamp,btc_close,open,ETH_Close\n10,2,9,1\n20,3,9,1.5000000000001\n";
        let all = parse_all(text).unwrap();
        let names: Vec<_> = all.iter().map(|series| series.name.as_str()).collect();
        assert_eq!(names, ["btc_close", "ETH_Close"]);
        assert_eq!(
            (all[0].bars[1].close, all[1].bars[1].close),
            (3 * ONE, 3 * ONE / 2)
        );
        assert_eq!(all[1].bars[0].time, Millis::new(10_000));
        let refused = parse_all(b"time,a_close,b_close\n1,2,3\n2,2,x\n").unwrap_err();
        assert!(
            refused.to_string().starts_with("line 3, column `b_close`"),
            "{refused}"
        );
        assert!(
            parse(text).is_err(),
            "one series needs a column of that very name"
        );
    }

    #[test]
    fn refusals_name_line_and_column() {
        let refused = |text: &str| parse(text.as_bytes()).unwrap_err().to_string();
        assert!(refused("time,open\n1,2\n").contains("`close`"));
        assert!(
            refused("time,close\n1,2\nx,2\n").starts_with("line 3, column `time`: `x` is no time")
        );
        assert!(refused("time,close\n1,2\n2,-1\n").starts_with("line 3, column `close`: `-1`"));
        assert!(refused("time,close\n1,2\n2,0\n").contains("line 3"));
        assert!(refused("time,close\n2,2\n2,2\n").contains("not after"));
        assert!(refused("time,close\n1,2\n").starts_with("1 bars"));
        assert!(refused("time,close\n1,2\n3\n").contains("line: 3"));
        assert!(parse(&[0xff, 0xfe, b'\n', 0xff]).is_err());
    }
}
