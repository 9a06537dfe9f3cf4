//! Recorded order flow in CSV: changes of a book's levels and the trades between them, or trades
//! only.

use clearproof_formats::{prices, time::time_of};
use clearproof_primitives::{
    fixed::{FRACTION_BITS, Price, price_from_decimal},
    order::Side,
    shape::QUANTITY_BITS,
    time::Millis,
};
use csv::StringRecord;
use std::io::Read;

/// Lots in a whole unit of the traded asset: recordings state quantities to a hundred-millionth.
pub const LOTS_PER_UNIT: u64 = 100_000_000;
/// [`prices::QUOTE_UNIT`] in the type of amounts; it is far below 2^64.
pub const QUOTE_UNIT: u64 = prices::QUOTE_UNIT as u64;
/// Most rows of a recording.
const MAX_ROWS: usize = 20_000_000;

/// The event of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A level of the book holds this quantity from now on.
    Level {
        /// Bids are [`Side::Buy`].
        side: Side,
        /// The level, 32.32 quote units per lot.
        price: Price,
        /// Lots; 0 if the level is removed.
        lots: u64,
    },
    /// A trade.
    Trade {
        /// Side of the order that arrived last.
        taker: Side,
        /// 32.32 quote units per lot.
        price: Price,
        /// Lots.
        lots: u64,
    },
}

/// A row of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Milliseconds since the Unix epoch; never before the row above.
    pub time: Millis,
    /// Number of the message; successive levels with one number changed in one message.
    pub message: u64,
    /// The event.
    pub event: Event,
}

/// Forms of recordings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Levels and trades.
    Levels,
    /// Trades.
    Trades,
}

impl Form {
    /// Returns the columns that a header needs, with the accepted names of each.
    fn needed(self) -> &'static [&'static [&'static str]] {
        match self {
            Self::Levels => &[
                &["event_ms"],
                &["kind"],
                &["side"],
                PRICE,
                &["qty"],
                &["id"],
            ],
            Self::Trades => &[
                &["timestamp", "time", "recv_ms", "event_ms"],
                PRICE,
                &["amount", "amount_btc", "qty", "quantity", "size"],
            ],
        }
    }

    /// Returns the needed columns as a sentence.
    fn wanted(self) -> String {
        let columns = self.needed().iter().map(|names| names.join(" or "));
        let columns = columns.collect::<Vec<_>>().join(", ");
        match self {
            Self::Levels => format!("a recording of levels needs the columns {columns}"),
            Self::Trades => {
                format!("a recording of trades needs the columns {columns}, and may have side")
            }
        }
    }
}

const PRICE: &[&str] = &["price"];

/// The reason that a recording is refused.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// A line is not valid CSV, or cannot be read.
    #[error("{0}")]
    Csv(#[from] csv::Error),
    /// A column is missing.
    #[error("header `{header:.200}`: no column {missing}; {wanted}")]
    Column {
        /// Header of the file.
        header: String,
        /// Names of the column that is missing.
        missing: String,
        /// All columns that are needed.
        wanted: String,
    },
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
    /// The recording has no rows, or too many.
    #[error("{0} rows, a recording has 1 to {MAX_ROWS}")]
    Count(usize),
}

/// Reads a recording. Columns are found by name, and other columns are ignored. Times of trades and
/// of levels can go back by some milliseconds relative to each other; such a time counts as that of
/// the row above.
///
/// # Errors
/// Names line and column of an unreadable cell, or the columns that the header needs.
pub fn read(form: Form, stream: impl Read) -> Result<Vec<Recorded>, RecordingError> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(stream);
    let rows = Rows::of(form, reader.headers()?.clone())?;
    let mut recorded: Vec<Recorded> = Vec::new();
    let mut record = StringRecord::new();
    while reader.read_record(&mut record)? {
        if recorded.len() == MAX_ROWS {
            return Err(RecordingError::Count(MAX_ROWS + 1));
        }
        let above = recorded.last().copied();
        recorded.push(rows.read(&record, above)?);
    }
    match recorded.len() {
        0 => Err(RecordingError::Count(0)),
        _ => Ok(recorded),
    }
}

/// The places of a recording's columns.
struct Rows {
    form: Form,
    header: StringRecord,
    /// Places in the order of [`Form::needed`].
    at: Vec<usize>,
    /// Place of the taker's side, if the recording of trades has it.
    side: Option<usize>,
}

impl Rows {
    fn of(form: Form, header: StringRecord) -> Result<Self, RecordingError> {
        let named = |name: &str| header.iter().position(|h| h.eq_ignore_ascii_case(name));
        let column = |names: &&[&str]| {
            let at = names.iter().find_map(|name| named(name));
            at.ok_or_else(|| RecordingError::Column {
                header: header.iter().collect::<Vec<_>>().join(","),
                missing: names.join(" or "),
                wanted: form.wanted(),
            })
        };
        let at = form.needed().iter().map(column).collect::<Result<_, _>>()?;
        let side = named("side");
        Ok(Self {
            form,
            header,
            at,
            side,
        })
    }

