//! Times as people and files write them.

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use clearproof_primitives::{shape::TIME_BITS, time::Millis};

/// Numbers of at least this size are milliseconds since the Unix epoch, smaller ones seconds.
const MILLISECONDS_FROM: u64 = 100_000_000_000;

/// A time in milliseconds since the Unix epoch: ISO 8601, a date alone being its first moment,
/// seconds, or milliseconds.
pub fn time_of(text: &str) -> Option<Millis> {
    let time = if text.bytes().all(|b| b.is_ascii_digit()) {
        let number: u64 = text.parse().ok()?;
        match number {
            0..MILLISECONDS_FROM => number * 1_000,
            _ => number,
        }
    } else {
        let zoned = DateTime::parse_from_rfc3339(text)
            .ok()
            .map(|t| t.timestamp_millis());
        let plain = || {
            let formats = [
                "%Y-%m-%d %H:%M:%S%.f",
                "%Y-%m-%dT%H:%M:%S%.f",
                "%Y-%m-%d %H:%M",
            ];
            let mut times = formats
                .iter()
                .map(|f| NaiveDateTime::parse_from_str(text, f));
            let time = times.find_map(Result::ok).or_else(|| {
                NaiveDate::parse_from_str(text, "%Y-%m-%d")
                    .ok()?
                    .and_hms_opt(0, 0, 0)
            });
            time.map(|t| t.and_utc().timestamp_millis())
        };
        u64::try_from(zoned.or_else(plain)?).ok()?
    };
    (time < 1 << TIME_BITS).then_some(Millis::new(time))
}

/// A bar's time as people read it.
pub fn time_text(time: Millis) -> String {
    let time = i64::try_from(time.get())
        .ok()
        .and_then(DateTime::from_timestamp_millis);
    time.map_or_else(String::new, |t| t.format("%Y-%m-%d %H:%M").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_time_is_read_alike() {
        let seconds = 1_492_592_400;
        for text in [
            "2017-04-19 09:00:00",
            "2017-04-19T09:00:00.000",
            "2017-04-19T09:00:00Z",
            "2017-04-19T11:00:00+02:00",
            "2017-04-19 09:00",
            "1492592400",
            "1492592400000",
        ] {
            assert_eq!(time_of(text), Some(Millis::new(seconds * 1_000)), "{text}");
        }
        assert_eq!(
            time_of("2017-04-19"),
            Some(Millis::new((seconds - 9 * 3_600) * 1_000))
        );
        for text in [
            "",
            "tomorrow",
            "-5",
            "1.5",
            "99999999999999999999",
            "281474976710656",
        ] {
            assert_eq!(time_of(text), None, "{text}");
        }
    }
}
