//! Values of a CSV file: the latest row that is not in the future.

use super::{Selection, SourceError, TimeUnit};
use clearproof_primitives::{chain::FeedValue, time::Millis};
use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
};
use thiserror::Error;

/// The reason that a file does not yield a value.
#[derive(Debug, Error)]
pub enum CsvError {
    /// The file cannot be read.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// The path is that of a folder, a pipe or a device.
    #[error("not a file")]
    NoFile,
    /// The file exceeds its size limit.
    #[error("more than {0} bytes, its max_bytes: cut it")]
    Large(u64),
    /// A line is not valid CSV.
    #[error("{0}")]
    Csv(#[from] csv::Error),
    /// The header lacks a column.
    #[error("no column `{0}` in the header")]
    NoColumn(String),
    /// A cell does not contain a time.
    #[error("line {line}: `{text:.40}` is no time")]
    Time {
        /// Line of the file, counting from 1.
        line: u64,
        /// The text of the cell.
        text: String,
    },
    /// No row has a time that is past.
    #[error("no row that is not in the future")]
    Empty,
}

/// A CSV file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvSource {
    /// The file.
    pub path: PathBuf,
    /// Column of the time.
    pub time: String,
    /// Unit of the time.
    pub unit: TimeUnit,
    /// Columns of the value.
    pub value: Selection<String>,
    /// Largest size that is read, bytes.
    pub max_bytes: u64,
}

impl CsvSource {
    /// Opens the file and returns the value of the latest row that is not after `now`, with that
    /// row's time.
    ///
    /// # Errors
    /// The file cannot be read, a row contains no time, or the chosen row no value.
    pub fn read(&self, now: Millis) -> Result<(FeedValue, Millis), SourceError> {
        let bytes = whole_lines(&self.path, self.max_bytes)?;
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .from_reader(&bytes[..]);
        let header = reader.headers().map_err(CsvError::Csv)?.clone();
        let column = |name: &str| {
            let place = header.iter().position(|title| title == name);
            place.ok_or_else(|| CsvError::NoColumn(name.into()))
        };
        let time_at = column(&self.time)?;
        let mut latest: Option<(Millis, csv::StringRecord)> = None;
        for row in reader.records() {
            let row = row.map_err(CsvError::Csv)?;
            let text = row.get(time_at).unwrap_or_default();
            let time = self.unit.read(text).ok_or_else(|| CsvError::Time {
                line: row.position().map_or(0, csv::Position::line),
                text: text.into(),
            })?;
            let newer = latest.as_ref().is_none_or(|(last, _)| time >= *last);
            if time <= now && newer {
                latest = Some((time, row));
            }
        }
        let (time, row) = latest.ok_or(CsvError::Empty)?;
        let value = self.value.read(|name| {
            let cell = row.get(column(name)?).unwrap_or_default();
            Ok(cell.to_string())
        })?;
        Ok((value, time))
    }
}

/// Returns the lines of a file that have ended. A line that is being written has not, and a number
/// in it may lack digits.
fn whole_lines(path: &Path, max_bytes: u64) -> Result<Vec<u8>, CsvError> {
    // Opening a pipe would block.
    if !fs::metadata(path)?.is_file() {
        return Err(CsvError::NoFile);
    }
    let mut bytes = Vec::new();
    fs::File::open(path)?
        .take(max_bytes.saturating_add(1))
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max_bytes {
        return Err(CsvError::Large(max_bytes));
    }
    let end = bytes.iter().rposition(|b| *b == b'\n');
    bytes.truncate(end.map_or(0, |end| end + 1));
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::io::Write;
    use tempfile::NamedTempFile;

    fn read(text: &str, now: u64) -> Result<(FeedValue, Millis), String> {
        let mut file = NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        source(file.path())
            .read(Millis::new(now))
            .map_err(|e| e.to_string())
    }

    fn source(path: &Path) -> CsvSource {
        CsvSource {
            path: path.into(),
            time: "time".into(),
            unit: TimeUnit::Any,
            value: Selection::Price {
                from: "close".into(),
                shift: 0,
            },
            max_bytes: 1_000,
        }
    }

    #[test]
    fn the_latest_row_that_is_not_in_the_future_counts_in_any_order() {
        let text = "time,close\n300,3\n100,1\n200,2\n";
        let price = |whole: u128| FeedValue::Price(whole << 32);
        assert_eq!(read(text, 250_000), Ok((price(2), Millis::new(200_000))));
        assert_eq!(read(text, 300_000), Ok((price(3), Millis::new(300_000))));
        assert!(
            read(text, 99_999)
                .unwrap_err()
                .contains("not in the future")
        );
    }

    #[test]
    fn a_line_that_is_being_written_does_not_count() {
        let price = FeedValue::Price(1 << 32);
        assert_eq!(
            read("time,close\n100,1\n200,2.7", 1 << 40),
            Ok((price, Millis::new(100_000)))
        );
        assert_eq!(
            read("time,close\n100,1\n2", 1 << 40),
            Ok((price, Millis::new(100_000)))
        );
    }

    #[test]
    fn refusals_name_line_or_column() {
        let refused = |text: &str| read(text, 1 << 40).unwrap_err();
        assert!(refused("when,close\n1,2\n").contains("no column `time`"));
        assert!(refused("time,open\n1,2\n").contains("no column `close`"));
        assert!(refused("time,close\n1,2\nx,2\n").contains("line 3: `x` is no time"));
        assert!(refused("time,close\n1,2\n3\n").contains("line: 3"));
        assert!(refused("time,close\n1,-2\n").contains("close: -2 is negative"));
        assert!(refused("time,close\n1,0\n").contains("close: 0 is 0"));
        assert!(refused("time,close\n1,nan\n").contains("not finite"));
        assert!(refused(&"time,close\n".repeat(200)).contains("more than 1000 bytes"));
        assert!(refused("").contains("no column"));
    }

    #[test]
    fn only_files_are_opened() {
        let folder = tempfile::tempdir().unwrap();
        let error = source(folder.path())
            .read(Millis::ZERO)
            .unwrap_err()
            .to_string();
        assert!(error.contains("not a file"), "{error}");
        let missing = source(&folder.path().join("x"))
            .read(Millis::ZERO)
            .unwrap_err()
            .to_string();
        assert!(missing.contains("No such file"), "{missing}");
    }
}