    fn read(
        &self,
        record: &StringRecord,
        above: Option<Recorded>,
    ) -> Result<Recorded, RecordingError> {
        let cells = Cells {
            header: &self.header,
            record,
        };
        let time = cells.time(self.at[0])?;
        let time = above.map_or(time, |above| time.max(above.time));
        let message = above.map_or(0, |above| above.message);
        match self.form {
            Form::Trades => {
                let (price, lots) = (cells.price(self.at[1])?, cells.traded(self.at[2])?);
                let taker = match self.side {
                    Some(at) => cells.side(at)?,
                    None => by_tick_rule(price, above),
                };
                Ok(Recorded {
                    time,
                    message: message + 1,
                    event: Event::Trade { taker, price, lots },
                })
            }
            Form::Levels => {
                let [_, kind, side, price, quantity, id] = [0, 1, 2, 3, 4, 5].map(|i| self.at[i]);
                let (side, price) = (cells.side(side)?, cells.price(price)?);
                let event = match cells.text(kind) {
                    "S" | "D" => Event::Level {
                        side,
                        price,
                        lots: cells.lots(quantity)?,
                    },
                    "T" => Event::Trade {
                        taker: side,
                        price,
                        lots: cells.traded(quantity)?,
                    },
                    _ => return Err(cells.bad(kind, "is no kind of row: S, D or T")),
                };
                let id = cells.text(id).parse();
                Ok(Recorded {
                    time,
                    message: id.map_err(|_| cells.bad(self.at[5], "is no number"))?,
                    event,
                })
            }
        }
    }
}

/// Returns the taker's side if the recording does not name it: a buyer if the price rose, a seller
/// if it fell, and otherwise the side of the trade before.
fn by_tick_rule(price: Price, above: Option<Recorded>) -> Side {
    match above.map(|above| above.event) {
        Some(Event::Trade {
            taker,
            price: before,
            ..
        }) => match price.cmp(&before) {
            std::cmp::Ordering::Less => Side::Sell,
            std::cmp::Ordering::Equal => taker,
            std::cmp::Ordering::Greater => Side::Buy,
        },
        _ => Side::Buy,
    }
}

/// Reads a decimal number as 32.32 fixed point, also one with an exponent, such as 6.405e-05.
fn units_from_text(text: &str) -> Option<u64> {
    let Some((digits, exponent)) = text.split_once(['e', 'E']) else {
        return price_from_decimal(text);
    };
    let exponent: usize = exponent.strip_prefix('-')?.parse().ok()?;
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    // Programs write one digit before the point. Recordings cannot contain numbers below 10^-9.
    if whole.len() != 1 || !(1..=9).contains(&exponent) {
        return None;
    }
    let zeros = "0".repeat(exponent - 1);
    price_from_decimal(&format!("0.{zeros}{whole}{fraction}"))
}

/// The cells of a line.
struct Cells<'a> {
    header: &'a StringRecord,
    record: &'a StringRecord,
}

impl Cells<'_> {
    fn text(&self, at: usize) -> &str {
        self.record.get(at).unwrap_or_default()
    }

    fn bad(&self, at: usize, problem: &'static str) -> RecordingError {
        RecordingError::Cell {
            line: self.record.position().map_or(0, csv::Position::line),
            column: self.header.get(at).unwrap_or_default().into(),
            text: self.text(at).into(),
            problem,
        }
    }

    fn time(&self, at: usize) -> Result<Millis, RecordingError> {
        time_of(self.text(at)).ok_or_else(|| {
            self.bad(
                at,
                "is no time: use 2017-04-19 09:00:00, seconds or milliseconds",
            )
        })
    }

    fn side(&self, at: usize) -> Result<Side, RecordingError> {
        match self.text(at) {
            "bid" | "buy" => Ok(Side::Buy),
            "ask" | "sell" => Ok(Side::Sell),
            _ => Err(self.bad(at, "is no side: bid, ask, buy or sell")),
        }
    }

    /// Reads the price of a whole unit, and returns the price of a lot.
    fn price(&self, at: usize) -> Result<Price, RecordingError> {
        let of_unit = price_from_decimal(self.text(at));
        let of_lot = of_unit.map(|price| price / (LOTS_PER_UNIT / QUOTE_UNIT));
        of_lot.filter(|price| *price > 0).ok_or_else(|| {
            self.bad(
                at,
                "is no price: above 0.00000003, below 2^32, at most nine decimals",
            )
        })
    }

    fn lots(&self, at: usize) -> Result<u64, RecordingError> {
        let units = units_from_text(self.text(at)).map(u128::from);
        let half = 1u128 << (FRACTION_BITS - 1);
        let lots = units.map(|units| (units * u128::from(LOTS_PER_UNIT) + half) >> FRACTION_BITS);
        let lots = lots.and_then(|lots| u64::try_from(lots).ok());
        lots.filter(|lots| *lots < 1 << QUANTITY_BITS)
            .ok_or_else(|| {
                self.bad(
                    at,
                    "is no quantity: 0 to 2,814,749 units, at most nine decimals",
                )
            })
    }

    fn traded(&self, at: usize) -> Result<u64, RecordingError> {
        match self.lots(at)? {
            0 => Err(self.bad(at, "is no quantity of a trade: at least 0.00000001")),
            lots => Ok(lots),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use clearproof_primitives::fixed::ONE;

    fn refused(form: Form, text: &str) -> String {
        read(form, text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn levels_and_trades_are_read_in_lots() {
        let text = "recv_ns,event_ms,kind,side,price,qty,id\n\
            1,1700000000500,S,bid,100.5,0.003,7\n\
            2,1700000000400,T,sell,100.5,0.001,9\n\
            3,1700000000600,D,ask,101,0.000,8\n";
        let rows = read(Form::Levels, text.as_bytes()).unwrap();
        let price = 100 * ONE / 100 + ONE / 200;
        let expected = [
            (
                1_700_000_000_500,
                7,
                Event::Level {
                    side: Side::Buy,
                    price,
                    lots: 300_000,
                },
            ),
            (
                1_700_000_000_500,
                9,
                Event::Trade {
                    taker: Side::Sell,
                    price,
                    lots: 100_000,
                },
            ),
            (
                1_700_000_000_600,
                8,
                Event::Level {
                    side: Side::Sell,
                    price: 101 * ONE / 100,
                    lots: 0,
                },
            ),
        ];
        let expected = expected.map(|(time, message, event)| Recorded {
            time: Millis::new(time),
            message,
            event,
        });
        assert_eq!(rows, expected);
    }

    #[test]
    fn both_headers_of_trades_are_known_and_sides_guessed_where_missing() {
        let takers = |text: &str| -> Vec<Side> {
            let rows = read(Form::Trades, text.as_bytes()).unwrap();
            let taker = |row: &Recorded| match row.event {
                Event::Trade { taker, .. } => taker,
                Event::Level { .. } => unreachable!("trades alone"),
            };
            rows.iter().map(taker).collect()
        };
        let without = "recv_ms,price,amount_btc,trade_id\n\
            1430438404645,236.47,0.21144331,1\n\
            1430438404700,236.40,1,2\n\
            1430438404700,236.40,1,3\n\
            1430438404800,236.41,1,4\n";
        let [buy, sell] = [Side::Buy, Side::Sell];
        assert_eq!(takers(without), [buy, sell, sell, buy]);
        let with = "trade_id,timestamp,exchange_timestamp,price,amount,buy_order_id,sell_order_id,side\n\
            5,1777689383889,1777689383817,78319.0,0.121,1,2,sell\n";
        assert_eq!(takers(with), [sell]);
    }

    #[test]
    fn quantities_may_have_an_exponent() {
        let lots = |text: &str| {
            let text = format!("time,price,qty\n1,1,{text}\n");
            let rows = read(Form::Trades, text.as_bytes()).ok()?;
            match rows[0].event {
                Event::Trade { lots, .. } => Some(lots),
                Event::Level { .. } => None,
            }
        };
        assert_eq!(lots("1e-06"), Some(100));
        assert_eq!(lots("6.405e-05"), Some(6_405));
        for text in ["1e-10", "1e6", "e-5", "1e-", "12e-05", "1.e-x", "é-05"] {
            assert_eq!(lots(text), None, "{text}");
        }
    }

    #[test]
    fn an_unknown_header_is_refused_with_the_columns_needed() {
        let message = refused(Form::Trades, "when,what\n1,2\n");
        assert!(message.starts_with("header `when,what`: no column timestamp or time"));
        assert!(message.contains("price, amount or amount_btc"), "{message}");
        let message = refused(Form::Levels, "event_ms,kind,side,price,amount,id\n");
        assert!(message.contains("no column qty; a recording of levels needs the columns event_ms, kind, side, price, qty, id"), "{message}");
    }

    #[test]
    fn refusals_name_line_and_column() {
        let of = |row: &str| {
            refused(
                Form::Levels,
                &format!("event_ms,kind,side,price,qty,id\n{row}\n"),
            )
        };
        assert!(of("x,S,bid,1,1,1").starts_with("line 2, column `event_ms`: `x` is no time"));
        assert!(of("1,X,bid,1,1,1").contains("`X` is no kind"));
        assert!(of("1,S,up,1,1,1").contains("`up` is no side"));
        assert!(of("1,S,bid,0,1,1").contains("`0` is no price"));
        assert!(of("1,S,bid,1,-1,1").contains("`-1` is no quantity"));
        assert!(of("1,T,buy,1,0,1").contains("`0` is no quantity of a trade"));
        assert!(of("1,S,bid,1,1,x").contains("column `id`"));
        assert!(of("1,S,bid,1").contains("line: 2"));
        assert!(refused(Form::Trades, "time,price,qty\n").starts_with("0 rows"));
    }
}
